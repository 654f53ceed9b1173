use serde::{Deserialize, Serialize};

/// Closer to 0 or 1 than this the logit would only measure rounding: the scale goes on by other means, linear towards 0 and
/// with the logarithm of the way above, so that 0 and 1 come back as themselves.
const UTILISATION_EDGE: f64 = 1e-4;
/// Loans exceed what is supplied where interest is owed or a debt is bad; beyond this it is no utilisation.
const UTILISATION_MOST: f64 = 1.5;
/// Added to a rate before its logarithm is taken, a hundredth of a percent a year: below that, differences do not
/// matter, and zero has a place.
const RATE_FLOOR: f64 = 1e-4;

/// The scale on which models work. All are increasing, so that quantiles map through them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// As it is.
    Raw,
    /// Logarithm of a rate or a turnover, zero or more.
    Log,
    /// Log-odds of a utilisation, 0 to 1 and a little above.
    Logit,
}

impl Scale {
    /// What is wrong with `value`, if anything.
    pub fn problem(self, value: f64) -> Option<&'static str> {
        match self {
            Self::Raw => None,
            Self::Log if value < 0.0 => Some("a rate of zero or more is expected"),
            Self::Logit if !(0.0..=UTILISATION_MOST).contains(&value) => {
                Some("a utilisation between 0 and 1 is expected (0.8 is 80%)")
            }
            Self::Log | Self::Logit => None,
        }
    }

    /// Onto the models' scale.
    pub fn apply(self, value: f64) -> f64 {
        match self {
            Self::Raw => value,
            Self::Log => (value.max(0.0) + RATE_FLOOR).ln(),
            Self::Logit => {
                let inside = value.clamp(UTILISATION_EDGE, 1.0 - UTILISATION_EDGE);
                let (below, above) = ((inside - value).max(0.0), (value - inside).max(0.0));
                (inside / (1.0 - inside)).ln() - below / UTILISATION_EDGE + (above / UTILISATION_EDGE).ln_1p()
            }
        }
    }

    /// Back to natural units.
    pub fn invert(self, scaled: f64) -> f64 {
        match self {
            Self::Raw => scaled,
            Self::Log => (scaled.exp() - RATE_FLOOR).max(0.0),
            Self::Logit => {
                let end = ((1.0 - UTILISATION_EDGE) / UTILISATION_EDGE).ln();
                let inside = 1.0 / (1.0 + (-scaled.clamp(-end, end)).exp());
                let (below, above) = ((-end - scaled).max(0.0), (scaled - end).max(0.0));
                let value = inside - below * UTILISATION_EDGE + above.exp_m1() * UTILISATION_EDGE;
                value.clamp(0.0, UTILISATION_MOST)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn there_and_back(value in 0.001f64..0.999) {
            for scale in [Scale::Raw, Scale::Log, Scale::Logit] {
                prop_assert!((scale.invert(scale.apply(value)) - value).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn no_utilisation_and_all_of_it_come_back() {
        for value in [0.0, 5e-5, 1e-4, 0.9999, 0.99995, 1.0, 1.001, 1.02, 1.3, 1.5] {
            assert_eq!(Scale::Logit.problem(value), None);
            let back = Scale::Logit.invert(Scale::Logit.apply(value));
            assert!((back - value).abs() < 1e-12, "{value} comes back as {back}");
        }
        assert!(
            Scale::Logit.apply(1.01) > Scale::Logit.apply(1.0)
                && Scale::Logit.apply(0.0) < Scale::Logit.apply(1e-5)
        );
        assert!(Scale::Logit.problem(1.6).is_some() && Scale::Logit.problem(-1e-6).is_some());
    }

    #[test]
    fn ends_have_a_place_and_strangers_do_not() {
        assert!(Scale::Logit.apply(1.0).is_finite() && Scale::Logit.apply(0.0).is_finite());
        assert!(Scale::Log.invert(Scale::Log.apply(0.0)) < 1e-15);
        assert!(Scale::Logit.problem(80.0).is_some() && Scale::Log.problem(-0.01).is_some());
        assert_eq!(Scale::Raw.problem(-5.0), None);
    }
}
