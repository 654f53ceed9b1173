//! A stake pool's yield, from how much its exchange rate rose over the last epoch.

use ballast_engine::YEAR_SECS;
use ballast_engine::policy::Income;

use super::{Outlook, bytes, read_u64};

/// Byte offsets in a stake pool, up to its first field of variable length.
mod at {
    pub const TOTAL_LAMPORTS: usize = 258;
    pub const SUPPLY: usize = 266;
    pub const NEXT_EPOCH_FEE: usize = 346;
}
const FEE_LEN: usize = 16;
const KEY_LEN: usize = 32;

/// Mainnet's epoch: 432,000 slots of 400 ms.
const EPOCH_SECS: f64 = 172_800.0;

/// The fields behind those of variable length.
struct Tail {
    deposit_fee: f64,
    withdrawal_fee: f64,
    last_epoch_supply: u64,
    last_epoch_lamports: u64,
}

/// Walks over the fields in the order of the pool's Borsh encoding.
struct Cursor<'a> {
    data: &'a [u8],
    offset: usize,
}

impl Cursor<'_> {
    fn skip(&mut self, len: usize) -> Option<()> {
        self.offset = self.offset.checked_add(len)?;
        Some(())
    }

    /// A tag, then `len` bytes unless the tag is zero.
    fn optional(&mut self, len: usize) -> Option<()> {
        let [tag] = bytes(self.data, self.offset)?;
        self.skip(if tag == 0 { 1 } else { len.checked_add(1)? })
    }

    fn u64(&mut self) -> Option<u64> {
        let value = read_u64(self.data, self.offset)?;
        self.skip(8)?;
        Some(value)
    }

    /// Denominator, then numerator; nothing over nothing is no fee.
    fn fee(&mut self) -> Option<f64> {
        let (den, num) = (self.u64()?, self.u64()?);
        Some(if den == 0 { 0.0 } else { num as f64 / den as f64 })
    }
}

fn tail(data: &[u8]) -> Option<Tail> {
    let mut cursor = Cursor { data, offset: at::NEXT_EPOCH_FEE };
    cursor.optional(FEE_LEN)?; // next epoch fee
    cursor.optional(KEY_LEN)?; // preferred validator for deposits
    cursor.optional(KEY_LEN)?; // preferred validator for withdrawals
    cursor.skip(FEE_LEN)?; // stake deposit fee
    cursor.skip(FEE_LEN)?; // stake withdrawal fee
    cursor.optional(FEE_LEN)?; // next stake withdrawal fee
    cursor.skip(1)?; // stake referral fee
    cursor.optional(KEY_LEN)?; // SOL deposit authority
    let deposit_fee = cursor.fee()?;
    cursor.skip(1)?; // SOL referral fee
    cursor.optional(KEY_LEN)?; // SOL withdraw authority
    let withdrawal_fee = cursor.fee()?;
    cursor.optional(FEE_LEN)?; // next SOL withdrawal fee
    let last_epoch_supply = cursor.u64()?;
    let last_epoch_lamports = cursor.u64()?;
    Some(Tail { deposit_fee, withdrawal_fee, last_epoch_supply, last_epoch_lamports })
}

/// The outlook of a stake pool; `None` when it cannot be understood, or has no last epoch to measure.
pub fn outlook(pool: &[u8]) -> Option<Outlook> {
    let (lamports, supply) = (read_u64(pool, at::TOTAL_LAMPORTS)?, read_u64(pool, at::SUPPLY)?);
    let tail = tail(pool)?;
    let rate = |lamports: u64, supply: u64| (supply > 0).then(|| lamports as f64 / supply as f64);
    let before = rate(tail.last_epoch_lamports, tail.last_epoch_supply).filter(|rate| *rate > 0.0)?;
    let growth = rate(lamports, supply)? / before - 1.0;
    let round_trip = tail.deposit_fee + tail.withdrawal_fee;
    Some(Outlook {
        income: Income::Stake { apr: growth * YEAR_SECS / EPOCH_SECS },
        // Half of a way in and out, in basis points.
        move_cost_bps: round_trip * 10_000.0 / 2.0,
        at_once_atoms: None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A pool with every optional field absent, a 10 bps withdrawal fee, and the given two epochs.
    fn pool(now: (u64, u64), before: (u64, u64)) -> Vec<u8> {
        let mut data = vec![0u8; 611];
        data[258..266].copy_from_slice(&now.0.to_le_bytes());
        data[266..274].copy_from_slice(&now.1.to_le_bytes());
        // After the fixed part: three tags, two fees, tag, byte, tag, fee, byte, tag.
        let withdrawal_fee = 346 + 3 + 32 + 1 + 1 + 1 + 16 + 1 + 1;
        data[withdrawal_fee..withdrawal_fee + 8].copy_from_slice(&1_000u64.to_le_bytes());
        data[withdrawal_fee + 8..withdrawal_fee + 16].copy_from_slice(&1u64.to_le_bytes());
        let last = withdrawal_fee + 16 + 1;
        data[last..last + 8].copy_from_slice(&before.1.to_le_bytes());
        data[last + 8..last + 16].copy_from_slice(&before.0.to_le_bytes());
        data
    }

    #[test]
    fn the_last_epochs_growth_is_a_year_of_them() {
        let outlook = outlook(&pool((1_100_400, 1_000_000), (1_100_000, 1_000_000))).unwrap();
        let Income::Stake { apr } = outlook.income else { panic!("not staking") };
        assert!((apr - 400.0 / 1_100_000.0 * 182.5).abs() < 1e-9, "{apr}");
        assert!((outlook.move_cost_bps - 5.0).abs() < 1e-9);
    }

    #[test]
    fn a_pool_without_a_past_says_nothing() {
        assert_eq!(outlook(&pool((1_000, 1_000), (0, 0))), None);
        assert_eq!(outlook(&pool((1_000, 0), (1_000, 1_000))), None);
        assert_eq!(outlook(&[0; 100]), None);
    }
}
