use anchor_lang::prelude::*;
use ballast_math::MAX_ALLOCATIONS;
use bytemuck::bytes_of;
use solana_sha256_hasher::hashv;

/// Domain of [`Snapshot::hash`], so that no other hash of the same bytes can be taken for it.
pub const SNAPSHOT_DOMAIN: &[u8] = b"ballast:snapshot:v1";

/// Target weights that a keeper proposed under an approved model, and the state they were proposed on.
#[account(zero_copy)]
#[derive(Debug)]
pub struct Decision {
    /// [`super::ACCOUNT_VERSION`].
    pub version: u8,
    /// PDA bump.
    pub bump: u8,
    /// One-way turnover ordered, bps.
    pub turnover_bps: u16,
    /// Share left idle, bps.
    pub idle_bps: u16,
    /// Keeps the next field aligned.
    pub padding: [u8; 2],
    /// The vault.
    pub vault: Pubkey,
    /// Who signed.
    pub keeper: Pubkey,
    /// The [`super::Model`] it was made under.
    pub model: Pubkey,
    /// Hash of the inputs the model was run on, as the keeper publishes them.
    pub input_hash: [u8; 32],
    /// Hash of `snapshot`, computed by the program.
    pub snapshot_hash: [u8; 32],
    /// Target weights, bps.
    pub targets_bps: [u16; MAX_ALLOCATIONS],
    /// Weights before, bps rounded down.
    pub weights_bps: [u16; MAX_ALLOCATIONS],
    /// State of the vault when it was recorded.
    pub snapshot: Snapshot,
    /// Room for later versions.
    pub reserved: [u64; 4],
}

impl Decision {
    /// The digest of closed decisions once this one is closed after those that `previous` stands for:
    /// `sha256(previous || snapshot_hash || input_hash || sequence as u64 LE)`.
    pub fn digest_after(&self, previous: &[u8; 32]) -> [u8; 32] {
        let sequence = self.snapshot.sequence.to_le_bytes();
        hashv(&[previous, &self.snapshot_hash, &self.input_hash, &sequence]).to_bytes()
    }
}

/// The live state of a vault that a decision is bound to.
#[zero_copy]
#[derive(borsh::BorshSerialize, borsh::BorshDeserialize, Debug, PartialEq, Eq)]
#[borsh(crate = "anchor_lang::prelude::borsh")]
pub struct Snapshot {
    /// The vault.
    pub vault: Pubkey,
    /// Number of the decision, from 1.
    pub sequence: u64,
    /// Slot.
    pub slot: u64,
    /// Unix time.
    pub unix_ts: i64,
    /// Idle, atoms.
    pub idle_atoms: u64,
    /// Net assets at the low side, atoms.
    pub nav_low: u64,
    /// Net assets at the high side, atoms.
    pub nav_high: u64,
    /// Shares outstanding.
    pub total_shares: u64,
    /// Turnover used in the window before this decision, bps.
    pub turnover_used_bps: u64,
    /// Loss budget used in the window, atoms.
    pub loss_used_atoms: u64,
    /// The slots.
    pub slots: [SnapshotSlot; MAX_ALLOCATIONS],
}

/// One slot of a [`Snapshot`].
#[zero_copy]
#[derive(borsh::BorshSerialize, borsh::BorshDeserialize, Debug, Default, PartialEq, Eq)]
#[borsh(crate = "anchor_lang::prelude::borsh")]
pub struct SnapshotSlot {
    /// The strategy; default while unused.
    pub strategy: Pubkey,
    /// Receipts held.
    pub receipts: u64,
    /// Value at the low side, atoms.
    pub value_low: u64,
    /// Value at the high side, atoms.
    pub value_high: u64,
    /// What the venue could pay out, atoms.
    pub withdrawable: u64,
    /// Cap, atoms.
    pub absolute_cap_atoms: u64,
    /// Cap, bps.
    pub relative_cap_bps: u16,
    /// Target before this decision, bps.
    pub target_bps: u16,
    /// Oracle bits.
    pub oracle_status: u16,
    /// Keeps the struct a multiple of eight.
    pub padding: u16,
}

impl Snapshot {
    /// SHA-256 over [`SNAPSHOT_DOMAIN`] and the struct's bytes (little-endian, no padding gaps).
    pub fn hash(&self) -> [u8; 32] {
        hashv(&[SNAPSHOT_DOMAIN, bytes_of(self)]).to_bytes()
    }
}
