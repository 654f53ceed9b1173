//! What a failed question to a node means: that it did not answer, or that it answered no.

use std::fmt;

use solana_rpc_client_api::client_error::{Error as RpcError, ErrorKind};
use solana_rpc_client_api::request::RpcError as Answer;

/// Whether the node answered at all: with an error, or with a status of HTTP.
pub fn is_answer(error: &RpcError) -> bool {
    match error.kind() {
        ErrorKind::RpcError(_) | ErrorKind::SerdeJson(_) | ErrorKind::TransactionError(_) => true,
        ErrorKind::Reqwest(error) => error.status().is_some() || error.is_decode(),
        _ => false,
    }
}

/// A failed question in words, with the method's name. Never the address, which may hold a key.
pub struct RpcWords<'a>(pub &'a RpcError);

impl fmt::Display for RpcWords<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = self.0.request().map_or_else(String::new, |request| format!(" {request}"));
        match self.0.kind() {
            ErrorKind::RpcError(Answer::RpcResponseError { code, message, .. }) => {
                write!(f, "the node refuses{method}: {} (code {code})", message.trim())
            }
            ErrorKind::RpcError(other) => write!(f, "the node's answer to{method} is of no use: {other}"),
            ErrorKind::SerdeJson(error) => write!(f, "the node's answer to{method} cannot be read: {error}"),
            ErrorKind::TransactionError(error) => write!(f, "the node refuses{method}: {error}"),
            ErrorKind::Reqwest(error) => match error.status() {
                Some(status) => write!(f, "the node refuses{method}: HTTP {status}"),
                None if error.is_timeout() => write!(f, "the node does not answer{method} in time"),
                None if error.is_decode() => write!(f, "the node's answer to{method} cannot be read"),
                None => write!(f, "the node does not answer{method}: {}", innermost(error)),
            },
            other => write!(f, "the node does not answer{method}: {other}"),
        }
    }
}

/// The last of a chain of causes: the outer ones name the address.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut error = error;
    while let Some(cause) = error.source() {
        error = cause;
    }
    error.to_string()
}
