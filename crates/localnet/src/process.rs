//! The child process: start, handshake, end.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::config::LocalNetConfig;
use crate::error::{LocalNetError, Result};
use crate::install::last_lines;

/// Generous: it takes a fifth of a second on an idle machine.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// How long the child may take to end by itself before it is killed.
const STOP_GRACE: Duration = Duration::from_secs(3);

/// How often a free pair of ports is looked for, and lost to somebody else, before giving up.
const PORT_TRIES: u32 = 20;

/// What the script is told, in one line, before anything else.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Orders<'a> {
    port: u16,
    ws_port: u16,
    token: &'a str,
    slot_time_ms: u64,
    app_dir: Option<&'a Path>,
}

/// What the script answers, in one line.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Ready {},
    Error(Failure),
}

/// Why the script gave up.
#[derive(Deserialize)]
struct Failure {
    kind: String,
    #[serde(default)]
    message: String,
    port: Option<u16>,
}

/// The running chain and its proxy. Ends with its owner.
#[derive(Debug)]
pub(crate) struct ChainProcess {
    // Asking whether it still runs reaps it, and that is asked through a shared reference.
    child: Mutex<Child>,
    // The child ends when this pipe closes, also when this process is killed.
    stdin: Option<ChildStdin>,
    port: u16,
    token: String,
    log: PathBuf,
}

impl ChainProcess {
    /// Starts the script and waits until both ports are open. With port 0 it looks for a free pair.
    pub(crate) fn spawn(script: &Path, config: &LocalNetConfig) -> Result<Self> {
        if config.port != 0 {
            return Self::spawn_at(config.port, script, config);
        }
        for _ in 0..PORT_TRIES {
            let port = free_port_pair()?;
            match Self::spawn_at(port, script, config) {
                // Somebody took it between the search and the start.
                Err(LocalNetError::PortBusy { .. }) => {}
                outcome => return outcome,
            }
        }
        Err(LocalNetError::NoFreePorts)
    }

    fn spawn_at(port: u16, script: &Path, config: &LocalNetConfig) -> Result<Self> {
        let log = config.state_dir.join(format!("chain-{port}.log"));
        let log_file =
            File::create(&log).map_err(LocalNetError::io(format!("creating {}", log.display())))?;
        let mut child = Command::new("node")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log_file)
            .spawn()
            .map_err(LocalNetError::io("starting node"))?;
        let stdout = child.stdout.take();
        let stdin = child.stdin.take();
        // From here on, dropping `process` ends the child: no early return leaks it.
        let mut process = Self {
            child: Mutex::new(child),
            stdin,
            port,
            token: hex::encode(rand::random::<[u8; 32]>()),
            log,
        };
        process.give_orders(config)?;
        process.await_ready(stdout)?;
        Ok(process)
    }

    fn give_orders(&mut self, config: &LocalNetConfig) -> Result<()> {
        let app_dir = match &config.app_dir {
            None => None,
            // The script has its own working directory in mind as little as ours.
            Some(dir) => Some(std::path::absolute(dir).map_err(LocalNetError::io("finding the page"))?),
        };
        let orders = Orders {
            port: self.port,
            ws_port: self.ws_port(),
            token: &self.token,
            slot_time_ms: config.slot_time_ms,
            app_dir: app_dir.as_deref(),
        };
        let line = serde_json::to_string(&orders)
            .map_err(|error| LocalNetError::io("telling the chain what to do")(error.into()))?;
        let stdin = self
            .stdin
            .as_mut()
            .ok_or_else(|| LocalNetError::StartFailed { message: "no pipe to node".to_owned() })?;
        writeln!(stdin, "{line}")
            .and_then(|()| stdin.flush())
            .map_err(|error| self.explain(LocalNetError::io("telling the chain what to do")(error)))
    }

    fn await_ready(&mut self, stdout: Option<ChildStdout>) -> Result<()> {
        let (sender, receiver) = mpsc::channel();
        if let Some(stdout) = stdout {
            // Reads to the end: a full pipe would stop the child.
            thread::spawn(move || {
                for line in BufReader::new(stdout).lines().map_while(std::io::Result::ok) {
                    // Nobody listens after the first answer; reading goes on all the same.
                    let _ = sender.send(line);
                }
            });
        }
        let deadline = Instant::now() + START_TIMEOUT;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match receiver.recv_timeout(left) {
                Ok(line) => match serde_json::from_str(&line) {
                    Ok(Answer::Ready {}) => return Ok(()),
                    Ok(Answer::Error(failure)) => return Err(self.failed(failure)),
                    // The chain's library may print something of its own: not ours to read.
                    Err(_) => {}
                },
                Err(RecvTimeoutError::Timeout) => {
                    return Err(LocalNetError::StartTimeout {
                        secs: START_TIMEOUT.as_secs(),
                        log: self.log.clone(),
                    });
                }
                Err(RecvTimeoutError::Disconnected) => {
                    // Its output ended: give the process a moment to be over as well.
                    self.wait_for_exit(STOP_GRACE);
                    return Err(self.explain(LocalNetError::StartFailed {
                        message: format!("node ended; its log is {}", self.log.display()),
                    }));
                }
            }
        }
    }

    fn failed(&self, failure: Failure) -> LocalNetError {
        match (failure.kind.as_str(), failure.port) {
            ("port_busy", Some(port)) => LocalNetError::PortBusy { port },
            ("unsupported_platform", _) => LocalNetError::UnsupportedPlatform {
                os: std::env::consts::OS.to_owned(),
                arch: std::env::consts::ARCH.to_owned(),
            },
            (kind, _) => LocalNetError::StartFailed { message: format!("{kind}: {}", failure.message) },
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn ws_port(&self) -> u16 {
        // `LocalNetConfig::check` and `free_port_pair` keep `port` below the last one.
        self.port.saturating_add(1)
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.lock().unwrap_or_else(PoisonError::into_inner).id()
    }

    /// An error when the child is over.
    pub(crate) fn check_alive(&self) -> Result<()> {
        match self.exit_status() {
            None => Ok(()),
            Some(status) => Err(LocalNetError::ChainExited { status, log_tail: self.log_tail() }),
        }
    }

    /// The better explanation of a failed call: that the child is over, when it is.
    pub(crate) fn explain(&self, error: LocalNetError) -> LocalNetError {
        self.check_alive().err().unwrap_or(error)
    }

    /// How the child ended, or `None` while it runs.
    fn exit_status(&self) -> Option<String> {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        match child.try_wait() {
            Ok(Some(status)) => Some(status.to_string()),
            Ok(None) | Err(_) => None,
        }
    }

    fn log_tail(&self) -> String {
        let text = fs::read(&self.log).unwrap_or_default();
        match last_lines(&String::from_utf8_lossy(&text), 15) {
            tail if tail.is_empty() => "(empty)".to_owned(),
            tail => tail,
        }
    }

    /// Waits up to `grace` for the child to end; whether it did.
    fn wait_for_exit(&self, grace: Duration) -> bool {
        let deadline = Instant::now() + grace;
        loop {
            if self.exit_status().is_some() {
                return true;
            }
            if Instant::now() >= deadline {
                return false;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Asks the child to end, insists if it does not, and reaps it. Does nothing the second time.
    pub(crate) fn stop(&mut self) -> Result<()> {
        self.stdin = None;
        if !self.wait_for_exit(STOP_GRACE) {
            let child = self.child.get_mut().unwrap_or_else(PoisonError::into_inner);
            child
                .kill()
                .and_then(|()| child.wait())
                .map_err(LocalNetError::io("stopping the local chain"))?;
        }
        if fs::metadata(&self.log).is_ok_and(|log| log.len() == 0) {
            // Tests run on ever new ports: leave no empty file behind for each. Losing this race is harmless.
            let _ = fs::remove_file(&self.log);
        }
        Ok(())
    }
}

impl Drop for ChainProcess {
    fn drop(&mut self) {
        // A destructor has nobody to tell; the closed pipe ends the child in any case.
        let _ = self.stop();
    }
}

/// A port that is free now, and so is the next one.
fn free_port_pair() -> Result<u16> {
    for _ in 0..PORT_TRIES {
        let first = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|listener| Ok((listener.local_addr()?.port(), listener)))
            .map_err(LocalNetError::io("looking for a free port"))?;
        if let Some(next) = first.0.checked_add(1)
            && TcpListener::bind((Ipv4Addr::LOCALHOST, next)).is_ok()
        {
            return Ok(first.0);
        }
    }
    Err(LocalNetError::NoFreePorts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_answers_are_read() {
        let ready: Answer =
            serde_json::from_str(r#"{"ready":{"port":1,"wsPort":2}}"#).expect("the script's ready line");
        assert!(matches!(ready, Answer::Ready {}));
        let busy: Answer =
            serde_json::from_str(r#"{"error":{"kind":"port_busy","port":8899,"message":"taken"}}"#)
                .expect("the script's error line");
        assert!(matches!(busy, Answer::Error(Failure { port: Some(8899), .. })));
    }

    #[test]
    fn a_free_pair_is_free() {
        let port = free_port_pair().expect("free ports");
        assert!(port < u16::MAX);
    }
}
