//! The cap on what may leave a reserve per interval.
//!
//! Deposits lower the running total (it may go below zero) and withdrawals raise it. A zero interval
//! length switches the cap off: totals are still kept.

use crate::error::LendingError;
use anchor_shape::bytes::{read, read_u64, write};
use solana_program::program_error::ProgramError;

/// State of one cap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WithdrawalCap {
    /// What may leave per interval, liquidity atoms.
    pub capacity_atoms: i64,
    /// Net outflow of the running interval, liquidity atoms.
    pub current_total_atoms: i64,
    /// When the running interval began, unix seconds.
    pub interval_start_ts: u64,
    /// Length of an interval, seconds; 0 means no cap.
    pub interval_secs: u64,
}

impl WithdrawalCap {
    /// Reads the cap stored at `offset`.
    pub fn load(data: &[u8], offset: usize) -> Result<Self, ProgramError> {
        Ok(Self {
            capacity_atoms: i64::from_le_bytes(read(data, offset)?),
            current_total_atoms: i64::from_le_bytes(read(data, offset + 8)?),
            interval_start_ts: read_u64(data, offset + 16)?,
            interval_secs: read_u64(data, offset + 24)?,
        })
    }

    /// Writes the cap at `offset`.
    pub fn store(&self, data: &mut [u8], offset: usize) -> Result<(), ProgramError> {
        write(data, offset, &self.capacity_atoms.to_le_bytes())?;
        write(data, offset + 8, &self.current_total_atoms.to_le_bytes())?;
        write(data, offset + 16, &self.interval_start_ts.to_le_bytes())?;
        write(data, offset + 24, &self.interval_secs.to_le_bytes())
    }

    /// What may still leave at `now_ts`, in liquidity atoms; `u64::MAX` without a cap.
    pub fn remaining_atoms(&self, now_ts: u64) -> u64 {
        if self.interval_secs == 0 {
            return u64::MAX;
        }
        if self.capacity_atoms < 0 {
            return 0;
        }
        let elapsed = now_ts.saturating_sub(self.interval_start_ts) >= self.interval_secs;
        let used = if elapsed { 0 } else { self.current_total_atoms };
        u64::try_from(i128::from(self.capacity_atoms) - i128::from(used)).unwrap_or(0)
    }

    /// Counts a withdrawal.
    ///
    /// Errors: `WithdrawalCapReached` if it does not fit the interval.
    pub fn count_outflow(&mut self, amount_atoms: u64, now_ts: u64) -> Result<(), LendingError> {
        self.roll_interval(now_ts)?;
        if amount_atoms > self.remaining_atoms(now_ts) {
            return Err(LendingError::WithdrawalCapReached);
        }
        self.add(i128::from(amount_atoms))
    }

    /// Counts a deposit.
    pub fn count_inflow(&mut self, amount_atoms: u64, now_ts: u64) -> Result<(), LendingError> {
        self.roll_interval(now_ts)?;
        self.add(-i128::from(amount_atoms))
    }

    fn roll_interval(&mut self, now_ts: u64) -> Result<(), LendingError> {
        if self.interval_secs == 0 {
            return Ok(());
        }
        let elapsed = now_ts
            .checked_sub(self.interval_start_ts)
            .ok_or(LendingError::LastTimestampGreaterThanCurrent)?;
        if elapsed >= self.interval_secs {
            self.current_total_atoms = 0;
            self.interval_start_ts = now_ts;
        }
        Ok(())
    }

    /// Without a cap the total saturates, with one it must fit.
    fn add(&mut self, change_atoms: i128) -> Result<(), LendingError> {
        if i64::try_from(change_atoms.unsigned_abs()).is_err() {
            return Err(LendingError::MathOverflow);
        }
        let total = i128::from(self.current_total_atoms) + change_atoms;
        self.current_total_atoms = match i64::try_from(total) {
            Ok(total) => total,
            Err(_) if self.interval_secs != 0 => return Err(LendingError::MathOverflow),
            Err(_) if total > 0 => i64::MAX,
            Err(_) => i64::MIN,
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAP: WithdrawalCap = WithdrawalCap {
        capacity_atoms: 100,
        current_total_atoms: 0,
        interval_start_ts: 1_000,
        interval_secs: 60,
    };

    #[test]
    fn holds_within_an_interval_and_starts_again_after_it() {
        let mut cap = CAP;
        assert_eq!(cap.count_outflow(70, 1_001), Ok(()));
        assert_eq!(cap.remaining_atoms(1_001), 30);
        assert_eq!(cap.count_outflow(31, 1_059), Err(LendingError::WithdrawalCapReached));
        assert_eq!(cap.count_outflow(31, 1_060), Ok(()));
        assert_eq!((cap.interval_start_ts, cap.current_total_atoms), (1_060, 31));
    }

    #[test]
    fn deposits_make_room() {
        let mut cap = CAP;
        assert_eq!(cap.count_inflow(50, 1_001), Ok(()));
        assert_eq!(cap.remaining_atoms(1_001), 150);
        assert_eq!(cap.count_outflow(150, 1_002), Ok(()));
        assert_eq!(cap.remaining_atoms(1_002), 0);
    }

    #[test]
    fn an_interval_in_the_future_is_refused() {
        let mut cap = CAP;
        assert_eq!(cap.count_outflow(1, 999), Err(LendingError::LastTimestampGreaterThanCurrent));
    }

    #[test]
    fn without_an_interval_totals_saturate() {
        let mut cap = WithdrawalCap { interval_secs: 0, current_total_atoms: i64::MAX, ..CAP };
        assert_eq!(cap.count_outflow(5, 0), Ok(()));
        assert_eq!(cap.current_total_atoms, i64::MAX);
        assert_eq!(cap.remaining_atoms(0), u64::MAX);
        assert_eq!(cap.count_outflow(u64::MAX, 0), Err(LendingError::MathOverflow));
    }

    #[test]
    fn a_negative_capacity_lets_nothing_out() {
        let mut cap = WithdrawalCap { capacity_atoms: -1, ..CAP };
        assert_eq!(cap.count_outflow(1, 1_001), Err(LendingError::WithdrawalCapReached));
    }
}
