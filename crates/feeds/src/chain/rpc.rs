use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{Base, FeedError, Http};

/// A Solana node, asked in plain JSON-RPC 2.0.
pub struct Rpc<'a> {
    http: &'a Http,
    base: Base,
}

/// Signatures in one answer, the most the interface allows.
pub(super) const SIGNATURES_A_PAGE: usize = 1_000;

#[derive(Deserialize)]
struct Reply {
    #[serde(default)]
    result: Option<Value>,
    #[serde(default)]
    error: Option<ReplyError>,
}

#[derive(Deserialize)]
struct ReplyError {
    code: i64,
    message: String,
}

/// One entry of `getSignaturesForAddress`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SignatureInfo {
    pub signature: String,
    pub slot: u64,
    #[serde(default)]
    pub err: Option<Value>,
    #[serde(default)]
    pub block_time: Option<i64>,
}

/// What is used of `getTransaction`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TransactionInfo {
    pub slot: u64,
    #[serde(default)]
    pub block_time: Option<i64>,
    #[serde(default)]
    pub meta: Option<Meta>,
    pub transaction: Transaction,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Meta {
    #[serde(default)]
    pub err: Option<Value>,
    #[serde(default)]
    pub inner_instructions: Option<Vec<InnerInstructions>>,
    #[serde(default)]
    pub loaded_addresses: Option<LoadedAddresses>,
}

#[derive(Debug, Deserialize)]
pub(super) struct InnerInstructions {
    pub instructions: Vec<Instruction>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Instruction {
    pub program_id_index: usize,
    pub data: String,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct LoadedAddresses {
    #[serde(default)]
    pub writable: Vec<String>,
    #[serde(default)]
    pub readonly: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Transaction {
    pub message: Message,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Message {
    pub account_keys: Vec<String>,
}

impl<'a> Rpc<'a> {
    /// Asks the node at `base`, whose path and query may hold a key.
    pub fn new(http: &'a Http, base: Base) -> Self {
        Self { http, base }
    }

    /// How messages show the node.
    pub fn shown(&self) -> &str {
        self.base.shown()
    }

    /// One page of signatures, newest first, older than `before`.
    pub(super) fn signatures(
        &self,
        address: &str,
        before: Option<&str>,
    ) -> Result<Vec<SignatureInfo>, FeedError> {
        let mut options = json!({ "limit": SIGNATURES_A_PAGE, "commitment": "finalized" });
        if let Some(before) = before {
            options["before"] = before.into();
        }
        self.call("getSignaturesForAddress", json!([address, options]))
    }

    /// A transaction; none if the node does not have it.
    pub(super) fn transaction(&self, signature: &str) -> Result<Option<TransactionInfo>, FeedError> {
        let options =
            json!({ "encoding": "json", "commitment": "finalized", "maxSupportedTransactionVersion": 0 });
        self.call("getTransaction", json!([signature, options]))
    }

    fn call<T: DeserializeOwned>(&self, method: &str, params: Value) -> Result<T, FeedError> {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let reply: Reply = self.http.post(&self.base.url(), &request)?;
        let wrong = |problem: String| FeedError::body(self.shown(), format!("{method}: {problem}"));
        if let Some(error) = reply.error {
            return Err(wrong(format!("the node answers {}: {}", error.code, error.message)));
        }
        serde_json::from_value(reply.result.unwrap_or_default()).map_err(|error| wrong(error.to_string()))
    }
}
