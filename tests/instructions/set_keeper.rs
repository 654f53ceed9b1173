use ballast::BallastError;
use ballast::events::KeeperSet;
use ballast_client::instruction;
use ballast_sandbox::{Deployment, DeploymentError, Done, VaultSpec};
use ballast_tests::{assert_emitted, assert_refused, programs};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

fn deployment() -> (Deployment, Pubkey) {
    let mut deployment = Deployment::new(programs(), 1_700_000_000).unwrap();
    let mint = deployment.mint(6).unwrap();
    let vault = deployment.create_vault(&VaultSpec::new(mint, 0)).unwrap();
    (deployment, vault)
}

fn set(
    deployment: &mut Deployment,
    who: &Keypair,
    vault: Pubkey,
    keeper: Pubkey,
) -> Result<Done, DeploymentError> {
    deployment.send(&[instruction::set_keeper(who.pubkey(), vault, keeper)], &[who])
}

#[test]
fn spec_1_governance_may_name_anyone() {
    let (mut deployment, vault) = deployment();
    let governance = deployment.governance.insecure_clone();
    for keeper in [Pubkey::new_unique(), Pubkey::default()] {
        let done = set(&mut deployment, &governance, vault, keeper).unwrap();
        assert_eq!(deployment.vault(&vault).unwrap().keeper, keeper);
        assert_emitted(&done, &KeeperSet { vault, authority: governance.pubkey(), keeper });
    }
}

#[test]
fn spec_1_the_guardian_may_only_take_the_keeper_away() {
    let (mut deployment, vault) = deployment();
    let guardian = deployment.guardian.insecure_clone();
    let before = deployment.vault(&vault).unwrap().keeper;
    let result = set(&mut deployment, &guardian, vault, guardian.pubkey());
    assert_refused(result, BallastError::GuardianMayOnlyReduce);
    assert_eq!(deployment.vault(&vault).unwrap().keeper, before);
    set(&mut deployment, &guardian, vault, Pubkey::default()).unwrap();
    assert_refused(deployment.rebalance(&vault, [0; 8]), BallastError::NotKeeper);
}

#[test]
fn spec_1_nobody_else_may() {
    let (mut deployment, vault) = deployment();
    let before = deployment.vault(&vault).unwrap().keeper;
    for who in [deployment.keeper.insecure_clone(), Keypair::new()] {
        let result = set(&mut deployment, &who, vault, who.pubkey());
        assert_refused(result, BallastError::NotGuardian);
    }
    assert_eq!(deployment.vault(&vault).unwrap().keeper, before);
}
