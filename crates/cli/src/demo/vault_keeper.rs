//! The demo's keepers: one a vault, run in turn, and what came of each run.

use std::path::Path;

use anyhow::{Context, Result};
use ballast_client::{ChainClient, address};
use ballast_engine::policy::Policy;
use ballast_keeper::execute::{DEFAULT_MARGIN_BPS, DEFAULT_REST_BPS};
use ballast_keeper::moves::Move;
use ballast_keeper::pool_history::PoolHistory;
use ballast_keeper::transaction_room::make_room;
use ballast_keeper::{
    ChainExecutor, DecisionOutcome, FreshVault, Journal, Keeper, KeeperError, ModelFile, PolicyStrategy,
    Progress, Run, Situation, VaultCollector, VaultSetup, VenueOutlook,
};
use ballast_rpc::RpcChain;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use super::labels::{percent, venue_name};
use crate::amount::Unit;
use crate::names;

/// A vault of the demo.
#[derive(Clone, Debug)]
pub struct DemoVault {
    /// What people call it.
    pub name: String,
    /// Its asset.
    pub unit: Unit,
    /// Its address.
    pub key: Pubkey,
}

/// The demo's vaults: three of USDC, one of SOL.
pub fn vaults() -> Vec<DemoVault> {
    use ballast_client::state::class;
    let vault = |mint: Pubkey, class: u8, symbol: &str, decimals: u8| DemoVault {
        name: names::vault_name(&mint, class),
        unit: Unit::new(symbol, decimals),
        key: address::vault(&mint, class),
    };
    let usdc = |class| vault(super::places::USDC, class, "USDC", super::places::USDC_DECIMALS);
    vec![
        usdc(class::CONSERVATIVE),
        usdc(class::BALANCED),
        usdc(class::GROWTH),
        vault(address::WRAPPED_SOL, class::BALANCED, "SOL", super::places::SOL_DECIMALS),
    ]
}

/// What a keeper did in a run, and the vault afterwards.
pub struct Report {
    /// What happened, in words; empty where nothing did.
    pub events: Vec<String>,
    /// Decisions recorded.
    pub decisions: u64,
    /// Moves of funds executed.
    pub moves: u64,
    /// The vault after the run.
    pub fresh: FreshVault,
    /// Its slots.
    pub setup: VaultSetup,
}

/// One vault's keeper.
pub struct VaultKeeper<'k> {
    /// The vault.
    pub vault: DemoVault,
    keeper: Keeper<VaultCollector<VenueOutlook>, PolicyStrategy<Box<dyn Policy>>, ChainExecutor<'k>>,
    last_problem: Option<String>,
}

impl<'k> VaultKeeper<'k> {
    /// A keeper of `vault` under `model`, signing with `signer` and keeping inputs of decisions in `run_dir`.
    pub fn open(
        chain: &mut RpcChain,
        vault: DemoVault,
        model: &ModelFile,
        signer: &'k dyn Signer,
        run_dir: &Path,
    ) -> Result<Self> {
        let setup = VaultSetup::load(chain, vault.key).with_context(|| vault.name.clone())?;
        make_room(chain, &setup, signer, &mut |_| {}).context("making a lookup table")?;
        let keeper = Keeper {
            collector: VaultCollector {
                vault: vault.key,
                payer: signer.pubkey(),
                outlooks: VenueOutlook { history: PoolHistory::new(model.pool_history) },
                incomes: model.watch(),
            },
            strategy: PolicyStrategy::of_model(model)?,
            executor: ChainExecutor {
                signer,
                model_hash: model.hash()?,
                margin_bps: DEFAULT_MARGIN_BPS,
                rest_bps: DEFAULT_REST_BPS,
                journal: Some(Journal::open(run_dir, &vault.key)?),
            },
        };
        Ok(Self { vault, keeper, last_problem: None })
    }

    /// Runs the keeper once and tells what it did. With `book` it also refreshes the vault on chain, so that
    /// gains are in the books and begin to unlock.
    pub fn run(&mut self, chain: &mut RpcChain, book: bool) -> Result<Report, KeeperError> {
        let run = self.keeper.run(chain)?;
        let mut events = self.events(&run);
        // A standing problem is told once.
        let problem = match run.progress() {
            Progress::Stuck(why) => Some(why),
            Progress::Made | Progress::NotNeeded => None,
        };
        if problem != self.last_problem {
            events.extend(problem.clone());
            self.last_problem = problem;
        }
        let decided = matches!(run.execution.decision, DecisionOutcome::Recorded { .. });
        let moves = u64::try_from(run.execution.moves.len()).unwrap_or(u64::MAX);
        let booked = book && self.book(chain, &run)?;
        let (setup, fresh) = if decided || moves > 0 || booked {
            let setup = VaultSetup::load(chain, self.vault.key)?;
            let payer = self.keeper.collector.payer;
            let fresh = FreshVault::look(chain, &setup, &payer, &[])?;
            (setup, fresh)
        } else {
            (run.situation.setup, run.situation.fresh)
        };
        Ok(Report { events, decisions: u64::from(decided), moves, fresh, setup })
    }

    /// Refreshes everything that can be. Whether there was anything.
    fn book(&self, chain: &mut RpcChain, run: &Run) -> Result<bool, KeeperError> {
        let Situation { setup, fresh, .. } = &run.situation;
        let refreshes =
            setup.refreshes(|index, allocation| !allocation.is_empty() && fresh.problem(index).is_none());
        if refreshes.is_empty() {
            return Ok(false);
        }
        chain.send(&refreshes, &[self.keeper.executor.signer])?;
        Ok(true)
    }

    fn events(&self, run: &Run) -> Vec<String> {
        let name = |index: usize| slot_name(&run.situation.setup, index);
        let mut events = Vec::new();
        match &run.execution.decision {
            DecisionOutcome::Recorded { sequence, targets_bps, turnover_bps, .. } => {
                let targets: Vec<String> = run
                    .situation
                    .setup
                    .slots
                    .iter()
                    .zip(targets_bps)
                    .enumerate()
                    .filter(|(_, (_, target))| **target > 0)
                    .map(|(index, (_, target))| format!("{} {}", name(index), percent(u64::from(*target))))
                    .collect();
                let turnover = percent(u64::from(*turnover_bps));
                events.push(format!("decision {sequence}: {} (turnover {turnover})", targets.join(", ")));
            }
            DecisionOutcome::Refused(refused) => {
                events.push(format!("decision refused: {}", refused.rejection));
            }
            DecisionOutcome::NotOurs { keeper } => {
                events.push(format!("the vault's keeper is {keeper}"));
            }
            DecisionOutcome::Held | DecisionOutcome::CoolingDown { .. } => {}
        }
        for done in &run.execution.moves {
            let what = match done.action {
                Move::Increase { atoms, .. } => {
                    format!("{} into", self.vault.unit.format(rounded(atoms, self.vault.unit.decimals)))
                }
                Move::Decrease { receipts, .. } => self.taken(run, done.action.index(), receipts),
            };
            events.push(format!("moved {what} {}", name(usize::from(done.action.index()))));
        }
        for refused in &run.execution.refused {
            let slot = name(usize::from(refused.action.index()));
            events.push(format!("move of {slot} refused: {}", refused.rejection));
        }
        events
    }

    /// Receipts in what they were worth when the keeper looked.
    fn taken(&self, run: &Run, index: u8, receipts: u64) -> String {
        let slot = run.situation.fresh.vault.allocations.get(usize::from(index));
        let worth = slot.and_then(|slot| {
            ballast_math::mul_div::mul_div_floor(slot.value_low, receipts, slot.receipts.max(1))
        });
        match worth {
            Some(atoms) => {
                format!("{} out of", self.vault.unit.format(rounded(atoms, self.vault.unit.decimals)))
            }
            None => "funds out of".to_owned(),
        }
    }
}

/// Name of slot `index`.
pub fn slot_name(setup: &VaultSetup, index: usize) -> &'static str {
    let venue = setup.slots.get(index).and_then(|slot| slot.strategy.pinned.first());
    venue.map_or("slot", venue_name)
}

/// Atoms without the digits that nobody reads in a log: two decimals stay.
pub fn rounded(atoms: u64, decimals: u8) -> u64 {
    let unit = 10u64.checked_pow(u32::from(decimals.saturating_sub(2))).unwrap_or(1);
    atoms - atoms % unit
}
