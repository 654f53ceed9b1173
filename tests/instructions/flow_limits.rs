//! What strangers try with the vault's flows: capital that visits, losses that free room, venues that cannot pay,
//! decisions that are old. Each is an attack that worked before there was a rule against it.

use ballast::BallastError;
use ballast::Direction::{Decrease, Increase};
use ballast_client::instruction::{self, Exit};
use ballast_sandbox::{Chain, Person};
use ballast_tests::unchanged::assert_refused;
use ballast_tests::{Cast, INVESTED, USDC};
use solana_instruction::Instruction;
use solana_signer::Signer;

fn decided(targets_bps: [u16; 8]) -> Cast {
    let mut cast = Cast::deposited(INVESTED);
    cast.decide(targets_bps);
    cast
}

fn deposit_of(cast: &Cast, who: &Person, atoms: u64) -> Instruction {
    instruction::deposit(who.address(), cast.vault, &cast.state(), atoms, 0)
}

/// `allocate` paid for by the vault's keeper.
fn by_keeper(cast: &Cast, index: u8, direction: ballast::Direction, amount: u64) -> Instruction {
    let keeper = cast.scene.stage.keeper.pubkey();
    let venue = cast.venue(index);
    instruction::allocate(
        keeper,
        cast.vault,
        &cast.state(),
        instruction::Move { index, direction, amount, as_guardian: false },
        &venue,
    )
    .unwrap()
}

fn send_as_keeper(cast: &mut Cast, last: Instruction) {
    let all = cast.fresh(last);
    let keeper = cast.scene.stage.keeper.insecure_clone();
    cast.stage().send(&all, &[&keeper]).unwrap();
}

fn refused_as_keeper(cast: &mut Cast, last: Instruction, rule: BallastError) {
    let all = cast.fresh(last);
    let keeper = cast.scene.stage.keeper.insecure_clone();
    assert_refused(cast.stage(), &all, &[&keeper], rule);
}

#[test]
fn a_flash_deposit_raises_no_limit() {
    let mut cast = decided([4_000, 4_000, 0, 0, 0, 0, 0, 0]);
    cast.increase(0, 40_000 * USDC);
    cast.increase(1, 40_000 * USDC);
    let mallory = cast.another(150_000 * USDC);
    // One and a half times the vault comes in, and the target would be 100,000 now.
    let deposit = deposit_of(&cast, &mallory, 150_000 * USDC);
    let mut all = cast.fresh(deposit);
    all.push(cast.allocate_ix(0, Increase, 60_000 * USDC));
    assert_refused(cast.stage(), &all, &[&mallory.key], BallastError::TargetOvershot);
    // Nor in a later slot, while the deposit is young.
    let deposit = deposit_of(&cast, &mallory, 150_000 * USDC);
    let all = cast.fresh(deposit);
    cast.stage().send(&all, &[&mallory.key]).unwrap();
    cast.pass(30);
    cast.refused_fresh(cast.allocate_ix(0, Increase, 10 * USDC), BallastError::TargetOvershot);
    // It counts once it stayed.
    cast.pass(60);
    cast.increase(0, 59_000 * USDC);
}

#[test]
fn what_was_entered_in_a_slot_does_not_leave_in_it() {
    let mut cast = Cast::deposited(INVESTED);
    let bob = cast.another(1_000 * USDC);
    let deposit = deposit_of(&cast, &bob, 1_000 * USDC);
    let all = cast.fresh(deposit);
    cast.stage().send(&all, &[&bob.key]).unwrap();
    let shares = cast.shares_of(&bob);
    let withdraw = |cast: &Cast, shares| {
        instruction::withdraw(bob.address(), cast.vault, &cast.state(), shares, 0, false)
    };
    let all = [withdraw(&cast, shares)];
    assert_refused(cast.stage(), &all, &[&bob.key], BallastError::SharesEnteredInSameSlot);
    // Somebody else's deposit starts no clock but their own.
    let out = cast.withdraw_ix(cast.shares() / 2, 0, false);
    cast.send(&[out]);
    cast.stage().world.next_slot();
    let all = cast.fresh(withdraw(&cast, shares / 2));
    cast.stage().send(&all, &[&bob.key]).unwrap();
    // What he had before may leave beside what he enters.
    let rest = cast.shares_of(&bob);
    let again = deposit_of(&cast, &bob, 100 * USDC);
    cast.stage().send(&[again], &[&bob.key]).unwrap();
    let all = [withdraw(&cast, rest + 1)];
    assert_refused(cast.stage(), &all, &[&bob.key], BallastError::SharesEnteredInSameSlot);
    let all = [withdraw(&cast, rest)];
    cast.stage().send(&all, &[&bob.key]).unwrap();
}

#[test]
fn l1_a_loss_frees_no_room() {
    let mut cast = decided([4_000, 0, 0, 0, 0, 0, 0, 0]);
    cast.set_limits(|limits| limits.cooldown_secs = 0);
    cast.increase(0, 40_000 * USDC);
    cast.scene.reserves[0].write_off(&mut cast.scene.stage.world, 0.6).unwrap();
    for _ in 0..3 {
        cast.refused_fresh(cast.allocate_ix(0, Increase, 1_000 * USDC), BallastError::LostSinceDecision);
        cast.pass(600);
    }
    let all = cast.scene.stage.refresh_all(&cast.vault).unwrap();
    cast.send(&all);
    let lost = cast.slot(0);
    assert!(lost.value_low < 25_000 * USDC && lost.held_atoms() == 40_000 * USDC, "{lost:?}");
    // Even where the fall is one that governance overlooks, what was sent counts.
    cast.decide([4_000, 0, 0, 0, 0, 0, 0, 0]);
    cast.increase(0, 1_000 * USDC);
    cast.set_limits(|limits| limits.latch_bps = 1_000);
    let (held, total) = (cast.slot(0).value_low, cast.nav().gross_low);
    cast.increase(0, total * 4 / 10 - held - USDC);
    cast.scene.reserves[0].write_off(&mut cast.scene.stage.world, 0.04).unwrap();
    cast.refused_fresh(cast.allocate_ix(0, Increase, 100 * USDC), BallastError::TargetOvershot);
}

#[test]
fn l2_nobody_moves_a_pending_loss_into_the_vault() {
    let mut cast = decided([4_000, 4_000, 0, 0, 0, 0, 0, 0]);
    cast.set_limits(|limits| limits.min_liquidity_bps = 1_000);
    let reserve = cast.scene.reserves[0];
    reserve.set_utilisation(&mut cast.stage().world, 0.999).unwrap();
    let all = cast.scene.stage.refresh_all(&cast.vault).unwrap();
    cast.send(&all);
    cast.refused_fresh(cast.allocate_ix(0, Increase, 1_000 * USDC), BallastError::UtilisationTooHigh);
    // A flash deposit into the venue makes it look liquid, within the transaction of whoever calls.
    reserve.set_utilisation(&mut cast.stage().world, 0.5).unwrap();
    cast.refused_fresh(cast.allocate_ix(0, Increase, 1_000 * USDC), BallastError::UtilisationTooHigh);
    // Real liquidity lasts: a period later, and one more, it counts.
    cast.pass(60);
    cast.refused_fresh(cast.allocate_ix(0, Increase, 1_000 * USDC), BallastError::UtilisationTooHigh);
    let all = cast.scene.stage.refresh_all(&cast.vault).unwrap();
    cast.send(&all);
    cast.pass(60);
    cast.increase(0, 1_000 * USDC);
    // And what cannot be paid out in time is not added to, at whatever utilisation.
    cast.set_limits(|limits| (limits.max_utilisation_bps, limits.min_liquidity_bps) = (10_000, 10_000));
    reserve.set_utilisation(&mut cast.stage().world, 0.9999).unwrap();
    cast.refused_fresh(cast.allocate_ix(0, Increase, 30_000 * USDC), BallastError::LiquidityTooLow);
}

#[test]
fn an_allocation_whose_venue_was_never_read_before_takes_nothing() {
    let mut cast = Cast::usdc(INVESTED);
    cast.deposit(INVESTED);
    cast.decide([4_000, 0, 0, 0, 0, 0, 0, 0]);
    cast.refused_fresh(cast.allocate_ix(0, Increase, USDC), BallastError::LiquidityNotSettled);
    cast.settle();
    cast.increase(0, USDC);
}

#[test]
fn l3_an_old_decision_raises_nothing() {
    let mut cast = decided([4_000, 4_000, 0, 0, 0, 0, 0, 0]);
    cast.set_limits(|limits| limits.decision_ttl_secs = 86_400);
    cast.increase(0, 20_000 * USDC);
    cast.pass(86_401);
    cast.refused_fresh(cast.allocate_ix(0, Increase, 1_000 * USDC), BallastError::DecisionExpired);
    let ix = by_keeper(&cast, 0, Increase, 1_000 * USDC);
    refused_as_keeper(&mut cast, ix, BallastError::DecisionExpired);
    cast.set_caps(0, u64::MAX, 1_000);
    let receipts = cast.slot(0).receipts / 4;
    cast.decrease(0, receipts);
}

#[test]
fn a_move_names_the_decision_that_it_is_for() {
    let mut cast = decided([4_000, 0, 0, 0, 0, 0, 0, 0]);
    cast.set_limits(|limits| limits.cooldown_secs = 0);
    let old = cast.allocate_ix(0, Increase, 1_000 * USDC);
    cast.pass(10);
    cast.decide([4_500, 0, 0, 0, 0, 0, 0, 0]);
    cast.refused_fresh(old, BallastError::WrongDecision);
    cast.increase(0, 1_000 * USDC);
}

#[test]
fn a_keeper_who_goes_takes_his_decision_along() {
    let mut cast = decided([4_000, 0, 0, 0, 0, 0, 0, 0]);
    let (vault, guardian) = (cast.vault, cast.scene.stage.guardian.insecure_clone());
    let remove = instruction::set_keeper(guardian.pubkey(), vault, solana_pubkey::Pubkey::default());
    let before = cast.allocate_ix(0, Increase, 1_000 * USDC);
    cast.stage().send(&[remove], &[&guardian]).unwrap();
    cast.refused_fresh(before, BallastError::NoDecision);
}

#[test]
fn l6_strangers_use_half_of_the_inflow_budget_and_nobody_uses_it_up() {
    let mut cast = decided([9_000, 0, 0, 0, 0, 0, 0, 0]);
    cast.set_limits(|limits| limits.inflow_cap_bps = 2_000);
    // Net inflow counts: what a leaver takes out again has used nothing up.
    for _ in 0..4 {
        cast.increase(0, 9_000 * USDC);
        let (receipts, shares) = (cast.slot(0).receipts, cast.shares() / 10);
        cast.exit(Exit { index: 0, receipts, shares, min_assets_out: 0, accept_stale: false });
        let back = cast.wallet();
        cast.deposit(back);
        cast.settle();
    }
    let (_, used) = (cast.slot(0).receipts, cast.slot(0).inflow.used(cast.scene.stage.world.now(), 86_400));
    assert!(used.unwrap() < 10 * USDC, "{used:?}");
    cast.increase(0, 9_990 * USDC);
    cast.refused_fresh(cast.allocate_ix(0, Increase, 100 * USDC), BallastError::InflowExceeded);
    let ix = by_keeper(&cast, 0, Increase, 9_900 * USDC);
    send_as_keeper(&mut cast, ix);
    let ix = by_keeper(&cast, 0, Increase, 500 * USDC);
    refused_as_keeper(&mut cast, ix, BallastError::InflowExceeded);
    cast.settle();
    cast.pass(2 * 86_400);
    cast.increase(0, 5_000 * USDC);
}

#[test]
fn r9_interest_alone_lets_no_stranger_churn_an_allocation() {
    let mut cast = decided([4_000, 0, 0, 0, 0, 0, 0, 0]);
    cast.set_limits(|limits| (limits.dead_band_bps, limits.min_move_atoms) = (100, 1));
    let target = cast.nav().gross_low * 4 / 10;
    cast.increase(0, target);
    cast.pass(14 * 86_400);
    let all = cast.scene.stage.refresh_all(&cast.vault).unwrap();
    cast.send(&all);
    let receipts = cast.slot(0).receipts;
    let excess = cast.slot(0).value_low - cast.nav().gross_low * 4 / 10;
    assert!(excess > 1_000, "it earned past its target: {excess}");
    cast.refused_fresh(cast.allocate_ix(0, Decrease, receipts / 100_000), BallastError::NothingToReduce);
    // The keeper needs no band.
    let ix = by_keeper(&cast, 0, Decrease, receipts / 100_000);
    send_as_keeper(&mut cast, ix);
}

#[test]
fn a_dead_venue_blocks_no_others_reduction() {
    let mut cast = Cast::invested();
    cast.set_caps(1, u64::MAX, 500);
    let broken = cast.scene.reserves[0].key;
    cast.stage().world.set_account(&broken, solana_account::Account::default()).unwrap();
    cast.pass(10);
    let receipts = cast.slot(1).receipts / 2;
    for level in 0..=2 {
        cast.pause(level);
        let part = receipts / 4;
        let ix = cast.allocate_ix(1, Decrease, part);
        cast.send(&[ix]);
    }
    // What may raise risk still waits for it.
    cast.pause(0);
    let increase = [cast.refresh_ix(1), cast.refresh_ix(2), cast.allocate_ix(2, Increase, 10 * USDC)];
    cast.refused(&increase, BallastError::StaleAllocation);
    // A decision that raises nothing does not.
    cast.pass(4_000);
    let keeper = cast.scene.stage.keeper.insecure_clone();
    let lower = cast.rebalance_ix([4_000, 0, 0, 0, 0, 0, 0, 0]);
    cast.stage().send(&[lower], &[&keeper]).unwrap();
}

#[test]
fn strangers_leave_half_of_the_loss_budget_to_the_keeper_and_the_guardian_needs_none() {
    const POOL: u8 = ballast_tests::POOL;
    let mut cast = Cast::invested();
    cast.set_limits(|limits| {
        limits.loss_window_bps = 8;
        limits.reduction_rest_secs = 0;
    });
    cast.set_caps(POOL, 0, 0);
    let part = cast.slot(POOL).receipts / 100;
    let mut used = 0;
    for _ in 0..100 {
        let all = cast.fresh(cast.allocate_ix(POOL, Decrease, part));
        match cast.scene.stage.world.send(&all, &[]) {
            Ok(_) => used += 1,
            Err(failed) => {
                assert_eq!(failed.refusal.unwrap().name, BallastError::LossWindowExceeded.name());
                break;
            }
        }
    }
    assert!(used > 0 && used < 100, "{used} reductions by strangers");
    let ix = by_keeper(&cast, POOL, Decrease, part);
    send_as_keeper(&mut cast, ix);
    cast.set_limits(|limits| limits.loss_window_bps = 0);
    let ix = by_keeper(&cast, POOL, Decrease, part);
    refused_as_keeper(&mut cast, ix, BallastError::LossWindowExceeded);
    let guardian = cast.scene.stage.guardian.insecure_clone();
    let (venue, vault) = (cast.venue(POOL), cast.vault);
    let as_guardian = |cast: &Cast, payer| {
        instruction::allocate(
            payer,
            vault,
            &cast.state(),
            instruction::Move { index: POOL, direction: Decrease, amount: part, as_guardian: true },
            &venue,
        )
        .unwrap()
    };
    let all = cast.fresh(as_guardian(&cast, guardian.pubkey()));
    cast.stage().send(&all, &[&guardian]).unwrap();
    // Naming the configuration makes nobody the guardian.
    let payer = cast.scene.stage.world.payer.pubkey();
    cast.refused_fresh(as_guardian(&cast, payer), BallastError::LossWindowExceeded);
}

#[test]
fn the_guardian_reduces_what_stands_below_its_target() {
    let mut cast = Cast::invested();
    let receipts = cast.slot(0).receipts / 3;
    cast.refused_fresh(cast.allocate_ix(0, Decrease, receipts), BallastError::NothingToReduce);
    let guardian = cast.scene.stage.guardian.insecure_clone();
    let venue = cast.venue(0);
    let vault = cast.vault;
    let ix = instruction::allocate(
        guardian.pubkey(),
        vault,
        &cast.state(),
        instruction::Move { index: 0, direction: Decrease, amount: receipts, as_guardian: true },
        &venue,
    )
    .unwrap();
    cast.stage().send(&[ix], &[&guardian]).unwrap();
    // Only less: an increase is everybody's.
    let ix = instruction::allocate(
        guardian.pubkey(),
        vault,
        &cast.state(),
        instruction::Move { index: 0, direction: Increase, amount: 20_000 * USDC, as_guardian: true },
        &venue,
    )
    .unwrap();
    let all = cast.fresh(ix);
    assert_refused(cast.stage(), &all, &[&guardian], BallastError::TargetOvershot);
}

#[test]
fn an_allocation_reduced_at_a_loss_rests_from_strangers() {
    const POOL: u8 = ballast_tests::POOL;
    let mut cast = Cast::invested();
    cast.set_caps(POOL, 0, 0);
    let part = cast.slot(POOL).receipts / 10;
    cast.decrease(POOL, part);
    cast.refused_fresh(cast.allocate_ix(POOL, Decrease, part), BallastError::AllocationResting);
    let ix = by_keeper(&cast, POOL, Decrease, part);
    send_as_keeper(&mut cast, ix);
    cast.pass(600);
    cast.decrease(POOL, part);
}

/// Fault 12: a newer price posted between refresh and move hides no loss of the move, and is not charged to a leaver.
#[test]
fn a_price_between_refresh_and_move_is_the_vaults_not_the_moves() {
    const POOL: u8 = ballast_tests::POOL;
    let mut cast = Cast::invested();
    cast.set_caps(POOL, 0, 0);
    let part = cast.slot(POOL).receipts / 10;
    let mut plain = Cast::invested();
    plain.set_caps(POOL, 0, 0);
    let loss = |cast: &mut Cast, instructions: &[Instruction]| {
        let done = cast.send(instructions);
        ballast_tests::the_event::<ballast::events::AllocationExecuted>(&done).loss_atoms
    };
    let ix = plain.fresh(plain.allocate_ix(POOL, Decrease, part));
    let honest = loss(&mut plain, &ix);
    assert!(honest > 0);
    // Refreshed at the old price; then a price half a percent higher is posted in the same slot.
    let all = cast.scene.stage.refresh_all(&cast.vault).unwrap();
    cast.send(&all);
    cast.publish_sol(|quote| quote.price += quote.price / 200);
    let ix = [cast.allocate_ix(POOL, Decrease, part)];
    let hidden = loss(&mut cast, &ix);
    assert!(hidden >= honest, "{hidden} of {honest}");
}
