use std::sync::Arc;

use forust_ml::objective::ObjectiveType;
use forust_ml::{GradientBooster, Matrix};

use super::forecaster::{Forecaster, calendar_lags};
use super::{ForecastError, History, Horizon, Model};

/// Fewest outcomes to grow trees from.
const LEAST_OUTCOMES: usize = 60;
/// Most outcomes, the newest: more would make a fit slow and old regimes speak.
const MOST_OUTCOMES: usize = 1_000;
const TREES: usize = 60;
const LEARNING_RATE: f32 = 0.05;
const DEPTH: usize = 3;
const LEAF_WEIGHT: f32 = 5.0;
const BINS: u16 = 64;
const SEED: u64 = 0;

/// Gradient-boosted trees (`forust-ml`, XGBoost's algorithm) for the change from the last value to the outcome.
///
/// Features: the value, its distance to the means of a day, a week and a month, its last change, its change over a week, and
/// the week's mean absolute change. Trees are grown on one thread without sampling, so that the same rows give
/// the same trees anywhere.
#[derive(Clone)]
pub struct Boost {
    lags: Vec<usize>,
    booster: Option<Arc<GradientBooster>>,
}

impl Boost {
    /// For rows that come every `step_secs`.
    pub fn new(step_secs: i64) -> Self {
        Self { lags: calendar_lags(step_secs), booster: None }
    }

    /// Features of row `index`; none before there is a month of rows.
    fn features(&self, history: &History, index: usize) -> Option<Vec<f64>> {
        let values = history.scaled();
        let now = *values.get(index)?;
        let week = self.lags.iter().rev().nth(1).copied().unwrap_or(1).max(2);
        let mut features = vec![now, now - values.get(index.checked_sub(1)?)?];
        for lag in self.lags.iter().filter(|lag| **lag > 1) {
            features.push(now - history.trailing_mean(index, *lag)?);
        }
        let past = values.get(index.checked_sub(week)?..=index)?;
        features.push(now - past.first()?);
        let changes = past.iter().zip(past.iter().skip(1)).map(|(a, b)| (b - a).abs());
        features.push(changes.sum::<f64>() / week as f64);
        Some(features)
    }
}

impl Forecaster for Boost {
    fn model(&self) -> Model {
        Model::Boost
    }

    fn fit(&mut self, history: &History, first: usize, horizon: Horizon) -> Result<(), ForecastError> {
        let (mut rows, mut changes) = (Vec::new(), Vec::new());
        let newest = history.len().saturating_sub(horizon.rows).saturating_sub(MOST_OUTCOMES);
        for (origin, outcome) in history.outcomes(first.max(newest), horizon) {
            if let (Some(features), Some(now)) =
                (self.features(history, origin), history.scaled().get(origin))
            {
                rows.push(features);
                changes.push(outcome - now);
            }
        }
        if changes.len() < LEAST_OUTCOMES {
            let what = "gradient boosting";
            return Err(ForecastError::TooShort { what, least: LEAST_OUTCOMES, found: changes.len() });
        }
        let width = rows.first().map_or(0, Vec::len);
        let columns: Vec<f64> = (0..width)
            .flat_map(|column| rows.iter().filter_map(move |row| row.get(column).copied()))
            .collect();
        let data = Matrix::new(&columns, changes.len(), width);
        let mut booster = GradientBooster::default()
            .set_objective_type(ObjectiveType::SquaredLoss)
            .set_iterations(TREES)
            .set_learning_rate(LEARNING_RATE)
            .set_max_depth(DEPTH)
            .set_min_leaf_weight(LEAF_WEIGHT)
            .set_nbins(BINS)
            .set_seed(SEED)
            .set_initialize_base_score(true)
            .set_parallel(false);
        booster.fit_unweighted(&data, &changes, None).map_err(|e| ForecastError::Boost(e.to_string()))?;
        self.booster = Some(Arc::new(booster));
        Ok(())
    }

    fn point(&self, history: &History) -> Option<f64> {
        let newest = history.len().checked_sub(1)?;
        let features = self.features(history, newest)?;
        let data = Matrix::new(&features, 1, features.len());
        let change = *self.booster.as_ref()?.predict(&data, false).first()?;
        Some(history.scaled().last()? + change).filter(|point| point.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::{Scale, Target};

    fn saw(rows: i64) -> History {
        let mut history = History::new(Scale::Raw, 86_400).unwrap();
        for day in 0..rows {
            history.push(day * 86_400, (day % 8) as f64).unwrap();
        }
        history
    }

    /// After 7 comes 0: no line through lags knows that, a tree does.
    #[test]
    fn learns_what_a_line_cannot() {
        let horizon = Horizon { rows: 1, target: Target::At };
        let mut model = Boost::new(86_400);
        let history = saw(400);
        assert!(model.point(&history).is_none());
        model.fit(&history, 0, horizon).unwrap();
        // Row 399 is a 7.
        let point = model.point(&history).unwrap();
        assert!(point < 1.0, "{point}");
    }

    #[test]
    fn the_same_rows_give_the_same_bits_on_any_thread() {
        let horizon = Horizon { rows: 2, target: Target::Mean };
        let grown = || {
            let history = saw(300);
            let mut model = Boost::new(86_400);
            model.fit(&history, 0, horizon).unwrap();
            model.point(&history).unwrap().to_bits()
        };
        let here = grown();
        let there: Vec<u64> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(grown)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(there, vec![here; 4]);
    }

    #[test]
    fn a_constant_history_is_refused_not_fatal() {
        let mut history = History::new(Scale::Raw, 86_400).unwrap();
        for day in 0..200 {
            history.push(day * 86_400, 0.5).unwrap();
        }
        let mut model = Boost::new(86_400);
        let _ = model.fit(&history, 0, Horizon { rows: 1, target: Target::At });
        assert!(model.point(&history).is_none_or(|point| (point - 0.5).abs() < 1e-9));
        assert!(model.fit(&saw(50), 0, Horizon { rows: 1, target: Target::At }).is_err());
    }
}
