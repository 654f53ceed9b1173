//! What strangers try with the vault's flows: capital that visits, losses that free room, venues that cannot pay,
//! decisions that are old. Each is an attack that worked before there was a rule against it.

use ballast::BallastError;
use ballast::Direction::{Decrease, Increase};
use ballast_client::instruction::{self, Exit};
use ballast_sandbox::{Chain, Person};
use ballast_tests::unchanged::assert_refused;
use ballast_tests::{INVESTED, USDC, VaultTest};
use solana_instruction::Instruction;
use solana_signer::Signer;

fn decided(targets_bps: [u16; 8]) -> VaultTest {
    let mut test = VaultTest::deposited(INVESTED);
    test.decide(targets_bps);
    test
}

fn deposit_of(test: &VaultTest, who: &Person, atoms: u64) -> Instruction {
    instruction::deposit(who.address(), test.vault, &test.state(), atoms, 0)
}

/// `allocate` paid for by the vault's keeper.
fn by_keeper(test: &VaultTest, index: u8, direction: ballast::Direction, amount: u64) -> Instruction {
    let keeper = test.fixture.deployment.keeper.pubkey();
    let venue = test.venue(index);
    instruction::allocate(
        keeper,
        test.vault,
        &test.state(),
        instruction::Move { index, direction, amount, as_guardian: false },
        &venue,
    )
    .unwrap()
}

fn send_as_keeper(test: &mut VaultTest, last: Instruction) {
    let all = test.fresh(last);
    let keeper = test.fixture.deployment.keeper.insecure_clone();
    test.deployment().send(&all, &[&keeper]).unwrap();
}

fn refused_as_keeper(test: &mut VaultTest, last: Instruction, rule: BallastError) {
    let all = test.fresh(last);
    let keeper = test.fixture.deployment.keeper.insecure_clone();
    assert_refused(test.deployment(), &all, &[&keeper], rule);
}

#[test]
fn a_flash_deposit_raises_no_limit() {
    let mut test = decided([4_000, 4_000, 0, 0, 0, 0, 0, 0]);
    test.increase(0, 40_000 * USDC);
    test.increase(1, 40_000 * USDC);
    let mallory = test.another(150_000 * USDC);
    // One and a half times the vault comes in, and the target would be 100,000 now.
    let deposit = deposit_of(&test, &mallory, 150_000 * USDC);
    let mut all = test.fresh(deposit);
    all.push(test.allocate_ix(0, Increase, 60_000 * USDC));
    assert_refused(test.deployment(), &all, &[&mallory.key], BallastError::TargetOvershot);
    // Nor in a later slot, while the deposit is young.
    let deposit = deposit_of(&test, &mallory, 150_000 * USDC);
    let all = test.fresh(deposit);
    test.deployment().send(&all, &[&mallory.key]).unwrap();
    test.pass(30);
    test.refused_fresh(test.allocate_ix(0, Increase, 10 * USDC), BallastError::TargetOvershot);
    // It counts once it stayed.
    test.pass(60);
    test.increase(0, 59_000 * USDC);
}

#[test]
fn what_was_entered_in_a_slot_does_not_leave_in_it() {
    let mut test = VaultTest::deposited(INVESTED);
    let bob = test.another(1_000 * USDC);
    let deposit = deposit_of(&test, &bob, 1_000 * USDC);
    let all = test.fresh(deposit);
    test.deployment().send(&all, &[&bob.key]).unwrap();
    let shares = test.shares_of(&bob);
    let withdraw = |test: &VaultTest, shares| {
        instruction::withdraw(bob.address(), test.vault, &test.state(), shares, 0, false)
    };
    let all = [withdraw(&test, shares)];
    assert_refused(test.deployment(), &all, &[&bob.key], BallastError::SharesEnteredInSameSlot);
    // Somebody else's deposit starts no clock but their own.
    let out = test.withdraw_ix(test.shares() / 2, 0, false);
    test.send(&[out]);
    test.deployment().world.next_slot();
    let all = test.fresh(withdraw(&test, shares / 2));
    test.deployment().send(&all, &[&bob.key]).unwrap();
    // What he had before may leave beside what he enters.
    let rest = test.shares_of(&bob);
    let again = deposit_of(&test, &bob, 100 * USDC);
    test.deployment().send(&[again], &[&bob.key]).unwrap();
    let all = [withdraw(&test, rest + 1)];
    assert_refused(test.deployment(), &all, &[&bob.key], BallastError::SharesEnteredInSameSlot);
    let all = [withdraw(&test, rest)];
    test.deployment().send(&all, &[&bob.key]).unwrap();
}

#[test]
fn l1_a_loss_frees_no_room() {
    let mut test = decided([4_000, 0, 0, 0, 0, 0, 0, 0]);
    test.set_limits(|limits| limits.cooldown_secs = 0);
    test.increase(0, 40_000 * USDC);
    test.fixture.reserves[0].write_off(&mut test.fixture.deployment.world, 0.6).unwrap();
    for _ in 0..3 {
        test.refused_fresh(test.allocate_ix(0, Increase, 1_000 * USDC), BallastError::LostSinceDecision);
        test.pass(600);
    }
    let all = test.fixture.deployment.refresh_all(&test.vault).unwrap();
    test.send(&all);
    let lost = test.slot(0);
    assert!(lost.value_low < 25_000 * USDC && lost.held_atoms() == 40_000 * USDC, "{lost:?}");
    // Even where the fall is one that governance overlooks, what was sent counts.
    test.decide([4_000, 0, 0, 0, 0, 0, 0, 0]);
    test.increase(0, 1_000 * USDC);
    test.set_limits(|limits| limits.latch_bps = 1_000);
    let (held, total) = (test.slot(0).value_low, test.nav().gross_low);
    test.increase(0, total * 4 / 10 - held - USDC);
    test.fixture.reserves[0].write_off(&mut test.fixture.deployment.world, 0.04).unwrap();
    test.refused_fresh(test.allocate_ix(0, Increase, 100 * USDC), BallastError::TargetOvershot);
}

#[test]
fn l2_nobody_moves_a_pending_loss_into_the_vault() {
    let mut test = decided([4_000, 4_000, 0, 0, 0, 0, 0, 0]);
    test.set_limits(|limits| limits.min_liquidity_bps = 1_000);
    let reserve = test.fixture.reserves[0];
    reserve.set_utilisation(&mut test.deployment().world, 0.999).unwrap();
    let all = test.fixture.deployment.refresh_all(&test.vault).unwrap();
    test.send(&all);
    test.refused_fresh(test.allocate_ix(0, Increase, 1_000 * USDC), BallastError::UtilisationTooHigh);
    // A flash deposit into the venue makes it look liquid, within the transaction of whoever calls.
    reserve.set_utilisation(&mut test.deployment().world, 0.5).unwrap();
    test.refused_fresh(test.allocate_ix(0, Increase, 1_000 * USDC), BallastError::UtilisationTooHigh);
    // Real liquidity lasts: a period later, and one more, it counts.
    test.pass(60);
    test.refused_fresh(test.allocate_ix(0, Increase, 1_000 * USDC), BallastError::UtilisationTooHigh);
    let all = test.fixture.deployment.refresh_all(&test.vault).unwrap();
    test.send(&all);
    test.pass(60);
    test.increase(0, 1_000 * USDC);
    // And what cannot be paid out in time is not added to, at whatever utilisation.
    test.set_limits(|limits| (limits.max_utilisation_bps, limits.min_liquidity_bps) = (10_000, 10_000));
    reserve.set_utilisation(&mut test.deployment().world, 0.9999).unwrap();
    test.refused_fresh(test.allocate_ix(0, Increase, 30_000 * USDC), BallastError::LiquidityTooLow);
}

#[test]
fn an_allocation_whose_venue_was_never_read_before_takes_nothing() {
    let mut test = VaultTest::usdc(INVESTED);
    test.deposit(INVESTED);
    test.decide([4_000, 0, 0, 0, 0, 0, 0, 0]);
    test.refused_fresh(test.allocate_ix(0, Increase, USDC), BallastError::LiquidityNotSettled);
    test.settle();
    test.increase(0, USDC);
}

#[test]
fn l3_an_old_decision_raises_nothing() {
    let mut test = decided([4_000, 4_000, 0, 0, 0, 0, 0, 0]);
    test.set_limits(|limits| limits.decision_ttl_secs = 86_400);
    test.increase(0, 20_000 * USDC);
    test.pass(86_401);
    test.refused_fresh(test.allocate_ix(0, Increase, 1_000 * USDC), BallastError::DecisionExpired);
    let ix = by_keeper(&test, 0, Increase, 1_000 * USDC);
    refused_as_keeper(&mut test, ix, BallastError::DecisionExpired);
    test.set_caps(0, u64::MAX, 1_000);
    let receipts = test.slot(0).receipts / 4;
    test.decrease(0, receipts);
}

#[test]
fn a_move_names_the_decision_that_it_is_for() {
    let mut test = decided([4_000, 0, 0, 0, 0, 0, 0, 0]);
    test.set_limits(|limits| limits.cooldown_secs = 0);
    let old = test.allocate_ix(0, Increase, 1_000 * USDC);
    test.pass(10);
    test.decide([4_500, 0, 0, 0, 0, 0, 0, 0]);
    test.refused_fresh(old, BallastError::WrongDecision);
    test.increase(0, 1_000 * USDC);
}

#[test]
fn a_keeper_who_goes_takes_his_decision_along() {
    let mut test = decided([4_000, 0, 0, 0, 0, 0, 0, 0]);
    let (vault, guardian) = (test.vault, test.fixture.deployment.guardian.insecure_clone());
    let remove = instruction::set_keeper(guardian.pubkey(), vault, solana_pubkey::Pubkey::default());
    let before = test.allocate_ix(0, Increase, 1_000 * USDC);
    test.deployment().send(&[remove], &[&guardian]).unwrap();
    test.refused_fresh(before, BallastError::NoDecision);
}

#[test]
fn l6_strangers_use_half_of_the_inflow_budget_and_nobody_uses_it_up() {
    let mut test = decided([9_000, 0, 0, 0, 0, 0, 0, 0]);
    test.set_limits(|limits| limits.inflow_cap_bps = 2_000);
    // Net inflow counts: what a leaver takes out again has used nothing up.
    for _ in 0..4 {
        test.increase(0, 9_000 * USDC);
        let (receipts, shares) = (test.slot(0).receipts, test.shares() / 10);
        test.exit(Exit { index: 0, receipts, shares, min_assets_out: 0, accept_stale: false });
        let back = test.wallet();
        test.deposit(back);
        test.settle();
    }
    let (_, used) =
        (test.slot(0).receipts, test.slot(0).inflow.used(test.fixture.deployment.world.now(), 86_400));
    assert!(used.unwrap() < 10 * USDC, "{used:?}");
    test.increase(0, 9_990 * USDC);
    test.refused_fresh(test.allocate_ix(0, Increase, 100 * USDC), BallastError::InflowExceeded);
    let ix = by_keeper(&test, 0, Increase, 9_900 * USDC);
    send_as_keeper(&mut test, ix);
    let ix = by_keeper(&test, 0, Increase, 500 * USDC);
    refused_as_keeper(&mut test, ix, BallastError::InflowExceeded);
    test.settle();
    test.pass(2 * 86_400);
    test.increase(0, 5_000 * USDC);
}

#[test]
fn r9_interest_alone_lets_no_stranger_churn_an_allocation() {
    let mut test = decided([4_000, 0, 0, 0, 0, 0, 0, 0]);
    test.set_limits(|limits| (limits.dead_band_bps, limits.min_move_atoms) = (100, 1));
    let target = test.nav().gross_low * 4 / 10;
    test.increase(0, target);
    test.pass(14 * 86_400);
    let all = test.fixture.deployment.refresh_all(&test.vault).unwrap();
    test.send(&all);
    let receipts = test.slot(0).receipts;
    let excess = test.slot(0).value_low - test.nav().gross_low * 4 / 10;
    assert!(excess > 1_000, "it earned past its target: {excess}");
    test.refused_fresh(test.allocate_ix(0, Decrease, receipts / 100_000), BallastError::NothingToReduce);
    // The keeper needs no band.
    let ix = by_keeper(&test, 0, Decrease, receipts / 100_000);
    send_as_keeper(&mut test, ix);
}

#[test]
fn a_dead_venue_blocks_no_others_reduction() {
    let mut test = VaultTest::invested();
    test.set_caps(1, u64::MAX, 500);
    let broken = test.fixture.reserves[0].key;
    test.deployment().world.set_account(&broken, solana_account::Account::default()).unwrap();
    test.pass(10);
    let receipts = test.slot(1).receipts / 2;
    for level in 0..=2 {
        test.pause(level);
        let part = receipts / 4;
        let ix = test.allocate_ix(1, Decrease, part);
        test.send(&[ix]);
    }
    // What may raise risk still waits for it.
    test.pause(0);
    let increase = [test.refresh_ix(1), test.refresh_ix(2), test.allocate_ix(2, Increase, 10 * USDC)];
    test.refused(&increase, BallastError::StaleAllocation);
    // A decision that raises nothing does not.
    test.pass(4_000);
    let keeper = test.fixture.deployment.keeper.insecure_clone();
    let lower = test.rebalance_ix([4_000, 0, 0, 0, 0, 0, 0, 0]);
    test.deployment().send(&[lower], &[&keeper]).unwrap();
}

#[test]
fn strangers_leave_half_of_the_loss_budget_to_the_keeper_and_the_guardian_needs_none() {
    const POOL: u8 = ballast_tests::POOL;
    let mut test = VaultTest::invested();
    test.set_limits(|limits| {
        limits.loss_window_bps = 8;
        limits.reduction_rest_secs = 0;
    });
    test.set_caps(POOL, 0, 0);
    let part = test.slot(POOL).receipts / 100;
    let mut used = 0;
    for _ in 0..100 {
        let all = test.fresh(test.allocate_ix(POOL, Decrease, part));
        match test.fixture.deployment.world.send(&all, &[]) {
            Ok(_) => used += 1,
            Err(failed) => {
                assert_eq!(failed.refusal.unwrap().name, BallastError::LossWindowExceeded.name());
                break;
            }
        }
    }
    assert!(used > 0 && used < 100, "{used} reductions by strangers");
    let ix = by_keeper(&test, POOL, Decrease, part);
    send_as_keeper(&mut test, ix);
    test.set_limits(|limits| limits.loss_window_bps = 0);
    let ix = by_keeper(&test, POOL, Decrease, part);
    refused_as_keeper(&mut test, ix, BallastError::LossWindowExceeded);
    let guardian = test.fixture.deployment.guardian.insecure_clone();
    let (venue, vault) = (test.venue(POOL), test.vault);
    let as_guardian = |test: &VaultTest, payer| {
        instruction::allocate(
            payer,
            vault,
            &test.state(),
            instruction::Move { index: POOL, direction: Decrease, amount: part, as_guardian: true },
            &venue,
        )
        .unwrap()
    };
    let all = test.fresh(as_guardian(&test, guardian.pubkey()));
    test.deployment().send(&all, &[&guardian]).unwrap();
    // Naming the configuration makes nobody the guardian.
    let payer = test.fixture.deployment.world.payer.pubkey();
    test.refused_fresh(as_guardian(&test, payer), BallastError::LossWindowExceeded);
}

#[test]
fn the_guardian_reduces_what_stands_below_its_target() {
    let mut test = VaultTest::invested();
    let receipts = test.slot(0).receipts / 3;
    test.refused_fresh(test.allocate_ix(0, Decrease, receipts), BallastError::NothingToReduce);
    let guardian = test.fixture.deployment.guardian.insecure_clone();
    let venue = test.venue(0);
    let vault = test.vault;
    let ix = instruction::allocate(
        guardian.pubkey(),
        vault,
        &test.state(),
        instruction::Move { index: 0, direction: Decrease, amount: receipts, as_guardian: true },
        &venue,
    )
    .unwrap();
    test.deployment().send(&[ix], &[&guardian]).unwrap();
    // Only less: an increase is everybody's.
    let ix = instruction::allocate(
        guardian.pubkey(),
        vault,
        &test.state(),
        instruction::Move { index: 0, direction: Increase, amount: 20_000 * USDC, as_guardian: true },
        &venue,
    )
    .unwrap();
    let all = test.fresh(ix);
    assert_refused(test.deployment(), &all, &[&guardian], BallastError::TargetOvershot);
}

#[test]
fn an_allocation_reduced_at_a_loss_rests_from_strangers() {
    const POOL: u8 = ballast_tests::POOL;
    let mut test = VaultTest::invested();
    test.set_caps(POOL, 0, 0);
    let part = test.slot(POOL).receipts / 10;
    test.decrease(POOL, part);
    test.refused_fresh(test.allocate_ix(POOL, Decrease, part), BallastError::AllocationResting);
    let ix = by_keeper(&test, POOL, Decrease, part);
    send_as_keeper(&mut test, ix);
    test.pass(600);
    test.decrease(POOL, part);
}

/// Fault 12: a newer price posted between refresh and move hides no loss of the move, and is not charged to a leaver.
#[test]
fn a_price_between_refresh_and_move_is_the_vaults_not_the_moves() {
    const POOL: u8 = ballast_tests::POOL;
    let mut test = VaultTest::invested();
    test.set_caps(POOL, 0, 0);
    let part = test.slot(POOL).receipts / 10;
    let mut plain = VaultTest::invested();
    plain.set_caps(POOL, 0, 0);
    let loss = |test: &mut VaultTest, instructions: &[Instruction]| {
        let done = test.send(instructions);
        ballast_tests::the_event::<ballast::events::AllocationExecuted>(&done).loss_atoms
    };
    let ix = plain.fresh(plain.allocate_ix(POOL, Decrease, part));
    let honest = loss(&mut plain, &ix);
    assert!(honest > 0);
    // Refreshed at the old price; then a price half a percent higher is posted in the same slot.
    let all = test.fixture.deployment.refresh_all(&test.vault).unwrap();
    test.send(&all);
    test.publish_sol(|quote| quote.price += quote.price / 200);
    let ix = [test.allocate_ix(POOL, Decrease, part)];
    let hidden = loss(&mut test, &ix);
    assert!(hidden >= honest, "{hidden} of {honest}");
}
