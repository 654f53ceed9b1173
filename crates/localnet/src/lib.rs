//! A local Solana chain with real JSON-RPC and WebSocket, started and stopped from Rust.
//!
//! [`LocalNet::start`] runs the chain (an embedded Surfpool, through a small Node script in `node/`)
//! behind one proxy on fixed loopback ports, deploys programs and hands back a guard: when it is
//! dropped, or when this process dies in any way, everything it started ends too.
//!
//! The chain can be rewritten at will by whoever holds the secret of the run. Only this process does:
//! the proxy refuses those methods to everybody else, so no page open in a browser can use them. What
//! is refused, and what a new user needs installed, is in `docs/localnet.md`.
//!
//! | Module | Job |
//! |---|---|
//! | [`config`] | what to start |
//! | [`error`] | what can go wrong, in words that say what to do |
//! | `install` | Node and the chain's package, once |
//! | `process` | the child process: start, handshake, end |
//! | `rpc` | JSON-RPC calls that carry the secret |
//! | [`admin`] | accounts, programs and clock of the running chain |

#![warn(missing_docs)]

pub mod admin;
pub mod config;
pub mod error;
mod install;
mod process;
mod rpc;

use std::time::Duration;

pub use admin::{ClockInfo, ProgramAuthority};
pub use config::{DEFAULT_PORT, LocalNetConfig, ProgramDeploy};
pub use error::{LocalNetError, Result};

use process::ChainProcess;
use rpc::AdminRpc;

/// How long the first slot may take on a machine that is busy with something else.
const FIRST_SLOT_TIMEOUT: Duration = Duration::from_secs(30);

/// A running local chain. Dropping it stops the chain.
#[derive(Debug)]
pub struct LocalNet {
    // Declared before the process: nothing may call the chain once it is gone.
    rpc: AdminRpc,
    process: ChainProcess,
}

impl LocalNet {
    /// Starts the chain and deploys `config.deploy`. Blocks until the chain answers and slots pass:
    /// under a second once the chain's package is installed (the first start downloads about 15 MB).
    ///
    /// # Errors
    /// See [`LocalNetError`]: Node or npm missing, a platform the chain is not built for, a port in use,
    /// a program that is not a program, or a chain that does not come up in time.
    pub fn start(config: LocalNetConfig) -> Result<Self> {
        config.check()?;
        let script = install::prepare(&config.state_dir)?;
        let process = ChainProcess::spawn(&script, &config)?;
        let rpc = AdminRpc::new(process.port(), process.token());
        let net = Self { rpc, process };
        net.wait_for_next_slot(FIRST_SLOT_TIMEOUT).map_err(|error| net.process.explain(error))?;
        net.deploy(&config.deploy)?;
        Ok(net)
    }

    /// URL for JSON-RPC over HTTP. Clients that derive the WebSocket's address from it (the next port,
    /// the same path) find it there.
    pub fn rpc_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.process.port())
    }

    /// URL for WebSocket subscriptions.
    pub fn ws_url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.process.ws_port())
    }

    /// URL of the web page.
    pub fn page_url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.process.port())
    }

    /// Process id of the chain, for diagnostics.
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// The secret of this run, for a process that this one trusts with the chain. A request carries it
    /// in the header [`config::TOKEN_HEADER`].
    pub fn token(&self) -> &str {
        self.process.token()
    }

    /// Whether the chain is up: the process lives, answers, and slots pass.
    ///
    /// # Errors
    /// [`LocalNetError::ChainExited`] with the end of its log, [`LocalNetError::Stalled`] when it
    /// answers but no slot passes (a paused clock does that), or the failed call.
    pub fn health(&self) -> Result<()> {
        self.process.check_alive()?;
        self.wait_for_next_slot(Duration::from_secs(10))
            .map(drop)
            .map_err(|error| self.process.explain(error))
    }

    /// Stops the chain and waits until it is gone. Dropping does the same, without a verdict.
    ///
    /// # Errors
    /// [`LocalNetError::Io`] when the system refuses to end the process.
    pub fn stop(mut self) -> Result<()> {
        self.process.stop()
    }
}
