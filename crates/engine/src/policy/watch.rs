//! Watching what slots earn, and saying what they will: the forecasts that a policy decides on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Income, IncomeForecast};
use crate::curve::ReserveState;
use crate::forecast::{Forecast, Quantiles, Scale, Target, Tracker, TrackerConfig};

/// Most samples kept of a slot, the newest.
const MOST_SAMPLES: usize = 1_024;

/// How incomes are watched and forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WatchParams {
    /// Time between samples, seconds.
    pub sample_secs: u32,
    /// How far ahead, seconds: the mean over this time is forecast.
    pub horizon_secs: u32,
    /// What the lower forecast is.
    pub lower: LowerQuantile,
}

/// A quantile of the forecast's distribution that plans can be made on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LowerQuantile {
    /// Missed one time in twenty.
    Q05,
    /// Missed one time in four.
    Q25,
    /// Missed every other time.
    Q50,
}

/// One look at a slot. What the slot earns on is kept as others make it: our own part changes with every decision
/// and is put back when the forecast is used.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IncomeSample {
    /// When, unix seconds.
    pub ts: i64,
    /// Lending: loans over what others supplied. Pool: fees, a simple annual fraction.
    pub level: f64,
    /// Pool: loss to arbitrage, a simple annual fraction. Lending: zero.
    pub lvr_apr: f64,
}

/// What was seen of every slot, by a name of the caller's, and the trackers that have learnt from it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "Kept", into = "Kept")]
pub struct IncomeWatch {
    params: WatchParams,
    slots: BTreeMap<String, Watched>,
}

/// The samples alone: trackers are made from them again.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    params: WatchParams,
    samples: BTreeMap<String, (Kind, Vec<IncomeSample>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Lending,
    Pool,
}

#[derive(Clone)]
struct Watched {
    kind: Kind,
    samples: Vec<IncomeSample>,
    level: Option<Tracker>,
    lvr: Option<Tracker>,
}

impl IncomeWatch {
    /// Nothing seen yet.
    pub fn new(params: WatchParams) -> Self {
        Self { params, slots: BTreeMap::new() }
    }

    /// Its parameters.
    pub fn params(&self) -> WatchParams {
        self.params
    }

    /// The same samples under other parameters.
    pub fn with_params(self, params: WatchParams) -> Self {
        if params == self.params {
            return self;
        }
        Self::from(Kept { params, ..Kept::from(self) })
    }

    /// Looks at the slot `name`, of which `ours_atoms` are ours. A look before the next sample is due is not kept; one
    /// that no model can use (an empty reserve, a rate that is no number) is not either.
    pub fn see(&mut self, name: &str, ts: i64, income: &Income, ours_atoms: u64) {
        let Some((kind, level, lvr_apr)) = level_of(income, ours_atoms) else { return };
        if !level.is_finite() || !lvr_apr.is_finite() || level < 0.0 || lvr_apr < 0.0 {
            return;
        }
        let watched = self.slots.entry(name.to_owned()).or_insert_with(|| Watched::new(kind, self.params));
        if watched.kind != kind {
            *watched = Watched::new(kind, self.params);
        }
        let due = watched
            .samples
            .last()
            .is_none_or(|last| last.ts.saturating_add(i64::from(self.params.sample_secs)) <= ts);
        if due {
            watched.add(IncomeSample { ts, level, lvr_apr });
            watched.forget(self.params);
        }
    }

    /// What the slot `name` will earn, given what it earns now; none before enough was seen.
    pub fn forecast(&self, name: &str, now: &Income, ours_atoms: u64) -> Option<IncomeForecast> {
        let watched = self.slots.get(name)?;
        let level = watched.level.as_ref()?.forecast()?;
        match (now, watched.kind) {
            (Income::Lending(reserve), Kind::Lending) => {
                let at = |utilisation| Income::Lending(with_utilisation(reserve, ours_atoms, utilisation));
                Some(IncomeForecast { expected: at(level.point), lower: at(self.lower(&level)?) })
            }
            (Income::Pool { tvl_atoms, .. }, Kind::Pool) => {
                let lvr = watched.lvr.as_ref()?.forecast()?;
                let pool = |fee_apr, lvr_apr| Income::Pool { fee_apr, lvr_apr, tvl_atoms: *tvl_atoms };
                // Fees at their lower side against losses at their upper.
                let lower = pool(self.lower(&level)?, self.upper(&lvr)?);
                Some(IncomeForecast { expected: pool(level.point, lvr.point), lower })
            }
            _ => None,
        }
    }

    fn lower(&self, forecast: &Forecast) -> Option<f64> {
        let Quantiles { q05, q25, q50, .. } = forecast.quantiles?;
        Some(match self.params.lower {
            LowerQuantile::Q05 => q05,
            LowerQuantile::Q25 => q25,
            LowerQuantile::Q50 => q50,
        })
    }

    fn upper(&self, forecast: &Forecast) -> Option<f64> {
        let Quantiles { q50, q75, q95, .. } = forecast.quantiles?;
        Some(match self.params.lower {
            LowerQuantile::Q05 => q95,
            LowerQuantile::Q25 => q75,
            LowerQuantile::Q50 => q50,
        })
    }
}

impl Watched {
    fn new(kind: Kind, params: WatchParams) -> Self {
        let scale = match kind {
            Kind::Lending => Scale::Logit,
            Kind::Pool => Scale::Log,
        };
        let tracker = |scale| {
            let config = TrackerConfig {
                target: Target::Mean,
                ..TrackerConfig::new(scale, i64::from(params.sample_secs), i64::from(params.horizon_secs))
                    .light()
            };
            // Only lengths of zero are refused: such a watch forecasts nothing.
            Tracker::new(config).ok()
        };
        let lvr = match kind {
            Kind::Lending => None,
            Kind::Pool => tracker(Scale::Log),
        };
        Self { kind, samples: Vec::new(), level: tracker(scale), lvr }
    }

    fn add(&mut self, sample: IncomeSample) {
        self.learn(sample);
        self.samples.push(sample);
    }

    /// Forgets the older half of too many samples, and what was learnt from it: what is kept is all that counts.
    fn forget(&mut self, params: WatchParams) {
        if self.samples.len() >= 2 * MOST_SAMPLES {
            let mut newest = Self::new(self.kind, params);
            self.samples.drain(..).skip(MOST_SAMPLES).for_each(|sample| newest.add(sample));
            *self = newest;
        }
    }

    fn learn(&mut self, sample: IncomeSample) {
        for (tracker, value) in [(&mut self.level, sample.level), (&mut self.lvr, sample.lvr_apr)] {
            // A value that the scale refuses leaves the tracker as it was.
            let _refused = tracker.as_mut().map(|tracker| tracker.observe(sample.ts, value));
        }
    }
}

impl From<Kept> for IncomeWatch {
    fn from(kept: Kept) -> Self {
        let params = kept.params;
        let again = |(name, (kind, samples)): (String, (Kind, Vec<IncomeSample>))| {
            let mut watched = Watched::new(kind, params);
            samples.into_iter().for_each(|sample| watched.add(sample));
            (name, watched)
        };
        Self { params, slots: kept.samples.into_iter().map(again).collect() }
    }
}

impl From<IncomeWatch> for Kept {
    fn from(watch: IncomeWatch) -> Self {
        let samples =
            watch.slots.into_iter().map(|(name, watched)| (name, (watched.kind, watched.samples))).collect();
        Self { params: watch.params, samples }
    }
}

impl std::fmt::Debug for IncomeWatch {
    /// Names and numbers of samples: what was learnt from them says nothing to a reader.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seen = self.slots.iter().map(|(name, watched)| (name, watched.samples.len()));
        f.debug_struct("IncomeWatch")
            .field("params", &self.params)
            .field("samples", &seen.collect::<BTreeMap<_, _>>())
            .finish()
    }
}

/// What is kept of an income; none where there is nothing to learn from.
fn level_of(income: &Income, ours_atoms: u64) -> Option<(Kind, f64, f64)> {
    match income {
        Income::Lending(reserve) => {
            let others = reserve.supplied_atoms.saturating_sub(ours_atoms);
            // Loans beyond what others supplied are ours to serve: for the others, full utilisation.
            (others > 0)
                .then(|| (Kind::Lending, (reserve.borrowed_atoms as f64 / others as f64).min(1.0), 0.0))
        }
        Income::Pool { fee_apr, lvr_apr, .. } => Some((Kind::Pool, *fee_apr, *lvr_apr)),
        Income::Stake { .. } | Income::Unknown => None,
    }
}

/// `reserve` with `utilisation` of what others supplied lent out.
fn with_utilisation(reserve: &ReserveState, ours_atoms: u64, utilisation: f64) -> ReserveState {
    let others = reserve.supplied_atoms.saturating_sub(ours_atoms);
    let borrowed = (others as f64 * utilisation.clamp(0.0, 1.0)).round() as u64;
    ReserveState { borrowed_atoms: borrowed.min(reserve.supplied_atoms), ..reserve.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::RateCurve;

    const DAY: i64 = 86_400;
    const PARAMS: WatchParams =
        WatchParams { sample_secs: 86_400, horizon_secs: 7 * 86_400, lower: LowerQuantile::Q25 };

    fn reserve(others: u64, ours: u64, utilisation: f64) -> Income {
        let curve = RateCurve::new(&[(0, 0), (8_000, 400), (10_000, 6_000)], 1_000).unwrap();
        Income::Lending(ReserveState {
            curve,
            supplied_atoms: others + ours,
            borrowed_atoms: (others as f64 * utilisation) as u64,
        })
    }

    fn watched(days: i64) -> IncomeWatch {
        let mut watch = IncomeWatch::new(PARAMS);
        for hour in 0..days * 24 {
            let utilisation = 0.7 + 0.1 * (hour as f64 / 150.0).sin();
            // Our own coming and going is no news about the others.
            let ours = if hour % 48 < 24 { 0 } else { 400_000 };
            watch.see("main", hour * 3_600, &reserve(1_000_000, ours, utilisation), ours);
            let pool = Income::Pool {
                fee_apr: 0.2 + 0.05 * (hour as f64 / 90.0).cos(),
                lvr_apr: 0.08,
                tvl_atoms: 9,
            };
            watch.see("pool", hour * 3_600, &pool, 0);
        }
        watch
    }

    #[test]
    fn a_forecast_is_an_income_that_our_size_still_dilutes() {
        let watch = watched(200);
        let now = reserve(2_000_000, 500_000, 0.9);
        let forecast = watch.forecast("main", &now, 500_000).unwrap();
        let (Income::Lending(expected), Income::Lending(lower)) = (&forecast.expected, &forecast.lower)
        else {
            panic!("not lending")
        };
        assert_eq!(expected.supplied_atoms, 2_500_000);
        let utilisation = expected.borrowed_atoms as f64 / 2_000_000.0;
        assert!((0.55..0.85).contains(&utilisation), "{utilisation}");
        assert!(lower.borrowed_atoms < expected.borrowed_atoms);
        assert!(forecast.expected.apr_with(500_000, 1_500_000.0) < forecast.expected.apr(500_000));
        let pool =
            watch.forecast("pool", &Income::Pool { fee_apr: 0.3, lvr_apr: 0.1, tvl_atoms: 50 }, 0).unwrap();
        let (expected, lower) = (pool.expected.apr(0), pool.lower.apr(0));
        assert!((0.05..0.2).contains(&expected) && lower < expected, "{expected} {lower}");
    }

    #[test]
    fn samples_alone_bring_the_forecasts_back() {
        let watch = watched(120);
        let json = serde_json::to_string(&watch).unwrap();
        let again: IncomeWatch = serde_json::from_str(&json).unwrap();
        let now = reserve(1_000_000, 0, 0.7);
        assert_eq!(again.forecast("main", &now, 0), watch.forecast("main", &now, 0));
        assert_eq!(serde_json::to_string(&again).unwrap(), json);
        let wider = WatchParams { lower: LowerQuantile::Q05, ..PARAMS };
        let cautious = again.with_params(wider).forecast("main", &now, 0).unwrap().lower.apr(0);
        assert!(cautious <= watch.forecast("main", &now, 0).unwrap().lower.apr(0));
    }

    #[test]
    fn what_says_nothing_is_not_learnt_from() {
        let mut watch = IncomeWatch::new(PARAMS);
        let now = reserve(1_000, 0, 0.5);
        assert_eq!(watch.forecast("main", &now, 0), None);
        watch.see("main", 0, &Income::Unknown, 0);
        watch.see("main", DAY, &reserve(0, 50, 0.0), 50);
        watch.see("main", 2 * DAY, &Income::Pool { fee_apr: f64::NAN, lvr_apr: 0.0, tvl_atoms: 1 }, 0);
        assert!(watch.slots.is_empty());
        // A slot that becomes something else starts anew.
        watch.see("main", 3 * DAY, &now, 0);
        watch.see("main", 3 * DAY + 1, &now, 0);
        assert_eq!(watch.slots["main"].samples.len(), 1);
        watch.see("main", 4 * DAY, &Income::Pool { fee_apr: 0.1, lvr_apr: 0.0, tvl_atoms: 1 }, 0);
        assert_eq!((watch.slots["main"].kind, watch.slots["main"].samples.len()), (Kind::Pool, 1));
    }
}
