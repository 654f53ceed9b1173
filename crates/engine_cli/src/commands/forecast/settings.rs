use ballast_engine::curve::{RateCurve, ReserveState};
use ballast_engine::forecast::{Model, Scale, Target, TrackerConfig};

use super::observations::Observations;
use super::{Args, Kind, Span};
use crate::EngineCliError;

const DEFAULT_HORIZON_SECS: i64 = 7 * 86_400;
const LONGEST_HORIZON_SECS: i64 = 10 * 365 * 86_400;

/// What to do with a series, checked.
pub(super) struct Settings {
    pub kind: Kind,
    pub horizon_secs: i64,
    pub step_secs: i64,
    pub model: Option<Model>,
    pub target: Target,
    window_rows: Option<usize>,
    refit_rows: Option<usize>,
    pub reserve: Option<Position>,
}

/// A reserve, and our deposit in it before and after.
pub(super) struct Position {
    pub reserve: ReserveState,
    pub ours_atoms: u64,
    pub after_atoms: u64,
}

impl Settings {
    /// From the command line; `times` give the step where it is not said.
    pub fn new(args: &Args, kind: Kind, times: &[i64]) -> Result<Self, EngineCliError> {
        if args.window.is_some_and(|rows| rows < 2) {
            return Err(EngineCliError::input("--window: at least 2 rows"));
        }
        if let Some(Span(secs)) = args.horizon.filter(|horizon| horizon.0 > LONGEST_HORIZON_SECS) {
            return Err(EngineCliError::input(format!("--horizon: {secs} seconds are more than ten years")));
        }
        if args.refit == Some(0) {
            return Err(EngineCliError::input("--refit: at least 1 row"));
        }
        Ok(Self {
            kind,
            horizon_secs: args.horizon.map_or(DEFAULT_HORIZON_SECS, |span| span.0),
            step_secs: args.step.map_or_else(|| median_step(times), |span| span.0),
            model: args.model.unwrap_or_default().model(),
            target: args.target.unwrap_or_default().into(),
            window_rows: args.window,
            refit_rows: args.refit,
            reserve: position(args)?,
        })
    }

    /// For the walk-forward.
    pub fn tracker(&self, scale: Scale) -> TrackerConfig {
        let config = TrackerConfig::new(scale, self.step_secs, self.horizon_secs);
        TrackerConfig {
            target: self.target,
            window_rows: self.window_rows,
            refit_rows: self.refit_rows.unwrap_or(config.refit_rows),
            ..config
        }
    }
}

/// Rows apart, most often; a day where there is one row.
fn median_step(times: &[i64]) -> i64 {
    let mut steps: Vec<i64> =
        times.iter().zip(times.iter().skip(1)).map(|(a, b)| b.saturating_sub(*a)).collect();
    steps.sort_unstable();
    steps.get(steps.len() / 2).copied().unwrap_or(86_400).max(1)
}

fn position(args: &Args) -> Result<Option<Position>, EngineCliError> {
    let Some(corners) = &args.curve else {
        let orphan = [
            (args.take_bps.is_some(), "--take-bps"),
            (args.supplied.is_some(), "--supplied"),
            (args.ours.is_some(), "--ours"),
            (args.after.is_some(), "--after"),
        ];
        return match orphan.iter().find(|(given, _)| *given) {
            Some((_, flag)) => {
                Err(EngineCliError::input(format!("{flag} says nothing without the reserve's --curve")))
            }
            None => Ok(None),
        };
    };
    let curve = RateCurve::new(&corners.0, args.take_bps.unwrap_or(0)).map_err(EngineCliError::input)?;
    let ours_atoms = args.ours.unwrap_or(0);
    let after_atoms = args.after.unwrap_or(ours_atoms);
    let moves = ours_atoms != after_atoms;
    let supplied_atoms = match args.supplied {
        Some(0) => return Err(EngineCliError::input("--supplied: an empty reserve has no utilisation")),
        Some(supplied) => supplied,
        None if moves => {
            return Err(EngineCliError::input("a move of our deposit needs what is supplied: --supplied"));
        }
        // Any size gives the same rate where we do not move.
        None => 1_000_000_000_000u64.max(ours_atoms),
    };
    if ours_atoms > supplied_atoms {
        let problem = format!("our deposit of {ours_atoms} atoms is more than the {supplied_atoms} supplied");
        return Err(EngineCliError::input(problem));
    }
    let reserve = ReserveState { curve, supplied_atoms, borrowed_atoms: 0 };
    Ok(Some(Position { reserve, ours_atoms, after_atoms }))
}

/// Observations and what to do with them.
pub(super) struct Request {
    pub settings: Settings,
    pub observations: Observations,
}
