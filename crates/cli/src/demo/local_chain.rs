//! The local chain as the sandbox's builders see it: accounts read over JSON-RPC and written by cheat code.

use std::time::Duration;

use ballast_localnet::LocalNet;
use ballast_sandbox::{Chain, ChainError};
use solana_account::Account;
use solana_commitment_config::CommitmentConfig;
use solana_pubkey::Pubkey;
use solana_rpc_client::rpc_client::RpcClient;

/// Long: programs are being compiled next to it on some machines.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The running local chain, whose accounts can be rewritten.
pub struct LocalChain<'a> {
    net: &'a LocalNet,
    rpc: RpcClient,
}

impl<'a> LocalChain<'a> {
    /// Direct access to `net`.
    pub fn new(net: &'a LocalNet) -> Self {
        let commitment = CommitmentConfig::processed();
        Self { net, rpc: RpcClient::new_with_timeout_and_commitment(net.rpc_url(), TIMEOUT, commitment) }
    }
}

impl Chain for LocalChain<'_> {
    fn account(&self, key: &Pubkey) -> Result<Option<Account>, ChainError> {
        self.rpc
            .get_account_with_commitment(key, CommitmentConfig::processed())
            .map(|answer| answer.value)
            .map_err(|why| ChainError::data("reading an account", why))
    }

    fn set_account(&mut self, key: &Pubkey, account: Account) -> Result<(), ChainError> {
        self.net
            .set_account(key, account.lamports, &account.owner, &account.data, account.executable)
            .map_err(|why| ChainError::Refused { key: *key, why: why.to_string() })
    }
}
