use ballast::BallastError;
use ballast::adapters::kind;
use ballast::events::AllocationAdded;
use ballast::state::asset_class;
use ballast_client::{address, instruction};
use ballast_sandbox::{Chain, DeploymentError, Done, Fixture, FixtureSpec, VaultSpec, kamino, token};
use ballast_tests::{assert_emitted, assert_refused, programs};
use kamino_lend::fixture::ReserveBuilder;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

/// A fixture with a pool in the USDC vault and a reserve that is listed but in no vault.
fn fixture() -> (Fixture, Pubkey) {
    let spec = FixtureSpec { reserves: 0, pool: true, stake_pool: false };
    let mut fixture = Fixture::build(programs(), 1_700_000_000, spec).unwrap();
    let strategy = list_reserve(&mut fixture);
    (fixture, strategy)
}

fn list_reserve(fixture: &mut Fixture) -> Pubkey {
    let (key, usdc) = (Pubkey::new_unique(), fixture.usdc);
    let builder = ReserveBuilder::new(key, Pubkey::new_unique(), usdc, 6);
    kamino::create(&mut fixture.deployment.world, key, &builder).unwrap();
    fixture.deployment.list(&key, kind::KAMINO_LEND, &usdc).unwrap()
}

fn instruction_for(fixture: &Fixture, who: Pubkey, vault: Pubkey, strategy: Pubkey, bps: u16) -> Instruction {
    at(fixture, who, vault, strategy, None, bps)
}

fn at(
    fixture: &Fixture,
    who: Pubkey,
    vault: Pubkey,
    strategy: Pubkey,
    replaces: Option<u8>,
    bps: u16,
) -> Instruction {
    let state = fixture.deployment.strategy(&strategy).unwrap();
    let payer = fixture.deployment.world.payer.pubkey();
    instruction::add_allocation(
        payer,
        who,
        vault,
        strategy,
        &state,
        instruction::Place { replaces, absolute_cap_atoms: 5_000, relative_cap_bps: bps },
    )
}

fn add(fixture: &mut Fixture, vault: Pubkey, strategy: Pubkey, bps: u16) -> Result<Done, DeploymentError> {
    let instruction = instruction_for(fixture, fixture.deployment.governance.pubkey(), vault, strategy, bps);
    fixture.deployment.govern(&[instruction])
}

/// The same with the account `from` replaced by `to`.
fn add_swapped(
    fixture: &mut Fixture,
    vault: Pubkey,
    strategy: Pubkey,
    from: Pubkey,
    to: Pubkey,
) -> Result<Done, DeploymentError> {
    let mut instruction =
        instruction_for(fixture, fixture.deployment.governance.pubkey(), vault, strategy, 1_000);
    instruction.accounts.iter_mut().find(|meta| meta.pubkey == from).unwrap().pubkey = to;
    fixture.deployment.govern(&[instruction])
}

#[test]
fn spec_4_what_decisions_need_is_copied_into_the_slot() {
    let (mut fixture, strategy) = fixture();
    let vault = fixture.usdc_vault;
    let done = add(&mut fixture, vault, strategy, 2_500).unwrap();
    let slot = fixture.deployment.allocation(&vault, 1).unwrap();
    let listed = fixture.deployment.strategy(&strategy).unwrap();
    assert_eq!((slot.strategy, slot.adapter), (strategy, kind::KAMINO_LEND));
    assert_eq!((slot.asset_class, slot.risk_factors), (asset_class::LENDING, listed.risk_factors));
    assert_eq!((slot.absolute_cap_atoms, slot.relative_cap_bps), (5_000, 2_500));
    assert_eq!((slot.receipts, slot.value_low, slot.target_bps), (0, 0, 0));
    let receipts = address::token_account(&vault, &listed.receipt_mint, &address::TOKEN);
    assert_eq!((slot.receipt_account, slot.leg_account), (receipts, Pubkey::default()));
    assert_eq!(token::balance(&fixture.deployment.world, &receipts).unwrap(), 0);
    assert!(fixture.deployment.world.account(&receipts).unwrap().is_some());
    let expected =
        AllocationAdded { vault, strategy, index: 1, absolute_cap_atoms: 5_000, relative_cap_bps: 2_500 };
    assert_emitted(&done, &expected);
}

#[test]
fn a_pool_gets_an_account_for_its_leg_too() {
    let (fixture, _) = fixture();
    let slot = fixture.deployment.allocation(&fixture.usdc_vault, 0).unwrap();
    let leg = address::token_account(&fixture.usdc_vault, &address::WRAPPED_SOL, &address::TOKEN);
    assert_eq!((slot.leg_account, slot.asset_class), (leg, asset_class::LIQUIDITY));
    assert!(fixture.deployment.world.account(&leg).unwrap().is_some());
}

#[test]
fn accounts_that_somebody_made_before_are_used() {
    let (mut fixture, strategy) = fixture();
    let vault = fixture.usdc_vault;
    let ctoken = fixture.deployment.strategy(&strategy).unwrap().receipt_mint;
    token::fund(&mut fixture.deployment.world, &vault, &ctoken, 999).unwrap();
    add(&mut fixture, vault, strategy, 2_500).unwrap();
    assert_eq!(fixture.deployment.allocation(&vault, 1).unwrap().receipts, 0);
}

#[test]
fn spec_1_only_governance_may() {
    let (mut fixture, strategy) = fixture();
    let vault = fixture.usdc_vault;
    for who in [fixture.deployment.guardian.insecure_clone(), Keypair::new()] {
        let instruction = instruction_for(&fixture, who.pubkey(), vault, strategy, 1_000);
        assert_refused(fixture.deployment.send(&[instruction], &[&who]), BallastError::NotGovernance);
    }
    assert_eq!(fixture.deployment.vault(&vault).unwrap().allocation_count, 1);
}

#[test]
fn spec_2_the_strategy_is_for_the_vaults_asset() {
    let (mut fixture, strategy) = fixture();
    let sol_vault = fixture.deployment.create_vault(&VaultSpec::new(address::WRAPPED_SOL, 1)).unwrap();
    assert_refused(add(&mut fixture, sol_vault, strategy, 1_000), BallastError::StrategyAssetMismatch);
    assert_eq!(fixture.deployment.vault(&sol_vault).unwrap().allocation_count, 0);
}

#[test]
fn spec_2_the_strategy_is_inside_the_vaults_mandate() {
    let (mut fixture, strategy) = fixture();
    let spec = VaultSpec { asset_class_mask: asset_class::LENDING, ..VaultSpec::new(fixture.usdc, 0) };
    let lending_only = fixture.deployment.create_vault(&spec).unwrap();
    let pool = address::strategy(&fixture.pool.unwrap().key, &fixture.usdc);
    assert_refused(add(&mut fixture, lending_only, pool, 1_000), BallastError::StrategyOutsideMandate);
    assert_eq!(fixture.deployment.vault(&lending_only).unwrap().allocation_count, 0);
    add(&mut fixture, lending_only, strategy, 1_000).unwrap();
}

#[test]
fn spec_2_a_strategy_has_one_slot() {
    let (mut fixture, strategy) = fixture();
    let vault = fixture.usdc_vault;
    add(&mut fixture, vault, strategy, 1_000).unwrap();
    assert_refused(add(&mut fixture, vault, strategy, 2_000), BallastError::AllocationExists);
    assert_eq!(fixture.deployment.vault(&vault).unwrap().allocation_count, 2);
    assert_eq!(fixture.deployment.allocation(&vault, 1).unwrap().relative_cap_bps, 1_000);
}

#[test]
fn spec_3_there_are_eight_slots() {
    let (mut fixture, _) = fixture();
    let vault = fixture.usdc_vault;
    for _ in 0..7 {
        let strategy = list_reserve(&mut fixture);
        add(&mut fixture, vault, strategy, 1_000).unwrap();
    }
    let ninth = list_reserve(&mut fixture);
    assert_refused(add(&mut fixture, vault, ninth, 1_000), BallastError::AllocationSlotsFull);
    assert_eq!(fixture.deployment.vault(&vault).unwrap().allocation_count, 8);
}

#[test]
fn spec_3_an_empty_place_is_used_again_and_no_other() {
    let mut test = ballast_tests::VaultTest::invested();
    let vault = test.vault;
    let other = list_reserve(&mut test.fixture);
    let governance = test.fixture.deployment.governance.pubkey();
    let replace = at(&test.fixture, governance, vault, other, Some(1), 2_000);
    assert_refused(
        test.deployment().govern(std::slice::from_ref(&replace)),
        BallastError::AllocationNotEmpty,
    );
    let beyond = at(&test.fixture, governance, vault, other, Some(4), 2_000);
    assert_refused(test.deployment().govern(&[beyond]), BallastError::AllocationNotFound);
    test.set_caps(1, 0, 0);
    let receipts = test.slot(1).receipts;
    test.decrease(1, receipts);
    test.govern(replace);
    let place = test.slot(1);
    assert_eq!((place.strategy, place.target_bps, place.relative_cap_bps), (other, 0, 2_000));
    assert_eq!(test.state().allocation_count, 3);
    // It is filled like any other, by a decision of its own.
    test.pass(3_600);
    test.settle();
    test.set_caps(1, u64::MAX, 2_000);
    test.decide([5_000, 1_000, 2_000, 0, 0, 0, 0, 0]);
    test.increase(1, 5_000_000_000);
}

#[test]
fn a_cap_is_at_most_the_whole_vault() {
    let (mut fixture, strategy) = fixture();
    let vault = fixture.usdc_vault;
    assert_refused(add(&mut fixture, vault, strategy, 10_001), BallastError::InvalidCap);
    add(&mut fixture, vault, strategy, 10_000).unwrap();
}

#[test]
fn another_mint_or_token_program_for_the_receipt_is_refused() {
    let (mut fixture, strategy) = fixture();
    let (vault, usdc) = (fixture.usdc_vault, fixture.usdc);
    let ctoken = fixture.deployment.strategy(&strategy).unwrap().receipt_mint;
    let result = add_swapped(&mut fixture, vault, strategy, ctoken, usdc);
    assert_refused(result, BallastError::WrongMint);
    let result = add_swapped(&mut fixture, vault, strategy, address::TOKEN, address::TOKEN_2022);
    assert_refused(result, BallastError::WrongTokenProgram);
    assert_eq!(fixture.deployment.vault(&vault).unwrap().allocation_count, 1);
}

#[test]
fn somebody_elses_receipt_account_is_refused() {
    let (mut fixture, strategy) = fixture();
    let vault = fixture.usdc_vault;
    let ctoken = fixture.deployment.strategy(&strategy).unwrap().receipt_mint;
    let own = address::token_account(&vault, &ctoken, &address::TOKEN);
    let theirs = token::fund(&mut fixture.deployment.world, &Pubkey::new_unique(), &ctoken, 0).unwrap();
    // One that the vault owns, but not at the address derived from it, is no better.
    let stray = Pubkey::new_unique();
    token::set_token_account(&mut fixture.deployment.world, &stray, &ctoken, &vault, 0).unwrap();
    for other in [theirs, stray] {
        let result = add_swapped(&mut fixture, vault, strategy, own, other);
        assert_refused(result, BallastError::WrongTokenAccount);
    }
    assert_eq!(fixture.deployment.vault(&vault).unwrap().allocation_count, 1);
}

#[test]
fn a_pool_without_its_legs_accounts_is_refused() {
    let spec = FixtureSpec { reserves: 0, pool: true, stake_pool: false };
    let mut fixture = Fixture::build(programs(), 1_700_000_000, spec).unwrap();
    let strategy = address::strategy(&fixture.pool.unwrap().key, &fixture.usdc);
    let vault = fixture.deployment.create_vault(&VaultSpec::new(fixture.usdc, 1)).unwrap();
    let leg_account = address::token_account(&vault, &address::WRAPPED_SOL, &address::TOKEN);
    // Anchor reads the program's own id as "absent".
    let result = add_swapped(&mut fixture, vault, strategy, leg_account, address::PROGRAM);
    assert_refused(result, BallastError::VenueAccountsMissing);
    let usdc = fixture.usdc;
    let result = add_swapped(&mut fixture, vault, strategy, address::WRAPPED_SOL, usdc);
    assert_refused(result, BallastError::WrongMint);
    assert_eq!(fixture.deployment.vault(&vault).unwrap().allocation_count, 0);
}
