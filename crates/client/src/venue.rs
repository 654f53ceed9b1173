//! A venue's accounts in the order its adapter expects: the tail of `refresh_allocation`, `allocate` and
//! `withdraw_from`. Everything comes from the strategy, from the venue's root account where the venue may
//! change a key, and for prices from the price guards.

use ballast::adapters::{Adapter, Listing};
use ballast::state::{Allocation, Strategy};
use solana_instruction::AccountMeta;
use solana_pubkey::{Pubkey, pubkey};

use crate::address;

const INSTRUCTIONS_SYSVAR: Pubkey = pubkey!("Sysvar1nstructions1111111111111111111111111");
const CLOCK_SYSVAR: Pubkey = pubkey!("SysvarC1ock11111111111111111111111111111111");
const STAKE_HISTORY_SYSVAR: Pubkey = pubkey!("SysvarStakeHistory1111111111111111111111111");
const STAKE_PROGRAM: Pubkey = pubkey!("Stake11111111111111111111111111111111111111");
const MEMO: Pubkey = pubkey!("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");

/// Price accounts of an LP strategy, as their guards pin them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceAccounts {
    /// Of the pool's other leg.
    pub leg: Pubkey,
    /// Of the vault's asset.
    pub asset: Pubkey,
}

/// The venue accounts of one slot of one vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VenueAccounts {
    /// For `refresh_allocation`.
    pub refresh: Vec<AccountMeta>,
    /// For `allocate` and `withdraw_from`: the same, and more.
    pub movement: Vec<AccountMeta>,
}

/// Why a venue's accounts cannot be put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VenueError {
    /// An adapter kind that this version does not know.
    #[error("adapter kind {0} is unknown to this version")]
    UnknownAdapter(u8),
    /// The strategy needs prices and none were given.
    #[error("a price guard is missing")]
    PricesMissing,
    /// The venue's root account is not what the strategy was listed with.
    #[error("the venue's account cannot be read")]
    Root,
}

/// What listing would read out of a venue's root account at `venue`, whose bytes are `root`.
pub fn listing(adapter: u8, venue: &Pubkey, root: &[u8], asset_mint: &Pubkey) -> Result<Listing, VenueError> {
    let known = Adapter::from_kind(adapter).map_err(|_| VenueError::UnknownAdapter(adapter))?;
    known.listing(venue, root, asset_mint).map_err(|_| VenueError::Root)
}

/// The mint of the other leg of a pool's pair, to list it with; `None` where there is no pair.
pub fn leg_mint(
    adapter: u8,
    venue: &Pubkey,
    root: &[u8],
    asset_mint: &Pubkey,
) -> Result<Option<Pubkey>, VenueError> {
    let leg = listing(adapter, venue, root, asset_mint)?.leg_mint;
    Ok((leg != Pubkey::default()).then_some(leg))
}

fn read(key: Pubkey) -> AccountMeta {
    AccountMeta::new_readonly(key, false)
}

fn write(key: Pubkey) -> AccountMeta {
    AccountMeta::new(key, false)
}

impl VenueAccounts {
    /// The accounts for `strategy` in `vault`'s slot `allocation`, given the bytes of the strategy's root
    /// account as they are now. An LP strategy needs `prices`.
    ///
    /// A root that is gone or cannot be read names nothing: it stands for what it should name. The program will
    /// refuse that slot, and the vault's others are not held up by it.
    pub fn new(
        vault: &Pubkey,
        allocation: &Allocation,
        strategy: &Strategy,
        root: &[u8],
        prices: Option<PriceAccounts>,
    ) -> Result<Self, VenueError> {
        let adapter =
            Adapter::from_kind(strategy.adapter).map_err(|_| VenueError::UnknownAdapter(strategy.adapter))?;
        let unpinned = adapter.unpinned(root).unwrap_or_else(|_| vec![strategy.root()]);
        let mut refresh = vec![read(strategy.venue_program)];
        let pin = &strategy.pinned;
        let rest = match adapter {
            Adapter::KaminoLend => {
                refresh.extend([write(pin[0]), read(pin[1])]);
                vec![
                    read(pin[2]),
                    write(pin[3]),
                    write(pin[4]),
                    read(address::TOKEN),
                    read(INSTRUCTIONS_SYSVAR),
                ]
            }
            Adapter::RaydiumCpmm => {
                let prices = prices.ok_or(VenueError::PricesMissing)?;
                refresh.extend([read(prices.leg), read(prices.asset)]);
                refresh.extend(pin[..5].iter().copied().map(write));
                refresh.push(read(pin[5]));
                vec![
                    read(pin[6]),
                    write(pin[7]),
                    read(pin[8]),
                    write(pin[9]),
                    write(allocation.leg_account),
                    read(strategy.leg_token_program),
                    read(address::TOKEN),
                    read(address::TOKEN_2022),
                    read(MEMO),
                ]
            }
            Adapter::SplStakePool => {
                refresh.extend(pin[..4].iter().copied().map(write));
                refresh.push(read(pin[4]));
                refresh.extend(unpinned.into_iter().map(write));
                refresh.push(read(address::TOKEN));
                vec![
                    write(address::funder(vault)),
                    write(address::unwrap(vault)),
                    read(address::SYSTEM),
                    read(CLOCK_SYSVAR),
                    read(STAKE_HISTORY_SYSVAR),
                    read(STAKE_PROGRAM),
                ]
            }
        };
        let movement = [refresh.clone(), rest].concat();
        Ok(Self { refresh, movement })
    }
}
