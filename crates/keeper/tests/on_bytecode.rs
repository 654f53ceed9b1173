//! The whole keeper on the real bytecode, in the sandbox.

#![allow(clippy::unwrap_used)]

use ballast_client::state::{Vault, pause_level};
use ballast_client::{ChainClient, address, decode_vault, instruction as build};
use ballast_engine::policy::{Action, HoldReason, Income, Policy, PortfolioView, Targets};
use ballast_keeper::execute::{DEFAULT_MARGIN_BPS, DEFAULT_REST_BPS};
use ballast_keeper::input::DecisionInput;
use ballast_keeper::model::PoolHistoryParams;
use ballast_keeper::moves::{Hindrance, Move};
use ballast_keeper::pool_history::PoolHistory;
use ballast_keeper::{
    ChainExecutor, DecisionOutcome, FreshVault, Journal, Keeper, ModelFile, PolicyStrategy, Progress, Run,
    VaultCollector, VaultSetup, VenueOutlook,
};
use ballast_math::MAX_ALLOCATIONS;
use ballast_sandbox::{Chain, Fixture, FixtureSpec, MODEL_HASH, Programs};
use solana_keypair::Keypair;
use solana_signer::Signer;

const USDC: u64 = 1_000_000;

fn fixture() -> Fixture {
    let programs = Programs::load().expect("bytecode: run cargo xtask build");
    let mut fixture = Fixture::build(&programs, 1_700_000_000, FixtureSpec::default()).unwrap();
    let mandate = fixture.deployment.open_mandate();
    let person = fixture.deployment.person(&fixture.usdc.clone(), 1_000_000 * USDC, mandate).unwrap();
    let vault = fixture.usdc_vault;
    fixture.deployment.deposit(&person, &vault, 1_000_000 * USDC).unwrap();
    fixture.settle(&vault).unwrap();
    fixture
}

/// A policy that wants the same weights whatever happens.
struct Wants([u16; 3]);

impl Policy for Wants {
    fn name(&self) -> &'static str {
        "wants"
    }

    fn decide(&mut self, _: &PortfolioView) -> Targets {
        let mut weights_bps = [0; MAX_ALLOCATIONS];
        weights_bps[..3].copy_from_slice(&self.0);
        Targets { weights_bps, action: Action::Move { gain_bps: 100.0, forced: false } }
    }
}

fn run_as(fixture: &mut Fixture, policy: impl Policy, signer: &Keypair, journal: Option<Journal>) -> Run {
    let history = PoolHistory::new(PoolHistoryParams { min_secs: 86_400, max_secs: 604_800 });
    let mut keeper = Keeper {
        collector: VaultCollector {
            vault: fixture.usdc_vault,
            payer: signer.pubkey(),
            outlooks: VenueOutlook { history },
            incomes: None,
        },
        strategy: PolicyStrategy::new(policy, MODEL_HASH),
        executor: ChainExecutor {
            signer,
            model_hash: MODEL_HASH,
            margin_bps: DEFAULT_MARGIN_BPS,
            rest_bps: DEFAULT_REST_BPS,
            journal,
        },
    };
    keeper.run(&mut fixture.deployment.world).unwrap()
}

fn run(fixture: &mut Fixture, policy: impl Policy) -> Run {
    let keeper = fixture.deployment.keeper.insecure_clone();
    run_as(fixture, policy, &keeper, None)
}

/// Lets the cooldown pass, with prices following.
fn wait(fixture: &mut Fixture) {
    fixture.deployment.world.pass_secs(3_601);
    fixture.publish_usual_prices().unwrap();
}

/// Brings the pool's price back to the oracle's.
fn arbitrage(fixture: &mut Fixture) {
    let pool = fixture.pool.as_ref().unwrap();
    pool.set_price(&mut fixture.deployment.world, &address::WRAPPED_SOL, 150 * USDC, 1_000_000_000).unwrap();
}

fn vault(fixture: &mut Fixture) -> Vault {
    let key = fixture.usdc_vault;
    let setup = VaultSetup::load(&fixture.deployment.world, key).unwrap();
    FreshVault::look(&mut fixture.deployment.world, &setup, &key, &[]).unwrap().vault
}

/// Weights in basis points of the whole.
fn weights(fixture: &mut Fixture) -> [u64; 3] {
    let vault = vault(fixture);
    let total = vault.active().fold(vault.idle_atoms, |sum, slot| sum + slot.value_low);
    [0, 1, 2].map(|index| vault.allocations[index].value_low * 10_000 / total)
}

#[test]
fn a_decision_is_recorded_and_carried_out_short_of_its_targets() {
    let mut fixture = fixture();
    let before = fixture.deployment.world.clock().slot;
    let done = run(&mut fixture, Wants([5_000, 3_000, 0]));
    let DecisionOutcome::Recorded { sequence: 1, targets_bps, turnover_bps: 8_000, .. } =
        done.execution.decision
    else {
        panic!("{:?}", done.execution)
    };
    assert_eq!(targets_bps[..3], [5_000, 3_000, 0]);
    assert_eq!(done.execution.moves.len(), 2);
    assert!(done.execution.refused.is_empty() && done.execution.waiting.is_empty(), "{:?}", done.execution);
    assert_eq!(done.progress(), Progress::Made);
    assert_eq!(weights(&mut fixture), [4_997, 2_997, 0], "two basis points short, rounded down");
    let decision = fixture.deployment.decision(&fixture.usdc_vault.clone(), 1).unwrap();
    assert_eq!(decision.input_hash, done.proposal.unwrap().input.hash);
    assert_eq!(decision.snapshot.hash(), decision.snapshot_hash);
    assert_eq!(fixture.deployment.world.clock().slot, before);
}

#[test]
fn decreases_come_before_the_increases_that_need_them() {
    let mut fixture = fixture();
    run(&mut fixture, Wants([9_000, 0, 0]));
    wait(&mut fixture);
    let done = run(&mut fixture, Wants([0, 9_000, 0]));
    let order: Vec<bool> = done.execution.moves.iter().map(|done| done.action.is_decrease()).collect();
    assert_eq!(order, [true, false]);
    assert_eq!(vault(&mut fixture).allocations[0].receipts, 0, "an order to leave leaves nothing");
    assert!(weights(&mut fixture)[1] >= 8_990);
}

#[test]
fn a_pool_is_entered_in_parts_and_never_past_its_target() {
    let mut fixture = fixture();
    let first = run(&mut fixture, Wants([0, 0, 2_000]));
    assert_eq!(first.execution.moves.len(), 1, "{:?}", first.execution);
    // Half a percent of 15 million at a time.
    assert!((740..=750).contains(&weights(&mut fixture)[2]), "{:?}", weights(&mut fixture));
    // Two parts move the price so far that a third is refused in any size, until arbitrage brings it back.
    let part = |run: &Run| match run.execution.moves[..] {
        [ref done] => match done.action {
            Move::Increase { atoms, .. } => atoms,
            Move::Decrease { .. } => panic!("{done:?}"),
        },
        _ => panic!("{:?}", run.execution),
    };
    let second = run(&mut fixture, Wants([0, 0, 2_000]));
    assert!(part(&first) >= 75_000 * USDC && part(&second) >= 75_000 * USDC);
    let third = run(&mut fixture, Wants([0, 0, 2_000]));
    let left = 200_000 * USDC - part(&first) - part(&second);
    let [refused] = &third.execution.refused[..] else { panic!("{:?}", third.execution) };
    assert!(matches!(refused.action, Move::Increase { atoms, .. } if atoms < left / 3), "tried smaller");
    assert!(matches!(third.progress(), Progress::Stuck(why) if why.contains("0x1775")));
    arbitrage(&mut fixture);
    let last = run(&mut fixture, Wants([0, 0, 2_000]));
    assert_eq!(last.execution.decision, DecisionOutcome::Held, "the same wish is no new decision");
    assert_eq!(last.progress(), Progress::Made);
    assert!((1_990..2_000).contains(&weights(&mut fixture)[2]), "{:?}", weights(&mut fixture));
    let settled = run(&mut fixture, Wants([0, 0, 2_000]));
    assert!(settled.execution.moves.is_empty());
    wait(&mut fixture);
    let again = run(&mut fixture, Wants([0, 0, 2_000]));
    assert_eq!(again.execution.decision, DecisionOutcome::Held);
    assert_eq!(again.progress(), Progress::NotNeeded);
}

#[test]
fn what_the_chain_would_refuse_is_not_sent_and_is_reported() {
    let mut fixture = fixture();
    let done = run(&mut fixture, Wants([9_000, 600, 0]));
    let DecisionOutcome::Refused(refused) = &done.execution.decision else { panic!("{:?}", done.execution) };
    assert_eq!(refused.rejection.refusal.as_ref().unwrap().name, "IdleBufferNotKept");
    assert!(matches!(done.progress(), Progress::Stuck(why) if why.contains("idle buffer not kept")));
    assert_eq!(vault(&mut fixture).decision_sequence, 0);
    let key = fixture.usdc_vault;
    let governance = fixture.deployment.governance.pubkey();
    let cap = build::set_allocation_caps(governance, key, 0, u64::MAX, 1_000);
    fixture.deployment.govern(&[cap]).unwrap();
    let done = run(&mut fixture, Wants([2_000, 0, 0]));
    let DecisionOutcome::Refused(refused) = &done.execution.decision else { panic!("{:?}", done.execution) };
    assert_eq!(refused.rejection.refusal.as_ref().unwrap().name, "RelativeCapExceeded");
    assert_eq!(refused.index, Some(0));
    let strategy = done.situation.setup.slots[0].strategy_key;
    assert_eq!(refused.rejection.account, Some(strategy.to_string()));
}

#[test]
fn anyone_may_execute_but_only_the_keeper_decides() {
    let mut fixture = fixture();
    let stranger = Keypair::new();
    fixture.deployment.world.give_lamports(&stranger.pubkey(), 1_000_000_000).unwrap();
    let keeper = fixture.deployment.keeper.pubkey();
    let done = run_as(&mut fixture, Wants([5_000, 0, 0]), &stranger, None);
    assert_eq!(done.execution.decision, DecisionOutcome::NotOurs { keeper });
    run(&mut fixture, Wants([5_000, 0, 0]));
    wait(&mut fixture);
    let keeper = fixture.deployment.keeper.insecure_clone();
    let vault_key = fixture.usdc_vault;
    let refreshes = fixture.deployment.refresh_all(&vault_key).unwrap();
    let vault_now = vault(&mut fixture);
    let model = address::model(&MODEL_HASH);
    let order = build::rebalance(
        keeper.pubkey(),
        vault_key,
        &vault_now,
        model,
        [2_000, 0, 0, 0, 0, 0, 0, 0],
        [0; 32],
    );
    fixture.deployment.send(&[refreshes, vec![order]].concat(), &[&keeper]).unwrap();
    let done = run_as(&mut fixture, Wants([5_000, 0, 0]), &stranger, None);
    assert_eq!(done.execution.moves.len(), 1, "{:?}", done.execution);
    assert!((2_000..2_010).contains(&weights(&mut fixture)[0]));
}

#[test]
fn a_venue_that_cannot_be_refreshed_is_named_and_nothing_is_proposed() {
    let mut fixture = fixture();
    run(&mut fixture, Wants([5_000, 0, 500]));
    wait(&mut fixture);
    let feed = ballast_sandbox::price_account(&address::WRAPPED_SOL);
    let mut account = Chain::account(&fixture.deployment.world, &feed).unwrap().unwrap();
    account.owner = address::SYSTEM;
    fixture.deployment.world.set_account(&feed, account).unwrap();
    let done = run(&mut fixture, Wants([6_000, 0, 500]));
    assert!(done.proposal.is_none() && done.situation.nav.is_none());
    assert_eq!(done.execution.waiting, [Hindrance::Unrefreshed(2)]);
    let Progress::Stuck(why) = done.progress() else { panic!("not stuck") };
    assert!(why.contains("slot 2 cannot be refreshed") && why.contains("OracleWrongOwner"), "{why}");
}

#[test]
fn a_paused_vault_is_not_filled_and_that_is_no_failure() {
    let mut fixture = fixture();
    run(&mut fixture, Wants([0, 0, 2_000]));
    let key = fixture.usdc_vault;
    let guardian = fixture.deployment.guardian.insecure_clone();
    let pause = build::set_pause_level(guardian.pubkey(), key, pause_level::NO_INCREASES);
    fixture.deployment.send(&[pause], &[&guardian]).unwrap();
    let done = run(&mut fixture, Wants([0, 0, 2_000]));
    assert_eq!(done.execution.waiting, [Hindrance::Paused(2)]);
    assert_eq!(done.progress(), Progress::NotNeeded);
    assert!(done.situation.view.unwrap().limits.slots.iter().all(|slot| !slot.may_increase));
}

#[test]
fn the_kept_input_alone_reproduces_the_decision() {
    let mut fixture = fixture();
    let dir = std::env::temp_dir().join(format!("ballast-keeper-{}", std::process::id()));
    let journal = Journal::open(&dir, &fixture.usdc_vault).unwrap();
    let model =
        ModelFile::read(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/plain-v1.toml"));
    let model = model.unwrap();
    let keeper = fixture.deployment.keeper.insecure_clone();
    let done = run_as(&mut fixture, model.policy().unwrap(), &keeper, Some(journal.clone()));
    let DecisionOutcome::Recorded { targets_bps, .. } = done.execution.decision else {
        panic!("{:?}", done.execution)
    };
    // A fresh pool has no measured yield: the policy lends, and leaves the pool alone.
    assert!(targets_bps[0] > 0 && targets_bps[1] > 0 && targets_bps[2] == 0, "{targets_bps:?}");
    let hash = fixture.deployment.decision(&fixture.usdc_vault.clone(), 1).unwrap().input_hash;
    let json = std::fs::read_to_string(journal.input_path(&hash)).unwrap();
    let input = DecisionInput::decode(&json).unwrap();
    assert_eq!(input.slots[2].income, Income::Unknown);
    let replayed = model.policy().unwrap().decide(&input.view());
    assert_eq!(replayed.weights_bps, targets_bps);
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn looking_changes_nothing() {
    let mut fixture = fixture();
    run(&mut fixture, Wants([5_000, 3_000, 0]));
    wait(&mut fixture);
    let key = fixture.usdc_vault;
    let before = ChainClient::account(&fixture.deployment.world, &key).unwrap().unwrap();
    let held = run(&mut fixture, Content);
    assert_eq!(held.progress(), Progress::NotNeeded);
    assert_eq!(ChainClient::account(&fixture.deployment.world, &key).unwrap().unwrap(), before);
    // But it saw what accrued since.
    let stored = decode_vault(&before.data).unwrap();
    assert!(held.situation.fresh.vault.allocations[0].value_low > stored.allocations[0].value_low);
}

/// A policy that is always content.
struct Content;

impl Policy for Content {
    fn name(&self) -> &'static str {
        "content"
    }

    fn decide(&mut self, view: &PortfolioView) -> Targets {
        view.hold(HoldReason::NothingToMove)
    }
}
