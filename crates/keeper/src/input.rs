//! The input of a decision: everything the policy looked at, as JSON that anyone can replay.
//!
//! The decision on chain carries the SHA-256 of these very bytes. The policy runs on what parsing the bytes
//! gives back, so that whoever has the file and the model file gets the same targets. Rates are rounded to
//! twelve decimals first: short decimals are read alike by every JSON parser, long ones are not.

use ballast_client::ChainClock;
use ballast_engine::policy::{Income, IncomeForecast, PortfolioView, SlotOutlook};
use ballast_math::MAX_ALLOCATIONS;
use ballast_math::portfolio::{self, SlotView};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use solana_pubkey::Pubkey;

/// Format of the encoding.
const FORMAT: u32 = 2;

/// What a decision was made on. Field order is the order of the encoding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionInput {
    /// Format of this encoding.
    pub format: u32,
    /// The vault.
    pub vault: String,
    /// Hash of the model, hex.
    pub model_hash: String,
    /// Slot it was read in.
    pub slot: u64,
    /// Unix time it was read at.
    pub unix_ts: i64,
    /// Idle plus all slots, atoms.
    pub total_atoms: u64,
    /// Share that must stay idle, bps.
    pub idle_buffer_bps: u16,
    /// Turnover used in the window, bps.
    pub turnover_used_bps: u64,
    /// Most turnover in a window, bps.
    pub turnover_cap_bps: u16,
    /// The slots in use, in the vault's order.
    pub slots: Vec<InputSlot>,
}

/// One slot of a [`DecisionInput`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputSlot {
    /// Its strategy.
    pub strategy: String,
    /// Value at the low side, atoms.
    pub value_atoms: u64,
    /// Cap, atoms.
    pub absolute_cap_atoms: u64,
    /// Cap, bps.
    pub relative_cap_bps: u16,
    /// Whether the program would let it grow.
    pub may_increase: bool,
    /// Weight ordered by the last decision, bps.
    pub target_bps: u16,
    /// What the venue could pay out, atoms.
    pub withdrawable_atoms: u64,
    /// Cost of moving, bps of the amount moved.
    pub move_cost_bps: f64,
    /// What it earns.
    pub income: Income,
    /// What it will earn, where that was known.
    pub forecast: Option<IncomeForecast>,
    /// Risk factors of the strategy.
    pub risk_factors: Vec<u32>,
}

/// Why an input is of no use.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// Not JSON of this shape.
    #[error("decision input: {0}")]
    Json(#[from] serde_json::Error),
    /// Written by another version.
    #[error("decision input has format {0}, this version reads {FORMAT}")]
    Format(u32),
    /// More slots than a vault has, or numbers that are none.
    #[error("decision input: {0}")]
    Value(&'static str),
}

/// An input in its encoding, with what hashes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedInput {
    /// The JSON.
    pub json: String,
    /// SHA-256 of it.
    pub hash: [u8; 32],
}

impl DecisionInput {
    /// Writes down what `view` shows of `vault`, whose slots hold `strategies`.
    pub fn new(
        vault: &Pubkey,
        model_hash: &[u8; 32],
        clock: &ChainClock,
        strategies: &[Pubkey],
        view: &PortfolioView,
    ) -> Self {
        let slots = view.limits.slots.iter().zip(&view.slots).zip(strategies);
        Self {
            format: FORMAT,
            vault: vault.to_string(),
            model_hash: hex::encode(model_hash),
            slot: clock.slot,
            unix_ts: clock.unix_ts,
            total_atoms: view.limits.total_atoms,
            idle_buffer_bps: view.limits.idle_buffer_bps,
            turnover_used_bps: view.limits.turnover_used_bps,
            turnover_cap_bps: view.limits.turnover_cap_bps,
            slots: slots
                .map(|((limits, outlook), strategy)| InputSlot {
                    strategy: strategy.to_string(),
                    value_atoms: limits.value_atoms,
                    absolute_cap_atoms: limits.absolute_cap_atoms,
                    relative_cap_bps: limits.relative_cap_bps,
                    may_increase: limits.may_increase,
                    target_bps: outlook.target_bps,
                    withdrawable_atoms: outlook.withdrawable_atoms,
                    move_cost_bps: rounded(outlook.move_cost_bps),
                    income: rounded_income(&outlook.income),
                    forecast: outlook.forecast.as_ref().map(|forecast| IncomeForecast {
                        expected: rounded_income(&forecast.expected),
                        lower: rounded_income(&forecast.lower),
                    }),
                    risk_factors: outlook.risk_factors.clone(),
                })
                .collect(),
        }
    }

    /// The encoding and its hash.
    pub fn encode(&self) -> Result<EncodedInput, InputError> {
        let json = serde_json::to_string(self)?;
        let hash = Sha256::digest(json.as_bytes()).into();
        Ok(EncodedInput { json, hash })
    }

    /// Reads an encoding back. Numbers that JSON cannot carry (NaN, infinity) are errors here.
    pub fn decode(json: &str) -> Result<Self, InputError> {
        let input: Self = serde_json::from_str(json)?;
        if input.format != FORMAT {
            return Err(InputError::Format(input.format));
        }
        if input.slots.len() > MAX_ALLOCATIONS {
            return Err(InputError::Value("more slots than a vault has"));
        }
        Ok(input)
    }

    /// What the policy sees.
    pub fn view(&self) -> PortfolioView {
        let mut limits = portfolio::PortfolioView {
            total_atoms: self.total_atoms,
            idle_buffer_bps: self.idle_buffer_bps,
            turnover_used_bps: self.turnover_used_bps,
            turnover_cap_bps: self.turnover_cap_bps,
            ..portfolio::PortfolioView::default()
        };
        for (slot, input) in limits.slots.iter_mut().zip(&self.slots) {
            *slot = SlotView {
                value_atoms: input.value_atoms,
                absolute_cap_atoms: input.absolute_cap_atoms,
                relative_cap_bps: input.relative_cap_bps,
                may_increase: input.may_increase,
            };
        }
        let slots = self
            .slots
            .iter()
            .map(|input| SlotOutlook {
                target_bps: input.target_bps,
                withdrawable_atoms: input.withdrawable_atoms,
                move_cost_bps: input.move_cost_bps,
                income: input.income.clone(),
                forecast: input.forecast.clone(),
                risk_factors: input.risk_factors.clone(),
            })
            .collect();
        PortfolioView { limits, slots, now_ts: self.unix_ts }
    }
}

/// To twelve decimals. What is not finite stays so, and is refused when it is read back.
fn rounded(rate: f64) -> f64 {
    const SCALE: f64 = 1e12;
    (rate * SCALE).round() / SCALE
}

fn rounded_income(income: &Income) -> Income {
    match income {
        Income::Pool { fee_apr, lvr_apr, tvl_atoms } => {
            Income::Pool { fee_apr: rounded(*fee_apr), lvr_apr: rounded(*lvr_apr), tvl_atoms: *tvl_atoms }
        }
        Income::Stake { apr } => Income::Stake { apr: rounded(*apr) },
        Income::Lending(_) | Income::Unknown => income.clone(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ballast_engine::policy::{Plain, Policy};
    use proptest::prelude::*;

    use super::*;

    fn input(values: &[(u64, u16, f64)]) -> DecisionInput {
        let slots = values
            .iter()
            .map(|(value, cap, apr)| InputSlot {
                strategy: Pubkey::default().to_string(),
                value_atoms: *value,
                absolute_cap_atoms: u64::MAX,
                relative_cap_bps: *cap,
                may_increase: true,
                target_bps: 0,
                withdrawable_atoms: *value,
                move_cost_bps: 0.0,
                income: Income::Stake { apr: *apr },
                forecast: Some(IncomeForecast {
                    expected: Income::Stake { apr: *apr },
                    lower: Income::Stake { apr: apr / 2.0 },
                }),
                risk_factors: vec![1, 7],
            })
            .collect();
        DecisionInput {
            format: FORMAT,
            vault: Pubkey::default().to_string(),
            model_hash: hex::encode([7; 32]),
            slot: 5,
            unix_ts: 6,
            total_atoms: values.iter().map(|(value, _, _)| value).sum::<u64>() + 1_000_000,
            idle_buffer_bps: 500,
            turnover_used_bps: 0,
            turnover_cap_bps: 10_000,
            slots,
        }
    }

    #[test]
    fn a_view_survives_being_written_down() {
        let input = input(&[(10, 3_000, 0.05), (20, 4_000, 0.1)]);
        let again = DecisionInput::new(
            &Pubkey::default(),
            &[7; 32],
            &ChainClock { slot: 5, epoch: 0, unix_ts: 6 },
            &[Pubkey::default(); 2],
            &input.view(),
        );
        assert_eq!(again, input);
    }

    #[test]
    fn what_json_cannot_carry_and_other_formats_are_refused() {
        let bad = input(&[(10, 3_000, f64::NAN)]);
        let json = bad.encode().unwrap().json;
        assert!(matches!(DecisionInput::decode(&json), Err(InputError::Json(_))));
        let newer = DecisionInput { format: 1, ..input(&[]) };
        let json = newer.encode().unwrap().json;
        assert!(matches!(DecisionInput::decode(&json), Err(InputError::Format(1))));
        let wide = input(&[(1, 1, 0.1); 9]);
        let json = wide.encode().unwrap().json;
        assert!(matches!(DecisionInput::decode(&json), Err(InputError::Value(_))));
    }

    proptest! {
        #[test]
        fn the_file_alone_reproduces_the_decision(values in prop::collection::vec((0u64..1 << 40, 0u16..10_000, -3.0f64..3.0), 1..8)) {
            let clock = ChainClock::default();
            let seen = input(&values).view();
            let written = DecisionInput::new(&Pubkey::default(), &[7; 32], &clock, &[Pubkey::default(); 8], &seen);
            let encoded = written.encode().unwrap();
            let read = DecisionInput::decode(&encoded.json).unwrap();
            prop_assert_eq!(&read, &written);
            prop_assert_eq!(&read.encode().unwrap(), &encoded);
            prop_assert_eq!(Plain::default().decide(&read.view()), Plain::default().decide(&written.view()));
        }
    }
}
