#![allow(clippy::unwrap_used)]
use ballast_client::state::{VaultLimits, VenueReadings};
use ballast_math::mul_div::bps_floor;
use bytemuck::Zeroable;
use proptest::prelude::*;

use super::*;

const TERMS: MoveTerms =
    MoveTerms { margin_bps: 2, rest_bps: 0, model_live: true, mover: Mover::Keeper, now_ts: 1_000 };
const GROSS: u64 = 1_000_000_000;

/// A vault of [`GROSS`] with one slot: `value` in it, `target_bps` wanted, caps out of the way.
fn vault(value: u64, target_bps: u16) -> Vault {
    let mut vault = Vault::zeroed();
    vault.allocation_count = 1;
    vault.decision_sequence = 1;
    vault.idle_atoms = GROSS - value;
    vault.principal_atoms = GROSS;
    vault.limits = VaultLimits {
        min_move_atoms: 1_000,
        idle_buffer_bps: 500,
        inflow_cap_bps: 20_000,
        inflow_window_secs: 3_600,
        settle_secs: 60,
        decision_ttl_secs: 3_600,
        max_utilisation_bps: 9_800,
        ..VaultLimits::default()
    };
    let readings = VenueReadings { read: [1, 1], free_liquidity: [u64::MAX; 2], ..VenueReadings::default() };
    vault.allocations[0] = Allocation {
        strategy: solana_pubkey::Pubkey::new_from_array([1; 32]),
        receipts: value / 2,
        value_low: value,
        value_high: value,
        withdrawable: value,
        absolute_cap_atoms: u64::MAX,
        relative_cap_bps: 10_000,
        target_bps,
        oracle_status: status::ALL,
        principal_atoms: value,
        readings,
        ..Allocation::default()
    };
    vault
}

fn plan(vault: &Vault) -> SlotPlan {
    plan_slot(vault, 0, GROSS, true, &TERMS).unwrap()
}

#[test]
fn increases_stop_a_margin_short_of_the_target() {
    let up = |atoms| SlotPlan::Move(Move::Increase { index: 0, atoms });
    // 30% of a billion, less two basis points of the vault, less what is there.
    assert_eq!(plan(&vault(100_000_000, 3_000)), up(300_000_000 - 200_000 - 100_000_000));
    let mut capped = vault(100_000_000, 3_000);
    capped.allocations[0].absolute_cap_atoms = 150_000_000;
    assert_eq!(plan(&capped), up(50_000_000 - 200_000));
    capped.allocations[0].relative_cap_bps = 1_200;
    assert_eq!(plan(&capped), up(20_000_000 - 200_000));
    let mut poor = vault(100_000_000, 3_000);
    poor.idle_atoms = 60_000_000;
    assert_eq!(plan(&poor), up(10_000_000 - 200_000), "the buffer stays");
    poor.idle_atoms = 50_000_000;
    assert_eq!(plan(&poor), SlotPlan::Hindered(Hindrance::NoIdle(0)));
}

#[test]
fn decreases_stop_a_margin_above_the_ceiling_and_orders_to_leave_empty_the_slot() {
    let down = |receipts| SlotPlan::Move(Move::Decrease { index: 0, receipts });
    assert_eq!(plan(&vault(500_000_000, 3_000)), down((200_000_000 - 200_000) / 2));
    assert_eq!(plan(&vault(500_000_000, 0)), down(250_000_000));
    let mut capped = vault(500_000_000, 9_000);
    capped.allocations[0].absolute_cap_atoms = 0;
    assert_eq!(plan(&capped), down(250_000_000), "a cap of zero is an order to leave");
    let mut unwound = vault(500_000_000, 9_000);
    unwound.pause_level = pause_level::ANYONE_MAY_UNWIND;
    assert_eq!(plan(&unwound), down(250_000_000));
}

#[test]
fn what_the_venue_cannot_pay_is_not_asked_for() {
    let mut illiquid = vault(500_000_000, 0);
    illiquid.allocations[0].withdrawable = 100_000_000;
    assert_eq!(plan(&illiquid), SlotPlan::Move(Move::Decrease { index: 0, receipts: 50_000_000 }));
    illiquid.allocations[0].withdrawable = 999;
    assert_eq!(plan(&illiquid), SlotPlan::Hindered(Hindrance::Illiquid(0)));
}

#[test]
fn what_is_near_enough_rests() {
    assert_eq!(plan(&vault(300_000_000, 3_000)), SlotPlan::Rest);
    assert_eq!(plan(&vault(299_800_001, 3_000)), SlotPlan::Rest);
    assert_eq!(plan(&vault(300_200_999, 3_000)), SlotPlan::Rest);
    assert_eq!(plan(&vault(0, 0)), SlotPlan::Rest);
}

#[test]
fn drift_is_left_alone_and_orders_to_leave_are_not() {
    let terms = MoveTerms { rest_bps: 25, ..TERMS };
    let plan = |vault: &Vault| plan_slot(vault, 0, GROSS, true, &terms).unwrap();
    // 25 bps of a billion are 2.5 million, beyond the margin of 200,000.
    assert_eq!(plan(&vault(300_000_000 - 2_699_999, 3_000)), SlotPlan::Rest);
    assert!(matches!(plan(&vault(300_000_000 - 2_700_000, 3_000)), SlotPlan::Move(_)));
    assert_eq!(plan(&vault(300_000_000 + 2_699_999, 3_000)), SlotPlan::Rest);
    assert!(matches!(plan(&vault(300_000_000 + 2_700_000, 3_000)), SlotPlan::Move(_)));
    assert!(matches!(plan(&vault(10_000, 0)), SlotPlan::Move(_)));
}

#[test]
fn a_move_is_cut_to_what_a_venue_takes_at_once() {
    let up = Move::Increase { index: 0, atoms: 1_000 };
    assert_eq!(up.at_most(300, 0, 0), Move::Increase { index: 0, atoms: 300 });
    let down = Move::Decrease { index: 0, receipts: 500 };
    assert_eq!(down.at_most(300, 500, 1_000), Move::Decrease { index: 0, receipts: 150 });
    assert_eq!(down.at_most(2_000, 500, 1_000), down);
    assert_eq!(down.halved(0), down);
    assert_eq!(down.halved(2), Move::Decrease { index: 0, receipts: 125 });
    assert_eq!(up.halved(70), Move::Increase { index: 0, atoms: 1 });
}

#[test]
fn hindrances_are_named() {
    let low = vault(0, 3_000);
    let hindered = |vault: &Vault, refreshed: bool, terms: &MoveTerms| {
        plan_slot(vault, 0, GROSS, refreshed, terms).unwrap()
    };
    let dead = MoveTerms { model_live: false, ..TERMS };
    assert_eq!(hindered(&low, true, &dead), SlotPlan::Hindered(Hindrance::NoLiveModel(0)));
    assert_eq!(hindered(&low, false, &TERMS), SlotPlan::Hindered(Hindrance::Unrefreshed(0)));
    let mut paused = low;
    paused.pause_level = pause_level::NO_INCREASES;
    assert_eq!(plan(&paused), SlotPlan::Hindered(Hindrance::Paused(0)));
    let mut wide = low;
    wide.allocations[0].oracle_status = status::ALL & !status::EMA;
    assert_eq!(plan(&wide), SlotPlan::Hindered(Hindrance::Price(0)));
    let mut undecided = low;
    undecided.decision_sequence = 0;
    assert_eq!(plan(&undecided), SlotPlan::Hindered(Hindrance::NoLiveModel(0)));
    let mut lost = low;
    lost.allocations[0].latched = 1;
    assert_eq!(plan(&lost), SlotPlan::Hindered(Hindrance::Lost(0)));
    let mut unread = low;
    unread.allocations[0].readings.read = [1, 0];
    assert_eq!(plan(&unread), SlotPlan::Hindered(Hindrance::NotSettled(0)));
    let mut lent_out = low;
    lent_out.allocations[0].readings.utilisation_bps = [0, 9_801];
    assert_eq!(plan(&lent_out), SlotPlan::Hindered(Hindrance::VenueIlliquid(0)));
    let mut old = low;
    old.decision_ts = -3_600;
    assert_eq!(plan(&old), SlotPlan::Hindered(Hindrance::Expired(0)));
    let mut flooded = low;
    flooded.limits.inflow_cap_bps = 0;
    assert_eq!(plan(&flooded), SlotPlan::Hindered(Hindrance::InflowUsed(0)));
    // A divergent average does not stop a decrease, a wide price does.
    let mut high = vault(500_000_000, 0);
    high.allocations[0].oracle_status = status::ALL & !status::EMA;
    assert!(matches!(plan(&high), SlotPlan::Move(_)));
    high.allocations[0].oracle_status = status::ALL & !status::CONFIDENCE;
    assert_eq!(plan(&high), SlotPlan::Hindered(Hindrance::Price(0)));
}

proptest! {
    /// Whatever the vault looks like, a move keeps every limit that the program checks, with the margin
    /// still to spare when assets drift by less than it.
    #[test]
    fn moves_never_overshoot(
        gross in 1_000_000u64..1 << 50,
        value_bps in 0u64..=10_000,
        target in 0u16..=9_500,
        cap in 0u16..=10_000,
        liquid_bps in 0u64..=10_000,
        rate in 1u64..5,
    ) {
        let value = bps_floor(gross, value_bps).unwrap();
        let mut vault = vault(0, target);
        vault.idle_atoms = gross - value;
        vault.principal_atoms = gross;
        let slot = &mut vault.allocations[0];
        slot.receipts = value / rate;
        slot.value_low = if slot.receipts == 0 { 0 } else { value };
        slot.withdrawable = bps_floor(value, liquid_bps).unwrap();
        slot.relative_cap_bps = cap;
        let slot = *slot;
        let margin = bps_ceil(gross, 2).unwrap();
        let ceiling = slot.ceilings().atoms(gross).unwrap();
        match plan_slot(&vault, 0, gross, true, &TERMS).unwrap() {
            SlotPlan::Move(Move::Increase { atoms, .. }) => {
                prop_assert!(slot.value_low + atoms + margin <= ceiling);
                prop_assert!(atoms >= vault.limits.min_move_atoms && atoms <= vault.idle_atoms);
                prop_assert!(vault.idle_atoms - atoms >= bps_ceil(gross, 500).unwrap() + margin);
            }
            SlotPlan::Move(Move::Decrease { receipts, .. }) => {
                prop_assert!(receipts > 0 && receipts <= slot.receipts);
                let paid = mul_div_floor(slot.value_low, receipts, slot.receipts).unwrap();
                prop_assert!(paid <= slot.withdrawable || receipts == slot.receipts && paid == slot.value_low);
                let stays = slot.value_low - paid;
                prop_assert!(ceiling == 0 || stays >= ceiling + margin);
            }
            SlotPlan::Rest => {
                let near = margin + vault.limits.min_move_atoms;
                prop_assert!(slot.value_low.abs_diff(ceiling) <= near);
            }
            SlotPlan::Hindered(_) => {}
        }
    }
}
