//! Compute limit and priority fee: pure arithmetic and the policy behind it.

use std::time::Duration;

use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_instruction::Instruction;

use super::error::SendError;

/// Most compute units a transaction may use.
pub const MAX_UNITS: u32 = 1_400_000;

/// The instructions this module puts in front: compute limit and price.
pub const ADDED_INSTRUCTIONS: usize = 2;

/// Hundred percent in basis points.
const BPS_ONE: u64 = 10_000;

/// Millionths in a lamport.
const MICRO: u64 = 1_000_000;

/// How hard to try, and how much to pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendPolicy {
    /// Compute units allowed beyond what the simulation used, in basis points of that. State moves
    /// between simulation and execution.
    pub unit_margin_bps: u16,
    /// Compute units allowed beyond that, flat: small instructions vary by more than their percentage.
    pub unit_margin_flat: u32,
    /// Which of the recent fees to offer, in basis points: 7,500 beats three quarters of them.
    pub fee_percentile_bps: u16,
    /// Least price, in micro-lamports a compute unit.
    pub min_unit_price_micro_lamports: u64,
    /// Most the priority fee of one transaction may come to, in lamports. The price is cut to fit.
    pub max_priority_fee_lamports: u64,
    /// How often to look whether it landed.
    pub poll_every: Duration,
    /// After how many looks to send the same bytes again.
    pub polls_per_resend: u32,
    /// How often to sign, each time after the last blockhash ran out (about a minute).
    pub max_signings: u32,
    /// How many questions in a row may go unanswered before giving up with an unknown outcome.
    pub max_unanswered: u32,
    /// How many looks, after the last block that could take it, to wait for a node that has seen that block too,
    /// before giving up with an unknown outcome.
    pub max_behind: u32,
    /// Compute units known beforehand, where transactions are alike: nothing is simulated then.
    pub known_units: Option<u64>,
}

impl Default for SendPolicy {
    fn default() -> Self {
        Self {
            unit_margin_bps: 1_500,
            unit_margin_flat: 5_000,
            fee_percentile_bps: 7_500,
            min_unit_price_micro_lamports: 1,
            max_priority_fee_lamports: 200_000,
            poll_every: Duration::from_millis(400),
            polls_per_resend: 5,
            max_signings: 3,
            max_unanswered: 60,
            max_behind: 90,
            known_units: None,
        }
    }
}

impl SendPolicy {
    /// Compute units to allow for a transaction that used `simulated` of them: with the margin, rounded
    /// up, at most [`MAX_UNITS`].
    pub fn unit_limit(&self, simulated: u64) -> u32 {
        let margin = simulated.saturating_mul(u64::from(self.unit_margin_bps)).div_ceil(BPS_ONE);
        let limit = simulated.saturating_add(margin).saturating_add(u64::from(self.unit_margin_flat));
        u32::try_from(limit).unwrap_or(MAX_UNITS).min(MAX_UNITS)
    }

    /// Price to offer, in micro-lamports a compute unit: the percentile of `recent`, not under the
    /// minimum, and never so high that the whole fee exceeds the cap (which wins over the minimum).
    pub fn unit_price(&self, recent: Vec<u64>, unit_limit: u32) -> u64 {
        let wanted = percentile(recent, self.fee_percentile_bps).max(self.min_unit_price_micro_lamports);
        let affordable = self
            .max_priority_fee_lamports
            .saturating_mul(MICRO)
            .checked_div(u64::from(unit_limit))
            .unwrap_or(u64::MAX);
        wanted.min(affordable)
    }
}

/// The nearest-rank percentile, 0 of nothing. `percentile_bps` above 10,000 counts as 10,000.
fn percentile(mut values: Vec<u64>, percentile_bps: u16) -> u64 {
    values.sort_unstable();
    let share = u64::from(percentile_bps).min(BPS_ONE);
    let count = u64::try_from(values.len()).unwrap_or(u64::MAX);
    let rank = count.saturating_mul(share).div_ceil(BPS_ONE).max(1);
    let index = usize::try_from(rank.saturating_sub(1)).unwrap_or(usize::MAX);
    values.get(index).copied().unwrap_or(0)
}

/// The instructions with compute limit and price in front.
pub fn with_budget(
    instructions: &[Instruction],
    unit_limit: u32,
    unit_price_micro_lamports: u64,
) -> Vec<Instruction> {
    let mut all = Vec::with_capacity(instructions.len().saturating_add(ADDED_INSTRUCTIONS));
    all.push(ComputeBudgetInstruction::set_compute_unit_limit(unit_limit));
    all.push(ComputeBudgetInstruction::set_compute_unit_price(unit_price_micro_lamports));
    all.extend_from_slice(instructions);
    all
}

/// Refuses a compute limit or price of the caller's: the chain refuses two of a kind.
pub(super) fn refuse_own_budget(instructions: &[Instruction]) -> Result<(), SendError> {
    /// First byte of the instruction data.
    const SET_UNIT_LIMIT: u8 = 2;
    const SET_UNIT_PRICE: u8 = 3;
    let budget_program = solana_compute_budget_interface::id();
    let own = instructions.iter().position(|ix| {
        ix.program_id == budget_program && matches!(ix.data.first(), Some(&SET_UNIT_LIMIT | &SET_UNIT_PRICE))
    });
    match own {
        None => Ok(()),
        Some(index) => Err(SendError::OwnBudget { index }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_limit_has_a_margin_and_a_ceiling() {
        let policy = SendPolicy::default();
        assert_eq!(policy.unit_limit(0), 5_000);
        assert_eq!(policy.unit_limit(100_000), 120_000);
        assert_eq!(policy.unit_limit(1), 5_002, "the margin rounds up");
        assert_eq!(policy.unit_limit(1_390_000), MAX_UNITS);
        assert_eq!(policy.unit_limit(u64::MAX), MAX_UNITS);
    }

    #[test]
    fn percentiles_are_nearest_rank() {
        let fees = vec![40, 10, 30, 20];
        assert_eq!(percentile(fees.clone(), 0), 10);
        assert_eq!(percentile(fees.clone(), 2_500), 10);
        assert_eq!(percentile(fees.clone(), 2_501), 20);
        assert_eq!(percentile(fees.clone(), 7_500), 30);
        assert_eq!(percentile(fees.clone(), 10_000), 40);
        assert_eq!(percentile(fees, u16::MAX), 40);
        assert_eq!(percentile(Vec::new(), 7_500), 0);
    }

    #[test]
    fn the_price_is_between_minimum_and_cap() {
        let policy = SendPolicy {
            min_unit_price_micro_lamports: 50,
            max_priority_fee_lamports: 100,
            ..SendPolicy::default()
        };
        assert_eq!(policy.unit_price(Vec::new(), 100_000), 50);
        assert_eq!(policy.unit_price(vec![600; 10], 100_000), 600);
        // 100 lamports over 100,000 units are 1,000 micro-lamports each.
        assert_eq!(policy.unit_price(vec![u64::MAX; 10], 100_000), 1_000);
        assert_eq!(policy.unit_price(Vec::new(), 10_000_000), 10, "the cap wins");
        assert_eq!(policy.unit_price(vec![7], 0), 50);
    }

    #[test]
    fn a_budget_of_the_callers_is_refused() {
        let limit = ComputeBudgetInstruction::set_compute_unit_limit(1);
        let price = ComputeBudgetInstruction::set_compute_unit_price(1);
        let heap = ComputeBudgetInstruction::request_heap_frame(64 * 1024);
        assert!(refuse_own_budget(std::slice::from_ref(&heap)).is_ok());
        for own in [limit, price] {
            let refused = refuse_own_budget(&[heap.clone(), own]);
            assert!(matches!(refused, Err(SendError::OwnBudget { index: 1 })));
        }
    }

    proptest! {
        #[test]
        fn the_fee_never_exceeds_the_cap(
            recent in prop::collection::vec(any::<u64>(), 0..200),
            cap in 0_u64..10_000_000_000,
            minimum in any::<u64>(),
            simulated in 0_u64..2_000_000,
        ) {
            let policy = SendPolicy {
                max_priority_fee_lamports: cap,
                min_unit_price_micro_lamports: minimum,
                ..SendPolicy::default()
            };
            let limit = policy.unit_limit(simulated);
            let fee = u128::from(policy.unit_price(recent, limit)) * u128::from(limit) / u128::from(MICRO);
            prop_assert!(fee <= u128::from(cap));
        }

        #[test]
        fn the_limit_is_never_under_what_was_used(simulated in 0_u64..=u64::from(MAX_UNITS)) {
            prop_assert!(u64::from(SendPolicy::default().unit_limit(simulated)) >= simulated);
        }
    }
}
