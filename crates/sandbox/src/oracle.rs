//! Price accounts as their publishers write them.

use anchor_lang::AccountSerialize;
use ballast_client::address;
use pyth_solana_receiver_sdk::price_update::{PriceFeedMessage, PriceUpdateV2, VerificationLevel};
use solana_pubkey::Pubkey;

use crate::chain::{Chain, ChainError};

/// Exponent of every quote made here.
pub const EXPONENT: i32 = -8;

/// A price to publish, in units of 1e-8 dollars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Price.
    pub price: i64,
    /// Confidence interval, half-width.
    pub conf: u64,
    /// Moving average.
    pub ema: i64,
    /// Publish time, unix seconds.
    pub publish_ts: i64,
}

impl Quote {
    /// A quote at `price` with a confidence of `conf_bps` and the average at the price.
    pub fn at(price: i64, conf_bps: u64, publish_ts: i64) -> Self {
        let conf =
            u64::try_from(price).unwrap_or(0).saturating_mul(conf_bps).checked_div(10_000).unwrap_or(0);
        Self { price, conf, ema: price, publish_ts }
    }
}

/// A fully verified price update of `feed_id`.
pub fn update(feed_id: [u8; 32], quote: Quote) -> PriceUpdateV2 {
    PriceUpdateV2 {
        write_authority: Pubkey::default(),
        verification_level: VerificationLevel::Full,
        price_message: PriceFeedMessage {
            feed_id,
            price: quote.price,
            conf: quote.conf,
            exponent: EXPONENT,
            publish_time: quote.publish_ts,
            prev_publish_time: quote.publish_ts.saturating_sub(1),
            ema_price: quote.ema,
            ema_conf: quote.conf,
        },
        posted_slot: 0,
    }
}

/// Data of a price update account.
pub fn update_data(update: &PriceUpdateV2) -> Result<Vec<u8>, ChainError> {
    let mut data = Vec::with_capacity(PriceUpdateV2::LEN);
    update.try_serialize(&mut data).map_err(|why| ChainError::data("price update", why))?;
    data.resize(PriceUpdateV2::LEN, 0);
    Ok(data)
}

/// Publishes a fully verified price update at `key`.
pub fn publish(
    chain: &mut impl Chain,
    key: &Pubkey,
    feed_id: [u8; 32],
    quote: Quote,
) -> Result<(), ChainError> {
    let data = update_data(&update(feed_id, quote))?;
    chain.set_data(key, &address::PYTH_RECEIVER, data)
}
