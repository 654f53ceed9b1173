//! A venue's accounts in the order its adapter expects: the tail of `refresh_allocation`, `allocate` and
//! `withdraw_from`. Everything comes from the strategy and, for prices, from the price guards.

use ballast::adapters::kind;
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

fn read(key: Pubkey) -> AccountMeta {
    AccountMeta::new_readonly(key, false)
}

fn write(key: Pubkey) -> AccountMeta {
    AccountMeta::new(key, false)
}

impl VenueAccounts {
    /// The accounts for `strategy` in `vault`'s slot `allocation`. `None` for an adapter unknown here, or an
    /// LP strategy without `prices`.
    pub fn new(
        vault: &Pubkey,
        allocation: &Allocation,
        strategy: &Strategy,
        prices: Option<PriceAccounts>,
    ) -> Option<Self> {
        let mut refresh = vec![read(strategy.venue_program)];
        let pin = &strategy.pinned;
        let rest = match strategy.adapter {
            kind::KAMINO_LEND => {
                refresh.extend([write(pin[0]), read(pin[1])]);
                vec![
                    read(pin[2]),
                    write(pin[3]),
                    write(pin[4]),
                    read(address::TOKEN),
                    read(INSTRUCTIONS_SYSVAR),
                ]
            }
            kind::RAYDIUM_CPMM => {
                let prices = prices?;
                refresh.extend([read(prices.leg), read(prices.asset)]);
                refresh.extend(pin[..5].iter().copied().map(write));
                vec![
                    read(pin[5]),
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
            kind::SPL_STAKE_POOL => {
                refresh.extend(pin[..5].iter().copied().map(write));
                refresh.extend([read(pin[5]), read(address::TOKEN)]);
                vec![
                    write(address::funder(vault)),
                    write(address::unwrap(vault)),
                    read(address::SYSTEM),
                    read(CLOCK_SYSVAR),
                    read(STAKE_HISTORY_SYSVAR),
                    read(STAKE_PROGRAM),
                ]
            }
            _ => return None,
        };
        let movement = [refresh.clone(), rest].concat();
        Some(Self { refresh, movement })
    }
}
