//! What the chain says about everything that a plan names.

use std::collections::BTreeMap;

use ballast_client::state::{Config, Model, PriceGuard, Strategy, Vault};
use ballast_client::token::{mint_decimals, token_balance};
use ballast_client::{
    AccountError, ChainAccount, ChainClient, address, decode_config, decode_model, decode_price_guard,
    decode_strategy, decode_vault,
};
use solana_pubkey::Pubkey;

use super::plan::Plan;
use crate::deploy::{Cost, Deployed};
use crate::error::CliError;

/// The chain, as far as a plan is concerned.
#[derive(Clone, Default)]
pub struct ChainState {
    /// Whether the program is deployed.
    pub program_deployed: bool,
    /// Who may upgrade it; `None` when nobody can, or it is not upgradeable.
    pub upgrade_authority: Option<Pubkey>,
    /// The program as the upgradeable loader holds it; `None` where it is not that loader's.
    pub deployed: Option<Deployed>,
    /// What deploying the plan's bytecode, or upgrading to it, would cost; where something of it is to be done.
    pub cost: Option<Cost>,
    /// The config, where it exists.
    pub config: Option<Config>,
    /// Mints that exist: decimals and token program.
    pub mints: BTreeMap<Pubkey, MintState>,
    /// Price guards by mint.
    pub guards: BTreeMap<Pubkey, PriceGuard>,
    /// Models by hash.
    pub models: BTreeMap<[u8; 32], Model>,
    /// Strategies by address.
    pub strategies: BTreeMap<Pubkey, Strategy>,
    /// Vaults by address.
    pub vaults: BTreeMap<Pubkey, Vault>,
    /// Owners of the venue accounts that exist.
    pub venues: BTreeMap<Pubkey, Pubkey>,
}

/// A mint on chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MintState {
    /// Decimals.
    pub decimals: u8,
    /// Token program that owns it.
    pub token_program: Pubkey,
}

impl ChainState {
    /// Reads it.
    pub fn read(chain: &dyn ChainClient, plan: &Plan, payer: &Pubkey) -> Result<Self, CliError> {
        let program = chain.accounts(&[address::PROGRAM, address::config()])?;
        let [program, config] = <[Option<ChainAccount>; 2]>::try_from(program)
            .map_err(|_| CliError::environment("the node did not answer for every account"))?;
        let deployed = Deployed::read(chain, &address::PROGRAM)?;
        let mut state = Self {
            program_deployed: program.is_some_and(|account| account.executable),
            upgrade_authority: deployed.as_ref().and_then(|deployed| deployed.authority),
            deployed,
            config: ours(config.as_ref(), &address::config(), decode_config)?,
            ..Self::default()
        };
        state.cost = state.cost(chain, plan, payer)?;
        for (key, account) in lookup(chain, plan.mints.iter().map(|mint| mint.address))? {
            if let Some(decimals) = mint_decimals(&account.data) {
                state.mints.insert(key, MintState { decimals, token_program: account.owner });
            }
        }
        for guard in &plan.guards {
            let key = address::price_guard(&guard.mint);
            if let Some(found) = ours(chain.account(&key)?.as_ref(), &key, decode_price_guard)? {
                state.guards.insert(guard.mint, found);
            }
        }
        for model in &plan.models {
            let key = address::model(&model.hash);
            if let Some(found) = ours(chain.account(&key)?.as_ref(), &key, decode_model)? {
                state.models.insert(model.hash, found);
            }
        }
        for (key, account) in lookup(chain, plan.strategies.iter().map(|strategy| strategy.key))? {
            if let Some(found) = ours(Some(&account), &key, decode_strategy)? {
                state.strategies.insert(key, found);
            }
        }
        for (key, account) in lookup(chain, plan.vaults.iter().map(|vault| vault.key))? {
            if let Some(found) = ours(Some(&account), &key, decode_vault)? {
                state.vaults.insert(key, found);
            }
        }
        for (key, account) in lookup(chain, plan.strategies.iter().map(|strategy| strategy.venue))? {
            state.venues.insert(key, account.owner);
        }
        Ok(state)
    }
}

impl ChainState {
    fn cost(&self, chain: &dyn ChainClient, plan: &Plan, payer: &Pubkey) -> Result<Option<Cost>, CliError> {
        let Some(release) = plan.release() else { return Ok(None) };
        match &self.deployed {
            None if self.program_deployed => Ok(None),
            None => Cost::of_deploy(chain, &release, payer).map(Some),
            Some(found) if found.runs(release.bytecode) => Ok(None),
            Some(found) => Cost::of_upgrade(chain, &release, found, payer).map(Some),
        }
    }
}

/// Those of `keys` that exist.
fn lookup(
    chain: &dyn ChainClient,
    keys: impl Iterator<Item = Pubkey>,
) -> Result<Vec<(Pubkey, ChainAccount)>, CliError> {
    let keys: Vec<Pubkey> = keys.collect();
    let found = chain.accounts(&keys)?;
    Ok(keys.into_iter().zip(found).filter_map(|(key, account)| Some((key, account?))).collect())
}

/// An account of the program, if it exists; one that cannot be read is an error, not an absence. A system
/// account that somebody sent lamports to counts as absent: the program can still create it.
fn ours<T>(
    account: Option<&ChainAccount>,
    key: &Pubkey,
    read: impl Fn(&[u8]) -> Result<T, AccountError>,
) -> Result<Option<T>, CliError> {
    match account {
        Some(account) if account.owner == address::PROGRAM => {
            read(&account.data).map(Some).map_err(|error| CliError::refused(format!("{key}: {error}")))
        }
        _ => Ok(None),
    }
}

/// Balance of `owner`'s associated token account.
pub fn balance(
    chain: &dyn ChainClient,
    owner: &Pubkey,
    mint: &Pubkey,
    token_program: &Pubkey,
) -> Result<Option<u64>, CliError> {
    let account = chain.account(&address::token_account(owner, mint, token_program))?;
    Ok(account.and_then(|account| token_balance(&account.data)))
}
