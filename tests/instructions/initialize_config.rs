use ballast::BallastError;
use ballast::events::ConfigInitialized;
use ballast_client::{address, decode_config, instruction};
use ballast_sandbox::{Chain, Stage};
use ballast_tests::{assert_emitted, assert_other_refusal, assert_refused, programs};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

/// Code of the system program's "already in use".
const ALREADY_IN_USE: u32 = 0;

fn bare() -> (Stage, Pubkey, Pubkey, Pubkey) {
    let stage = Stage::bare(programs(), 1_700_000_000).unwrap();
    let (payer, governance, guardian) =
        (stage.world.payer.pubkey(), stage.governance.pubkey(), stage.guardian.pubkey());
    (stage, payer, governance, guardian)
}

fn config_exists(stage: &Stage) -> bool {
    stage.world.account(&address::config()).unwrap().is_some_and(|account| !account.data.is_empty())
}

#[test]
fn the_upgrade_authority_names_the_authorities() {
    let (mut stage, payer, governance, guardian) = bare();
    let done =
        stage.send(&[instruction::initialize_config(payer, payer, governance, guardian)], &[]).unwrap();
    assert_emitted(&done, &ConfigInitialized { governance, guardian });
    let data = stage.world.expect_account(&address::config(), "config").unwrap().data;
    let config = decode_config(&data).unwrap();
    assert_eq!((config.governance, config.guardian, config.version), (governance, guardian, 1));
}

#[test]
fn spec_1_nobody_else_may_call_it() {
    let (mut stage, payer, governance, guardian) = bare();
    let stranger = Keypair::new();
    let instruction = instruction::initialize_config(payer, stranger.pubkey(), governance, guardian);
    assert_refused(stage.send(&[instruction], &[&stranger]), BallastError::NotUpgradeAuthority);
    assert!(!config_exists(&stage));
}

#[test]
fn spec_1_a_final_program_has_no_upgrade_authority() {
    let (mut stage, payer, governance, guardian) = bare();
    stage
        .world
        .edit(&address::program_data(), "program data", |data| {
            data[12] = 0;
            Ok(())
        })
        .unwrap();
    let instruction = instruction::initialize_config(payer, payer, governance, guardian);
    assert_refused(stage.send(&[instruction], &[]), BallastError::NotUpgradeAuthority);
    assert!(!config_exists(&stage));
}

#[test]
fn spec_1_another_programs_upgrade_authority_does_not_count() {
    let (mut stage, payer, governance, guardian) = bare();
    let (other, _) =
        Pubkey::find_program_address(&[address::KAMINO_LEND.as_ref()], &address::UPGRADEABLE_LOADER);
    let mut instruction = instruction::initialize_config(payer, payer, governance, guardian);
    let own = instruction.accounts.iter_mut().find(|meta| meta.pubkey == address::program_data()).unwrap();
    own.pubkey = other;
    assert_refused(stage.send(&[instruction], &[]), BallastError::WrongProgramData);
    assert!(!config_exists(&stage));
}

#[test]
fn spec_2_it_can_be_called_once() {
    let (mut stage, payer, governance, guardian) = bare();
    stage.send(&[instruction::initialize_config(payer, payer, governance, guardian)], &[]).unwrap();
    let again = instruction::initialize_config(payer, payer, payer, payer);
    assert_other_refusal(stage.send(&[again], &[]), ALREADY_IN_USE);
    let data = stage.world.expect_account(&address::config(), "config").unwrap().data;
    assert_eq!(decode_config(&data).unwrap().governance, governance);
}

#[test]
fn spec_2_lamports_sent_ahead_do_not_block_it() {
    let (mut stage, payer, governance, guardian) = bare();
    stage.world.give_lamports(&address::config(), 1).unwrap();
    stage.send(&[instruction::initialize_config(payer, payer, governance, guardian)], &[]).unwrap();
    assert!(config_exists(&stage));
}

#[test]
fn spec_3_the_default_key_is_nobody() {
    let (mut stage, payer, governance, guardian) = bare();
    let nobody = Pubkey::default();
    let no_governance = instruction::initialize_config(payer, payer, nobody, guardian);
    assert_refused(stage.send(&[no_governance], &[]), BallastError::NotGovernance);
    let no_guardian = instruction::initialize_config(payer, payer, governance, nobody);
    assert_refused(stage.send(&[no_guardian], &[]), BallastError::NotGuardian);
    assert!(!config_exists(&stage));
}
