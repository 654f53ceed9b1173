//! The whole way: deposit, decide, allocate, earn, leave. Real bytecode throughout.
#![allow(missing_docs, clippy::unwrap_used)]

use ballast::Direction;
use ballast_client::instruction::Exit;
use ballast_sandbox::{Fixture, Programs};

const USDC: u64 = 1_000_000;
const SOL: u64 = 1_000_000_000;

#[test]
fn usdc_goes_in_earns_and_comes_out() {
    let mut fixture = Fixture::new(&Programs::load().unwrap()).unwrap();
    let (usdc, vault) = (fixture.usdc, fixture.usdc_vault);
    let mandate = fixture.deployment.open_mandate();
    let person = fixture.deployment.person(&usdc, 100_000 * USDC, mandate).unwrap();

    let done = fixture.deployment.deposit(&person, &vault, 100_000 * USDC).unwrap();
    println!("deposit: {} CU, {} bytes", done.compute_units, done.bytes);
    fixture.settle(&vault).unwrap();
    let done = fixture.deployment.rebalance(&vault, [5_000, 2_000, 2_000, 0, 0, 0, 0, 0]).unwrap();
    println!("rebalance: {} CU, {} bytes", done.compute_units, done.bytes);
    for (index, share) in [(0, 49_900), (1, 19_900), (2, 19_900)] {
        let done = fixture.deployment.allocate(&vault, index, Direction::Increase, share * USDC).unwrap();
        println!(
            "allocate {index}: {} CU, {} bytes, {} accounts",
            done.compute_units, done.bytes, done.accounts
        );
    }
    let state = fixture.deployment.vault(&vault).unwrap();
    println!(
        "{:?}",
        state.allocations.iter().take(3).map(|a| (a.receipts, a.value_low, a.value_high)).collect::<Vec<_>>()
    );

    fixture.deployment.world.pass_secs(30 * 86_400);
    fixture.publish_usual_prices().unwrap();
    let shares = fixture.deployment.position(&vault, &person.address()).unwrap().shares;
    fixture.deployment.withdraw(&person, &vault, shares / 20).unwrap();
    let receipts = fixture.deployment.allocation(&vault, 2).unwrap().receipts / 2;
    let exit = Exit { index: 2, receipts, shares: shares / 10, min_assets_out: 1, accept_stale: false };
    let done = fixture.deployment.withdraw_from(&person, &vault, exit).unwrap();
    println!("withdraw_from pool: {} CU", done.compute_units);
    let receipts = fixture.deployment.allocation(&vault, 0).unwrap().receipts / 2;
    let exit = Exit { index: 0, receipts, shares: shares / 10 * 3, min_assets_out: 1, accept_stale: false };
    fixture.deployment.withdraw_from(&person, &vault, exit).unwrap();
    let got = fixture.balance(&person.address(), &usdc).unwrap();
    assert!(got > 44_900 * USDC && got < 45_500 * USDC, "{got}");
}

#[test]
fn sol_is_staked_and_comes_back() {
    let mut fixture = Fixture::new(&Programs::load().unwrap()).unwrap();
    let (wsol, vault) = (ballast_client::address::WRAPPED_SOL, fixture.sol_vault);
    let mandate = fixture.deployment.open_mandate();
    let person = fixture.deployment.person(&wsol, 1_000 * SOL, mandate).unwrap();
    fixture.deployment.deposit(&person, &vault, 1_000 * SOL).unwrap();
    fixture.settle(&vault).unwrap();
    fixture.deployment.rebalance(&vault, [9_000, 0, 0, 0, 0, 0, 0, 0]).unwrap();
    let done = fixture.deployment.allocate(&vault, 0, Direction::Increase, 890 * SOL).unwrap();
    println!("stake: {} CU, {} bytes", done.compute_units, done.bytes);
    let state = fixture.deployment.vault(&vault).unwrap();
    println!(
        "{:?}",
        state.allocations.iter().take(1).map(|a| (a.receipts, a.value_low, a.value_high)).collect::<Vec<_>>()
    );
    let pool = fixture.stake_pool.unwrap();
    pool.earn(&mut fixture.deployment.world, 1_000 * SOL).unwrap();
    fixture.deployment.world.pass_secs(3 * 86_400);
    let receipts = fixture.deployment.allocation(&vault, 0).unwrap().receipts / 2;
    let shares = fixture.deployment.position(&vault, &person.address()).unwrap().shares / 2;
    let exit = Exit { index: 0, receipts, shares, min_assets_out: 1, accept_stale: false };
    let done = fixture.deployment.withdraw_from(&person, &vault, exit).unwrap();
    println!("unstake: {} CU", done.compute_units);
    let got = fixture.balance(&person.address(), &wsol).unwrap();
    assert!(got > 498 * SOL && got < 502 * SOL, "{got}");
}
