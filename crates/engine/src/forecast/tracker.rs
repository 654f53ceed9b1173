use std::collections::VecDeque;

use serde::Serialize;

use super::conformal::Calibrator;
use super::forecaster::{Forecaster, Rung};
use super::score::Score;
use super::{ForecastError, History, Horizon, Model, ModelScore, Quantiles, Scale, Target};

const WEEK_SECS: i64 = 7 * 86_400;

/// What to forecast, and how the ladder learns.
#[derive(Clone, Debug, PartialEq)]
pub struct TrackerConfig {
    /// Scale on which models work.
    pub scale: Scale,
    /// Usual time between observations, seconds.
    pub step_secs: i64,
    /// How far ahead, seconds; rounded to whole steps, at least one. Fixed, because errors are those of one horizon.
    pub horizon_secs: i64,
    /// The value at the horizon or the mean up to it.
    pub target: Target,
    /// Models to compare; the last value is always among them.
    pub models: Vec<Model>,
    /// Rows that models learn from, the newest; none for all.
    pub window_rows: Option<usize>,
    /// Rows between fits.
    pub refit_rows: usize,
    /// Past errors that intervals come from, the newest.
    pub calibration_rows: usize,
    /// Speed at which interval levels adapt; see [`super::AdaptiveLevel`].
    pub gamma: f64,
}

impl TrackerConfig {
    /// The whole ladder on all history, fitted anew once a week, intervals from the newest 250 errors.
    pub fn new(scale: Scale, step_secs: i64, horizon_secs: i64) -> Self {
        Self {
            scale,
            step_secs,
            horizon_secs,
            target: Target::At,
            models: Model::LADDER.to_vec(),
            window_rows: None,
            refit_rows: usize::try_from(WEEK_SECS / step_secs.max(1)).unwrap_or(1).max(1),
            calibration_rows: 250,
            gamma: 0.02,
        }
    }

    /// Without trees: for a policy that asks at every step.
    pub fn light(self) -> Self {
        Self { models: vec![Model::Last, Model::Ewma, Model::Har], ..self }
    }
}

/// What is expected of a series, in its own units.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Forecast {
    /// When it was made: time of the newest observation, unix seconds.
    pub made_ts: i64,
    /// How far ahead, seconds.
    pub horizon_secs: i64,
    /// The model's point forecast.
    pub point: f64,
    /// Quantiles; none before there are errors to make them from.
    pub quantiles: Option<Quantiles>,
    /// The model that made it.
    pub model: Model,
    /// Share of past outcomes inside the model's 90% interval; none before there are any.
    pub coverage: Option<f64>,
}

#[derive(Clone)]
struct Contestant {
    rung: Rung,
    calibrator: Calibrator,
    score: Score,
}

/// One model's forecast of one row: the point on the models' scale, quantiles in natural units.
#[derive(Clone, Copy)]
struct Made {
    point: f64,
    quantiles: Option<Quantiles>,
}

#[derive(Clone)]
struct Pending {
    made: Vec<Option<Made>>,
    chosen: usize,
}

/// Walks forward through a series: each observation first settles the forecasts that were waiting for it, then makes
/// the next. The choice of model, the intervals and the reported scores use nothing that was not known at the time.
#[derive(Clone)]
pub struct Tracker {
    config: TrackerConfig,
    horizon: Horizon,
    history: History,
    contestants: Vec<Contestant>,
    waiting: VecDeque<Pending>,
    rule: Score,
}

impl Tracker {
    /// Nothing observed yet.
    pub fn new(config: TrackerConfig) -> Result<Self, ForecastError> {
        let history = History::new(config.scale, config.step_secs)?;
        if config.horizon_secs <= 0 {
            return Err(ForecastError::NotPositive { what: "a horizon", secs: config.horizon_secs });
        }
        let half_up = config.horizon_secs.saturating_add(config.step_secs / 2);
        let rows = usize::try_from(half_up / config.step_secs).unwrap_or(usize::MAX / 4).max(1);
        let mut models = config.models.clone();
        models.push(Model::Last);
        models.sort_unstable();
        models.dedup();
        let contestant = |model| Contestant {
            rung: Rung::new(model, config.step_secs),
            calibrator: Calibrator::new(config.calibration_rows, config.gamma),
            score: Score::default(),
        };
        Ok(Self {
            horizon: Horizon { rows, target: config.target },
            history,
            contestants: models.into_iter().map(contestant).collect(),
            waiting: VecDeque::new(),
            rule: Score::default(),
            config,
        })
    }

    /// Its settings.
    pub fn config(&self) -> &TrackerConfig {
        &self.config
    }

    /// What was observed.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Takes an observation in natural units.
    ///
    /// # Errors
    /// Time that does not advance, a value that is not finite or does not fit the scale; the tracker is then as
    /// before.
    pub fn observe(&mut self, ts: i64, value: f64) -> Result<(), ForecastError> {
        self.history.push(ts, value)?;
        self.settle();
        if self.history.len().is_multiple_of(self.config.refit_rows.max(1)) {
            self.refit();
        }
        let made = self.make();
        let chosen = self.best(&made);
        self.waiting.push_back(Pending { made, chosen });
        Ok(())
    }

    /// Scores the forecasts whose horizon is now.
    fn settle(&mut self) {
        if self.waiting.len() < self.horizon.rows {
            return;
        }
        let origin = self.history.len() - 1 - self.horizon.rows;
        let Some(pending) = self.waiting.pop_front() else {
            return;
        };
        let Some(actual) = self.history.outcome(origin, self.horizon) else {
            return;
        };
        let scaled = self.config.scale.apply(actual);
        let natural = |made: &Made| self.config.scale.invert(made.point);
        let last = pending.made.first().copied().flatten().and_then(|made| made.quantiles);
        for (index, (contestant, made)) in self.contestants.iter_mut().zip(&pending.made).enumerate() {
            let Some(made) = made else {
                continue;
            };
            if let (Some(quantiles), Some(last)) = (made.quantiles, last) {
                contestant.score.add(natural(made), &quantiles, &last, actual);
                if index == pending.chosen {
                    self.rule.add(natural(made), &quantiles, &last, actual);
                }
            }
            contestant.calibrator.observe(scaled - made.point, made.quantiles.as_ref(), actual);
        }
    }

    /// A model that cannot be fitted yet keeps what it has, which may be nothing.
    fn refit(&mut self) {
        let first = self.config.window_rows.map_or(0, |rows| self.history.len().saturating_sub(rows));
        for contestant in &mut self.contestants {
            let _not_yet = contestant.rung.fit(&self.history, first, self.horizon);
        }
    }

    fn make(&self) -> Vec<Option<Made>> {
        let scale = self.config.scale;
        let one = |contestant: &Contestant| {
            let point = contestant.rung.point(&self.history)?;
            let quantiles = contestant.calibrator.around(point).map(|q| q.map(|value| scale.invert(value)));
            Some(Made { point, quantiles })
        };
        self.contestants.iter().map(one).collect()
    }

    /// The model with the least walk-forward loss relative to the last value's, if that is a gain at all; else the
    /// last value.
    fn best(&self, made: &[Option<Made>]) -> usize {
        let mut best = (0, 1.0);
        for (index, (contestant, made)) in self.contestants.iter().zip(made).enumerate().skip(1) {
            let usable = made.is_some_and(|made| made.quantiles.is_some());
            if let Some(ratio) =
                contestant.score.ratio(self.horizon.rows).filter(|ratio| usable && *ratio < best.1)
            {
                best = (index, ratio);
            }
        }
        best.0
    }

    /// The forecast of the model that the rule picks: the one with the least walk-forward pinball loss, if that is less
    /// than the last value's, else the last value. None before the first observation.
    pub fn forecast(&self) -> Option<Forecast> {
        self.forecast_of(self.waiting.back()?.chosen)
    }

    /// A given model's forecast; none where it is not on the ladder or cannot be fitted yet.
    pub fn forecast_with(&self, model: Model) -> Option<Forecast> {
        self.forecast_of(self.contestants.iter().position(|c| c.rung.model() == model)?)
    }

    fn forecast_of(&self, index: usize) -> Option<Forecast> {
        let made = (*self.waiting.back()?.made.get(index)?)?;
        let contestant = self.contestants.get(index)?;
        Some(Forecast {
            made_ts: self.history.last()?.0,
            horizon_secs: self.config.horizon_secs,
            point: self.config.scale.invert(made.point),
            quantiles: made.quantiles,
            model: contestant.rung.model(),
            coverage: contestant.score.coverage(),
        })
    }

    /// How each model has done so far, the last value first.
    pub fn scores(&self) -> Vec<ModelScore> {
        let report = |c: &Contestant| c.score.report(Some(c.rung.model()), self.horizon.rows);
        self.contestants.iter().map(report).collect()
    }

    /// How the rule has done that picks a model at each row by what was known then.
    pub fn rule_score(&self) -> ModelScore {
        self.rule.report(None, self.horizon.rows)
    }

    /// Rows that the horizon spans.
    pub fn horizon_rows(&self) -> usize {
        self.horizon.rows
    }
}
