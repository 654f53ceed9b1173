//! Ctrl-C and SIGTERM: ask the demo to end in order; a second Ctrl-C ends it at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// How often a wait looks whether it was interrupted.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Exit code of a process that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// Whether somebody asked the demo to end.
#[derive(Clone, Debug)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Starts listening.
    pub fn listen() -> Result<Self> {
        let asked = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&asked);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("starting to listen for Ctrl-C")?;
        // Detached: it lives as long as the process does.
        thread::spawn(move || runtime.block_on(watch(&seen)));
        Ok(Self(asked))
    }

    /// Whether it was asked to end.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Waits until `deadline`, or until it is asked to end.
    pub fn wait_until(&self, deadline: Instant) {
        while !self.is_set() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            thread::sleep(left.min(LOOK_EVERY));
        }
    }
}

async fn watch(seen: &AtomicBool) {
    loop {
        if !signal().await {
            return;
        }
        if seen.swap(true, Ordering::Relaxed) {
            // The chain ends too: its end of our pipe closes.
            std::process::exit(INTERRUPTED);
        }
    }
}

/// Waits for a signal; false where the system offers none.
#[cfg(unix)]
async fn signal() -> bool {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return false };
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed.is_ok(),
        received = terminate.recv() => received.is_some(),
    }
}

/// Waits for a signal; false where the system offers none.
#[cfg(not(unix))]
async fn signal() -> bool {
    tokio::signal::ctrl_c().await.is_ok()
}
