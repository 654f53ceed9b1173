use ballast_engine::optimise::Scenarios;
use ballast_engine::optimise::hierarchy::HierarchyOptions;
use ballast_engine::optimise::portfolio::{
    Constraints, NamedRow, Objective, PortfolioProblem, Turnover, TurnoverCount,
};
use serde_json::Value;

use super::covariance::covariance;
use super::fields::{Fields, spread};

/// A portfolio problem from its JSON document; messages name the field and entry.
///
/// A field that nobody knows is named before one that is missing: it may be the missing one, misspelt.
pub fn problem(document: Value) -> Result<PortfolioProblem, String> {
    let mut fields = Fields::new("", document)?;
    fields.lift("constraints")?;
    read(&mut fields).map_err(|problem| fields.misspelt(&FIELDS).unwrap_or(problem)).and_then(|problem| {
        fields.done()?;
        Ok(problem)
    })
}

/// Every field, by all its spellings.
const FIELDS: [&str; 73] = [
    "objective",
    "goal",
    "mean",
    "means",
    "expected_returns",
    "expected_return",
    "mu",
    "covariance",
    "cov",
    "covariance_matrix",
    "sigma",
    "probabilities",
    "scenario_probabilities",
    "probs",
    "scenarios",
    "returns",
    "scenario_returns",
    "assets",
    "names",
    "asset_names",
    "linkage",
    "leaf_order",
    "distance",
    "alpha",
    "confidence",
    "confidence_level",
    "beta",
    "risk_aversion",
    "risk_free",
    "lambda",
    "risk_budgets",
    "risk_budget",
    "long_only",
    "bounds",
    "weight_bounds",
    "min_weights",
    "lower",
    "lower_bounds",
    "min_weight",
    "max_weights",
    "upper",
    "upper_bounds",
    "max_weight",
    "budget",
    "sum",
    "sum_of_weights",
    "groups",
    "group_caps",
    "factors",
    "risk_factors",
    "rows",
    "linear",
    "linear_constraints",
    "min_return",
    "target_return",
    "min_mean_return",
    "target_mean_return",
    "min_expected_return",
    "required_return",
    "max_cvar",
    "cvar_cap",
    "cvar_limit",
    "turnover",
    "count",
    "turnover_count",
    "current_weights",
    "current",
    "previous_weights",
    "max_turnover",
    "max",
    "costs",
    "cost",
    "transaction_costs",
];

fn read(fields: &mut Fields) -> Result<PortfolioProblem, String> {
    let objective: Objective = fields
        .take(&["objective", "goal"])?
        .ok_or("objective: missing; min_cvar, min_variance, max_return, mean_cvar, utility, max_sharpe, max_diversification, hrp or erc")?;
    let mean = fields.numbers(&["mean", "means", "expected_returns", "expected_return", "mu"])?;
    let covariance = fields
        .value(&["covariance", "cov", "covariance_matrix", "sigma"])
        .map(|value| covariance(value, mean.as_ref().map(Vec::len)))
        .transpose()?;
    let probabilities = fields.numbers(&["probabilities", "scenario_probabilities", "probs"])?;
    let scenarios = fields.matrix(&["scenarios", "returns", "scenario_returns"])?;
    if probabilities.is_some() && scenarios.is_none() {
        return Err("probabilities: there are no scenarios for them".into());
    }
    let scenarios = scenarios.map(|rows| Scenarios::from_rows(&rows, probabilities.as_deref()));
    let scenarios = scenarios.transpose().map_err(|error| error.to_string())?;
    let sizes = [
        covariance.as_ref().map(|covariance| covariance.size()),
        scenarios.as_ref().map(Scenarios::assets),
        mean.as_ref().map(Vec::len),
    ];
    let size = sizes.into_iter().flatten().next().ok_or("give scenarios, or mean and covariance")?;
    let assets = match fields.take::<Vec<String>>(&["assets", "names", "asset_names"])? {
        Some(names) if names.len() != size => {
            return Err(format!("assets: {} names for {size} assets", names.len()));
        }
        Some(names) => names,
        None => (1..=size).map(|asset| format!("asset {asset}")).collect(),
    };
    if let Some(name) =
        assets.iter().enumerate().find(|(at, name)| assets.iter().take(*at).any(|other| other == *name))
    {
        return Err(format!("assets: `{}` appears twice", name.1));
    }
    let constraints = constraints(fields, &assets)?;
    let defaults = HierarchyOptions::default();
    let hierarchy = HierarchyOptions {
        linkage: fields.take(&["linkage"])?.unwrap_or(defaults.linkage),
        leaf_order: fields.take(&["leaf_order"])?.unwrap_or(defaults.leaf_order),
        distance: fields.take(&["distance"])?.unwrap_or(defaults.distance),
    };
    let problem = PortfolioProblem {
        objective,
        alpha: fields.take(&["alpha", "confidence", "confidence_level", "beta"])?.unwrap_or(0.95),
        mean,
        covariance,
        scenarios,
        constraints,
        risk_aversion: fields.take(&["risk_aversion", "lambda"])?.unwrap_or(1.0),
        risk_free: fields.take(&["risk_free"])?.unwrap_or(0.0),
        hierarchy,
        risk_budgets: fields.numbers(&["risk_budgets", "risk_budget"])?,
        assets,
    };
    Ok(problem)
}

fn constraints(fields: &mut Fields, assets: &[String]) -> Result<Constraints, String> {
    let size = assets.len();
    let long_only = fields.take::<bool>(&["long_only"])?.unwrap_or(true);
    let mut lower = vec![if long_only { 0.0 } else { f64::NEG_INFINITY }; size];
    let mut upper = vec![f64::INFINITY; size];
    if let Some(value) = fields.value(&["bounds", "weight_bounds"]) {
        (lower, upper) = bounds(value, (lower, upper))?;
    }
    if let Some(value) = fields.value(&["min_weights", "lower", "lower_bounds", "min_weight"]) {
        lower = spread("min_weights", value, size, f64::NEG_INFINITY)?;
    }
    if let Some(value) = fields.value(&["max_weights", "upper", "upper_bounds", "max_weight"]) {
        upper = spread("max_weights", value, size, f64::INFINITY)?;
    }
    // An explicit null is no budget; a missing one is fully invested.
    let budget = match fields.take_nullable(&["budget", "sum", "sum_of_weights"]) {
        None => Some((1.0, 1.0)),
        Some(Value::Null) => None,
        Some(value) => Some(range("budget", value)?),
    };
    let mut rows = Vec::new();
    for (at, value) in fields
        .take::<Vec<Value>>(&["groups", "group_caps", "factors", "risk_factors"])?
        .into_iter()
        .flatten()
        .enumerate()
    {
        rows.push(group(at, value, assets)?);
    }
    for (at, value) in fields
        .take::<Vec<Value>>(&["rows", "linear", "linear_constraints"])?
        .into_iter()
        .flatten()
        .enumerate()
    {
        rows.push(row(at, value, assets)?);
    }
    Ok(Constraints {
        budget,
        lower,
        upper,
        min_return: fields.take(&[
            "min_return",
            "target_return",
            "min_mean_return",
            "target_mean_return",
            "min_expected_return",
            "required_return",
        ])?,
        max_cvar: fields.take(&["max_cvar", "cvar_cap", "cvar_limit"])?,
        rows,
        turnover: turnover(fields, size)?,
    })
}

/// One pair for all, a pair an asset, or {min, max} of numbers or lists.
fn bounds(
    value: Value,
    (mut lower, mut upper): (Vec<f64>, Vec<f64>),
) -> Result<(Vec<f64>, Vec<f64>), String> {
    let size = lower.len();
    if value.is_object() {
        let mut fields = Fields::new("bounds", value)?;
        if let Some(value) = fields.value(&["min", "lower"]) {
            lower = spread("bounds: min", value, size, f64::NEG_INFINITY)?;
        }
        if let Some(value) = fields.value(&["max", "upper"]) {
            upper = spread("bounds: max", value, size, f64::INFINITY)?;
        }
        fields.done()?;
        return Ok((lower, upper));
    }
    let Value::Array(entries) = value else {
        return Err("bounds: [min, max], a list of those, or {\"min\": .., \"max\": ..} is expected".into());
    };
    if entries.len() == 2 && entries.iter().all(|entry| !entry.is_array()) {
        let (low, high) = range("bounds", Value::Array(entries))?;
        return Ok((vec![low; size], vec![high; size]));
    }
    if entries.len() != size {
        return Err(format!("bounds: {} entries for {size} assets", entries.len()));
    }
    let entries = entries.into_iter().enumerate();
    let pairs: Vec<(f64, f64)> = entries
        .map(|(at, entry)| range(&format!("bounds: entry {}", at + 1), entry))
        .collect::<Result<_, _>>()?;
    Ok(pairs.into_iter().unzip())
}

/// One number for both ends, [min, max] or {min, max}; null is no limit.
fn range(place: &str, value: Value) -> Result<(f64, f64), String> {
    if let Some(both) = value.as_f64() {
        return Ok((both, both));
    }
    let (low, high) = match value {
        Value::Array(ends) => <[Value; 2]>::try_from(ends)
            .map(|[low, high]| (low, high))
            .map_err(|_| format!("{place}: [min, max] is expected"))?,
        value => {
            let mut fields = Fields::new(place, value)?;
            let ends = (fields.value(&["min", "lower"]), fields.value(&["max", "upper"]));
            fields.done()?;
            (ends.0.unwrap_or(Value::Null), ends.1.unwrap_or(Value::Null))
        }
    };
    let end = |value: &Value, none: f64| match value {
        Value::Null => Ok(none),
        value => value.as_f64().ok_or_else(|| format!("{place}: {value} is not a number")),
    };
    Ok((end(&low, f64::NEG_INFINITY)?, end(&high, f64::INFINITY)?))
}

/// Position of an asset given by name or by zero-based index.
fn position(place: &str, value: &Value, assets: &[String]) -> Result<usize, String> {
    let by_name = |name: &str| assets.iter().position(|asset| asset == name);
    let by_index = |at: u64| usize::try_from(at).ok().filter(|at| *at < assets.len());
    let found = value.as_str().map_or_else(|| value.as_u64().and_then(by_index), by_name);
    found.ok_or_else(|| {
        format!("{place}: {value} is neither an asset's name nor its index from 0 to {}", assets.len() - 1)
    })
}

fn group(at: usize, value: Value, assets: &[String]) -> Result<NamedRow, String> {
    let place = format!("groups, entry {}", at + 1);
    let mut fields = Fields::new(&place, value)?;
    let name = fields.take(&["name", "factor", "group"])?.unwrap_or_else(|| format!("group {}", at + 1));
    let members: Vec<Value> =
        fields.take(&["members", "assets", "indices"])?.ok_or(format!("{place}: members are missing"))?;
    let mut coefficients = vec![0.0; assets.len()];
    for member in &members {
        if let Some(slot) = coefficients.get_mut(position(&place, member, assets)?) {
            *slot = 1.0;
        }
    }
    limited(fields, &place, name, coefficients)
}

fn row(at: usize, value: Value, assets: &[String]) -> Result<NamedRow, String> {
    let place = format!("rows, entry {}", at + 1);
    let mut fields = Fields::new(&place, value)?;
    let name = fields.take(&["name"])?.unwrap_or_else(|| format!("row {}", at + 1));
    let coefficients = match fields.value(&["coefficients", "weights", "a"]) {
        Some(Value::Object(by_name)) => {
            let mut coefficients = vec![0.0; assets.len()];
            for (name, value) in by_name {
                let at = position(&place, &Value::String(name.clone()), assets)?;
                let value = value
                    .as_f64()
                    .ok_or_else(|| format!("{place}: the coefficient of {name} is not a number"))?;
                if let Some(slot) = coefficients.get_mut(at) {
                    *slot = value;
                }
            }
            coefficients
        }
        Some(value) => super::fields::numbers(&format!("{place}: coefficients"), value)?,
        None => return Err(format!("{place}: coefficients are missing")),
    };
    limited(fields, &place, name, coefficients)
}

/// The limits of a group or row: `min`, `max` or `equal`.
fn limited(
    mut fields: Fields,
    place: &str,
    name: String,
    coefficients: Vec<f64>,
) -> Result<NamedRow, String> {
    let equal: Option<f64> = fields.take(&["equal", "equals", "eq"])?;
    let lower = fields.take(&["min", "lower"])?.or(equal);
    let upper = fields.take(&["max", "upper", "cap"])?.or(equal);
    fields.done()?;
    if lower.is_none() && upper.is_none() {
        return Err(format!("{place}: neither min nor max is given"));
    }
    let (lower, upper) = (lower.unwrap_or(f64::NEG_INFINITY), upper.unwrap_or(f64::INFINITY));
    Ok(NamedRow { name, coefficients, lower, upper })
}

/// `turnover` as an object, or `current_weights`, `max_turnover` and `costs` beside the other constraints.
fn turnover(fields: &mut Fields, size: usize) -> Result<Option<Turnover>, String> {
    const CURRENT: [&str; 3] = ["current_weights", "current", "previous_weights"];
    const MOST: [&str; 2] = ["max_turnover", "max"];
    const COSTS: [&str; 3] = ["costs", "cost", "transaction_costs"];
    let mut nested = fields.value(&["turnover"]).map(|value| Fields::new("turnover", value)).transpose()?;
    let inner = nested.as_mut().unwrap_or(fields);
    let current = inner.numbers(&CURRENT)?;
    let most = inner.take::<f64>(&MOST)?;
    let costs = inner.value(&COSTS).map(|value| spread("costs", value, size, 0.0)).transpose()?;
    let count = inner.take::<TurnoverCount>(&["count", "turnover_count"])?.unwrap_or_default();
    let asked = most.is_some() || costs.is_some();
    if let Some(nested) = nested {
        nested.done()?;
    }
    match current {
        None if asked => Err("turnover: current_weights are missing".into()),
        None => Ok(None),
        Some(current) => {
            let (most, costs) = (most.unwrap_or(f64::INFINITY), costs.unwrap_or_else(|| vec![0.0; size]));
            Ok(Some(Turnover { current, most, count, costs }))
        }
    }
}
