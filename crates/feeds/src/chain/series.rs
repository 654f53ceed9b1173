use ballast_engine::math::shares::share_price_e15;
use serde::Serialize;

use super::events::{ChainEvent, ChainHistory};
use crate::{FindingKind, Findings};

/// How a share price is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// From what a deposit or withdrawal paid, which was rounded for the vault; a leaver who accepted stale
    /// values got less.
    Implied,
    /// From net assets and shares, as the program computes it.
    Exact,
}

/// Which side of the prices' confidence the vault was valued at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Price minus confidence: what leavers get.
    Low,
    /// Price plus confidence: what newcomers pay.
    High,
}

/// A vault's share price at a moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SharePrice {
    /// Block time, unix seconds.
    pub ts: i64,
    /// Slot.
    pub slot: u64,
    /// Transaction.
    pub signature: String,
    /// Event that tells it.
    pub event: String,
    /// How it is known.
    pub basis: Basis,
    /// Which side.
    pub side: Side,
    /// Atoms a share times 1e15, rounded down; a new vault begins at 1e12.
    pub share_price_e15: u64,
    /// Net assets, atoms.
    pub nav_atoms: u64,
    /// Shares outstanding; none where the event does not say.
    pub total_shares: Option<u64>,
}

/// Share prices of `vault` out of its events, one side, strictly ascending in time. Of several in one second an
/// exact one stays, else the last, and that is reported.
pub fn share_prices(
    history: &ChainHistory,
    vault: &str,
    side: Side,
    findings: &mut Findings,
) -> Vec<SharePrice> {
    let mut prices: Vec<SharePrice> = Vec::new();
    for event in &history.events {
        let Some(price) = share_price(event, vault).filter(|price| price.side == side) else { continue };
        match prices.last_mut() {
            Some(last) if last.ts >= price.ts => {
                let detail = format!("{} and {} in one second; one kept", last.event, price.event);
                findings.at(FindingKind::SameSecond, vault, price.ts, detail);
                if price.basis >= last.basis {
                    *last = price;
                }
            }
            _ => prices.push(price),
        }
    }
    prices
}

fn share_price(event: &ChainEvent, vault: &str) -> Option<SharePrice> {
    let own = event.fields.get("vault").and_then(|key| key.as_str()) == Some(vault);
    let (name, ts) = (event.name.as_deref().filter(|_| own)?, event.block_time?);
    let field = |field: &str| event.fields.get(field)?.as_u64();
    let snapshot = |field: &str| event.fields.get("snapshot")?.get(field)?.as_u64();
    let exact = |nav: u64, shares: u64| share_price_e15(nav, shares);
    let (basis, side, price, nav_atoms, total_shares) = match name {
        "VaultCreated" => {
            let (nav, shares) = (field("seed_atoms")?, field("dead_shares")?);
            (Basis::Exact, Side::Low, exact(nav, shares)?, nav, Some(shares))
        }
        "DecisionRecorded" => {
            let (nav, shares) = (snapshot("nav_low")?, snapshot("total_shares")?);
            (Basis::Exact, Side::Low, exact(nav, shares)?, nav, Some(shares))
        }
        "Deposited" => {
            let price = implied(field("atoms")?, field("shares")?)?;
            (Basis::Implied, Side::High, price, field("gross_high")?, None)
        }
        "Withdrawn" => {
            // The leaver bore the execution loss; the price was before it.
            let price = implied(field("atoms")?.checked_add(field("loss_atoms")?)?, field("shares")?)?;
            (Basis::Implied, Side::Low, price, field("nav_low")?, None)
        }
        _ => return None,
    };
    Some(SharePrice {
        ts,
        slot: event.slot,
        signature: event.signature.clone(),
        event: name.into(),
        basis,
        side,
        share_price_e15: price,
        nav_atoms,
        total_shares,
    })
}

/// Atoms over shares times 1e15, rounded down.
fn implied(atoms: u64, shares: u64) -> Option<u64> {
    let scaled = u128::from(atoms).checked_mul(1_000_000_000_000_000)?;
    u64::try_from(scaled.checked_div(u128::from(shares))?).ok()
}
