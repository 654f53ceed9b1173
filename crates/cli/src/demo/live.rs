//! The demo once everything stands: the market moves, keepers act, the books are checked, people look.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ballast_client::state::{StalePolicy, Vault};
use ballast_client::token::token_balance;
use ballast_client::{ChainClient, address};
use ballast_keeper::{FreshVault, VaultSetup};
use ballast_localnet::{ClockInfo, LocalNet};
use ballast_rpc::RpcChain;
use solana_pubkey::Pubkey;

use super::command_line::CommandLine;
use super::conservation;
use super::interrupt::Interrupt;
use super::local_chain::LocalChain;
use super::market::{Market, STEP_SECS, Weather};
use super::places;
use super::screen::Screen;
use super::seed::{Moment, Venues};
use super::status::{Status, VaultLine};
use super::vault_keeper::{Report, VaultKeeper};
use super::verdict::Tally;
use crate::amount::Unit;

/// Events that stay in sight.
const EVENTS_SHOWN: usize = 6;

/// The vault that the wallet leaves in part near the end, and how much it takes: more than the idle buffer, so
/// that a venue is unwound for it.
const WITHDRAWAL: (&str, &str) = ("usdc/balanced", "40000 USDC");

/// When it does so in a demo without an end.
const WITHDRAW_AFTER: Duration = Duration::from_secs(60);

/// Everything that stands.
pub struct Demo<'a> {
    /// The chain.
    pub net: &'a LocalNet,
    /// The venues.
    pub venues: Venues,
    /// What moves them.
    pub market: Market,
    /// The keepers.
    pub keepers: Vec<VaultKeeper<'a>>,
    /// The chain as keepers see it.
    pub chain: RpcChain,
    /// The wallet, as its owner uses it.
    pub wallet: CommandLine,
    /// Its address.
    pub wallet_key: Pubkey,
    /// How to point the command line at it.
    pub hints: Vec<String>,
    /// The chain's time at the beginning.
    pub started_ts: i64,
}

/// How long, how fast, and who may end it.
pub struct Pace {
    /// End after this long.
    pub total: Option<Duration>,
    /// Market seconds a second, at most.
    pub speed: u32,
    /// Ctrl-C.
    pub interrupt: Interrupt,
}

/// Why the demo ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Its time was up.
    TimeUp,
    /// Somebody asked.
    Interrupted,
    /// The books did not add up.
    Broken,
    /// The history ran out.
    HistoryOver,
}

/// What a run came to.
pub struct Outcome {
    /// Why it ended.
    pub ending: Ending,
    /// What happened.
    pub tally: Tally,
    /// The vaults at the end.
    pub vaults: Vec<VaultLine>,
}

struct Live<'s, 'a> {
    demo: &'s mut Demo<'a>,
    screen: Screen,
    tally: Tally,
    events: VecDeque<String>,
    vaults: Vec<VaultLine>,
    weather: Weather,
    ours_atoms: Vec<u64>,
    started: Instant,
}

/// Runs until the time is up or somebody asks.
pub fn run(demo: &mut Demo<'_>, pace: &Pace) -> Result<Outcome> {
    let mut screen = Screen::new();
    if !screen.is_live() {
        for hint in &demo.hints {
            screen.log(&format!("  {hint}"));
        }
        screen.log("");
    }
    let mut live = Live {
        ours_atoms: vec![0; demo.venues.reserves.len()],
        demo,
        screen,
        tally: Tally::default(),
        events: VecDeque::new(),
        vaults: Vec::new(),
        weather: Weather::default(),
        started: Instant::now(),
    };
    let ending = live.rounds(pace)?;
    live.screen.keep();
    let Live { mut tally, vaults, .. } = live;
    tally.undecided =
        vaults.iter().filter(|vault| vault.decision.is_none()).map(|vault| vault.name.clone()).collect();
    Ok(Outcome { ending, tally, vaults })
}

impl Live<'_, '_> {
    fn rounds(&mut self, pace: &Pace) -> Result<Ending> {
        let between = Duration::from_secs_f64(STEP_SECS as f64 / f64::from(pace.speed));
        // Room for the withdrawal and a last look before the time is up.
        let withdraw_at = pace.total.map_or(WITHDRAW_AFTER, |total| total.mul_f64(0.8));
        loop {
            let round_ends = Instant::now() + between;
            if !self.move_market()? {
                return Ok(Ending::HistoryOver);
            }
            self.run_keepers(pace)?;
            if pace.interrupt.is_set() {
                return Ok(Ending::Interrupted);
            }
            if self.tally.withdrawn.is_none()
                && self.tally.wallet_errors.is_empty()
                && self.started.elapsed() >= withdraw_at
            {
                self.withdraw();
            }
            self.show(pace)?;
            if !self.tally.conservation_broken.is_empty() {
                return Ok(Ending::Broken);
            }
            let ends = pace.total.map(|total| self.started + total);
            let wait = ends.map_or(round_ends, |ends| round_ends.min(ends));
            pace.interrupt.wait_until(wait);
            if pace.interrupt.is_set() {
                return Ok(Ending::Interrupted);
            }
            if ends.is_some_and(|ends| Instant::now() >= ends) {
                return Ok(Ending::TimeUp);
            }
        }
    }

    /// Lets an hour pass, and the market with it. False when there is no more market.
    fn move_market(&mut self) -> Result<bool> {
        let demo = &mut *self.demo;
        let Some(step) = demo.market.next_step()? else { return Ok(false) };
        let secs = u32::try_from(STEP_SECS).unwrap_or(u32::MAX);
        let clock = demo.net.time_travel_by(secs).context("letting time pass")?;
        let mut chain = LocalChain::new(demo.net);
        self.weather =
            demo.market.apply(&mut chain, &demo.venues, &step, &self.ours_atoms, moment(&clock))?;
        self.tally.market_steps = self.tally.market_steps.saturating_add(1);
        Ok(true)
    }

    fn run_keepers(&mut self, pace: &Pace) -> Result<()> {
        let mut ours = vec![0u64; self.ours_atoms.len()];
        let mut lines = Vec::with_capacity(self.demo.keepers.len());
        let vaults = u64::try_from(self.demo.keepers.len()).unwrap_or(u64::MAX);
        for index in 0..self.demo.keepers.len() {
            if pace.interrupt.is_set() {
                return Ok(());
            }
            let Some(vault_keeper) = self.demo.keepers.get_mut(index) else { continue };
            let name = vault_keeper.vault.name.clone();
            // Gains that nobody books stay locked for ever; booking them all in every round would be noise.
            let is_its_turn = u64::try_from(index).ok() == self.tally.market_steps.checked_rem(vaults);
            match vault_keeper.run(&mut self.demo.chain, is_its_turn) {
                Ok(report) => {
                    lines.push(VaultLine::new(&vault_keeper.vault, &report.setup, &report.fresh));
                    add_ours(&mut ours, &report.setup, &report.fresh.vault);
                    self.check_books(&name, &report)?;
                    self.tally.decisions = self.tally.decisions.saturating_add(report.decisions);
                    self.tally.moves = self.tally.moves.saturating_add(report.moves);
                    for event in report.events {
                        self.note(&format!("{name}: {event}"));
                    }
                }
                Err(error) => {
                    self.demo.net.health().context("the local chain")?;
                    self.note(&format!("{name}: {error}"));
                    self.tally.keeper_errors.push(format!("{name}: {error}"));
                    lines.extend(self.vaults.iter().find(|line| line.name == name).cloned());
                }
            }
        }
        self.ours_atoms = ours;
        self.vaults = lines;
        Ok(())
    }

    fn check_books(&mut self, name: &str, report: &Report) -> Result<()> {
        let key = report.setup.key;
        let nav = priced(&report.fresh, &report.setup);
        let broken = conservation::broken(&self.demo.chain, &key, nav.as_ref())
            .with_context(|| format!("checking the books of {name}"))?;
        self.tally.conservation_checks = self.tally.conservation_checks.saturating_add(1);
        if let Some(problem) = broken {
            self.note(&format!("{name}: BOOKS DO NOT ADD UP: {problem}"));
            self.tally.conservation_broken.push(format!("{name}: {problem}"));
        }
        Ok(())
    }

    /// The wallet takes some of its money out, and must have it afterwards.
    fn withdraw(&mut self) {
        match self.withdrawal() {
            Ok(said) => {
                self.note(&format!("wallet: {said}"));
                self.tally.withdrawn = Some(said);
            }
            Err(error) => {
                self.note(&format!("wallet: {error:#}"));
                self.tally.wallet_errors.push(format!("wallet: {error:#}"));
            }
        }
    }

    fn withdrawal(&self) -> Result<String> {
        let (vault, amount) = WITHDRAWAL;
        let before = self.wallet_atoms()?;
        let answer = self.demo.wallet.run(&["--json", "withdraw", vault, amount, "--yes"])?;
        let gained = self.wallet_atoms()?.saturating_sub(before);
        let answer: serde_json::Value =
            serde_json::from_str(&answer).context("reading what withdraw said")?;
        let paid = answer["atoms"].as_u64().context("withdraw does not say what it paid")?;
        ensure!(paid > 0 && paid == gained, "withdraw says {paid} atoms, the wallet gained {gained}");
        let transactions = answer["steps"].as_array().map_or(0, Vec::len);
        let unit = Unit::new("USDC", places::USDC_DECIMALS);
        let plural = if transactions == 1 { "" } else { "s" };
        Ok(format!("withdrew {} from {vault} in {transactions} transaction{plural}", unit.format(paid)))
    }

    fn wallet_atoms(&self) -> Result<u64> {
        let key = address::token_account(&self.demo.wallet_key, &places::USDC, &address::TOKEN);
        let account = self.demo.chain.account(&key)?;
        Ok(account.and_then(|account| token_balance(&account.data)).unwrap_or(0))
    }

    fn note(&mut self, event: &str) {
        let elapsed = self.started.elapsed().as_secs();
        let line = format!("{:>3}:{:02}  {event}", elapsed / 60, elapsed % 60);
        if !self.screen.is_live() {
            self.screen.log(&format!("  {line}"));
        }
        self.events.push_back(line);
        while self.events.len() > EVENTS_SHOWN {
            self.events.pop_front();
        }
    }

    fn show(&mut self, pace: &Pace) -> Result<()> {
        let clock = self.demo.net.clock().context("reading the chain's clock")?;
        let status = Status {
            slot: clock.slot,
            unix_ts: clock.unix_ts,
            chain_secs: clock.unix_ts.saturating_sub(self.demo.started_ts),
            elapsed: self.started.elapsed(),
            total: pace.total,
            weather: &self.weather,
            vaults: &self.vaults,
            done: (self.tally.decisions, self.tally.moves),
            events: self.events.make_contiguous(),
            hints: &self.demo.hints,
        };
        self.screen.show(&status.block(), &status.plain());
        Ok(())
    }
}

fn priced(fresh: &FreshVault, setup: &VaultSetup) -> Option<ballast_client::state::Nav> {
    fresh.nav(&setup.key, StalePolicy::Reject).ok()
}

/// Adds what `vault` holds in each reserve.
fn add_ours(ours: &mut [u64], setup: &VaultSetup, vault: &Vault) {
    for (slot, allocation) in setup.slots.iter().zip(vault.active()) {
        let venue = slot.strategy.pinned.first();
        let reserve = places::RESERVES.iter().position(|spec| Some(&spec.key()) == venue);
        if let Some(sum) = reserve.and_then(|index| ours.get_mut(index)) {
            *sum = sum.saturating_add(allocation.value_low);
        }
    }
}

/// The clock as the market needs it.
pub fn moment(clock: &ClockInfo) -> Moment {
    Moment { slot: clock.slot, epoch: clock.epoch, unix_ts: clock.unix_ts }
}
