//! The program itself: what runs at its address against what should, and bringing the one to the other.

use ballast_client::{ChainClient, address};
use solana_signer::Signer;

use super::apply::Applied;
use super::diff::{Action, Item, Status};
use super::keys::KeyRing;
use super::plan::Plan;
use super::state::ChainState;
use crate::deploy::carry_out::authority_differs;
use crate::deploy::loader::hash;
use crate::deploy::{self, Deployed, Release, Signers};
use crate::error::CliError;

/// The program, compared.
pub fn program_item(plan: &Plan, state: &ChainState) -> Item {
    let (status, mut notes) = match (&state.deployed, plan.release()) {
        (Some(found), Some(release)) => deployed(plan, found, &release),
        (None, _) if !state.program_deployed => absent(plan),
        (_, None) => {
            let path = plan.program.path.display();
            (Status::Same, vec![format!("its bytecode was not compared: there is no {path}")])
        }
        (None, Some(_)) => {
            (Status::Same, vec!["its bytecode was not compared: it is not upgradeable".to_owned()])
        }
    };
    let action = match status {
        Status::Missing => Action::DeployProgram,
        _ => Action::UpgradeProgram,
    };
    let mut item = Item::new(format!("program {}", address::PROGRAM), status, Some(action));
    if item.action.is_some() {
        notes.extend(state.cost.iter().flat_map(|cost| cost.lines()));
    }
    item.notes = notes;
    item
}

fn deployed(plan: &Plan, found: &Deployed, release: &Release<'_>) -> (Status, Vec<String>) {
    if found.runs(release.bytecode) {
        return (Status::Same, vec![format!("bytecode {}", hash(release.bytecode))]);
    }
    let lines = vec![
        format!("bytecode: {} -> {}", hash(&found.code), hash(release.bytecode)),
        format!("bytes: room for {}, the file has {}", found.code.len(), release.bytecode.len()),
    ];
    if !plan.program.upgrade {
        return (
            Status::Held(lines),
            vec!["to replace it: --upgrade, or `upgrade = true` in the plan".to_owned()],
        );
    }
    if found.authority != Some(release.authority) {
        return (Status::Conflict(authority_differs(release, found)), lines);
    }
    (Status::Differs(lines), Vec::new())
}

fn absent(plan: &Plan) -> (Status, Vec<String>) {
    let program = address::PROGRAM;
    let how = format!(
        "Only the secret key of {program} deploys there: name it as `keypair = \"key:NAME\"` under [program]. \
         Without it, make one (solana-keygen new --outfile DIR/NAME.json), put its address into declare_id! in \
         programs/ballast/src/lib.rs, and build again (cargo xtask build). A local chain has programs put there \
         when it starts"
    );
    let conflict = |why: String| (Status::Conflict(why), Vec::new());
    let Some(bytecode) = &plan.program.bytecode else {
        let path = plan.program.path.display();
        return conflict(format!(
            "the program is not deployed on this chain, and there is no {path} to deploy: cargo xtask build makes it"
        ));
    };
    match &plan.program.keypair {
        None => conflict(format!(
            "the program is not deployed on this chain, and the plan names no key for it. {how}"
        )),
        Some(Err(why)) => conflict(format!(
            "the program is not deployed on this chain, and its key cannot be had ({why}). {how}"
        )),
        Some(Ok(key)) if *key != program => conflict(format!(
            "the plan's key is for {key}, and the bytecode declares {program}: they must match. {how}"
        )),
        Some(Ok(_)) => {
            let found = format!("bytecode {}, {} bytes", hash(bytecode), bytecode.len());
            (Status::Missing, vec![found])
        }
    }
}

/// Whether `action` is about the program itself.
pub fn is_about_program(action: Action) -> bool {
    matches!(action, Action::DeployProgram | Action::UpgradeProgram)
}

/// Deploys or upgrades.
pub fn carry_out(
    chain: &mut dyn ChainClient,
    plan: &Plan,
    keys: &KeyRing,
    action: Action,
    progress: &mut dyn FnMut(&str),
) -> Result<Applied, CliError> {
    let gone = || CliError::environment("the plan changed while it was carried out");
    let release = plan.release().ok_or_else(gone)?;
    let authority = keys.signer(&release.authority).ok_or_else(|| {
        CliError::input(format!(
            "upgrade authority {} has to sign, and its key is not here",
            release.authority
        ))
    })?;
    let signers = Signers { payer: keys.payer(), authority, program: keys.signer(&release.program) };
    let (verb, signature) = match (action, Deployed::read(chain, &release.program)?) {
        (Action::DeployProgram, _) => ("deployed", deploy::deploy(chain, &release, &signers, progress)?),
        (_, Some(found)) => ("upgraded", deploy::upgrade(chain, &release, &found, &signers, progress)?),
        (_, None) => return Err(gone()),
    };
    let what = format!("{verb} program {} to bytecode {}", release.program, hash(release.bytecode));
    progress(&what);
    Ok(Applied { what: vec![what], signature })
}

/// The payer must have what a deployment costs before it begins.
pub fn check_funds(chain: &dyn ChainClient, plan: &Plan, keys: &KeyRing) -> Result<(), CliError> {
    let payer = keys.payer().pubkey();
    let Some(cost) = ChainState::read(chain, plan, &payer)?.cost else { return Ok(()) };
    let held = chain.account(&payer)?.map_or(0, |account| account.lamports);
    if held >= cost.at_once() {
        return Ok(());
    }
    Err(CliError::refused(format!(
        "payer {payer} holds {held} lamports, deploying the program takes {}: {}",
        cost.at_once(),
        cost.lines().join("; ")
    )))
}

#[cfg(test)]
#[path = "program_tests.rs"]
mod tests;
