use ballast::BallastError;
use ballast::events::GuardianSet;
use ballast_client::{address, decode_config, instruction};
use ballast_sandbox::{Chain, Deployment};
use ballast_tests::{assert_emitted, assert_refused, programs};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

fn guardian(deployment: &Deployment) -> Pubkey {
    let data = deployment.world.expect_account(&address::config(), "config").unwrap().data;
    decode_config(&data).unwrap().guardian
}

#[test]
fn happy_path_governance_names_another() {
    let mut deployment = Deployment::new(programs(), 1_700_000_000).unwrap();
    let (governance, before, next) =
        (deployment.governance.pubkey(), deployment.guardian.pubkey(), Keypair::new());
    let after = next.pubkey();
    let done = deployment.govern(&[instruction::set_guardian(governance, after)]).unwrap();
    assert_emitted(&done, &GuardianSet { before, after });
    assert_eq!(guardian(&deployment), after);
    // The last one has no power any more, the new one has.
    let (last, model) = (deployment.guardian.insecure_clone(), deployment.model);
    let revoke = deployment.send(&[instruction::revoke_model(before, model)], &[&last]);
    assert_refused(revoke, BallastError::NotGuardian);
    deployment.send(&[instruction::revoke_model(after, model)], &[&next]).unwrap();
}

#[test]
fn spec_1_the_guardian_has_no_say() {
    let mut deployment = Deployment::new(programs(), 1_700_000_000).unwrap();
    let before = guardian(&deployment);
    for who in [deployment.guardian.insecure_clone(), Keypair::new()] {
        let set = instruction::set_guardian(who.pubkey(), who.pubkey());
        assert_refused(deployment.send(&[set], &[&who]), BallastError::NotGovernance);
    }
    assert_eq!(guardian(&deployment), before);
}

#[test]
fn spec_2_it_cannot_be_nobody() {
    let mut deployment = Deployment::new(programs(), 1_700_000_000).unwrap();
    let set = instruction::set_guardian(deployment.governance.pubkey(), Pubkey::default());
    assert_refused(deployment.govern(&[set]), BallastError::DefaultKey);
    assert_eq!(guardian(&deployment), deployment.guardian.pubkey());
}
