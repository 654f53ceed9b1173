//! The pool's own price history: a ring of time-weighted sums, written by swaps.

use crate::error::CpmmError;
use crate::layout::observation as at;
use anchor_shape::bytes::{read, read_u64, write};
use solana_program::program_error::ProgramError;

/// Seconds an entry keeps growing before the next one is begun.
pub const ENTRY_SECS: u64 = 15;

const TIME: usize = 0;
const PRICES: [usize; 2] = [8, 24];

/// Adds the time since the last swap at the prices before this one (Q32, token 1 per token 0 and the
/// reverse). The first swap only starts the clock.
pub fn observe(data: &mut [u8], now_ts: u64, prices_x32: [u128; 2]) -> Result<(), ProgramError> {
    let index = u16::from_le_bytes(read(data, at::INDEX)?);
    let entry = entry_offset(index)?;
    let [initialized] = read(data, at::INITIALIZED)?;
    if initialized == 0 {
        write(data, at::INITIALIZED, &[1])?;
        write(data, entry + TIME, &now_ts.to_le_bytes())?;
        write(data, entry + PRICES[0], &0u128.to_le_bytes())?;
        write(data, entry + PRICES[1], &0u128.to_le_bytes())?;
        return write(data, at::LAST_UPDATE_TS, &now_ts.to_le_bytes());
    }

    let entry_ts = read_u64(data, entry + TIME)?;
    let stored_update_ts = read_u64(data, at::LAST_UPDATE_TS)?;
    let last_update_ts = if stored_update_ts == 0 { entry_ts } else { stored_update_ts };
    write(data, at::LAST_UPDATE_TS, &last_update_ts.to_le_bytes())?;
    let since_entry = now_ts.saturating_sub(entry_ts);
    let since_update = now_ts.saturating_sub(last_update_ts);
    if since_entry == 0 || since_update == 0 {
        return Ok(());
    }

    let next_index = if index + 1 == at::ENTRY_COUNT { 0 } else { index + 1 };
    let target = if since_entry < ENTRY_SECS { entry } else { entry_offset(next_index)? };
    for (offset, price) in PRICES.into_iter().zip(prices_x32) {
        let sum = u128::from_le_bytes(read(data, entry + offset)?);
        let growth = price.checked_mul(u128::from(since_update)).ok_or(CpmmError::MathOverflow)?;
        write(data, target + offset, &sum.wrapping_add(growth).to_le_bytes())?;
    }
    if target != entry {
        write(data, target + TIME, &now_ts.to_le_bytes())?;
        write(data, at::INDEX, &next_index.to_le_bytes())?;
    }
    write(data, at::LAST_UPDATE_TS, &now_ts.to_le_bytes())
}

fn entry_offset(index: u16) -> Result<usize, ProgramError> {
    if index >= at::ENTRY_COUNT {
        return Err(ProgramError::InvalidAccountData);
    }
    Ok(at::ENTRIES + at::ENTRY_LEN * usize::from(index))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::layout::OBSERVATION_LEN;

    fn entry(data: &[u8], index: u16) -> (u64, u128) {
        let offset = entry_offset(index).unwrap();
        (read_u64(data, offset).unwrap(), u128::from_le_bytes(read(data, offset + PRICES[0]).unwrap()))
    }

    #[test]
    fn an_entry_grows_for_fifteen_seconds_then_the_next_begins() {
        let mut data = vec![0; OBSERVATION_LEN];
        observe(&mut data, 100, [7, 1]).unwrap();
        assert_eq!(entry(&data, 0), (100, 0));
        observe(&mut data, 100, [7, 1]).unwrap();
        assert_eq!(entry(&data, 0), (100, 0));
        observe(&mut data, 110, [7, 1]).unwrap();
        assert_eq!(entry(&data, 0), (100, 70));
        observe(&mut data, 120, [9, 1]).unwrap();
        assert_eq!(entry(&data, 0), (100, 70));
        assert_eq!(entry(&data, 1), (120, 160));
        assert_eq!(read_u64(&data, at::LAST_UPDATE_TS), Ok(120));
    }

    #[test]
    fn the_ring_closes() {
        let mut data = vec![0; OBSERVATION_LEN];
        for step in 0..=u64::from(at::ENTRY_COUNT) {
            observe(&mut data, 1_000 + step * ENTRY_SECS, [1, 1]).unwrap();
        }
        assert_eq!(u16::from_le_bytes(read(&data, at::INDEX).unwrap()), 0);
        assert_eq!(entry(&data, 0), (2_500, 1_500));
        data[at::INDEX] = 200;
        assert_eq!(observe(&mut data, 9_999, [1, 1]), Err(ProgramError::InvalidAccountData));
    }
}
