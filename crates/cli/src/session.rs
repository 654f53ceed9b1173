//! What every command starts from: a chain, perhaps a wallet, and how to print.

use std::path::PathBuf;

use ballast_client::token::mint_decimals;
use ballast_client::{ChainClient, address, decode_config};
use ballast_keeper::{FreshVault, VaultSetup};
use ballast_rpc::RpcChain;
use ballast_rpc::send::SendPolicy;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::amount::Unit;
use crate::args::Global;
use crate::error::CliError;
use crate::surroundings::{KEYPAIR_VARIABLE, LOCAL_URL, WalletFile, resolve_url, wallet_file};
use crate::{keyfile, names};

/// A command's surroundings.
pub struct Session {
    /// The chain.
    pub chain: RpcChain,
    /// Whether to print JSON.
    pub json: bool,
    wallet_file: Option<WalletFile>,
}

impl Session {
    /// Connects lazily: nothing is asked before a command asks it.
    pub fn open(global: &Global) -> Result<Self, CliError> {
        let url = resolve_url(global.url.as_deref().unwrap_or(LOCAL_URL)).map_err(CliError::Input)?;
        let mut chain = RpcChain::new(&url, SendPolicy::default());
        for table in &global.lookup_table {
            chain.use_table(table)?;
        }
        let variable = std::env::var_os(KEYPAIR_VARIABLE).map(PathBuf::from);
        let home = std::env::home_dir();
        let wallet_file = wallet_file(global.keypair.as_deref(), variable, home.as_deref());
        Ok(Self { chain, json: global.json, wallet_file })
    }

    /// The wallet, for commands that sign.
    pub fn wallet(&self) -> Result<Keypair, CliError> {
        let file = self.wallet_file.as_ref().ok_or_else(|| {
            CliError::input(format!(
                "this command signs: name a wallet with --keypair FILE or {KEYPAIR_VARIABLE}"
            ))
        })?;
        keyfile::read(&file.path)
    }

    /// The wallet's address, where there is one. A wallet that was named must be readable; one that Solana's tools
    /// happen to use need not be, for commands that only look.
    pub fn wallet_address(&self) -> Result<Option<Pubkey>, CliError> {
        let Some(file) = &self.wallet_file else { return Ok(None) };
        match keyfile::read(&file.path) {
            Ok(keypair) => Ok(Some(keypair.pubkey())),
            Err(error) if file.is_named => Err(error),
            Err(_) => Ok(None),
        }
    }

    /// The address of the vault that people call `text`.
    pub fn find_vault(&self, text: &str) -> Result<Pubkey, CliError> {
        let candidates = names::vault_candidates(text).map_err(CliError::Input)?;
        let found = self.chain.accounts(&candidates)?;
        candidates
            .iter()
            .zip(found)
            .find(|(_, account)| account.as_ref().is_some_and(|account| account.owner == address::PROGRAM))
            .map(|(key, _)| *key)
            .ok_or_else(|| CliError::input(format!("vault \"{text}\" does not exist on this chain")))
    }

    /// The vault that people call `text`, with its slots.
    pub fn load_vault(&self, text: &str) -> Result<VaultSetup, CliError> {
        Ok(VaultSetup::load(&self.chain, self.find_vault(text)?)?)
    }

    /// The vault as it is now, found by simulation: nobody signs, and no wallet is needed. A wallet that was named
    /// pays for a lookup table where one is needed and none can be found.
    pub fn look(&mut self, setup: &VaultSetup) -> Result<FreshVault, CliError> {
        let payer = self.stand_in_payer(setup)?;
        if !self.chain.fits(&payer, &setup.refreshes(|_, _| true))? {
            match self.wallet() {
                Ok(wallet) => self.make_room(setup, &wallet)?,
                // A node that does not search accounts finds none; the simulation then says what is too large.
                Err(_) => drop(self.chain.find_table(&setup.vault.keeper, &setup.table_addresses())),
            }
        }
        Ok(FreshVault::look(&mut self.chain, setup, &payer, &[])?)
    }

    /// Who stands in as payer of a simulation: the wallet, else somebody whom the vault or the config names. Nodes
    /// take only accounts of the system program that hold something.
    fn stand_in_payer(&self, setup: &VaultSetup) -> Result<Pubkey, CliError> {
        let mut candidates: Vec<Pubkey> = self.wallet_address()?.into_iter().collect();
        candidates.extend([setup.vault.keeper, setup.vault.fee_recipient]);
        let config = self.chain.account(&address::config())?;
        if let Some(config) = config.and_then(|account| decode_config(&account.data).ok()) {
            candidates.extend([config.governance, config.guardian]);
        }
        self.chain.stand_in_payer(&candidates)?.ok_or_else(|| {
            CliError::refused(
                "nothing can be simulated: neither this vault's keeper, its fee recipient, governance nor guardian holds SOL here; name a wallet that does with --keypair FILE",
            )
        })
    }

    /// How people write `mint`.
    pub fn unit(&self, mint: &Pubkey) -> Result<Unit, CliError> {
        let account = self.chain.account(mint)?;
        let decimals = account
            .as_ref()
            .and_then(|account| mint_decimals(&account.data))
            .ok_or_else(|| CliError::input(format!("{mint} is not a token's mint")))?;
        Ok(Unit { symbol: names::symbol_or_address(mint), decimals })
    }

    /// Makes sure that the vault's transactions fit: finds a lookup table where one is needed, or makes one
    /// that `wallet` pays for.
    pub fn make_room(&mut self, setup: &VaultSetup, wallet: &dyn Signer) -> Result<(), CliError> {
        ballast_keeper::transaction_room::make_room(&mut self.chain, setup, wallet, &mut |made| {
            eprintln!("made lookup table {made}: its rent is in this wallet's name");
        })
        .map_err(CliError::from)
    }
}
