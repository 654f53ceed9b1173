use ballast::BallastError;
use ballast::adapters::kind;
use ballast::events::AllocationAdded;
use ballast::state::asset_class;
use ballast_client::{address, instruction};
use ballast_sandbox::{Chain, Done, Scene, SceneSpec, StageError, VaultSpec, kamino, token};
use ballast_tests::{assert_emitted, assert_refused, programs};
use kamino_lend::fixture::ReserveBuilder;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

/// A scene with a pool in the USDC vault and a reserve that is listed but in no vault.
fn scene() -> (Scene, Pubkey) {
    let spec = SceneSpec { reserves: 0, pool: true, stake_pool: false };
    let mut scene = Scene::build(programs(), 1_700_000_000, spec).unwrap();
    let strategy = list_reserve(&mut scene);
    (scene, strategy)
}

fn list_reserve(scene: &mut Scene) -> Pubkey {
    let (key, usdc) = (Pubkey::new_unique(), scene.usdc);
    let builder = ReserveBuilder::new(key, Pubkey::new_unique(), usdc, 6);
    kamino::create(&mut scene.stage.world, key, &builder).unwrap();
    scene.stage.list(&key, kind::KAMINO_LEND, &usdc).unwrap()
}

fn instruction_for(scene: &Scene, who: Pubkey, vault: Pubkey, strategy: Pubkey, bps: u16) -> Instruction {
    at(scene, who, vault, strategy, None, bps)
}

fn at(
    scene: &Scene,
    who: Pubkey,
    vault: Pubkey,
    strategy: Pubkey,
    replaces: Option<u8>,
    bps: u16,
) -> Instruction {
    let state = scene.stage.strategy(&strategy).unwrap();
    let payer = scene.stage.world.payer.pubkey();
    instruction::add_allocation(
        payer,
        who,
        vault,
        strategy,
        &state,
        instruction::Place { replaces, absolute_cap_atoms: 5_000, relative_cap_bps: bps },
    )
}

fn add(scene: &mut Scene, vault: Pubkey, strategy: Pubkey, bps: u16) -> Result<Done, StageError> {
    let instruction = instruction_for(scene, scene.stage.governance.pubkey(), vault, strategy, bps);
    scene.stage.govern(&[instruction])
}

/// The same with the account `from` replaced by `to`.
fn add_swapped(
    scene: &mut Scene,
    vault: Pubkey,
    strategy: Pubkey,
    from: Pubkey,
    to: Pubkey,
) -> Result<Done, StageError> {
    let mut instruction = instruction_for(scene, scene.stage.governance.pubkey(), vault, strategy, 1_000);
    instruction.accounts.iter_mut().find(|meta| meta.pubkey == from).unwrap().pubkey = to;
    scene.stage.govern(&[instruction])
}

#[test]
fn spec_4_what_decisions_need_is_copied_into_the_slot() {
    let (mut scene, strategy) = scene();
    let vault = scene.usdc_vault;
    let done = add(&mut scene, vault, strategy, 2_500).unwrap();
    let slot = scene.stage.allocation(&vault, 1).unwrap();
    let listed = scene.stage.strategy(&strategy).unwrap();
    assert_eq!((slot.strategy, slot.adapter), (strategy, kind::KAMINO_LEND));
    assert_eq!((slot.asset_class, slot.risk_factors), (asset_class::LENDING, listed.risk_factors));
    assert_eq!((slot.absolute_cap_atoms, slot.relative_cap_bps), (5_000, 2_500));
    assert_eq!((slot.receipts, slot.value_low, slot.target_bps), (0, 0, 0));
    let receipts = address::token_account(&vault, &listed.receipt_mint, &address::TOKEN);
    assert_eq!((slot.receipt_account, slot.leg_account), (receipts, Pubkey::default()));
    assert_eq!(token::balance(&scene.stage.world, &receipts).unwrap(), 0);
    assert!(scene.stage.world.account(&receipts).unwrap().is_some());
    let expected =
        AllocationAdded { vault, strategy, index: 1, absolute_cap_atoms: 5_000, relative_cap_bps: 2_500 };
    assert_emitted(&done, &expected);
}

#[test]
fn a_pool_gets_an_account_for_its_leg_too() {
    let (scene, _) = scene();
    let slot = scene.stage.allocation(&scene.usdc_vault, 0).unwrap();
    let leg = address::token_account(&scene.usdc_vault, &address::WRAPPED_SOL, &address::TOKEN);
    assert_eq!((slot.leg_account, slot.asset_class), (leg, asset_class::LIQUIDITY));
    assert!(scene.stage.world.account(&leg).unwrap().is_some());
}

#[test]
fn accounts_that_somebody_made_before_are_used() {
    let (mut scene, strategy) = scene();
    let vault = scene.usdc_vault;
    let ctoken = scene.stage.strategy(&strategy).unwrap().receipt_mint;
    token::fund(&mut scene.stage.world, &vault, &ctoken, 999).unwrap();
    add(&mut scene, vault, strategy, 2_500).unwrap();
    assert_eq!(scene.stage.allocation(&vault, 1).unwrap().receipts, 0);
}

#[test]
fn spec_1_only_governance_may() {
    let (mut scene, strategy) = scene();
    let vault = scene.usdc_vault;
    for who in [scene.stage.guardian.insecure_clone(), Keypair::new()] {
        let instruction = instruction_for(&scene, who.pubkey(), vault, strategy, 1_000);
        assert_refused(scene.stage.send(&[instruction], &[&who]), BallastError::NotGovernance);
    }
    assert_eq!(scene.stage.vault(&vault).unwrap().allocation_count, 1);
}

#[test]
fn spec_2_the_strategy_is_for_the_vaults_asset() {
    let (mut scene, strategy) = scene();
    let sol_vault = scene.stage.create_vault(&VaultSpec::new(address::WRAPPED_SOL, 1)).unwrap();
    assert_refused(add(&mut scene, sol_vault, strategy, 1_000), BallastError::StrategyAssetMismatch);
    assert_eq!(scene.stage.vault(&sol_vault).unwrap().allocation_count, 0);
}

#[test]
fn spec_2_the_strategy_is_inside_the_vaults_mandate() {
    let (mut scene, strategy) = scene();
    let spec = VaultSpec { asset_class_mask: asset_class::LENDING, ..VaultSpec::new(scene.usdc, 0) };
    let lending_only = scene.stage.create_vault(&spec).unwrap();
    let pool = address::strategy(&scene.pool.unwrap().key, &scene.usdc);
    assert_refused(add(&mut scene, lending_only, pool, 1_000), BallastError::StrategyOutsideMandate);
    assert_eq!(scene.stage.vault(&lending_only).unwrap().allocation_count, 0);
    add(&mut scene, lending_only, strategy, 1_000).unwrap();
}

#[test]
fn spec_2_a_strategy_has_one_slot() {
    let (mut scene, strategy) = scene();
    let vault = scene.usdc_vault;
    add(&mut scene, vault, strategy, 1_000).unwrap();
    assert_refused(add(&mut scene, vault, strategy, 2_000), BallastError::AllocationExists);
    assert_eq!(scene.stage.vault(&vault).unwrap().allocation_count, 2);
    assert_eq!(scene.stage.allocation(&vault, 1).unwrap().relative_cap_bps, 1_000);
}

#[test]
fn spec_3_there_are_eight_slots() {
    let (mut scene, _) = scene();
    let vault = scene.usdc_vault;
    for _ in 0..7 {
        let strategy = list_reserve(&mut scene);
        add(&mut scene, vault, strategy, 1_000).unwrap();
    }
    let ninth = list_reserve(&mut scene);
    assert_refused(add(&mut scene, vault, ninth, 1_000), BallastError::AllocationSlotsFull);
    assert_eq!(scene.stage.vault(&vault).unwrap().allocation_count, 8);
}

#[test]
fn spec_3_an_empty_place_is_used_again_and_no_other() {
    let mut cast = ballast_tests::Cast::invested();
    let vault = cast.vault;
    let other = list_reserve(&mut cast.scene);
    let governance = cast.scene.stage.governance.pubkey();
    let replace = at(&cast.scene, governance, vault, other, Some(1), 2_000);
    assert_refused(cast.stage().govern(std::slice::from_ref(&replace)), BallastError::AllocationNotEmpty);
    let beyond = at(&cast.scene, governance, vault, other, Some(4), 2_000);
    assert_refused(cast.stage().govern(&[beyond]), BallastError::AllocationNotFound);
    cast.set_caps(1, 0, 0);
    let receipts = cast.slot(1).receipts;
    cast.decrease(1, receipts);
    cast.govern(replace);
    let place = cast.slot(1);
    assert_eq!((place.strategy, place.target_bps, place.relative_cap_bps), (other, 0, 2_000));
    assert_eq!(cast.state().allocation_count, 3);
    // It is filled like any other, by a decision of its own.
    cast.pass(3_600);
    cast.settle();
    cast.set_caps(1, u64::MAX, 2_000);
    cast.decide([5_000, 1_000, 2_000, 0, 0, 0, 0, 0]);
    cast.increase(1, 5_000_000_000);
}

#[test]
fn a_cap_is_at_most_the_whole_vault() {
    let (mut scene, strategy) = scene();
    let vault = scene.usdc_vault;
    assert_refused(add(&mut scene, vault, strategy, 10_001), BallastError::InvalidCap);
    add(&mut scene, vault, strategy, 10_000).unwrap();
}

#[test]
fn another_mint_or_token_program_for_the_receipt_is_refused() {
    let (mut scene, strategy) = scene();
    let (vault, usdc) = (scene.usdc_vault, scene.usdc);
    let ctoken = scene.stage.strategy(&strategy).unwrap().receipt_mint;
    let result = add_swapped(&mut scene, vault, strategy, ctoken, usdc);
    assert_refused(result, BallastError::WrongMint);
    let result = add_swapped(&mut scene, vault, strategy, address::TOKEN, address::TOKEN_2022);
    assert_refused(result, BallastError::WrongTokenProgram);
    assert_eq!(scene.stage.vault(&vault).unwrap().allocation_count, 1);
}

#[test]
fn somebody_elses_receipt_account_is_refused() {
    let (mut scene, strategy) = scene();
    let vault = scene.usdc_vault;
    let ctoken = scene.stage.strategy(&strategy).unwrap().receipt_mint;
    let own = address::token_account(&vault, &ctoken, &address::TOKEN);
    let theirs = token::fund(&mut scene.stage.world, &Pubkey::new_unique(), &ctoken, 0).unwrap();
    // One that the vault owns, but not at the address derived from it, is no better.
    let stray = Pubkey::new_unique();
    token::set_token_account(&mut scene.stage.world, &stray, &ctoken, &vault, 0).unwrap();
    for other in [theirs, stray] {
        let result = add_swapped(&mut scene, vault, strategy, own, other);
        assert_refused(result, BallastError::WrongTokenAccount);
    }
    assert_eq!(scene.stage.vault(&vault).unwrap().allocation_count, 1);
}

#[test]
fn a_pool_without_its_legs_accounts_is_refused() {
    let spec = SceneSpec { reserves: 0, pool: true, stake_pool: false };
    let mut scene = Scene::build(programs(), 1_700_000_000, spec).unwrap();
    let strategy = address::strategy(&scene.pool.unwrap().key, &scene.usdc);
    let vault = scene.stage.create_vault(&VaultSpec::new(scene.usdc, 1)).unwrap();
    let leg_account = address::token_account(&vault, &address::WRAPPED_SOL, &address::TOKEN);
    // Anchor reads the program's own id as "absent".
    let result = add_swapped(&mut scene, vault, strategy, leg_account, address::PROGRAM);
    assert_refused(result, BallastError::VenueAccountsMissing);
    let usdc = scene.usdc;
    let result = add_swapped(&mut scene, vault, strategy, address::WRAPPED_SOL, usdc);
    assert_refused(result, BallastError::WrongMint);
    assert_eq!(scene.stage.vault(&vault).unwrap().allocation_count, 0);
}
