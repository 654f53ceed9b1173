//! `offer_governance` and `accept_governance`: governance changes hands in two steps.

use ballast::BallastError;
use ballast::events::{GovernanceAccepted, GovernanceOffered};
use ballast_client::{address, decode_config, instruction};
use ballast_sandbox::{Chain, Deployment};
use ballast_tests::unchanged::{assert_code, code, unsigned};
use ballast_tests::{assert_emitted, assert_refused, programs};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

fn deployment() -> Deployment {
    Deployment::new(programs(), 1_700_000_000).unwrap()
}

/// Governance, and to whom it is offered.
fn authorities(deployment: &Deployment) -> (Pubkey, Pubkey) {
    let data = deployment.world.expect_account(&address::config(), "config").unwrap().data;
    let config = decode_config(&data).unwrap();
    (config.governance, config.offered_governance)
}

#[test]
fn happy_path_it_is_offered_and_accepted() {
    let mut deployment = deployment();
    let (from, next) = (deployment.governance.pubkey(), Keypair::new());
    let to = next.pubkey();
    let done = deployment.govern(&[instruction::offer_governance(from, to)]).unwrap();
    assert_emitted(&done, &GovernanceOffered { from, to });
    assert_eq!(authorities(&deployment), (from, to), "an offer changes nothing yet");
    let done = deployment.send(&[instruction::accept_governance(to)], &[&next]).unwrap();
    assert_emitted(&done, &GovernanceAccepted { before: from, after: to });
    assert_eq!(authorities(&deployment), (to, Pubkey::default()));
    // The new one governs, the old one does not, and the offer is used up.
    deployment.send(&[instruction::set_guardian(to, from)], &[&next]).unwrap();
    let late = deployment.govern(&[instruction::offer_governance(from, from)]);
    assert_refused(late, BallastError::NotGovernance);
    let again = deployment.send(&[instruction::accept_governance(to)], &[&next]);
    assert_refused(again, BallastError::NotOfferedGovernance);
}

#[test]
fn only_governance_offers_and_only_who_was_offered_accepts() {
    let mut deployment = deployment();
    let from = deployment.governance.pubkey();
    for who in [deployment.guardian.insecure_clone(), Keypair::new()] {
        let offer = instruction::offer_governance(who.pubkey(), who.pubkey());
        assert_refused(deployment.send(&[offer], &[&who]), BallastError::NotGovernance);
        let accept = instruction::accept_governance(who.pubkey());
        assert_refused(deployment.send(&[accept], &[&who]), BallastError::NotOfferedGovernance);
    }
    let next = Keypair::new();
    deployment.govern(&[instruction::offer_governance(from, next.pubkey())]).unwrap();
    for who in [deployment.guardian.insecure_clone(), deployment.governance.insecure_clone()] {
        let accept = instruction::accept_governance(who.pubkey());
        assert_refused(deployment.send(&[accept], &[&who]), BallastError::NotOfferedGovernance);
    }
    let accept = unsigned(instruction::accept_governance(next.pubkey()), &next.pubkey());
    assert_code(&mut deployment, &[accept], &[], code::ACCOUNT_NOT_SIGNER);
    assert_eq!(authorities(&deployment), (from, next.pubkey()));
}

#[test]
fn a_new_offer_takes_the_place_of_the_last() {
    let mut deployment = deployment();
    let (from, first, second) = (deployment.governance.pubkey(), Keypair::new(), Keypair::new());
    for to in [first.pubkey(), second.pubkey()] {
        deployment.govern(&[instruction::offer_governance(from, to)]).unwrap();
    }
    let accept = instruction::accept_governance(first.pubkey());
    assert_refused(deployment.send(&[accept], &[&first]), BallastError::NotOfferedGovernance);
    // Offering it to itself takes the offer back.
    deployment.govern(&[instruction::offer_governance(from, from)]).unwrap();
    let accept = instruction::accept_governance(second.pubkey());
    assert_refused(deployment.send(&[accept], &[&second]), BallastError::NotOfferedGovernance);
    deployment.govern(&[instruction::accept_governance(from)]).unwrap();
    assert_eq!(authorities(&deployment), (from, Pubkey::default()));
}

#[test]
fn nobody_cannot_govern() {
    let mut deployment = deployment();
    let from = deployment.governance.pubkey();
    let offer = instruction::offer_governance(from, Pubkey::default());
    assert_refused(deployment.govern(&[offer]), BallastError::DefaultKey);
    assert_eq!(authorities(&deployment), (from, Pubkey::default()));
}
