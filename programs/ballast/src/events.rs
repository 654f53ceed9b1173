//! What happened, in the past tense. Emitted by self-CPI, so that no log limit can cut them off.

use anchor_lang::prelude::*;
use ballast_math::MAX_ALLOCATIONS;

use crate::state::{Mandate, PriceGuardParams, Snapshot, VaultLimits};

/// Authorities were set.
#[event]
pub struct ConfigInitialized {
    pub governance: Pubkey,
    pub guardian: Pubkey,
}

/// A vault was created with its seed deposit.
#[event]
pub struct VaultCreated {
    pub vault: Pubkey,
    pub asset_mint: Pubkey,
    pub class: u8,
    pub asset_class_mask: u32,
    pub seed_atoms: u64,
    pub dead_shares: u64,
}

/// A strategy was listed.
#[event]
pub struct StrategyListed {
    pub strategy: Pubkey,
    pub adapter: u8,
    pub venue: Pubkey,
    pub asset_mint: Pubkey,
    pub slot: u64,
}

/// A strategy's venue accounts were read and pinned again.
#[event]
pub struct StrategyRepinned {
    pub strategy: Pubkey,
    pub venue: Pubkey,
    pub slot: u64,
}

/// A vault was given a slot for a strategy.
#[event]
pub struct AllocationAdded {
    pub vault: Pubkey,
    pub strategy: Pubkey,
    pub index: u8,
    pub absolute_cap_atoms: u64,
    pub relative_cap_bps: u16,
}

/// A slot's caps were changed.
#[event]
pub struct AllocationCapsSet {
    pub vault: Pubkey,
    pub index: u8,
    pub authority: Pubkey,
    pub absolute_cap_atoms: u64,
    pub relative_cap_bps: u16,
}

/// A vault's limits were changed.
#[event]
pub struct LimitsSet {
    pub vault: Pubkey,
    pub limits: VaultLimits,
}

/// A vault's fees were changed.
#[event]
pub struct FeesSet {
    pub vault: Pubkey,
    pub management_fee_bps: u16,
    pub performance_fee_bps: u16,
    pub fee_recipient: Pubkey,
}

/// A model may be used.
#[event]
pub struct ModelApproved {
    pub model: Pubkey,
    pub hash: [u8; 32],
    pub slot: u64,
}

/// A model may no longer be used.
#[event]
pub struct ModelRevoked {
    pub model: Pubkey,
    pub authority: Pubkey,
    pub slot: u64,
}

/// A mint's price guard was set.
#[event]
pub struct PriceGuardSet {
    pub guard: Pubkey,
    pub mint: Pubkey,
    pub params: PriceGuardParams,
}

/// A vault's keeper was set.
#[event]
pub struct KeeperSet {
    pub vault: Pubkey,
    pub authority: Pubkey,
    pub keeper: Pubkey,
}

/// A vault's pause level was changed.
#[event]
pub struct PauseLevelSet {
    pub vault: Pubkey,
    pub authority: Pubkey,
    pub before: u8,
    pub after: u8,
}

/// A person stated their mandate.
#[event]
pub struct ProfileSet {
    pub owner: Pubkey,
    pub mandate: Mandate,
}

/// Assets came in.
#[event]
pub struct Deposited {
    pub vault: Pubkey,
    pub owner: Pubkey,
    pub atoms: u64,
    pub shares: u64,
    /// What the shares were priced on: gross assets at the high side, atoms.
    pub gross_high: u64,
    pub slot: u64,
}

/// Assets went out.
#[event]
pub struct Withdrawn {
    pub vault: Pubkey,
    pub owner: Pubkey,
    pub atoms: u64,
    pub shares: u64,
    pub nav_low: u64,
    /// Slot index unwound for this exit; `None` when paid from idle.
    pub unwound: Option<u8>,
    /// Execution loss that the leaver bore, atoms.
    pub loss_atoms: u64,
    pub slot: u64,
}

/// Fees were taken, in new shares.
#[event]
pub struct FeesAccrued {
    pub vault: Pubkey,
    pub shares: u64,
    pub nav_low: u64,
    pub slot: u64,
}

/// A gain was found; it unlocks over time.
#[event]
pub struct GainRecorded {
    pub vault: Pubkey,
    pub index: u8,
    pub atoms: u64,
    pub slot: u64,
}

/// Governance was offered.
#[event]
pub struct GovernanceOffered {
    pub from: Pubkey,
    pub to: Pubkey,
}

/// Governance changed hands.
#[event]
pub struct GovernanceAccepted {
    pub before: Pubkey,
    pub after: Pubkey,
}

/// The guardian was changed.
#[event]
pub struct GuardianSet {
    pub before: Pubkey,
    pub after: Pubkey,
}

/// How long decisions are kept was changed.
#[event]
pub struct DecisionRetentionSet {
    pub secs: u32,
}

/// An empty position was closed.
#[event]
pub struct PositionClosed {
    pub vault: Pubkey,
    pub owner: Pubkey,
}

/// A profile was closed.
#[event]
pub struct ProfileClosed {
    pub owner: Pubkey,
}

/// A decision's account was closed.
#[event]
pub struct DecisionClosed {
    pub vault: Pubkey,
    pub sequence: u64,
    /// Who got the rent.
    pub keeper: Pubkey,
    /// The vault's digest of closed decisions from then on.
    pub digest: [u8; 32],
}

/// A loss reached the share price.
#[event]
pub struct LossRecorded {
    pub vault: Pubkey,
    pub index: u8,
    pub atoms: u64,
    pub slot: u64,
}

/// A decision was recorded.
#[event]
pub struct DecisionRecorded {
    pub vault: Pubkey,
    pub decision: Pubkey,
    pub keeper: Pubkey,
    pub model: Pubkey,
    pub input_hash: [u8; 32],
    pub snapshot_hash: [u8; 32],
    pub targets_bps: [u16; MAX_ALLOCATIONS],
    pub turnover_bps: u16,
    pub snapshot: Snapshot,
}

/// Funds moved between a vault and a venue.
#[event]
pub struct AllocationExecuted {
    pub vault: Pubkey,
    pub index: u8,
    pub actor: Pubkey,
    /// True when funds went into the venue.
    pub increase: bool,
    /// Atoms that left or reached idle.
    pub atoms: u64,
    /// Receipts that came or went.
    pub receipts: u64,
    pub value_after: u64,
    pub loss_atoms: u64,
    pub slot: u64,
}

/// Fee shares went to the recipient's position.
#[event]
pub struct FeesClaimed {
    pub vault: Pubkey,
    pub recipient: Pubkey,
    pub shares: u64,
}
