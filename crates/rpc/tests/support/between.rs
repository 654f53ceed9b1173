//! A node's address with something in between: answers are passed on, changed, refused or lost.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::sync::Arc;
use std::thread::JoinHandle;

use serde_json::{Value, json};
use solana_rpc_client::rpc_client::RpcClient;
use solana_rpc_client_api::client_error::ErrorKind;
use solana_rpc_client_api::request::{RpcError, RpcRequest};

/// An answer: HTTP status and body.
pub type Answer = (u16, Value);

/// The healthy node behind.
pub struct Upstream(RpcClient);

impl Upstream {
    /// What it answers.
    pub fn ask(&self, ask: &Value) -> Answer {
        // Names of methods live as long as the test.
        let method: &'static str = Box::leak(ask["method"].as_str().unwrap().to_owned().into_boxed_str());
        let answer = match self.0.send::<Value>(RpcRequest::Custom { method }, ask["params"].clone()) {
            Ok(result) => json!({ "jsonrpc": "2.0", "id": ask["id"], "result": result }),
            Err(error) => match error.kind() {
                ErrorKind::RpcError(RpcError::RpcResponseError { code, message, .. }) => {
                    refusal(ask, *code, message).1
                }
                // The server ends before its clients do.
                _ => return (502, Value::Null),
            },
        };
        (200, answer)
    }
}

/// An error of JSON-RPC.
pub fn refusal(ask: &Value, code: i64, message: &str) -> Answer {
    (200, json!({ "jsonrpc": "2.0", "id": ask["id"], "error": { "code": code, "message": message } }))
}

/// A server on a loopback port that answers by a rule.
pub struct Between {
    pub url: String,
    server: Arc<tiny_http::Server>,
    thread: Option<JoinHandle<()>>,
}

impl Between {
    /// In front of the node at `upstream`.
    pub fn start(upstream: &str, mut rule: impl FnMut(&Value, &Upstream) -> Answer + Send + 'static) -> Self {
        let server = Arc::new(tiny_http::Server::http("127.0.0.1:0").unwrap());
        let url = format!("http://{}", server.server_addr().to_ip().unwrap());
        let (listener, upstream) = (server.clone(), Upstream(RpcClient::new(upstream.to_owned())));
        let thread = std::thread::spawn(move || {
            for mut request in listener.incoming_requests() {
                let ask: Value = serde_json::from_reader(request.as_reader()).unwrap();
                let (status, body) = rule(&ask, &upstream);
                let retry = tiny_http::Header::from_bytes("Retry-After", "1").unwrap();
                let response = tiny_http::Response::from_string(body.to_string()).with_status_code(status);
                // A client that went away got what it wanted.
                let _ = request.respond(response.with_header(retry));
            }
        });
        Self { url, server, thread: Some(thread) }
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        self.server.unblock();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
