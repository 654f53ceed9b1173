use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use ballast_feeds::{Base, FeedError};
use serde_json::Value;

use crate::server::{Reply, Server, client, client_with};

fn get(server: &Server, http: &ballast_feeds::Http) -> Result<Value, FeedError> {
    http.get(&server.base().at("/x", &[]))
}

#[test]
fn too_many_requests_are_waited_for_as_asked() {
    let server = Server::play(vec![
        Reply::status(429, "slow down").with_header("Retry-After", "7"),
        Reply::status(429, "slow down").with_header("Retry-After", "Wed, 21 Oct 2015 07:28:20 GMT"),
        Reply::ok("{\"a\":1}"),
    ]);
    let (http, clock) = client();
    assert_eq!(get(&server, &http).unwrap()["a"], 1);
    assert_eq!(clock.waits_millis(), [7_000, 20_000]);
    assert_eq!(server.asked().len(), 3);
}

#[test]
fn server_errors_are_retried_ever_more_slowly_then_named() {
    let server = Server::play((0..5).map(|_| Reply::status(503, "<h1>no\n backend</h1>")).collect());
    let (http, clock) = client();
    let error = get(&server, &http).unwrap_err().to_string();
    let expected = format!("{}/x: status 503: <h1>no backend</h1> (attempt 5)", server.address());
    assert_eq!(error, expected);
    assert_eq!(clock.waits_millis(), [500, 1_000, 2_000, 4_000]);
}

#[test]
fn refusals_are_not_retried() {
    for status in [400, 401, 403, 404] {
        let server = Server::play(vec![Reply::status(status, "no")]);
        let (http, clock) = client();
        let error = get(&server, &http).unwrap_err();
        assert!(matches!(error, FeedError::Status { status: found, attempts: 1, .. } if found == status));
        assert!(clock.waits_millis().is_empty());
    }
}

#[test]
fn patience_ends() {
    let server = Server::play(vec![Reply::status(429, "").with_header("Retry-After", "3600")]);
    let (http, clock) = client();
    let error = get(&server, &http).unwrap_err();
    assert!(matches!(error, FeedError::Patience { .. }), "{error}");
    assert!(error.to_string().ends_with("status 429, asks to wait 3600s; the limit is 60s"), "{error}");
    assert!(clock.waits_millis().is_empty());
}

#[test]
fn requests_keep_their_distance() {
    let server = Server::play((0..3).map(|_| Reply::ok("1")).collect());
    let (http, clock) = client_with(|config| config.min_interval = Duration::from_millis(350));
    for _ in 0..3 {
        get(&server, &http).unwrap();
    }
    assert_eq!(clock.waits_millis(), [350, 350]);
}

#[test]
fn an_answer_cut_off_is_asked_for_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = Base::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let thread = std::thread::spawn(move || {
        // Fewer bytes than promised; JSON that ends early; all of it.
        let whole = "{\"a\":[1,2]}";
        for (promised, body) in [(11, "{\"a\":["), (6, "{\"a\":["), (11, whole)] {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 1_024];
            assert!(stream.read(&mut request).unwrap() > 0);
            let head =
                format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {promised}\r\n\r\n{body}");
            stream.write_all(head.as_bytes()).unwrap();
        }
    });
    let (http, clock) = client();
    let answer: Value = http.get(&base.url()).unwrap();
    thread.join().unwrap();
    assert_eq!(answer["a"][1], 2);
    assert_eq!(clock.waits_millis(), [500, 1_000]);
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (http, _) = client_with(|config| config.attempts = 2);
    let base = Base::parse(&format!("http://key@{free}/secret")).unwrap();
    let error = http.get::<Value>(&base.url()).unwrap_err().to_string();
    assert!(error.starts_with(&format!("http://{free}/…: ")) && error.ends_with("(attempt 2)"), "{error}");
    assert!(!error.contains("key") && !error.contains("secret"), "{error}");
}

#[test]
fn silence_has_a_limit() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = Base::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let (http, _) = client_with(|config| (config.attempts, config.timeout) = (1, Duration::from_millis(100)));
    let error = http.get::<Value>(&base.url()).unwrap_err();
    assert!(matches!(error, FeedError::Transport { .. }), "{error}");
    assert!(error.to_string().contains("timeout"), "{error}");
}

#[test]
fn large_answers_are_refused() {
    let server = Server::play(vec![Reply::ok(format!("\"{}\"", "x".repeat(5_000)))]);
    let (http, _) = client_with(|config| config.max_body_bytes = 1_000);
    let error = get(&server, &http).unwrap_err();
    assert!(matches!(error, FeedError::TooLarge { limit: 1_000, .. }), "{error}");
}

#[test]
fn what_is_not_json_is_described() {
    let cases = [
        ("<!doctype html>", "the answer is a web page, not JSON"),
        ("{\"c\":[NaN]}", "the answer holds NaN or Infinity"),
        ("{} {}", "trailing characters"),
    ];
    for (body, expected) in cases {
        let server = Server::play(vec![Reply::ok(body)]);
        let error = get(&server, &client().0).unwrap_err();
        assert!(matches!(error, FeedError::Body { .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
    let server = Server::play(vec![Reply::ok("")]);
    let (http, _) = client_with(|config| config.attempts = 1);
    assert!(get(&server, &http).unwrap_err().to_string().contains("the answer is empty"));
}

#[test]
fn a_key_is_sent_and_not_shown() {
    let server = Server::play(vec![Reply::ok("1"), Reply::status(401, "bad key")]);
    let (http, _) = client_with(|config| config.bearer = Some("s3cret".into()));
    get(&server, &http).unwrap();
    assert_eq!(server.asked()[0].authorization.as_deref(), Some("Bearer s3cret"));
    assert!(!get(&server, &http).unwrap_err().to_string().contains("s3cret"));
}

#[test]
fn https_without_tls_says_what_to_do() {
    let (http, _) = client_with(|config| config.attempts = 1);
    // With TLS in the build this would be a refused connection: also an error that names the address.
    let error = http.get::<Value>(&Base::parse("https://127.0.0.1:9").unwrap().url()).unwrap_err();
    assert!(error.to_string().starts_with("https://127.0.0.1:9: "), "{error}");
}
