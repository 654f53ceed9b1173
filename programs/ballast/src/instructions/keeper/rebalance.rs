use anchor_lang::prelude::*;
use ballast_math::MAX_ALLOCATIONS;

use crate::error::BallastError;
use crate::events::DecisionRecorded;
use crate::plan::{plan_rebalance, RebalancePlan};
use crate::seeds;
use crate::state::{account_size, Decision, LoadKnown, Model, Vault, Versioned, ACCOUNT_VERSION};

/// Records a decision: new target weights for a vault. Moves no funds.
///
/// Specification
/// 1. The vault's keeper signs, under a model that governance approved and nobody revoked.
/// 2. All allocations that hold something or are to are refreshed in this slot, at live prices; where no target
///    rises, what was last known will do: safety waits for no dead venue.
/// 3. The portfolio after the move is inside every limit: caps, idle buffer, turnover in the window.
/// 4. One decision a slot, and none before the cooldown has passed.
/// 5. The decision is bound to a hash that the program computes over the vault's live state.
#[event_cpi]
#[derive(Accounts)]
pub struct Rebalance<'info> {
    /// The vault's keeper; pays for the decision account.
    #[account(mut)]
    pub keeper: Signer<'info>,
    /// The vault.
    #[account(mut, constraint = vault.load_known()?.keeper == keeper.key() @ BallastError::NotKeeper)]
    pub vault: AccountLoader<'info, Vault>,
    /// The model it was made under.
    #[account(constraint = model.is_known() @ BallastError::UnknownVersion)]
    pub model: Account<'info, Model>,
    /// The decision to create, numbered one above the vault's last.
    #[account(
        init, payer = keeper, space = account_size::<Decision>(),
        seeds = [seeds::DECISION, vault.key().as_ref(), &vault.load_known()?.decision_sequence.saturating_add(1).to_le_bytes()],
        bump
    )]
    pub decision: AccountLoader<'info, Decision>,
    /// System program.
    pub system_program: Program<'info, System>,
}

/// See [`Rebalance`]. `input_hash` commits to the inputs that the model was run on.
pub(crate) fn rebalance(
    ctx: Context<Rebalance>,
    targets_bps: [u16; MAX_ALLOCATIONS],
    input_hash: [u8; 32],
) -> Result<()> {
    let clock = Clock::get()?;
    let accounts = &ctx.accounts;
    let vault_key = accounts.vault.key();
    let mut vault = accounts.vault.load_known_mut()?;
    let plan = plan_rebalance(vault_key, &vault, &accounts.model, &targets_bps, &clock)
        .map_err(|refusal| refusal.error)?;

    let turnover_window = vault.limits.turnover_window_secs;
    vault
        .turnover
        .add(u64::from(plan.post.turnover_bps), clock.unix_timestamp, turnover_window)
        .ok_or(BallastError::MathOverflow)?;
    vault.decision_sequence = plan.snapshot.sequence;
    vault.decision_slot = clock.slot;
    vault.decision_ts = clock.unix_timestamp;
    vault.decision_model = accounts.model.key();
    vault.principal_atoms = plan.nav.gross_low;
    for (allocation, target) in vault.allocations.iter_mut().zip(targets_bps) {
        allocation.decide(target);
    }
    vault.invariant()?;
    drop(vault);

    let snapshot_hash = record(accounts, ctx.bumps.decision, &plan, targets_bps, input_hash)?;
    emit_cpi!(DecisionRecorded {
        vault: vault_key,
        decision: accounts.decision.key(),
        keeper: accounts.keeper.key(),
        model: accounts.model.key(),
        input_hash,
        snapshot_hash,
        targets_bps,
        turnover_bps: plan.post.turnover_bps,
        snapshot: *plan.snapshot,
    });
    Ok(())
}

#[inline(never)]
fn record(
    accounts: &Rebalance,
    bump: u8,
    plan: &RebalancePlan,
    targets_bps: [u16; MAX_ALLOCATIONS],
    input_hash: [u8; 32],
) -> Result<[u8; 32]> {
    let snapshot_hash = plan.snapshot.hash();
    let mut decision = accounts.decision.load_init()?;
    decision.version = ACCOUNT_VERSION;
    decision.bump = bump;
    decision.turnover_bps = plan.post.turnover_bps;
    decision.idle_bps = plan.post.idle_bps;
    decision.vault = accounts.vault.key();
    decision.keeper = accounts.keeper.key();
    decision.model = accounts.model.key();
    decision.input_hash = input_hash;
    decision.snapshot_hash = snapshot_hash;
    decision.targets_bps = targets_bps;
    decision.weights_bps = plan.post.current_bps;
    decision.snapshot = *plan.snapshot;
    Ok(snapshot_hash)
}
