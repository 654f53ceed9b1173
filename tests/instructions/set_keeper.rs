use ballast::BallastError;
use ballast::events::KeeperSet;
use ballast_client::instruction;
use ballast_sandbox::{Done, Stage, StageError, VaultSpec};
use ballast_tests::{assert_emitted, assert_refused, programs};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

fn stage() -> (Stage, Pubkey) {
    let mut stage = Stage::new(programs(), 1_700_000_000).unwrap();
    let mint = stage.mint(6).unwrap();
    let vault = stage.create_vault(&VaultSpec::new(mint, 0)).unwrap();
    (stage, vault)
}

fn set(stage: &mut Stage, who: &Keypair, vault: Pubkey, keeper: Pubkey) -> Result<Done, StageError> {
    stage.send(&[instruction::set_keeper(who.pubkey(), vault, keeper)], &[who])
}

#[test]
fn spec_1_governance_may_name_anyone() {
    let (mut stage, vault) = stage();
    let governance = stage.governance.insecure_clone();
    for keeper in [Pubkey::new_unique(), Pubkey::default()] {
        let done = set(&mut stage, &governance, vault, keeper).unwrap();
        assert_eq!(stage.vault(&vault).unwrap().keeper, keeper);
        assert_emitted(&done, &KeeperSet { vault, authority: governance.pubkey(), keeper });
    }
}

#[test]
fn spec_1_the_guardian_may_only_take_the_keeper_away() {
    let (mut stage, vault) = stage();
    let guardian = stage.guardian.insecure_clone();
    let before = stage.vault(&vault).unwrap().keeper;
    let result = set(&mut stage, &guardian, vault, guardian.pubkey());
    assert_refused(result, BallastError::GuardianMayOnlyReduce);
    assert_eq!(stage.vault(&vault).unwrap().keeper, before);
    set(&mut stage, &guardian, vault, Pubkey::default()).unwrap();
    assert_refused(stage.rebalance(&vault, [0; 8]), BallastError::NotKeeper);
}

#[test]
fn spec_1_nobody_else_may() {
    let (mut stage, vault) = stage();
    let before = stage.vault(&vault).unwrap().keeper;
    for who in [stage.keeper.insecure_clone(), Keypair::new()] {
        let result = set(&mut stage, &who, vault, who.pubkey());
        assert_refused(result, BallastError::NotGuardian);
    }
    assert_eq!(stage.vault(&vault).unwrap().keeper, before);
}
