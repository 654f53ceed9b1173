//! `refresh_allocation`. What makes a price unreadable is in `oracle.rs`.

use std::slice::from_ref;

use ballast::BallastError;
use ballast::events::{GainRecorded, LossRecorded};
use ballast::oracle::status;
use ballast_client::address;
use ballast_sandbox::{Chain, token};
use ballast_tests::unchanged::{assert_code, code, replaced};
use ballast_tests::{BadPrice, POOL, SOL, VaultTest, emitted, the_event};
use solana_account::Account;
use solana_pubkey::Pubkey;

#[test]
fn happy_path_reads_the_value_after_the_venues_own_accrual() {
    let mut test = VaultTest::invested();
    let before = [test.slot(0), test.slot(1)];
    test.pass(86_400);
    let done = test.send(&[test.refresh_ix(0)]);
    let slot = test.slot(0);
    assert!(slot.value_low > before[0].value_low, "a day of interest");
    let gain = the_event::<GainRecorded>(&done);
    assert_eq!((gain.vault, gain.index), (test.vault, 0));
    assert_eq!(gain.atoms, slot.value_low - before[0].value_low);
    assert_eq!(slot.value_low, slot.value_high);
    assert_eq!(slot.refreshed_slot, test.fixture.deployment.world.clock().slot);
    assert_eq!((slot.receipts, slot.oracle_status), (before[0].receipts, status::ALL));
    assert_eq!(test.slot(1), before[1], "the other slots are not touched");
}

#[test]
fn spec_1_anyone_may_and_nothing_moves() {
    let mut test = VaultTest::invested();
    test.pass(86_400);
    let watched = [test.state().idle_account, test.slot(0).receipt_account, test.slot(POOL).receipt_account];
    let before = watched.map(|key| test.token_balance(&key));
    let (idle, shares) = (test.state().idle_atoms, test.state().total_shares);
    // Paid and signed by the world alone.
    let all = test.fixture.deployment.refresh_all(&test.vault).unwrap();
    test.deployment().send(&all, &[]).unwrap();
    assert_eq!(watched.map(|key| test.token_balance(&key)), before);
    assert_eq!((test.state().idle_atoms, test.state().total_shares), (idle, shares));
}

#[test]
fn a_second_refresh_in_a_slot_changes_nothing() {
    let mut test = VaultTest::invested();
    test.pass(86_400);
    let all = test.fixture.deployment.refresh_all(&test.vault).unwrap();
    test.send(&all);
    let before = test.state();
    let done = test.send(&all);
    assert!(emitted::<LossRecorded>(&done).is_empty());
    let after = test.state();
    assert_eq!(after.allocations, before.allocations);
    assert_eq!(after.locked_profit, before.locked_profit);
}

#[test]
fn spec_2_swapped_accounts_are_refused() {
    let mut test = VaultTest::invested();
    let good = test.refresh_ix(0);
    let [first, second] = [test.fixture.reserves[0], test.fixture.reserves[1]];
    let (strategy, other_strategy) = (test.slot(0).strategy, test.slot(1).strategy);
    let cases = [
        (replaced(good.clone(), &first.key, &second.key), BallastError::PinnedAccountMismatch),
        (replaced(good.clone(), &first.market, &second.market), BallastError::PinnedAccountMismatch),
        (replaced(good.clone(), &strategy, &other_strategy), BallastError::WrongStrategy),
        (
            replaced(good.clone(), &address::KAMINO_LEND, &address::RAYDIUM_CPMM),
            BallastError::WrongVenueProgram,
        ),
        (
            replaced(good.clone(), &address::KAMINO_LEND, &Pubkey::new_unique()),
            BallastError::WrongVenueProgram,
        ),
    ];
    for (instruction, rule) in cases {
        test.refused(&[instruction], rule);
    }
    // All of another slot's accounts under this slot's number.
    let mut all_of_another = test.refresh_ix(1);
    all_of_another.data = good.data.clone();
    test.refused(&[all_of_another], BallastError::WrongStrategy);
    let mut short = good.clone();
    short.accounts.pop();
    test.refused(from_ref(&short), BallastError::VenueAccountsMissing);
    short.accounts.truncate(5);
    test.refused(&[short], BallastError::VenueAccountsMissing);
    let mut beyond = good;
    *beyond.data.last_mut().unwrap() = 3;
    test.refused(&[beyond], BallastError::AllocationNotFound);
}

#[test]
fn spec_2_swapped_pool_accounts_are_refused() {
    let mut test = VaultTest::invested();
    let good = test.refresh_ix(POOL);
    let pool = test.fixture.pool.unwrap();
    let usdc = test.asset;
    let rich = token::fund(&mut test.deployment().world, &Pubkey::new_unique(), &usdc, u64::MAX).unwrap();
    for key in pool.vaults {
        let case = replaced(good.clone(), &key, &rich);
        test.refused(&[case], BallastError::PinnedAccountMismatch);
    }
    let guards = [address::price_guard(&usdc), address::price_guard(&address::WRAPPED_SOL)];
    let case = replaced(good.clone(), &guards[0], &guards[1]);
    test.refused(&[case], BallastError::PinnedAccountMismatch);
    let prices = [&usdc, &address::WRAPPED_SOL].map(ballast_sandbox::price_account);
    let case = replaced(good, &prices[0], &prices[1]);
    test.refused(&[case], BallastError::OracleWrongAccount);
}

#[test]
fn spec_2_a_strategy_that_is_not_the_programs_is_refused() {
    let mut test = VaultTest::invested();
    let strategy = test.slot(0).strategy;
    let bytes = test.deployment().world.expect_account(&strategy, "strategy").unwrap().data;
    let forged = Pubkey::new_unique();
    test.deployment().world.set_data(&forged, &address::KAMINO_LEND, bytes).unwrap();
    let case = replaced(test.refresh_ix(0), &strategy, &forged);
    assert_code(test.deployment(), &[case], &[], code::ACCOUNT_OWNED_BY_WRONG_PROGRAM);
}

#[test]
fn spec_2_a_reserve_that_was_closed_or_made_again_as_something_else_is_refused() {
    let mut test = VaultTest::invested();
    let key = test.fixture.reserves[0].key;
    let refresh = test.refresh_ix(0);
    let sound = test.deployment().world.expect_account(&key, "reserve").unwrap();
    test.deployment().world.set_account(&key, Account::default()).unwrap();
    test.refused(from_ref(&refresh), BallastError::VenueAccountOwner);
    // Made again by another program, and by the venue as another type or size.
    let foreign = Account { owner: address::RAYDIUM_CPMM, ..sound.clone() };
    test.deployment().world.set_account(&key, foreign).unwrap();
    test.refused(from_ref(&refresh), BallastError::VenueAccountOwner);
    let mut other_type = sound.clone();
    other_type.data[0] ^= 1;
    test.deployment().world.set_account(&key, other_type).unwrap();
    test.refused(from_ref(&refresh), BallastError::VenueAccountInvalid);
    let mut other_size = sound.clone();
    other_size.data.push(0);
    test.deployment().world.set_account(&key, other_size).unwrap();
    test.refused(from_ref(&refresh), BallastError::VenueAccountInvalid);
    test.deployment().world.set_account(&key, sound).unwrap();
    test.send(&[refresh]);
}

#[test]
fn spec_2_a_price_account_that_was_closed_is_read_again_once_it_is_back() {
    let mut test = VaultTest::invested();
    let key = ballast_sandbox::price_account(&address::WRAPPED_SOL);
    let refresh = test.refresh_ix(POOL);
    test.deployment().world.set_account(&key, Account::default()).unwrap();
    test.refused(from_ref(&refresh), BallastError::OracleWrongOwner);
    test.pass(5);
    test.send(&[refresh]);
    assert_eq!(test.slot(POOL).oracle_status, status::ALL);
}

#[test]
fn spec_3_a_gain_is_locked_and_released_over_time() {
    let mut test = VaultTest::invested();
    let all = test.fixture.deployment.refresh_all(&test.vault).unwrap();
    test.pass(86_400);
    test.send(&all);
    let (start, gross) = (test.nav().low, test.nav().gross_low);
    let locked = test.state().locked_profit.at(test.fixture.deployment.world.now()).unwrap();
    assert!(locked > 0);
    assert_eq!(gross - start, locked, "the share price has not moved yet");
    test.pass(10_800);
    test.send(&all);
    let half = test.nav().low;
    assert!(half > start && half < gross, "{start} {half} {gross}");
    test.pass(21_600);
    test.send(&all);
    assert!(test.nav().low >= gross, "what was earned by then is all in the price");
}

#[test]
fn spec_3_a_loss_hits_locked_profit_first_and_then_the_share_price() {
    let mut test = VaultTest::invested();
    test.pass(86_400);
    let all = test.fixture.deployment.refresh_all(&test.vault).unwrap();
    test.send(&all);
    let (now, reserve) = (test.fixture.deployment.world.now(), test.fixture.reserves[0]);
    let locked = test.state().locked_profit.at(now).unwrap();
    let (price, recorded) = (test.nav().low, test.state().recorded_loss_atoms);

    // A small loss comes out of what is locked: the price stays.
    reserve.write_off(&mut test.deployment().world, 0.000_05).unwrap();
    let done = test.send(&[test.refresh_ix(0)]);
    assert!(emitted::<LossRecorded>(&done).is_empty());
    let left = test.state().locked_profit.at(now).unwrap();
    assert!(left > 0 && left < locked, "{left} of {locked}");
    assert_eq!((test.nav().low, test.state().recorded_loss_atoms), (price, recorded));

    // A large one takes the rest of it and the difference from everybody.
    let value = test.slot(0).value_low;
    reserve.write_off(&mut test.deployment().world, 0.01).unwrap();
    let event = the_event::<LossRecorded>(&test.send(&[test.refresh_ix(0)]));
    let loss = value - test.slot(0).value_low;
    assert_eq!((event.vault, event.index, event.atoms), (test.vault, 0, loss - left));
    assert_eq!(test.state().locked_profit.at(now).unwrap(), 0);
    assert_eq!(price - test.nav().low, event.atoms);
    assert_eq!(test.state().recorded_loss_atoms - recorded, event.atoms);
}

#[test]
fn spec_4_a_price_that_is_not_good_enough_sets_bits() {
    let bits = [status::AGE, status::MONOTONIC, status::CONFIDENCE, status::EMA, status::SPOT];
    for ((bad, _), bit) in BadPrice::ALL.into_iter().zip(bits) {
        let mut test = VaultTest::invested();
        test.send(&[test.refresh_ix(POOL)]);
        assert_eq!(test.slot(POOL).oracle_status, status::ALL);
        test.spoil_price(bad);
        test.send(&[test.refresh_ix(POOL)]);
        assert_eq!(test.slot(POOL).oracle_status, status::ALL & !bit, "{bad:?}");
    }
}

#[test]
fn a_wide_price_opens_the_two_sides_and_the_pools_own_price_moves_neither() {
    let mut test = VaultTest::invested();
    test.send(&[test.refresh_ix(POOL)]);
    let good = test.slot(POOL);
    test.spoil_price(BadPrice::Wide);
    test.send(&[test.refresh_ix(POOL)]);
    let wide = test.slot(POOL);
    assert!(wide.value_low < good.value_low && wide.value_high > good.value_high);
    test.spoil_price(BadPrice::SpotAway);
    test.send(&[test.refresh_ix(POOL)]);
    let away = test.slot(POOL);
    // Five per cent of price would be two and a half of value.
    assert!(away.value_low.abs_diff(wide.value_low) < wide.value_low / 2_000, "{away:?} {wide:?}");
}

#[test]
fn donations_of_receipts_legs_and_liquidity_change_no_value() {
    let mut test = VaultTest::invested();
    let all = test.fixture.deployment.refresh_all(&test.vault).unwrap();
    test.send(&all);
    let before = test.state().allocations;
    for slot in [test.slot(0), test.slot(1), test.slot(POOL)] {
        test.donate(&slot.receipt_account, 1_000_000_000_000);
    }
    test.donate(&test.slot(POOL).leg_account, 1_000 * SOL);
    let liquidity = test.fixture.reserves[0].liquidity_vault;
    test.donate(&liquidity, 1_000_000_000_000);
    test.send(&all);
    assert_eq!(test.state().allocations, before);
}

#[test]
fn an_empty_slot_is_worth_nothing_whatever_is_in_its_accounts() {
    let mut test = VaultTest::usdc(0);
    let receipts = test.slot(0).receipt_account;
    test.donate(&receipts, 1_000_000_000_000);
    let all = test.fixture.deployment.refresh_all(&test.vault).unwrap();
    test.send(&all);
    assert!(test.state().active().all(|slot| slot.value_high == 0 && slot.withdrawable == 0));
}

#[test]
fn what_a_venue_could_pay_out_now_is_part_of_the_reading() {
    let mut test = VaultTest::invested();
    let reserve = test.fixture.reserves[0];
    test.send(&[test.refresh_ix(0)]);
    reserve.set_utilisation(&mut test.deployment().world, 1.0).unwrap();
    test.send(&[test.refresh_ix(0)]);
    // What is left is the fees that the reserve owes.
    assert!(test.slot(0).withdrawable < 2_000_000, "{}", test.slot(0).withdrawable);
    assert!(test.slot(0).value_low > 49_000_000_000);
    let pool = test.fixture.pool.unwrap();
    pool.set_status(&mut test.deployment().world, 2).unwrap();
    test.send(&[test.refresh_ix(POOL)]);
    assert_eq!(test.slot(POOL).withdrawable, 0);
}

#[test]
fn a_stake_pool_is_brought_to_the_current_epoch_first() {
    let mut test = VaultTest::staked();
    let pool = test.fixture.stake_pool.unwrap();
    pool.earn(&mut test.deployment().world, 10_000 * SOL).unwrap();
    test.send(&[test.refresh_ix(0)]);
    let before = test.slot(0);
    assert!(before.value_low < before.value_high, "leaving costs a fee");
    test.fixture.deployment.world.pass_secs(3 * 86_400);
    test.send(&[test.refresh_ix(0)]);
    let after = test.slot(0);
    assert_eq!(
        pool.last_update_epoch(&test.fixture.deployment.world).unwrap(),
        test.fixture.deployment.world.clock().epoch
    );
    // Ten thousand on 1.1 million, less five per cent for the manager.
    let gain = (after.value_high - before.value_high) * 1_000_000 / before.value_high;
    assert!((8_000..9_100).contains(&gain), "{gain} millionths");
}
