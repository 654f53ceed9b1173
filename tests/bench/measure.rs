//! The measurements.

use ballast::Direction;
use ballast_client::address;
use ballast_client::instruction::{self, Exit};
use ballast_sandbox::{DeploymentError, Done, Fixture, FixtureSpec, Person, Programs, token};
use kamino_lend::layout::discriminator;
use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::{Pubkey, pubkey};

const USDC: u64 = 1_000_000;
const SOL: u64 = 1_000_000_000;
const INSTRUCTIONS_SYSVAR: Pubkey = pubkey!("Sysvar1nstructions1111111111111111111111111");

/// One instruction's cost: alone, and as the transaction a caller sends.
#[derive(Clone)]
pub struct Cost {
    /// What was called.
    pub name: &'static str,
    /// Compute units of the instruction itself.
    pub units: u64,
    /// Compute units of the transaction, refreshes included.
    pub transaction_units: u64,
    /// Bytes of that transaction, with a lookup table.
    pub bytes: usize,
    /// Accounts of that transaction.
    pub accounts: usize,
}

/// Costs in a vault with so many allocations in use.
pub struct Row {
    /// Allocations.
    pub slots: usize,
    /// Costs.
    pub costs: Vec<Cost>,
}

/// Moves beside what the venue's own instruction costs.
pub struct Moves {
    /// Name, ours, the venue's own, compute units.
    pub pairs: Vec<(&'static str, u64, u64)>,
}

fn cost(name: &'static str, done: &Done) -> Cost {
    let units = done.compute_units_of(&address::PROGRAM).last().copied().unwrap_or(0);
    Cost { name, units, transaction_units: done.compute_units, bytes: done.bytes, accounts: done.accounts }
}

/// A fixture with `slots` allocations in the USDC vault: reserves, and a pool where there is room for variety.
fn fixture(programs: &Programs, slots: usize) -> Result<Fixture, DeploymentError> {
    let pool = slots > 1;
    let spec = FixtureSpec { reserves: slots.saturating_sub(usize::from(pool)), pool, stake_pool: true };
    let mut fixture = Fixture::build(programs, 1_700_000_000, spec)?;
    fixture.add_lookup_table()?;
    Ok(fixture)
}

fn depositor(fixture: &mut Fixture) -> Result<Person, DeploymentError> {
    let mandate = fixture.deployment.open_mandate();
    fixture.deployment.person(&fixture.usdc.clone(), 10_000_000 * USDC, mandate)
}

/// Every instruction in a vault with `slots` allocations, all holding something.
pub fn with_slots(programs: &Programs, slots: usize) -> Result<Row, DeploymentError> {
    let mut fixture = fixture(programs, slots)?;
    let vault = fixture.usdc_vault;
    let person = depositor(&mut fixture)?;
    let mut costs = Vec::new();

    costs.push(cost(
        "deposit (new position)",
        &fixture.deployment.deposit(&person, &vault, 1_000_000 * USDC)?,
    ));
    let share = u16::try_from(8_000usize.checked_div(slots).unwrap_or(0)).unwrap_or(0);
    let mut targets = [0; 8];
    targets.iter_mut().take(slots).for_each(|target| *target = share);
    fixture.settle(&vault)?;
    fixture.deployment.rebalance(&vault, targets)?;
    for index in (0u8..).take(slots) {
        let atoms = u64::from(share).saturating_mul(99 * USDC);
        fixture.deployment.allocate(&vault, index, Direction::Increase, atoms)?;
    }
    fixture.deployment.world.pass_secs(86_400);
    fixture.publish_usual_prices()?;

    let done = {
        let all = fixture.deployment.refresh_all(&vault)?;
        fixture.deployment.send(&all, &[])?
    };
    let refreshes = done.compute_units_of(&address::PROGRAM);
    costs.push(Cost {
        units: refreshes.first().copied().unwrap_or(0),
        ..cost("refresh_allocation (all; units: first)", &done)
    });
    costs.push(cost("deposit", &fixture.deployment.deposit(&person, &vault, 1_000 * USDC)?));
    costs.push(cost("withdraw", &fixture.deployment.withdraw(&person, &vault, 1_000_000_000)?));
    let simulate = instruction::simulate_rebalance(vault, fixture.deployment.model, targets);
    let all = [fixture.deployment.refresh_all(&vault)?, vec![simulate]].concat();
    costs.push(cost("simulate_rebalance", &fixture.deployment.send(&all, &[])?));
    fixture.deployment.world.pass_secs(7_200);
    fixture.publish_usual_prices()?;
    costs.push(cost("rebalance", &fixture.deployment.rebalance(&vault, targets)?));
    costs.push(cost(
        "allocate, increase (Kamino)",
        &fixture.deployment.allocate(&vault, 0, Direction::Increase, 100 * USDC)?,
    ));
    fixture.deployment.world.pass_secs(7_200);
    fixture.publish_usual_prices()?;
    let mut lower = targets;
    if let Some(first) = lower.first_mut() {
        *first = share.saturating_sub(500);
    }
    fixture.deployment.rebalance(&vault, lower)?;
    costs.push(cost(
        "allocate, decrease (Kamino)",
        &fixture.deployment.allocate(&vault, 0, Direction::Decrease, 1_000 * USDC)?,
    ));
    let exit = Exit {
        index: 0,
        receipts: 1_000 * USDC,
        shares: 2_000_000_000_000,
        min_assets_out: 1,
        accept_stale: false,
    };
    costs.push(cost("withdraw_from (Kamino)", &fixture.deployment.withdraw_from(&person, &vault, exit)?));
    Ok(Row { slots, costs })
}

/// The venue's own instructions, sent by a person, beside ours.
pub fn moves(programs: &Programs) -> Result<Moves, DeploymentError> {
    let mut fixture = fixture(programs, 4)?;
    let vault = fixture.usdc_vault;
    let person = depositor(&mut fixture)?;
    fixture.deployment.deposit(&person, &vault, 1_000_000 * USDC)?;
    fixture.settle(&vault)?;
    fixture.deployment.rebalance(&vault, [2_000, 2_000, 2_000, 2_000, 0, 0, 0, 0])?;
    let mut pairs = Vec::new();

    fixture.deployment.world.pass_secs(60);
    fixture.publish_usual_prices()?;
    let own = own_kamino(&mut fixture, &person, true, 1_000 * USDC)?;
    fixture.deployment.world.pass_secs(60);
    fixture.publish_usual_prices()?;
    let refresh = own_refresh(&mut fixture)?;
    fixture.deployment.world.next_slot();
    let ours = units(&fixture.deployment.refresh(&vault, 0)?, &mut fixture)?;
    pairs.push(("refresh_allocation (Kamino)", ours, refresh));
    let done = fixture.deployment.allocate(&vault, 0, Direction::Increase, 1_000 * USDC)?;
    pairs.push(("allocate into Kamino", cost("", &done).units, own));
    fixture.deployment.allocate(&vault, 3, Direction::Increase, 100_000 * USDC)?;
    fixture.deployment.allocate(&vault, 0, Direction::Increase, 100_000 * USDC)?;

    fixture.deployment.world.pass_secs(7_200);
    fixture.publish_usual_prices()?;
    fixture.deployment.rebalance(&vault, [0; 8])?;
    let own = own_kamino(&mut fixture, &person, false, 100 * USDC)?;
    fixture.deployment.world.pass_secs(60);
    fixture.publish_usual_prices()?;
    let done = fixture.deployment.allocate(&vault, 0, Direction::Decrease, 100 * USDC)?;
    pairs.push(("allocate out of Kamino", cost("", &done).units, own));

    let mandate = fixture.deployment.open_mandate();
    let sol_vault = fixture.sol_vault;
    let staker = fixture.deployment.person(&address::WRAPPED_SOL, 1_000 * SOL, mandate)?;
    fixture.deployment.deposit(&staker, &sol_vault, 1_000 * SOL)?;
    fixture.settle(&sol_vault)?;
    fixture.deployment.rebalance(&sol_vault, [5_000, 0, 0, 0, 0, 0, 0, 0])?;
    let done = fixture.deployment.allocate(&sol_vault, 0, Direction::Increase, 100 * SOL)?;
    let own = done.venue_units(&address::SPL_STAKE_POOL);
    pairs.push(("allocate into the stake pool", cost("", &done).units, own));
    Ok(Moves { pairs })
}

fn units(instruction: &Instruction, fixture: &mut Fixture) -> Result<u64, DeploymentError> {
    let done = fixture.deployment.send(std::slice::from_ref(instruction), &[])?;
    Ok(done.compute_units_of(&instruction.program_id).first().copied().unwrap_or(0))
}

/// klend's own refresh of the first reserve, without prices, in a slot where interest is due.
fn own_refresh(fixture: &mut Fixture) -> Result<u64, DeploymentError> {
    let Some(reserve) = fixture.reserves.first().copied() else { return Ok(0) };
    let accounts =
        vec![AccountMeta::new(reserve.key, false), AccountMeta::new_readonly(reserve.market, false)];
    let data = [discriminator::REFRESH_RESERVES_BATCH.as_slice(), &[1]].concat();
    units(&Instruction { program_id: address::KAMINO_LEND, accounts, data }, fixture)
}

/// klend's own deposit or redemption of the first reserve, by a person.
fn own_kamino(
    fixture: &mut Fixture,
    person: &Person,
    deposit: bool,
    amount: u64,
) -> Result<u64, DeploymentError> {
    let Some(reserve) = fixture.reserves.first().copied() else { return Ok(0) };
    let (owner, usdc) = (person.address(), fixture.usdc);
    let ctokens = address::token_account(&owner, &reserve.ctoken_mint, &address::TOKEN);
    if token::balance(&fixture.deployment.world, &ctokens)? == 0 {
        token::fund(
            &mut fixture.deployment.world,
            &owner,
            &reserve.ctoken_mint,
            if deposit { 0 } else { amount },
        )?;
    }
    let (authority, _) = kamino_lend::fixture::market_authority(&reserve.market);
    let read = |key| AccountMeta::new_readonly(key, false);
    let write = |key| AccountMeta::new(key, false);
    let user = address::token_account(&owner, &usdc, &address::TOKEN);
    let tail = [read(address::TOKEN), read(address::TOKEN), read(INSTRUCTIONS_SYSVAR)];
    let (name, head) = if deposit {
        let head = vec![
            AccountMeta::new_readonly(owner, true),
            write(reserve.key),
            read(reserve.market),
            read(authority),
            write(usdc),
            write(reserve.liquidity_vault),
            write(reserve.ctoken_mint),
            write(user),
            write(ctokens),
        ];
        (discriminator::DEPOSIT_RESERVE_LIQUIDITY, head)
    } else {
        let head = vec![
            AccountMeta::new_readonly(owner, true),
            read(reserve.market),
            write(reserve.key),
            read(authority),
            write(usdc),
            write(reserve.ctoken_mint),
            write(reserve.liquidity_vault),
            write(ctokens),
            write(user),
        ];
        (discriminator::REDEEM_RESERVE_COLLATERAL, head)
    };
    let data = [name.as_slice(), &amount.to_le_bytes()].concat();
    let instruction =
        Instruction { program_id: address::KAMINO_LEND, accounts: [head, tail.to_vec()].concat(), data };
    let done = fixture.deployment.send(&[instruction], &[&person.key])?;
    Ok(done.compute_units_of(&address::KAMINO_LEND).first().copied().unwrap_or(0))
}
