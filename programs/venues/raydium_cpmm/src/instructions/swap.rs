//! What both swaps share: accounts, the state before, and the settlement.

use super::side_token::{Transfer, require_no_transfer_fee};
use super::with_authority;
use crate::curve::{CreatorFeeSide, FeeRates, Swap};
use crate::error::CpmmError;
use crate::layout::{CONFIG_DISCRIMINATOR, OBSERVATION_DISCRIMINATOR, POOL_DISCRIMINATOR, seeds};
use crate::state::{Direction, FeeConfig, Pool, observe};
use anchor_shape::AnchorError;
use anchor_shape::accounts::{
    AccountCursor, read_foreign_owner, read_program, read_signer, read_state, require_key, require_mut,
    require_seeds,
};
use anchor_shape::token::{Mint, TOKEN_PROGRAMS, TokenAccount};
use solana_program::{account_info::AccountInfo, program_error::ProgramError};

const Q32: u128 = 1 << 32;

/// Thirteen accounts, input side first in each pair.
pub struct SwapAccounts<'a, 'info> {
    payer: &'a AccountInfo<'info>,
    authority: &'a AccountInfo<'info>,
    config: &'a AccountInfo<'info>,
    pool: &'a AccountInfo<'info>,
    payer_tokens: [&'a AccountInfo<'info>; 2],
    vaults: [&'a AccountInfo<'info>; 2],
    token_programs: [&'a AccountInfo<'info>; 2],
    mints: [&'a AccountInfo<'info>; 2],
    observation: &'a AccountInfo<'info>,
}

/// The pool as the swap finds it.
pub struct Before {
    /// The pool.
    pub pool: Pool,
    /// Which token comes in.
    pub direction: Direction,
    /// Which side pays the creator.
    pub side: CreatorFeeSide,
    /// The rates charged.
    pub rates: FeeRates,
    /// The LPs' atoms: input side, output side.
    pub reserves: [u64; 2],
    prices_x32: [u128; 2],
}

impl<'a, 'info> SwapAccounts<'a, 'info> {
    /// First pass: every account is of the right kind.
    pub fn read(accounts: &'a [AccountInfo<'info>]) -> Result<Self, ProgramError> {
        let mut cursor = AccountCursor::new(accounts);
        let payer = cursor.required()?;
        read_signer(payer)?;
        let authority = cursor.required()?;
        let config = cursor.required()?;
        read_foreign_owner(config, &[crate::ID])?;
        read_state(config, &crate::ID, &CONFIG_DISCRIMINATOR)?;
        FeeConfig::load(&config.try_borrow_data()?)?;
        let pool = cursor.required()?;
        read_state(pool, &crate::ID, &POOL_DISCRIMINATOR)?;
        let mut token_account = || {
            let account = cursor.required()?;
            TokenAccount::read(account)?;
            Ok::<_, ProgramError>(account)
        };
        let payer_tokens = [token_account()?, token_account()?];
        let vaults = [token_account()?, token_account()?];
        let mut token_program = || {
            let account = cursor.required()?;
            read_program(account, &TOKEN_PROGRAMS)?;
            Ok::<_, ProgramError>(account)
        };
        let token_programs = [token_program()?, token_program()?];
        let mut mint = || {
            let account = cursor.required()?;
            Mint::read(account)?;
            Ok::<_, ProgramError>(account)
        };
        let mints = [mint()?, mint()?];
        let observation = cursor.required()?;
        read_state(observation, &crate::ID, &OBSERVATION_DISCRIMINATOR)?;
        Ok(Self { payer, authority, config, pool, payer_tokens, vaults, token_programs, mints, observation })
    }

    /// Second pass: the accounts belong together.
    pub fn validate(&self) -> Result<Pool, ProgramError> {
        require_seeds(self.authority, &[seeds::AUTHORITY, &[crate::AUTHORITY_BUMP]], &crate::ID)?;
        let pool = Pool::load(&self.pool.try_borrow_data()?)?;
        require_key(self.config.key, &pool.config, AnchorError::ConstraintAddress)?;
        require_mut(self.pool)?;
        for account in self.payer_tokens {
            require_mut(account)?;
        }
        for account in self.vaults {
            require_mut(account)?;
            if !pool.tokens.iter().any(|token| token.vault == *account.key) {
                return Err(AnchorError::ConstraintRaw.into());
            }
        }
        for (account, vault) in self.mints.into_iter().zip(self.vaults) {
            require_key(account.key, &TokenAccount::read(vault)?.mint, AnchorError::ConstraintAddress)?;
        }
        require_mut(self.observation)?;
        require_key(self.observation.key, &pool.observation, AnchorError::ConstraintAddress)?;
        Ok(pool)
    }

    /// Everything the maths needs; refuses mints that charge transfer fees.
    pub fn before(&self, pool: Pool) -> Result<Before, ProgramError> {
        for mint in self.mints {
            require_no_transfer_fee(mint)?;
        }
        let direction = pool.direction(self.vaults[0].key, self.vaults[1].key)?;
        let side = pool.creator_fee_side(direction)?;
        let [input, output] = self.vaults;
        let (input_atoms, output_atoms) =
            (TokenAccount::read(input)?.amount_atoms, TokenAccount::read(output)?.amount_atoms);
        let (reserves, prices_x32) = match direction {
            Direction::ZeroForOne => {
                let [zero, one] = pool.reserves([input_atoms, output_atoms])?;
                ([zero, one], prices_x32(zero, one)?)
            }
            Direction::OneForZero => {
                let [zero, one] = pool.reserves([output_atoms, input_atoms])?;
                ([one, zero], prices_x32(zero, one)?)
            }
        };
        let rates = pool.charged(FeeConfig::load(&self.config.try_borrow_data()?)?.rates);
        Ok(Before { pool, direction, side, rates, reserves, prices_x32 })
    }

    /// Books the fees, moves the tokens, records the price before the swap.
    pub fn settle(&self, before: Before, swap: &Swap, now_ts: u64, epoch: u64) -> Result<(), ProgramError> {
        let Before { mut pool, direction, side, reserves, prices_x32, .. } = before;
        pool.book_fees(swap, direction, side)?;
        let product = |a: u128, b: u128| a.checked_mul(b).ok_or(CpmmError::MathOverflow);
        let product_before = product(u128::from(reserves[0]), u128::from(reserves[1]))?;
        if product(swap.input_after, swap.output_after)? < product_before {
            return Err(AnchorError::RequireGteViolated.into());
        }
        self.transfer(0, self.payer_tokens[0], self.vaults[0], self.payer)?.send(swap.input_atoms, &[])?;
        let outgoing = self.transfer(1, self.vaults[1], self.payer_tokens[1], self.authority)?;
        with_authority(pool.authority_bump, |seeds| outgoing.send(swap.output_atoms, seeds))?;
        observe(&mut self.observation.try_borrow_mut_data()?, now_ts, prices_x32)?;
        pool.recent_epoch = epoch;
        pool.store(&mut self.pool.try_borrow_mut_data()?)
    }

    fn transfer(
        &self,
        index: usize,
        from: &'a AccountInfo<'info>,
        to: &'a AccountInfo<'info>,
        authority: &'a AccountInfo<'info>,
    ) -> Result<Transfer<'a, 'info>, ProgramError> {
        let mint = self.mints[index];
        let decimals = Mint::read(mint)?.decimals;
        Ok(Transfer { program: self.token_programs[index], from, mint, to, authority, decimals })
    }
}

/// Token 1 per token 0 and the reverse, in Q32; an empty side has no price (cp-swap aborts there).
fn prices_x32(zero: u64, one: u64) -> Result<[u128; 2], CpmmError> {
    let price =
        |of: u64, by: u64| (u128::from(of) * Q32).checked_div(u128::from(by)).ok_or(CpmmError::MathOverflow);
    Ok([price(one, zero)?, price(zero, one)?])
}
