//! Several slots, and the transaction a depositor really sends.

use ballast::{BallastError, Direction};
use ballast_client::instruction;
use ballast_sandbox::{Fixture, FixtureSpec, Person, token};
use ballast_tests::programs;
use solana_message::AddressLookupTableAccount;

use crate::bank::{Bank, assert_refused};

const USDC: u64 = 1_000_000;

/// A vault of USDC with `reserves` and a pool, a fifth of 100,000 dollars in each; and who put them there.
fn fixture(reserves: usize) -> (Fixture, Person) {
    let spec = FixtureSpec { reserves, pool: true, stake_pool: false };
    let mut fixture = Fixture::build(programs(), 1_700_000_000, spec).unwrap();
    let (usdc, vault, mandate) = (fixture.usdc, fixture.usdc_vault, fixture.deployment.open_mandate());
    let person = fixture.deployment.person(&usdc, 100_000 * USDC, mandate).unwrap();
    fixture.deployment.deposit(&person, &vault, 100_000 * USDC).unwrap();
    let slots = reserves + 1;
    let mut targets = [0; 8];
    targets.iter_mut().take(slots).for_each(|target| *target = 2_000);
    fixture.settle(&vault).unwrap();
    fixture.deployment.rebalance(&vault, targets).unwrap();
    for index in (0u8..).take(slots) {
        fixture.deployment.allocate(&vault, index, Direction::Increase, 19_000 * USDC).unwrap();
    }
    // More to spend, in the bank.
    let person_key = person.address();
    token::fund(&mut fixture.deployment.world, &person_key, &usdc, 50_000 * USDC).unwrap();
    (fixture, person)
}

#[test]
fn values_hold_for_one_slot_and_grow_with_the_next_ones() {
    let (fixture, person) = fixture(1);
    let mut bank = Bank::with(&fixture);
    let vault = fixture.usdc_vault;
    let refresh = fixture.deployment.refresh_all(&vault).unwrap();
    let deposit = instruction::deposit(person.address(), vault, &bank.vault(&vault), 1_000 * USDC, 1);
    let fresh = [refresh.clone(), vec![deposit.clone()]].concat();
    bank.send(&fresh, &[&person.key], None).unwrap();
    let first = bank.vault(&vault);

    for slot in [20_002, 20_500, 120_000] {
        bank.warp_to_slot(slot);
        bank.publish_prices(&fixture);
        let idle = bank.vault(&vault).idle_atoms;
        let alone = bank.send(std::slice::from_ref(&deposit), &[&person.key], None);
        assert_refused(alone, BallastError::StaleAllocation);
        assert_eq!(bank.vault(&vault).idle_atoms, idle);
        bank.send(&fresh, &[&person.key], None).unwrap();
        let state = bank.vault(&vault);
        assert_eq!(state.idle_atoms, idle + 1_000 * USDC);
        assert!(state.allocations[0].refreshed_slot >= slot);
        assert!(state.allocations[0].value_low >= first.allocations[0].value_low);
    }
    let grown = bank.vault(&vault).allocations[0].value_low - first.allocations[0].value_low;
    // 100,000 slots are 0.16% of a year: at about 2.9%, half a dollar to a dollar on 19,000.
    assert!((USDC / 2..USDC).contains(&grown), "{grown}");
}

#[test]
fn a_deposit_with_four_refreshes_fits_one_transaction_with_a_lookup_table() {
    let (mut fixture, person) = fixture(3);
    let vault = fixture.usdc_vault;
    let refresh = fixture.deployment.refresh_all(&vault).unwrap();
    let state = fixture.deployment.vault(&vault).unwrap();
    let mut addresses: Vec<_> =
        refresh.iter().flat_map(|one| &one.accounts).map(|meta| meta.pubkey).collect();
    addresses.extend([state.asset_mint, state.idle_account, state.token_program]);
    addresses.push(ballast_client::address::SYSTEM);
    addresses.sort();
    addresses.dedup();
    let key = fixture.deployment.world.add_lookup_table(&addresses).unwrap();
    let table = AddressLookupTableAccount { key, addresses };
    let mut bank = Bank::with(&fixture);

    let deposit = instruction::deposit(person.address(), vault, &state, 1_000 * USDC, 1);
    let all = [refresh, vec![deposit]].concat();
    let landed = bank.send(&all, &[&person.key], Some(&table)).unwrap();
    println!("{} bytes, {} compute units", landed.bytes, landed.compute_units);
    assert!(landed.bytes <= 1_232, "{} bytes", landed.bytes);
    assert!(landed.compute_units <= 400_000, "{} compute units", landed.compute_units);
    assert_eq!(bank.vault(&vault).idle_atoms, state.idle_atoms + 1_000 * USDC);
}
