//! `deposit`.

use std::slice::from_ref;

use ballast::BallastError;
use ballast::events::Deposited;
use ballast::state::{Mandate, asset_class};
use ballast_client::{address, instruction};
use ballast_math::shares::to_shares_down;
use ballast_sandbox::{Chain, token};
use ballast_tests::unchanged::{assert_code, assert_refused, code, replaced, unsigned};
use ballast_tests::{BadPrice, Cast, SOL, USDC, the_event};
use solana_pubkey::Pubkey;

#[test]
fn happy_path_gives_shares_and_says_so() {
    let mut cast = Cast::usdc(1_000 * USDC);
    let before = cast.state();
    let done = cast.deposit(250 * USDC);

    let shares = to_shares_down(250 * USDC, before.idle_atoms, before.total_shares).unwrap();
    let after = cast.state();
    assert_eq!(cast.shares(), shares);
    assert_eq!(after.total_shares, before.total_shares + shares);
    assert_eq!(after.idle_atoms, before.idle_atoms + 250 * USDC);
    let position = cast.scene.stage.position(&cast.vault, &cast.ann.address()).unwrap();
    assert_eq!((position.owner, position.vault), (cast.ann.address(), cast.vault));
    assert_eq!((position.deposited_atoms, position.withdrawn_atoms), (250 * USDC, 0));

    let event = the_event::<Deposited>(&done);
    assert_eq!((event.vault, event.owner), (cast.vault, cast.ann.address()));
    assert_eq!((event.atoms, event.shares), (250 * USDC, shares));
    assert_eq!((event.gross_high, event.slot), (before.idle_atoms, cast.scene.stage.world.clock().slot));
}

#[test]
fn a_second_deposit_adds_to_the_position() {
    let mut cast = Cast::deposited(250 * USDC);
    let first = cast.shares();
    cast.donate(&cast.wallet_key(), 100 * USDC);
    let event = the_event::<Deposited>(&cast.deposit(100 * USDC));
    assert_eq!(cast.shares(), first + event.shares);
}

#[test]
fn spec_1_the_owner_signs() {
    let mut cast = Cast::usdc(USDC);
    let deposit = unsigned(cast.deposit_ix(USDC, 0), &cast.ann.address());
    assert_code(cast.stage(), &[deposit], &[], code::ACCOUNT_NOT_SIGNER);
}

#[test]
fn spec_1_the_mandate_must_accept_class_assets_and_horizon() {
    let mut cast = Cast::usdc(USDC);
    cast.set_limits(|limits| limits.min_horizon_secs = 86_400);
    let now = cast.scene.stage.world.now();
    let open = cast.scene.stage.open_mandate();
    let deposit = cast.deposit_ix(USDC, 0);
    let refusals = [
        (Mandate { tolerance: 1, ..open }, BallastError::ClassAboveTolerance),
        (
            Mandate { asset_classes: asset_class::LENDING | asset_class::STAKING, ..open },
            BallastError::AssetClassNotAccepted,
        ),
        (Mandate { horizon_ts: now + 86_400, ..open }, BallastError::HorizonTooShort),
    ];
    for (mandate, rule) in refusals {
        let state = instruction::set_profile(cast.ann.address(), mandate);
        cast.send(&[state]);
        cast.refused_fresh(deposit.clone(), rule);
    }
    let state = instruction::set_profile(cast.ann.address(), Mandate { horizon_ts: now + 86_401, ..open });
    cast.send(&[state]);
    cast.deposit(USDC);
}

#[test]
fn spec_1_nobody_deposits_without_a_mandate_or_on_another_persons() {
    let mut cast = Cast::usdc(USDC);
    let usdc = cast.asset;
    let bob = cast.stage().stranger(&usdc, USDC).unwrap();
    let deposit = instruction::deposit(bob.address(), cast.vault, &cast.state(), USDC, 0);
    let borrowed =
        replaced(deposit.clone(), &address::profile(&bob.address()), &address::profile(&cast.ann.address()));
    assert_code(cast.stage(), &[deposit], &[&bob.key], code::ACCOUNT_NOT_INITIALIZED);
    assert_code(cast.stage(), &[borrowed], &[&bob.key], code::CONSTRAINT_SEEDS);
}

#[test]
fn spec_2_pause_levels_from_two_on_refuse_deposits() {
    let mut cast = Cast::usdc(1_000 * USDC);
    for level in [0, 1] {
        cast.pause(level);
        cast.deposit(USDC);
    }
    for level in [2, 3, 4] {
        cast.pause(level);
        cast.refused_fresh(cast.deposit_ix(USDC, 0), BallastError::Paused);
    }
}

#[test]
fn spec_2_every_slot_in_use_must_be_fresh_before_the_deposit() {
    let mut cast = Cast::invested();
    cast.donate(&cast.wallet_key(), USDC);
    cast.pass(10);
    let deposit = cast.deposit_ix(USDC, 0);
    cast.refused(from_ref(&deposit), BallastError::StaleAllocation);
    let two = [cast.refresh_ix(0), cast.refresh_ix(2), deposit.clone()];
    cast.refused(&two, BallastError::StaleAllocation);
    let late = [cast.refresh_ix(0), cast.refresh_ix(1), deposit.clone(), cast.refresh_ix(2)];
    cast.refused(&late, BallastError::StaleAllocation);
    let all = cast.fresh(deposit);
    cast.send(&all);
}

#[test]
fn spec_2_a_bad_price_refuses_deposits_and_a_good_one_lets_them_in_again() {
    for (bad, rule) in BadPrice::ALL {
        let mut cast = Cast::invested();
        cast.donate(&cast.wallet_key(), USDC);
        cast.pass(10);
        cast.deposit(USDC / 4);
        cast.spoil_price(bad);
        cast.refused_fresh(cast.deposit_ix(USDC / 4, 0), rule);
        if bad != BadPrice::SpotAway {
            cast.pass(10);
            cast.deposit(USDC / 4);
        }
    }
}

#[test]
fn spec_3_shares_are_priced_at_the_high_side_and_rounded_down() {
    let mut cast = Cast::invested();
    cast.donate(&cast.wallet_key(), 777_777_777);
    cast.pass(86_400);
    let refresh = cast.scene.stage.refresh_all(&cast.vault).unwrap();
    cast.send(&refresh);
    let (nav, total) = (cast.nav(), cast.state().total_shares);
    assert!(nav.high > nav.low, "the pool has two sides");
    let before = cast.shares();
    let event = the_event::<Deposited>(&cast.deposit(777_777_777));
    assert_eq!(event.gross_high, nav.gross_high);
    let exact = u128::from(777_777_777u64) * u128::from(total + 1_000);
    let floor = u64::try_from(exact / u128::from(nav.gross_high + 1)).unwrap();
    assert_ne!(exact % u128::from(nav.gross_high + 1), 0, "there is something to round");
    assert_eq!(event.shares, floor);
    assert_eq!(cast.shares(), before + floor);
}

#[test]
fn spec_3_an_amount_too_small_for_a_share_is_refused() {
    let mut cast = Cast::invested();
    cast.donate(&cast.wallet_key(), USDC);
    // The first reserve's debt multiplies by 4,000: a share is worth more than an atom once that unlocks.
    let reserve = cast.scene.reserves[0];
    cast.stage()
        .world
        .edit(&reserve.key, "reserve", |data| {
            let debt = u128::from_le_bytes(data[232..248].try_into().unwrap());
            data[232..248].copy_from_slice(&(debt * 4_000).to_le_bytes());
            Ok(())
        })
        .unwrap();
    let refresh = cast.scene.stage.refresh_all(&cast.vault).unwrap();
    cast.send(&refresh);
    cast.pass(21_601);
    cast.refused_fresh(cast.deposit_ix(1, 0), BallastError::DustAmount);
    cast.deposit(1_000);
}

#[test]
fn spec_4_donations_before_or_after_change_nothing() {
    let mut plain = Cast::usdc(1_000 * USDC);
    plain.deposit(500 * USDC);
    let mut cast = Cast::usdc(1_000 * USDC);
    cast.donate(&cast.state().idle_account, 1_000_000 * USDC);
    cast.deposit(500 * USDC);
    assert_eq!(cast.shares(), plain.shares());
    cast.donate(&cast.state().idle_account, 1_000_000 * USDC);
    cast.deposit(500 * USDC);
    plain.deposit(500 * USDC);
    assert_eq!(cast.shares(), plain.shares());
    assert_eq!(cast.state().idle_atoms, plain.state().idle_atoms);
    assert_eq!(cast.idle_balance(), plain.idle_balance() + 2_000_000 * USDC);
}

#[test]
fn amounts_that_make_no_sense_are_refused() {
    let mut cast = Cast::usdc(100 * USDC);
    cast.refused_fresh(cast.deposit_ix(0, 0), BallastError::ZeroAmount);
    cast.refused_fresh(cast.deposit_ix(100 * USDC + 1, 0), BallastError::InsufficientBalance);
    cast.refused_fresh(cast.deposit_ix(u64::MAX, 0), BallastError::InsufficientBalance);
    let wallet = cast.wallet_key();
    token::set_balance(&mut cast.stage().world, &wallet, u64::MAX).unwrap();
    cast.refused_fresh(cast.deposit_ix(u64::MAX, 0), BallastError::MathOverflow);
    cast.refused_fresh(cast.deposit_ix(u64::MAX - 2 * USDC, 0), BallastError::MathOverflow);
}

#[test]
fn fewer_shares_than_asked_for_are_refused() {
    let mut cast = Cast::usdc(100 * USDC);
    let state = cast.state();
    let shares = to_shares_down(USDC, state.idle_atoms, state.total_shares).unwrap();
    cast.refused_fresh(cast.deposit_ix(USDC, shares + 1), BallastError::MinSharesNotMet);
    let all = cast.fresh(cast.deposit_ix(USDC, shares));
    cast.send(&all);
    assert_eq!(cast.shares(), shares);
}

#[test]
fn the_deposit_cap_counts_what_the_vault_already_has() {
    let mut cast = Cast::usdc(100 * USDC);
    cast.set_limits(|limits| limits.deposit_cap_atoms = 50 * USDC);
    // The seed is a dollar of it.
    cast.refused_fresh(cast.deposit_ix(49 * USDC + 1, 0), BallastError::DepositCapExceeded);
    cast.deposit(49 * USDC);
    cast.refused_fresh(cast.deposit_ix(1, 0), BallastError::DepositCapExceeded);
}

#[test]
fn accounts_that_are_not_the_vaults_are_refused() {
    let mut cast = Cast::usdc(100 * USDC);
    let good = cast.deposit_ix(USDC, 0);
    let (state, ann, usdc) = (cast.state(), cast.ann.address(), cast.asset);
    let other_mint = cast.stage().mint(6).unwrap();
    let own_account = token::fund(&mut cast.stage().world, &Pubkey::new_unique(), &usdc, 0).unwrap();
    let cases = [
        (replaced(good.clone(), &usdc, &other_mint), BallastError::WrongMint),
        (replaced(good.clone(), &address::TOKEN, &address::TOKEN_2022), BallastError::WrongTokenProgram),
        (replaced(good.clone(), &address::TOKEN, &address::KAMINO_LEND), BallastError::WrongTokenProgram),
        (replaced(good.clone(), &state.idle_account, &own_account), BallastError::WrongTokenAccount),
        (replaced(good.clone(), &cast.wallet_key(), &state.idle_account), BallastError::DuplicateAccount),
        (replaced(good.clone(), &cast.wallet_key(), &ann), BallastError::WrongTokenAccount),
    ];
    for (instruction, rule) in cases {
        cast.refused(&[instruction], rule);
    }
    cast.send(&[good]);
}

#[test]
fn tokens_of_another_mint_or_person_are_refused_by_the_token_program() {
    let mut cast = Cast::usdc(100 * USDC);
    let good = cast.deposit_ix(USDC, 0);
    let (wallet, ann) = (cast.wallet_key(), cast.ann.address());
    let other_mint = cast.stage().mint(6).unwrap();
    let other_tokens = token::fund(&mut cast.stage().world, &ann, &other_mint, 100 * USDC).unwrap();
    let bob = cast.another(100 * USDC);
    let bobs = address::token_account(&bob.address(), &cast.asset, &address::TOKEN);
    let wrong_mint = replaced(good.clone(), &wallet, &other_tokens);
    cast.refused_by_code(&[wrong_mint], code::TOKEN_MINT_MISMATCH);
    let somebody_elses = replaced(good, &wallet, &bobs);
    cast.refused_by_code(&[somebody_elses], code::TOKEN_OWNER_MISMATCH);
}

#[test]
fn a_vault_or_position_that_is_not_what_it_claims_is_refused() {
    let mut cast = Cast::usdc(100 * USDC);
    let good = cast.deposit_ix(USDC, 0);
    let (vault, ann) = (cast.vault, cast.ann.address());
    // The same bytes under another owner.
    let forged = Pubkey::new_unique();
    let bytes = cast.stage().world.expect_account(&vault, "vault").unwrap().data;
    cast.stage().world.set_data(&forged, &address::SYSTEM, bytes).unwrap();
    let case = replaced(good.clone(), &vault, &forged);
    cast.refused_by_code(&[case], code::ACCOUNT_OWNED_BY_WRONG_PROGRAM);
    // Another account of the program.
    let strategy = cast.slot(0).strategy;
    let case = replaced(good.clone(), &vault, &strategy);
    cast.refused_by_code(&[case], code::ACCOUNT_DISCRIMINATOR_MISMATCH);
    // Somebody else's position.
    let bob = cast.another(100 * USDC);
    let bobs_deposit = instruction::deposit(bob.address(), vault, &cast.state(), USDC, 0);
    let stage = cast.stage();
    stage.send(&[bobs_deposit], &[&bob.key]).unwrap();
    let (own, other) = (address::position(&vault, &ann), address::position(&vault, &bob.address()));
    let case = replaced(good, &own, &other);
    cast.refused_by_code(&[case], code::CONSTRAINT_SEEDS);
}

#[test]
fn a_token_account_that_was_closed_takes_no_deposit_until_it_is_there_again() {
    let mut cast = Cast::usdc(0);
    let (wallet, ann) = (cast.wallet_key(), cast.ann.address());
    cast.send(&[ballast_client::token::close_account(&wallet, &ann)]);
    cast.refused_fresh(cast.deposit_ix(USDC, 0), BallastError::WrongTokenAccount);
    let usdc = cast.asset;
    token::fund(&mut cast.stage().world, &ann, &usdc, USDC).unwrap();
    cast.deposit(USDC);
}

#[test]
fn two_deposits_in_one_transaction_count_twice() {
    let mut cast = Cast::usdc(100 * USDC);
    let deposit = cast.deposit_ix(40 * USDC, 0);
    let again = cast.deposit_ix(40 * USDC, 1);
    cast.send(&[deposit, again]);
    assert_eq!(cast.wallet(), 20 * USDC);
    assert_eq!(cast.state().idle_atoms, 81 * USDC);
}

#[test]
fn wrapped_sol_is_an_asset_like_any_other() {
    let mut cast = Cast::sol(10 * SOL);
    cast.deposit(4 * SOL);
    assert_eq!((cast.wallet(), cast.state().idle_atoms), (6 * SOL, 4 * SOL + 1_000_000));
    let bob = cast.another(0);
    let nothing = instruction::deposit(bob.address(), cast.vault, &cast.state(), 1, 0);
    assert_refused(cast.stage(), &[nothing], &[&bob.key], BallastError::InsufficientBalance);
}
