//! SPL stake pools: the bytes of one without validators, whose reserve holds everything.

use ballast_client::address;
use solana_account::Account;
use solana_pubkey::{Pubkey, pubkey};

use crate::chain::{Chain, ChainError, rent_exempt};
use crate::token;

const STAKE_PROGRAM: Pubkey = pubkey!("Stake11111111111111111111111111111111111111");
const POOL_LEN: usize = 611;
const STAKE_LEN: usize = 200;
const EPOCH: core::ops::Range<usize> = 274..282;
const FEE_ACCOUNT: core::ops::Range<usize> = 194..226;
const LAMPORTS: core::ops::Range<usize> = 258..266;
/// Where the two restricting authorities are while no option of the pool is set.
const SOL_DEPOSIT_AUTHORITY: usize = 383;
const SOL_WITHDRAW_AUTHORITY: usize = 401;

/// A stake pool and its accounts.
#[derive(Clone, Copy, Debug)]
pub struct StakePool {
    /// The pool.
    pub key: Pubkey,
    /// Its list of validators (empty).
    pub validator_list: Pubkey,
    /// Its reserve of SOL.
    pub reserve: Pubkey,
    /// Mint of its token.
    pub mint: Pubkey,
    /// Where its manager's fees go.
    pub fee_account: Pubkey,
    /// Who holds mint and reserve.
    pub authority: Pubkey,
}

/// What the manager charges, each as (numerator, denominator).
#[derive(Clone, Copy, Debug, Default)]
pub struct Fees {
    /// Of an epoch's rewards.
    pub epoch: (u64, u64),
    /// Of a deposit of SOL, in pool tokens.
    pub sol_deposit: (u64, u64),
    /// Of a withdrawal of SOL, in pool tokens.
    pub sol_withdrawal: (u64, u64),
}

/// Writes a stake pool at `key` with `lamports` in it against `supply` pool tokens.
pub fn create(
    chain: &mut impl Chain,
    key: Pubkey,
    lamports: u64,
    supply: u64,
    epoch: u64,
    fees: Fees,
) -> Result<StakePool, ChainError> {
    let derive = |seed: &[u8]| Pubkey::find_program_address(&[key.as_ref(), seed], &address::SPL_STAKE_POOL);
    let (authority, bump) = derive(b"withdraw");
    let (deposit_authority, _) = derive(b"deposit");
    // Only what the pool stores counts, so any fixed addresses do for the rest.
    let pool = StakePool {
        key,
        validator_list: derive(b"list").0,
        reserve: derive(b"reserve").0,
        mint: derive(b"mint").0,
        fee_account: derive(b"fee").0,
        authority,
    };
    let manager = derive(b"manager").0;
    let fee =
        |(numerator, denominator): (u64, u64)| [denominator.to_le_bytes(), numerator.to_le_bytes()].concat();
    const STAKE_POOL: u8 = 1;
    let none: &[u8] = &[0];
    let mut data = [
        &[STAKE_POOL],
        manager.as_ref(),
        manager.as_ref(),
        deposit_authority.as_ref(),
        &[bump],
        pool.validator_list.as_ref(),
        pool.reserve.as_ref(),
        pool.mint.as_ref(),
        pool.fee_account.as_ref(),
        address::TOKEN.as_ref(),
        &lamports.to_le_bytes(),
        &supply.to_le_bytes(),
        &epoch.to_le_bytes(),
        &[0; 48], // lockup
        &fee(fees.epoch),
        none,         // next epoch fee
        none,         // preferred validator for deposits
        none,         // preferred validator for withdrawals
        &fee((0, 0)), // stake deposit fee
        &fee((0, 0)), // stake withdrawal fee
        none,         // next stake withdrawal fee
        &[0],         // stake referral fee
        none,         // SOL deposit authority
        &fee(fees.sol_deposit),
        &[0], // SOL referral fee
        none, // SOL withdraw authority
        &fee(fees.sol_withdrawal),
        none, // next SOL withdrawal fee
        &supply.to_le_bytes(),
        &lamports.to_le_bytes(),
    ]
    .concat();
    data.resize(POOL_LEN, 0);
    chain.set_data(&key, &address::SPL_STAKE_POOL, data)?;
    // Validator list: account type, room for one, none listed.
    const VALIDATOR_LIST: u8 = 2;
    let mut list = [&[VALIDATOR_LIST][..], &1u32.to_le_bytes(), &0u32.to_le_bytes()].concat();
    list.resize(9 + 73, 0);
    chain.set_data(&pool.validator_list, &address::SPL_STAKE_POOL, list)?;
    set_reserve(chain, &pool, lamports)?;
    token::set_mint(chain, &pool.mint, Some(&authority), supply, 9)?;
    token::set_token_account(chain, &pool.fee_account, &pool.mint, &manager, 0)?;
    Ok(pool)
}

/// The reserve: an initialised stake account that the pool's authority may withdraw from.
fn set_reserve(chain: &mut impl Chain, pool: &StakePool, lamports: u64) -> Result<(), ChainError> {
    const INITIALIZED: u32 = 1;
    let rent = rent_exempt(STAKE_LEN);
    let mut data = [
        &INITIALIZED.to_le_bytes(),
        &rent.to_le_bytes()[..],
        pool.authority.as_ref(),
        pool.authority.as_ref(),
        &[0; 48], // lockup
    ]
    .concat();
    data.resize(STAKE_LEN, 0);
    let lamports = rent.saturating_add(lamports);
    chain.set_account(
        &pool.reserve,
        Account { lamports, data, owner: STAKE_PROGRAM, executable: false, rent_epoch: u64::MAX },
    )
}

impl StakePool {
    /// Adds rewards to the reserve; the pool counts them at its next update, in a later epoch.
    pub fn earn(&self, chain: &mut impl Chain, lamports: u64) -> Result<(), ChainError> {
        let mut reserve = chain.expect_account(&self.reserve, "stake pool reserve")?;
        reserve.lamports = reserve.lamports.saturating_add(lamports);
        chain.set_account(&self.reserve, reserve)
    }

    /// The epoch the pool's books are of.
    pub fn last_update_epoch(&self, chain: &impl Chain) -> Result<u64, ChainError> {
        token::read_u64(&chain.expect_account(&self.key, "stake pool")?.data, EPOCH)
    }

    /// Lamports the pool counts.
    pub fn total_lamports(&self, chain: &impl Chain) -> Result<u64, ChainError> {
        token::read_u64(&chain.expect_account(&self.key, "stake pool")?.data, LAMPORTS)
    }

    /// The pool's manager has its fees paid into another account of theirs from now on. Returns it.
    pub fn change_fee_account(&self, chain: &mut impl Chain) -> Result<Pubkey, ChainError> {
        let manager = Pubkey::find_program_address(&[self.key.as_ref(), b"next manager"], &address::TOKEN).0;
        let account = token::fund(chain, &manager, &self.mint, 0)?;
        self.set_fee_account(chain, &account)?;
        Ok(account)
    }

    /// Names `account` as the manager's fee account.
    pub fn set_fee_account(&self, chain: &mut impl Chain, account: &Pubkey) -> Result<(), ChainError> {
        chain.edit(&self.key, "stake pool", |data| {
            let field =
                data.get_mut(FEE_ACCOUNT).ok_or_else(|| ChainError::data("stake pool", "too short"))?;
            field.copy_from_slice(account.as_ref());
            Ok(())
        })
    }

    /// Makes deposits of SOL need `authority`'s signature.
    pub fn restrict_deposits(&self, chain: &mut impl Chain, authority: &Pubkey) -> Result<(), ChainError> {
        self.set_option(chain, SOL_DEPOSIT_AUTHORITY, authority)
    }

    /// Makes withdrawals of SOL need `authority`'s signature. Only while deposits are not restricted.
    pub fn restrict_withdrawals(&self, chain: &mut impl Chain, authority: &Pubkey) -> Result<(), ChainError> {
        self.set_option(chain, SOL_WITHDRAW_AUTHORITY, authority)
    }

    /// Turns the empty option at `offset` into `key`; what follows moves back.
    fn set_option(&self, chain: &mut impl Chain, offset: usize, key: &Pubkey) -> Result<(), ChainError> {
        chain.edit(&self.key, "stake pool", |data| {
            let len = data.len();
            let tail = data.get_mut(offset..).filter(|tail| tail.len() > 33 && tail.first() == Some(&0));
            let tail = tail.ok_or_else(|| ChainError::data("stake pool", "no empty option there"))?;
            tail.copy_within(1..len.saturating_sub(offset).saturating_sub(32), 33);
            if let Some((tag, rest)) = tail.split_first_mut() {
                *tag = 1;
                rest.iter_mut().zip(key.as_ref()).for_each(|(byte, of_key)| *byte = *of_key);
            }
            Ok(())
        })
    }
}
