//! A fee configuration.

use crate::curve::FeeRates;
use crate::layout::{CONFIG_LEN, config as at};
use anchor_shape::AnchorError;
use anchor_shape::bytes::{read, read_u64};
use solana_program::program_error::ProgramError;

/// The rates that pools with this configuration charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeConfig {
    /// All four rates, the creator's included whether or not a pool has it.
    pub rates: FeeRates,
}

impl FeeConfig {
    /// Reads a configuration account's bytes.
    ///
    /// Errors: Anchor's `AccountDidNotDeserialize` if they are too few or a flag is not 0 or 1.
    pub fn load(data: &[u8]) -> Result<Self, ProgramError> {
        let [disable_create_pool] =
            read(data, at::BUMP + 1).map_err(|_| AnchorError::AccountDidNotDeserialize)?;
        if data.len() < CONFIG_LEN || disable_create_pool > 1 {
            return Err(AnchorError::AccountDidNotDeserialize.into());
        }
        Ok(Self {
            rates: FeeRates {
                trade: read_u64(data, at::TRADE_FEE_RATE)?,
                protocol: read_u64(data, at::PROTOCOL_FEE_RATE)?,
                fund: read_u64(data, at::FUND_FEE_RATE)?,
                creator: read_u64(data, at::CREATOR_FEE_RATE)?,
            },
        })
    }
}
