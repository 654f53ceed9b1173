//! Start and end: nothing is left behind, and every refusal says what to do.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use ballast_localnet::{LocalNet, LocalNetConfig, LocalNetError};
use support::{authority, config, eventually, process_runs, start};

/// The command-line tool: a second process that owns a chain.
fn tool() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ballast-localnet"));
    command
        .args(["--port", "0", "--slot-time-ms", "100"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Starts the tool; its chain's process id.
fn running_tool() -> (Child, u32) {
    let mut child = tool().spawn().expect("the tool starts");
    let stdout = child.stdout.take().unwrap();
    let id = BufReader::new(stdout)
        .lines()
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("Process ")?.trim().parse().ok());
    match id {
        Some(id) => (child, id),
        None => {
            let ended = child.wait_with_output().unwrap();
            panic!("no chain: {}", String::from_utf8_lossy(&ended.stderr));
        }
    }
}

#[test]
fn stopping_leaves_no_process() {
    let net = start();
    let id = net.process_id();
    assert!(process_runs(id));
    // Whether the ports are free is not asked: a test beside this one may have taken them by then.
    net.stop().expect("it stops");
    assert!(!process_runs(id));
}

#[test]
fn dropping_stops_it_too() {
    let net = start();
    let id = net.process_id();
    drop(net);
    assert!(!process_runs(id));
}

#[test]
fn the_chain_does_not_outlive_a_parent_that_was_killed() {
    let (mut parent, id) = running_tool();
    assert!(process_runs(id));
    parent.kill().unwrap();
    parent.wait().unwrap();
    assert!(eventually(|| !process_runs(id)), "process {id} is left over");
}

#[test]
fn ctrl_c_ends_the_tool_and_its_chain() {
    let (mut parent, id) = running_tool();
    let status = Command::new("kill").args(["-INT", &parent.id().to_string()]).status().unwrap();
    assert!(status.success());
    parent.wait().unwrap();
    assert!(eventually(|| !process_runs(id)), "process {id} is left over");
}

#[test]
fn a_chain_that_dies_is_reported_as_such() {
    let net = start();
    let status = Command::new("kill").args(["-9", &net.process_id().to_string()]).status().unwrap();
    assert!(status.success());
    assert!(eventually(|| matches!(net.health(), Err(LocalNetError::ChainExited { .. }))));
}

#[test]
fn ctrl_c_lets_the_parent_finish_and_a_second_one_does_not_wait() {
    let net = start();
    let id = net.process_id();
    let interrupt = || {
        let status = Command::new("kill").args(["-INT", &id.to_string()]).status();
        assert!(status.unwrap().success());
    };
    interrupt();
    net.health().expect("the chain still serves its parent's last calls");
    interrupt();
    assert!(eventually(|| !process_runs(id)));
}

#[test]
fn a_busy_port_is_named_whichever_of_the_two_it_is() {
    let net = start();
    let port: u16 = authority(&net).rsplit_once(':').unwrap().1.parse().unwrap();
    let taken = LocalNet::start(LocalNetConfig { port, ..config() });
    match taken {
        Err(LocalNetError::PortBusy { port: named }) => assert_eq!(named, port),
        other => panic!("expected a busy port, got {other:?}"),
    }

    // The WebSocket's port alone: the pair just below this one.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let ws_port = listener.local_addr().unwrap().port();
    let taken = LocalNet::start(LocalNetConfig { port: ws_port - 1, ..config() });
    let error = taken.expect_err("the neighbour is taken");
    assert!(matches!(error, LocalNetError::PortBusy { .. }), "{error}");
    assert!(error.to_string().contains("--port"), "{error}");
}

#[test]
fn a_missing_or_old_node_is_said() {
    let folder = std::env::temp_dir().join(format!("ballast-path-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let said = |expected: &str| {
        let output = tool().env("PATH", &folder).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success());
        assert!(text.contains("error: ") && text.contains(expected), "{text}");
    };
    said("needs Node.js 20 or newer, and there is no `node` on PATH");

    use std::os::unix::fs::PermissionsExt;
    let node = folder.join("node");
    std::fs::write(&node, "#!/bin/sh\necho v18.19.0\n").unwrap();
    std::fs::set_permissions(&node, std::fs::Permissions::from_mode(0o755)).unwrap();
    said(r#"`node --version` says "v18.19.0""#);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_package_that_npm_cannot_fetch_is_said_each_time() {
    let folder = std::env::temp_dir().join(format!("ballast-install-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    // Makes the folder a workspace of its own: nothing is installed in it yet.
    std::fs::write(folder.join("Cargo.lock"), "").unwrap();
    // Nothing listens on the discard port. npm calls this a success; the second try must not believe it.
    for _ in 0..2 {
        let output = tool()
            .current_dir(&folder)
            .env("npm_config_registry", "http://127.0.0.1:9")
            .env("npm_config_fetch_retries", "0")
            .env("npm_config_cache", folder.join("cache"))
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success());
        assert!(
            text.contains("installing the local chain's package failed") && text.contains("registry"),
            "{text}"
        );
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
