//! From a request to a profile, a mix, and what it may do in money.

use serde::{Deserialize, Serialize};

use super::PersonaliseError;
use super::classes::{self, Asset, CLASSES, ClassPaths, Fees};
use super::mix::{BREACHES_PER_YEAR, ClassWeights, Constraints, Outcome, best, outcome};
use super::profile::{CLASS_NAMES, Profile, asset_class_names};
use super::questions::questions;
use super::score::{Answers, Contradiction, Scores, score};
use super::statistics::ClassStatistics;
use crate::time::implausible;

const DAY_SECS: i64 = 86_400;
/// Horizon from which the whole drawdown that a person states is used; sooner, in proportion to the square root of
/// time: there is less of it to make up for a loss.
pub const FULL_RISK_DAYS: u32 = 730;
const LONGEST_DAYS: u32 = 3_650;
const PATHS: std::ops::RangeInclusive<usize> = 100..=10_000;

/// What is asked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Answers by question id.
    pub answers: Answers,
    /// Money to place, in `asset`'s unit (US dollars or SOL).
    pub amount: f64,
    /// What it is.
    #[serde(default)]
    pub asset: Asset,
    /// Days until it is needed, where known better than the questionnaire asks.
    #[serde(default)]
    pub horizon_days: Option<u32>,
    /// Class statistics to use instead of the generator.
    #[serde(default, alias = "class_statistics")]
    pub classes: Option<ClassStatistics>,
    /// Fees of the vaults; of the generator's classes only.
    #[serde(default)]
    pub fees: Fees,
    /// Quantile of final value that is maximised.
    #[serde(default = "tenth")]
    pub quantile: f64,
    /// Paths simulated.
    #[serde(default = "thousand")]
    pub paths: usize,
    /// Same seed, same answer.
    #[serde(default)]
    pub seed: u64,
    /// Now; the clock's when absent.
    #[serde(default, alias = "now")]
    pub now_ts: Option<i64>,
}

fn tenth() -> f64 {
    0.1
}
fn thousand() -> usize {
    1_000
}

/// What is answered.
#[derive(Clone, Debug, Serialize)]
pub struct Recommendation {
    /// What it is worth.
    pub note: &'static str,
    /// Where the figures of the classes come from.
    pub sources: Vec<String>,
    /// Paths simulated.
    pub paths: usize,
    /// Seed.
    pub seed: u64,
    /// Days to the horizon.
    pub horizon_days: u32,
    /// Scores, limits, contradictions.
    pub scores: Scores,
    /// The profile to set.
    pub profile: Profile,
    /// The command that sets it.
    pub command: String,
    /// Classes that the profile cannot use, and why.
    pub closed_classes: Vec<ClosedClass>,
    /// The largest fall that the mix may have in a year, fraction: the stated one, less for short horizons.
    pub drawdown_limit: f64,
    /// The mix.
    pub mix: MixAnswer,
    /// What each class alone, and keeping everything, would do.
    pub alternatives: Vec<MixAnswer>,
    /// The mix as the horizon nears; never riskier than before.
    pub glide_path: Vec<GlideStep>,
}

/// A class that may not be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClosedClass {
    /// Its name.
    pub class: &'static str,
    /// Why.
    pub reason: String,
}

/// A mix and what it may do.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MixAnswer {
    /// Its name.
    pub name: String,
    /// Weights of the amount, bps.
    pub conservative_bps: u16,
    /// Weights of the amount, bps.
    pub balanced_bps: u16,
    /// Weights of the amount, bps.
    pub growth_bps: u16,
    /// Kept back, bps.
    pub idle_bps: u16,
    /// As fractions.
    pub outcome: Outcome,
    /// In money.
    pub money: Money,
}

/// Money, in the request's unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Money {
    /// To deposit.
    pub deposit: f64,
    /// To keep.
    pub keep_back: f64,
    /// Value at the horizon that one path in twenty stays below.
    pub value_p05: f64,
    /// Median value at the horizon.
    pub value_p50: f64,
    /// Value that one path in twenty exceeds.
    pub value_p95: f64,
    /// Largest fall from a peak up to the horizon, exceeded by one path in twenty.
    pub drawdown_p95: f64,
}

/// The mix with less time left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GlideStep {
    /// Days left.
    pub days_left: u32,
    /// Weights of the amount by class, bps.
    pub weights_bps: ClassWeights,
    /// Kept back, bps.
    pub idle_bps: u16,
}

const NOTE: &str = "A model's estimate, not a promise and not advice: the ranges are those of the simulated paths, whose \
                    jump frequencies are largely judgement. What can be lost is everything that is deposited.";

/// Recommends; `now_ts` is the time that horizons count from.
pub fn recommend(request: &Request, now_ts: i64) -> Result<Recommendation, PersonaliseError> {
    check(request)?;
    if let Some(problem) = implausible(now_ts) {
        return Err(PersonaliseError::field("now_ts", problem));
    }
    let mut scores = score(&request.answers)?;
    settle_horizon(&mut scores, request.horizon_days)?;
    let days = scores.horizon_days;
    let paths = match &request.classes {
        Some(statistics) => statistics.simulate(days, request.paths, request.seed)?,
        None => classes::simulate(request.asset, request.fees, days, request.paths, request.seed)?,
    };
    let (open, closed_classes) = open_classes(&scores, request.asset);
    let limits = |days: u32, most_from_riskiest| Constraints {
        most_bps: open,
        most_from_riskiest,
        drawdown: drawdown_limit(&scores, days),
        // One year in twenty, and as much less often as the time is shorter: otherwise rare events would not count
        // just because the horizon is near.
        confidence: 1.0 - BREACHES_PER_YEAR * f64::from(days.min(365)) / 365.0,
        quantile: request.quantile,
        points: points(&paths, days),
        window: points(&paths, days.min(365)),
    };
    let whole = limits(days, [10_000; CLASSES]);
    let (weights, found) = best(&paths, &whole);
    let profile = profile(&scores, &weights, now_ts)?;
    let money = |name: &str, weights: ClassWeights, outcome| answer(name, weights, outcome, request.amount);
    let mut alternatives =
        vec![money("keep everything", [0; CLASSES], outcome(&paths, &[0; CLASSES], &whole))];
    for (class, name) in CLASS_NAMES.into_iter().enumerate() {
        let mut alone = [0; CLASSES];
        alone[class] = 10_000;
        alternatives.push(money(&format!("all {name}"), alone, outcome(&paths, &alone, &whole)));
    }
    let mut glide_path = Vec::new();
    let mut before = weights;
    for part in [1, 2, 4, 8] {
        let days_left = days / part;
        if part > 1 && days_left >= 7 {
            let [a, b, c] = before;
            before = best(&paths, &limits(days_left, [c, b + c, a + b + c])).0;
        }
        if days_left >= 7 || part == 1 {
            glide_path.push(GlideStep { days_left, weights_bps: before, idle_bps: idle(&before) });
        }
    }
    Ok(Recommendation {
        note: NOTE,
        sources: paths.source.clone(),
        paths: request.paths,
        seed: request.seed,
        horizon_days: days,
        command: profile.command(),
        profile,
        closed_classes,
        drawdown_limit: whole.drawdown,
        mix: money("recommended", weights, found),
        alternatives,
        glide_path,
        scores,
    })
}

fn check(request: &Request) -> Result<(), PersonaliseError> {
    let wrong = |field: &str, problem: String| Err(PersonaliseError::field(field, problem));
    if !(request.amount.is_finite() && request.amount > 0.0 && request.amount <= 1e15) {
        return wrong("amount", format!("{} is not a positive amount", request.amount));
    }
    if !(0.01..=0.5).contains(&request.quantile) {
        return wrong("quantile", format!("{} is not in 0.01 to 0.5", request.quantile));
    }
    if !PATHS.contains(&request.paths) {
        return wrong("paths", format!("{} is not in {} to {}", request.paths, PATHS.start(), PATHS.end()));
    }
    for (name, fee) in [("management", request.fees.management), ("performance", request.fees.performance)] {
        if !(0.0..=0.5).contains(&fee) {
            let hint = if fee > 0.5 && fee <= 100.0 { " (is it in percent?)" } else { "" };
            return wrong(&format!("fees.{name}"), format!("{fee} is not in 0 to 0.5{hint}"));
        }
    }
    Ok(())
}

/// The exact horizon where one is given; where it lies outside the answer's range the nearer governs.
fn settle_horizon(scores: &mut Scores, exact: Option<u32>) -> Result<(), PersonaliseError> {
    let Some(exact) = exact else { return Ok(()) };
    if !(1..=LONGEST_DAYS).contains(&exact) {
        return Err(PersonaliseError::field(
            "horizon_days",
            format!("{exact} is not in 1 to {LONGEST_DAYS}"),
        ));
    }
    let near = scores.horizon_days;
    let all = questions();
    let starts = all.iter().find(|question| question.id == "horizon").map(|question| &question.choices);
    let far = starts.into_iter().flatten().filter_map(|choice| choice.figure).find(|figure| *figure > near);
    // "Within three months" begins today.
    let from = if near < 90 { 1 } else { near };
    if exact < from || far.is_some_and(|far| exact > far) {
        scores.contradictions.push(Contradiction {
            between: vec!["horizon", "horizon_days"],
            text: format!("{exact} days lie outside the horizon answered: the nearer of the two governs"),
        });
        scores.horizon_days = exact.min(near);
    } else {
        scores.horizon_days = exact;
    }
    if scores.horizon_days < 90 && scores.tolerance > 0 {
        scores.tolerance = 0;
        scores.caps.push("money needed within three months stays in the conservative class".into());
    }
    Ok(())
}

/// The drawdown stated, less where little time is left to make up for it.
fn drawdown_limit(scores: &Scores, days: u32) -> f64 {
    let time = f64::from(days.min(FULL_RISK_DAYS)) / f64::from(FULL_RISK_DAYS);
    f64::from(scores.max_drawdown_bps) / 10_000.0 * time.sqrt()
}

/// Points of the paths from the start to `days`.
fn points(paths: &ClassPaths, days: u32) -> usize {
    (f64::from(days) / paths.step_days).ceil() as usize + 1
}

fn open_classes(scores: &Scores, asset: Asset) -> (ClassWeights, Vec<ClosedClass>) {
    let (mut open, mut closed) = ([0; CLASSES], Vec::new());
    for (class, (most, name)) in open.iter_mut().zip(CLASS_NAMES).enumerate() {
        let unwanted = classes::asset_classes(class, asset) & !scores.asset_classes;
        let reason = if class > usize::from(scores.tolerance) {
            "above the tolerance".into()
        } else if unwanted != 0 {
            format!("its vaults may hold what is excluded: {}", asset_class_names(unwanted).join(", "))
        } else {
            *most = 10_000;
            continue;
        };
        closed.push(ClosedClass { class: name, reason });
    }
    (open, closed)
}

/// The mandate; its mix splits what is deposited, so that it sums to the whole.
fn profile(scores: &Scores, weights: &ClassWeights, now_ts: i64) -> Result<Profile, PersonaliseError> {
    let horizon_ts =
        i64::from(scores.horizon_days).checked_mul(DAY_SECS).and_then(|secs| secs.checked_add(now_ts));
    let profile = Profile {
        tolerance: scores.tolerance,
        tolerance_name: CLASS_NAMES.get(usize::from(scores.tolerance)).copied().unwrap_or("conservative"),
        asset_classes: scores.asset_classes,
        asset_class_names: asset_class_names(scores.asset_classes),
        horizon_ts: horizon_ts.ok_or_else(|| PersonaliseError::field("now_ts", "out of range"))?,
        mix_bps: of_deposit(weights),
        max_drawdown_bps: scores.max_drawdown_bps,
        glide: scores.glide,
    };
    profile.validate(now_ts)?;
    Ok(profile)
}

/// Weights of the whole as weights of the deposit: rounded down, the rest to the largest.
fn of_deposit(weights: &ClassWeights) -> ClassWeights {
    let sum: u32 = weights.iter().map(|bps| u32::from(*bps)).sum();
    if sum == 0 {
        return [10_000, 0, 0];
    }
    let mut split = weights.map(|bps| (u32::from(bps) * 10_000 / sum) as u16);
    let missing = 10_000 - split.iter().sum::<u16>();
    if let Some(largest) = split.iter_mut().max_by_key(|bps| **bps) {
        *largest += missing;
    }
    split
}

fn idle(weights: &ClassWeights) -> u16 {
    10_000u16.saturating_sub(weights.iter().sum())
}

fn answer(name: &str, weights: ClassWeights, outcome: Outcome, amount: f64) -> MixAnswer {
    let [conservative_bps, balanced_bps, growth_bps] = weights;
    let idle_bps = idle(&weights);
    // Cents of a dollar, millionths of a SOL: six decimals serve both.
    let money = |share: f64| (share * amount * 1e6).round() / 1e6;
    let keep_back = money(f64::from(idle_bps) / 10_000.0);
    MixAnswer {
        name: name.into(),
        conservative_bps,
        balanced_bps,
        growth_bps,
        idle_bps,
        outcome,
        money: Money {
            deposit: money(1.0 - f64::from(idle_bps) / 10_000.0),
            keep_back,
            value_p05: money(outcome.value_p05),
            value_p50: money(outcome.value_p50),
            value_p95: money(outcome.value_p95),
            drawdown_p95: money(outcome.drawdown_of_amount_p95),
        },
    }
}

#[cfg(test)]
#[path = "recommend_tests.rs"]
mod tests;
