//! Room in a transaction: whether a vault's transactions fit, and a lookup table where they do not.

use ballast::Direction;
use ballast_client::instruction::Exit;
use ballast_client::token::wrap_sol;
use ballast_client::{CallError, instruction as build};
use ballast_rpc::RpcChain;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::setup::VaultSetup;

/// Makes sure that the vault's transactions fit: uses a lookup table of the vault's keeper or of `owner`
/// where one is needed and there is one, else makes one that `owner` pays for and tells `made`.
pub fn make_room(
    chain: &mut RpcChain,
    setup: &VaultSetup,
    owner: &dyn Signer,
    made: &mut dyn FnMut(&Pubkey),
) -> Result<(), CallError> {
    let payer = owner.pubkey();
    let largest = largest_transactions(setup, &payer);
    let fits = |chain: &RpcChain| -> Result<bool, CallError> {
        for transaction in &largest {
            if !chain.fits(&payer, transaction)? {
                return Ok(false);
            }
        }
        Ok(true)
    };
    if fits(chain)? {
        return Ok(());
    }
    let addresses = setup.table_addresses();
    for authority in [setup.vault.keeper, payer] {
        // A node that does not search accounts cannot find a table; one can still be made.
        let is_found = chain.find_table(&authority, &addresses).unwrap_or(false);
        if is_found && fits(chain)? {
            return Ok(());
        }
    }
    let table = chain.make_table(owner, &addresses)?;
    made(&table);
    Ok(())
}

/// The largest transactions that people and keepers send: every slot refreshed, then a move of the slot with
/// the most accounts, a deposit of wrapped SOL, or an exit that unwraps.
fn largest_transactions(setup: &VaultSetup, payer: &Pubkey) -> [Vec<Instruction>; 3] {
    let vault = &setup.vault;
    let refreshes = setup.refreshes(|_, _| true);
    let widest = setup.slots.iter().max_by_key(|slot| slot.venue.movement.len());
    let widest = widest.zip(widest.and_then(|slot| vault.allocations.get(usize::from(slot.index))));
    let (mut keeper, mut depositor, mut leaver) = (refreshes.clone(), refreshes.clone(), refreshes);
    if let Some((slot, allocation)) = widest {
        let (index, venue) = (slot.index, &slot.venue);
        keeper.extend(build::allocate(
            *payer,
            setup.key,
            vault,
            build::Move { index, direction: Direction::Increase, amount: 1, as_guardian: false },
            venue,
        ));
        let exit = Exit { index, receipts: 1, shares: 1, min_assets_out: 0, accept_stale: false };
        leaver.extend(wrap_sol(payer, 1));
        leaver.push(build::withdraw_from(*payer, setup.key, vault, allocation, venue, exit));
    }
    depositor.extend(wrap_sol(payer, 1));
    depositor.push(build::deposit(*payer, setup.key, vault, 1, 0));
    [keeper, depositor, leaver]
}
