//! Draws scenarios: every factor's loss in each, as fractions.

use rayon::prelude::*;

use super::check::{Checked, Factor};
use super::history::{History, Measure, Wanted};
use super::jumps;
use super::markov;
use super::resample::{RegimeRows, RowPaths};
use super::spec::{Exposure, HistorySpec, MarketSpec, Resampling, ScenarioSpec};
use super::{ScenarioError, factor_id};
use crate::YEAR_SECS;
use crate::bootstrap::{BootstrapError, StationaryBootstrap, optimal_block_length};
use crate::generate::{JumpDiffusion, PriceParams, stream};

/// Streams of the seed; jumps take `factor id << 8 | kind`, which is above these.
mod streams {
    pub const PATHS: u64 = 1;
    pub const GENERATOR: u64 = 2;
}

/// Losses by factor and scenario, fractions of value, 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Losses(pub Vec<Vec<f64>>);

impl Losses {
    /// Shocks in bps, rounded up, row by row.
    pub fn shocks_bps(&self, scenario: usize) -> impl Iterator<Item = u16> + '_ {
        self.0.iter().map(move |factor| bps_up(factor.get(scenario).copied().unwrap_or(1.0)))
    }
}

/// A fraction of value in bps, rounded up; what only rounding put above a whole basis point stays there.
pub fn bps_up(loss: f64) -> u16 {
    (loss * 10_000.0 - 1e-9).ceil().clamp(0.0, 10_000.0) as u16
}

/// Columns of the history that the factors use.
pub fn wanted_columns(factors: &[Factor]) -> Vec<Wanted> {
    let mut wanted: Vec<Wanted> = Vec::new();
    for market in factors.iter().filter_map(|factor| factor.market.as_ref()) {
        if let Some(column) = &market.column
            && !wanted.iter().any(|other| other.column == *column)
        {
            wanted.push(Wanted { column: column.clone(), measure: market.measure });
        }
    }
    wanted
}

/// What the market factors lose: drawn once, as no sweep changes it. None for a factor without a market.
pub fn market(
    spec: &ScenarioSpec,
    checked: &Checked,
    history: Option<&History>,
    drawn: usize,
) -> Result<Vec<Option<Vec<f64>>>, ScenarioError> {
    let secs = f64::from(checked.horizon_secs);
    let paths = match (history, &spec.history) {
        (Some(history), Some(how)) => Some((history, index_paths(spec, history, how)?)),
        _ => None,
    };
    let mut found: Vec<Option<Vec<f64>>> = Vec::new();
    for factor in &checked.factors {
        let Some(market) = &factor.market else {
            found.push(None);
            continue;
        };
        let losses = match (&market.column, &paths) {
            (Some(name), Some((history, paths))) => {
                let place = history
                    .columns
                    .iter()
                    .position(|wanted| wanted.column == *name)
                    .ok_or_else(|| ScenarioError::History(format!("column `{name}` was not read")))?;
                resampled(history, paths.as_ref(), place, market, secs, drawn)
            }
            (Some(name), None) => {
                return Err(ScenarioError::History(format!(
                    "column `{name}` is wanted, but no history is given"
                )));
            }
            (None, _) => generated(market, secs, drawn, spec.seed),
        };
        found.push(Some(losses));
    }
    Ok(found)
}

/// Every factor's loss: its market's and its jumps', added up to everything at most.
pub fn losses(
    spec: &ScenarioSpec,
    checked: &Checked,
    market: &[Option<Vec<f64>>],
    scales: (f64, f64),
    drawn: usize,
) -> Losses {
    let years = f64::from(checked.horizon_secs) / YEAR_SECS;
    let one = |(factor, market): (&Factor, &Option<Vec<f64>>)| {
        let mut total = market.clone().unwrap_or_else(|| vec![0.0; drawn]);
        for jump in &factor.jumps {
            let mut scaled = jump.clone();
            scaled.intensity *= scales.0;
            let number = u64::from(factor_id(&factor.name)) << 8 | (jump.kind as u64 + 16);
            let lost = jumps::losses(&scaled, years, scales.1, drawn, spec.seed, number);
            total.iter_mut().zip(lost).for_each(|(sum, loss)| *sum = (*sum + loss).min(1.0));
        }
        total
    };
    Losses(checked.factors.par_iter().zip(market.par_iter()).map(one).collect())
}

fn index_paths(
    spec: &ScenarioSpec,
    history: &History,
    how: &HistorySpec,
) -> Result<Box<dyn RowPaths>, ScenarioError> {
    let rows = history.changes.len();
    // All columns of a scenario follow one path of rows, so that what fell together falls together.
    let seed = spec.seed ^ streams::PATHS.rotate_left(32);
    match how.method {
        Resampling::Bootstrap => {
            let block = mean_block(history, how)?;
            Ok(Box::new(StationaryBootstrap::new(rows, block, seed).map_err(|error| block_error(&error))?))
        }
        Resampling::Regime => {
            let name = how.regime_column.as_deref();
            let place = match name {
                None => 0,
                Some(name) => {
                    history.columns.iter().position(|wanted| wanted.column == name).ok_or_else(|| {
                        ScenarioError::field(
                            "history.regime_column",
                            format!("`{name}` is no factor's column"),
                        )
                    })?
                }
            };
            let column = history.columns.get(place).map_or(String::new(), |wanted| wanted.column.clone());
            let fit = markov::fit(&history.column(place))
                .map_err(|source| ScenarioError::Regimes { column, source })?;
            Ok(Box::new(RegimeRows::new(fit.params, fit.next, &fit.smoothed, seed)?))
        }
    }
}

/// Mean block of the bootstrap, rows: as given, or the longest that any column's changes ask for, as rows are drawn for
/// all columns together. A column that never changes asks for nothing.
pub fn mean_block(history: &History, how: &HistorySpec) -> Result<f64, ScenarioError> {
    let rows = history.changes.len();
    if let Some(given) = how.block {
        return match (1.0..=rows as f64).contains(&given) {
            true => Ok(given),
            false => {
                Err(ScenarioError::field("history.block", format!("{given} is not in 1 to {rows} rows")))
            }
        };
    }
    (0..history.columns.len()).try_fold(1.0f64, |longest, place| {
        match optimal_block_length(&history.column(place)) {
            Ok(found) => Ok(longest.max(found.usable())),
            Err(BootstrapError::Constant) => Ok(longest),
            Err(error) => Err(block_error(&error)),
        }
    })
}

fn block_error(error: &BootstrapError) -> ScenarioError {
    ScenarioError::field("history.block", error.to_string())
}

/// Steps that make up the horizon, at least one.
fn steps(secs: f64, step_secs: i64) -> usize {
    (secs / step_secs as f64).round().max(1.0) as usize
}

fn resampled(
    history: &History,
    paths: &dyn RowPaths,
    place: usize,
    market: &MarketSpec,
    secs: f64,
    drawn: usize,
) -> Vec<f64> {
    let changes = history.column(place);
    let level = history.last.get(place).copied().unwrap_or(0.0);
    let length = steps(secs, history.step_secs);
    let one = |scenario: usize| {
        let mut rows = vec![0u32; length];
        paths.fill(scenario as u64, &mut rows);
        let path = rows.iter().map(|row| changes.get(*row as usize).copied().unwrap_or(0.0));
        match market.measure {
            Measure::Price => price_loss(path.sum(), market),
            Measure::Rate => rate_loss(path, level, secs, market),
        }
    };
    (0..drawn).into_par_iter().map(one).collect()
}

fn generated(market: &MarketSpec, secs: f64, drawn: usize, seed: u64) -> Vec<f64> {
    let params = PriceParams::default();
    let one = |scenario: usize| {
        let mut price =
            JumpDiffusion::new(params, stream(seed ^ streams::GENERATOR.rotate_left(32), scenario as u64));
        price.advance(secs);
        price_loss((price.price() / params.initial).ln(), market)
    };
    (0..drawn).into_par_iter().map(one).collect()
}

/// Loss when the log price has moved by `change`; gains count as nothing, so that no luck pays for another's loss.
fn price_loss(change: f64, market: &MarketSpec) -> f64 {
    let kept = match market.exposure {
        Exposure::Hold => change.exp(),
        Exposure::ConstantProduct => (0.5 * change).exp(),
    };
    (market.beta.unwrap_or(1.0) * (1.0 - kept)).clamp(0.0, 1.0)
}

/// Income lost over the period against the rate staying at `level`. A rate does not fall below zero.
fn rate_loss(path: impl Iterator<Item = f64>, level: f64, secs: f64, market: &MarketSpec) -> f64 {
    let (mut rate, mut sum, mut count) = (level, 0.0, 0.0f64);
    for change in path {
        rate = (rate + change).max(0.0);
        sum += rate;
        count += 1.0;
    }
    let short = level - sum / count.max(1.0);
    (market.beta.unwrap_or(1.0) * short * secs / YEAR_SECS).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    #[test]
    fn losses_are_what_the_exposure_says() {
        let hold = MarketSpec::default();
        let lp = MarketSpec { exposure: Exposure::ConstantProduct, ..MarketSpec::default() };
        let half = MarketSpec { beta: Some(0.5), ..MarketSpec::default() };
        let fall = 0.64f64.ln();
        assert!((price_loss(fall, &hold) - 0.36).abs() < 1e-12);
        assert!((price_loss(fall, &lp) - 0.2).abs() < 1e-12);
        assert!((price_loss(fall, &half) - 0.18).abs() < 1e-12);
        assert_eq!(price_loss(0.3, &hold), 0.0);
        // From 6% to 2% at once, for a tenth of a year: 0.4%.
        let rate = rate_loss([-0.04, 0.0, 0.0].into_iter(), 0.06, 0.1 * YEAR_SECS, &hold);
        assert!((rate - 0.004).abs() < 1e-12);
    }

    #[test]
    fn blocks_are_given_or_the_longest_that_a_column_asks_for() {
        // Runs of ten equal changes, white noise, and a column that does not move.
        let noise = |row: usize| stream(1, row as u64).random::<f64>() - 0.5;
        let changes: Vec<Vec<f64>> = (0..400).map(|row| vec![noise(row / 10), noise(row), 0.0]).collect();
        let named = |name: &str| Wanted { column: name.into(), measure: Measure::Price };
        let history = |places: &[usize]| History {
            columns: places.iter().map(|place| named(&place.to_string())).collect(),
            step_secs: 1,
            changes: changes.iter().map(|row| places.iter().map(|place| row[*place]).collect()).collect(),
            last: vec![1.0; places.len()],
            skipped: 0,
        };
        let how = |block: &str| -> HistorySpec {
            serde_json::from_str(&format!(r#"{{"path": "h.csv"{block}}}"#)).unwrap()
        };
        let found = |places: &[usize]| mean_block(&history(places), &how("")).unwrap();
        assert!(found(&[0]) > 5.0 && found(&[1]) < found(&[0]), "{} {}", found(&[0]), found(&[1]));
        assert_eq!((found(&[0, 1, 2]), found(&[2])), (found(&[0]), 1.0));
        let given = |block: &str| mean_block(&history(&[0]), &how(&format!(r#", "block": {block}"#)));
        assert_eq!(given("7.5"), Ok(7.5));
        for bad in ["0.5", "401"] {
            let error = given(bad).unwrap_err().to_string();
            assert_eq!(error, format!("history.block: {bad} is not in 1 to 400 rows"));
        }
    }

    #[test]
    fn bps_round_up_but_not_for_rounding_noise() {
        assert_eq!(
            (bps_up(0.0), bps_up(0.1), bps_up(0.10001), bps_up(1e-7), bps_up(2.0)),
            (0, 1_000, 1_001, 1, 10_000)
        );
    }
}
