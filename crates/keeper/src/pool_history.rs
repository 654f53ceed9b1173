//! What pools earned, measured by watching them: one look shows what a pool holds, not what it earns.

use std::collections::BTreeMap;

use ballast_engine::YEAR_SECS;
use serde::{Deserialize, Serialize};
use solana_pubkey::Pubkey;

use crate::model::PoolHistoryParams;
use crate::venue::PoolSample;

/// Most samples kept of a pool; beyond that every second one goes.
const MAX_SAMPLES: usize = 2_048;

/// What a pool earned over the time it was watched.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PoolYield {
    /// Fees to liquidity providers: a simple annual fraction.
    pub fee_apr: f64,
    /// Volatility of the price, per square root of a year.
    pub volatility: f64,
}

/// Samples of pools by strategy, oldest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PoolHistory {
    params: PoolHistoryParams,
    samples: BTreeMap<String, Vec<PoolSample>>,
}

impl PoolHistory {
    /// Nothing seen yet.
    pub fn new(params: PoolHistoryParams) -> Self {
        Self { params, samples: BTreeMap::new() }
    }

    /// The same samples under other parameters.
    pub fn with_params(self, params: PoolHistoryParams) -> Self {
        Self { params, ..self }
    }

    /// Adds what was seen of the pool behind `strategy`; a sample not newer than the last is dropped.
    pub fn add(&mut self, strategy: &Pubkey, sample: PoolSample) {
        let samples = self.samples.entry(strategy.to_string()).or_default();
        if samples.last().is_some_and(|last| last.ts >= sample.ts) {
            return;
        }
        let oldest = sample.ts.saturating_sub(i64::from(self.params.max_secs));
        samples.retain(|kept| kept.ts >= oldest);
        samples.push(sample);
        if samples.len() > MAX_SAMPLES {
            let last = samples.len().saturating_sub(1);
            let mut index = 0usize;
            samples.retain(|_| {
                let keep = index.is_multiple_of(2) || index == last;
                index = index.saturating_add(1);
                keep
            });
        }
    }

    /// What the pool behind `strategy` earned; `None` until it was watched for long enough.
    pub fn yields(&self, strategy: &Pubkey) -> Option<PoolYield> {
        let samples = self.samples.get(&strategy.to_string())?;
        let (first, last) = (samples.first()?, samples.last()?);
        let secs = last.ts.checked_sub(first.ts)?;
        if secs < i64::from(self.params.min_secs) || first.worth <= 0.0 {
            return None;
        }
        let years = secs as f64 / YEAR_SECS;
        let squared: f64 = samples
            .iter()
            .zip(samples.iter().skip(1))
            .map(|(before, after)| (after.log_price - before.log_price).powi(2))
            .sum();
        Some(PoolYield {
            fee_apr: (last.worth / first.worth - 1.0) / years,
            volatility: (squared / years).sqrt(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const PARAMS: PoolHistoryParams = PoolHistoryParams { min_secs: 86_400, max_secs: 604_800 };

    fn sample(hour: i64, worth: f64, price: f64) -> PoolSample {
        PoolSample { ts: hour * 3_600, worth, log_price: price.ln() }
    }

    #[test]
    fn a_day_of_watching_gives_a_yield() {
        let key = Pubkey::new_from_array([1; 32]);
        let mut history = PoolHistory::new(PARAMS);
        for hour in 0..24 {
            history.add(&key, sample(hour, 2.0 + hour as f64 / 1e5, 100.0));
            assert_eq!(history.yields(&key), None);
        }
        history.add(&key, sample(24, 2.0 + 24.0 / 1e5, 101.0));
        let measured = history.yields(&key).unwrap();
        assert!((measured.fee_apr - 24e-5 / 2.0 * 365.0).abs() < 1e-9, "{measured:?}");
        assert!((measured.volatility - 1.01f64.ln() * 365f64.sqrt()).abs() < 1e-9);
    }

    #[test]
    fn old_samples_are_forgotten_and_many_are_thinned() {
        let key = Pubkey::new_from_array([1; 32]);
        let mut history = PoolHistory::new(PARAMS);
        history.add(&key, sample(0, 1.0, 1.0));
        history.add(&key, sample(0, 9.0, 1.0));
        history.add(&key, sample(24 * 8, 2.0, 1.0));
        assert_eq!(history.yields(&key), None, "only the last is left");
        for second in 0..10_000 {
            history.add(&key, PoolSample { ts: 24 * 8 * 3_600 + 1 + second, worth: 2.0, log_price: 0.0 });
        }
        let kept = history.samples.get(&key.to_string()).unwrap();
        assert!(kept.len() <= MAX_SAMPLES && kept.last().unwrap().ts == 24 * 8 * 3_600 + 10_000);
    }
}
