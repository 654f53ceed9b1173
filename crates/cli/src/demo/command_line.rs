//! The wallet acts as its owner would: through this very program, started anew for each command.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The `ballast` command, pointed at a chain and a wallet.
#[derive(Clone, Debug)]
pub struct CommandLine {
    program: PathBuf,
    url: String,
    keypair: PathBuf,
}

impl CommandLine {
    /// This program, for the chain at `url` and the wallet in the file `keypair`.
    pub fn new(url: String, keypair: PathBuf) -> Result<Self> {
        let program = std::env::current_exe().context("finding this program")?;
        Ok(Self { program, url, keypair })
    }

    /// Runs a command; what it printed. Fails with what it complained about.
    pub fn run(&self, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new(&self.program);
        // Ctrl-C is for the demo, which lets its commands finish.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let output = command
            .arg("--url")
            .arg(&self.url)
            .arg("--keypair")
            .arg(&self.keypair)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("starting {}", self.program.display()))?;
        if !output.status.success() {
            let complaint = String::from_utf8_lossy(&output.stderr);
            bail!("ballast {} failed ({}): {}", arguments.join(" "), output.status, complaint.trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// How somebody types it, with the options that are not at their default.
    pub fn typed(&self, arguments: &str) -> String {
        let url = match self.url.as_str() {
            "http://127.0.0.1:8899" => String::new(),
            url => format!("--url {url} "),
        };
        // Shorter where the file is below the present folder.
        let here = std::env::current_dir().unwrap_or_default();
        let keypair = self.keypair.strip_prefix(&here).unwrap_or(&self.keypair);
        format!("ballast {url}--keypair {} {arguments}", keypair.display())
    }
}
