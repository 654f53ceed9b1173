//! The demo as somebody runs it: the real command, the real chain, Ctrl-C.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod support;

use support::{Running, complaint, is_running, output, own_dir};

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
