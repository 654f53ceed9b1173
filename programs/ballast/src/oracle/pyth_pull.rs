//! Pyth pull oracle: `PriceUpdateV2`, fully verified, from either of the receiver programs.

use anchor_lang::prelude::*;
use anchor_lang::AccountDeserialize;
use pyth_solana_receiver_sdk::price_update::{PriceUpdateV2, VerificationLevel};

use super::RawPrice;
use crate::error::BallastError;

/// Owners a price update may have: the receiver, and the receiver since Pyth Core's upgrade of August 2026.
const OWNERS: [Pubkey; 2] = [
    pubkey!("rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ"),
    pubkey!("rec2HHDDnjLfj4kE7VyEtFA1HPGQLK33259532cRyHp"),
];

pub(super) fn read(account: &AccountInfo, feed_id: &[u8; 32]) -> Result<RawPrice> {
    require!(OWNERS.contains(account.owner), BallastError::OracleWrongOwner);
    let data = account.try_borrow_data()?;
    let update =
        PriceUpdateV2::try_deserialize(&mut &data[..]).map_err(|_| BallastError::OracleInvalidAccount)?;
    require!(update.verification_level == VerificationLevel::Full, BallastError::OracleNotFullyVerified);
    let message = update.price_message;
    require!(message.feed_id == *feed_id, BallastError::OracleWrongFeed);
    Ok(RawPrice {
        price: message.price,
        conf: message.conf,
        expo: message.exponent,
        publish_ts: message.publish_time,
        ema_price: message.ema_price,
    })
}
