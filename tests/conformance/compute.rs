//! What moves cost beside what the venue's own instructions cost, measured on the real programs.

use ballast_client::address;
use ballast_sandbox::{Done, Programs};
use solana_pubkey::Pubkey;

use crate::binaries::on_all;
use crate::holding::{Holding, SOL, USDC};

/// Compute units of every call of `program` at any depth, what it called included.
fn calls(done: &Done, program: &Pubkey) -> Vec<u64> {
    let prefix = format!("Program {program} consumed ");
    let used = |line: &String| line.strip_prefix(&prefix)?.split(' ').next()?.parse().ok();
    done.logs.iter().filter_map(used).collect()
}

/// Units of our last call that is not an event's, and of all calls of `venue` within it.
fn row(name: &str, done: &Done, venue: &Pubkey, venue_calls: usize) -> String {
    let ours = calls(done, &address::PROGRAM).into_iter().max().unwrap_or(0);
    let theirs: u64 = calls(done, venue).iter().rev().take(venue_calls).sum();
    let ratio = ours * 100 / theirs.max(1);
    format!("{name:<28} {theirs:>10} {ours:>10} {:>6}.{:02}", ratio / 100, ratio % 100)
}

#[test]
fn what_moves_cost_on_the_real_programs() {
    on_all(|binaries| {
        let mut rows = Vec::new();
        let mut holding = Holding::reserve(binaries, 1_000_000 * USDC);
        let done = holding.enter(100_000 * USDC).unwrap();
        rows.push(row("Kamino deposit", &done, &address::KAMINO_LEND, 1));
        holding.let_anyone_unwind();
        holding.fixture.deployment.world.pass_secs(60);
        let (vault, direction) = (holding.vault, ballast::Direction::Decrease);
        let done = holding.fixture.deployment.allocate(&vault, 0, direction, 1_000 * USDC).unwrap();
        rows.push(row("Kamino redeem", &done, &address::KAMINO_LEND, 1));

        let mut holding = Holding::pool_of_usdc(binaries, 1_000_000 * USDC);
        let done = holding.enter(100_000 * USDC).unwrap();
        rows.push(row("Raydium swap + deposit", &done, &address::RAYDIUM_CPMM, 2));
        holding.let_anyone_unwind();
        let (vault, receipts) = (holding.vault, holding.slot().receipts / 2);
        let done = holding.fixture.deployment.allocate(&vault, 0, direction, receipts).unwrap();
        rows.push(row("Raydium withdraw + swap", &done, &address::RAYDIUM_CPMM, 2));

        let mut holding = Holding::stake_pool(binaries, 1_000 * SOL);
        let done = holding.enter(100 * SOL).unwrap();
        rows.push(row("stake pool deposit", &done, &address::SPL_STAKE_POOL, 1));
        holding.let_anyone_unwind();
        let (vault, receipts) = (holding.vault, holding.slot().receipts / 2);
        let done = holding.fixture.deployment.allocate(&vault, 0, direction, receipts).unwrap();
        rows.push(row("stake pool withdrawal", &done, &address::SPL_STAKE_POOL, 1));

        if binaries.real {
            println!("{:<28} {:>10} {:>10} {:>9}", "compute units", "venue", "Ballast", "ratio");
            rows.iter().for_each(|row| println!("{row}"));
        }
        assert!(rows.iter().all(|row| !row.contains(" 0 ")), "a cost could not be read: {rows:?}");
    });
    if Programs::load_real().is_none() {
        println!("no table: VENUE_ELF_DIR is not set");
    }
}
