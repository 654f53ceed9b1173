//! JSON-RPC calls that carry the secret of the run, so that the proxy lets everything through.

use std::time::Duration;

use serde_json::{Value, json};

use crate::config::TOKEN_HEADER;
use crate::error::{LocalNetError, Result};

/// A call is answered in milliseconds; a deployment on a busy machine takes longer.
const CALL_TIMEOUT: Duration = Duration::from_secs(60);

/// The chain's answers to these calls are small, except a ProgramData account as JSON.
const MAX_ANSWER_BYTES: u64 = 64 << 20;

/// Client for the process that owns the chain.
#[derive(Debug)]
pub(crate) struct AdminRpc {
    agent: ureq::Agent,
    url: String,
    token: String,
}

impl AdminRpc {
    pub(crate) fn new(port: u16, token: &str) -> Self {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(CALL_TIMEOUT))
            // The body of a refusal says why; the status alone does not.
            .http_status_as_error(false)
            .proxy(None)
            .build()
            .into();
        Self { agent, url: format!("http://127.0.0.1:{port}/rpc"), token: token.to_owned() }
    }

    /// Calls `method` and returns its `result`.
    pub(crate) fn call(&self, method: &'static str, params: Value) -> Result<Value> {
        let transport = |error| LocalNetError::Transport { method, source: Box::new(error) };
        let mut answer: Value = self
            .agent
            .post(&self.url)
            .header(TOKEN_HEADER, &self.token)
            .send_json(json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))
            .map_err(transport)?
            .body_mut()
            .with_config()
            .limit(MAX_ANSWER_BYTES)
            .read_json()
            .map_err(transport)?;
        if let Some(error) = answer.get("error").filter(|error| !error.is_null()) {
            return Err(LocalNetError::Rpc { method, message: error_text(error) });
        }
        Ok(answer["result"].take())
    }
}

/// Message and, when it adds something, data of a JSON-RPC error.
fn error_text(error: &Value) -> String {
    let message = error["message"].as_str().unwrap_or("unknown error");
    match &error["data"] {
        Value::Null => message.to_owned(),
        Value::String(data) => format!("{message}: {data}"),
        data => format!("{message}: {data}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_keep_their_data() {
        assert_eq!(error_text(&json!({"code": 1, "message": "m"})), "m");
        assert_eq!(error_text(&json!({"message": "m", "data": "past slot"})), "m: past slot");
        assert_eq!(error_text(&json!({"message": "m", "data": {"a": 1}})), r#"m: {"a":1}"#);
        assert_eq!(error_text(&json!({})), "unknown error");
    }
}
