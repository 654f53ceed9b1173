//! Plans as they are written: TOML, in words and units that people use.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// A plan file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanFile {
    /// Which chain it is for.
    pub cluster: ClusterEntry,
    /// Who may do what.
    pub authorities: AuthoritiesEntry,
    /// What runs there.
    #[serde(default)]
    pub program: ProgramEntry,
    /// Tokens, by the symbols that the rest of the plan uses.
    #[serde(default)]
    pub mint: Vec<MintEntry>,
    /// How tokens are priced.
    #[serde(default)]
    pub price_guard: Vec<PriceGuardEntry>,
    /// Models that decisions may be made under.
    #[serde(default)]
    pub model: Vec<ModelEntry>,
    /// Ways to earn.
    #[serde(default)]
    pub strategy: Vec<StrategyEntry>,
    /// Vaults.
    #[serde(default)]
    pub vault: Vec<VaultEntry>,
}

/// Which chain a plan is for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterEntry {
    /// Its name; "localnet" allows addresses of the form "local:NAME".
    pub name: String,
    /// Its node, unless --url names another.
    pub url: Option<String>,
    /// Its genesis hash: a plan that states it runs on no other chain.
    pub genesis_hash: Option<String>,
}

/// Authorities: "payer", "key:NAME" or an address.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthoritiesEntry {
    /// Upgrade authority of the program; signs once, to set the other two.
    pub upgrade_authority: String,
    /// Governance.
    pub governance: String,
    /// Guardian.
    pub guardian: String,
}

/// The program's bytecode, and what deploying it takes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgramEntry {
    /// Its file, relative to the plan; the build's own where none is named.
    pub bytecode: Option<PathBuf>,
    /// The program's own key, "payer" or "key:NAME": its first deployment takes it.
    pub keypair: Option<String>,
    /// Replace other bytecode.
    #[serde(default)]
    pub upgrade: bool,
    /// Room for later versions, such as "25%" of the file.
    pub headroom: Option<String>,
}

/// A token.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MintEntry {
    /// What the plan calls it.
    pub symbol: String,
    /// Its mint.
    pub address: String,
    /// Its decimals, checked against the mint.
    pub decimals: u8,
}

/// How a token is priced.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceGuardEntry {
    /// The token, by symbol.
    pub mint: String,
    /// "pyth-pull" or "pyth-legacy".
    pub source: String,
    /// The price account.
    pub account: String,
    /// The feed, hex; a legacy account's feed is its address.
    pub feed_id: Option<String>,
    /// Oldest price that counts as live, such as "60s".
    pub max_age: String,
    /// Widest confidence interval, such as "1%".
    pub max_confidence: String,
    /// Largest distance from the moving average, such as "10%".
    pub max_ema_divergence: String,
}

/// A model.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelEntry {
    /// Its file, relative to the plan.
    pub file: PathBuf,
    /// What the file must hash to, hex: a plan that states it approves nothing else.
    pub hash: Option<String>,
    /// Approve it even if it was revoked.
    #[serde(default)]
    pub reapprove: bool,
}

/// A way to earn.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StrategyEntry {
    /// What the plan calls it.
    pub name: String,
    /// "kamino-lend", "raydium-cpmm" or "spl-stake-pool".
    pub adapter: String,
    /// The reserve or pool.
    pub venue: String,
    /// Asset of the vaults that may use it, by symbol.
    pub asset: String,
    /// Names of the risks it shares with others, such as "venue:kamino".
    #[serde(default)]
    pub risk_factors: Vec<String>,
    /// Most a swap may give up against the oracle; liquidity pools only.
    pub max_slippage: Option<String>,
    /// Largest distance between spot and oracle; liquidity pools only.
    pub max_divergence: Option<String>,
}

/// A vault.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VaultEntry {
    /// Its asset, by symbol.
    pub asset: String,
    /// "conservative", "balanced" or "growth".
    pub class: String,
    /// What it may ever hold: "lending", "liquidity", "staking".
    pub asset_classes: Vec<String>,
    /// Who signs decisions.
    pub keeper: String,
    /// Whose fee shares are.
    pub fee_recipient: String,
    /// Management fee a year, such as "0.5%".
    pub management_fee: String,
    /// Performance fee, such as "10%".
    pub performance_fee: String,
    /// Seed deposit by the payer, such as "10 USDC"; nobody owns its shares.
    pub seed: String,
    /// Risk limits.
    pub limits: LimitsEntry,
    /// Its slots, in order.
    #[serde(default)]
    pub allocation: Vec<AllocationEntry>,
}

/// Risk limits of a vault.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsEntry {
    /// Most assets that deposits may bring the vault to.
    pub deposit_cap: String,
    /// Smallest move.
    pub min_move: String,
    /// Share that stays idle.
    pub idle_buffer: String,
    /// Most turnover in a window.
    pub turnover_cap: String,
    /// Its window.
    pub turnover_window: String,
    /// Most value one move may lose.
    pub loss_per_call: String,
    /// Most value that moves may lose in a window.
    pub loss_per_window: String,
    /// Its window.
    pub loss_window: String,
    /// Least time between decisions.
    pub cooldown: String,
    /// Time over which profit unlocks.
    pub profit_unlock: String,
    /// Least time to a depositor's horizon.
    pub min_horizon: String,
    /// Share of what an allocation would hold that its venue must be able to pay out before an increase.
    pub min_liquidity: String,
    /// Highest utilisation of a lending venue at which an allocation may be increased.
    pub max_utilisation: String,
    /// Age at which deposits and readings of a venue's liquidity count.
    pub settle: String,
    /// How long a decision may be executed.
    pub decision_life: String,
    /// Most net inflow of an allocation in a window.
    pub inflow_cap: String,
    /// Its window.
    pub inflow_window: String,
    /// Rest of an allocation that a stranger reduced at a loss.
    pub reduction_rest: String,
    /// Fall of a venue's exchange rate since the decision that ends increases.
    pub rate_fall: String,
    /// Excess over its ceiling at which a stranger may reduce an allocation, of the ceiling.
    pub dead_band: String,
}

/// A slot of a vault.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllocationEntry {
    /// The strategy, by name.
    pub strategy: String,
    /// Most it may hold.
    pub absolute_cap: String,
    /// Most it may hold of the vault.
    pub relative_cap: String,
}

/// Something wrong with a plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {place}: {problem}", path.display())]
pub struct PlanProblem {
    /// The file.
    pub path: PathBuf,
    /// Table and key, such as `vault[0].limits.idle_buffer`.
    pub place: String,
    /// What is wrong.
    pub problem: String,
}

impl PlanFile {
    /// Parses `text`; `path` names it in errors.
    pub fn parse(text: &str, path: &Path) -> Result<Self, PlanProblem> {
        toml::from_str(text).map_err(|error| PlanProblem {
            path: path.to_owned(),
            place: position(text, &error),
            problem: error.message().to_owned(),
        })
    }
}

/// Line of a syntax error and the table it is in.
fn position(text: &str, error: &toml::de::Error) -> String {
    let Some(span) = error.span() else { return "plan".to_owned() };
    let before = text.get(..span.start).unwrap_or(text);
    let line = before.lines().count().max(1);
    let to_here: String = text.lines().take(line).collect::<Vec<_>>().join("\n");
    let table = to_here.lines().rev().map(str::trim).find(|line| line.starts_with('['));
    format!("line {line}, in {}", table.unwrap_or("the top table"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn syntax_errors_name_file_table_and_key() {
        let text = "[cluster]\nname = \"x\"\n\n[authorities]\ngovernance = \"payer\"\nguardain = \"payer\"\n";
        let error = PlanFile::parse(text, Path::new("plan.toml")).unwrap_err().to_string();
        assert!(
            error.contains("plan.toml") && error.contains("[authorities]") && error.contains("guardain"),
            "{error}"
        );
        let error = PlanFile::parse("[cluster]\nname = 5\n", Path::new("plan.toml")).unwrap_err();
        assert!(error.place.contains("line 2, in [cluster]"), "{error}");
    }
}
