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

/// The newest transaction format that is read here (SIMD-0385).
const MAX_TRANSACTION_VERSION: u8 = 1;

/// JSON-RPC: the method does not exist.
const NO_SUCH_METHOD: i64 = -32_601;

/// JSON-RPC: the parameters are not what the method takes.
const INVALID_PARAMS: i64 = -32_602;

/// A node that is behind, and says so.
const NODE_UNHEALTHY: i64 = -32_005;

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

/// What a node shows of a transaction.
#[derive(Debug)]
pub(super) enum Shown {
    /// All that is used here.
    Whole(TransactionInfo),
    /// It does not have it.
    Absent,
    /// It has it, but does not show it, or in an unknown shape; why.
    Unreadable(String),
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

    /// A transaction, of any format up to [`MAX_TRANSACTION_VERSION`].
    ///
    /// What a node refuses to show of one transaction, or shows in a shape that is not known, is no failure of the
    /// question: anybody may name the address in a transaction of theirs.
    pub(super) fn transaction(&self, signature: &str) -> Result<Shown, FeedError> {
        const METHOD: &str = "getTransaction";
        let options = json!({
            "encoding": "json",
            "commitment": "finalized",
            "maxSupportedTransactionVersion": MAX_TRANSACTION_VERSION,
        });
        let reply = self.ask(METHOD, json!([signature, options]))?;
        if let Some(error) = reply.error {
            let problem = error.words();
            return match error.code {
                // Not about this transaction: the next one would fare no better.
                NO_SUCH_METHOD | INVALID_PARAMS | NODE_UNHEALTHY => Err(self.wrong(METHOD, problem)),
                _ => Ok(Shown::Unreadable(problem)),
            };
        }
        let Some(result) = reply.result.filter(|result| !result.is_null()) else { return Ok(Shown::Absent) };
        let version =
            result.get("version").map_or_else(String::new, |version| format!(" (version {version})"));
        Ok(match serde_json::from_value(result) {
            Ok(info) => Shown::Whole(info),
            Err(error) => Shown::Unreadable(format!("its shape is not known{version}: {error}")),
        })
    }

    fn call<T: DeserializeOwned>(&self, method: &str, params: Value) -> Result<T, FeedError> {
        let reply = self.ask(method, params)?;
        if let Some(error) = reply.error {
            return Err(self.wrong(method, error.words()));
        }
        serde_json::from_value(reply.result.unwrap_or_default())
            .map_err(|error| self.wrong(method, error.to_string()))
    }

    fn ask(&self, method: &str, params: Value) -> Result<Reply, FeedError> {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        self.http.post(&self.base.url(), &request)
    }

    fn wrong(&self, method: &str, problem: String) -> FeedError {
        FeedError::body(self.shown(), format!("{method}: {problem}"))
    }
}

impl ReplyError {
    fn words(&self) -> String {
        format!("the node answers {}: {}", self.code, self.message)
    }
}
