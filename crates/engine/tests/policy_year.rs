//! A generated year without a chain: venues that pay what their curves say, moves that cost what they cost,
//! and the program's own limits check between the policy and the money.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use ballast_engine::YEAR_SECS;
use ballast_engine::curve::{RateCurve, ReserveState};
use ballast_engine::generate::{GeneratedMarket, GeneratorConfig, OuParams};
use ballast_engine::market::{MarketSource, MarketStep};
use ballast_engine::policy::{
    Action, EqualWeight, Hold, Income, Plain, Policy, PortfolioView, SlotOutlook, lvr_apr,
};
use ballast_engine::report::{Recorder, ReplayMeta, ReplayReport, StepRow, write_plot};
use ballast_math::mul_div::bps_floor;
use ballast_math::portfolio::{self, SlotView, check_targets};
use ballast_math::window::RollingWindow;

const START_ATOMS: u64 = 1_000_000_000_000;
const OTHERS_ATOMS: u64 = 40_000_000_000_000;
const WINDOW_SECS: u32 = 7 * 86_400;
const STEP_SECS: i64 = 3_600;
const COST_BPS: f64 = 1.0;
const NAMES: [&str; 4] = ["lend-main", "lend-alt", "pool", "stake"];

fn curve() -> RateCurve {
    RateCurve::new(&[(0, 0), (7_000, 350), (9_000, 700), (10_000, 8_000)], 1_000).unwrap()
}

fn market(seed: u64) -> GeneratedMarket {
    let config = GeneratorConfig::new(seed, 1_735_689_600, STEP_SECS, 8_760)
        .with_reserve("main", curve(), OuParams::UTILISATION)
        .with_reserve("alt", curve(), OuParams::UTILISATION_RESTLESS);
    GeneratedMarket::new(config).unwrap()
}

fn cost(moved_atoms: u64) -> u64 {
    (moved_atoms as f64 * COST_BPS / 1e4) as u64
}

/// An idealised vault.
struct Vault {
    idle: u64,
    values: [u64; 4],
    targets: [u16; 4],
    turnover: RollingWindow,
}

impl Vault {
    fn total(&self) -> u64 {
        self.idle + self.values.iter().sum::<u64>()
    }

    fn incomes(&self, step: &MarketStep) -> [Income; 4] {
        let lending = |slot: usize| {
            let target = step.reserves[slot].unwrap();
            let supplied_atoms = OTHERS_ATOMS + self.values[slot];
            let borrowed_atoms = target.borrowed_atoms(OTHERS_ATOMS);
            Income::Lending(ReserveState { curve: curve(), supplied_atoms, borrowed_atoms })
        };
        let lp = step.lp.unwrap();
        let fee_apr = lp.known_fee_apr.unwrap_or(lp.fee_apr);
        let pool = Income::Pool { fee_apr, lvr_apr: lvr_apr(0.6), tvl_atoms: OTHERS_ATOMS + self.values[2] };
        [lending(0), lending(1), pool, Income::Stake { apr: step.stake.apr / 2.0 }]
    }

    fn view(&self, step: &MarketStep) -> PortfolioView {
        let mut limits = portfolio::PortfolioView {
            total_atoms: self.total(),
            idle_buffer_bps: 500,
            turnover_used_bps: self.turnover.used(step.ts, WINDOW_SECS).unwrap(),
            turnover_cap_bps: 4_000,
            ..Default::default()
        };
        let caps = [6_000, 4_000, 2_000, 3_000];
        for ((slot, value), relative_cap_bps) in limits.slots.iter_mut().zip(self.values).zip(caps) {
            *slot = SlotView {
                value_atoms: value,
                absolute_cap_atoms: u64::MAX,
                relative_cap_bps,
                may_increase: true,
            };
        }
        let outlooks = self.values.iter().zip(self.targets).zip(self.incomes(step));
        let outlook = |((value, target_bps), income): ((&u64, u16), Income)| SlotOutlook {
            target_bps,
            withdrawable_atoms: *value,
            move_cost_bps: COST_BPS,
            income,
            forecast: None,
            risk_factors: Vec::new(),
        };
        PortfolioView { limits, slots: outlooks.map(outlook).collect(), now_ts: 0 }
    }

    /// Moves to the targets, paying for it, then earns for a step.
    fn advance(&mut self, step: &MarketStep) {
        let total = self.total();
        let goals = self.targets.map(|target| bps_floor(total, u64::from(target)).unwrap());
        // Reductions first: they pay for the increases. Nothing is made up if idle runs short.
        for (value, goal) in self.values.iter_mut().zip(goals) {
            let out = value.saturating_sub(goal);
            *value -= out;
            self.idle += out - cost(out);
        }
        for (value, goal) in self.values.iter_mut().zip(goals) {
            let paid = goal.saturating_sub(*value).min(self.idle);
            self.idle -= paid;
            *value += paid - cost(paid);
        }
        let incomes = self.incomes(step);
        for (value, income) in self.values.iter_mut().zip(incomes) {
            let earned = *value as f64 * income.apr(*value) * STEP_SECS as f64 / YEAR_SECS;
            *value = (*value as f64 + earned) as u64;
        }
    }
}

fn replay(policy: &mut dyn Policy, seed: u64) -> ReplayReport {
    let market = market(seed);
    let meta = ReplayMeta {
        vault: "idealised".into(),
        asset: "USDC".into(),
        asset_decimals: 6,
        policy: policy.name().into(),
        strategies: NAMES.map(String::from).to_vec(),
        provenance: market.provenance().clone(),
    };
    let mut recorder = Recorder::new(meta);
    let mut vault =
        Vault { idle: START_ATOMS, values: [0; 4], targets: [2_375; 4], turnover: RollingWindow::default() };
    vault.targets[2] = 2_000;
    for step in market.map(Result::unwrap) {
        let view = vault.view(&step);
        let targets = policy.decide(&view);
        if let Action::Move { .. } = targets.action {
            // The program's verdict; a policy that gets a refusal here is broken.
            let post = check_targets(&view.limits, &targets.weights_bps).unwrap();
            vault.turnover.add(u64::from(post.turnover_bps), step.ts, WINDOW_SECS).unwrap();
            vault.targets.copy_from_slice(&targets.weights_bps[..4]);
            recorder.decision_accepted(step.ts, u64::from(post.turnover_bps));
            vault.advance(&step);
        } else {
            recorder.decision_held();
            let kept = vault.targets;
            // Nothing ordered: nothing moves, except into the opening weights.
            if step.index > 0 {
                let weight = |value: u64| (u128::from(value) * 10_000 / u128::from(vault.total())) as u16;
                vault.targets = vault.values.map(weight);
            }
            vault.advance(&step);
            vault.targets = kept;
        }
        let incomes = vault.incomes(&step);
        recorder.step(StepRow {
            ts: step.ts,
            share_price: vault.total() as f64 / START_ATOMS as f64,
            total_assets_atoms: vault.total(),
            idle_atoms: vault.idle,
            values_atoms: vault.values.to_vec(),
            net_aprs: incomes
                .iter()
                .zip(vault.values)
                .map(|(income, value)| Some(income.apr(value)))
                .collect(),
            utilisations: incomes.iter().map(|_| None).collect(),
            sol_usd: step.sol_usd.map(|quote| quote.price()),
            stable_usd: step.stable_usd.map(|quote| quote.price()),
            compute_units: 0,
        });
    }
    recorder.finish(None).unwrap()
}

#[test]
fn choosing_earns_more_than_not_choosing_and_does_not_churn() {
    for seed in [1, 2, 3] {
        let plain = replay(&mut Plain::default(), seed);
        let equal = replay(&mut EqualWeight::default(), seed);
        let held = replay(&mut Hold, seed);
        let earned = |report: &ReplayReport| report.summary.returns.total_return;
        if let Some(folder) = std::env::var_os("BALLAST_PLOT_OUT") {
            write_plot(&plain, &Path::new(&folder).join(format!("year-{seed}.png"))).unwrap();
            for (what, figure) in plain.table() {
                println!("{what:>22}  {figure}");
            }
            println!("equal {:.4}, held {:.4}", earned(&equal), earned(&held));
        }
        assert!(earned(&plain) > earned(&equal).max(earned(&held)) + 0.002, "seed {seed}");
        let decisions = plain.summary.decisions.accepted;
        assert!((5..200).contains(&decisions), "seed {seed}: {decisions} decisions");
        // The window lets through 40% a week; a year of that is 20.9 times.
        assert!(plain.summary.annual_turnover < 21.5, "seed {seed}: {}", plain.summary.annual_turnover);
        assert_eq!(held.summary.turnover_bps, 0);
    }
}

#[test]
fn the_same_seed_gives_the_same_report() {
    assert_eq!(replay(&mut Plain::default(), 9), replay(&mut Plain::default(), 9));
}
