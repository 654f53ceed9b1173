//! The benchmark's own arguments; cargo adds `--bench`.

use std::path::PathBuf;

/// How to measure.
#[derive(Debug)]
pub struct Arguments {
    /// Python that has the peers.
    pub python: Option<PathBuf>,
    /// Where to write the report, besides standard output.
    pub report: Option<PathBuf>,
    /// Inputs for Python and its answers.
    pub work: PathBuf,
    /// Runs whose median counts.
    pub repeats: usize,
    /// Only cases with this in their name.
    pub only: String,
}

impl Arguments {
    pub fn parse(args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut parsed = Self {
            python: std::env::var_os("BALLAST_PEERS_PYTHON").map(PathBuf::from),
            report: None,
            work: std::env::temp_dir().join(format!("ballast-peers-{}", std::process::id())),
            repeats: 30,
            only: String::new(),
        };
        let mut args = args.filter(|arg| arg != "--bench");
        while let Some(name) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{name} needs a value"));
            match name.as_str() {
                "--python" => parsed.python = Some(value()?.into()),
                "--report" => parsed.report = Some(value()?.into()),
                "--work" => parsed.work = value()?.into(),
                "--only" => parsed.only = value()?,
                "--repeats" => {
                    let text = value()?;
                    parsed.repeats = text
                        .parse()
                        .ok()
                        .filter(|repeats| *repeats > 0)
                        .ok_or_else(|| format!("--repeats: {text:?} is not a number of at least 1"))?;
                }
                _ => return Err(format!("unexpected argument {name:?}")),
            }
        }
        Ok(parsed)
    }
}
