use serde::{Deserialize, Serialize};

use super::boost::Boost;
use super::ewma::Smoothing;
use super::har::Har;
use super::{ForecastError, History, Horizon};

/// The ladder of models, simplest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// It stays as it is: what every other model has to beat.
    #[serde(alias = "last_value", alias = "naive")]
    Last,
    /// Exponentially weighted mean of the past.
    Ewma,
    /// Heterogeneous autoregression: last value, day, week and month.
    Har,
    /// Gradient-boosted trees on lags.
    Boost,
}

impl Model {
    /// All of them.
    pub const LADDER: [Self; 4] = [Self::Last, Self::Ewma, Self::Har, Self::Boost];

    /// As on the command line and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Last => "last",
            Self::Ewma => "ewma",
            Self::Har => "har",
            Self::Boost => "boost",
        }
    }
}

/// A model of the ladder: learns from a history up to now, then says what comes a horizon later. Everything is on
/// the history's [`super::Scale`]. Quantiles are put around the point by a [`super::Calibrator`], the same way for
/// every model, so that they are compared on their forecasts alone.
pub trait Forecaster {
    /// Which model it is.
    fn model(&self) -> Model;

    /// Learns from the outcomes known by now of the rows from `first` on.
    ///
    /// # Errors
    /// Too little history, or one that does not determine the model. The model from before stays in force.
    fn fit(&mut self, history: &History, first: usize, horizon: Horizon) -> Result<(), ForecastError>;

    /// What is expected a horizon after the newest row; none before there is a model.
    fn point(&self, history: &History) -> Option<f64>;
}

/// Tomorrow as today.
#[derive(Clone, Copy, Debug, Default)]
pub struct LastValue;

impl Forecaster for LastValue {
    fn model(&self) -> Model {
        Model::Last
    }

    fn fit(&mut self, _: &History, _: usize, _: Horizon) -> Result<(), ForecastError> {
        Ok(())
    }

    fn point(&self, history: &History) -> Option<f64> {
        history.scaled().last().copied()
    }
}

/// Any model of the ladder.
#[derive(Clone)]
pub enum Rung {
    /// See [`LastValue`].
    Last(LastValue),
    /// See [`Smoothing`].
    Ewma(Smoothing),
    /// See [`Har`].
    Har(Har),
    /// See [`Boost`].
    Boost(Boost),
}

impl Rung {
    /// An untaught model for rows that come every `step_secs`.
    pub fn new(model: Model, step_secs: i64) -> Self {
        match model {
            Model::Last => Self::Last(LastValue),
            Model::Ewma => Self::Ewma(Smoothing::default()),
            Model::Har => Self::Har(Har::new(step_secs)),
            Model::Boost => Self::Boost(Boost::new(step_secs)),
        }
    }

    fn inner(&self) -> &dyn Forecaster {
        match self {
            Self::Last(model) => model,
            Self::Ewma(model) => model,
            Self::Har(model) => model,
            Self::Boost(model) => model,
        }
    }
}

impl Forecaster for Rung {
    fn model(&self) -> Model {
        self.inner().model()
    }

    fn fit(&mut self, history: &History, first: usize, horizon: Horizon) -> Result<(), ForecastError> {
        match self {
            Self::Last(model) => model.fit(history, first, horizon),
            Self::Ewma(model) => model.fit(history, first, horizon),
            Self::Har(model) => model.fit(history, first, horizon),
            Self::Boost(model) => model.fit(history, first, horizon),
        }
    }

    fn point(&self, history: &History) -> Option<f64> {
        self.inner().point(history)
    }
}

/// Rows in a row, a day, a week and a month of data that comes every `step_secs`; doubles left out.
pub(super) fn calendar_lags(step_secs: i64) -> Vec<usize> {
    let rows = |days: f64| (days * 86_400.0 / step_secs.max(1) as f64).round().max(1.0) as usize;
    let mut lags = vec![1, rows(1.0), rows(7.0), rows(30.0)];
    lags.dedup();
    lags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lags_follow_the_calendar() {
        assert_eq!(calendar_lags(3_600), vec![1, 24, 168, 720]);
        assert_eq!(calendar_lags(86_396), vec![1, 7, 30]);
        assert_eq!(calendar_lags(10 * 86_400), vec![1, 3]);
    }

    #[test]
    fn names_are_those_of_the_command_line() {
        for model in Model::LADDER {
            assert_eq!(serde_json::to_value(model).unwrap(), model.name());
            assert_eq!(Rung::new(model, 86_400).model(), model);
        }
    }
}
