use ballast_engine::data::Gap;
use ballast_engine::forecast::venue::{LendingTracker, PoolDay, PoolTracker, lending, staking};
use ballast_engine::forecast::{
    ForecastError, ModelScore, Quantiles, Scale, Target, Tracker, WalkForward, report, walk_forward,
};
use serde::Serialize;

use super::Kind;
use super::settings::{Position, Request};
use super::subject::{Subject, subject};
use crate::EngineCliError;
use crate::input;

/// What the command answers.
#[derive(Serialize)]
struct Answer {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    market: Option<String>,
    series: Series,
    horizon_secs: i64,
    horizon_rows: usize,
    target: Target,
    chosen: String,
    reason: String,
    forecast: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    utilisation: Option<Outcome>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pool: Option<Pool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    walk_forward: Option<Walked>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct Series {
    rows: usize,
    from_ts: i64,
    to_ts: i64,
    step_secs: i64,
    /// Times between rows of more than one and a half steps.
    gaps: Vec<Gap>,
}

#[derive(Serialize)]
struct Outcome {
    point: f64,
    quantiles: Option<Quantiles>,
    /// Share of past outcomes inside the 90% interval.
    coverage_90: Option<f64>,
}

#[derive(Serialize)]
struct Pool {
    fee_apr: f64,
    lvr_apr: f64,
    volatility: f64,
}

/// Scores of every model on the series that was modelled.
#[derive(Serialize)]
struct Walked {
    of: &'static str,
    models: Vec<ModelScore>,
    rule: ModelScore,
}

impl Outcome {
    fn of(walked: &WalkForward) -> Self {
        let forecast = &walked.forecast;
        Self { point: forecast.point, quantiles: forecast.quantiles, coverage_90: forecast.coverage }
    }
}

/// Computes what `request` asks.
pub(super) fn answer(request: &Request) -> Result<String, EngineCliError> {
    let wrong = |error: ForecastError| request.observations.wrong(error);
    let settings = &request.settings;
    let answer = match subject(request)? {
        Subject::Series { what, scale, points } => {
            let walked = walk_forward(&points, settings.tracker(scale), settings.model).map_err(wrong)?;
            let note = (settings.kind == Kind::Lending)
                .then(|| "no curve was given, so that the supply rate itself is forecast".to_owned());
            Answer { notes: note.into_iter().collect(), ..plain(request, what, walked, &points)? }
        }
        Subject::Lending { by_rate, points } => {
            let Some(position) = &settings.reserve else {
                return Err(EngineCliError::input("a lending forecast needs the reserve's curve"));
            };
            on_curve(request, position, by_rate, &points)?
        }
        Subject::Pool { days } => pool(request, &days)?,
        Subject::Stake { points } => {
            let found = staking(&points, settings.horizon_secs).map_err(wrong)?;
            Answer {
                kind: "staking",
                market: None,
                series: series(request, points.iter().map(|point| point.0)),
                horizon_secs: settings.horizon_secs,
                horizon_rows: rows(settings.horizon_secs, settings.step_secs),
                target: Target::Mean,
                chosen: found.model.clone(),
                reason: "growth of the exchange rate, compounded per epoch".into(),
                forecast: Outcome {
                    point: found.point_apr,
                    quantiles: found.quantiles,
                    coverage_90: found.coverage,
                },
                utilisation: None,
                pool: None,
                walk_forward: None,
                notes: Vec::new(),
            }
        }
    };
    input::answer(&answer)
}

/// An answer about the series itself.
fn plain(
    request: &Request,
    of: &'static str,
    walked: WalkForward,
    points: &[(i64, f64)],
) -> Result<Answer, EngineCliError> {
    let settings = &request.settings;
    Ok(Answer {
        kind: name(settings.kind),
        market: request.observations.market.clone(),
        series: series(request, points.iter().map(|point| point.0)),
        horizon_secs: settings.horizon_secs,
        horizon_rows: rows(settings.horizon_secs, settings.step_secs),
        target: settings.target,
        chosen: walked.chosen.name().into(),
        forecast: Outcome::of(&walked),
        reason: walked.reason,
        utilisation: None,
        pool: None,
        walk_forward: Some(Walked { of, models: walked.models, rule: walked.rule }),
        notes: Vec::new(),
    })
}

/// Utilisation, then the reserve's own curve.
fn on_curve(
    request: &Request,
    position: &Position,
    by_rate: bool,
    points: &[(i64, f64)],
) -> Result<Answer, EngineCliError> {
    let settings = &request.settings;
    let wrong = |error: ForecastError| request.observations.wrong(error);
    let mut tracker = LendingTracker::with(settings.tracker(Scale::Logit)).map_err(wrong)?;
    let mut off_curve = 0;
    for (ts, value) in points {
        if by_rate {
            let inverse = tracker.observe_supply_apr(*ts, *value, &position.reserve.curve).map_err(wrong)?;
            off_curve += usize::from(inverse.saturated);
        } else {
            tracker.observe(*ts, *value).map_err(wrong)?;
        }
    }
    let walked = report(tracker.tracker(), settings.model).map_err(wrong)?;
    let rate = lending(&walked.forecast, &position.reserve, position.ours_atoms, position.after_atoms as f64);
    let utilisation = Outcome::of(&walked);
    let answer = plain(request, "utilisation", walked, points)?;
    let mut notes = Vec::new();
    if off_curve > 0 {
        notes.push(format!(
            "{off_curve} of {} rates lie off the curve: their utilisation is taken as its nearest end",
            points.len()
        ));
    }
    Ok(Answer {
        forecast: Outcome { point: rate.point_apr, quantiles: rate.quantiles, coverage_90: rate.coverage },
        utilisation: Some(utilisation),
        notes,
        ..answer
    })
}

fn pool(request: &Request, days: &[(i64, PoolDay)]) -> Result<Answer, EngineCliError> {
    let settings = &request.settings;
    let wrong = |error: ForecastError| request.observations.wrong(error);
    let mut tracker = PoolTracker::with(settings.tracker(Scale::Log)).map_err(wrong)?;
    for (ts, day) in days {
        tracker.observe(*ts, *day).map_err(wrong)?;
    }
    if settings.model.is_some() {
        return Err(EngineCliError::input("--model: a pool's fee model is always chosen by the rule (auto)"));
    }
    let found = tracker.forecast().ok_or_else(|| {
        request.observations.wrong(format!("a pool forecast needs at least 2 days, not {}", days.len()))
    })?;
    let fees: &Tracker = tracker.fees();
    let walked = report(fees, None).map_err(wrong)?;
    Ok(Answer {
        kind: "lp",
        market: None,
        series: series(request, days.iter().map(|day| day.0)),
        horizon_secs: settings.horizon_secs,
        horizon_rows: fees.horizon_rows(),
        target: Target::Mean,
        chosen: found.rate.model.clone(),
        reason: format!("fees by {}", walked.reason),
        forecast: Outcome {
            point: found.rate.point_apr,
            quantiles: found.rate.quantiles,
            coverage_90: found.rate.coverage,
        },
        utilisation: None,
        pool: Some(Pool { fee_apr: found.fee_apr, lvr_apr: found.lvr_apr, volatility: found.volatility }),
        walk_forward: Some(Walked { of: "fee_apr", models: walked.models, rule: walked.rule }),
        notes: vec!["a full-range position: loss-versus-rebalancing is volatility squared over eight".into()],
    })
}

fn series(request: &Request, times: impl Iterator<Item = i64>) -> Series {
    let times: Vec<i64> = times.collect();
    let step_secs = request.settings.step_secs;
    let longest = step_secs.saturating_add(step_secs / 2);
    let pairs = times.iter().zip(times.iter().skip(1));
    let gaps = pairs.filter(|(from, to)| to.saturating_sub(**from) > longest);
    Series {
        rows: times.len(),
        from_ts: times.first().copied().unwrap_or_default(),
        to_ts: times.last().copied().unwrap_or_default(),
        step_secs,
        gaps: gaps.map(|(from, to)| Gap { from_ts: *from, to_ts: *to }).collect(),
    }
}

fn rows(horizon_secs: i64, step_secs: i64) -> usize {
    let half_up = horizon_secs.saturating_add(step_secs / 2) / step_secs.max(1);
    usize::try_from(half_up).unwrap_or(usize::MAX).max(1)
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Utilisation => "utilisation",
        Kind::Rate => "rate",
        Kind::Lending => "lending",
        Kind::Lp => "lp",
        Kind::Staking => "staking",
    }
}
