//! The checks on a specification, field by field.

use std::collections::BTreeMap;

use ballast_math::MAX_ALLOCATIONS;
use ballast_math::scenario::{MAX_SCENARIOS, MAX_SET_FACTORS};

use super::calibration::{Jump, defaults_for};
use super::history::Measure;
use super::spec::{FactorEntry, FactorSpec, Intensity, MarketSpec, ScenarioSpec, StrategySpec};
use super::{ScenarioError, factor_id};

/// Fewest scenarios in a set.
pub const MIN_SCENARIOS: usize = 32;
/// Strategies in one specification.
pub const MAX_STRATEGIES: usize = 64;
const LONGEST_DAYS: f64 = 366.0;

/// A factor with everything decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Factor {
    /// Its name.
    pub name: String,
    /// [`factor_id`] of it.
    pub id: u32,
    /// Its jumps.
    pub jumps: Vec<Jump>,
    /// Its market.
    pub market: Option<MarketSpec>,
}

/// A portfolio with weights in bps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mix {
    /// Its name.
    pub name: String,
    /// (index of the strategy, weight in bps), at most eight, none zero.
    pub weights_bps: Vec<(usize, u16)>,
}

/// A specification whose every field has been checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// Factors, in the order given.
    pub factors: Vec<Factor>,
    /// Strategies: name, and a bit a factor.
    pub strategies: Vec<(String, u16)>,
    /// Portfolios.
    pub mixes: Vec<Mix>,
    /// Confidence level, bps.
    pub alpha_bps: u16,
    /// Period, seconds.
    pub horizon_secs: u32,
}

impl ScenarioSpec {
    /// Checks every field.
    pub fn check(&self) -> Result<Checked, ScenarioError> {
        self.check_numbers()?;
        let factors = self.checked_factors()?;
        let strategies = self.checked_strategies(&factors)?;
        let mut mixes = Vec::new();
        let single = self.mix.iter().map(|mix| ("mix", "mix".to_owned(), mix));
        let named = self.mixes.iter().map(|(name, mix)| (name.as_str(), format!("mixes.{name}"), mix));
        for (name, field, weights) in single.chain(named) {
            mixes.push(checked_mix(name, &field, weights, &strategies)?);
        }
        Ok(Checked {
            factors,
            strategies,
            mixes,
            alpha_bps: (self.alpha * 10_000.0).round() as u16,
            horizon_secs: (self.horizon_days * 86_400.0).round() as u32,
        })
    }

    fn check_numbers(&self) -> Result<(), ScenarioError> {
        let wrong = |field: &str, problem: String| Err(ScenarioError::field(field, problem));
        if !(0.5..1.0).contains(&self.alpha) {
            let hint = if (50.0..100.0).contains(&self.alpha) { " (is it in percent?)" } else { "" };
            return wrong("alpha", format!("{} is not a confidence level in 0.5 to 1{hint}", self.alpha));
        }
        if (self.alpha * 1e4 - (self.alpha * 1e4).round()).abs() > 1e-6 || self.alpha > 0.9999 {
            return wrong("alpha", format!("{} is not a whole number of basis points below 1", self.alpha));
        }
        if !(self.horizon_days > 0.0 && self.horizon_days <= LONGEST_DAYS) {
            return wrong("horizon_days", format!("{} is not in 0 to {LONGEST_DAYS}", self.horizon_days));
        }
        if !(MIN_SCENARIOS..=MAX_SCENARIOS).contains(&self.count) {
            return wrong("count", format!("{} is not in {MIN_SCENARIOS} to {MAX_SCENARIOS}", self.count));
        }
        let sweep = &self.sensitivity;
        let scales = [self.intensity_scale, self.severity_scale];
        for scale in scales.iter().chain(&sweep.intensity).chain(&sweep.severity) {
            if !(0.0..=1_000.0).contains(scale) {
                return wrong("a scale", format!("{scale} is not in 0 to 1000"));
            }
        }
        if sweep.intensity.len() * sweep.severity.len() > 64 {
            return wrong("sensitivity", "more than 64 combinations".into());
        }
        Ok(())
    }

    fn checked_factors(&self) -> Result<Vec<Factor>, ScenarioError> {
        let mut entries: Vec<FactorSpec> = Vec::new();
        for entry in &self.factors {
            entries.push(match entry {
                FactorEntry::Name(id) => FactorSpec { id: id.clone(), jumps: None, market: None },
                FactorEntry::Full(full) => full.clone(),
            });
        }
        if entries.is_empty() {
            let mut names: Vec<&String> = self.strategies.iter().flat_map(|s| &s.factors).collect();
            let mut seen = Vec::new();
            names.retain(|name| {
                !seen.contains(name) && {
                    seen.push(*name);
                    true
                }
            });
            entries.extend(names.into_iter().map(|id| FactorSpec {
                id: id.clone(),
                jumps: None,
                market: None,
            }));
        }
        if entries.is_empty() || entries.len() > MAX_SET_FACTORS {
            let problem = format!("{} of them: a set has 1 to {MAX_SET_FACTORS}", entries.len());
            return Err(ScenarioError::field("factors", problem));
        }
        for name in self.intensities.keys() {
            if !entries.iter().any(|entry| entry.id == *name) {
                return Err(ScenarioError::field(format!("intensities.{name}"), "no such factor"));
            }
        }
        let mut factors: Vec<Factor> = Vec::new();
        for (index, entry) in entries.into_iter().enumerate() {
            let factor = self.checked_factor(entry, &format!("factors[{index}]"))?;
            if factors.iter().any(|other| other.id == factor.id) {
                return Err(ScenarioError::field(
                    format!("factors[{index}]"),
                    format!("`{}` is there twice", factor.name),
                ));
            }
            factors.push(factor);
        }
        Ok(factors)
    }

    fn checked_factor(&self, entry: FactorSpec, field: &str) -> Result<Factor, ScenarioError> {
        let id = factor_id(&entry.id);
        if entry.id.trim().is_empty() || id == 0 {
            return Err(ScenarioError::field(field, format!("{:?} is no name for a factor", entry.id)));
        }
        let is_asset = entry.id.starts_with("asset:");
        let market = entry.market.or_else(|| is_asset.then(MarketSpec::default));
        let mut jumps = match entry.jumps {
            Some(jumps) => jumps,
            None => defaults_for(&entry.id),
        };
        if jumps.is_empty() && market.is_none() {
            let problem =
                format!("the calibration table has nothing for `{}`: give it jumps or a market", entry.id);
            return Err(ScenarioError::field(field, problem));
        }
        if let Some(market) = &market {
            check_market(market, &entry.id, field, self.history.is_some())?;
        }
        if let Some(intensity) = self.intensities.get(&entry.id) {
            apply(intensity, &mut jumps, &entry.id)?;
        }
        for (index, jump) in jumps.iter().enumerate() {
            let at = format!("{field}.jumps[{index}]");
            if !(0.0..=1_000.0).contains(&jump.intensity) {
                let problem = format!("{} events a year is not in 0 to 1000", jump.intensity);
                return Err(ScenarioError::field(format!("{at}.intensity"), problem));
            }
            jump.severity.validate(&format!("{at}.severity"))?;
            if jumps.iter().skip(index + 1).any(|other| other.kind == jump.kind) {
                return Err(ScenarioError::field(at, "its kind is there twice"));
            }
        }
        Ok(Factor { name: entry.id, id, jumps, market })
    }

    fn checked_strategies(&self, factors: &[Factor]) -> Result<Vec<(String, u16)>, ScenarioError> {
        let own: Vec<StrategySpec>;
        let specs = if self.strategies.is_empty() {
            let one = |factor: &Factor| StrategySpec {
                name: factor.name.clone(),
                factors: vec![factor.name.clone()],
            };
            own = factors.iter().map(one).collect();
            &own
        } else {
            &self.strategies
        };
        if specs.len() > MAX_STRATEGIES {
            return Err(ScenarioError::field(
                "strategies",
                format!("{} are more than {MAX_STRATEGIES}", specs.len()),
            ));
        }
        let mut checked: Vec<(String, u16)> = Vec::new();
        for (index, spec) in specs.iter().enumerate() {
            let field = format!("strategies[{index}]");
            if checked.iter().any(|(name, _)| *name == spec.name) {
                return Err(ScenarioError::field(field, format!("`{}` is there twice", spec.name)));
            }
            let mut mask = 0u16;
            for name in &spec.factors {
                let place = factors.iter().position(|factor| factor.name == *name);
                let Some(place) = place else {
                    let problem = format!("`{name}` is not among the factors");
                    return Err(ScenarioError::field(format!("{field}.factors"), problem));
                };
                mask |= 1 << place;
            }
            if mask == 0 {
                return Err(ScenarioError::field(
                    format!("{field}.factors"),
                    "a strategy without any risk factor",
                ));
            }
            checked.push((spec.name.clone(), mask));
        }
        Ok(checked)
    }
}

fn check_market(
    market: &MarketSpec,
    name: &str,
    field: &str,
    has_history: bool,
) -> Result<(), ScenarioError> {
    let at = format!("{field}.market");
    match &market.column {
        Some(_) if !has_history => Err(ScenarioError::field(at, "a column, but no history is given")),
        None if name != "asset:SOL" => Err(ScenarioError::field(
            at,
            format!("`{name}` needs a column of a history: the generator knows only asset:SOL"),
        )),
        None if market.measure == Measure::Rate => {
            Err(ScenarioError::field(at, "a rate needs a column of a history"))
        }
        _ => match market.beta {
            Some(beta) if !(0.0..=10.0).contains(&beta) => {
                Err(ScenarioError::field(format!("{at}.beta"), format!("{beta} is not in 0 to 10")))
            }
            _ => Ok(()),
        },
    }
}

fn apply(intensity: &Intensity, jumps: &mut [Jump], name: &str) -> Result<(), ScenarioError> {
    let field = format!("intensities.{name}");
    match intensity {
        Intensity::Total(total) => {
            let sum: f64 = jumps.iter().map(|jump| jump.intensity).sum();
            if sum <= 0.0 {
                return Err(ScenarioError::field(field, "the factor has no jumps"));
            }
            jumps.iter_mut().for_each(|jump| jump.intensity *= total / sum);
        }
        Intensity::ByKind(kinds) => {
            for (kind, value) in kinds {
                let jump = jumps.iter_mut().find(|jump| jump.kind == *kind);
                let Some(jump) = jump else {
                    return Err(ScenarioError::field(
                        field,
                        format!("the factor has no jump of kind {kind:?}"),
                    ));
                };
                jump.intensity = *value;
            }
        }
    }
    Ok(())
}

fn checked_mix(
    name: &str,
    field: &str,
    weights: &BTreeMap<String, f64>,
    strategies: &[(String, u16)],
) -> Result<Mix, ScenarioError> {
    let mut found: Vec<(usize, u16)> = Vec::new();
    for (strategy, weight) in weights {
        let at = format!("{field}.{strategy}");
        let place = strategies.iter().position(|(known, _)| known == strategy);
        let Some(place) = place else {
            return Err(ScenarioError::field(at, "no such strategy"));
        };
        if !(0.0..=1.0).contains(weight) {
            let hint = if (1.0..=100.0).contains(weight) { " (is it in percent?)" } else { "" };
            return Err(ScenarioError::field(at, format!("a weight of {weight} is not in 0 to 1{hint}")));
        }
        let bps = (weight * 10_000.0).round() as u16;
        if bps > 0 {
            found.push((place, bps));
        }
    }
    let sum: u32 = found.iter().map(|(_, bps)| u32::from(*bps)).sum();
    if sum > 10_000 {
        return Err(ScenarioError::field(field, format!("weights sum to {sum} bps, more than the whole")));
    }
    if found.is_empty() || found.len() > MAX_ALLOCATIONS {
        let problem = format!("{} strategies with a weight: a vault has 1 to {MAX_ALLOCATIONS}", found.len());
        return Err(ScenarioError::field(field, problem));
    }
    Ok(Mix { name: name.into(), weights_bps: found })
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
