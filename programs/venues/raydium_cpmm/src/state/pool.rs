//! A pool: whose tokens the vaults hold, and which way a swap goes.

use crate::curve::{CreatorFeeSide, FeeRates, Swap};
use crate::error::CpmmError;
use crate::layout::{pool as at, status};
use anchor_shape::bytes::{read, read_u64, write};
use solana_program::{program_error::ProgramError, pubkey::Pubkey};

/// One side of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// Token account that holds the side.
    pub vault: Pubkey,
    /// Its mint.
    pub mint: Pubkey,
    /// The protocol's atoms in the vault.
    pub protocol_fees_atoms: u64,
    /// The fund's atoms in the vault.
    pub fund_fees_atoms: u64,
    /// The creator's atoms in the vault.
    pub creator_fees_atoms: u64,
}

/// Which token a swap brings in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Token 0 in, token 1 out.
    ZeroForOne,
    /// Token 1 in, token 0 out.
    OneForZero,
}

/// The fields of a pool that its instructions use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Fee configuration.
    pub config: Pubkey,
    /// LP mint.
    pub lp_mint: Pubkey,
    /// Observation account.
    pub observation: Pubkey,
    /// Token 0 and token 1.
    pub tokens: [Token; 2],
    /// Bump of the authority, as stored.
    pub authority_bump: u8,
    /// Operations switched off.
    pub status: u8,
    /// LP atoms that count for shares.
    pub lp_supply: u64,
    /// Time before which nobody swaps, unix seconds.
    pub open_ts: u64,
    /// Epoch of the last change.
    pub recent_epoch: u64,
    /// 0 the input pays creator fees, 1 token 0, 2 token 1.
    pub creator_fee_on: u8,
    /// Whether the creator's rate applies.
    pub creator_fee_enabled: bool,
}

impl Pool {
    /// Reads a pool account's bytes.
    pub fn load(data: &[u8]) -> Result<Self, ProgramError> {
        let key = |offset| Ok::<_, ProgramError>(Pubkey::new_from_array(read(data, offset)?));
        let byte = |offset| Ok::<_, ProgramError>(read::<1>(data, offset)?[0]);
        let token = |index: usize, vault, mint| {
            Ok::<_, ProgramError>(Token {
                vault: key(vault)?,
                mint: key(mint)?,
                protocol_fees_atoms: read_u64(data, at::PROTOCOL_FEES[index])?,
                fund_fees_atoms: read_u64(data, at::FUND_FEES[index])?,
                creator_fees_atoms: read_u64(data, at::CREATOR_FEES[index])?,
            })
        };
        Ok(Self {
            config: key(at::CONFIG)?,
            lp_mint: key(at::LP_MINT)?,
            observation: key(at::OBSERVATION)?,
            tokens: [token(0, at::VAULT_0, at::MINT_0)?, token(1, at::VAULT_1, at::MINT_1)?],
            authority_bump: byte(at::AUTHORITY_BUMP)?,
            status: byte(at::STATUS)?,
            lp_supply: read_u64(data, at::LP_SUPPLY)?,
            open_ts: read_u64(data, at::OPEN_TS)?,
            recent_epoch: read_u64(data, at::RECENT_EPOCH)?,
            creator_fee_on: byte(at::CREATOR_FEE_ON)?,
            creator_fee_enabled: byte(at::CREATOR_FEE_ENABLED)? != 0,
        })
    }

    /// Writes back what an operation may change.
    pub fn store(&self, data: &mut [u8]) -> Result<(), ProgramError> {
        write(data, at::LP_SUPPLY, &self.lp_supply.to_le_bytes())?;
        write(data, at::RECENT_EPOCH, &self.recent_epoch.to_le_bytes())?;
        for (index, token) in self.tokens.iter().enumerate() {
            write(data, at::PROTOCOL_FEES[index], &token.protocol_fees_atoms.to_le_bytes())?;
            write(data, at::FUND_FEES[index], &token.fund_fees_atoms.to_le_bytes())?;
            write(data, at::CREATOR_FEES[index], &token.creator_fees_atoms.to_le_bytes())?;
        }
        Ok(())
    }

    /// Fails with `NotApproved` if one of the `status` bits `off` is set.
    pub fn require_on(&self, off: u8) -> Result<(), CpmmError> {
        if self.status & off == 0 { Ok(()) } else { Err(CpmmError::NotApproved) }
    }

    /// Fails with `NotApproved` while the pool does not swap, by its status or its opening time.
    pub fn require_swapping(&self, now_ts: u64) -> Result<(), CpmmError> {
        self.require_on(status::SWAP_OFF)?;
        if now_ts < self.open_ts { Err(CpmmError::NotApproved) } else { Ok(()) }
    }

    /// What of the two vault balances belongs to the LPs, atoms.
    pub fn reserves(&self, vault_atoms: [u64; 2]) -> Result<[u64; 2], CpmmError> {
        let [zero, one] = self.tokens;
        Ok([zero.reserve(vault_atoms[0])?, one.reserve(vault_atoms[1])?])
    }

    /// Which way a swap between these vaults goes; `InvalidVault` unless they are the pool's two.
    pub fn direction(&self, input_vault: &Pubkey, output_vault: &Pubkey) -> Result<Direction, CpmmError> {
        let [zero, one] = self.tokens;
        if *input_vault == zero.vault && *output_vault == one.vault {
            Ok(Direction::ZeroForOne)
        } else if *input_vault == one.vault && *output_vault == zero.vault {
            Ok(Direction::OneForZero)
        } else {
            Err(CpmmError::InvalidVault)
        }
    }

    /// Which side pays the creator; `InvalidFeeModel` for a model that does not exist.
    pub fn creator_fee_side(&self, direction: Direction) -> Result<CreatorFeeSide, CpmmError> {
        match (self.creator_fee_on, direction) {
            (0, _) | (1, Direction::ZeroForOne) | (2, Direction::OneForZero) => Ok(CreatorFeeSide::Input),
            (1 | 2, _) => Ok(CreatorFeeSide::Output),
            _ => Err(CpmmError::InvalidFeeModel),
        }
    }

    /// The configuration's rates as this pool charges them.
    pub fn charged(&self, rates: FeeRates) -> FeeRates {
        if self.creator_fee_enabled { rates } else { FeeRates { creator: 0, ..rates } }
    }

    /// Books a swap's fees; the LPs' part of the trade fee needs no booking.
    pub fn book_fees(
        &mut self,
        swap: &Swap,
        direction: Direction,
        side: CreatorFeeSide,
    ) -> Result<(), CpmmError> {
        let input = direction.input_index();
        let creator = if side == CreatorFeeSide::Input { input } else { 1 - input };
        let sum = |a: u64, b: u64| a.checked_add(b).ok_or(CpmmError::MathOverflow);
        let token = &mut self.tokens[input];
        token.protocol_fees_atoms = sum(token.protocol_fees_atoms, swap.protocol_fee_atoms)?;
        token.fund_fees_atoms = sum(token.fund_fees_atoms, swap.fund_fee_atoms)?;
        let token = &mut self.tokens[creator];
        token.creator_fees_atoms = sum(token.creator_fees_atoms, swap.creator_fee_atoms)?;
        Ok(())
    }
}

impl Token {
    fn reserve(&self, vault_atoms: u64) -> Result<u64, CpmmError> {
        let fees = self
            .protocol_fees_atoms
            .checked_add(self.fund_fees_atoms)
            .and_then(|fees| fees.checked_add(self.creator_fees_atoms))
            .ok_or(CpmmError::MathOverflow)?;
        vault_atoms.checked_sub(fees).ok_or(CpmmError::InsufficientVault)
    }
}

impl Direction {
    /// Index of the token that comes in.
    pub fn input_index(self) -> usize {
        match self {
            Direction::ZeroForOne => 0,
            Direction::OneForZero => 1,
        }
    }
}
