//! The whole way: deposit, decide, allocate, earn, leave. Real bytecode throughout.
#![allow(missing_docs, clippy::unwrap_used)]

use ballast::Direction;
use ballast_client::instruction::Exit;
use ballast_sandbox::{Programs, Scene};

const USDC: u64 = 1_000_000;
const SOL: u64 = 1_000_000_000;

#[test]
fn usdc_goes_in_earns_and_comes_out() {
    let mut scene = Scene::new(&Programs::load().unwrap()).unwrap();
    let (usdc, vault) = (scene.usdc, scene.usdc_vault);
    let mandate = scene.stage.open_mandate();
    let person = scene.stage.person(&usdc, 100_000 * USDC, mandate).unwrap();

    let done = scene.stage.deposit(&person, &vault, 100_000 * USDC).unwrap();
    println!("deposit: {} CU, {} bytes", done.compute_units, done.bytes);
    scene.settle(&vault).unwrap();
    let done = scene.stage.rebalance(&vault, [5_000, 2_000, 2_000, 0, 0, 0, 0, 0]).unwrap();
    println!("rebalance: {} CU, {} bytes", done.compute_units, done.bytes);
    for (index, share) in [(0, 49_900), (1, 19_900), (2, 19_900)] {
        let done = scene.stage.allocate(&vault, index, Direction::Increase, share * USDC).unwrap();
        println!(
            "allocate {index}: {} CU, {} bytes, {} accounts",
            done.compute_units, done.bytes, done.accounts
        );
    }
    let state = scene.stage.vault(&vault).unwrap();
    println!(
        "{:?}",
        state.allocations.iter().take(3).map(|a| (a.receipts, a.value_low, a.value_high)).collect::<Vec<_>>()
    );

    scene.stage.world.pass_secs(30 * 86_400);
    scene.publish_usual_prices().unwrap();
    let shares = scene.stage.position(&vault, &person.address()).unwrap().shares;
    scene.stage.withdraw(&person, &vault, shares / 20).unwrap();
    let receipts = scene.stage.allocation(&vault, 2).unwrap().receipts / 2;
    let exit = Exit { index: 2, receipts, shares: shares / 10, min_assets_out: 1, accept_stale: false };
    let done = scene.stage.withdraw_from(&person, &vault, exit).unwrap();
    println!("withdraw_from pool: {} CU", done.compute_units);
    let receipts = scene.stage.allocation(&vault, 0).unwrap().receipts / 2;
    let exit = Exit { index: 0, receipts, shares: shares / 10 * 3, min_assets_out: 1, accept_stale: false };
    scene.stage.withdraw_from(&person, &vault, exit).unwrap();
    let got = scene.balance(&person.address(), &usdc).unwrap();
    assert!(got > 44_900 * USDC && got < 45_500 * USDC, "{got}");
}

#[test]
fn sol_is_staked_and_comes_back() {
    let mut scene = Scene::new(&Programs::load().unwrap()).unwrap();
    let (wsol, vault) = (ballast_client::address::WRAPPED_SOL, scene.sol_vault);
    let mandate = scene.stage.open_mandate();
    let person = scene.stage.person(&wsol, 1_000 * SOL, mandate).unwrap();
    scene.stage.deposit(&person, &vault, 1_000 * SOL).unwrap();
    scene.settle(&vault).unwrap();
    scene.stage.rebalance(&vault, [9_000, 0, 0, 0, 0, 0, 0, 0]).unwrap();
    let done = scene.stage.allocate(&vault, 0, Direction::Increase, 890 * SOL).unwrap();
    println!("stake: {} CU, {} bytes", done.compute_units, done.bytes);
    let state = scene.stage.vault(&vault).unwrap();
    println!(
        "{:?}",
        state.allocations.iter().take(1).map(|a| (a.receipts, a.value_low, a.value_high)).collect::<Vec<_>>()
    );
    let pool = scene.stake_pool.unwrap();
    pool.earn(&mut scene.stage.world, 1_000 * SOL).unwrap();
    scene.stage.world.pass_secs(3 * 86_400);
    let receipts = scene.stage.allocation(&vault, 0).unwrap().receipts / 2;
    let shares = scene.stage.position(&vault, &person.address()).unwrap().shares / 2;
    let exit = Exit { index: 0, receipts, shares, min_assets_out: 1, accept_stale: false };
    let done = scene.stage.withdraw_from(&person, &vault, exit).unwrap();
    println!("unstake: {} CU", done.compute_units);
    let got = scene.balance(&person.address(), &wsol).unwrap();
    assert!(got > 498 * SOL && got < 502 * SOL, "{got}");
}
