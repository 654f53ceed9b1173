use super::*;
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const DAY: i64 = 86_400;

/// Mean-reverting utilisation: `x' = phi x + noise` on the logit scale.
fn utilisation(seed: u64, rows: i64, phi: f64) -> Vec<(i64, f64)> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut logit = 0.0;
    (0..rows)
        .map(|day| {
            logit = phi * logit + (rng.random::<f64>() - 0.5);
            (1_700_000_000 + day * DAY, Scale::Logit.invert(1.0 + logit))
        })
        .collect()
}

fn config(horizon_days: i64) -> TrackerConfig {
    TrackerConfig::new(Scale::Logit, DAY, horizon_days * DAY)
}

#[test]
fn a_random_walk_keeps_the_last_value_and_mean_reversion_does_not() {
    let reverting = walk_forward(&utilisation(1, 700, 0.7), config(7), None).unwrap();
    assert_ne!(reverting.chosen, Model::Last, "{reverting:?}");
    let skill = reverting.models.iter().find(|s| s.model == Some(reverting.chosen)).unwrap().skill.unwrap();
    assert!(skill > 0.1, "{skill}");
    assert!(reverting.rule.skill.unwrap() > 0.1, "{:?}", reverting.rule);
    assert!(reverting.reason.contains("below the last value's"), "{}", reverting.reason);

    let walk = walk_forward(&utilisation(2, 700, 1.0), config(1), None).unwrap();
    let best = walk.models.iter().filter_map(|score| score.skill).fold(f64::NEG_INFINITY, f64::max);
    assert!(best < 0.05, "{walk:?}");
}

#[test]
fn intervals_cover_what_they_say() {
    for horizon_days in [1, 7] {
        let found = walk_forward(&utilisation(3, 900, 0.9), config(horizon_days), None).unwrap();
        for score in &found.models {
            assert!((score.coverage_90.unwrap() - 0.9).abs() < 0.04, "{score:?}");
            assert!((score.coverage_50.unwrap() - 0.5).abs() < 0.06, "{score:?}");
        }
    }
}

/// The forecast after n rows must not change when the future does.
#[test]
fn nothing_is_known_early() {
    let mut same = utilisation(4, 400, 0.8);
    let forecast = |points: &[(i64, f64)]| walk_forward(points, config(7), None).unwrap();
    let before = forecast(&same[..300]);
    for point in &mut same[300..] {
        point.1 = 0.5;
    }
    assert_eq!(forecast(&same[..300]), before);
    let mut tracker = Tracker::new(config(7)).unwrap();
    for (row, (ts, value)) in same.iter().enumerate() {
        tracker.observe(*ts, *value).unwrap();
        if row == 299 {
            assert_eq!(tracker.forecast().unwrap(), before.forecast);
        }
    }
}

#[test]
fn early_forecasts_are_the_last_value_without_quantiles() {
    let mut tracker = Tracker::new(config(1)).unwrap();
    assert_eq!(tracker.forecast(), None);
    tracker.observe(1_700_000_000, 0.8).unwrap();
    let forecast = tracker.forecast().unwrap();
    assert_eq!((forecast.model, forecast.quantiles, forecast.coverage), (Model::Last, None, None));
    assert!((forecast.point - 0.8).abs() < 1e-12);
    assert_eq!(tracker.forecast_with(Model::Har), None);
    let error = report(&tracker, Some(Model::Boost)).unwrap_err().to_string();
    assert_eq!(error, "gradient boosting at this horizon needs at least 91 observations, not 1");
}

#[test]
fn a_model_can_be_asked_for() {
    let points = utilisation(5, 300, 0.9);
    for model in Model::LADDER {
        let found = walk_forward(&points, config(3), Some(model)).unwrap();
        assert_eq!(found.chosen, model);
        let quantiles = found.forecast.quantiles.unwrap();
        assert!(quantiles.values().iter().all(|value| (0.0..=1.0).contains(value)), "{quantiles:?}");
    }
}

#[test]
fn a_gap_is_not_scored_as_if_it_were_a_day() {
    let whole = utilisation(6, 300, 0.9);
    let mut holed = whole.clone();
    holed.drain(200..205);
    let scored = |points: &[(i64, f64)]| walk_forward(points, config(1), None).unwrap().models[0].scored;
    // Five rows fewer are five forecasts fewer; the one across the hole is left out as well.
    assert_eq!(scored(&whole) - scored(&holed), 6);
}

#[test]
fn constant_series_are_survived() {
    let points: Vec<(i64, f64)> = (0..300).map(|day| (day * DAY, 0.0)).collect();
    for scale in [Scale::Log, Scale::Logit, Scale::Raw] {
        let config = TrackerConfig { scale, ..config(7) };
        let found = walk_forward(&points, config, None).unwrap();
        assert!(found.forecast.point.abs() < 1e-3, "{found:?}");
    }
}

#[test]
fn a_window_and_the_mean_target_work() {
    let config =
        TrackerConfig { window_rows: Some(400), target: Target::Mean, refit_rows: 1, ..config(3) }.light();
    let found = walk_forward(&utilisation(7, 900, 0.7), config, None).unwrap();
    assert_eq!(found.models.len(), 3);
    assert!(found.rule.skill.unwrap() > 0.0, "{found:#?}");
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    assert!(matches!(Tracker::new(config(0)), Err(ForecastError::NotPositive { what: "a horizon", .. })));
    let no_step = TrackerConfig::new(Scale::Raw, 0, DAY);
    assert!(matches!(Tracker::new(no_step), Err(ForecastError::NotPositive { what: "a step", .. })));
    assert!(matches!(walk_forward(&[], config(1), None), Err(ForecastError::TooShort { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn any_series_gives_ordered_finite_quantiles(values in prop::collection::vec(0.0f64..=1.0, 1..220), rows in 1i64..20) {
        let points: Vec<(i64, f64)> = values.into_iter().zip(0..).map(|(v, day)| (day * DAY, v)).collect();
        let found = walk_forward(&points, config(rows), None).unwrap();
        prop_assert!(found.forecast.point.is_finite());
        if let Some(quantiles) = found.forecast.quantiles {
            prop_assert!(quantiles.values().is_sorted());
            prop_assert!(quantiles.values().iter().all(|value| value.is_finite()));
        }
    }
}
