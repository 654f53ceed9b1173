//! Address lookup tables: made, extended, and ready before anything uses them.

use solana_address_lookup_table_interface::instruction::{create_lookup_table, extend_lookup_table};
use solana_address_lookup_table_interface::state::AddressLookupTable;
use solana_message::AddressLookupTableAccount;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use super::chain::Chain;
use super::error::SendError;
use super::{Request, Sender};

/// Most addresses a table holds.
pub const MAX_ADDRESSES: usize = 256;

/// Addresses a transaction adds: as many as fit beside the creation and two signatures.
const ADDRESSES_PER_TRANSACTION: usize = 18;

/// A table's deactivation slot while it is in use.
const NEVER: u64 = u64::MAX;

/// How often creation is tried: the slot it names may turn out not to have a block.
const CREATE_TRIES: u32 = 3;

/// How many polls to wait for a table to become usable: it takes one slot.
const WARM_UP_POLLS: u32 = 150;

/// A table as the chain has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its address and what it holds.
    pub account: AddressLookupTableAccount,
    /// Who may extend it; `None` when it is frozen.
    pub authority: Option<Pubkey>,
    /// Slot of the last extension; usable after it.
    pub last_extended_slot: u64,
}

/// Reads a table.
///
/// # Errors
/// [`SendError::LookupTable`] when there is none, or it is being closed; a failed call.
pub fn fetch<C: Chain>(chain: &C, table: &Pubkey) -> Result<Table, SendError> {
    let refuse = |problem: &str| SendError::LookupTable { table: *table, problem: problem.to_owned() };
    let data = chain
        .account_data(table)
        .map_err(SendError::rpc("reading a lookup table"))?
        .ok_or_else(|| refuse("does not exist"))?;
    let state = AddressLookupTable::deserialize(&data)
        .map_err(|error| refuse(&format!("cannot be read: {error}")))?;
    if state.meta.deactivation_slot != NEVER {
        return Err(refuse("is being closed"));
    }
    Ok(Table {
        account: AddressLookupTableAccount { key: *table, addresses: state.addresses.to_vec() },
        authority: state.meta.authority,
        last_extended_slot: state.meta.last_extended_slot,
    })
}

/// Makes sure that a table holds `addresses`, and returns it when transactions may use it.
///
/// Without `table` a new one is made. Addresses that are there already stay where they are and are not
/// added twice; nothing is removed. `authority` owns the table and signs, `payer` pays its rent.
///
/// # Errors
/// [`SendError::LookupTable`] when the table would hold more than [`MAX_ADDRESSES`], is somebody
/// else's, frozen or being closed; otherwise as [`Sender::send`].
pub fn ensure<C: Chain>(
    sender: &Sender<'_, C>,
    payer: &dyn Signer,
    authority: &dyn Signer,
    table: Option<Pubkey>,
    addresses: &[Pubkey],
) -> Result<AddressLookupTableAccount, SendError> {
    let (table, mut missing) = match table {
        Some(table) => (table, missing_from(&fetch(sender.chain(), &table)?, authority, addresses)?),
        None => {
            let wanted = without_repeats(addresses, &[]);
            refuse_overfull(&Pubkey::default(), wanted.len())?;
            let (first, rest) = wanted.split_at(wanted.len().min(ADDRESSES_PER_TRANSACTION));
            (create(sender, payer, authority, first)?, rest.to_vec())
        }
    };
    while !missing.is_empty() {
        let rest = missing.split_off(missing.len().min(ADDRESSES_PER_TRANSACTION));
        let extend = extend_lookup_table(table, authority.pubkey(), Some(payer.pubkey()), missing);
        sender.send(&Request { payer, signers: &[authority], instructions: &[extend], tables: &[] })?;
        missing = rest;
    }
    warmed_up(sender, &table)
}

/// Creates a table with its first addresses, in one transaction.
fn create<C: Chain>(
    sender: &Sender<'_, C>,
    payer: &dyn Signer,
    authority: &dyn Signer,
    first: &[Pubkey],
) -> Result<Pubkey, SendError> {
    let mut tries = 0_u32;
    loop {
        tries = tries.saturating_add(1);
        let slot = sender.chain().slot().map_err(SendError::rpc("asking for the slot"))?;
        let (create, table) = create_lookup_table(authority.pubkey(), payer.pubkey(), slot);
        let mut instructions = vec![create];
        if !first.is_empty() {
            instructions.push(extend_lookup_table(
                table,
                authority.pubkey(),
                Some(payer.pubkey()),
                first.to_vec(),
            ));
        }
        let outcome =
            sender.send(&Request { payer, signers: &[authority], instructions: &instructions, tables: &[] });
        match outcome {
            Ok(_) => return Ok(table),
            // Nothing was sent: another slot may have a block.
            Err(SendError::Rejected(_)) if tries < CREATE_TRIES => {
                sender.chain().wait(sender.policy.poll_every);
            }
            Err(error) => return Err(error),
        }
    }
}

/// What has to be added to an existing table.
fn missing_from(
    table: &Table,
    authority: &dyn Signer,
    addresses: &[Pubkey],
) -> Result<Vec<Pubkey>, SendError> {
    let missing = without_repeats(addresses, &table.account.addresses);
    let held = table.account.addresses.len();
    refuse_overfull(&table.account.key, held.saturating_add(missing.len()))?;
    if !missing.is_empty() && table.authority != Some(authority.pubkey()) {
        return Err(SendError::LookupTable {
            table: table.account.key,
            problem: match table.authority {
                Some(other) => format!("can only be extended by {other}"),
                None => "is frozen".to_owned(),
            },
        });
    }
    Ok(missing)
}

fn refuse_overfull(table: &Pubkey, count: usize) -> Result<(), SendError> {
    if count <= MAX_ADDRESSES {
        return Ok(());
    }
    Err(SendError::LookupTable {
        table: *table,
        problem: format!("would hold {count} addresses, {MAX_ADDRESSES} at most"),
    })
}

/// The addresses in order, each once, without those in `held`.
fn without_repeats(addresses: &[Pubkey], held: &[Pubkey]) -> Vec<Pubkey> {
    let mut wanted: Vec<Pubkey> = Vec::with_capacity(addresses.len());
    for address in addresses {
        if !held.contains(address) && !wanted.contains(address) {
            wanted.push(*address);
        }
    }
    wanted
}

/// Waits for the slot after the last extension.
fn warmed_up<C: Chain>(
    sender: &Sender<'_, C>,
    table: &Pubkey,
) -> Result<AddressLookupTableAccount, SendError> {
    let fetched = fetch(sender.chain(), table)?;
    for _ in 0..WARM_UP_POLLS {
        let slot = sender.chain().slot().map_err(SendError::rpc("asking for the slot"))?;
        if slot > fetched.last_extended_slot {
            return Ok(fetched.account);
        }
        sender.chain().wait(sender.policy.poll_every);
    }
    Err(SendError::LookupTable {
        table: *table,
        problem: "does not become usable: no slot passes".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use solana_keypair::Keypair;

    use super::*;

    fn keys(range: std::ops::Range<usize>) -> Vec<Pubkey> {
        range
            .map(|i| {
                let mut bytes = [0; 32];
                bytes[..8].copy_from_slice(&i.to_le_bytes());
                Pubkey::new_from_array(bytes)
            })
            .collect()
    }

    fn table(addresses: Vec<Pubkey>, authority: Option<Pubkey>) -> Table {
        Table {
            account: AddressLookupTableAccount { key: Pubkey::default(), addresses },
            authority,
            last_extended_slot: 0,
        }
    }

    #[test]
    fn only_what_is_missing_is_added_once_and_in_order() {
        let authority = Keypair::new();
        let wanted = [keys(5..9), keys(2..7)].concat();
        let missing = missing_from(&table(keys(0..6), Some(authority.pubkey())), &authority, &wanted);
        assert_eq!(missing.ok(), Some(keys(6..9)));
    }

    #[test]
    fn a_table_of_somebody_else_serves_as_it_is_but_is_not_extended() {
        let (stranger, authority) = (Pubkey::new_unique(), Keypair::new());
        let foreign = table(keys(0..6), Some(stranger));
        assert_eq!(missing_from(&foreign, &authority, &keys(0..3)).ok(), Some(vec![]));
        let refused = missing_from(&foreign, &authority, &keys(0..7));
        assert!(refused.is_err_and(|e| e.to_string().contains(&stranger.to_string())));
        let frozen = missing_from(&table(vec![], None), &authority, &keys(0..1));
        assert!(frozen.is_err_and(|e| e.to_string().contains("is frozen")));
    }

    #[test]
    fn a_table_holds_256() {
        let authority = Keypair::new();
        let full = table(keys(0..256), Some(authority.pubkey()));
        assert!(missing_from(&full, &authority, &keys(0..256)).is_ok());
        let overfull = missing_from(&full, &authority, &keys(255..257));
        assert!(overfull.is_err_and(|e| e.to_string().contains("would hold 257")));
    }
}
