//! Progress of the way up: a spinner while a step runs, a line with its time when it is done.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};

/// Runs one step of the way up, which returns what to say about it.
pub fn step<T>(name: &str, work: impl FnOnce(&ProgressBar) -> Result<(T, String)>) -> Result<T> {
    let started = Instant::now();
    let spinner = ProgressBar::new_spinner().with_message(format!("{name:<10}…"));
    spinner.set_style(ProgressStyle::with_template("  {spinner} {msg}  {elapsed}").unwrap_or_else(|_| {
        // Only a template that cannot be parsed gets here: the default one shows the same.
        ProgressStyle::default_spinner()
    }));
    spinner.enable_steady_tick(Duration::from_millis(120));
    let outcome = work(&spinner);
    spinner.finish_and_clear();
    let (value, said) = outcome.with_context(|| name.to_owned())?;
    println!("  ✓ {name:<10} {said}  ({:.1} s)", started.elapsed().as_secs_f64());
    Ok(value)
}
