//! `deposit`.

use std::slice::from_ref;

use ballast::BallastError;
use ballast::events::Deposited;
use ballast::state::{Mandate, asset_class};
use ballast_client::{address, instruction};
use ballast_math::shares::to_shares_down;
use ballast_sandbox::{Chain, token};
use ballast_tests::unchanged::{assert_code, assert_refused, code, replaced, unsigned};
use ballast_tests::{BadPrice, SOL, USDC, VaultTest, the_event};
use solana_pubkey::Pubkey;

#[test]
fn happy_path_gives_shares_and_says_so() {
    let mut test = VaultTest::usdc(1_000 * USDC);
    let before = test.state();
    let done = test.deposit(250 * USDC);

    let shares = to_shares_down(250 * USDC, before.idle_atoms, before.total_shares).unwrap();
    let after = test.state();
    assert_eq!(test.shares(), shares);
    assert_eq!(after.total_shares, before.total_shares + shares);
    assert_eq!(after.idle_atoms, before.idle_atoms + 250 * USDC);
    let position = test.fixture.deployment.position(&test.vault, &test.ann.address()).unwrap();
    assert_eq!((position.owner, position.vault), (test.ann.address(), test.vault));
    assert_eq!((position.deposited_atoms, position.withdrawn_atoms), (250 * USDC, 0));

    let event = the_event::<Deposited>(&done);
    assert_eq!((event.vault, event.owner), (test.vault, test.ann.address()));
    assert_eq!((event.atoms, event.shares), (250 * USDC, shares));
    assert_eq!(
        (event.gross_high, event.slot),
        (before.idle_atoms, test.fixture.deployment.world.clock().slot)
    );
}

#[test]
fn a_second_deposit_adds_to_the_position() {
    let mut test = VaultTest::deposited(250 * USDC);
    let first = test.shares();
    test.donate(&test.wallet_key(), 100 * USDC);
    let event = the_event::<Deposited>(&test.deposit(100 * USDC));
    assert_eq!(test.shares(), first + event.shares);
}

#[test]
fn spec_1_the_owner_signs() {
    let mut test = VaultTest::usdc(USDC);
    let deposit = unsigned(test.deposit_ix(USDC, 0), &test.ann.address());
    assert_code(test.deployment(), &[deposit], &[], code::ACCOUNT_NOT_SIGNER);
}

#[test]
fn spec_1_the_mandate_must_accept_class_assets_and_horizon() {
    let mut test = VaultTest::usdc(USDC);
    test.set_limits(|limits| limits.min_horizon_secs = 86_400);
    let now = test.fixture.deployment.world.now();
    let open = test.fixture.deployment.open_mandate();
    let deposit = test.deposit_ix(USDC, 0);
    let refusals = [
        (Mandate { tolerance: 1, ..open }, BallastError::ClassAboveTolerance),
        (
            Mandate { asset_classes: asset_class::LENDING | asset_class::STAKING, ..open },
            BallastError::AssetClassNotAccepted,
        ),
        (Mandate { horizon_ts: now + 86_400, ..open }, BallastError::HorizonTooShort),
    ];
    for (mandate, rule) in refusals {
        let state = instruction::set_profile(test.ann.address(), mandate);
        test.send(&[state]);
        test.refused_fresh(deposit.clone(), rule);
    }
    let state = instruction::set_profile(test.ann.address(), Mandate { horizon_ts: now + 86_401, ..open });
    test.send(&[state]);
    test.deposit(USDC);
}

#[test]
fn spec_1_nobody_deposits_without_a_mandate_or_on_another_persons() {
    let mut test = VaultTest::usdc(USDC);
    let usdc = test.asset;
    let bob = test.deployment().stranger(&usdc, USDC).unwrap();
    let deposit = instruction::deposit(bob.address(), test.vault, &test.state(), USDC, 0);
    let borrowed =
        replaced(deposit.clone(), &address::profile(&bob.address()), &address::profile(&test.ann.address()));
    assert_code(test.deployment(), &[deposit], &[&bob.key], code::ACCOUNT_NOT_INITIALIZED);
    assert_code(test.deployment(), &[borrowed], &[&bob.key], code::CONSTRAINT_SEEDS);
}

#[test]
fn spec_2_pause_levels_from_two_on_refuse_deposits() {
    let mut test = VaultTest::usdc(1_000 * USDC);
    for level in [0, 1] {
        test.pause(level);
        test.deposit(USDC);
    }
    for level in [2, 3, 4] {
        test.pause(level);
        test.refused_fresh(test.deposit_ix(USDC, 0), BallastError::Paused);
    }
}

#[test]
fn spec_2_every_slot_in_use_must_be_fresh_before_the_deposit() {
    let mut test = VaultTest::invested();
    test.donate(&test.wallet_key(), USDC);
    test.pass(10);
    let deposit = test.deposit_ix(USDC, 0);
    test.refused(from_ref(&deposit), BallastError::StaleAllocation);
    let two = [test.refresh_ix(0), test.refresh_ix(2), deposit.clone()];
    test.refused(&two, BallastError::StaleAllocation);
    let late = [test.refresh_ix(0), test.refresh_ix(1), deposit.clone(), test.refresh_ix(2)];
    test.refused(&late, BallastError::StaleAllocation);
    let all = test.fresh(deposit);
    test.send(&all);
}

#[test]
fn spec_2_a_bad_price_refuses_deposits_and_a_good_one_lets_them_in_again() {
    for (bad, rule) in BadPrice::ALL {
        let mut test = VaultTest::invested();
        test.donate(&test.wallet_key(), USDC);
        test.pass(10);
        test.deposit(USDC / 4);
        test.spoil_price(bad);
        test.refused_fresh(test.deposit_ix(USDC / 4, 0), rule);
        if bad != BadPrice::SpotAway {
            test.pass(10);
            test.deposit(USDC / 4);
        }
    }
}

#[test]
fn spec_3_shares_are_priced_at_the_high_side_and_rounded_down() {
    let mut test = VaultTest::invested();
    test.donate(&test.wallet_key(), 777_777_777);
    test.pass(86_400);
    let refresh = test.fixture.deployment.refresh_all(&test.vault).unwrap();
    test.send(&refresh);
    let (nav, total) = (test.nav(), test.state().total_shares);
    assert!(nav.high > nav.low, "the pool has two sides");
    let before = test.shares();
    let event = the_event::<Deposited>(&test.deposit(777_777_777));
    assert_eq!(event.gross_high, nav.gross_high);
    let exact = u128::from(777_777_777u64) * u128::from(total + 1_000);
    let floor = u64::try_from(exact / u128::from(nav.gross_high + 1)).unwrap();
    assert_ne!(exact % u128::from(nav.gross_high + 1), 0, "there is something to round");
    assert_eq!(event.shares, floor);
    assert_eq!(test.shares(), before + floor);
}

#[test]
fn spec_3_an_amount_too_small_for_a_share_is_refused() {
    let mut test = VaultTest::invested();
    test.donate(&test.wallet_key(), USDC);
    // The first reserve's debt multiplies by 4,000: a share is worth more than an atom once that unlocks.
    let reserve = test.fixture.reserves[0];
    test.deployment()
        .world
        .edit(&reserve.key, "reserve", |data| {
            let debt = u128::from_le_bytes(data[232..248].try_into().unwrap());
            data[232..248].copy_from_slice(&(debt * 4_000).to_le_bytes());
            Ok(())
        })
        .unwrap();
    let refresh = test.fixture.deployment.refresh_all(&test.vault).unwrap();
    test.send(&refresh);
    test.pass(21_601);
    test.refused_fresh(test.deposit_ix(1, 0), BallastError::DustAmount);
    test.deposit(1_000);
}

#[test]
fn spec_4_donations_before_or_after_change_nothing() {
    let mut plain = VaultTest::usdc(1_000 * USDC);
    plain.deposit(500 * USDC);
    let mut test = VaultTest::usdc(1_000 * USDC);
    test.donate(&test.state().idle_account, 1_000_000 * USDC);
    test.deposit(500 * USDC);
    assert_eq!(test.shares(), plain.shares());
    test.donate(&test.state().idle_account, 1_000_000 * USDC);
    test.deposit(500 * USDC);
    plain.deposit(500 * USDC);
    assert_eq!(test.shares(), plain.shares());
    assert_eq!(test.state().idle_atoms, plain.state().idle_atoms);
    assert_eq!(test.idle_balance(), plain.idle_balance() + 2_000_000 * USDC);
}

#[test]
fn amounts_that_make_no_sense_are_refused() {
    let mut test = VaultTest::usdc(100 * USDC);
    test.refused_fresh(test.deposit_ix(0, 0), BallastError::ZeroAmount);
    test.refused_fresh(test.deposit_ix(100 * USDC + 1, 0), BallastError::InsufficientBalance);
    test.refused_fresh(test.deposit_ix(u64::MAX, 0), BallastError::InsufficientBalance);
    let wallet = test.wallet_key();
    token::set_balance(&mut test.deployment().world, &wallet, u64::MAX).unwrap();
    test.refused_fresh(test.deposit_ix(u64::MAX, 0), BallastError::MathOverflow);
    test.refused_fresh(test.deposit_ix(u64::MAX - 2 * USDC, 0), BallastError::MathOverflow);
}

#[test]
fn fewer_shares_than_asked_for_are_refused() {
    let mut test = VaultTest::usdc(100 * USDC);
    let state = test.state();
    let shares = to_shares_down(USDC, state.idle_atoms, state.total_shares).unwrap();
    test.refused_fresh(test.deposit_ix(USDC, shares + 1), BallastError::MinSharesNotMet);
    let all = test.fresh(test.deposit_ix(USDC, shares));
    test.send(&all);
    assert_eq!(test.shares(), shares);
}

#[test]
fn the_deposit_cap_counts_what_the_vault_already_has() {
    let mut test = VaultTest::usdc(100 * USDC);
    test.set_limits(|limits| limits.deposit_cap_atoms = 50 * USDC);
    // The seed is a dollar of it.
    test.refused_fresh(test.deposit_ix(49 * USDC + 1, 0), BallastError::DepositCapExceeded);
    test.deposit(49 * USDC);
    test.refused_fresh(test.deposit_ix(1, 0), BallastError::DepositCapExceeded);
}

#[test]
fn accounts_that_are_not_the_vaults_are_refused() {
    let mut test = VaultTest::usdc(100 * USDC);
    let good = test.deposit_ix(USDC, 0);
    let (state, ann, usdc) = (test.state(), test.ann.address(), test.asset);
    let other_mint = test.deployment().mint(6).unwrap();
    let own_account = token::fund(&mut test.deployment().world, &Pubkey::new_unique(), &usdc, 0).unwrap();
    let cases = [
        (replaced(good.clone(), &usdc, &other_mint), BallastError::WrongMint),
        (replaced(good.clone(), &address::TOKEN, &address::TOKEN_2022), BallastError::WrongTokenProgram),
        (replaced(good.clone(), &address::TOKEN, &address::KAMINO_LEND), BallastError::WrongTokenProgram),
        (replaced(good.clone(), &state.idle_account, &own_account), BallastError::WrongTokenAccount),
        (replaced(good.clone(), &test.wallet_key(), &state.idle_account), BallastError::DuplicateAccount),
        (replaced(good.clone(), &test.wallet_key(), &ann), BallastError::WrongTokenAccount),
    ];
    for (instruction, rule) in cases {
        test.refused(&[instruction], rule);
    }
    test.send(&[good]);
}

#[test]
fn tokens_of_another_mint_or_person_are_refused_by_the_token_program() {
    let mut test = VaultTest::usdc(100 * USDC);
    let good = test.deposit_ix(USDC, 0);
    let (wallet, ann) = (test.wallet_key(), test.ann.address());
    let other_mint = test.deployment().mint(6).unwrap();
    let other_tokens = token::fund(&mut test.deployment().world, &ann, &other_mint, 100 * USDC).unwrap();
    let bob = test.another(100 * USDC);
    let bobs = address::token_account(&bob.address(), &test.asset, &address::TOKEN);
    let wrong_mint = replaced(good.clone(), &wallet, &other_tokens);
    test.refused_by_code(&[wrong_mint], code::TOKEN_MINT_MISMATCH);
    let somebody_elses = replaced(good, &wallet, &bobs);
    test.refused_by_code(&[somebody_elses], code::TOKEN_OWNER_MISMATCH);
}

#[test]
fn a_vault_or_position_that_is_not_what_it_claims_is_refused() {
    let mut test = VaultTest::usdc(100 * USDC);
    let good = test.deposit_ix(USDC, 0);
    let (vault, ann) = (test.vault, test.ann.address());
    // The same bytes under another owner.
    let forged = Pubkey::new_unique();
    let bytes = test.deployment().world.expect_account(&vault, "vault").unwrap().data;
    test.deployment().world.set_data(&forged, &address::SYSTEM, bytes).unwrap();
    let case = replaced(good.clone(), &vault, &forged);
    test.refused_by_code(&[case], code::ACCOUNT_OWNED_BY_WRONG_PROGRAM);
    // Another account of the program.
    let strategy = test.slot(0).strategy;
    let case = replaced(good.clone(), &vault, &strategy);
    test.refused_by_code(&[case], code::ACCOUNT_DISCRIMINATOR_MISMATCH);
    // Somebody else's position.
    let bob = test.another(100 * USDC);
    let bobs_deposit = instruction::deposit(bob.address(), vault, &test.state(), USDC, 0);
    let deployment = test.deployment();
    deployment.send(&[bobs_deposit], &[&bob.key]).unwrap();
    let (own, other) = (address::position(&vault, &ann), address::position(&vault, &bob.address()));
    let case = replaced(good, &own, &other);
    test.refused_by_code(&[case], code::CONSTRAINT_SEEDS);
}

#[test]
fn a_token_account_that_was_closed_takes_no_deposit_until_it_is_there_again() {
    let mut test = VaultTest::usdc(0);
    let (wallet, ann) = (test.wallet_key(), test.ann.address());
    test.send(&[ballast_client::token::close_account(&wallet, &ann)]);
    test.refused_fresh(test.deposit_ix(USDC, 0), BallastError::WrongTokenAccount);
    let usdc = test.asset;
    token::fund(&mut test.deployment().world, &ann, &usdc, USDC).unwrap();
    test.deposit(USDC);
}

#[test]
fn two_deposits_in_one_transaction_count_twice() {
    let mut test = VaultTest::usdc(100 * USDC);
    let deposit = test.deposit_ix(40 * USDC, 0);
    let again = test.deposit_ix(40 * USDC, 1);
    test.send(&[deposit, again]);
    assert_eq!(test.wallet(), 20 * USDC);
    assert_eq!(test.state().idle_atoms, 81 * USDC);
}

#[test]
fn wrapped_sol_is_an_asset_like_any_other() {
    let mut test = VaultTest::sol(10 * SOL);
    test.deposit(4 * SOL);
    assert_eq!((test.wallet(), test.state().idle_atoms), (6 * SOL, 4 * SOL + 1_000_000));
    let bob = test.another(0);
    let nothing = instruction::deposit(bob.address(), test.vault, &test.state(), 1, 0);
    assert_refused(test.deployment(), &[nothing], &[&bob.key], BallastError::InsufficientBalance);
}
