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
    /// What the buffer still lacks.
    pub buffer: u64,
    /// What the buffer holds in the end, which is the payer's again then.
    pub back: u64,
    /// Held by the program's two accounts as long as they are there; less what they hold already.
    pub program: u64,
    /// The part of it that is paid before the buffer's comes back.
    pub early: u64,
    /// What an account that pays must keep.
    pub kept: u64,
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
        let early = rent.exempt(PROGRAM_LEN);
        // The program's own key signs the last transaction.
        Self::with(chain, release, payer, &rent, (data.saturating_add(early), early), 1)
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
        let more = needed.saturating_sub(found.lamports);
        Self::with(chain, release, payer, &rent, (more, more), 0)
    }

    fn with(
        chain: &dyn ChainClient,
        release: &Release<'_>,
        payer: &Pubkey,
        rent: &RentRate,
        (program, early): (u64, u64),
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
            back: full.max(held),
            program,
            early,
            kept: rent.exempt(0),
            fees: signatures.saturating_mul(SIGNATURE_FEE),
            transactions,
        })
    }

    /// What the payer must have: the loader gives the buffer's rent back before it takes the program's.
    pub fn at_once(&self) -> u64 {
        let before = self.buffer.saturating_add(self.early);
        let after = self.buffer.saturating_add(self.program).saturating_sub(self.back);
        before.max(after).saturating_add(self.fees).saturating_add(self.kept)
    }

    /// In words.
    pub fn lines(&self) -> Vec<String> {
        vec![
            format!("rent of the program: {} lamports", self.program),
            format!(
                "rent of the buffer, given back: {} lamports, {} of it still to pay",
                self.back, self.buffer
            ),
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
    fn the_payer_needs_the_most_that_is_out_at_a_time() {
        let cost =
            Cost { buffer: 100, back: 100, program: 130, early: 20, kept: 5, fees: 7, transactions: 3 };
        assert_eq!(cost.at_once(), 130 + 7 + 5);
        assert!(cost.lines().last().unwrap().contains("142"));
        assert_eq!(Cost { early: 50, ..cost }.at_once(), 150 + 7 + 5);
        assert_eq!(Cost { buffer: 0, ..cost }.at_once(), 30 + 7 + 5, "the buffer is there already");
    }
}
