//! What the tests of a running chain share.
#![allow(clippy::unwrap_used, clippy::expect_used, dead_code)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use ballast_localnet::{LocalNet, LocalNetConfig};

/// A chain on ports of its own, with short slots.
pub fn start() -> LocalNet {
    LocalNet::start(config()).expect("the local chain starts")
}

/// Any free pair of ports, and slots short enough to keep tests short.
pub fn config() -> LocalNetConfig {
    LocalNetConfig { port: 0, slot_time_ms: 100, ..LocalNetConfig::default() }
}

/// `host:port` of the chain's JSON-RPC and page.
pub fn authority(net: &LocalNet) -> String {
    net.rpc_url().trim_start_matches("http://").to_owned()
}

/// `host:port` of the chain's WebSocket.
pub fn ws_authority(net: &LocalNet) -> String {
    net.ws_url().trim_start_matches("ws://").to_owned()
}

/// Sends bytes as they are and returns everything that comes back until the other side closes.
pub fn raw(authority: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(authority).expect("the proxy listens");
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

/// One HTTP request with exactly these headers (`Host` included or not).
pub fn http(authority: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut request = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
    raw(authority, &request)
}

/// A JSON-RPC call without parameters.
pub fn call(method: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":[]}}"#)
}

/// Whether the condition comes true within a time that is generous for a busy machine.
pub fn eventually(mut condition: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + Duration::from_secs(20);
    while Instant::now() < deadline {
        if condition() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    false
}

/// Whether a process is running (one that ended and waits for its parent is not).
pub fn process_runs(id: u32) -> bool {
    let output =
        std::process::Command::new("ps").args(["-o", "stat=", "-p", &id.to_string()]).output().expect("ps");
    let state = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    !state.is_empty() && !state.starts_with('Z')
}
