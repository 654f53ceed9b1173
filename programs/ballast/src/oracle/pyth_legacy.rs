//! Pyth push oracle: the price account of Pythnet and its forks. It carries no feed id, so the guard's
//! pinned address is what identifies it.

use anchor_lang::prelude::*;
use pyth_sdk_solana::state::{load_price_account, PriceStatus, SolanaPriceAccount};

use super::RawPrice;
use crate::error::BallastError;

/// The push oracle's program on mainnet.
const OWNER: Pubkey = pubkey!("FsJ3A3u2vn5cTVofAjvy6y5kwABJAqYWpe4975bi2epH");

pub(super) fn read(account: &AccountInfo) -> Result<RawPrice> {
    require_keys_eq!(*account.owner, OWNER, BallastError::OracleWrongOwner);
    let data = account.try_borrow_data()?;
    let price: &SolanaPriceAccount =
        load_price_account(&data).map_err(|_| BallastError::OracleInvalidAccount)?;
    // A feed that is not trading keeps its last price: stale by another name.
    require!(price.agg.status == PriceStatus::Trading, BallastError::OracleStale);
    Ok(RawPrice {
        price: price.agg.price,
        conf: price.agg.conf,
        expo: price.expo,
        publish_ts: price.timestamp,
        ema_price: price.ema_price.val,
    })
}
