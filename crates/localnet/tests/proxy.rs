//! The door in front of the chain: what passes, and what does not.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use support::{authority, call, http, start, ws_authority};

const UPGRADE: [(&str, &str); 4] = [
    ("upgrade", "websocket"),
    ("connection", "Upgrade"),
    ("sec-websocket-version", "13"),
    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

#[test]
fn public_methods_pass_on_both_paths_and_ports() {
    let net = start();
    for place in [authority(&net), ws_authority(&net)] {
        for path in ["/", "/rpc", "/rpc?x=1"] {
            let answer = http(&place, "POST", path, &[("host", &place)], &call("getSlot"));
            assert!(answer.starts_with("HTTP/1.1 200"), "{place}{path}: {answer}");
            assert!(answer.contains(r#""result":"#), "{answer}");
        }
    }
    let host = authority(&net);
    let elsewhere = http(&host, "POST", "/other", &[("host", &host)], &call("getSlot"));
    assert!(elsewhere.starts_with("HTTP/1.1 405"), "{elsewhere}");
}

#[test]
fn cheat_codes_need_the_token_of_this_run() {
    let net = start();
    let host = authority(&net);
    let wrong = "0".repeat(net.token().len());
    let body = call("surfnet_getSurfnetInfo");
    for headers in [
        vec![("host", host.as_str())],
        vec![("host", host.as_str()), ("x-ballast-token", "")],
        vec![("host", host.as_str()), ("x-ballast-token", wrong.as_str())],
    ] {
        let answer = http(&host, "POST", "/", &headers, &body);
        assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
        assert!(answer.contains("refused: surfnet_ methods need the token"), "{answer}");
    }
    let right = [("host", host.as_str()), ("x-ballast-token", net.token())];
    let answer = http(&host, "POST", "/", &right, &body);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("runbookExecutions"), "{answer}");
}

#[test]
fn cheat_codes_do_not_pass_in_disguise() {
    let net = start();
    let host = authority(&net);
    for body in [
        r#"{"jsonrpc":"2.0","id":1,"method":"\u0073urfnet_pauseClock","params":[]}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"surfnet_pauseClock","method":"getSlot","params":[]}"#,
        r#"[{"jsonrpc":"2.0","id":1,"method":"getSlot"},{"jsonrpc":"2.0","id":2,"method":"surfnet_pauseClock"}]"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"loadPlugin","params":[]}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"exit","method":"getSlot","params":[]}"#,
        "not JSON",
    ] {
        let answer = http(&host, "POST", "/rpc", &[("host", &host)], body);
        assert!(answer.starts_with("HTTP/1.1 403"), "{body}: {answer}");
    }
    net.health().expect("the clock was not paused");
}

#[test]
fn foreign_hosts_are_refused_even_with_the_token() {
    let net = start();
    let place = authority(&net);
    let foreign = [("host", "evil.example"), ("x-ballast-token", net.token())];
    for (method, path) in [("POST", "/"), ("GET", "/"), ("OPTIONS", "/rpc")] {
        let answer = http(&place, method, path, &foreign, &call("getSlot"));
        assert!(answer.starts_with("HTTP/1.1 403"), "{method} {path}: {answer}");
        assert!(!answer.contains("result"), "{answer}");
    }
    let local_name = http(&place, "POST", "/", &[("host", "localhost:1")], &call("getSlot"));
    assert!(local_name.starts_with("HTTP/1.1 200"), "{local_name}");
}

#[test]
fn foreign_pages_are_refused_and_local_ones_get_cors() {
    let net = start();
    let host = authority(&net);
    for origin in ["https://evil.example", "null", "http://localhost.evil.example"] {
        let headers = [("host", host.as_str()), ("origin", origin)];
        for method in ["POST", "OPTIONS"] {
            let answer = http(&host, method, "/rpc", &headers, &call("getSlot"));
            assert!(answer.starts_with("HTTP/1.1 403"), "{origin}: {answer}");
            assert!(!answer.contains("access-control-allow-origin"), "{answer}");
        }
    }
    let dev_page = [("host", host.as_str()), ("origin", "http://localhost:5173")];
    let preflight = http(&host, "OPTIONS", "/rpc", &dev_page, "");
    assert!(preflight.starts_with("HTTP/1.1 204"), "{preflight}");
    assert!(preflight.contains("access-control-allow-origin: http://localhost:5173"), "{preflight}");
    assert!(!preflight.contains("x-ballast-token"), "{preflight}");
    let answer = http(&host, "POST", "/rpc", &dev_page, &call("getSlot"));
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn foreign_pages_cannot_open_a_websocket() {
    let net = start();
    for place in [authority(&net), ws_authority(&net)] {
        for intruder in [("origin", "https://evil.example"), ("host", "evil.example")] {
            let mut headers = UPGRADE.to_vec();
            headers.push(intruder);
            if intruder.0 != "host" {
                headers.push(("host", &place));
            }
            let mut request = String::from("GET /ws HTTP/1.1\r\n");
            for (name, value) in headers {
                request.push_str(&format!("{name}: {value}\r\n"));
            }
            request.push_str("\r\n");
            let answer = support::raw(&place, &request);
            assert!(answer.starts_with("HTTP/1.1 403"), "{intruder:?}: {answer}");
        }
    }
}

#[test]
fn oversized_requests_are_refused() {
    let net = start();
    let host = authority(&net);
    let body = format!(r#"{{"method":"getSlot","params":["{}"]}}"#, "x".repeat(2 << 20));
    let answer = http(&host, "POST", "/", &[("host", &host)], &body);
    assert!(answer.starts_with("HTTP/1.1 413"), "{}", &answer[..answer.len().min(200)]);
}

#[test]
fn the_page_is_served_and_nothing_around_it() {
    let folder = std::env::temp_dir().join(format!("ballast-page-{}", std::process::id()));
    let page = folder.join("page");
    std::fs::create_dir_all(page.join(".hidden")).unwrap();
    std::fs::write(page.join("index.html"), "<h1>the page</h1>").unwrap();
    std::fs::write(page.join(".hidden/x.txt"), "secret").unwrap();
    std::fs::write(page.join("no-type"), "secret").unwrap();
    std::fs::write(folder.join("outside.txt"), "secret").unwrap();

    let net = ballast_localnet::LocalNet::start(ballast_localnet::LocalNetConfig {
        app_dir: Some(page),
        ..support::config()
    })
    .expect("the local chain starts");
    let host = authority(&net);
    let get = |path: &str| http(&host, "GET", path, &[("host", &host)], "");
    for path in ["/", "/index.html", "/?a=b"] {
        let answer = get(path);
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
        assert!(answer.contains("<h1>the page</h1>"), "{answer}");
    }
    for path in [
        "/missing.html",
        "/../outside.txt",
        "/%2e%2e/outside.txt",
        "/..%2foutside.txt",
        "/.hidden/x.txt",
        "/no-type",
        "/%00.html",
        "/%",
    ] {
        let answer = get(path);
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
        assert!(!answer.contains("secret"), "{path}: {answer}");
    }
    drop(net);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn the_policy_has_its_own_tests() {
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("node/policy.test.mjs");
    let output = std::process::Command::new("node").arg("--test").arg(script).output().expect("node runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
