//! Migrations: bringing a chain to the state that a plan describes.
//!
//! Read the plan ([`file`]), check all of it and resolve names ([`resolve`]), read the chain ([`state`]),
//! compare ([`diff`]), and carry out only what is missing or different ([`apply`]), the program itself before
//! all else ([`program`]). Whatever no instruction
//! can reconcile is a conflict, and with one conflict nothing at all is done.

pub mod apply;
pub mod diff;
pub mod file;
pub mod keys;
pub mod plan;
pub mod program;
pub mod resolve;
mod resolve_vault;
pub mod state;

use ballast_client::ChainClient;
use solana_signer::Signer;

pub use apply::Applied;
pub use diff::{Item, Status};
pub use file::{PlanFile, PlanProblem};
pub use keys::{KeyRing, local_address};
pub use plan::Plan;

use crate::error::CliError;

/// What a migration found and did.
#[derive(Debug)]
pub struct Migration {
    /// Everything the plan names, compared with the chain before anything was done.
    pub items: Vec<Item>,
    /// Transactions sent; empty for a dry run, or when there was nothing to do.
    pub applied: Vec<Applied>,
}

/// Compares `plan` with the chain and, unless `dry_run`, carries out what is missing or different.
/// `progress` is told what is being done.
///
/// Conflicts, and signers that are missing, are errors before anything is sent.
pub fn migrate(
    chain: &mut dyn ChainClient,
    plan: &Plan,
    keys: &KeyRing,
    dry_run: bool,
    progress: &mut dyn FnMut(&str),
) -> Result<Migration, CliError> {
    let payer = keys.payer().pubkey();
    let items = diff::diff(plan, &state::ChainState::read(chain, plan, &payer)?);
    if dry_run {
        return Ok(Migration { items, applied: Vec::new() });
    }
    let conflicts: Vec<String> = items
        .iter()
        .filter_map(|item| match &item.status {
            Status::Conflict(why) => Some(format!("{}: {why}", item.what)),
            _ => None,
        })
        .collect();
    if !conflicts.is_empty() {
        return Err(CliError::refused(format!("nothing was done:\n{}", conflicts.join("\n"))));
    }
    let applied = apply::apply(chain, plan, keys, &items, progress)?;
    if !applied.is_empty() {
        let left = diff::diff(plan, &state::ChainState::read(chain, plan, &payer)?);
        if let Some(item) = left.iter().find(|item| item.action.is_some()) {
            return Err(CliError::refused(format!("{} still differs after the migration", item.what)));
        }
    }
    Ok(Migration { items, applied })
}
