//! Venues. One file a family, one set of operations, no policy: an adapter values a holding and moves it;
//! whether it may is decided before, and what moved is measured after, by the instruction.

mod account_data;
mod kamino_lend;
mod native_sol;
mod own_accounts;
mod raydium_cpmm;
mod spl_stake_pool;

pub use account_data::token_amount;
pub use own_accounts::{Moving, OwnAccounts};

use anchor_lang::prelude::*;
use anchor_lang::solana_program::instruction::Instruction;
use anchor_lang::solana_program::program::invoke_signed;
use anchor_spl::token::spl_token;

use crate::error::BallastError;
use crate::state::{asset_class, Strategy, VaultSigner, MAX_PINNED};

/// Adapter kinds as stored in a [`Strategy`].
pub mod kind {
    /// Kamino Lend: cTokens of a reserve.
    pub const KAMINO_LEND: u8 = 0;
    /// Raydium CPMM: LP tokens of a pool of the vault's asset and another.
    pub const RAYDIUM_CPMM: u8 = 1;
    /// SPL stake pool: pool tokens for SOL.
    pub const SPL_STAKE_POOL: u8 = 2;
}

/// The adapter behind a strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adapter {
    /// See [`kind::KAMINO_LEND`].
    KaminoLend,
    /// See [`kind::RAYDIUM_CPMM`].
    RaydiumCpmm,
    /// See [`kind::SPL_STAKE_POOL`].
    SplStakePool,
}

/// What a holding is worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Valuation {
    /// At the low side, atoms of the vault's asset.
    pub low: u64,
    /// At the high side, atoms of the vault's asset.
    pub high: u64,
    /// What the venue could pay out now, atoms of the vault's asset.
    pub withdrawable: u64,
    /// Bits of [`crate::oracle::status`].
    pub oracle_status: u16,
    /// What the venue could pay out now to all its holders together, atoms of the vault's asset; at most `u64::MAX`,
    /// where its holdings are divisible at any time.
    pub free_liquidity: u64,
    /// What of a lending venue's supply is lent out, bps rounded up; may exceed 10,000. 0 where it is no lending venue.
    pub utilisation_bps: u16,
    /// What 1e9 atoms of the receipt are worth by the venue's own books, before prices and fees, rounded
    /// down. It falls only when the venue loses. For a pool of two tokens: its invariant per LP token.
    pub exchange_rate_e9: u64,
}

/// Receipts that [`Valuation::exchange_rate_e9`] is stated for, atoms.
const RATE_RECEIPTS: u64 = 1_000_000_000;

/// What a vault holds through one slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    /// Receipts, atoms.
    pub receipts: u64,
    /// Left over of an LP pool's other leg, atoms.
    pub residual_atoms: u64,
}

/// A venue as the caller passed it: its program, then the accounts in the adapter's order.
pub struct Venue<'a, 'info> {
    /// The listed strategy that pins everything.
    pub strategy: &'a Strategy,
    /// Program first.
    pub accounts: &'info [AccountInfo<'info>],
    /// The cluster's clock.
    pub clock: &'a Clock,
}

/// A move of funds between the vault and a venue.
pub struct VaultSide<'a, 'info> {
    /// The vault PDA, which signs.
    pub vault: AccountInfo<'info>,
    /// Its seeds.
    pub signer: &'a VaultSigner,
    /// Pays rent that comes back within the instruction.
    pub payer: AccountInfo<'info>,
    /// The vault's asset.
    pub asset_mint: AccountInfo<'info>,
    /// Where idle assets are.
    pub idle_account: AccountInfo<'info>,
    /// Where receipts are.
    pub receipt_account: AccountInfo<'info>,
    /// Where the other leg is, by the slot; default where there is none.
    pub leg_account: Pubkey,
    /// Token program of the asset.
    pub token_program: AccountInfo<'info>,
    /// What the vault holds through this slot.
    pub holding: Holding,
    /// Bumps of the vault's funder and unwrap PDAs.
    pub native_bumps: [u8; 2],
}

/// What became of receipts that were to be withdrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redeemed {
    /// The venue took them.
    Paid,
    /// They were the last, and worth less than the venue can pay: burnt.
    GivenUp,
}

/// What listing reads out of a venue's own account.
pub struct Listing {
    /// What the venue gives in return.
    pub receipt_mint: Pubkey,
    /// Token program of the receipt.
    pub receipt_token_program: Pubkey,
    /// Other leg; default where there is none.
    pub leg_mint: Pubkey,
    /// Token program of the other leg.
    pub leg_token_program: Pubkey,
    /// Accounts to pin, in the adapter's order.
    pub pinned: Vec<Pubkey>,
}

impl Adapter {
    /// The adapter of a stored kind.
    pub fn from_kind(value: u8) -> Result<Self> {
        Ok(match value {
            kind::KAMINO_LEND => Self::KaminoLend,
            kind::RAYDIUM_CPMM => Self::RaydiumCpmm,
            kind::SPL_STAKE_POOL => Self::SplStakePool,
            _ => return err!(BallastError::UnknownAdapter),
        })
    }

    /// The only program it talks to.
    pub fn program_id(self) -> Pubkey {
        match self {
            Self::KaminoLend => kamino_lend::ID,
            Self::RaydiumCpmm => raydium_cpmm::ID,
            Self::SplStakePool => spl_stake_pool::ID,
        }
    }

    /// What kind of exposure it gives.
    pub fn asset_class(self) -> u32 {
        match self {
            Self::KaminoLend => asset_class::LENDING,
            Self::RaydiumCpmm => asset_class::LIQUIDITY,
            Self::SplStakePool => asset_class::STAKING,
        }
    }

    /// Reads a venue's root account, whatever state the venue is in: its keys change only with governance.
    /// Refuses one that is not the adapter's, or serves another asset.
    pub fn read(self, venue: &AccountInfo, asset_mint: &Pubkey) -> Result<Listing> {
        match self {
            Self::KaminoLend => kamino_lend::require_reserve(venue)?,
            Self::RaydiumCpmm => raydium_cpmm::require_pool(venue)?,
            Self::SplStakePool => spl_stake_pool::require_pool(venue)?,
        }
        self.listing(venue.key, &venue.try_borrow_data()?, asset_mint)
    }

    /// The same for listing: refuses one that could not be used both ways now.
    pub fn list(self, venue: &AccountInfo, asset_mint: &Pubkey) -> Result<Listing> {
        let listing = self.read(venue, asset_mint)?;
        let data = venue.try_borrow_data()?;
        match self {
            Self::KaminoLend => kamino_lend::require_open(&data)?,
            Self::RaydiumCpmm => raydium_cpmm::require_open(&data)?,
            Self::SplStakePool => spl_stake_pool::require_open(&data)?,
        }
        Ok(listing)
    }

    /// What the bytes of a root account at `venue` say; whose account it is has been settled.
    pub fn listing(self, venue: &Pubkey, data: &[u8], asset_mint: &Pubkey) -> Result<Listing> {
        match self {
            Self::KaminoLend => kamino_lend::listing(venue, data, asset_mint),
            Self::RaydiumCpmm => raydium_cpmm::listing(venue, data, asset_mint),
            Self::SplStakePool => spl_stake_pool::listing(venue, data, asset_mint),
        }
    }

    /// Keys that the venue's own people may change, and so are never pinned: read from the root account's
    /// bytes at every call, in the adapter's order.
    pub fn unpinned(self, root: &[u8]) -> Result<Vec<Pubkey>> {
        Ok(match self {
            Self::KaminoLend | Self::RaydiumCpmm => Vec::new(),
            Self::SplStakePool => vec![spl_stake_pool::fee_account(root)?],
        })
    }

    /// Runs the venue's own accrual and values `holding`.
    pub fn refresh(self, venue: &Venue, holding: Holding) -> Result<Valuation> {
        match self {
            Self::KaminoLend => kamino_lend::refresh(venue, holding),
            Self::RaydiumCpmm => raydium_cpmm::refresh(venue, holding),
            Self::SplStakePool => spl_stake_pool::refresh(venue, holding),
        }
    }

    /// Brings the vault's token accounts to where a balance taken before a move can be compared with one
    /// taken after it.
    pub fn settle_balances(self, side: &VaultSide) -> Result<()> {
        match self {
            Self::SplStakePool => native_sol::sync(side),
            Self::KaminoLend | Self::RaydiumCpmm => Ok(()),
        }
    }

    /// Moves `atoms` of the vault's asset into the venue.
    pub fn deposit<'info>(
        self,
        venue: &Venue<'_, 'info>,
        side: &VaultSide<'_, 'info>,
        atoms: u64,
    ) -> Result<()> {
        match self {
            Self::KaminoLend => kamino_lend::deposit(venue, side, atoms),
            Self::RaydiumCpmm => raydium_cpmm::deposit(venue, side, atoms),
            Self::SplStakePool => spl_stake_pool::deposit(venue, side, atoms),
        }
    }

    /// Turns `receipts` back into the vault's asset, or gives up the last ones, where the venue would pay nothing.
    pub fn withdraw<'info>(
        self,
        venue: &Venue<'_, 'info>,
        side: &VaultSide<'_, 'info>,
        receipts: u64,
    ) -> Result<Redeemed> {
        match self {
            Self::KaminoLend => kamino_lend::withdraw(venue, side, receipts).map(|()| Redeemed::Paid),
            Self::RaydiumCpmm => raydium_cpmm::withdraw(venue, side, receipts),
            Self::SplStakePool => spl_stake_pool::withdraw(venue, side, receipts),
        }
    }
}

impl<'info> Venue<'_, 'info> {
    /// The venue's program and its first `N` pinned accounts, each checked against the strategy.
    fn pinned<const N: usize>(&self) -> Result<[&'info AccountInfo<'info>; N]> {
        self.pinned_from(1)
    }

    /// The same where the pinned accounts begin at index `first`.
    fn pinned_from<const N: usize>(&self, first: usize) -> Result<[&'info AccountInfo<'info>; N]> {
        require_gte!(MAX_PINNED, N, BallastError::VenueAccountsMissing);
        let program = self.at(0)?;
        require_keys_eq!(*program.key, self.strategy.venue_program, BallastError::WrongVenueProgram);
        require!(program.executable, BallastError::WrongVenueProgram);
        let passed = self.accounts.get(first..).and_then(|rest| rest.first_chunk::<N>());
        let passed = passed.ok_or(BallastError::VenueAccountsMissing)?;
        for (account, pinned) in passed.iter().zip(&self.strategy.pinned) {
            require_keys_eq!(*account.key, *pinned, BallastError::PinnedAccountMismatch);
        }
        Ok(passed.each_ref())
    }

    /// The account at `index`, program included, which must have the key `expected`.
    fn known(&self, index: usize, expected: &Pubkey) -> Result<&'info AccountInfo<'info>> {
        let account = self.at(index)?;
        require_keys_eq!(*account.key, *expected, BallastError::PinnedAccountMismatch);
        Ok(account)
    }

    fn at(&self, index: usize) -> Result<&'info AccountInfo<'info>> {
        Ok(self.accounts.get(index).ok_or(BallastError::VenueAccountsMissing)?)
    }

    /// Calls the venue, signed by the vault where `signer` is given. `accounts` go in the instruction's order.
    fn call(
        &self,
        accounts: &[(&AccountInfo<'info>, Access)],
        data: Vec<u8>,
        signers: &[&[&[u8]]],
    ) -> Result<()> {
        let metas = accounts.iter().map(|(account, access)| access.meta(*account.key)).collect();
        let instruction = Instruction { program_id: self.strategy.venue_program, accounts: metas, data };
        let infos: Vec<AccountInfo<'info>> = accounts.iter().map(|(account, _)| (*account).clone()).collect();
        invoke_signed(&instruction, &infos, signers)?;
        Ok(())
    }
}

/// Burns the last receipts of a slot, for which the venue would pay nothing: kept, they would make every later
/// pricing wait for this venue, and it takes them back no other way.
///
/// Errors with `MoveTooSmall` while the slot holds more.
fn burn_last<'info>(
    side: &VaultSide<'_, 'info>,
    mint: &AccountInfo<'info>,
    receipts: u64,
) -> Result<Redeemed> {
    require_eq!(receipts, side.holding.receipts, BallastError::MoveTooSmall);
    let (account, program) = (&side.receipt_account, side.receipt_account.owner);
    let burn = spl_token::instruction::burn(program, account.key, mint.key, side.vault.key, &[], receipts)?;
    let accounts = [account.clone(), mint.clone(), side.vault.clone()];
    invoke_signed(&burn, &accounts, &[&side.signer.seeds()])?;
    Ok(Redeemed::GivenUp)
}

/// How an account is passed on.
#[derive(Clone, Copy)]
enum Access {
    Read,
    Write,
    Sign,
    SignWrite,
}

impl Access {
    fn meta(self, key: Pubkey) -> AccountMeta {
        let is_signer = matches!(self, Self::Sign | Self::SignWrite);
        let is_writable = matches!(self, Self::Write | Self::SignWrite);
        AccountMeta { pubkey: key, is_signer, is_writable }
    }
}

/// Instruction data: a discriminator and little-endian integers.
fn instruction_data(discriminator: &[u8], arguments: &[u64]) -> Vec<u8> {
    let mut data = discriminator.to_vec();
    for argument in arguments {
        data.extend_from_slice(&argument.to_le_bytes());
    }
    data
}
