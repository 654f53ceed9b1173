use anchor_lang::prelude::*;
use static_assertions::const_assert_eq;

use super::MAX_RISK_FACTORS;
use crate::error::BallastError;

/// Venue accounts a strategy can pin.
pub const MAX_PINNED: usize = 12;

/// One governed way to earn: one reserve, one pool, one stake pool. Everything an adapter needs is
/// pinned here when governance lists it, read out of the venue's own account.
#[account(zero_copy)]
#[derive(Debug)]
pub struct Strategy {
    /// [`super::ACCOUNT_VERSION`].
    pub version: u8,
    /// PDA bump.
    pub bump: u8,
    /// An [`crate::adapters::kind`].
    pub adapter: u8,
    /// Entries used in `pinned`.
    pub pinned_count: u8,
    /// One bit of [`super::asset_class`].
    pub asset_class: u32,
    /// The venue's program.
    pub venue_program: Pubkey,
    /// Asset of the vaults that may use it.
    pub asset_mint: Pubkey,
    /// What the venue gives in return.
    pub receipt_mint: Pubkey,
    /// Token program of the receipt.
    pub receipt_token_program: Pubkey,
    /// Other leg of an LP pool; default elsewhere.
    pub leg_mint: Pubkey,
    /// Token program of the other leg; default elsewhere.
    pub leg_token_program: Pubkey,
    /// Venue accounts in the adapter's order.
    pub pinned: [Pubkey; MAX_PINNED],
    /// Ids of shared risks, zero for none.
    pub risk_factors: [u32; MAX_RISK_FACTORS],
    /// Slot of listing.
    pub listed_slot: u64,
    /// Unix time of listing.
    pub listed_ts: i64,
    /// Most a swap leg may give up against the oracle, bps; LP only.
    pub max_slippage_bps: u16,
    /// Largest distance between spot and oracle, bps; LP only.
    pub max_divergence_bps: u16,
    /// Keeps the struct a multiple of eight.
    pub padding: [u8; 4],
    /// Room for later versions.
    pub reserved: [u8; 128],
}
const_assert_eq!(core::mem::size_of::<Strategy>(), 8 + 6 * 32 + MAX_PINNED * 32 + 32 + 24 + 128);

impl Strategy {
    /// The venue's root account, which names the others: the reserve or pool.
    pub fn root(&self) -> Pubkey {
        let [root, ..] = self.pinned;
        root
    }

    /// Pins `keys`, in place of whatever was pinned.
    pub fn pin(&mut self, keys: &[Pubkey]) -> Result<()> {
        require_gte!(MAX_PINNED, keys.len(), BallastError::VenueAccountInvalid);
        self.pinned_count = u8::try_from(keys.len()).map_err(|_| BallastError::MathOverflow)?;
        let unused = core::iter::repeat(Pubkey::default());
        for (slot, key) in self.pinned.iter_mut().zip(keys.iter().copied().chain(unused)) {
            *slot = key;
        }
        Ok(())
    }
}

/// What governance states when it lists a strategy; the rest is read from the venue.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct StrategyParams {
    /// An [`crate::adapters::kind`].
    pub adapter: u8,
    /// Ids of shared risks, zero for none.
    pub risk_factors: [u32; MAX_RISK_FACTORS],
    /// Most a swap leg may give up against the oracle, bps; LP only, else zero.
    pub max_slippage_bps: u16,
    /// Largest distance between spot and oracle, bps; LP only, else zero.
    pub max_divergence_bps: u16,
}
