//! A plan, checked and with every name resolved: what the chain should look like.

use std::path::PathBuf;

use ballast::CreateVaultParams;
use ballast_client::address;
use ballast_client::state::{PriceGuardParams, StrategyParams};
use solana_pubkey::Pubkey;

use crate::amount::Unit;
use crate::deploy::Release;

/// What the chain should look like.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Name of the cluster.
    pub cluster: String,
    /// Its genesis hash, where the plan states one.
    pub genesis_hash: Option<String>,
    /// The program.
    pub program: PlannedProgram,
    /// Upgrade authority of the program.
    pub upgrade_authority: Pubkey,
    /// Governance.
    pub governance: Pubkey,
    /// Guardian.
    pub guardian: Pubkey,
    /// Tokens.
    pub mints: Vec<PlannedMint>,
    /// Price guards.
    pub guards: Vec<PlannedGuard>,
    /// Models.
    pub models: Vec<PlannedModel>,
    /// Strategies.
    pub strategies: Vec<PlannedStrategy>,
    /// Vaults.
    pub vaults: Vec<PlannedVault>,
}

impl Plan {
    /// What should run, where the plan has its bytecode.
    pub fn release(&self) -> Option<Release<'_>> {
        Some(Release {
            program: address::PROGRAM,
            authority: self.upgrade_authority,
            bytecode: self.program.bytecode.as_deref()?,
            headroom_bps: self.program.headroom_bps,
        })
    }
}

/// The program: what should run, and what deploying it takes.
#[derive(Clone, Debug)]
pub struct PlannedProgram {
    /// Its file.
    pub path: PathBuf,
    /// What is in it; `None` where there is no such file.
    pub bytecode: Option<Vec<u8>>,
    /// Whose key the plan names for it, or why that key cannot be had. Only a first deployment needs it.
    pub keypair: Option<Result<Pubkey, String>>,
    /// Replace other bytecode.
    pub upgrade: bool,
    /// Room for later versions, bps of the file.
    pub headroom_bps: u16,
}

/// A token that must exist.
#[derive(Clone, Debug)]
pub struct PlannedMint {
    /// Symbol and decimals.
    pub unit: Unit,
    /// Mint.
    pub address: Pubkey,
}

/// A price guard.
#[derive(Clone, Debug)]
pub struct PlannedGuard {
    /// Symbol of the token.
    pub symbol: String,
    /// Its mint.
    pub mint: Pubkey,
    /// What the guard should say.
    pub params: PriceGuardParams,
}

/// A model.
#[derive(Clone, Debug)]
pub struct PlannedModel {
    /// Name and version.
    pub name: String,
    /// Hash of its canonical encoding.
    pub hash: [u8; 32],
    /// Approve it even if it was revoked.
    pub reapprove: bool,
}

/// A strategy.
#[derive(Clone, Debug)]
pub struct PlannedStrategy {
    /// Its name.
    pub name: String,
    /// Its address.
    pub key: Pubkey,
    /// The reserve or pool.
    pub venue: Pubkey,
    /// The venue's program.
    pub venue_program: Pubkey,
    /// Asset of the vaults that may use it.
    pub asset_mint: Pubkey,
    /// What governance states about it.
    pub params: StrategyParams,
}

/// A vault.
#[derive(Clone, Debug)]
pub struct PlannedVault {
    /// Its name, such as usdc/conservative.
    pub name: String,
    /// Its address.
    pub key: Pubkey,
    /// Its asset.
    pub asset_mint: Pubkey,
    /// How its amounts are written.
    pub unit: Unit,
    /// What governance states about it.
    pub params: CreateVaultParams,
    /// Its slots, in order.
    pub allocations: Vec<PlannedAllocation>,
}

/// A slot of a vault.
#[derive(Clone, Debug)]
pub struct PlannedAllocation {
    /// Name of the strategy.
    pub name: String,
    /// Its address.
    pub strategy: Pubkey,
    /// Cap, atoms.
    pub absolute_cap_atoms: u64,
    /// Cap, bps.
    pub relative_cap_bps: u16,
}
