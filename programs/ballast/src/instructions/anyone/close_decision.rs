use anchor_lang::prelude::*;

use crate::error::BallastError;
use crate::events::DecisionClosed;
use crate::seeds;
use crate::state::{Config, Decision, LoadKnown, Vault, Versioned};

/// Closes the account of an old decision. What it said stays provable by the vault's digest of closed decisions.
///
/// Specification
/// 1. Anyone may call it; the rent goes to the keeper who paid it.
/// 2. The decision is not the vault's last, and older than governance wants decisions kept.
/// 3. Decisions are closed in the order of their numbers, so that there is one chain of digests.
#[event_cpi]
#[derive(Accounts)]
pub struct CloseDecision<'info> {
    /// Says how long decisions are kept.
    #[account(
        seeds = [seeds::CONFIG], bump = config.bump,
        constraint = config.is_known() @ BallastError::UnknownVersion
    )]
    pub config: Account<'info, Config>,
    /// The vault.
    #[account(mut)]
    pub vault: AccountLoader<'info, Vault>,
    /// The decision.
    #[account(
        mut, close = keeper,
        constraint = decision.load_known()?.vault == vault.key() @ BallastError::WrongDecisionVault
    )]
    pub decision: AccountLoader<'info, Decision>,
    /// CHECK: must be who paid for the decision.
    #[account(mut, address = decision.load_known()?.keeper @ BallastError::NotKeeper)]
    pub keeper: UncheckedAccount<'info>,
}

/// See [`CloseDecision`].
pub(crate) fn close_decision(ctx: Context<CloseDecision>) -> Result<()> {
    let accounts = &ctx.accounts;
    let decision = accounts.decision.load_known()?;
    let mut vault = accounts.vault.load_known_mut()?;
    let sequence = decision.snapshot.sequence;
    require_eq!(
        sequence,
        vault.closed_decisions.checked_add(1).ok_or(BallastError::MathOverflow)?,
        BallastError::DecisionOutOfOrder
    );
    require_gt!(vault.decision_sequence, sequence, BallastError::DecisionIsLast);
    let kept = i64::from(accounts.config.decision_retention_secs);
    let age = Clock::get()?.unix_timestamp.saturating_sub(decision.snapshot.unix_ts);
    require_gt!(age, kept, BallastError::DecisionTooYoung);
    vault.closed_decisions = sequence;
    vault.closed_decisions_digest = decision.digest_after(&vault.closed_decisions_digest);
    let digest = vault.closed_decisions_digest;
    let keeper = decision.keeper;
    drop((decision, vault));
    emit_cpi!(DecisionClosed { vault: accounts.vault.key(), sequence, keeper, digest });
    Ok(())
}
