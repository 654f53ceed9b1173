//! The inflation attack: hold nearly all shares of a small vault, push value into it, and let the next
//! depositor's shares round away.

use ballast::BallastError;
use ballast_client::instruction;
use ballast_sandbox::{Person, VaultSpec};
use ballast_tests::unchanged::assert_refused;
use ballast_tests::{Cast, USDC};

/// A vault with the smallest seed that creation accepts, an attacker with the smallest deposit, a victim.
fn smallest() -> (Cast, Person, Person) {
    let mut cast = Cast::usdc(0);
    let usdc = cast.asset;
    let spec = VaultSpec { seed_atoms: ballast::MIN_SEED_ATOMS, ..VaultSpec::new(usdc, 1) };
    let vault = cast.stage().create_vault(&spec).unwrap();
    cast.vault = vault;
    let (attacker, victim) = (cast.another(10_000_000 * USDC), cast.another(1_000 * USDC));
    (cast, attacker, victim)
}

fn deposit(cast: &mut Cast, person: &Person, atoms: u64) {
    let ix = instruction::deposit(person.address(), cast.vault, &cast.state(), atoms, 0);
    cast.stage().send(&[ix], &[&person.key]).unwrap();
}

fn leave(cast: &mut Cast, person: &Person) {
    cast.stage().world.next_slot();
    let shares = cast.shares_of(person);
    let ix = instruction::withdraw(person.address(), cast.vault, &cast.state(), shares, 0, false);
    cast.stage().send(&[ix], &[&person.key]).unwrap();
}

#[test]
fn donations_before_the_victims_deposit_are_lost_and_cost_the_victim_nothing() {
    let (mut cast, attacker, victim) = smallest();
    deposit(&mut cast, &attacker, 1);
    let idle = cast.state().idle_account;
    cast.donate(&idle, 1_000_000 * USDC);
    deposit(&mut cast, &victim, 1_000 * USDC);
    cast.donate(&idle, 1_000_000 * USDC);
    leave(&mut cast, &victim);
    assert!(cast.wallet_of(&victim) >= 1_000 * USDC - 1, "{}", cast.wallet_of(&victim));
    let shares = cast.shares_of(&attacker);
    let ix = instruction::withdraw(attacker.address(), cast.vault, &cast.state(), shares, 2, false);
    assert_refused(cast.stage(), &[ix], &[&attacker.key], BallastError::MinAssetsNotMet);
}

#[test]
fn giving_shares_away_as_stale_cannot_round_a_victim_down() {
    // The only way to raise the share price at one's own cost is to leave as if slots were worth nothing.
    let mut cast = Cast::invested();
    let victim = cast.another(1_000 * USDC);
    cast.pass(10);
    let give_away = cast.shares() / 12;
    cast.send(&[cast.withdraw_ix(give_away, 0, true)]);
    let ix = instruction::deposit(victim.address(), cast.vault, &cast.state(), 1_000 * USDC, 0);
    let all = cast.fresh(ix);
    cast.stage().send(&all, &[&victim.key]).unwrap();
    cast.stage().world.next_slot();
    let shares = cast.shares_of(&victim);
    let out = instruction::withdraw(victim.address(), cast.vault, &cast.state(), shares, 0, false);
    let all = cast.fresh(out);
    cast.stage().send(&all, &[&victim.key]).unwrap();
    // The two sides of the pool's price are a few bps of a fifth of it.
    assert!(cast.wallet_of(&victim) > 999 * USDC, "{}", cast.wallet_of(&victim));
}

#[test]
fn hundreds_of_dust_deposits_gain_nothing() {
    let (mut cast, attacker, victim) = smallest();
    deposit(&mut cast, &victim, 1_000 * USDC);
    let before = cast.wallet_of(&attacker);
    for _ in 0..200 {
        deposit(&mut cast, &attacker, 1);
    }
    leave(&mut cast, &attacker);
    assert!(cast.wallet_of(&attacker) <= before);
    leave(&mut cast, &victim);
    assert!(cast.wallet_of(&victim) >= 1_000 * USDC - 1);
}
