//! Ballast: pooled yield vaults that run themselves inside limits people set.
//!
//! A keeper proposes target weights (`rebalance`), anyone executes them (`allocate`), and every limit is
//! checked here. Read `docs/architecture.md` for how it fits together and `docs/accounting.md` for the sums.
#![deny(clippy::arithmetic_side_effects, clippy::integer_division, clippy::unwrap_used)]
// Anchor's derives: a `Result` as large as its error, and accounts documented on the struct.
#![allow(clippy::result_large_err, clippy::diverging_sub_expression)]

use anchor_lang::prelude::*;
use ballast_math::MAX_ALLOCATIONS;

pub mod adapters;
pub mod error;
pub mod events;
pub mod instructions;
pub mod mint;
pub mod oracle;
pub mod plan;
pub mod seeds;
pub mod state;

pub use error::BallastError;
pub use instructions::*;
pub use plan::MoveOrder;
use state::{Mandate, PriceGuardParams, StrategyParams, VaultLimits};

declare_id!("BLSTdDHFeGbMnVQ2hdLhTNcnAVBSp2UvWdtPGmVk4Dqn");

/// The instructions; each is documented at its accounts.
#[program]
pub mod ballast {
    use super::*;

    /// See [`InitializeConfig`].
    pub fn initialize_config(
        ctx: Context<InitializeConfig>,
        governance: Pubkey,
        guardian: Pubkey,
    ) -> Result<()> {
        instructions::initialize_config::initialize_config(ctx, governance, guardian)
    }

    /// See [`OfferGovernance`].
    pub fn offer_governance(ctx: Context<OfferGovernance>, to: Pubkey) -> Result<()> {
        instructions::offer_governance::offer_governance(ctx, to)
    }

    /// See [`AcceptGovernance`].
    pub fn accept_governance(ctx: Context<AcceptGovernance>) -> Result<()> {
        instructions::accept_governance::accept_governance(ctx)
    }

    /// See [`SetGuardian`].
    pub fn set_guardian(ctx: Context<SetGuardian>, guardian: Pubkey) -> Result<()> {
        instructions::set_guardian::set_guardian(ctx, guardian)
    }

    /// See [`SetDecisionRetention`].
    pub fn set_decision_retention(ctx: Context<SetDecisionRetention>, secs: u32) -> Result<()> {
        instructions::set_decision_retention::set_decision_retention(ctx, secs)
    }

    /// See [`CreateVault`].
    pub fn create_vault(ctx: Context<CreateVault>, params: CreateVaultParams) -> Result<()> {
        instructions::create_vault::create_vault(ctx, params)
    }

    /// See [`ListStrategy`].
    pub fn list_strategy(ctx: Context<ListStrategy>, params: StrategyParams) -> Result<()> {
        instructions::list_strategy::list_strategy(ctx, params)
    }

    /// See [`RepinStrategy`].
    pub fn repin_strategy(ctx: Context<RepinStrategy>) -> Result<()> {
        instructions::repin_strategy::repin_strategy(ctx)
    }

    /// See [`AddAllocation`].
    pub fn add_allocation(
        ctx: Context<AddAllocation>,
        replaces: Option<u8>,
        absolute_cap_atoms: u64,
        relative_cap_bps: u16,
    ) -> Result<()> {
        instructions::add_allocation::add_allocation(ctx, replaces, absolute_cap_atoms, relative_cap_bps)
    }

    /// See [`SetAllocationCaps`].
    pub fn set_allocation_caps(
        ctx: Context<SetAllocationCaps>,
        index: u8,
        absolute_cap_atoms: u64,
        relative_cap_bps: u16,
    ) -> Result<()> {
        instructions::set_allocation_caps::set_allocation_caps(
            ctx,
            index,
            absolute_cap_atoms,
            relative_cap_bps,
        )
    }

    /// See [`SetLimits`].
    pub fn set_limits(ctx: Context<SetLimits>, limits: VaultLimits) -> Result<()> {
        instructions::set_limits::set_limits(ctx, limits)
    }

    /// See [`SetFees`].
    pub fn set_fees(
        ctx: Context<SetFees>,
        management_fee_bps: u16,
        performance_fee_bps: u16,
        fee_recipient: Pubkey,
    ) -> Result<()> {
        instructions::set_fees::set_fees(ctx, management_fee_bps, performance_fee_bps, fee_recipient)
    }

    /// See [`ApproveModel`].
    pub fn approve_model(ctx: Context<ApproveModel>, hash: [u8; 32]) -> Result<()> {
        instructions::approve_model::approve_model(ctx, hash)
    }

    /// See [`RevokeModel`].
    pub fn revoke_model(ctx: Context<RevokeModel>) -> Result<()> {
        instructions::revoke_model::revoke_model(ctx)
    }

    /// See [`SetPriceGuard`].
    pub fn set_price_guard(ctx: Context<SetPriceGuard>, params: PriceGuardParams) -> Result<()> {
        instructions::set_price_guard::set_price_guard(ctx, params)
    }

    /// See [`SetKeeper`].
    pub fn set_keeper(ctx: Context<SetKeeper>, keeper: Pubkey) -> Result<()> {
        instructions::set_keeper::set_keeper(ctx, keeper)
    }

    /// See [`SetPauseLevel`].
    pub fn set_pause_level(ctx: Context<SetPauseLevel>, level: u8) -> Result<()> {
        instructions::set_pause_level::set_pause_level(ctx, level)
    }

    /// See [`SetProfile`].
    pub fn set_profile(ctx: Context<SetProfile>, mandate: Mandate) -> Result<()> {
        instructions::set_profile::set_profile(ctx, mandate)
    }

    /// See [`CloseProfile`].
    pub fn close_profile(ctx: Context<CloseProfile>) -> Result<()> {
        instructions::close_profile::close_profile(ctx)
    }

    /// See [`ClosePosition`].
    pub fn close_position(ctx: Context<ClosePosition>) -> Result<()> {
        instructions::close_position::close_position(ctx)
    }

    /// See [`CloseDecision`].
    pub fn close_decision(ctx: Context<CloseDecision>) -> Result<()> {
        instructions::close_decision::close_decision(ctx)
    }

    /// See [`Deposit`].
    pub fn deposit(ctx: Context<Deposit>, amount: u64, min_shares_out: u64) -> Result<()> {
        instructions::deposit::deposit(ctx, amount, min_shares_out)
    }

    /// See [`Withdraw`].
    pub fn withdraw(
        ctx: Context<Withdraw>,
        shares: u64,
        min_assets_out: u64,
        accept_stale: bool,
    ) -> Result<()> {
        instructions::withdraw::withdraw(ctx, shares, min_assets_out, accept_stale)
    }

    /// See [`WithdrawFrom`].
    pub fn withdraw_from<'info>(
        ctx: Context<'info, WithdrawFrom<'info>>,
        index: u8,
        receipts: u64,
        shares: u64,
        min_assets_out: u64,
        accept_stale: bool,
    ) -> Result<()> {
        instructions::withdraw_from::withdraw_from(ctx, index, receipts, shares, min_assets_out, accept_stale)
    }

    /// See [`RefreshAllocation`].
    pub fn refresh_allocation<'info>(ctx: Context<'info, RefreshAllocation<'info>>, index: u8) -> Result<()> {
        instructions::refresh_allocation::refresh_allocation(ctx, index)
    }

    /// See [`Allocate`].
    pub fn allocate<'info>(ctx: Context<'info, Allocate<'info>>, order: MoveOrder) -> Result<()> {
        instructions::allocate::allocate(ctx, order)
    }

    /// See [`Rebalance`].
    pub fn rebalance(
        ctx: Context<Rebalance>,
        targets_bps: [u16; MAX_ALLOCATIONS],
        input_hash: [u8; 32],
    ) -> Result<()> {
        instructions::rebalance::rebalance(ctx, targets_bps, input_hash)
    }

    /// See [`SimulateRebalance`].
    pub fn simulate_rebalance(
        ctx: Context<SimulateRebalance>,
        targets_bps: [u16; MAX_ALLOCATIONS],
    ) -> Result<()> {
        instructions::simulate_rebalance::simulate_rebalance(ctx, targets_bps)
    }

    /// See [`ExtendHistory`].
    pub fn extend_history(ctx: Context<ExtendHistory>) -> Result<()> {
        instructions::extend_history::extend_history(ctx)
    }

    /// See [`ClaimFees`].
    pub fn claim_fees(ctx: Context<ClaimFees>) -> Result<()> {
        instructions::claim_fees::claim_fees(ctx)
    }
}
