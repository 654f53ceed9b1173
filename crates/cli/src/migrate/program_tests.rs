#![allow(clippy::unwrap_used)]
use std::path::Path;

use solana_keypair::Keypair;
use solana_pubkey::Pubkey;

use super::super::file::PlanFile;
use super::super::resolve::resolve;
use super::*;
use crate::deploy::Cost;

/// The committed plan of the local chain, with bytecode of its own.
fn plan() -> Plan {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/localnet.toml");
    let file = PlanFile::parse(&std::fs::read_to_string(&path).unwrap(), &path).unwrap();
    let mut ring = KeyRing::new(Keypair::new_from_array([1; 32]));
    for (name, seed) in [("governance", 2), ("guardian", 3), ("keeper", 4), ("treasury", 5)] {
        ring.add(name, Keypair::new_from_array([seed; 32]));
    }
    let mut plan = resolve(&file, &path, &mut ring).unwrap();
    plan.program.bytecode = Some(vec![1, 2, 3]);
    plan
}

fn running(code: &[u8], authority: Option<Pubkey>) -> ChainState {
    ChainState {
        program_deployed: true,
        upgrade_authority: authority,
        deployed: Some(Deployed { authority, code: code.to_vec(), lamports: 0 }),
        cost: Some(Cost { buffer: 1, program: 2, fees: 3, ..Cost::default() }),
        ..ChainState::default()
    }
}

fn conflict(plan: &Plan, state: &ChainState) -> String {
    match program_item(plan, state).status {
        Status::Conflict(why) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn equal_bytecode_is_left_alone_whatever_the_room_behind_it() {
    let plan = plan();
    let item = program_item(&plan, &running(&[1, 2, 3, 0, 0], Some(plan.upgrade_authority)));
    assert_eq!((item.status, item.action), (Status::Same, None));
}

#[test]
fn other_bytecode_is_shown_and_replaced_only_when_the_plan_says_so() {
    let mut plan = plan();
    let state = running(&[1, 2, 4], Some(plan.upgrade_authority));
    let item = program_item(&plan, &state);
    let Status::Held(lines) = &item.status else { panic!("{item:?}") };
    assert!(lines[0].contains(&hash(&[1, 2, 4])) && lines[0].contains(&hash(&[1, 2, 3])), "{lines:?}");
    assert!(item.action.is_none() && item.notes[0].contains("--upgrade"));
    plan.program.upgrade = true;
    let item = program_item(&plan, &state);
    assert_eq!(item.action, Some(Action::UpgradeProgram));
    assert!(item.notes.iter().any(|note| note.contains("lamports")), "{:?}", item.notes);
}

#[test]
fn an_upgrade_by_somebody_else_is_refused_with_both_names() {
    let mut plan = plan();
    plan.program.upgrade = true;
    let other = Pubkey::new_from_array([8; 32]);
    let why = conflict(&plan, &running(&[1], Some(other)));
    assert!(why.contains(&other.to_string()) && why.contains(&plan.upgrade_authority.to_string()), "{why}");
    assert!(conflict(&plan, &running(&[1], None)).contains("final"));
}

#[test]
fn a_first_deployment_needs_the_programs_own_key() {
    let mut plan = plan();
    let nothing = ChainState::default();
    let why = conflict(&plan, &nothing);
    assert!(
        why.contains("names no key") && why.contains("solana-keygen") && why.contains("declare_id!"),
        "{why}"
    );
    plan.program.keypair = Some(Err("program.json: no such file".to_owned()));
    assert!(conflict(&plan, &nothing).contains("program.json"));
    let other = Pubkey::new_from_array([8; 32]);
    plan.program.keypair = Some(Ok(other));
    let why = conflict(&plan, &nothing);
    assert!(why.contains(&other.to_string()) && why.contains(&address::PROGRAM.to_string()), "{why}");
    plan.program.keypair = Some(Ok(address::PROGRAM));
    assert_eq!(program_item(&plan, &nothing).action, Some(Action::DeployProgram));
    plan.program.bytecode = None;
    assert!(conflict(&plan, &nothing).contains("cargo xtask build"));
}

#[test]
fn without_a_build_or_an_upgradeable_program_it_is_said_that_nothing_was_compared() {
    let mut plan = plan();
    let foreign = ChainState { program_deployed: true, ..ChainState::default() };
    let item = program_item(&plan, &foreign);
    assert!(item.status == Status::Same && item.notes[0].contains("not upgradeable"), "{item:?}");
    plan.program.bytecode = None;
    let item = program_item(&plan, &running(&[1], None));
    assert!(item.status == Status::Same && item.notes[0].contains("there is no"), "{item:?}");
}
