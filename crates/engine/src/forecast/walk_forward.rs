use serde::Serialize;

use super::score::least_scored;
use super::{Forecast, ForecastError, Model, ModelScore, Tracker, TrackerConfig};

/// A series walked through: every model's score, the choice, and the forecast from its end.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WalkForward {
    /// The model that made [`Self::forecast`].
    pub chosen: Model,
    /// Why.
    pub reason: String,
    /// From the newest observation.
    pub forecast: Forecast,
    /// One row a model, the last value first.
    pub models: Vec<ModelScore>,
    /// What picking by the rule at every row would have scored.
    pub rule: ModelScore,
}

/// Walks forward through `points` (unix seconds ascending, natural units) and forecasts from its end, with `model` or
/// with the one that the rule picks.
///
/// # Errors
/// No points, an unusable point, or a model that these points are too few to fit.
pub fn walk_forward(
    points: &[(i64, f64)],
    config: TrackerConfig,
    model: Option<Model>,
) -> Result<WalkForward, ForecastError> {
    let mut tracker = Tracker::new(config)?;
    for (ts, value) in points {
        tracker.observe(*ts, *value)?;
    }
    report(&tracker, model)
}

/// What a tracker can say now; see [`walk_forward`].
pub fn report(tracker: &Tracker, model: Option<Model>) -> Result<WalkForward, ForecastError> {
    let found = tracker.history().len();
    let forecast = match model {
        Some(model) => tracker.forecast_with(model).ok_or_else(|| {
            let what = match model {
                Model::Last => "the last value",
                Model::Ewma => "exponential smoothing at this horizon",
                Model::Har => "a heterogeneous autoregression at this horizon",
                Model::Boost => "gradient boosting at this horizon",
            };
            ForecastError::TooShort { what, least: least_rows(tracker, model), found }
        })?,
        None => tracker.forecast().ok_or(ForecastError::TooShort { what: "a forecast", least: 1, found })?,
    };
    let models = tracker.scores();
    let reason = match model {
        Some(model) => format!("{} was asked for", model.name()),
        None => reason(forecast.model, &models, least_scored(tracker.horizon_rows())),
    };
    Ok(WalkForward { chosen: forecast.model, reason, forecast, models, rule: tracker.rule_score() })
}

/// Rows before a model can first be fitted, more or less: what its lags and outcomes need.
fn least_rows(tracker: &Tracker, model: Model) -> usize {
    let month = usize::try_from(30 * 86_400 / tracker.config().step_secs.max(1)).unwrap_or(1).max(1);
    let outcomes = match model {
        Model::Last => 1,
        Model::Ewma => 20,
        Model::Har => 40 + month,
        Model::Boost => 60 + month,
    };
    let needed = outcomes + tracker.horizon_rows();
    let refit = tracker.config().refit_rows.max(1);
    needed.div_ceil(refit) * refit
}

fn reason(chosen: Model, models: &[ModelScore], least: usize) -> String {
    let skill = |model: Model| models.iter().find(|score| score.model == Some(model)).and_then(|s| s.skill);
    let others = models.iter().filter(|score| score.model != Some(Model::Last));
    if let (true, Some(skill)) = (chosen != Model::Last, skill(chosen)) {
        return format!(
            "{}: the least walk-forward pinball loss, {:.1}% below the last value's",
            chosen.name(),
            100.0 * skill
        );
    }
    let judged: Vec<&ModelScore> = others.filter(|score| score.scored >= least).collect();
    if judged.is_empty() {
        return format!("last: no other model has {least} scored forecasts yet");
    }
    "last: none beats last value in walk-forward pinball loss".into()
}
