//! What every command starts from: a chain, perhaps a wallet, and how to print.

use std::path::PathBuf;

use ballast_client::token::mint_decimals;
use ballast_client::{ChainClient, address};
use ballast_keeper::send::SendPolicy;
use ballast_keeper::{RpcChain, VaultSetup};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::amount::Unit;
use crate::args::Global;
use crate::error::CliError;
use crate::{keyfile, names};

/// The local chain's node, where no other is named.
pub const LOCAL_URL: &str = "http://127.0.0.1:8899";

/// A command's surroundings.
pub struct Session {
    /// The chain.
    pub chain: RpcChain,
    /// Whether to print JSON.
    pub json: bool,
    keypair_path: Option<PathBuf>,
}

impl Session {
    /// Connects lazily: nothing is asked before a command asks it.
    pub fn open(global: &Global) -> Result<Self, CliError> {
        let url = global.url.as_deref().unwrap_or(LOCAL_URL);
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(CliError::input(format!("--url {url}: expected http:// or https://")));
        }
        let mut chain = RpcChain::new(url, SendPolicy::default());
        for table in &global.lookup_table {
            chain.use_table(table)?;
        }
        Ok(Self { chain, json: global.json, keypair_path: global.keypair.clone() })
    }

    /// The wallet, for commands that sign.
    pub fn wallet(&self) -> Result<Keypair, CliError> {
        let path = self
            .keypair_path
            .as_ref()
            .ok_or_else(|| CliError::input("this command signs: name a wallet with --keypair FILE"))?;
        keyfile::read(path)
    }

    /// The wallet's address, where a wallet was named.
    pub fn wallet_address(&self) -> Result<Option<Pubkey>, CliError> {
        self.keypair_path.as_ref().map(|path| Ok(keyfile::read(path)?.pubkey())).transpose()
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
        ballast_keeper::room::make_room(&mut self.chain, setup, wallet, &mut |made| {
            eprintln!("made lookup table {made}: its rent is in this wallet's name");
        })
        .map_err(CliError::from)
    }
}
