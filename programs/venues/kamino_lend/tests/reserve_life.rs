//! A reserve's life on the host: deposits, interest, redemptions, limits, straight on account bytes.
#![allow(clippy::unwrap_used)]

use anchor_shape::bytes::read_u64;
use kamino_lend::caps::WithdrawalCap;
use kamino_lend::error::LendingError;
use kamino_lend::fixture::{FixtureError, MarketBuilder, ReserveBuilder, edit, rates};
use kamino_lend::layout::{MARKET_LEN, RESERVE_LEN, market, reserve as at};
use kamino_lend::market::Market;
use kamino_lend::reserve::{Now, Reserve, SLOTS_PER_YEAR};
use proptest::prelude::*;
use solana_program::pubkey::Pubkey;

const START: Now = Now { slot: 1_000, ts: 1_700_000_000 };

fn builder() -> ReserveBuilder {
    let [reserve, market, mint] = [1, 2, 3].map(|byte| Pubkey::new_from_array([byte; 32]));
    ReserveBuilder {
        last_slot: START.slot,
        available_atoms: 400_000_000_000,
        borrowed_atoms: 600_000_000_000,
        collateral_supply: 900_000_000_000,
        ..ReserveBuilder::new(reserve, market, mint, 6)
    }
}

fn fresh(builder: &ReserveBuilder) -> Reserve {
    let mut reserve = Reserve::load(&builder.to_bytes().unwrap()).unwrap();
    reserve.refresh(START, 0).unwrap();
    reserve
}

#[test]
fn bytes_have_the_real_size_and_read_back() {
    let data = builder().to_bytes().unwrap();
    assert_eq!(data.len(), RESERVE_LEN);
    assert_eq!(read_u64(&data, at::DEPOSIT_LIMIT), Ok(u64::MAX));
    let reserve = Reserve::load(&data).unwrap();
    let mut again = data.clone();
    reserve.store(&mut again).unwrap();
    assert_eq!(again, data);

    let address = Pubkey::new_from_array([2; 32]);
    let market_data =
        MarketBuilder { referral_fee_bps: 700, ..MarketBuilder::new(address) }.to_bytes().unwrap();
    assert_eq!(market_data.len(), MARKET_LEN);
    let loaded = Market::load(&market_data).unwrap();
    assert_eq!(loaded.referral_fee_bps, 700);
    assert_eq!(read_u64(&market_data, market::BUMP), Ok(u64::from(loaded.bump)));
    assert_eq!(loaded.require_normal_mode(), Ok(()));
}

#[test]
fn a_year_pays_suppliers_the_curve_less_the_take() {
    let mut data = builder().to_bytes().unwrap();
    let supplied = Reserve::load(&data).unwrap().total_supply().unwrap().floor().unwrap();
    // 60% utilisation on the line from 0 to 4.75% at 95%: 3% for borrowers.
    assert!((rates::borrow_apr(&data).unwrap() - 0.03).abs() < 1e-9);
    assert!((rates::supply_apr(&data).unwrap() - 0.6 * 0.03 * 0.9).abs() < 1e-9);
    edit::refresh(&mut data, Now { slot: START.slot + SLOTS_PER_YEAR, ts: START.ts }, 0).unwrap();
    let reserve = Reserve::load(&data).unwrap();
    let earned = reserve.total_supply().unwrap().floor().unwrap() - supplied;
    // One gap of a year at 3%: simple interest (see `compounded`).
    let interest = 600e9 * 0.03;
    assert!((earned as f64 - 0.9 * interest).abs() < 30_000.0, "{earned}");
    let fees = reserve.protocol_fees.floor().unwrap();
    assert!((fees as f64 - 0.1 * interest).abs() < 30_000.0, "{fees}");
}

#[test]
fn referrers_take_part_of_the_take_and_the_fixed_rate_is_the_protocols() {
    let later = Now { slot: START.slot + SLOTS_PER_YEAR, ts: START.ts };
    let mut plain = fresh(&builder());
    plain.refresh(later, 0).unwrap();
    let mut referred = fresh(&builder());
    referred.refresh(later, 2_000).unwrap();
    assert_eq!(plain.total_supply(), referred.total_supply());
    let fifth = plain.protocol_fees.0 / 5;
    assert!(referred.pending_referrer_fees.0.abs_diff(fifth) < 1 << 60);

    let mut hosted = fresh(&ReserveBuilder { host_fixed_rate_bps: 100, ..builder() });
    hosted.refresh(later, 0).unwrap();
    assert!(hosted.protocol_fees > plain.protocol_fees);
    assert!(hosted.borrowed > plain.borrowed);
}

#[test]
fn limits_and_flags_raise_the_real_codes() {
    let code = |error: LendingError| error as u32;
    assert_eq!([code(LendingError::InvalidAmount), code(LendingError::CTokenUsageBlocked)], [6003, 6132]);

    let mut limited = fresh(&ReserveBuilder { deposit_limit_atoms: 1_000_000_000_000, ..builder() });
    assert_eq!(limited.deposit(0, START), Err(LendingError::InvalidAmount));
    assert_eq!(limited.deposit(2, START), Err(LendingError::DepositLimitExceeded));

    let mut reserve = fresh(&builder());
    assert_eq!(reserve.redeem(0, START), Err(LendingError::InvalidAmount));
    assert_eq!(reserve.redeem(360_000_000_001, START), Err(LendingError::InsufficientLiquidity));
    reserve.deposit(1_000, START).unwrap();
    assert_eq!(reserve.deposit(1_000, START), Err(LendingError::ReserveStale));
    assert_eq!(reserve.refresh(Now { slot: 1, ts: 0 }, 0), Err(LendingError::MathOverflow));

    let refused = [
        (ReserveBuilder { status: 1, ..builder() }, LendingError::ReserveObsolete),
        (ReserveBuilder { status: 9, ..builder() }, LendingError::InvalidConfig),
        (ReserveBuilder { block_ctoken_usage: true, ..builder() }, LendingError::CTokenUsageBlocked),
    ];
    for (builder, error) in refused {
        assert_eq!(fresh(&builder).require_open_for_deposits(), Err(error));
        assert_eq!(fresh(&builder).require_version(), Ok(()));
    }
    let mut old = fresh(&builder());
    old.version = 0;
    assert_eq!(old.require_open_for_deposits(), Err(LendingError::ReserveDeprecated));
}

#[test]
fn the_queue_has_a_claim_on_liquidity() {
    let mut reserve = fresh(&ReserveBuilder { queued_collateral: 90_000_000_000, ..builder() });
    assert_eq!(reserve.freely_available_atoms(), Ok(300_000_000_000));
    assert_eq!(reserve.redeem(270_000_000_001, START), Err(LendingError::InsufficientLiquidity));
    assert_eq!(reserve.redeem(270_000_000_000, START), Ok(300_000_000_000));
}

#[test]
fn the_withdrawal_cap_counts_both_ways() {
    let cap = WithdrawalCap {
        capacity_atoms: 1_000,
        interval_secs: 3_600,
        interval_start_ts: START.ts,
        ..Default::default()
    };
    let mut reserve = fresh(&ReserveBuilder { deposit_cap: cap, ..builder() });
    assert_eq!(reserve.redeem(1_800, START), Err(LendingError::WithdrawalCapReached));
    let mut reserve = fresh(&ReserveBuilder { deposit_cap: cap, ..builder() });
    reserve.deposit(1_000, START).unwrap();
    reserve.refresh(START, 0).unwrap();
    assert_eq!(reserve.redeem(1_800, START), Ok(2_000));
}

#[test]
fn crossing_a_limit_is_dated_once() {
    let mut reserve = fresh(&ReserveBuilder { deposit_limit_atoms: 1, borrow_limit_atoms: 1, ..builder() });
    for ts in [7, 8] {
        reserve.note_limits(ts).unwrap();
        assert_eq!((reserve.deposit_limit_crossed_ts, reserve.borrow_limit_crossed_ts), (7, 7));
    }
    reserve.deposit_limit_atoms = u64::MAX;
    reserve.note_limits(9).unwrap();
    assert_eq!((reserve.deposit_limit_crossed_ts, reserve.borrow_limit_crossed_ts), (0, 7));
}

#[test]
fn borrowing_moves_utilisation_and_not_the_ctoken() {
    let mut data = builder().to_bytes().unwrap();
    let before = Reserve::load(&data).unwrap().total_supply().unwrap();
    let left = edit::set_utilisation_bps(&mut data, 9_500).unwrap();
    assert!(left.abs_diff(50_000_000_000) <= 1);
    assert_eq!(Reserve::load(&data).unwrap().total_supply().unwrap(), before);
    assert!((rates::borrow_apr(&data).unwrap() - 0.0475).abs() < 1e-6);
    assert_eq!(edit::set_borrowed(&mut data, 1_000_000_000_001), Err(FixtureError::BorrowedAboveHoldings));
    assert_eq!(edit::set_utilisation_bps(&mut data, 10_001), Err(FixtureError::ShareAboveOne));
    edit::set_flat_borrow_rate(&mut data, 700).unwrap();
    assert!((rates::borrow_apr(&data).unwrap() - 0.07).abs() < 1e-9);
}

#[test]
fn a_write_off_lowers_the_ctoken() {
    let mut data = builder().to_bytes().unwrap();
    edit::write_off_debt(&mut data, edit::share(0.5).unwrap()).unwrap();
    let reserve = Reserve::load(&data).unwrap();
    assert_eq!(reserve.total_supply().unwrap().floor(), Some(700_000_000_000));
    assert_eq!(edit::share(1.1), Err(FixtureError::ShareAboveOne));
}

#[test]
fn outside_deposits_come_at_the_current_rate() {
    let mut data = builder().to_bytes().unwrap();
    let (available, supply) = edit::add_outside_deposit(&mut data, 1_000_000_000).unwrap();
    assert_eq!((available, supply), (401_000_000_000, 900_900_000_000));
}

proptest! {
    #[test]
    fn deposits_and_redemptions_never_gain(
        offered in 1u64..1 << 45,
        borrowed in 0u64..1 << 44,
        supply in 1u64..1 << 44,
        slots in 0u64..SLOTS_PER_YEAR,
    ) {
        let mut reserve = fresh(&ReserveBuilder { borrowed_atoms: borrowed, collateral_supply: supply, ..builder() });
        let later = Now { slot: START.slot + slots, ts: START.ts + slots / 2 };
        reserve.refresh(later, 0).unwrap();
        let deposit = reserve.deposit(offered, later).unwrap();
        prop_assert!(deposit.liquidity_atoms <= offered);
        let per_share = |reserve: &Reserve| (reserve.total_supply().unwrap().0, u128::from(reserve.collateral_supply));
        let (value_before, shares_before) = per_share(&reserve);
        reserve.refresh(later, 0).unwrap();
        if deposit.collateral_atoms > 0 {
            let paid = reserve.redeem(deposit.collateral_atoms, later).unwrap();
            prop_assert!(paid <= deposit.liquidity_atoms && deposit.liquidity_atoms - paid <= 1);
            let (value_after, shares_after) = per_share(&reserve);
            // Who stays owns no less per cToken than before.
            prop_assert!(value_after as f64 / shares_after as f64 >= value_before as f64 / shares_before as f64 * (1.0 - 1e-12));
        }
    }

    #[test]
    fn interest_never_lowers_the_ctoken(slots in 0u64..10 * SLOTS_PER_YEAR / 10, util_bps in 0u32..=10_000) {
        let mut data = builder().to_bytes().unwrap();
        edit::set_utilisation_bps(&mut data, util_bps).unwrap();
        let before = Reserve::load(&data).unwrap();
        edit::refresh(&mut data, Now { slot: START.slot + slots, ts: START.ts }, 500).unwrap();
        let after = Reserve::load(&data).unwrap();
        prop_assert!(after.total_supply().unwrap().0 + 8 >= before.total_supply().unwrap().0);
        prop_assert!(after.borrowed >= before.borrowed);
        prop_assert_eq!(after.collateral_supply, before.collateral_supply);
    }
}
