//! The status as text: what the market does, how the vaults stand, and what to try.

use std::time::Duration;

use ballast_client::state::{Nav, StalePolicy};
use ballast_engine::time::{format_span, format_utc};
use ballast_keeper::{FreshVault, VaultSetup};
use ballast_math::portfolio::weight_bps_floor;
use ballast_math::shares::share_price_e15;

use super::market::Weather;
use super::places;
use super::vault_keeper::{DemoVault, rounded, slot_name};

/// Share price before anything was earned, in 1e-15 atoms.
const PAR_E15: f64 = 1e12;

/// How one vault stands.
#[derive(Clone, Debug)]
pub struct VaultLine {
    /// What people call it.
    pub name: String,
    /// Net assets with their unit; empty where it cannot be priced.
    pub assets: String,
    /// Share price, 1 at the start; NaN where it cannot be priced.
    pub share_price: f64,
    /// Idle and each slot: name and weight.
    pub weights: Vec<(&'static str, u64)>,
    /// Number and time of the last decision.
    pub decision: Option<(u64, i64)>,
}

impl VaultLine {
    /// Reads `fresh`.
    pub fn new(vault: &DemoVault, setup: &VaultSetup, fresh: &FreshVault) -> Self {
        let nav = fresh.nav(&vault.key, StalePolicy::Reject).ok();
        let price = nav.and_then(|nav| share_price_e15(nav.low, fresh.vault.total_shares));
        let decided = (fresh.vault.decision_sequence, fresh.vault.decision_ts);
        Self {
            name: vault.name.clone(),
            assets: nav
                .map(|nav| vault.unit.format(rounded(nav.low, vault.unit.decimals)))
                .unwrap_or_default(),
            share_price: price.map_or(f64::NAN, |price| price as f64 / PAR_E15),
            weights: nav.map(|nav| weights(setup, fresh, &nav)).unwrap_or_default(),
            decision: (decided.0 > 0).then_some(decided),
        }
    }

    fn weights_text(&self) -> String {
        if self.weights.is_empty() {
            return "cannot be priced now".to_owned();
        }
        let parts: Vec<String> =
            self.weights.iter().map(|(name, bps)| format!("{name} {:.1}%", *bps as f64 / 100.0)).collect();
        parts.join(" · ")
    }
}

fn weights(setup: &VaultSetup, fresh: &FreshVault, nav: &Nav) -> Vec<(&'static str, u64)> {
    let weight = |atoms: u64| u64::from(weight_bps_floor(atoms, nav.gross_low.max(1)).unwrap_or(0));
    let slots = fresh.vault.active().enumerate();
    std::iter::once(("idle", weight(fresh.vault.idle_atoms)))
        .chain(slots.map(|(index, slot)| (slot_name(setup, index), weight(slot.value_low))))
        .collect()
}

/// Everything the status shows.
pub struct Status<'a> {
    /// Slot.
    pub slot: u64,
    /// The chain's time, unix seconds.
    pub unix_ts: i64,
    /// How much of the chain's time has passed in the demo, seconds.
    pub chain_secs: i64,
    /// How long the demo has run, and how long it will.
    pub elapsed: Duration,
    /// When it ends by itself.
    pub total: Option<Duration>,
    /// The market.
    pub weather: &'a Weather,
    /// The vaults.
    pub vaults: &'a [VaultLine],
    /// Decisions recorded and moves executed.
    pub done: (u64, u64),
    /// The last things that happened.
    pub events: &'a [String],
    /// How to point the command line at it.
    pub hints: &'a [String],
}

impl Status<'_> {
    /// The block for a terminal.
    pub fn block(&self) -> Vec<String> {
        let mut lines = vec![String::new(), self.headline(), self.market()];
        let width = self.vaults.iter().map(|vault| vault.assets.chars().count()).max().unwrap_or(0);
        lines.push(String::new());
        lines.push(format!(
            "  {:<18} {:>width$}  {:>11}  {:<15} weights",
            "vault", "assets", "share price", "last decision"
        ));
        for vault in self.vaults {
            lines.push(format!(
                "  {:<18} {:>width$}  {:>11}  {:<15} {}",
                vault.name,
                vault.assets,
                price(vault.share_price),
                self.decided(vault),
                vault.weights_text()
            ));
        }
        lines.push(String::new());
        let (decisions, moves) = self.done;
        lines.push(format!("  keeper: {decisions} decisions recorded, {moves} moves of funds executed"));
        lines.extend(self.events.iter().map(|event| format!("    {event}")));
        lines.push(String::new());
        lines.extend(self.hints.iter().map(|hint| format!("  {hint}")));
        lines
    }

    /// The same as a few lines for a log.
    pub fn plain(&self) -> Vec<String> {
        let mut lines = vec![self.headline(), self.market()];
        for vault in self.vaults {
            lines.push(format!(
                "  {:<18} {}, share price {}, {}",
                vault.name,
                vault.assets,
                price(vault.share_price),
                vault.weights_text()
            ));
        }
        lines
    }

    fn headline(&self) -> String {
        let total = self.total.map(|total| format!(" of {}", total.as_secs())).unwrap_or_default();
        format!(
            "Ballast demo · {}{total} s · slot {} · chain time {} ({} passed)",
            self.elapsed.as_secs(),
            self.slot,
            format_utc(self.unix_ts),
            format_span(self.chain_secs),
        )
    }

    fn market(&self) -> String {
        let weather = self.weather;
        let mut parts = vec![match weather.sol_usd {
            Some(price) => format!("SOL {price:.2} USD"),
            None => "SOL: no price".to_owned(),
        }];
        parts.push(match weather.usdc_usd {
            Some(price) => format!("USDC {price:.4} USD"),
            None => "USDC: no price".to_owned(),
        });
        for (spec, (apr, utilisation)) in places::RESERVES.iter().zip(&weather.reserves) {
            parts.push(format!("{} {:.1}% ({:.0}% used)", spec.name, apr * 100.0, utilisation * 100.0));
        }
        if let Some(apr) = weather.pool_fee_apr {
            parts.push(format!("pool fees {:.0}%", apr * 100.0));
        }
        parts.push(format!("staking {:.1}%", weather.stake_apr * 100.0));
        format!("  {}", parts.join(" · "))
    }

    fn decided(&self, vault: &VaultLine) -> String {
        match vault.decision {
            Some((sequence, ts)) => {
                format!("#{sequence}, {} ago", format_span(self.unix_ts.saturating_sub(ts).max(0)))
            }
            None => "none yet".to_owned(),
        }
    }
}

/// A share price, 1 at the start.
pub fn price(share_price: f64) -> String {
    if share_price.is_nan() { "none".to_owned() } else { format!("{share_price:.6}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status<'a>(vaults: &'a [VaultLine], weather: &'a Weather, hints: &'a [String]) -> Status<'a> {
        Status {
            slot: 12_345,
            unix_ts: 1_700_003_600,
            chain_secs: 7_200,
            elapsed: Duration::from_secs(5),
            total: Some(Duration::from_secs(60)),
            weather,
            vaults,
            done: (2, 5),
            events: &[],
            hints,
        }
    }

    #[test]
    fn a_block_shows_every_vault_and_both_figures_of_progress() {
        let vaults = [
            VaultLine {
                name: "usdc/balanced".to_owned(),
                assets: "250,000 USDC".to_owned(),
                share_price: 1.000_123,
                weights: vec![("idle", 500), ("main", 6_050)],
                decision: Some((3, 1_700_000_000)),
            },
            VaultLine {
                name: "sol/balanced".to_owned(),
                assets: String::new(),
                share_price: f64::NAN,
                weights: Vec::new(),
                decision: None,
            },
        ];
        let weather = Weather { sol_usd: Some(150.0), ..Weather::default() };
        let text = status(&vaults, &weather, &["try this".to_owned()]).block().join("\n");
        for piece in [
            "5 of 60 s",
            "slot 12345",
            "SOL 150.00 USD",
            "USDC: no price",
            "1.000123",
            "#3, 1h ago",
            "idle 5.0% · main 60.5%",
            "none yet",
            "cannot be priced now",
            "2 decisions recorded, 5 moves",
            "try this",
        ] {
            assert!(text.contains(piece), "{piece} is not in\n{text}");
        }
    }
}
