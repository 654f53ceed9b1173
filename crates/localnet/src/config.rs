//! What to start.

use std::path::{Path, PathBuf};

use solana_pubkey::Pubkey;

use crate::error::{LocalNetError, Result};

/// Port of JSON-RPC and of the page when nobody says otherwise; the WebSocket is on the next one.
pub const DEFAULT_PORT: u16 = 8899;

/// Header that carries the secret of a run.
pub const TOKEN_HEADER: &str = "x-ballast-token";

/// Slot time of mainnet, in milliseconds.
const DEFAULT_SLOT_TIME_MS: u64 = 400;

/// One program to deploy.
#[derive(Debug, Clone)]
pub struct ProgramDeploy {
    /// Address to deploy at. No keypair is needed: real programs' own addresses work.
    pub program_id: Pubkey,
    /// The bytecode, SBPF v0 to v3.
    pub so_path: PathBuf,
    /// Who may upgrade it, as its ProgramData account says. `None` leaves the chain's default, the
    /// system program, which nobody can sign for.
    pub upgrade_authority: Option<Pubkey>,
}

/// How to run the chain. `LocalNetConfig::default()` is mainnet's slot time on the usual ports.
#[derive(Debug, Clone)]
pub struct LocalNetConfig {
    /// JSON-RPC and page on this loopback port, WebSocket also on the next one. 0 picks a free pair,
    /// which is what tests want.
    pub port: u16,
    /// Programs to deploy, in this order, before `start` returns.
    pub deploy: Vec<ProgramDeploy>,
    /// Milliseconds a slot; at least [`LocalNetConfig::MIN_SLOT_TIME_MS`].
    pub slot_time_ms: u64,
    /// Folder of the web page's files; `None` serves no page.
    pub app_dir: Option<PathBuf>,
    /// Where the chain's package is installed and its logs are written.
    pub state_dir: PathBuf,
}

impl LocalNetConfig {
    /// Shorter slots than this starve the rest of a small machine.
    pub const MIN_SLOT_TIME_MS: u64 = 20;

    /// Refuses what cannot work, before anything is started.
    pub(crate) fn check(&self) -> Result<()> {
        if self.slot_time_ms < Self::MIN_SLOT_TIME_MS {
            return Err(LocalNetError::SlotTimeTooShort {
                given_ms: self.slot_time_ms,
                min_ms: Self::MIN_SLOT_TIME_MS,
            });
        }
        if self.port == u16::MAX {
            return Err(LocalNetError::NoPortForWebSocket);
        }
        Ok(())
    }
}

impl Default for LocalNetConfig {
    fn default() -> Self {
        let root = workspace_root();
        Self {
            port: DEFAULT_PORT,
            deploy: Vec::new(),
            slot_time_ms: DEFAULT_SLOT_TIME_MS,
            app_dir: page_dir(&root),
            state_dir: root.join("target").join("localnet"),
        }
    }
}

/// The nearest folder upwards that holds the workspace, so that the demo works from any folder of it;
/// the current folder for an installed binary.
fn workspace_root() -> PathBuf {
    let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    here.ancestors()
        .find(|dir| dir.join("Cargo.lock").is_file() && dir.join("Anchor.toml").is_file())
        .or_else(|| here.ancestors().find(|dir| dir.join("Cargo.lock").is_file()))
        .unwrap_or(&here)
        .to_path_buf()
}

/// The built page when there is one, else the static shell.
fn page_dir(root: &Path) -> Option<PathBuf> {
    [root.join("app").join("dist"), root.join("app")].into_iter().find(|dir| dir.join("index.html").is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_time_that_starves_the_machine_is_refused() {
        let config = LocalNetConfig {
            slot_time_ms: LocalNetConfig::MIN_SLOT_TIME_MS - 1,
            ..LocalNetConfig::default()
        };
        assert!(matches!(config.check(), Err(LocalNetError::SlotTimeTooShort { given_ms: 19, min_ms: 20 })));
    }

    #[test]
    fn the_last_port_has_no_neighbour() {
        let config = LocalNetConfig { port: u16::MAX, ..LocalNetConfig::default() };
        assert!(matches!(config.check(), Err(LocalNetError::NoPortForWebSocket)));
    }

    #[test]
    fn defaults_pass_their_own_check() {
        assert!(LocalNetConfig::default().check().is_ok());
    }
}
