//! Oracle accounts of a refresh.
//!
//! The cToken path needs no price. The stand-in checks which oracle accounts are given exactly as
//! klend does, but reads none: where klend would load a fresh price it answers `PriceNotValid`, which
//! is klend's answer when no configured source can be read.

use crate::error::LendingError;
use crate::layout::reserve as at;
use crate::market::Market;
use crate::reserve::{Now, Reserve};
use anchor_shape::bytes::{read, read_u64};
use solana_program::{account_info::AccountInfo, program_error::ProgramError, pubkey, pubkey::Pubkey};

/// klend's "no account here", beside the all-zero key.
pub const NULL_KEY: Pubkey = pubkey!("nu11111111111111111111111111111111111111111");

/// The optional oracle accounts of one reserve, in order.
pub struct OracleAccounts<'a, 'info> {
    /// Pyth price account.
    pub pyth: Option<&'a AccountInfo<'info>>,
    /// Switchboard price aggregator.
    pub switchboard_price: Option<&'a AccountInfo<'info>>,
    /// Switchboard TWAP aggregator.
    pub switchboard_twap: Option<&'a AccountInfo<'info>>,
    /// Scope prices.
    pub scope: Option<&'a AccountInfo<'info>>,
}

/// Succeeds while the stored price is young enough to be kept; else fails as described above.
pub fn require_price_kept(
    data: &[u8],
    reserve: &Reserve,
    market: &Market,
    now: Now,
    oracles: &OracleAccounts,
) -> Result<(), ProgramError> {
    let trigger_pct = u64::from(market.price_refresh_trigger_pct);
    let scaled_age = reserve.max_price_age_secs.checked_mul(trigger_pct).ok_or(LendingError::MathOverflow)?;
    if now.ts.saturating_sub(reserve.price_ts) < scaled_age / 100 {
        return Ok(());
    }
    require_configured(data, oracles)?;
    Err(LendingError::PriceNotValid.into())
}

fn require_configured(data: &[u8], oracles: &OracleAccounts) -> Result<(), ProgramError> {
    let scope = source(data, at::SCOPE_FEED)?;
    let switchboard = source(data, at::SWITCHBOARD_PRICE)?;
    let switchboard_twap = source(data, at::SWITCHBOARD_TWAP)?;
    let pyth = source(data, at::PYTH_PRICE)?;
    let scope_priced = chain_is_set(data, at::SCOPE_PRICE_CHAIN)?;
    if (scope.is_some() && !scope_priced) || (scope.is_none() && switchboard.is_none() && pyth.is_none()) {
        return Err(LendingError::InvalidOracleConfig.into());
    }

    let twap_on = read_u64(data, at::MAX_TWAP_DIVERGENCE_BPS)? > 0;
    let twap_age_unset = read_u64(data, at::MAX_TWAP_AGE_SECS)? == 0;
    let scope_without_twap = scope.is_some() && !chain_is_set(data, at::SCOPE_TWAP_CHAIN)?;
    let switchboard_without_twap = switchboard.is_some() && switchboard_twap.is_none();
    if twap_on && (twap_age_unset || scope_without_twap || switchboard_without_twap) {
        return Err(LendingError::InvalidTwapConfig.into());
    }

    if !given(oracles.pyth, pyth) {
        return Err(LendingError::InvalidPythPriceAccount.into());
    }
    let switchboard_matches = match switchboard {
        None => oracles.switchboard_price.is_none() && oracles.switchboard_twap.is_none(),
        Some(_) => {
            given(oracles.switchboard_price, switchboard)
                && (!twap_on || given(oracles.switchboard_twap, switchboard_twap))
        }
    };
    if !switchboard_matches {
        return Err(LendingError::InvalidSwitchboardAccount.into());
    }
    if !given(oracles.scope, scope) {
        return Err(LendingError::InvalidScopePriceAccount.into());
    }
    Ok(())
}

/// The configured key, unless it is one of the two that stand for none.
fn source(data: &[u8], offset: usize) -> Result<Option<Pubkey>, ProgramError> {
    let key = Pubkey::new_from_array(read(data, offset)?);
    Ok((key != Pubkey::default() && key != NULL_KEY).then_some(key))
}

fn given(account: Option<&AccountInfo>, configured: Option<Pubkey>) -> bool {
    account.map(|account| *account.key) == configured
}

/// A Scope index chain is set unless it is all zeros or all ones.
fn chain_is_set(data: &[u8], offset: usize) -> Result<bool, ProgramError> {
    let chain: [u8; 8] = read(data, offset)?;
    Ok(chain != [0; 8] && chain != [u8::MAX; 8])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::fixture::{MarketBuilder, ReserveBuilder};
    use anchor_shape::bytes::write;

    const NONE: OracleAccounts =
        OracleAccounts { pyth: None, switchboard_price: None, switchboard_twap: None, scope: None };

    fn reserve_bytes() -> Vec<u8> {
        let [reserve, market, mint, pyth] = [1, 2, 3, 4].map(|byte| Pubkey::new_from_array([byte; 32]));
        ReserveBuilder {
            price_ts: 100,
            max_price_age_secs: 60,
            pyth_price: pyth,
            ..ReserveBuilder::new(reserve, market, mint, 6)
        }
        .to_bytes()
        .unwrap()
    }

    fn check(data: &[u8], now_ts: u64, oracles: &OracleAccounts) -> Result<(), ProgramError> {
        let market_bytes = MarketBuilder {
            price_refresh_trigger_pct: 50,
            ..MarketBuilder::new(Pubkey::new_from_array([2; 32]))
        }
        .to_bytes()
        .unwrap();
        let now = Now { slot: 0, ts: now_ts };
        let (reserve, market) = (Reserve::load(data).unwrap(), Market::load(&market_bytes).unwrap());
        require_price_kept(data, &reserve, &market, now, oracles)
    }

    #[test]
    fn oracles_are_looked_at_from_half_the_age_on() {
        let data = reserve_bytes();
        assert_eq!(check(&data, 129, &NONE), Ok(()));
        assert_eq!(check(&data, 130, &NONE), Err(LendingError::InvalidPythPriceAccount.into()));

        let (key, owner) = (Pubkey::new_from_array([4; 32]), Pubkey::default());
        let (mut lamports, mut bytes) = (0, []);
        let pyth = AccountInfo::new(&key, false, false, &mut lamports, &mut bytes, &owner, false);
        let given = OracleAccounts {
            pyth: Some(&pyth),
            switchboard_price: None,
            switchboard_twap: None,
            scope: None,
        };
        assert_eq!(check(&data, 130, &given), Err(LendingError::PriceNotValid.into()));
    }

    #[test]
    fn a_reserve_must_name_a_usable_source() {
        let mut data = reserve_bytes();
        write(&mut data, at::PYTH_PRICE, NULL_KEY.as_ref()).unwrap();
        assert_eq!(check(&data, 130, &NONE), Err(LendingError::InvalidOracleConfig.into()));
        write(&mut data, at::SCOPE_FEED, &[9; 32]).unwrap();
        assert_eq!(check(&data, 130, &NONE), Err(LendingError::InvalidOracleConfig.into()));
        write(&mut data, at::SCOPE_PRICE_CHAIN, &[1; 8]).unwrap();
        assert_eq!(check(&data, 130, &NONE), Err(LendingError::InvalidScopePriceAccount.into()));
        write(&mut data, at::MAX_TWAP_DIVERGENCE_BPS, &300u64.to_le_bytes()).unwrap();
        assert_eq!(check(&data, 130, &NONE), Err(LendingError::InvalidTwapConfig.into()));
        write(&mut data, at::SWITCHBOARD_PRICE, &[8; 32]).unwrap();
        write(&mut data, at::MAX_TWAP_DIVERGENCE_BPS, &0u64.to_le_bytes()).unwrap();
        assert_eq!(check(&data, 130, &NONE), Err(LendingError::InvalidSwitchboardAccount.into()));
    }

    #[test]
    fn the_null_key_is_the_real_one() {
        let mut expected = [0; 32];
        expected[..27].copy_from_slice(&[
            11, 193, 238, 216, 208, 116, 241, 195, 55, 212, 76, 22, 75, 202, 40, 216, 76, 206, 27, 169, 138,
            64, 177, 28, 19, 90, 156,
        ]);
        assert_eq!(NULL_KEY.to_bytes(), expected);
    }
}
