use ballast_engine::hex;
use serde::Serialize;
use serde_json::{Map, Value};

use super::interface::{Interface, InterfaceError};
use super::rpc::{Rpc, SIGNATURES_A_PAGE, Shown, SignatureInfo, TransactionInfo};
use super::{EVENT_TAG, base58_decode};
use crate::{FeedError, Fetched, FindingKind, Findings};

/// Longest instruction data looked at, base58 letters: a transaction has at most 1,232 bytes, an inner
/// instruction 10 KiB.
const LONGEST_DATA: usize = 14_000;

/// What to look for.
#[derive(Clone, Debug)]
pub struct HistoryQuery {
    /// The account whose transactions are read: a vault.
    pub address: String,
    /// The program whose events are read, base58; none for this tree's own.
    pub program: Option<String>,
    /// Oldest time wanted, unix seconds.
    pub from_ts: Option<i64>,
    /// End of the time wanted (exclusive), unix seconds.
    pub to_ts: Option<i64>,
    /// Most transactions to read; more is an error, not a cut.
    pub most_transactions: usize,
}

/// An event where it happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChainEvent {
    /// Slot of the transaction.
    pub slot: u64,
    /// Its block's time, unix seconds; none where the node has none.
    pub block_time: Option<i64>,
    /// The transaction.
    pub signature: String,
    /// Number of the event within its transaction, from zero.
    pub index: usize,
    /// The event's name; none if unknown.
    pub name: Option<String>,
    /// Its fields by name; empty if unknown.
    pub fields: Map<String, Value>,
    /// Discriminator and body, without the tag, hexadecimal.
    pub data_hex: String,
}

/// A vault's history: events oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ChainHistory {
    /// Events in the chain's order.
    pub events: Vec<ChainEvent>,
    /// Transactions read.
    pub transactions: usize,
    /// Of those, the ones that could not be read: each is among the findings.
    pub unreadable_transactions: usize,
    /// Transactions that failed, which have no events.
    pub failed_transactions: usize,
}

/// Reads every event of the program in the transactions of `query.address`.
pub fn fetch_history(
    rpc: &Rpc<'_>,
    interface: &Interface,
    query: &HistoryQuery,
) -> Result<Fetched<ChainHistory>, FeedError> {
    let program = query.program.as_deref().unwrap_or(interface.address());
    for (what, key) in [("--address", query.address.as_str()), ("--program", program)] {
        // 44 letters are the most that 32 bytes need.
        if key.len() > 44 || base58_decode(key).map(|bytes| bytes.len()) != Ok(32) {
            return Err(FeedError::setting(what, format!("{key:?} is not a Solana address")));
        }
    }
    let mut findings = Findings::default();
    let mut history = ChainHistory::default();
    let signatures = all_signatures(rpc, query, &mut findings)?;
    for info in signatures.iter().rev() {
        if info.err.is_some() {
            history.failed_transactions += 1;
            continue;
        }
        history.transactions += 1;
        let transaction = match rpc.transaction(&info.signature)? {
            Shown::Whole(transaction) => transaction,
            Shown::Absent => {
                missing(info, "the node does not have it", &mut findings);
                continue;
            }
            Shown::Unreadable(why) => {
                report(FindingKind::UnreadableTransaction, info, &why, &mut findings);
                history.unreadable_transactions += 1;
                continue;
            }
        };
        let mut own = read_events(rpc, interface, program, info, &transaction, &mut findings)?;
        history.events.append(&mut own);
    }
    // One may be a stranger's. When it is all of them, it is the node.
    if history.transactions > 0 && history.unreadable_transactions == history.transactions {
        let first = findings.of(FindingKind::UnreadableTransaction).next();
        let why = first.map_or("", |finding| finding.detail.as_str());
        let problem = format!("getTransaction: none of {} can be read: {why}", history.transactions);
        return Err(FeedError::body(rpc.shown(), problem));
    }
    Ok(Fetched { value: history, findings })
}

/// All signatures in the window, newest first.
fn all_signatures(
    rpc: &Rpc<'_>,
    query: &HistoryQuery,
    findings: &mut Findings,
) -> Result<Vec<SignatureInfo>, FeedError> {
    let mut all: Vec<SignatureInfo> = Vec::new();
    let mut before: Option<String> = None;
    loop {
        let page = rpc.signatures(&query.address, before.as_deref())?;
        let full = page.len() >= SIGNATURES_A_PAGE;
        let last = page.last().map(|info| info.signature.clone());
        if last.is_some() && last == before {
            return Err(FeedError::body(rpc.shown(), "getSignaturesForAddress: the node repeats a page"));
        }
        let too_old =
            |info: &SignatureInfo| info.block_time.zip(query.from_ts).is_some_and(|(time, from)| time < from);
        let done = page.last().is_some_and(too_old);
        for info in page {
            let too_new = info.block_time.zip(query.to_ts).is_some_and(|(time, to)| time >= to);
            if too_new || too_old(&info) {
                continue;
            }
            if let Some(above) = all.last().filter(|above| above.slot < info.slot) {
                let problem = format!("slot {} after slot {}: not newest first", info.slot, above.slot);
                return Err(FeedError::body(rpc.shown(), format!("getSignaturesForAddress: {problem}")));
            }
            if all.last().is_some_and(|above| above.signature == info.signature) {
                findings.note(FindingKind::DuplicateDropped, &info.signature, "listed twice; one dropped");
                continue;
            }
            all.push(info);
        }
        if all.len() > query.most_transactions {
            let problem =
                format!("more than {} in this window; narrow it or raise the limit", query.most_transactions);
            return Err(FeedError::setting("--most-transactions", problem));
        }
        if !full || done {
            return Ok(all);
        }
        before = last;
    }
}

fn missing(info: &SignatureInfo, why: &str, findings: &mut Findings) {
    report(FindingKind::MissingTransaction, info, why, findings);
}

fn report(kind: FindingKind, info: &SignatureInfo, why: &str, findings: &mut Findings) {
    let detail = format!("slot {}: {why}", info.slot);
    match info.block_time {
        Some(ts) => findings.at(kind, &info.signature, ts, detail),
        None => findings.note(kind, &info.signature, detail),
    }
}

fn read_events(
    rpc: &Rpc<'_>,
    interface: &Interface,
    program: &str,
    info: &SignatureInfo,
    transaction: &TransactionInfo,
    findings: &mut Findings,
) -> Result<Vec<ChainEvent>, FeedError> {
    let wrong =
        |problem: String| FeedError::body(rpc.shown(), format!("transaction {}: {problem}", info.signature));
    let Some(meta) = &transaction.meta else {
        missing(info, "the node kept no metadata of it", findings);
        return Ok(Vec::new());
    };
    if meta.err.is_some() {
        return Err(wrong("it failed, though the list of signatures says it did not".into()));
    }
    let Some(inner) = &meta.inner_instructions else {
        missing(info, "the node kept no inner instructions of it", findings);
        return Ok(Vec::new());
    };
    let loaded =
        meta.loaded_addresses.iter().flat_map(|loaded| loaded.writable.iter().chain(&loaded.readonly));
    let keys: Vec<&String> = transaction.transaction.message.account_keys.iter().chain(loaded).collect();
    let block_time = transaction.block_time.or(info.block_time);
    let mut events = Vec::new();
    for instruction in inner.iter().flat_map(|group| &group.instructions) {
        let key = keys.get(instruction.program_id_index).ok_or_else(|| {
            wrong(format!("program {} of {} accounts", instruction.program_id_index, keys.len()))
        })?;
        if key.as_str() != program {
            continue;
        }
        if instruction.data.len() > LONGEST_DATA {
            return Err(wrong(format!("instruction data of {} letters", instruction.data.len())));
        }
        let data = base58_decode(&instruction.data)
            .map_err(|letter| wrong(format!("instruction data holds {letter:?}, which is not base58")))?;
        let Some(body) = data.strip_prefix(&EVENT_TAG) else { continue };
        let mut event = ChainEvent {
            slot: transaction.slot,
            block_time,
            signature: info.signature.clone(),
            index: events.len(),
            name: None,
            fields: Map::new(),
            data_hex: hex::encode(body),
        };
        match interface.decode(body) {
            Ok(decoded) => (event.name, event.fields) = (Some(decoded.name), decoded.fields),
            Err(error) => report_unknown(&event, &error, findings),
        }
        events.push(event);
    }
    Ok(events)
}

/// A newer program may have events that this tree does not know: kept as bytes.
fn report_unknown(event: &ChainEvent, error: &InterfaceError, findings: &mut Findings) {
    let detail = format!("event {}: {error}", event.index);
    match event.block_time {
        Some(ts) => findings.at(FindingKind::UnknownEvent, &event.signature, ts, detail),
        None => findings.note(FindingKind::UnknownEvent, &event.signature, detail),
    }
}
