//! Prices, seen through `refresh_allocation` of a pool's slot (whose price it is) and through an increase of
//! it (whether it is good enough).

use ballast::state::{PriceGuardParams, price_source};
use ballast::{BallastError, Direction};
use ballast_client::{address, decode_price_guard, instruction};
use ballast_sandbox::oracle::{Quote, update, update_data};
use ballast_sandbox::{Chain, DeploymentError, Done, Fixture, FixtureSpec, price_account, usual_guard};
use ballast_tests::{assert_refused, programs};
use pyth_solana_receiver_sdk::price_update::{PriceUpdateV2, VerificationLevel};
use solana_pubkey::{Pubkey, pubkey};
use solana_signer::Signer;

const USDC: u64 = 1_000_000;
const SOL_E8: i64 = 15_000_000_000;
const SOL: Pubkey = address::WRAPPED_SOL;
const SECOND_RECEIVER: Pubkey = pubkey!("rec2HHDDnjLfj4kE7VyEtFA1HPGQLK33259532cRyHp");
const LEGACY_OWNER: Pubkey = pubkey!("FsJ3A3u2vn5cTVofAjvy6y5kwABJAqYWpe4975bi2epH");

/// A vault of 1,000 USDC ordered to hold half in the pool, 100 of it there.
fn fixture() -> Fixture {
    let spec = FixtureSpec { reserves: 0, pool: true, stake_pool: false };
    let mut fixture = Fixture::build(programs(), 1_700_000_000, spec).unwrap();
    let (usdc, vault) = (fixture.usdc, fixture.usdc_vault);
    let mandate = fixture.deployment.open_mandate();
    let person = fixture.deployment.person(&usdc, 1_000 * USDC, mandate).unwrap();
    fixture.deployment.deposit(&person, &vault, 1_000 * USDC).unwrap();
    fixture.settle(&vault).unwrap();
    fixture.deployment.rebalance(&vault, [5_000, 0, 0, 0, 0, 0, 0, 0]).unwrap();
    fixture.deployment.allocate(&vault, 0, Direction::Increase, 100 * USDC).unwrap();
    fixture
}

fn good(fixture: &Fixture) -> Quote {
    Quote::at(SOL_E8, 5, fixture.deployment.world.now())
}

fn refresh(fixture: &mut Fixture) -> Result<Done, DeploymentError> {
    let all = fixture.deployment.refresh_all(&fixture.usdc_vault)?;
    fixture.deployment.send(&all, &[])
}

fn increase(fixture: &mut Fixture) -> Result<Done, DeploymentError> {
    let vault = fixture.usdc_vault;
    fixture.deployment.allocate(&vault, 0, Direction::Increase, 10 * USDC)
}

/// Writes a changed update of the SOL price, owned by `owner`.
fn write(fixture: &mut Fixture, owner: &Pubkey, change: impl FnOnce(&mut PriceUpdateV2)) {
    let mut update = update(SOL.to_bytes(), good(fixture));
    change(&mut update);
    let data = update_data(&update).unwrap();
    fixture.deployment.world.set_data(&price_account(&SOL), owner, data).unwrap();
}

/// Asserts that refreshing is refused by `rule` and leaves the slot as it was.
#[track_caller]
fn assert_unreadable(fixture: &mut Fixture, rule: BallastError) {
    fixture.deployment.world.next_slot();
    let before = fixture.deployment.allocation(&fixture.usdc_vault, 0).unwrap();
    assert_refused(refresh(fixture), rule);
    assert_eq!(fixture.deployment.allocation(&fixture.usdc_vault, 0).unwrap(), before);
}

/// Asserts that a price can be read, and that an increase at it is refused by `rule`.
#[track_caller]
fn assert_not_good_enough(fixture: &mut Fixture, rule: BallastError) {
    refresh(fixture).unwrap();
    let before = fixture.deployment.vault(&fixture.usdc_vault).unwrap();
    assert_refused(increase(fixture), rule);
    let after = fixture.deployment.vault(&fixture.usdc_vault).unwrap();
    assert_eq!(after.idle_atoms, before.idle_atoms);
    assert_eq!(after.allocations[0].receipts, before.allocations[0].receipts);
}

#[test]
fn a_good_price_lets_an_increase_through() {
    let mut fixture = fixture();
    increase(&mut fixture).unwrap();
}

#[test]
fn an_account_owned_by_someone_else_is_no_price() {
    let mut fixture = fixture();
    for owner in [address::SYSTEM, address::KAMINO_LEND, LEGACY_OWNER] {
        write(&mut fixture, &owner, |_| {});
        assert_unreadable(&mut fixture, BallastError::OracleWrongOwner);
    }
}

#[test]
fn the_receiver_since_the_upgrade_is_accepted_too() {
    let mut fixture = fixture();
    write(&mut fixture, &SECOND_RECEIVER, |_| {});
    refresh(&mut fixture).unwrap();
    increase(&mut fixture).unwrap();
}

#[test]
fn a_partially_verified_update_is_refused() {
    let mut fixture = fixture();
    write(&mut fixture, &address::PYTH_RECEIVER, |update| {
        update.verification_level = VerificationLevel::Partial { num_signatures: 12 };
    });
    assert_unreadable(&mut fixture, BallastError::OracleNotFullyVerified);
}

#[test]
fn an_update_of_another_feed_is_refused() {
    let mut fixture = fixture();
    write(&mut fixture, &address::PYTH_RECEIVER, |update| update.price_message.feed_id[31] ^= 1);
    assert_unreadable(&mut fixture, BallastError::OracleWrongFeed);
}

#[test]
fn an_account_of_another_type_is_refused() {
    let mut fixture = fixture();
    for data in [vec![0; 134], vec![1; 20], Vec::new()] {
        fixture.deployment.world.set_data(&price_account(&SOL), &address::PYTH_RECEIVER, data).unwrap();
        assert_unreadable(&mut fixture, BallastError::OracleInvalidAccount);
    }
}

#[test]
fn another_account_than_the_pinned_one_is_refused() {
    let mut fixture = fixture();
    // A perfectly good price of the right feed, posted somewhere else.
    let elsewhere = Pubkey::new_unique();
    let data = update_data(&update(SOL.to_bytes(), good(&fixture))).unwrap();
    fixture.deployment.world.set_data(&elsewhere, &address::PYTH_RECEIVER, data).unwrap();
    let mut instruction = fixture.deployment.refresh(&fixture.usdc_vault, 0).unwrap();
    let pinned = price_account(&SOL);
    instruction.accounts.iter_mut().find(|meta| meta.pubkey == pinned).unwrap().pubkey = elsewhere;
    assert_refused(fixture.deployment.send(&[instruction], &[]), BallastError::OracleWrongAccount);
}

#[test]
fn a_price_must_be_positive() {
    let mut fixture = fixture();
    for price in [0, -1, i64::MIN] {
        write(&mut fixture, &address::PYTH_RECEIVER, |update| update.price_message.price = price);
        assert_unreadable(&mut fixture, BallastError::OracleNotPositive);
        write(&mut fixture, &address::PYTH_RECEIVER, |update| update.price_message.ema_price = price);
        assert_unreadable(&mut fixture, BallastError::OracleNotPositive);
    }
}

#[test]
fn an_interval_as_wide_as_the_price_says_nothing() {
    let mut fixture = fixture();
    for conf in [SOL_E8 as u64, u64::MAX] {
        write(&mut fixture, &address::PYTH_RECEIVER, |update| update.price_message.conf = conf);
        assert_unreadable(&mut fixture, BallastError::OracleWide);
    }
}

#[test]
fn a_price_out_of_range_is_refused() {
    let mut fixture = fixture();
    for exponent in [i32::MAX, i32::MIN, 20, -40] {
        write(&mut fixture, &address::PYTH_RECEIVER, |update| update.price_message.exponent = exponent);
        assert_unreadable(&mut fixture, BallastError::PriceOutOfRange);
    }
    write(&mut fixture, &address::PYTH_RECEIVER, |update| {
        (update.price_message.price, update.price_message.ema_price) = (i64::MAX, 1);
    });
    assert_unreadable(&mut fixture, BallastError::PriceOutOfRange);
}

#[test]
fn a_stale_price_is_known_as_such() {
    let mut fixture = fixture();
    let now = fixture.deployment.world.now();
    fixture.deployment.world.pass_secs(61);
    fixture.deployment.publish(&fixture.usdc.clone(), Quote::at(100_000_000, 1, now + 61)).unwrap();
    fixture.deployment.publish(&SOL, Quote::at(SOL_E8, 5, now + 1)).unwrap();
    increase(&mut fixture).unwrap();
    fixture.deployment.publish(&SOL, Quote::at(SOL_E8, 5, now + 1)).unwrap();
    fixture.deployment.world.pass_secs(1);
    assert_not_good_enough(&mut fixture, BallastError::OracleStale);
}

#[test]
fn a_price_from_the_future_is_not_fresh() {
    let mut fixture = fixture();
    let now = fixture.deployment.world.now();
    fixture.deployment.publish(&SOL, Quote::at(SOL_E8, 5, now + 60)).unwrap();
    increase(&mut fixture).unwrap();
    fixture.deployment.publish(&SOL, Quote::at(SOL_E8, 5, now + 61)).unwrap();
    assert_not_good_enough(&mut fixture, BallastError::OracleStale);
    fixture.deployment.publish(&SOL, Quote::at(SOL_E8, 5, i64::MAX)).unwrap();
    assert_not_good_enough(&mut fixture, BallastError::OracleStale);
}

#[test]
fn a_time_that_cannot_be_computed_with_is_refused() {
    let mut fixture = fixture();
    fixture.deployment.publish(&SOL, Quote::at(SOL_E8, 5, i64::MIN)).unwrap();
    assert_unreadable(&mut fixture, BallastError::OracleStale);
}

#[test]
fn a_wide_price_is_known_as_such() {
    let mut fixture = fixture();
    let now = fixture.deployment.world.now();
    fixture.deployment.publish(&SOL, Quote::at(SOL_E8, 100, now)).unwrap();
    increase(&mut fixture).unwrap();
    fixture.deployment.publish(&SOL, Quote::at(SOL_E8, 101, now)).unwrap();
    assert_not_good_enough(&mut fixture, BallastError::OracleWide);
}

#[test]
fn a_price_far_from_its_average_is_known_as_such() {
    let mut fixture = fixture();
    for ema in [SOL_E8 / 11 * 10 - 2, SOL_E8 * 10 / 9 + 2] {
        let quote = Quote { ema, ..good(&fixture) };
        fixture.deployment.publish(&SOL, quote).unwrap();
        assert_not_good_enough(&mut fixture, BallastError::OracleDivergent);
    }
    let quote = Quote { ema: SOL_E8 / 11 * 10 + 10, ..good(&fixture) };
    fixture.deployment.publish(&SOL, quote).unwrap();
    increase(&mut fixture).unwrap();
}

#[test]
fn publish_time_may_not_go_backwards() {
    let mut fixture = fixture();
    let now = fixture.deployment.world.now();
    fixture.deployment.publish(&SOL, Quote::at(SOL_E8, 5, now)).unwrap();
    refresh(&mut fixture).unwrap();
    fixture.deployment.publish(&SOL, Quote::at(SOL_E8, 5, now - 1)).unwrap();
    assert_not_good_enough(&mut fixture, BallastError::OraclePublishTimeBackwards);
    // The older price did not set the mark back.
    let data = fixture.deployment.world.expect_account(&address::price_guard(&SOL), "guard").unwrap().data;
    assert_eq!(decode_price_guard(&data).unwrap().last_publish_ts, now);
}

#[test]
fn the_assets_own_price_is_judged_too() {
    let mut fixture = fixture();
    let (usdc, now) = (fixture.usdc, fixture.deployment.world.now());
    fixture.deployment.publish(&usdc, Quote::at(100_000_000, 101, now)).unwrap();
    assert_not_good_enough(&mut fixture, BallastError::OracleWide);
    fixture.deployment.publish(&usdc, Quote { ema: 50_000_000, ..Quote::at(100_000_000, 1, now) }).unwrap();
    assert_not_good_enough(&mut fixture, BallastError::OracleDivergent);
}

#[test]
fn a_pool_price_far_from_the_oracle_is_known_as_such() {
    let mut fixture = fixture();
    let pool = fixture.pool.unwrap();
    // 160 dollars a SOL on the pool, 150 outside.
    pool.set_price(&mut fixture.deployment.world, &SOL, 160_000_000, 1_000_000_000).unwrap();
    assert_not_good_enough(&mut fixture, BallastError::SpotDiverges);
}

#[test]
fn a_guard_of_another_mint_does_not_price_this_one() {
    let mut fixture = fixture();
    // The guard's address is derived from its mint and pinned, so only its bytes could be wrong.
    const MINT: core::ops::Range<usize> = 16..48;
    fixture
        .deployment
        .world
        .edit(&address::price_guard(&SOL), "guard", |data| {
            assert_eq!(data[MINT], SOL.to_bytes());
            data[MINT].copy_from_slice(&[1; 32]);
            Ok(())
        })
        .unwrap();
    assert_unreadable(&mut fixture, BallastError::WrongPriceGuard);
}

/// A push price account.
fn legacy(price: i64, conf: u64, ema: i64, publish_ts: i64, trading: bool) -> Vec<u8> {
    let mut data = vec![0; 3_312];
    let mut put = |offset: usize, bytes: &[u8]| data[offset..offset + bytes.len()].copy_from_slice(bytes);
    const PRICE_ACCOUNT: u32 = 3;
    put(0, &0xa1b2_c3d4u32.to_le_bytes());
    put(4, &2u32.to_le_bytes());
    put(8, &PRICE_ACCOUNT.to_le_bytes());
    put(12, &3_312u32.to_le_bytes());
    put(20, &(-8i32).to_le_bytes());
    put(48, &ema.to_le_bytes());
    put(96, &publish_ts.to_le_bytes());
    put(208, &price.to_le_bytes());
    put(216, &conf.to_le_bytes());
    put(224, &u32::from(trading).to_le_bytes());
    data
}

/// The fixture with SOL priced by a push account.
fn legacy_fixture() -> (Fixture, Pubkey) {
    let mut fixture = fixture();
    let account = Pubkey::new_unique();
    let params = PriceGuardParams {
        source: price_source::PYTH_LEGACY,
        account,
        feed_id: account.to_bytes(),
        ..usual_guard(&SOL)
    };
    let (payer, governance) =
        (fixture.deployment.world.payer.pubkey(), fixture.deployment.governance.pubkey());
    fixture.deployment.govern(&[instruction::set_price_guard(payer, governance, SOL, params)]).unwrap();
    (fixture, account)
}

#[test]
fn a_legacy_push_account_prices_as_well() {
    let (mut fixture, account) = legacy_fixture();
    let now = fixture.deployment.world.now();
    let data = legacy(SOL_E8, 7_500_000, SOL_E8, now, true);
    fixture.deployment.world.set_data(&account, &LEGACY_OWNER, data).unwrap();
    let before = fixture.deployment.allocation(&fixture.usdc_vault, 0).unwrap();
    refresh(&mut fixture).unwrap();
    let after = fixture.deployment.allocation(&fixture.usdc_vault, 0).unwrap();
    assert_eq!((after.value_low, after.value_high), (before.value_low, before.value_high));
    increase(&mut fixture).unwrap();
}

#[test]
fn a_legacy_account_that_is_not_trading_is_stale() {
    let (mut fixture, account) = legacy_fixture();
    let data = legacy(SOL_E8, 7_500_000, SOL_E8, fixture.deployment.world.now(), false);
    fixture.deployment.world.set_data(&account, &LEGACY_OWNER, data).unwrap();
    assert_unreadable(&mut fixture, BallastError::OracleStale);
}

#[test]
fn a_legacy_account_is_judged_like_any_price() {
    let (mut fixture, account) = legacy_fixture();
    let now = fixture.deployment.world.now();
    for (data, rule) in [
        (legacy(SOL_E8, 7_500_000, SOL_E8, now - 61, true), BallastError::OracleStale),
        (legacy(SOL_E8, 151_000_000, SOL_E8, now, true), BallastError::OracleWide),
        (legacy(SOL_E8, 7_500_000, SOL_E8 / 2, now, true), BallastError::OracleDivergent),
    ] {
        fixture.deployment.world.set_data(&account, &LEGACY_OWNER, data).unwrap();
        assert_not_good_enough(&mut fixture, rule);
    }
    let negative = legacy(-1, 1, SOL_E8, now, true);
    fixture.deployment.world.set_data(&account, &LEGACY_OWNER, negative).unwrap();
    assert_unreadable(&mut fixture, BallastError::OracleNotPositive);
}

#[test]
fn a_legacy_account_of_another_owner_or_type_is_refused() {
    let (mut fixture, account) = legacy_fixture();
    let data = legacy(SOL_E8, 7_500_000, SOL_E8, fixture.deployment.world.now(), true);
    fixture.deployment.world.set_data(&account, &address::PYTH_RECEIVER, data.clone()).unwrap();
    assert_unreadable(&mut fixture, BallastError::OracleWrongOwner);
    let mut product = data.clone();
    product[8] = 2;
    let mut no_magic = data.clone();
    no_magic[0] ^= 1;
    for data in [product, no_magic, data[..100].to_vec()] {
        fixture.deployment.world.set_data(&account, &LEGACY_OWNER, data).unwrap();
        assert_unreadable(&mut fixture, BallastError::OracleInvalidAccount);
    }
}
