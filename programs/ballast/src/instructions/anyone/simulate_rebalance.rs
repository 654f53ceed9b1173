use anchor_lang::prelude::*;
use anchor_lang::solana_program::program::set_return_data;
use ballast_math::MAX_ALLOCATIONS;

use crate::error::BallastError;
use crate::plan::{plan_rebalance, RebalancePlan};
use crate::state::{LoadKnown, Model, Vault, Versioned};

/// Says what `rebalance` would say, by the same code, and changes nothing.
///
/// Specification
/// 1. Anyone may call it, in a simulated transaction or a real one.
/// 2. The report is the instruction's return data; a refusal is part of it, not an error.
#[derive(Accounts)]
pub struct SimulateRebalance<'info> {
    /// The vault.
    pub vault: AccountLoader<'info, Vault>,
    /// The model the decision would be made under.
    #[account(constraint = model.is_known() @ BallastError::UnknownVersion)]
    pub model: Account<'info, Model>,
}

/// What a rebalance would do.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, Default, PartialEq, Eq)]
pub struct RebalanceReport {
    /// Error code of the first limit that fails; zero when the chain would accept.
    pub refusal: u32,
    /// The allocation that fails it, where it is one.
    pub refused_index: Option<u8>,
    /// One-way turnover, bps.
    pub turnover_bps: u16,
    /// Share left idle, bps.
    pub idle_bps: u16,
    /// Weights now, bps rounded down.
    pub weights_bps: [u16; MAX_ALLOCATIONS],
    /// Net assets at the low side, atoms; zero when an allocation is stale.
    pub nav_low: u64,
    /// Net assets at the high side, atoms.
    pub nav_high: u64,
    /// Hash of the state it was judged on.
    pub snapshot_hash: [u8; 32],
}

impl RebalanceReport {
    fn of(plan: &RebalancePlan) -> Self {
        Self {
            refusal: 0,
            refused_index: None,
            turnover_bps: plan.post.turnover_bps,
            idle_bps: plan.post.idle_bps,
            weights_bps: plan.post.current_bps,
            nav_low: plan.nav.low,
            nav_high: plan.nav.high,
            snapshot_hash: plan.snapshot.hash(),
        }
    }
}

/// See [`SimulateRebalance`].
pub(crate) fn simulate_rebalance(
    ctx: Context<SimulateRebalance>,
    targets_bps: [u16; MAX_ALLOCATIONS],
) -> Result<()> {
    let clock = Clock::get()?;
    let vault = ctx.accounts.vault.load_known()?;
    let report =
        match plan_rebalance(ctx.accounts.vault.key(), &vault, &ctx.accounts.model, &targets_bps, &clock) {
            Ok(plan) => RebalanceReport::of(&plan),
            Err(refusal) => RebalanceReport {
                refusal: refusal.error.into(),
                refused_index: refusal.index,
                ..refusal.plan.as_ref().map(RebalanceReport::of).unwrap_or_default()
            },
        };
    let mut data = Vec::new();
    report.serialize(&mut data)?;
    set_return_data(&data);
    Ok(())
}
