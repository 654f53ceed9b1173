//! The inflation attack: hold nearly all shares of a small vault, push value into it, and let the next
//! depositor's shares round away.

use ballast::BallastError;
use ballast_client::instruction;
use ballast_sandbox::{Person, VaultSpec};
use ballast_tests::unchanged::assert_refused;
use ballast_tests::{USDC, VaultTest};

/// A vault with the smallest seed that creation accepts, an attacker with the smallest deposit, a victim.
fn smallest() -> (VaultTest, Person, Person) {
    let mut test = VaultTest::usdc(0);
    let usdc = test.asset;
    let spec = VaultSpec { seed_atoms: ballast::MIN_SEED_ATOMS, ..VaultSpec::new(usdc, 1) };
    let vault = test.deployment().create_vault(&spec).unwrap();
    test.vault = vault;
    let (attacker, victim) = (test.another(10_000_000 * USDC), test.another(1_000 * USDC));
    (test, attacker, victim)
}

fn deposit(test: &mut VaultTest, person: &Person, atoms: u64) {
    let ix = instruction::deposit(person.address(), test.vault, &test.state(), atoms, 0);
    test.deployment().send(&[ix], &[&person.key]).unwrap();
}

fn leave(test: &mut VaultTest, person: &Person) {
    test.deployment().world.next_slot();
    let shares = test.shares_of(person);
    let ix = instruction::withdraw(person.address(), test.vault, &test.state(), shares, 0, false);
    test.deployment().send(&[ix], &[&person.key]).unwrap();
}

#[test]
fn donations_before_the_victims_deposit_are_lost_and_cost_the_victim_nothing() {
    let (mut test, attacker, victim) = smallest();
    deposit(&mut test, &attacker, 1);
    let idle = test.state().idle_account;
    test.donate(&idle, 1_000_000 * USDC);
    deposit(&mut test, &victim, 1_000 * USDC);
    test.donate(&idle, 1_000_000 * USDC);
    leave(&mut test, &victim);
    assert!(test.wallet_of(&victim) >= 1_000 * USDC - 1, "{}", test.wallet_of(&victim));
    let shares = test.shares_of(&attacker);
    let ix = instruction::withdraw(attacker.address(), test.vault, &test.state(), shares, 2, false);
    assert_refused(test.deployment(), &[ix], &[&attacker.key], BallastError::MinAssetsNotMet);
}

#[test]
fn giving_shares_away_as_stale_cannot_round_a_victim_down() {
    // The only way to raise the share price at one's own cost is to leave as if slots were worth nothing.
    let mut test = VaultTest::invested();
    let victim = test.another(1_000 * USDC);
    test.pass(10);
    let give_away = test.shares() / 12;
    test.send(&[test.withdraw_ix(give_away, 0, true)]);
    let ix = instruction::deposit(victim.address(), test.vault, &test.state(), 1_000 * USDC, 0);
    let all = test.fresh(ix);
    test.deployment().send(&all, &[&victim.key]).unwrap();
    test.deployment().world.next_slot();
    let shares = test.shares_of(&victim);
    let out = instruction::withdraw(victim.address(), test.vault, &test.state(), shares, 0, false);
    let all = test.fresh(out);
    test.deployment().send(&all, &[&victim.key]).unwrap();
    // The two sides of the pool's price are a few bps of a fifth of it.
    assert!(test.wallet_of(&victim) > 999 * USDC, "{}", test.wallet_of(&victim));
}

#[test]
fn hundreds_of_dust_deposits_gain_nothing() {
    let (mut test, attacker, victim) = smallest();
    deposit(&mut test, &victim, 1_000 * USDC);
    let before = test.wallet_of(&attacker);
    for _ in 0..200 {
        deposit(&mut test, &attacker, 1);
    }
    leave(&mut test, &attacker);
    assert!(test.wallet_of(&attacker) <= before);
    leave(&mut test, &victim);
    assert!(test.wallet_of(&victim) >= 1_000 * USDC - 1);
}
