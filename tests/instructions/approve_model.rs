use ballast::BallastError;
use ballast::events::ModelApproved;
use ballast_client::{address, decode_model, instruction};
use ballast_sandbox::{Chain, Deployment};
use ballast_tests::{assert_emitted, assert_other_refusal, assert_refused, programs};
use solana_keypair::Keypair;
use solana_signer::Signer;

const HASH: [u8; 32] = [42; 32];
/// Anchor's "seeds do not give this address".
const CONSTRAINT_SEEDS: u32 = 2_006;

fn deployment() -> Deployment {
    Deployment::new(programs(), 1_700_000_000).unwrap()
}

fn model(deployment: &Deployment) -> ballast::state::Model {
    let data = deployment.world.expect_account(&address::model(&HASH), "model").unwrap().data;
    decode_model(&data).unwrap()
}

#[test]
fn governance_approves_a_model_by_its_hash() {
    let mut deployment = deployment();
    let (payer, governance) = (deployment.world.payer.pubkey(), deployment.governance.pubkey());
    let done = deployment.govern(&[instruction::approve_model(payer, governance, HASH)]).unwrap();
    let slot = deployment.world.clock().slot;
    let model = model(&deployment);
    assert!(model.approved);
    assert_eq!((model.hash, model.approved_slot, model.revoked_slot), (HASH, slot, 0));
    assert_emitted(&done, &ModelApproved { model: address::model(&HASH), hash: HASH, slot });
}

#[test]
fn spec_1_only_governance_may() {
    let mut deployment = deployment();
    let payer = deployment.world.payer.pubkey();
    for who in [deployment.guardian.insecure_clone(), deployment.keeper.insecure_clone(), Keypair::new()] {
        let instruction = instruction::approve_model(payer, who.pubkey(), HASH);
        assert_refused(deployment.send(&[instruction], &[&who]), BallastError::NotGovernance);
    }
    assert!(deployment.world.account(&address::model(&HASH)).unwrap().is_none());
}

#[test]
fn spec_2_a_revoked_model_may_be_approved_again_by_governance_alone() {
    let mut deployment = deployment();
    let (payer, governance) = (deployment.world.payer.pubkey(), deployment.governance.pubkey());
    let guardian = deployment.guardian.insecure_clone();
    deployment.govern(&[instruction::approve_model(payer, governance, HASH)]).unwrap();
    let revoke = instruction::revoke_model(guardian.pubkey(), address::model(&HASH));
    deployment.send(&[revoke], &[&guardian]).unwrap();
    let revoked_slot = model(&deployment).revoked_slot;
    deployment.world.next_slot();
    let again = instruction::approve_model(payer, guardian.pubkey(), HASH);
    assert_refused(deployment.send(&[again], &[&guardian]), BallastError::NotGovernance);
    assert!(!model(&deployment).approved);
    deployment.govern(&[instruction::approve_model(payer, governance, HASH)]).unwrap();
    let model = model(&deployment);
    assert!(model.approved);
    assert_eq!((model.approved_slot, model.revoked_slot), (revoked_slot + 1, revoked_slot));
}

#[test]
fn the_account_is_the_hashs_own() {
    let mut deployment = deployment();
    let (payer, governance) = (deployment.world.payer.pubkey(), deployment.governance.pubkey());
    let mut instruction = instruction::approve_model(payer, governance, HASH);
    let account = instruction.accounts.iter_mut().find(|meta| meta.pubkey == address::model(&HASH)).unwrap();
    account.pubkey = address::model(&[43; 32]);
    assert_other_refusal(deployment.govern(&[instruction]), CONSTRAINT_SEEDS);
}
