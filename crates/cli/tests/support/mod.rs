//! The command as somebody runs it, and a demo to run it on.
#![allow(clippy::unwrap_used, clippy::expect_used, dead_code, missing_docs)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Generous: other tests compile and run beside this one.
const PATIENCE: Duration = Duration::from_secs(300);

pub fn ballast(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ballast"));
    command.args(arguments);
    command
}

pub fn output(arguments: &[&str]) -> Output {
    ballast(arguments).output().unwrap()
}

pub fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A folder of one test's own: tests run at once, also in processes of their own.
pub fn own_dir(name: &str) -> String {
    std::env::temp_dir()
        .join(format!("ballast-demo-{name}-{}", std::process::id()))
        .to_string_lossy()
        .into_owned()
}

/// A running demo, killed if the test fails before it ended.
pub struct Running {
    child: Child,
    lines: Receiver<String>,
    pub seen: Vec<String>,
}

impl Running {
    pub fn start(arguments: &[&str]) -> Self {
        let mut child = ballast(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Self { child, lines, seen: Vec::new() }
    }

    /// Waits for a line with `text` in it.
    pub fn wait_for(&mut self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    self.seen.push(line.clone());
                    if line.contains(text) {
                        return line;
                    }
                }
                Err(error) => panic!("no line with {text:?} ({error}):\n{}", self.seen.join("\n")),
            }
        }
    }

    /// Waits for the end; whether it was a success.
    pub fn end(&mut self) -> bool {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                self.seen.extend(self.lines.try_iter());
                return status.success();
            }
            assert!(Instant::now() < deadline, "it does not end:\n{}", self.seen.join("\n"));
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub fn interrupt(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    }

    pub fn children(&self) -> Vec<String> {
        let found = Command::new("pgrep").args(["-P", &self.child.id().to_string()]).output().unwrap();
        String::from_utf8_lossy(&found.stdout).split_whitespace().map(str::to_owned).collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Ended already, or about to: either way the test is over.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn is_running(id: &str) -> bool {
    let state = Command::new("ps").args(["-o", "stat=", "-p", id]).output().unwrap();
    let state = String::from_utf8_lossy(&state.stdout).trim().to_owned();
    !state.is_empty() && !state.starts_with('Z')
}
