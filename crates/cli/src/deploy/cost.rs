//! What a deployment costs.

use ballast_client::ChainClient;
use solana_pubkey::{Pubkey, pubkey};

use super::buffer::{CHUNK_BYTES, Piece};
use super::loader::{BUFFER_HEAD, DATA_HEAD, Deployed, PROGRAM_LEN};
use super::{Release, buffer};
use crate::error::CliError;

const RENT_SYSVAR: Pubkey = pubkey!("SysvarRent111111111111111111111111111111111");
/// Bytes that every account is charged for beside its data.
const ACCOUNT_OVERHEAD: usize = 128;
/// What a signature costs, lamports.
const SIGNATURE_FEE: u64 = 5_000;

/// Lamports a byte that exempt an account from rent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RentRate {
    lamports_per_byte: f64,
}

impl RentRate {
    /// The chain's.
    pub fn read(chain: &dyn ChainClient) -> Result<Self, CliError> {
        let account = chain.account(&RENT_SYSVAR)?;
        account
            .and_then(|account| Self::decode(&account.data))
            .ok_or_else(|| CliError::environment("the node has no rent sysvar"))
    }

    /// u64 lamports a byte and year, then the years that exempt (f64).
    fn decode(data: &[u8]) -> Option<Self> {
        let per_year = u64::from_le_bytes(*data.first_chunk()?);
        let years = f64::from_le_bytes(*data.get(8..)?.first_chunk()?);
        Some(Self { lamports_per_byte: per_year as f64 * years })
    }

    /// What an account of `len` bytes must hold.
    pub fn exempt(&self, len: usize) -> u64 {
        (len.saturating_add(ACCOUNT_OVERHEAD) as f64 * self.lamports_per_byte) as u64
    }
}

/// Lamports of a deployment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Held by the buffer until the deployment, then the payer's again.
    pub buffer: u64,
    /// Held by the program's two accounts as long as they are there; less what they hold already.
    pub program: u64,
    /// Transaction fees. Priority fees come on top.
    pub fees: u64,
    /// Transactions.
    pub transactions: u64,
}

impl Cost {
    /// Of deploying `release`, where nothing of it is there yet but perhaps a buffer.
    pub fn of_deploy(
        chain: &dyn ChainClient,
        release: &Release<'_>,
        payer: &Pubkey,
    ) -> Result<Self, CliError> {
        let rent = RentRate::read(chain)?;
        let data = rent.exempt(DATA_HEAD.saturating_add(release.capacity()));
        let program = data.saturating_add(rent.exempt(PROGRAM_LEN));
        // The program's own key signs the last transaction.
        Self::with(chain, release, payer, &rent, program, 1)
    }

    /// Of upgrading `found` to `release`.
    pub fn of_upgrade(
        chain: &dyn ChainClient,
        release: &Release<'_>,
        found: &Deployed,
        payer: &Pubkey,
    ) -> Result<Self, CliError> {
        let rent = RentRate::read(chain)?;
        let needed = if found.code.len() < release.bytecode.len() {
            rent.exempt(DATA_HEAD.saturating_add(release.capacity()))
        } else {
            0
        };
        Self::with(chain, release, payer, &rent, needed.saturating_sub(found.lamports), 0)
    }

    fn with(
        chain: &dyn ChainClient,
        release: &Release<'_>,
        payer: &Pubkey,
        rent: &RentRate,
        program: u64,
        own_signatures: u64,
    ) -> Result<Self, CliError> {
        let key = buffer::address(release)?;
        let there = chain.account(&key)?;
        let full = rent.exempt(BUFFER_HEAD.saturating_add(release.bytecode.len()));
        let held = there.as_ref().map_or(0, |account| account.lamports);
        let pieces = Piece::missing(there.as_ref(), release.bytecode).len();
        // Making the buffer and the last step, and one to make room.
        let transactions = u64::try_from(pieces).unwrap_or(u64::MAX).saturating_add(3);
        let signers = if release.authority == *payer { 1 } else { 2 };
        let signatures = transactions.saturating_mul(signers).saturating_add(own_signatures);
        Ok(Self {
            buffer: full.saturating_sub(held),
            program,
            fees: signatures.saturating_mul(SIGNATURE_FEE),
            transactions,
        })
    }

    /// What the payer must have at once: the buffer is given back before the program is paid for, but for its
    /// small account.
    pub fn at_once(&self) -> u64 {
        self.buffer.saturating_add(self.program).saturating_add(self.fees)
    }

    /// In words.
    pub fn lines(&self) -> Vec<String> {
        vec![
            format!("rent of the program: {} lamports", self.program),
            format!("rent of the buffer, given back: {} lamports", self.buffer),
            format!(
                "fees of about {} transactions with pieces of {CHUNK_BYTES} bytes: {} lamports, and priority fees",
                self.transactions, self.fees
            ),
            format!("the payer needs {} lamports", self.at_once()),
        ]
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn rent_is_the_clusters() {
        let mut data = 3_480u64.to_le_bytes().to_vec();
        data.extend(2f64.to_le_bytes());
        data.push(50);
        let rent = RentRate::decode(&data).unwrap();
        assert_eq!((rent.exempt(0), rent.exempt(165)), (890_880, 2_039_280));
        assert_eq!(RentRate::decode(&data[..15]), None);
    }

    #[test]
    fn the_payer_needs_all_of_it() {
        let cost = Cost { buffer: 100, program: 130, fees: 7, transactions: 3 };
        assert_eq!(cost.at_once(), 237);
        assert!(cost.lines().last().unwrap().contains("237"));
    }
}
