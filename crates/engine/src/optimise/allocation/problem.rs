use super::IncomeCurve;
use crate::optimise::OptimiseError;

/// The whole, bps.
pub const WHOLE: u16 = 10_000;

/// One slot of the vault.
#[derive(Clone, Debug, PartialEq)]
pub struct SlotProblem {
    /// For messages.
    pub name: String,
    /// What it earns by weight; must reach as far as the cap and the present weight.
    pub income: IncomeCurve,
    /// Weight now, bps rounded down.
    pub current_bps: u16,
    /// Most it may weigh, bps.
    pub cap_bps: u16,
    /// Cost of moving, fraction of the amount moved, either way.
    pub move_cost: f64,
    /// Share of the slot that could be withdrawn at once, 0 to 1.
    pub withdrawable_fraction: f64,
    /// True when it should stay as it is unless a limit demands less: nothing is known of it.
    pub frozen: bool,
}

/// A cap on slots that share a risk factor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactorCap {
    /// For messages.
    pub name: String,
    /// Indices of slots.
    pub members: Vec<usize>,
    /// Most they may weigh together, bps.
    pub cap_bps: u16,
}

/// Scenario losses as the chain holds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioLosses {
    /// A row a scenario, a column a slot: loss in bps of the slot's value, -10,000 to 10,000.
    pub losses_bps: Vec<Vec<i32>>,
    /// CVaR is the mean loss over this many worst scenarios.
    pub worst_k: usize,
    /// Most CVaR, bps of the vault.
    pub cap_bps: u16,
}

/// What to allocate, and inside which limits. All weights in bps of the vault.
#[derive(Clone, Debug, PartialEq)]
pub struct AllocationProblem {
    /// The slots.
    pub slots: Vec<SlotProblem>,
    /// Risk-factor caps.
    pub factors: Vec<FactorCap>,
    /// Share that must stay idle.
    pub idle_min_bps: u16,
    /// Most the increases may sum to, as the program counts turnover; none for no limit.
    pub turnover_bps: Option<u16>,
    /// Least share that can be had at once: idle and what slots can pay out.
    pub liquidity_min_bps: u16,
    /// Scenario CVaR; none for no cap.
    pub scenarios: Option<ScenarioLosses>,
    /// Time over which the cost of a move must earn itself back, years.
    pub horizon_years: f64,
    /// Least change of a slot worth ordering. Reductions that a limit forces may be smaller.
    pub min_move_bps: u16,
}

/// Weights for the vault.
#[derive(Clone, Debug, PartialEq)]
pub struct Allocation {
    /// One a slot.
    pub weights_bps: Vec<u16>,
    /// What the slots earn, bps of the vault a year, costs of moving not taken off.
    pub income: f64,
    /// The same at the present weights.
    pub income_now: f64,
    /// Cost of moving there, bps of the vault, once.
    pub move_cost_bps: f64,
    /// Scenario CVaR, bps of the vault; none without scenarios.
    pub cvar_bps: Option<f64>,
    /// Sum of the increases, bps.
    pub turnover_bps: u16,
    /// What stays idle, bps.
    pub idle_bps: u16,
    /// Limits that hold with equality, by name.
    pub active: Vec<String>,
    /// True when the present weights are outside a limit: the move is owed, whatever it gains.
    pub forced: bool,
    /// When forced, the nearest weights inside the limits.
    pub nearest_bps: Option<Vec<u16>>,
    /// How much more than this any weights could earn net of moving, bps of the vault a year: proven.
    pub gap: f64,
    /// Linear programmes solved.
    pub nodes: usize,
}

impl Allocation {
    /// Gain over staying put with the cost of moving spread over the horizon, bps of the vault a year.
    pub fn net_gain(&self, horizon_years: f64) -> f64 {
        self.income - self.income_now - self.move_cost_bps / horizon_years
    }
}

impl AllocationProblem {
    /// Refuses what does not fit together; the message names the slot.
    pub fn check(&self) -> Result<(), OptimiseError> {
        let wrong = |problem: String| Err(OptimiseError::Input(problem));
        if !(self.horizon_years > 0.0 && self.horizon_years.is_finite()) {
            return wrong(format!("horizon: {} years is not a positive time", self.horizon_years));
        }
        for (name, value) in [("idle buffer", self.idle_min_bps), ("liquidity", self.liquidity_min_bps)] {
            if value > WHOLE {
                return wrong(format!("{name}: {value} bps is more than the whole"));
            }
        }
        let mut sum = 0u32;
        for slot in &self.slots {
            sum += u32::from(slot.current_bps);
            if slot.cap_bps > WHOLE || slot.income.most() < slot.cap_bps.max(slot.current_bps) {
                return wrong(format!(
                    "{}: its income is known up to {} bps, its cap is {} and its weight {}",
                    slot.name,
                    slot.income.most(),
                    slot.cap_bps,
                    slot.current_bps
                ));
            }
            if !(0.0..=1.0).contains(&slot.move_cost) || !(0.0..=1.0).contains(&slot.withdrawable_fraction) {
                return wrong(format!(
                    "{}: move cost and withdrawable share are fractions from 0 to 1",
                    slot.name
                ));
            }
        }
        if sum > u32::from(WHOLE) {
            return wrong(format!("the present weights sum to {sum} bps, more than the whole"));
        }
        for factor in &self.factors {
            if let Some(member) = factor.members.iter().find(|member| **member >= self.slots.len()) {
                return wrong(format!("{}: there is no slot {member}", factor.name));
            }
        }
        let Some(scenarios) = &self.scenarios else { return Ok(()) };
        if scenarios.worst_k == 0 || scenarios.worst_k > scenarios.losses_bps.len() {
            return wrong(format!(
                "scenarios: the worst {} of {}",
                scenarios.worst_k,
                scenarios.losses_bps.len()
            ));
        }
        for (row, losses) in scenarios.losses_bps.iter().enumerate() {
            if losses.len() != self.slots.len()
                || losses.iter().any(|loss| loss.unsigned_abs() > u32::from(WHOLE))
            {
                return wrong(format!(
                    "scenarios: row {} is not {} losses within 10,000 bps",
                    row + 1,
                    self.slots.len()
                ));
            }
        }
        Ok(())
    }

    /// Present weights.
    pub fn current(&self) -> Vec<u16> {
        self.slots.iter().map(|slot| slot.current_bps).collect()
    }

    /// What `weights` earn, bps of the vault a year.
    pub fn income(&self, weights: &[u16]) -> f64 {
        self.slots.iter().zip(weights).map(|(slot, weight)| slot.income.at(f64::from(*weight))).sum()
    }

    /// Cost of moving to `weights`, bps of the vault.
    pub fn move_cost_bps(&self, weights: &[u16]) -> f64 {
        let moves = self.slots.iter().zip(weights);
        moves.map(|(slot, weight)| f64::from(weight.abs_diff(slot.current_bps)) * slot.move_cost).sum()
    }

    /// Income less the cost of moving spread over the horizon: what is maximised.
    pub fn net(&self, weights: &[u16]) -> f64 {
        self.income(weights) - self.move_cost_bps(weights) / self.horizon_years
    }
}
