use serde::{Deserialize, Serialize};

use crate::optimise::hierarchy::HierarchyOptions;
use crate::optimise::simplex::dot;
use crate::optimise::{Covariance, OptimiseError, Scenarios};

/// What to optimise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// Least CVaR.
    #[serde(alias = "min-cvar", alias = "cvar", alias = "minimize_cvar", alias = "minimise_cvar")]
    MinCvar,
    /// Least variance.
    #[serde(alias = "min-variance", alias = "variance", alias = "min_volatility", alias = "min_var")]
    MinVariance,
    /// Most expected return after costs.
    #[serde(alias = "max-return", alias = "maximise_return", alias = "maximize_return")]
    MaxReturn,
    /// Most expected return after costs less risk aversion times CVaR.
    #[serde(alias = "mean-cvar")]
    MeanCvar,
    /// Most expected return after costs less half of risk aversion times variance.
    Utility,
    /// Most expected return after costs above the risk-free rate, over the standard deviation.
    MaxSharpe,
    /// Most weighted mean of the assets' deviations over the portfolio's deviation.
    MaxDiversification,
    /// Hierarchical risk parity.
    #[serde(alias = "HRP", alias = "hierarchical_risk_parity")]
    Hrp,
    /// Equal (or budgeted) risk contributions.
    #[serde(alias = "ERC", alias = "risk_parity", alias = "equal_risk_contribution")]
    Erc,
}

/// lower <= coefficients · weights <= upper under a name.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedRow {
    /// Named so in messages and among active constraints.
    pub name: String,
    /// One an asset.
    pub coefficients: Vec<f64>,
    /// Minus infinity for none.
    pub lower: f64,
    /// Infinity for none.
    pub upper: f64,
}

impl NamedRow {
    /// Its largest coefficient, by size.
    pub fn size(&self) -> f64 {
        self.coefficients.iter().fold(0.0, |most, value| most.max(value.abs()))
    }
}

/// What moving away from the present weights costs, and how much of it may be done.
#[derive(Clone, Debug, PartialEq)]
pub struct Turnover {
    /// Weights now.
    pub current: Vec<f64>,
    /// Most turnover in the unit of `count`; infinity for no limit.
    pub most: f64,
    /// How turnover is counted.
    pub count: TurnoverCount,
    /// Cost of moving each asset, fraction of the amount moved.
    pub costs: Vec<f64>,
}

/// How turnover is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TurnoverCount {
    /// Sum of all changes.
    #[default]
    #[serde(alias = "two_way", alias = "sum")]
    Total,
    /// Half of the sum of all changes.
    Half,
    /// Sum of the increases, as the program counts.
    #[serde(alias = "one_way", alias = "buys")]
    Increases,
}

/// What weights must satisfy.
#[derive(Clone, Debug, PartialEq)]
pub struct Constraints {
    /// Least and most sum of weights; none for no budget.
    pub budget: Option<(f64, f64)>,
    /// Least weight of each asset; minus infinity for none.
    pub lower: Vec<f64>,
    /// Most weight of each asset; infinity for none.
    pub upper: Vec<f64>,
    /// Least expected return after costs.
    pub min_return: Option<f64>,
    /// Most CVaR.
    pub max_cvar: Option<f64>,
    /// Group and risk-factor caps, general linear rows.
    pub rows: Vec<NamedRow>,
    /// Costs and turnover limit against present weights.
    pub turnover: Option<Turnover>,
}

impl Constraints {
    /// Fully invested and long only: weights of at least zero that sum to one.
    pub fn long_only(assets: usize) -> Self {
        Self {
            budget: Some((1.0, 1.0)),
            lower: vec![0.0; assets],
            upper: vec![f64::INFINITY; assets],
            min_return: None,
            max_cvar: None,
            rows: Vec::new(),
            turnover: None,
        }
    }
}

/// A portfolio to choose. Weights are fractions of the whole; returns and risks are fractions a period.
#[derive(Clone, Debug)]
pub struct PortfolioProblem {
    /// What to optimise.
    pub objective: Objective,
    /// Confidence of VaR and CVaR: 0.95 looks at the worst 5%.
    pub alpha: f64,
    /// Names, one an asset.
    pub assets: Vec<String>,
    /// Expected returns; the scenarios' means when there are none.
    pub mean: Option<Vec<f64>>,
    /// Covariance; the scenarios' when there is none.
    pub covariance: Option<Covariance>,
    /// Scenarios: CVaR is the mean of their tail. Without them returns are normal.
    pub scenarios: Option<Scenarios>,
    /// What weights must satisfy.
    pub constraints: Constraints,
    /// Weight of CVaR against return in [`Objective::MeanCvar`], of half the variance in [`Objective::Utility`].
    pub risk_aversion: f64,
    /// Return a period that [`Objective::MaxSharpe`] counts from, a fraction.
    pub risk_free: f64,
    /// For [`Objective::Hrp`].
    pub hierarchy: HierarchyOptions,
    /// Shares of risk for [`Objective::Erc`]; equal when none.
    pub risk_budgets: Option<Vec<f64>>,
}

impl PortfolioProblem {
    /// Long only, fully invested, alpha 0.95, over scenarios.
    pub fn over_scenarios(objective: Objective, scenarios: Scenarios) -> Self {
        let assets = scenarios.assets();
        Self { scenarios: Some(scenarios), ..Self::blank(objective, assets) }
    }

    /// Long only, fully invested, alpha 0.95, normal returns.
    pub fn normal(objective: Objective, mean: Vec<f64>, covariance: Covariance) -> Self {
        let assets = covariance.size();
        Self { mean: Some(mean), covariance: Some(covariance), ..Self::blank(objective, assets) }
    }

    fn blank(objective: Objective, assets: usize) -> Self {
        Self {
            objective,
            alpha: 0.95,
            assets: (1..=assets).map(|asset| format!("asset {asset}")).collect(),
            mean: None,
            covariance: None,
            scenarios: None,
            constraints: Constraints::long_only(assets),
            risk_aversion: 1.0,
            risk_free: 0.0,
            hierarchy: HierarchyOptions::default(),
            risk_budgets: None,
        }
    }

    /// Number of assets.
    pub fn size(&self) -> usize {
        self.assets.len()
    }

    /// Refuses what does not fit together; the message names the field and entry.
    pub fn check(&self) -> Result<(), OptimiseError> {
        let size = self.size();
        let wrong = |problem: String| Err(OptimiseError::Input(problem));
        if size == 0 {
            return wrong("there are no assets".into());
        }
        if !(self.alpha >= 0.5 && self.alpha < 1.0) {
            return wrong(format!(
                "alpha: {} is not a confidence level of at least 0.5 and less than 1; for the worst 5% it is 0.95",
                self.alpha
            ));
        }
        let turnover = self.constraints.turnover.as_ref();
        let vectors = [
            ("mean", self.mean.as_ref()),
            ("lower bounds", Some(&self.constraints.lower)),
            ("upper bounds", Some(&self.constraints.upper)),
            ("turnover: current weights", turnover.map(|turnover| &turnover.current)),
            ("turnover: costs", turnover.map(|turnover| &turnover.costs)),
            ("risk budgets", self.risk_budgets.as_ref()),
        ];
        for (name, values) in vectors.iter().filter_map(|(name, values)| values.map(|values| (name, values)))
        {
            if values.len() != size {
                return wrong(format!("{name}: {} entries for {size} assets", values.len()));
            }
            let infinite_bound = |value: f64| name.ends_with("bounds") && value.is_infinite();
            if let Some(at) = values.iter().position(|value| !(value.is_finite() || infinite_bound(*value))) {
                return wrong(format!("{name}: entry {} is not a finite number", at + 1));
            }
        }
        let sizes = [
            ("covariance", self.covariance.as_ref().map(Covariance::size)),
            ("scenarios", self.scenarios.as_ref().map(Scenarios::assets)),
        ];
        for (name, found) in sizes {
            if found.is_some_and(|found| found != size) {
                return wrong(format!("{name}: {} assets, but {size} elsewhere", found.unwrap_or(0)));
            }
        }
        if let Some((at, value)) = self.mean.iter().flatten().enumerate().find(|(_, value)| value.abs() > 1.0)
        {
            return wrong(format!("mean: entry {} is {value}; returns are fractions, 0.05 is 5%", at + 1));
        }
        self.check_constraints()
    }

    fn check_constraints(&self) -> Result<(), OptimiseError> {
        let wrong = |problem: String| Err(OptimiseError::Input(problem));
        let c = &self.constraints;
        let bounds = c.lower.iter().zip(&c.upper).zip(&self.assets);
        for ((lower, upper), name) in bounds {
            if lower > upper || *lower == f64::INFINITY || *upper == f64::NEG_INFINITY {
                return wrong(format!("bounds of {name}: no weight lies between {lower} and {upper}"));
            }
        }
        let ranges = c.rows.iter().map(|row| (row.name.as_str(), row.lower, row.upper));
        for (name, lower, upper) in ranges.chain(c.budget.iter().map(|(low, high)| ("budget", *low, *high))) {
            if lower.is_nan() || upper.is_nan() || lower > upper {
                return wrong(format!("{name}: nothing lies between {lower} and {upper}"));
            }
        }
        for row in &c.rows {
            if row.coefficients.len() != self.size()
                || !row.coefficients.iter().all(|value| value.is_finite())
            {
                return wrong(format!(
                    "{}: its coefficients are not {} finite numbers",
                    row.name,
                    self.size()
                ));
            }
        }
        let scalars = [
            ("min_return", c.min_return),
            ("max_cvar", c.max_cvar),
            ("risk_aversion", Some(self.risk_aversion)),
            ("risk_free", Some(self.risk_free)),
        ];
        for (name, value) in scalars {
            if value.is_some_and(|value| !value.is_finite()) {
                return wrong(format!("{name}: not a finite number"));
            }
        }
        for (name, value) in
            [("min_return", c.min_return), ("max_cvar", c.max_cvar), ("risk_free", Some(self.risk_free))]
        {
            if let Some(value) = value.filter(|value| value.abs() > 1.0) {
                return wrong(format!("{name}: {value}; returns are fractions, 0.05 is 5%"));
            }
        }
        if self.risk_aversion < 0.0 {
            return wrong(format!("risk_aversion: {} is negative", self.risk_aversion));
        }
        if let Some(turnover) = &c.turnover {
            if turnover.most.is_nan() || turnover.most < 0.0 {
                return wrong(format!("turnover: {} is not a limit", turnover.most));
            }
            if let Some(at) = turnover.costs.iter().position(|cost| !(0.0..=1.0).contains(cost)) {
                return wrong(format!("turnover: cost {} is not a fraction from 0 to 1", at + 1));
            }
        }
        Ok(())
    }

    /// Expected returns: as given, else the scenarios' means.
    pub fn means(&self) -> Option<Vec<f64>> {
        self.mean.clone().or_else(|| self.scenarios.as_ref().map(Scenarios::means))
    }

    /// Covariance: as given, else the scenarios'.
    pub fn covariances(&self) -> Option<Covariance> {
        self.covariance.clone().or_else(|| self.scenarios.as_ref().map(Scenarios::covariance))
    }

    /// What it costs to get to `weights`, fraction of the whole.
    pub fn cost_of(&self, weights: &[f64]) -> f64 {
        self.constraints.turnover.as_ref().map_or(0.0, |turnover| {
            let moved = weights.iter().zip(&turnover.current).map(|(to, from)| (to - from).abs());
            moved.zip(&turnover.costs).map(|(moved, cost)| moved * cost).sum()
        })
    }

    /// Turnover of getting to `weights`, as the problem counts it; zero without present weights.
    pub fn turnover_of(&self, weights: &[f64]) -> f64 {
        self.constraints.turnover.as_ref().map_or(0.0, |turnover| {
            let change = weights.iter().zip(&turnover.current).map(|(to, from)| to - from);
            match turnover.count {
                TurnoverCount::Total => change.map(f64::abs).sum(),
                TurnoverCount::Half => change.map(f64::abs).sum::<f64>() / 2.0,
                TurnoverCount::Increases => change.map(|change| change.max(0.0)).sum(),
            }
        })
    }

    /// Expected return after costs.
    pub fn net_return(&self, means: &[f64], weights: &[f64]) -> f64 {
        dot(means, weights) - self.cost_of(weights)
    }
}
