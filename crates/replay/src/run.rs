//! The loop: one [`Replay::advance`] a step, then everybody leaves.

use std::time::Instant;

use ballast_client::address;
use ballast_client::state::{StalePolicy, Vault};
use ballast_engine::market::MarketStep;
use ballast_engine::policy::{Income, IncomeWatch, PortfolioView};
use ballast_engine::report::{EventKind, Recorder, ReplayMeta, ReplayReport, StepRow, Timing};
use ballast_keeper::execute::is_due_for_renewal;
use ballast_math::shares::share_price_e15;
use ballast_sandbox::{DeploymentError, Programs};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::ReplayError;
use crate::conservation;
use crate::holders::Holders;
use crate::keeper::{Keeper, Wish};
use crate::outlook::{self, Volatility};
use crate::refusal::{Outcome, outcome};
use crate::settings::{PolicyKind, ReplaySettings};
use crate::setup::ReplaySetup;
use crate::venues::Outside;

/// Share price of a vault that earned nothing yet, in units of 1e-15 atoms a share.
const UNIT_PRICE_E15: f64 = 1e12;

/// A replay under way.
pub struct Replay {
    pub(crate) setup: ReplaySetup,
    pub(crate) holders: Holders,
    pub(crate) recorder: Recorder,
    pub(crate) settings: ReplaySettings,
    /// Where fee shares go when they are claimed.
    pub(crate) fee_position: Pubkey,
    /// Fee shares counted so far, and when they were last claimed.
    pub(crate) fee_shares_seen: u64,
    pub(crate) fees_claimed_ts: i64,
    outside: Outside,
    keeper: Keeper,
    volatility: Volatility,
    /// What was seen of incomes, where the policy decides on forecasts.
    incomes: Option<IncomeWatch>,
    steps: Vec<MarketStep>,
    next: usize,
    /// The refresh of every slot: the same accounts in every step.
    refreshes: Vec<Instruction>,
    /// What the chain showed at the end of the last step.
    seen: Option<PortfolioView>,
    /// Oracle bits that slots with money lacked in the last step.
    missing_bits: u16,
    started: Instant,
}

/// How far a replay is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Steps done.
    pub done: usize,
    /// Steps in all.
    pub total: usize,
    /// Start of the last step, unix seconds.
    pub ts: i64,
    /// Share price, 1 at the start.
    pub share_price: f64,
    /// All assets, atoms.
    pub assets_atoms: u64,
}

impl Replay {
    /// Reads or generates the market and builds the world.
    pub fn new(programs: &Programs, settings: ReplaySettings) -> Result<Self, ReplayError> {
        let market = settings.market()?;
        let setup = ReplaySetup::new(programs, &settings, &market.reserve_names, &market.steps)?;
        let keeper = Keeper::new(&settings)?;
        let mut provenance = market.provenance;
        provenance.assumptions.extend(ReplaySetup::assumptions(&settings));
        let meta = ReplayMeta {
            vault: format!("{} {}", settings.asset.symbol(), settings.class),
            asset: settings.asset.symbol().into(),
            asset_decimals: settings.asset.decimals(),
            policy: keeper.policy_name().into(),
            strategies: setup.slots.iter().map(|slot| slot.name.clone()).collect(),
            provenance,
        };
        let founder_atoms = settings.deposit_atoms()?;
        let fee_recipient = setup.deployment.fee_recipient.pubkey();
        Ok(Self {
            holders: Holders::new(settings.seed, founder_atoms, settings.step_secs),
            recorder: Recorder::new(meta),
            fee_position: address::position(&setup.vault, &fee_recipient),
            fee_shares_seen: 0,
            fees_claimed_ts: settings.from_ts,
            outside: Outside::new(settings.step_secs, ReplaySettings::curve()?, setup.slots.len()),
            keeper,
            volatility: Volatility::default(),
            incomes: match settings.policy {
                PolicyKind::Engine => settings.engine_model()?.watch(),
                _ => None,
            },
            steps: market.steps,
            next: 0,
            refreshes: setup.deployment.refresh_all(&setup.vault)?,
            seen: None,
            missing_bits: 0,
            started: Instant::now(),
            setup,
            settings,
        })
    }

    /// Steps in all.
    pub fn total_steps(&self) -> usize {
        self.steps.len()
    }

    /// The world, to meddle with.
    pub fn setup_mut(&mut self) -> &mut ReplaySetup {
        &mut self.setup
    }

    /// Runs every step, telling `on_step` how far it is, and lets everybody leave.
    pub fn run(mut self, mut on_step: impl FnMut(&Progress)) -> Result<ReplayReport, ReplayError> {
        while let Some(progress) = self.advance()? {
            on_step(&progress);
        }
        self.finish()
    }

    /// Runs the next step; `None` when there is none.
    pub fn advance(&mut self) -> Result<Option<Progress>, ReplayError> {
        let Some(step) = self.steps.get(self.next).cloned() else { return Ok(None) };
        if step.index == 0 {
            self.started = Instant::now();
        }
        let at = ReplayError::at(step.index);
        self.outside.open(&mut self.setup, &step).map_err(&at)?;
        self.volatility.see(&step);
        self.refresh(step.ts).map_err(&at)?;
        let vault = self.vault().map_err(&at)?;
        self.note_oracles(&vault, step.ts);
        let values: Vec<u64> = vault.active().map(|allocation| allocation.value_low).collect();
        self.outside.borrow(&mut self.setup, &step, &values).map_err(&at)?;
        self.decide_and_move(step.ts).map_err(&at)?;
        self.people(&step).map_err(&at)?;
        self.collect_fees(step.ts).map_err(&at)?;
        self.next = self.next.saturating_add(1);
        let progress = self.close(&step)?;
        Ok(Some(progress))
    }

    pub(crate) fn vault(&self) -> Result<Vault, DeploymentError> {
        self.setup.deployment.vault(&self.setup.vault)
    }

    /// Refreshes all slots, one by one where one of them cannot be.
    fn refresh(&mut self, ts: i64) -> Result<(), DeploymentError> {
        if let Outcome::Done(done) = outcome(self.setup.deployment.send(&self.refreshes, &[]))? {
            self.recorder.compute("refresh (all slots)", done.compute_units);
            return Ok(());
        }
        for refresh in &self.refreshes {
            match outcome(self.setup.deployment.send(std::slice::from_ref(refresh), &[]))? {
                Outcome::Done(done) => self.recorder.compute("refresh_allocation", done.compute_units),
                Outcome::Refused(limit) => self.recorder.refused(ts, "refresh_allocation", &limit),
            }
        }
        Ok(())
    }

    /// Notes when prices under slots with money stop or start being good enough.
    fn note_oracles(&mut self, vault: &Vault, ts: i64) {
        use ballast::oracle::status;
        let held = vault.active().filter(|allocation| !allocation.is_empty());
        let missing = held.fold(0, |bits, allocation| bits | (status::ALL & !allocation.oracle_status));
        if missing == self.missing_bits {
            return;
        }
        self.missing_bits = missing;
        let label = match status::first_missing(status::ALL & !missing, status::ALL) {
            Some(rule) => rule.name(),
            None => "prices are good again".into(),
        };
        self.recorder.event(ts, EventKind::OracleFlag, label);
    }

    fn decide_and_move(&mut self, ts: i64) -> Result<(), DeploymentError> {
        let vault = self.vault()?;
        let cooled_ts = vault.decision_ts.saturating_add(i64::from(vault.limits.cooldown_secs));
        // As the real keeper does: what the chain would refuse for its time alone is not sent.
        let seen = self.seen.take().filter(|_| vault.decision_sequence == 0 || ts >= cooled_ts);
        let due = is_due_for_renewal(&vault, ts);
        match seen.map_or(Wish::Hold, |view| self.keeper.wish(&view, due)) {
            Wish::Hold => self.recorder.decision_held(),
            Wish::Decide(targets) => match self.keeper.decide(&mut self.setup, targets, ts)? {
                Outcome::Done(done) => {
                    let sequence = self.vault()?.decision_sequence;
                    let turnover = self.setup.deployment.decision(&self.setup.vault, sequence)?.turnover_bps;
                    self.recorder.compute("rebalance", done.compute_units);
                    self.recorder.decision_accepted(ts, u64::from(turnover));
                }
                Outcome::Refused(limit) => self.recorder.decision_rejected(ts, &limit),
            },
        }
        let before = gross(&self.vault()?);
        let tried = self.keeper.execute(&mut self.setup, ts)?;
        if tried.is_empty() {
            return Ok(());
        }
        self.recorder.move_loss(before.saturating_sub(gross(&self.vault()?)));
        for step in tried {
            match step.result {
                Ok(units) => self.recorder.compute("allocate", units),
                Err(limit) => self.recorder.refused(ts, "allocate", &limit),
            }
        }
        Ok(())
    }

    /// Checks conservation, writes the step's row, and remembers what the keeper can see.
    fn close(&mut self, step: &MarketStep) -> Result<Progress, ReplayError> {
        let at = ReplayError::at(step.index);
        let overflow = || ReplayError::Overflow(step.index);
        self.check(step.index, step.ts)?;
        let vault = self.vault().map_err(&at)?;
        let incomes = outlook::incomes(&self.setup, &self.outside, step, &self.volatility).map_err(&at)?;
        let slot = self.setup.deployment.world.clock().slot;
        if let Ok(nav) = vault.nav(slot, step.ts, StalePolicy::Reject) {
            let fee = self.settings.pool_fee_bps;
            self.seen =
                outlook::view(&self.setup, &vault, &nav, step.ts, &incomes, fee, self.incomes.as_mut());
        }
        let row = row(step, &vault, &incomes).ok_or_else(overflow)?;
        let progress = Progress {
            done: self.next,
            total: self.steps.len(),
            ts: step.ts,
            share_price: row.share_price,
            assets_atoms: row.total_assets_atoms,
        };
        self.recorder.step(row);
        Ok(progress)
    }

    /// Aborts where money appeared or disappeared.
    pub(crate) fn check(&mut self, step: usize, ts: i64) -> Result<(), ReplayError> {
        let at = ReplayError::at(step);
        let vault = self.vault().map_err(&at)?;
        let mut positions: Vec<Pubkey> =
            self.holders.holders().iter().map(|holder| holder.position).collect();
        positions.push(self.fee_position);
        let books = conservation::read(&self.setup, &vault, &positions).map_err(&at)?;
        books.check().map_err(|broken| ReplayError::Conservation { step, ts, broken })?;
        self.recorder.conservation_checked();
        Ok(())
    }

    /// Lets everybody leave and adds up.
    pub fn finish(mut self) -> Result<ReplayReport, ReplayError> {
        let elapsed = self.started.elapsed();
        if let Some(last) = self.steps.last().cloned() {
            self.everybody_leaves(&last).map_err(ReplayError::at(last.index))?;
            self.check(last.index, last.ts)?;
        }
        let timing = Timing::new(elapsed, self.next);
        Ok(self.recorder.finish(Some(timing))?)
    }
}

/// Idle plus slots, low side, at the values last read.
fn gross(vault: &Vault) -> u64 {
    vault.active().fold(vault.idle_atoms, |sum, allocation| sum.saturating_add(allocation.value_low))
}

/// The state at the end of a step. `None` where a figure does not fit.
fn row(step: &MarketStep, vault: &Vault, incomes: &[Income]) -> Option<StepRow> {
    let total_assets_atoms = gross(vault);
    // At the values last read: a slot that could not be refreshed is not worth nothing.
    let net = total_assets_atoms.saturating_sub(vault.locked_profit.at(step.ts)?);
    let values_atoms: Vec<u64> = vault.active().map(|allocation| allocation.value_low).collect();
    let net_apr = |(income, value): (&Income, &u64)| match income {
        Income::Unknown => None,
        known => Some(known.apr(*value)),
    };
    let utilisation = |income: &Income| match income {
        Income::Lending(reserve) => Some(reserve.utilisation()),
        _ => None,
    };
    Some(StepRow {
        ts: step.ts,
        share_price: share_price_e15(net, vault.total_shares)? as f64 / UNIT_PRICE_E15,
        total_assets_atoms,
        idle_atoms: vault.idle_atoms,
        net_aprs: incomes.iter().zip(&values_atoms).map(net_apr).collect(),
        utilisations: incomes.iter().map(utilisation).collect(),
        values_atoms,
        sol_usd: step.sol_usd.map(|quote| quote.price()),
        stable_usd: step.stable_usd.map(|quote| quote.price()),
        compute_units: 0,
    })
}
