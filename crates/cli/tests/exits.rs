//! Exits as the command line plans them, on the real bytecode.

#![allow(clippy::unwrap_used)]

use ballast_client::instruction::Exit;
use ballast_client::state::VaultLimits;
use ballast_client::{ChainClient, address, decode_position, instruction as build};
use ballast_engine::policy::{Action, Policy, PortfolioView, Targets};
use ballast_keeper::exit_plan::{ExitError, ExitStep, next_step, shares_for};
use ballast_keeper::model::PoolHistoryParams;
use ballast_keeper::pool_history::PoolHistory;
use ballast_keeper::{
    ChainExecutor, DecisionOutcome, FreshVault, Keeper, PolicyStrategy, VaultCollector, VaultSetup,
    VenueOutlook,
};
use ballast_math::MAX_ALLOCATIONS;
use ballast_sandbox::{Fixture, FixtureSpec, MODEL_HASH, Person, Programs};
use solana_instruction::Instruction;
use solana_signer::Signer;

const USDC: u64 = 1_000_000;

struct Wants([u16; 2]);

impl Policy for Wants {
    fn name(&self) -> &'static str {
        "wants"
    }

    fn decide(&mut self, _: &PortfolioView) -> Targets {
        let mut weights_bps = [0; MAX_ALLOCATIONS];
        weights_bps[..2].copy_from_slice(&self.0);
        Targets { weights_bps, action: Action::Move { gain_bps: 1.0, forced: false } }
    }
}

/// A vault with a person's million in it, `weights` of which are lent out.
fn fixture(idle_buffer_bps: u16, weights: [u16; 2]) -> (Fixture, Person) {
    let programs = Programs::load().expect("bytecode: run cargo xtask build");
    let spec = FixtureSpec { reserves: 2, pool: false, stake_pool: false };
    let mut fixture = Fixture::build(&programs, 1_700_000_000, spec).unwrap();
    let key = fixture.usdc_vault;
    let limits = VaultLimits { idle_buffer_bps, ..fixture.deployment.vault(&key).unwrap().limits };
    let governance = fixture.deployment.governance.pubkey();
    fixture.deployment.govern(&[build::set_limits(governance, key, limits)]).unwrap();
    let mandate = fixture.deployment.open_mandate();
    let person = fixture.deployment.person(&fixture.usdc.clone(), 1_000_000 * USDC, mandate).unwrap();
    fixture.deployment.deposit(&person, &key, 1_000_000 * USDC).unwrap();
    fixture.settle(&key).unwrap();
    let signer = fixture.deployment.keeper.insecure_clone();
    let history = PoolHistory::new(PoolHistoryParams { min_secs: 1, max_secs: 2 });
    let mut keeper = Keeper {
        collector: VaultCollector {
            vault: key,
            payer: signer.pubkey(),
            outlooks: VenueOutlook { history },
            incomes: None,
        },
        strategy: PolicyStrategy::new(Wants(weights), MODEL_HASH),
        executor: ChainExecutor {
            signer: &signer,
            model_hash: MODEL_HASH,
            margin_bps: 0,
            rest_bps: 0,
            journal: None,
        },
    };
    let done = keeper.run(&mut fixture.deployment.world).unwrap();
    assert!(matches!(done.execution.decision, DecisionOutcome::Recorded { .. }), "{:?}", done.execution);
    fixture.deployment.world.pass_secs(86_400);
    (fixture, person)
}

/// Takes one step as the command does; shares given up and atoms paid.
fn take(
    fixture: &mut Fixture,
    person: &Person,
    wanted_shares: u64,
) -> Result<(ExitStep, u64, u64), ExitError> {
    let key = fixture.usdc_vault;
    let owner = person.address();
    let mut setup = VaultSetup::load(&fixture.deployment.world, key).unwrap();
    let fresh = FreshVault::look(&mut fixture.deployment.world, &setup, &owner, &[]).unwrap();
    setup.vault = fresh.vault;
    let (priced, nav) = fresh.priced_for_exit(&key, false).unwrap();
    let planned = next_step(&priced, &nav, wanted_shares, |_, _| u64::MAX)?;
    let before = position_of(fixture, person);
    let transaction = |step: ExitStep| -> Vec<Instruction> {
        let exit = match step {
            ExitStep::Idle { shares } => build::withdraw(owner, key, &setup.vault, shares, 0, false),
            ExitStep::Unwind { index, receipts, shares } => {
                let exit = Exit { index, receipts, shares, min_assets_out: 0, accept_stale: false };
                let at = usize::from(index);
                let (slot, allocation) = (&setup.slots[at], &setup.vault.allocations[at]);
                build::withdraw_from(owner, key, &setup.vault, allocation, &slot.venue, exit)
            }
        };
        [setup.refreshes_with(None), vec![exit]].concat()
    };
    let world = &mut fixture.deployment.world;
    ChainClient::send(world, &transaction(planned), &[&person.key]).unwrap();
    let after = position_of(fixture, person);
    Ok((planned, before.0 - after.0, after.1 - before.1))
}

/// Shares held and atoms withdrawn so far.
fn position_of(fixture: &Fixture, person: &Person) -> (u64, u64) {
    let key = address::position(&fixture.usdc_vault, &person.address());
    let account = ChainClient::account(&fixture.deployment.world, &key).unwrap().unwrap();
    let position = decode_position(&account.data).unwrap();
    (position.shares, position.withdrawn_atoms)
}

#[test]
fn everybody_leaves_through_idle_and_both_venues() {
    let (mut fixture, person) = fixture(500, [6_000, 3_500]);
    let (step, _, paid) = take(&mut fixture, &person, 40_000 * USDC * 1_000).unwrap();
    assert!(matches!(step, ExitStep::Idle { .. }) && paid + 1 >= 40_000 * USDC, "{step:?} {paid}");
    let mut venues = Vec::new();
    while position_of(&fixture, &person).0 > 0 {
        let left = position_of(&fixture, &person).0;
        match take(&mut fixture, &person, left) {
            Ok((ExitStep::Unwind { index, .. }, _, _)) => venues.push(index),
            Ok((ExitStep::Idle { .. }, _, _)) => {}
            Err(ExitError::Dust(_)) => break,
            Err(error) => panic!("{error}"),
        }
        assert!(venues.len() < 8, "{venues:?}");
    }
    assert_eq!(venues[0], 0, "the most liquid first");
    assert!(venues.contains(&1), "{venues:?}");
    let paid = position_of(&fixture, &person).1;
    assert!(paid >= 1_000_000 * USDC - 10, "{paid}");
}

#[test]
fn an_amount_is_paid_to_the_atom_or_a_few_more() {
    let (mut fixture, person) = fixture(500, [6_000, 3_500]);
    let key = fixture.usdc_vault;
    let setup = VaultSetup::load(&fixture.deployment.world, key).unwrap();
    let fresh = FreshVault::look(&mut fixture.deployment.world, &setup, &key, &[]).unwrap();
    let (priced, nav) = fresh.priced_for_exit(&key, false).unwrap();
    let wanted = 200_000 * USDC + 17;
    let shares = shares_for(wanted, &nav, priced.total_shares, u64::MAX).unwrap();
    let (step, _, paid) = take(&mut fixture, &person, shares).unwrap();
    assert!(matches!(step, ExitStep::Unwind { index: 0, .. }));
    // The atom that the venue rounds away is the leaver's.
    assert!(paid.abs_diff(wanted) <= 1, "{paid}");
}

#[test]
fn without_idle_assets_an_exit_still_finds_its_way() {
    let (mut fixture, person) = fixture(0, [6_000, 4_000]);
    assert!(fixture.deployment.vault(&fixture.usdc_vault.clone()).unwrap().idle_atoms <= 1);
    for shares in [1_000_000 * 1_000, 123_456_789 * 1_000, 50_000 * USDC * 1_000] {
        let (step, given_up, paid) = take(&mut fixture, &person, shares).unwrap();
        assert!(matches!(step, ExitStep::Unwind { .. }), "{step:?}");
        assert!(
            given_up <= shares && shares - given_up <= 3_000 && paid > 0,
            "{given_up} of {shares} for {paid}"
        );
    }
}
