//! From a plan as written to a plan as meant. Everything is checked, and every problem is named with its
//! table and key, before the chain is asked anything.

use std::collections::BTreeMap;
use std::path::Path;

use ballast::adapters::Adapter;
use ballast_client::state::{MAX_RISK_FACTORS, PriceGuardParams, StrategyParams, price_source};
use ballast_client::{address, risk_factor_id};
use ballast_keeper::ModelFile;
use ballast_keeper::fresh::words;
use ballast_sandbox::elf::deploy_dir;
use solana_pubkey::Pubkey;

use super::file::{ModelEntry, PlanFile, PlanProblem, PriceGuardEntry, ProgramEntry, StrategyEntry};
use super::keys::{KeyRing, local_address};
use super::plan::{
    Plan, PlannedGuard, PlannedMint, PlannedModel, PlannedProgram, PlannedStrategy, PlannedVault,
};
use crate::amount::Unit;
use crate::names::parse_adapter;
use crate::ratio::parse_bps;
use crate::when::parse_short_span;

/// The cluster whose plans may use "local:NAME".
const LOCALNET: &str = "localnet";

/// First bytes of a program.
const ELF: &[u8] = b"\x7fELF";
/// Room for later versions, where the plan does not say: a quarter.
const HEADROOM_BPS: u16 = 2_500;

/// Resolves `file`, read from `path`. Every problem found is returned, not only the first.
pub fn resolve(file: &PlanFile, path: &Path, keys: &mut KeyRing) -> Result<Plan, Vec<PlanProblem>> {
    let mut resolver = Resolver {
        path,
        keys,
        is_local: file.cluster.name == LOCALNET,
        problems: Vec::new(),
        mints: BTreeMap::new(),
        strategies: BTreeMap::new(),
    };
    let plan = resolver.plan(file);
    if resolver.problems.is_empty() { Ok(plan) } else { Err(resolver.problems) }
}

/// A plan on its way from words to meaning.
pub(super) struct Resolver<'a> {
    path: &'a Path,
    keys: &'a mut KeyRing,
    is_local: bool,
    pub(super) problems: Vec<PlanProblem>,
    mints: BTreeMap<String, PlannedMint>,
    pub(super) strategies: BTreeMap<String, PlannedStrategy>,
}

impl Resolver<'_> {
    /// Notes a problem.
    pub(super) fn problem(&mut self, place: &str, problem: impl ToString) {
        self.problems.push(PlanProblem {
            path: self.path.to_owned(),
            place: place.to_owned(),
            problem: problem.to_string(),
        });
    }

    /// The value, or a note of the problem and a stand-in to go on checking with.
    pub(super) fn value<T: Default, E: ToString>(&mut self, place: &str, found: Result<T, E>) -> T {
        found.unwrap_or_else(|error| {
            self.problem(place, error);
            T::default()
        })
    }

    fn plan(&mut self, file: &PlanFile) -> Plan {
        let authorities = &file.authorities;
        let upgrade_authority = self.key("authorities.upgrade_authority", &authorities.upgrade_authority);
        let governance = self.key("authorities.governance", &authorities.governance);
        let guardian = self.key("authorities.guardian", &authorities.guardian);
        for (index, mint) in file.mint.iter().enumerate() {
            let place = format!("mint[{index}]");
            let address = self.place_key(&format!("{place}.address"), &mint.address);
            let unit = Unit::new(&mint.symbol, mint.decimals);
            let planned = PlannedMint { unit, address };
            if self.mints.insert(mint.symbol.clone(), planned).is_some() {
                self.problem(&format!("{place}.symbol"), format!("{} is there twice", mint.symbol));
            }
        }
        let guards =
            file.price_guard.iter().enumerate().map(|(index, entry)| self.guard(index, entry)).collect();
        let models = file.model.iter().enumerate().map(|(index, entry)| self.model(index, entry)).collect();
        let strategies: Vec<PlannedStrategy> =
            file.strategy.iter().enumerate().map(|(index, entry)| self.strategy(index, entry)).collect();
        self.risk_factors_are_distinct(file);
        let vaults: Vec<PlannedVault> =
            file.vault.iter().enumerate().map(|(index, entry)| self.vault(index, entry)).collect();
        for (index, vault) in vaults.iter().enumerate() {
            if vaults.iter().take(index).any(|other| other.key == vault.key) {
                self.problem(&format!("vault[{index}]"), format!("{} is there twice", vault.name));
            }
        }
        let program = self.program(&file.program);
        Plan {
            program,
            cluster: file.cluster.name.clone(),
            genesis_hash: file.cluster.genesis_hash.clone(),
            upgrade_authority,
            governance,
            guardian,
            mints: std::mem::take(&mut self.mints).into_values().collect(),
            guards,
            models,
            strategies,
            vaults,
        }
    }

    fn program(&mut self, entry: &ProgramEntry) -> PlannedProgram {
        let path = match &entry.bytecode {
            Some(named) => self.path.parent().unwrap_or(Path::new("")).join(named),
            None => deploy_dir().join("ballast.so"),
        };
        let bytecode = match std::fs::read(&path) {
            Ok(bytes) => {
                if !bytes.starts_with(ELF) {
                    self.problem("program.bytecode", format!("{} is no program", path.display()));
                }
                Some(bytes)
            }
            // Somebody without a build may still carry out the rest.
            Err(_) if entry.bytecode.is_none() => None,
            Err(error) => {
                let problem = format!("{}: {error}; cargo xtask build makes the program", path.display());
                self.problem("program.bytecode", problem);
                None
            }
        };
        let keypair = entry.keypair.as_ref().map(|text| {
            let found = self.keys.address(text).map_err(|error| error.to_string())?;
            match self.keys.signer(&found) {
                Some(_) => Ok(found),
                None => Err(format!("\"{text}\" is an address: a key is needed, \"payer\" or \"key:NAME\"")),
            }
        });
        let headroom = entry.headroom.as_deref().map_or(Ok(HEADROOM_BPS), parse_bps);
        let headroom_bps = self.value("program.headroom", headroom);
        PlannedProgram { path, bytecode, keypair, upgrade: entry.upgrade, headroom_bps }
    }

    /// Somebody's key.
    pub(super) fn key(&mut self, place: &str, text: &str) -> Pubkey {
        let found = self.keys.address(text);
        let key = self.value(place, found);
        if key == Pubkey::default() && !self.problems.iter().any(|problem| problem.place == place) {
            self.problem(place, "must not be the default address");
        }
        key
    }

    /// An account's address.
    fn place_key(&mut self, place: &str, text: &str) -> Pubkey {
        if let Some(name) = text.strip_prefix("local:") {
            if !self.is_local {
                self.problem(place, "\"local:NAME\" is for plans of the cluster \"localnet\" only");
            }
            return local_address(name);
        }
        let found = text.parse().map_err(|_| format!("\"{text}\" is not an address"));
        self.value(place, found)
    }

    /// The token that the plan calls `symbol`.
    pub(super) fn mint(&mut self, place: &str, symbol: &str) -> PlannedMint {
        match self.mints.get(symbol) {
            Some(mint) => mint.clone(),
            None => {
                self.problem(place, format!("no [[mint]] has the symbol {symbol}"));
                PlannedMint { unit: Unit::new(symbol, 0), address: Pubkey::default() }
            }
        }
    }

    /// A share.
    pub(super) fn bps(&mut self, place: &str, text: &str) -> u16 {
        self.value(place, parse_bps(text))
    }

    /// A length of time.
    pub(super) fn secs(&mut self, place: &str, text: &str) -> u32 {
        self.value(place, parse_short_span(text))
    }

    /// An amount.
    pub(super) fn atoms(&mut self, place: &str, text: &str, unit: &Unit) -> u64 {
        self.value(place, unit.parse(text))
    }

    fn guard(&mut self, index: usize, entry: &PriceGuardEntry) -> PlannedGuard {
        let at = |key: &str| format!("price_guard[{index}].{key}");
        let mint = self.mint(&at("mint"), &entry.mint);
        let source = match entry.source.as_str() {
            "pyth-pull" => price_source::PYTH_PULL,
            "pyth-legacy" => price_source::PYTH_LEGACY,
            other => {
                self.problem(&at("source"), format!("\"{other}\" is not \"pyth-pull\" or \"pyth-legacy\""));
                price_source::PYTH_PULL
            }
        };
        let account = self.place_key(&at("account"), &entry.account);
        let feed_id = match (&entry.feed_id, source) {
            (Some(text), _) => self.hash(&at("feed_id"), text),
            (None, price_source::PYTH_LEGACY) => account.to_bytes(),
            (None, _) => {
                self.problem(&at("feed_id"), "is needed for \"pyth-pull\"");
                [0; 32]
            }
        };
        let params = PriceGuardParams {
            source,
            account,
            feed_id,
            max_age_secs: self.secs(&at("max_age"), &entry.max_age),
            max_conf_bps: self.bps(&at("max_confidence"), &entry.max_confidence),
            max_ema_divergence_bps: self.bps(&at("max_ema_divergence"), &entry.max_ema_divergence),
        };
        self.program_agrees(&format!("price_guard[{index}]"), params.validate());
        PlannedGuard { symbol: mint.unit.symbol, mint: mint.address, params }
    }

    fn hash(&mut self, place: &str, text: &str) -> [u8; 32] {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        let mut bytes = [0; 32];
        if hex::decode_to_slice(digits, &mut bytes).is_err() {
            self.problem(place, format!("\"{text}\" is not 32 bytes in hex"));
        }
        bytes
    }

    fn model(&mut self, index: usize, entry: &ModelEntry) -> PlannedModel {
        let at = |key: &str| format!("model[{index}].{key}");
        let file = self.path.parent().unwrap_or(Path::new("")).join(&entry.file);
        let read = ModelFile::read(&file)
            .and_then(|model| Ok((format!("{} v{}", model.name, model.version), model.hash()?)));
        let (name, hash) = self.value(&at("file"), read);
        if let Some(text) = &entry.hash {
            let stated = self.hash(&at("hash"), text);
            if stated != hash && !name.is_empty() {
                self.problem(&at("hash"), format!("the file hashes to {}", hex::encode(hash)));
            }
        }
        PlannedModel { name, hash, reapprove: entry.reapprove }
    }

    fn strategy(&mut self, index: usize, entry: &StrategyEntry) -> PlannedStrategy {
        let at = |key: &str| format!("strategy[{index}].{key}");
        let adapter = self.value(&at("adapter"), parse_adapter(&entry.adapter));
        let kind = Adapter::from_kind(adapter).map_err(words);
        let venue_program = self.value(&at("adapter"), kind.map(Adapter::program_id));
        let venue = self.place_key(&at("venue"), &entry.venue);
        let asset_mint = self.mint(&at("asset"), &entry.asset).address;
        let is_pool = adapter == ballast::adapters::kind::RAYDIUM_CPMM;
        let [max_slippage_bps, max_divergence_bps] =
            [("max_slippage", &entry.max_slippage), ("max_divergence", &entry.max_divergence)].map(
                |(key, text)| match text {
                    Some(text) if is_pool => self.pool_bound(&at(key), text),
                    Some(_) => {
                        self.problem(&at(key), "is for liquidity pools only");
                        0
                    }
                    None if is_pool => {
                        self.problem(&at(key), "is needed for a liquidity pool");
                        0
                    }
                    None => 0,
                },
            );
        let mut risk_factors = [0; MAX_RISK_FACTORS];
        if entry.risk_factors.len() > risk_factors.len() {
            self.problem(&at("risk_factors"), format!("at most {MAX_RISK_FACTORS}"));
        }
        for (id, name) in risk_factors.iter_mut().zip(&entry.risk_factors) {
            *id = risk_factor_id(name);
        }
        let planned = PlannedStrategy {
            name: entry.name.clone(),
            key: address::strategy(&venue, &asset_mint),
            venue,
            venue_program,
            asset_mint,
            params: StrategyParams { adapter, risk_factors, max_slippage_bps, max_divergence_bps },
        };
        let same_place = self.strategies.values().find(|other| other.key == planned.key);
        if let Some(other) = same_place.map(|other| other.name.clone()) {
            self.problem(&at("venue"), format!("strategy {other} has the same venue and asset"));
        }
        if self.strategies.insert(entry.name.clone(), planned.clone()).is_some() {
            self.problem(&at("name"), format!("{} is there twice", entry.name));
        }
        planned
    }

    /// At most 10%: the program's hard bound when a strategy is listed.
    fn pool_bound(&mut self, place: &str, text: &str) -> u16 {
        const MOST_BPS: u16 = 1_000;
        let bps = self.bps(place, text);
        if bps > MOST_BPS {
            self.problem(place, "is above the program's hard bound of 10%");
        }
        bps
    }

    /// Two names with one id would be one risk to the program.
    fn risk_factors_are_distinct(&mut self, file: &PlanFile) {
        let mut names: BTreeMap<u32, &str> = BTreeMap::new();
        for (index, entry) in file.strategy.iter().enumerate() {
            let place = format!("strategy[{index}].risk_factors");
            for name in &entry.risk_factors {
                let id = risk_factor_id(name);
                let other = *names.entry(id).or_insert(name);
                if id == 0 || other != name {
                    self.problem(&place, format!("\"{name}\" has the id of {other}: choose another name"));
                }
            }
        }
    }

    /// Notes what the program itself would refuse.
    pub(super) fn program_agrees(&mut self, place: &str, verdict: anchor_lang::Result<()>) {
        if let Err(error) = verdict {
            self.problem(place, words(error));
        }
    }
}

#[cfg(test)]
#[path = "resolve_tests.rs"]
mod tests;
