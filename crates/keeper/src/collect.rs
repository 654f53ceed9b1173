//! Reading a vault and its venues: the standard collector.

use ballast_client::state::{StalePolicy, pause_level};
use ballast_client::{ChainAccount, ChainClient, ChainClock};
use ballast_engine::policy::{Income, IncomeWatch, PortfolioView, SlotOutlook};
use solana_pubkey::Pubkey;

use crate::error::KeeperError;
use crate::fresh::{FreshVault, words};
use crate::pipeline::{Collector, Situation};
use crate::setup::{SetupError, VaultSetup};
use crate::venue::{Outlook, OutlookSource};

/// Reads one vault and what its venues say.
#[derive(Clone, Debug)]
pub struct VaultCollector<O> {
    /// The vault.
    pub vault: Pubkey,
    /// In whose name to simulate; need not exist.
    pub payer: Pubkey,
    /// Where outlooks come from.
    pub outlooks: O,
    /// What was seen of incomes, for a policy that decides on forecasts.
    pub incomes: Option<IncomeWatch>,
}

impl<O: OutlookSource> Collector for VaultCollector<O> {
    fn collect(&mut self, chain: &mut dyn ChainClient) -> Result<Situation, KeeperError> {
        let setup = VaultSetup::load(chain, self.vault)?;
        let wanted: Vec<Vec<Pubkey>> =
            setup.slots.iter().map(|slot| self.outlooks.wanted(&slot.strategy)).collect();
        let fresh = FreshVault::look(chain, &setup, &self.payer, &wanted.concat())?;
        let outlooks = self.outlooks(&setup, &fresh, &wanted);
        let priced = match fresh.stuck().next() {
            Some(_) => None,
            None => Some(view(&setup, &fresh, &outlooks, self.incomes.as_mut())?),
        };
        let (nav, view) = priced.unzip();
        Ok(Situation { setup, fresh, nav, view, outlooks })
    }
}

impl<O: OutlookSource> VaultCollector<O> {
    fn outlooks(&mut self, setup: &VaultSetup, fresh: &FreshVault, wanted: &[Vec<Pubkey>]) -> Vec<Outlook> {
        let mut seen = fresh.watched.iter();
        let mut found = Vec::with_capacity(setup.slots.len());
        for (slot, wanted) in setup.slots.iter().zip(wanted) {
            let accounts: Vec<Option<ChainAccount>> = seen.by_ref().take(wanted.len()).cloned().collect();
            found.push(match fresh.problem(slot.index) {
                // What the venue says cannot be trusted to be of now.
                Some(_) => Outlook::UNKNOWN,
                None => self.outlooks.outlook(&slot.strategy_key, &slot.strategy, &accounts, &fresh.clock),
            });
        }
        found
    }
}

/// Prices the vault as the program would, and puts beside it what the policy needs.
fn view(
    setup: &VaultSetup,
    fresh: &FreshVault,
    outlooks: &[Outlook],
    mut incomes: Option<&mut IncomeWatch>,
) -> Result<(ballast_client::state::Nav, PortfolioView), KeeperError> {
    let nav = fresh.nav(&setup.key, StalePolicy::Reject)?;
    let ChainClock { unix_ts, .. } = fresh.clock;
    let mut limits = fresh
        .vault
        .portfolio_view(&nav, unix_ts)
        .map_err(|error| SetupError::Unpriceable { vault: setup.key, why: words(error) })?;
    let paused = fresh.vault.pause_level >= pause_level::NO_INCREASES;
    for (slot, (setup, allocation)) in
        limits.slots.iter_mut().zip(setup.slots.iter().zip(&fresh.vault.allocations))
    {
        // An empty slot may grow as far as `rebalance` is concerned, but `allocate` could not fill it.
        let fillable = fresh.problem(setup.index).is_none() && allocation.oracle_status & ALL == ALL;
        slot.may_increase &= fillable && !paused;
    }
    let mut forecast = |key: &Pubkey, income: &Income, ours_atoms| {
        let watch = incomes.as_mut()?;
        let name = key.to_string();
        watch.see(&name, unix_ts, income, ours_atoms);
        watch.forecast(&name, income, ours_atoms)
    };
    let slots = outlooks
        .iter()
        .zip(setup.slots.iter().zip(&fresh.vault.allocations))
        .map(|(outlook, (slot, allocation))| SlotOutlook {
            target_bps: allocation.target_bps,
            withdrawable_atoms: allocation.withdrawable,
            move_cost_bps: outlook.move_cost_bps,
            income: outlook.income.clone(),
            forecast: forecast(&slot.strategy_key, &outlook.income, allocation.value_low),
            risk_factors: allocation.risk_factors.iter().copied().filter(|factor| *factor != 0).collect(),
        })
        .collect();
    Ok((nav, PortfolioView { limits, slots, now_ts: unix_ts }))
}

const ALL: u16 = ballast::oracle::status::ALL;
