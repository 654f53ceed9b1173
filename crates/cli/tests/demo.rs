//! The demo as somebody runs it: the real command, the real chain, Ctrl-C.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Generous: other tests compile and run beside this one.
const PATIENCE: Duration = Duration::from_secs(300);

fn ballast(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ballast"));
    command.args(arguments);
    command
}

fn output(arguments: &[&str]) -> Output {
    ballast(arguments).output().unwrap()
}

fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A folder of one test's own: tests run at once, also in processes of their own.
fn own_dir(name: &str) -> String {
    std::env::temp_dir()
        .join(format!("ballast-demo-{name}-{}", std::process::id()))
        .to_string_lossy()
        .into_owned()
}

/// A running demo, killed if the test fails before it ended.
struct Running {
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
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
    fn wait_for(&mut self, text: &str) -> String {
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
    fn end(&mut self) -> bool {
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

    fn interrupt(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    }

    fn children(&self) -> Vec<String> {
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

fn is_running(id: &str) -> bool {
    let state = Command::new("ps").args(["-o", "stat=", "-p", id]).output().unwrap();
    let state = String::from_utf8_lossy(&state.stdout).trim().to_owned();
    !state.is_empty() && !state.starts_with('Z')
}

#[test]
fn a_keeper_acts_and_ctrl_c_leaves_nothing_running() {
    let dir = own_dir("acts");
    let mut demo = Running::start(&["demo", "--port", "0", "--dir", &dir]);
    let chain = demo.wait_for("JSON-RPC http://");
    let url = chain.split_whitespace().find(|word| word.starts_with("http://")).unwrap();
    let url = url.trim_end_matches(',').to_owned();
    demo.wait_for("usdc/conservative: decision 1");
    demo.wait_for("usdc/conservative: moved");

    let shown = output(&["--url", &url, "--json", "vault", "show", "usdc/conservative"]);
    assert!(shown.status.success(), "{}", complaint(&shown));
    let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert!(shown.to_string().contains("usdc/conservative"), "{shown}");

    let children = demo.children();
    assert!(!children.is_empty(), "the chain is a process of its own");
    demo.interrupt();
    assert!(demo.end(), "{}", demo.seen.join("\n"));
    let text = demo.seen.join("\n");
    assert!(text.contains("Ended early; nothing had failed.") && text.contains("Stopped."), "{text}");
    for id in children {
        assert!(!is_running(&id), "process {id} is left");
    }
    let gone = output(&["--url", &url, "vault", "list"]);
    assert_eq!(gone.status.code(), Some(3), "{}", complaint(&gone));
    assert!(complaint(&gone).contains("does not answer getProgramAccounts"), "{}", complaint(&gone));
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn useless_input_is_refused_before_anything_starts() {
    let folder = output(&["demo", "--port", "0", "--data", "/nonexistent-history"]);
    assert_eq!(folder.status.code(), Some(2));
    let said = complaint(&folder);
    assert!(said.contains("--data") && said.contains("/nonexistent-history"), "{said}");
    assert!(folder.stdout.is_empty(), "nothing was started");

    for arguments in [["--for", "1"], ["--speed", "1"], ["--port", "70000"]] {
        let refused = output(&[&["demo"], arguments.as_slice()].concat());
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}: {}", complaint(&refused));
        assert!(complaint(&refused).contains(arguments[0]), "{}", complaint(&refused));
    }
}

#[test]
fn a_busy_port_is_named() {
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let dir = own_dir("busy");
    let refused = output(&["demo", "--port", &port, "--dir", &dir]);
    std::fs::remove_dir_all(&dir).unwrap();
    assert_eq!(refused.status.code(), Some(3));
    let said = complaint(&refused);
    assert!(said.contains(&port) && said.contains("--port"), "{said}");
}
