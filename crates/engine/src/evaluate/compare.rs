use std::collections::BTreeMap;

use serde::Serialize;

use crate::stats::{
    deflated::SharpeEvidence,
    long_run,
    moments::{mean, mean_and_deviation, skewness_and_kurtosis},
};

const DAY_SECS: i64 = 86_400;
const DAYS_A_YEAR: f64 = 365.0;
/// Fewest days that say anything.
const LEAST_DAYS: usize = 30;
/// How sure one must be to call a difference more than luck.
const CONFIDENCE: f64 = 0.95;

/// One equity curve against another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Name of the other.
    pub against: String,
    /// Days on which both are known.
    pub days: usize,
    /// Mean of the daily differences, a year: a fraction.
    pub excess_annual: f64,
    /// Standard deviation of the daily differences, a year.
    pub excess_volatility: f64,
    /// Days that count: neighbours that move together say less than independent ones.
    pub effective_days: f64,
    /// Sharpe ratio of the daily differences, a day; none where they never vary.
    pub excess_sharpe: Option<f64>,
    /// Chance that the true difference is above zero.
    pub probabilistic: Option<f64>,
    /// The same after allowing for the best of all trials.
    pub deflated: Option<f64>,
    /// Trials allowed for.
    pub trials: usize,
    /// In a word.
    pub verdict: Verdict,
}

/// What the evidence comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Ahead, and luck is an unlikely reason.
    Better,
    /// Ahead by no more than luck could do.
    AheadWithinLuck,
    /// Behind by no more than luck could do.
    BehindWithinLuck,
    /// Behind, and luck is an unlikely reason.
    Worse,
    /// Too short or too still to say.
    Unknown,
}

impl Verdict {
    /// In words, for the report.
    pub fn words(self) -> &'static str {
        match self {
            Self::Better => "better, beyond luck",
            Self::AheadWithinLuck => "ahead, within luck",
            Self::BehindWithinLuck => "behind, within luck",
            Self::Worse => "worse, beyond luck",
            Self::Unknown => "too little to say",
        }
    }
}

/// Daily returns of an equity curve of (unix seconds, value): the last value of each UTC day over that of the last
/// day that had one. Empty where a value is not above zero.
pub fn daily_returns(equity: &[(i64, f64)]) -> BTreeMap<i64, f64> {
    let mut closes: BTreeMap<i64, f64> = BTreeMap::new();
    for &(ts, value) in equity {
        closes.insert(ts.div_euclid(DAY_SECS), value);
    }
    if closes.values().any(|value| !(value.is_finite() && *value > 0.0)) {
        return BTreeMap::new();
    }
    closes
        .iter()
        .zip(closes.iter().skip(1))
        .map(|((_, before), (day, after))| (*day, after / before - 1.0))
        .collect()
}

/// Daily differences of the returns of two curves, on the days that both have.
pub fn excess_of(ours: &[(i64, f64)], theirs: &[(i64, f64)]) -> Vec<f64> {
    let (ours, theirs) = (daily_returns(ours), daily_returns(theirs));
    ours.iter().filter_map(|(day, r)| Some(r - theirs.get(day)?)).collect()
}

/// Compares `ours` with `theirs`. `trials` holds the daily Sharpe ratios of the differences that other trials of the
/// same kind had (ours not among them): how many there were, and how much they varied, is what luck could make of it.
///
/// Probabilities are those of Bailey and Lopez de Prado (2012, 2014), with the number of days reduced to the days'
/// worth of independent ones (Newey and West 1987 long-run variance, Bartlett weights).
pub fn compare(against: &str, ours: &[(i64, f64)], theirs: &[(i64, f64)], trials: &[f64]) -> Comparison {
    let excess = excess_of(ours, theirs);
    let effective = effective_days(&excess);
    let found = mean_and_deviation(&excess).filter(|_| excess.len() >= LEAST_DAYS);
    let sharpe = found.filter(|(_, deviation)| *deviation > 0.0).map(|(mean, deviation)| mean / deviation);
    let evidence = sharpe.zip(skewness_and_kurtosis(&excess)).and_then(|(sharpe, (skewness, kurtosis))| {
        SharpeEvidence::new(sharpe, effective.max(2.0), skewness, kurtosis).ok()
    });
    let all: Vec<f64> = trials.iter().copied().chain(sharpe).collect();
    let variance = mean_and_deviation(&all).map_or(0.0, |(_, deviation)| deviation * deviation);
    let probabilistic = evidence.as_ref().map(|evidence| evidence.probabilistic_sharpe(0.0));
    let deflated = evidence
        .as_ref()
        .and_then(|evidence| evidence.deflate(all.len().max(1) as f64, variance).ok())
        .map(|deflated| deflated.deflated_sharpe);
    let verdict = match (sharpe, probabilistic, deflated) {
        (Some(_), Some(_), Some(deflated)) if deflated >= CONFIDENCE => Verdict::Better,
        (Some(_), Some(probability), Some(_)) if probability <= 1.0 - CONFIDENCE => Verdict::Worse,
        (Some(sharpe), Some(_), Some(_)) if sharpe > 0.0 => Verdict::AheadWithinLuck,
        (Some(_), Some(_), Some(_)) => Verdict::BehindWithinLuck,
        _ => Verdict::Unknown,
    };
    Comparison {
        against: against.to_owned(),
        days: excess.len(),
        excess_annual: mean(&excess).unwrap_or(0.0) * DAYS_A_YEAR,
        excess_volatility: mean_and_deviation(&excess).map_or(0.0, |found| found.1) * DAYS_A_YEAR.sqrt(),
        effective_days: effective,
        excess_sharpe: sharpe,
        probabilistic,
        deflated,
        trials: all.len().max(1),
        verdict,
    }
}

/// How many independent days `values` are worth: their number times variance over long-run variance, never more than
/// their number.
fn effective_days(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    // Newey and West (1994): a bandwidth of 4 (n / 100)^(2/9).
    let bandwidth = (4.0 * (count / 100.0).powf(2.0 / 9.0)).floor() as usize;
    match long_run::variances(values, bandwidth) {
        None => 0.0,
        Some((variance, _)) if variance <= 0.0 => count,
        Some((variance, long_run)) => count * (variance / long_run).clamp(0.0, 1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    type Equity = Vec<(i64, f64)>;

    /// Hourly curves of a year; the first drifts from the second by `drift` a day with noise of 1e-5.
    fn curves(drift: f64, seed: u64) -> (Equity, Equity) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        let (mut a, mut b) = (1.0f64, 1.0f64);
        for hour in 0..365 * 24i64 {
            let common = 1e-4 * (rng.random::<f64>() - 0.5);
            b *= 1.0 + common;
            a *= 1.0 + common + drift / 24.0 + 1e-5 * (rng.random::<f64>() - 0.5);
            ours.push((hour * 3_600, a));
            theirs.push((hour * 3_600, b));
        }
        (ours, theirs)
    }

    #[test]
    fn a_real_edge_is_told_from_luck() {
        let (ours, theirs) = curves(1e-5, 1);
        let better = compare("theirs", &ours, &theirs, &[]);
        assert_eq!((better.verdict, better.days, better.trials), (Verdict::Better, 364, 1));
        assert!((better.excess_annual - 365e-5).abs() < 5e-4, "{better:?}");
        assert_eq!(compare("ours", &theirs, &ours, &[]).verdict, Verdict::Worse);
        let (ours, theirs) = curves(0.0, 2);
        let luck = compare("theirs", &ours, &theirs, &[]);
        assert!(matches!(luck.verdict, Verdict::AheadWithinLuck | Verdict::BehindWithinLuck), "{luck:?}");
    }

    #[test]
    fn every_further_trial_makes_it_harder() {
        let (ours, theirs) = curves(4e-6, 3);
        let alone = compare("theirs", &ours, &theirs, &[]);
        let spread: Vec<f64> = (0..50).map(|n| (f64::from(n) - 25.0) / 100.0).collect();
        let crowded = compare("theirs", &ours, &theirs, &spread);
        assert_eq!(alone.probabilistic, crowded.probabilistic);
        assert!(crowded.deflated.unwrap() < alone.deflated.unwrap() && crowded.trials == 51);
    }

    #[test]
    fn neighbours_that_move_together_count_for_less() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let independent: Vec<f64> = (0..1_000).map(|_| rng.random::<f64>()).collect();
        let mut smooth = vec![0.0f64];
        for _ in 1..1_000 {
            smooth.push(0.9 * smooth.last().unwrap() + rng.random::<f64>());
        }
        assert!(effective_days(&independent) > 800.0);
        assert!(effective_days(&smooth) < 300.0);
        assert_eq!(effective_days(&[]), 0.0);
    }

    #[test]
    fn little_or_nothing_is_said_to_be_so() {
        let flat: Vec<(i64, f64)> = (0..100).map(|day| (day * DAY_SECS, 1.0)).collect();
        assert_eq!(compare("same", &flat, &flat, &[]).verdict, Verdict::Unknown);
        let (ours, theirs) = curves(1e-5, 5);
        assert_eq!(compare("short", &ours[..24 * 20], &theirs[..24 * 20], &[]).verdict, Verdict::Unknown);
        assert!(daily_returns(&[(0, 1.0), (DAY_SECS, 0.0)]).is_empty());
    }
}
