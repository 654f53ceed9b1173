//! What can go wrong, in words that say what to do about it.

use std::path::PathBuf;

use solana_pubkey::Pubkey;

/// Result of this crate.
pub type Result<T> = std::result::Result<T, LocalNetError>;

/// Why the local chain did not start, or did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum LocalNetError {
    /// No `node` on PATH.
    #[error(
        "the local chain needs Node.js {min} or newer, and there is no `node` on PATH: install it, then try again"
    )]
    NodeMissing {
        /// Oldest major version that works.
        min: u32,
    },

    /// A `node` that is too old, or that does not say its version.
    #[error(
        "the local chain needs Node.js {min} or newer; `node --version` says {found:?}: install a newer one, then try again"
    )]
    NodeTooOld {
        /// What it said.
        found: String,
        /// Oldest major version that works.
        min: u32,
    },

    /// No `npm` on PATH.
    #[error(
        "the local chain's package is installed with npm, and there is no `npm` on PATH: it comes with Node.js, on some systems as a package of its own"
    )]
    NpmMissing,

    /// The chain is not built for this machine.
    #[error(
        "the local chain is not built for {os} on {arch}: it runs on Linux x86-64 (glibc) and macOS. Tests that need no chain, `ballast replay` and a remote --url still work here"
    )]
    UnsupportedPlatform {
        /// Operating system.
        os: String,
        /// Processor.
        arch: String,
    },

    /// npm failed.
    #[error("installing the local chain's package failed (`npm ci` in {}): {output}", dir.display())]
    InstallFailed {
        /// Folder it ran in.
        dir: PathBuf,
        /// End of what it printed.
        output: String,
    },

    /// Another program listens on the port.
    #[error(
        "port {port} on 127.0.0.1 is in use, perhaps by another demo or a test validator: stop that, or choose another port (--port; the next one is needed too)"
    )]
    PortBusy {
        /// The port.
        port: u16,
    },

    /// No two neighbouring ports were free.
    #[error("found no two neighbouring free ports on 127.0.0.1")]
    NoFreePorts,

    /// The WebSocket would need port 65536.
    #[error("port 65535 leaves no port for the WebSocket, which is on the next one: choose a lower port")]
    NoPortForWebSocket,

    /// Slots so short that nothing else would run.
    #[error("a slot of {given_ms} ms is too short for the local chain: at least {min_ms} ms")]
    SlotTimeTooShort {
        /// What was asked for.
        given_ms: u64,
        /// What works.
        min_ms: u64,
    },

    /// The chain's package did not load or did not start.
    #[error("the local chain did not start: {message}")]
    StartFailed {
        /// What it said.
        message: String,
    },

    /// The chain did not come up in time.
    #[error("the local chain did not start within {secs} s; its log is {}", log.display())]
    StartTimeout {
        /// How long it was given.
        secs: u64,
        /// Where its output is.
        log: PathBuf,
    },

    /// The process is gone.
    #[error("the local chain ended by itself ({status}); end of its log: {log_tail}")]
    ChainExited {
        /// How it ended.
        status: String,
        /// Last lines it printed.
        log_tail: String,
    },

    /// It answers, but no slot passes.
    #[error(
        "the local chain answers but no slot passed in {secs} s (still at {slot}); was its clock paused?"
    )]
    Stalled {
        /// How long it was watched.
        secs: u64,
        /// The slot it stays at.
        slot: u64,
    },

    /// A program file that cannot be deployed.
    #[error("program {program_id} cannot be deployed from {}: {reason}", path.display())]
    Program {
        /// Address it was for.
        program_id: Pubkey,
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },

    /// An account that was expected is not there, or does not hold what it should.
    #[error("account {address} {problem}")]
    Account {
        /// Its address.
        address: Pubkey,
        /// What is wrong with it.
        problem: String,
    },

    /// The clock only moves forward.
    #[error("the local chain's clock only moves forward: it is at {now}, {target} was asked for")]
    TimeTravelBackwards {
        /// Where it is (unix seconds, or an epoch).
        now: i64,
        /// Where it was asked to go.
        target: i64,
    },

    /// The chain answered a call with an error.
    #[error("{method}: {message}")]
    Rpc {
        /// JSON-RPC method.
        method: &'static str,
        /// The chain's words.
        message: String,
    },

    /// The call did not get through.
    #[error("{method}: the local chain did not answer: {source}")]
    Transport {
        /// JSON-RPC method.
        method: &'static str,
        /// What HTTP said.
        #[source]
        source: Box<ureq::Error>,
    },

    /// The system refused something.
    #[error("{action}: {source}")]
    Io {
        /// What was being done.
        action: String,
        /// The system's words.
        #[source]
        source: std::io::Error,
    },
}

impl LocalNetError {
    /// Says what was being done when the system refused.
    pub(crate) fn io(action: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let action = action.into();
        move |source| Self::Io { action, source }
    }
}
