//! Guarded prices: a pinned account is read, checked and judged; each instruction names the bits it needs.

mod pyth_legacy;
mod pyth_pull;

use anchor_lang::prelude::*;
use ballast_math::price::{self, divergence_bps, Price, TwoSided};

use crate::error::BallastError;
use crate::state::{price_source, LoadKnown, PriceGuard};

/// Judgements of a price, as bits. Whose price it is (owner, verification, feed, sign) is never a bit:
/// a price that fails there is not read at all.
pub mod status {
    use anchor_lang::prelude::*;

    use crate::error::BallastError;

    /// Young enough.
    pub const AGE: u16 = 1;
    /// Confidence interval narrow enough.
    pub const CONFIDENCE: u16 = 1 << 1;
    /// Near enough to its moving average.
    pub const EMA: u16 = 1 << 2;
    /// Not older than the newest price seen before.
    pub const MONOTONIC: u16 = 1 << 3;
    /// Venue's spot price near enough to it; set where there is no spot price.
    pub const SPOT: u16 = 1 << 4;
    /// Everything.
    pub const ALL: u16 = AGE | CONFIDENCE | EMA | MONOTONIC | SPOT;
    /// Enough to let somebody out at the low side: the price is live. Wide or divergent is priced in.
    pub const EXIT: u16 = AGE | MONOTONIC;

    /// The rule that the first of `bits` missing from `found` stands for.
    pub fn first_missing(found: u16, bits: u16) -> Option<BallastError> {
        let missing = bits & !found;
        [
            (MONOTONIC, BallastError::OraclePublishTimeBackwards),
            (AGE, BallastError::OracleStale),
            (CONFIDENCE, BallastError::OracleWide),
            (EMA, BallastError::OracleDivergent),
            (SPOT, BallastError::SpotDiverges),
        ]
        .into_iter()
        .find_map(|(bit, error)| (missing & bit != 0).then_some(error))
    }

    /// Errors with the first of `bits` that `found` lacks.
    pub fn require(found: u16, bits: u16) -> Result<()> {
        first_missing(found, bits).map_or(Ok(()), |error| Err(error.into()))
    }
}

/// A price as its source states it.
struct RawPrice {
    price: i64,
    conf: u64,
    expo: i32,
    publish_ts: i64,
    ema_price: i64,
}

/// A price that may be computed with, and what is known against it.
#[derive(Clone, Copy, Debug)]
pub struct CheckedPrice {
    /// The price.
    pub price: Price,
    /// Decimals of the mint it prices.
    pub decimals: u8,
    /// Bits of [`status`], the spot bit set.
    pub status: u16,
}

/// Reads the price of `mint` through its guard, and remembers its publish time.
///
/// Errors where the price is not what it claims to be; sets bits where it is merely not good enough.
pub fn read_price(
    guard: &AccountLoader<PriceGuard>,
    mint: &Pubkey,
    price_account: &AccountInfo,
    now_ts: i64,
) -> Result<CheckedPrice> {
    let mut guard = guard.load_known_mut()?;
    require_keys_eq!(guard.mint, *mint, BallastError::WrongPriceGuard);
    require_keys_eq!(*price_account.key, guard.account, BallastError::OracleWrongAccount);
    let raw = match guard.source {
        price_source::PYTH_PULL => pyth_pull::read(price_account, &guard.feed_id)?,
        _ => pyth_legacy::read(price_account)?,
    };
    let checked = judge(&guard, &raw, now_ts)?;
    guard.last_publish_ts = guard.last_publish_ts.max(raw.publish_ts);
    Ok(checked)
}

fn judge(guard: &PriceGuard, raw: &RawPrice, now_ts: i64) -> Result<CheckedPrice> {
    let positive = |value: i64| u64::try_from(value).ok().filter(|value| *value > 0);
    let price = positive(raw.price).ok_or(BallastError::OracleNotPositive)?;
    let ema = positive(raw.ema_price).ok_or(BallastError::OracleNotPositive)?;
    // An interval as wide as the price says nothing at all.
    require!(raw.conf < price, BallastError::OracleWide);
    let conf_bps =
        divergence_bps(price.saturating_add(raw.conf), price).ok_or(BallastError::PriceOutOfRange)?;
    let ema_bps = divergence_bps(price, ema).ok_or(BallastError::PriceOutOfRange)?;
    // A publish time ahead of the clock is not young: it is wrong. A little drift is normal.
    let age = now_ts.checked_sub(raw.publish_ts).ok_or(BallastError::OracleStale)?;
    let young = age >= -MAX_CLOCK_DRIFT_SECS && age <= i64::from(guard.max_age_secs);
    let bit = |set: bool, bit: u16| if set { bit } else { 0 };
    Ok(CheckedPrice {
        price: Price { price, conf: raw.conf, expo: raw.expo },
        decimals: guard.decimals,
        status: bit(young, status::AGE)
            | bit(conf_bps <= u64::from(guard.max_conf_bps), status::CONFIDENCE)
            | bit(ema_bps <= u64::from(guard.max_ema_divergence_bps), status::EMA)
            | bit(raw.publish_ts >= guard.last_publish_ts, status::MONOTONIC)
            | status::SPOT,
    })
}

/// How far a publish time may be ahead of the cluster's clock, seconds.
const MAX_CLOCK_DRIFT_SECS: i64 = 60;

/// Price of `token` in `asset`, both sides, per atom, and the bits that hold for both.
pub fn price_in_asset(token: &CheckedPrice, asset: &CheckedPrice) -> Result<(TwoSided, u16)> {
    let sides = price::in_asset(token.price, token.decimals, asset.price, asset.decimals)
        .ok_or(BallastError::PriceOutOfRange)?;
    Ok((sides, token.status & asset.status))
}
