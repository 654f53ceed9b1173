use ballast::BallastError;
use ballast::events::GuardianSet;
use ballast_client::{address, decode_config, instruction};
use ballast_sandbox::{Chain, Stage};
use ballast_tests::{assert_emitted, assert_refused, programs};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

fn guardian(stage: &Stage) -> Pubkey {
    let data = stage.world.expect_account(&address::config(), "config").unwrap().data;
    decode_config(&data).unwrap().guardian
}

#[test]
fn happy_path_governance_names_another() {
    let mut stage = Stage::new(programs(), 1_700_000_000).unwrap();
    let (governance, before, next) = (stage.governance.pubkey(), stage.guardian.pubkey(), Keypair::new());
    let after = next.pubkey();
    let done = stage.govern(&[instruction::set_guardian(governance, after)]).unwrap();
    assert_emitted(&done, &GuardianSet { before, after });
    assert_eq!(guardian(&stage), after);
    // The last one has no power any more, the new one has.
    let (last, model) = (stage.guardian.insecure_clone(), stage.model);
    let revoke = stage.send(&[instruction::revoke_model(before, model)], &[&last]);
    assert_refused(revoke, BallastError::NotGuardian);
    stage.send(&[instruction::revoke_model(after, model)], &[&next]).unwrap();
}

#[test]
fn spec_1_the_guardian_has_no_say() {
    let mut stage = Stage::new(programs(), 1_700_000_000).unwrap();
    let before = guardian(&stage);
    for who in [stage.guardian.insecure_clone(), Keypair::new()] {
        let set = instruction::set_guardian(who.pubkey(), who.pubkey());
        assert_refused(stage.send(&[set], &[&who]), BallastError::NotGovernance);
    }
    assert_eq!(guardian(&stage), before);
}

#[test]
fn spec_2_it_cannot_be_nobody() {
    let mut stage = Stage::new(programs(), 1_700_000_000).unwrap();
    let set = instruction::set_guardian(stage.governance.pubkey(), Pubkey::default());
    assert_refused(stage.govern(&[set]), BallastError::DefaultKey);
    assert_eq!(guardian(&stage), stage.guardian.pubkey());
}
