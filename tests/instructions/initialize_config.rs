use ballast::BallastError;
use ballast::events::ConfigInitialized;
use ballast_client::{address, decode_config, instruction};
use ballast_sandbox::{Chain, Deployment};
use ballast_tests::{assert_emitted, assert_other_refusal, assert_refused, programs};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

/// Code of the system program's "already in use".
const ALREADY_IN_USE: u32 = 0;

fn bare() -> (Deployment, Pubkey, Pubkey, Pubkey) {
    let deployment = Deployment::bare(programs(), 1_700_000_000).unwrap();
    let (payer, governance, guardian) =
        (deployment.world.payer.pubkey(), deployment.governance.pubkey(), deployment.guardian.pubkey());
    (deployment, payer, governance, guardian)
}

fn config_exists(deployment: &Deployment) -> bool {
    deployment.world.account(&address::config()).unwrap().is_some_and(|account| !account.data.is_empty())
}

#[test]
fn the_upgrade_authority_names_the_authorities() {
    let (mut deployment, payer, governance, guardian) = bare();
    let done =
        deployment.send(&[instruction::initialize_config(payer, payer, governance, guardian)], &[]).unwrap();
    assert_emitted(&done, &ConfigInitialized { governance, guardian });
    let data = deployment.world.expect_account(&address::config(), "config").unwrap().data;
    let config = decode_config(&data).unwrap();
    assert_eq!((config.governance, config.guardian, config.version), (governance, guardian, 1));
}

#[test]
fn spec_1_nobody_else_may_call_it() {
    let (mut deployment, payer, governance, guardian) = bare();
    let stranger = Keypair::new();
    let instruction = instruction::initialize_config(payer, stranger.pubkey(), governance, guardian);
    assert_refused(deployment.send(&[instruction], &[&stranger]), BallastError::NotUpgradeAuthority);
    assert!(!config_exists(&deployment));
}

#[test]
fn spec_1_a_final_program_has_no_upgrade_authority() {
    let (mut deployment, payer, governance, guardian) = bare();
    deployment
        .world
        .edit(&address::program_data(), "program data", |data| {
            data[12] = 0;
            Ok(())
        })
        .unwrap();
    let instruction = instruction::initialize_config(payer, payer, governance, guardian);
    assert_refused(deployment.send(&[instruction], &[]), BallastError::NotUpgradeAuthority);
    assert!(!config_exists(&deployment));
}

#[test]
fn spec_1_another_programs_upgrade_authority_does_not_count() {
    let (mut deployment, payer, governance, guardian) = bare();
    let (other, _) =
        Pubkey::find_program_address(&[address::KAMINO_LEND.as_ref()], &address::UPGRADEABLE_LOADER);
    let mut instruction = instruction::initialize_config(payer, payer, governance, guardian);
    let own = instruction.accounts.iter_mut().find(|meta| meta.pubkey == address::program_data()).unwrap();
    own.pubkey = other;
    assert_refused(deployment.send(&[instruction], &[]), BallastError::WrongProgramData);
    assert!(!config_exists(&deployment));
}

#[test]
fn spec_2_it_can_be_called_once() {
    let (mut deployment, payer, governance, guardian) = bare();
    deployment.send(&[instruction::initialize_config(payer, payer, governance, guardian)], &[]).unwrap();
    let again = instruction::initialize_config(payer, payer, payer, payer);
    assert_other_refusal(deployment.send(&[again], &[]), ALREADY_IN_USE);
    let data = deployment.world.expect_account(&address::config(), "config").unwrap().data;
    assert_eq!(decode_config(&data).unwrap().governance, governance);
}

#[test]
fn spec_2_lamports_sent_ahead_do_not_block_it() {
    let (mut deployment, payer, governance, guardian) = bare();
    deployment.world.give_lamports(&address::config(), 1).unwrap();
    deployment.send(&[instruction::initialize_config(payer, payer, governance, guardian)], &[]).unwrap();
    assert!(config_exists(&deployment));
}

#[test]
fn spec_3_the_default_key_is_nobody() {
    let (mut deployment, payer, governance, guardian) = bare();
    let nobody = Pubkey::default();
    let no_governance = instruction::initialize_config(payer, payer, nobody, guardian);
    assert_refused(deployment.send(&[no_governance], &[]), BallastError::NotGovernance);
    let no_guardian = instruction::initialize_config(payer, payer, governance, nobody);
    assert_refused(deployment.send(&[no_guardian], &[]), BallastError::NotGuardian);
    assert!(!config_exists(&deployment));
}
