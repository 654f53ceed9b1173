//! What happened inside a landed transaction, out of a node's answer to `getTransaction` in JSON: the same fields for
//! every transaction format.

use serde_json::Value;
use solana_pubkey::Pubkey;

/// Data of every call that `program` got from a program inside the transaction, in order. `None` where the node
/// kept no record of inner instructions, or one that cannot be read: then nobody knows what happened.
pub(crate) fn program_calls(shown: &Value, program: &Pubkey) -> Option<Vec<Vec<u8>>> {
    let texts = |pointer: &str| shown.pointer(pointer).and_then(Value::as_array).into_iter().flatten();
    // The order in which instructions count accounts.
    let keys: Vec<&str> = [
        "/transaction/message/accountKeys",
        "/meta/loadedAddresses/writable",
        "/meta/loadedAddresses/readonly",
    ]
    .into_iter()
    .flat_map(texts)
    .map(Value::as_str)
    .collect::<Option<_>>()?;
    let program = program.to_string();
    let mut calls = Vec::new();
    for group in shown.pointer("/meta/innerInstructions")?.as_array()? {
        for call in group.get("instructions")?.as_array()? {
            let index = usize::try_from(call.get("programIdIndex")?.as_u64()?).ok()?;
            if *keys.get(index)? == program {
                calls.push(bs58::decode(call.get("data")?.as_str()?).into_vec().ok()?);
            }
        }
    }
    Some(calls)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(version: Value, inner: Value) -> Value {
        json!({
            "version": version,
            "transaction": { "message": { "accountKeys": ["Payer", "11111111111111111111111111111112"] } },
            "meta": {
                "innerInstructions": inner,
                "loadedAddresses": { "writable": ["Loaded"], "readonly": ["11111111111111111111111111111113"] },
            },
        })
    }

    fn call(program: usize, data: &[u8]) -> Value {
        json!({ "programIdIndex": program, "accounts": [], "data": bs58::encode(data).into_string() })
    }

    #[test]
    fn calls_of_one_program_are_found_in_every_format() {
        let mut second = [0; 32];
        second[31] = 1;
        let inner = json!([
            { "index": 0, "instructions": [call(1, b"one"), call(0, b"other")] },
            { "index": 2, "instructions": [call(1, b"two"), call(3, b"loaded")] },
        ]);
        for version in [json!("legacy"), json!(0), json!(1)] {
            let shown = shown(version, inner.clone());
            let calls = program_calls(&shown, &Pubkey::new_from_array(second));
            assert_eq!(calls, Some(vec![b"one".to_vec(), b"two".to_vec()]));
            let loaded = Pubkey::new_from_array({
                second[31] = 2;
                second
            });
            assert_eq!(program_calls(&shown, &loaded), Some(vec![b"loaded".to_vec()]));
            second[31] = 1;
        }
    }

    #[test]
    fn what_was_not_kept_or_cannot_be_read_is_unknown_not_nothing() {
        let program = Pubkey::default();
        assert_eq!(program_calls(&shown(json!(0), Value::Null), &program), None);
        assert_eq!(program_calls(&Value::Null, &program), None);
        let odd = json!([{ "instructions": [{ "programIdIndex": 9, "data": "" }] }]);
        assert_eq!(program_calls(&shown(json!(0), odd), &program), None);
        assert_eq!(program_calls(&shown(json!(0), json!([])), &program), Some(Vec::new()));
    }
}
