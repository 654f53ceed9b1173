use ballast_engine::data::{apr_problem, aprs_problem};
use ballast_engine::forecast::Scale;
use ballast_engine::forecast::venue::PoolDay;

use super::Kind;
use super::observations::Observations;
use super::settings::Request;
use crate::EngineCliError;

/// A checked series.
pub(super) enum Subject {
    /// Forecast by itself on its scale.
    Series { what: &'static str, scale: Scale, points: Vec<(i64, f64)> },
    /// Utilisation, or rates to be inverted, on a reserve's curve.
    Lending { by_rate: bool, points: Vec<(i64, f64)> },
    /// A pool's price and fees.
    Pool { days: Vec<(i64, PoolDay)> },
    /// A stake pool's exchange rate.
    Stake { points: Vec<(i64, f64)> },
}

/// A year's fees of a pool above this share of its funds, typically, are percentages; single days may well lie above.
const HIGHEST_MEDIAN_FEE_APR: f64 = 1.0;
/// No stake pool's exchange rate doubles or halves from one row to the next: one of the two is in another unit.
const LARGEST_STAKE_STEP: f64 = 2.0;
/// One observation shows no change to learn from.
const LEAST_ROWS: usize = 2;

/// Checks units and picks the columns.
pub(super) fn subject(request: &Request) -> Result<Subject, EngineCliError> {
    let subject = picked(request)?;
    let observed = &request.observations;
    let rows = observed.times.len();
    if rows < LEAST_ROWS {
        return Err(observed.wrong(format!("{rows} data row(s): a forecast needs at least {LEAST_ROWS}")));
    }
    Ok(subject)
}

fn picked(request: &Request) -> Result<Subject, EngineCliError> {
    let observed = &request.observations;
    match request.settings.kind {
        Kind::Utilisation => {
            let points = utilisation(observed, "utilisation")?;
            Ok(Subject::Series { what: "utilisation", scale: Scale::Logit, points })
        }
        Kind::Rate => {
            let points = rates(observed, "rate")?;
            Ok(Subject::Series { what: "rate", scale: Scale::Log, points })
        }
        Kind::Lending => lending(request),
        Kind::Lp => pool(observed),
        Kind::Staking => {
            let points = column(observed, "exchange_rate")?;
            let low = points.iter().position(|point| point.1 <= 0.0);
            if let Some(index) = low {
                let problem = "an exchange rate above zero is expected";
                return Err(observed.problem(index, "exchange_rate", problem));
            }
            let leap = points.iter().zip(points.iter().skip(1)).position(|(from, to)| {
                !(1.0 / LARGEST_STAKE_STEP..=LARGEST_STAKE_STEP).contains(&(to.1 / from.1))
            });
            match leap {
                Some(before) => {
                    let problem = "more than twice or less than half of the row before: not of one unit";
                    Err(observed.problem(before + 1, "exchange_rate", problem))
                }
                None => Ok(Subject::Stake { points }),
            }
        }
    }
}

fn column(observed: &Observations, name: &str) -> Result<Vec<(i64, f64)>, EngineCliError> {
    let values =
        observed.column(name).ok_or_else(|| observed.wrong(format!("there is no column `{name}`")))?;
    Ok(observed.times.iter().copied().zip(values.iter().copied()).collect())
}

fn utilisation(observed: &Observations, name: &str) -> Result<Vec<(i64, f64)>, EngineCliError> {
    let points = column(observed, name)?;
    match points.iter().position(|point| Scale::Logit.problem(point.1).is_some()) {
        Some(index) => {
            let value = points.get(index).map_or(0.0, |point| point.1);
            let problem = if value > 1.0 {
                format!("{value} reads like a percentage; a fraction is expected (0.8 is 80%)")
            } else {
                format!("a utilisation of {value} is below zero")
            };
            Err(observed.problem(index, name, &problem))
        }
        None => Ok(points),
    }
}

fn rates(observed: &Observations, name: &str) -> Result<Vec<(i64, f64)>, EngineCliError> {
    let points = column(observed, name)?;
    for (index, (_, value)) in points.iter().enumerate() {
        if let Some(problem) = apr_problem(*value) {
            return Err(observed.problem(index, name, problem));
        }
    }
    let values: Vec<f64> = points.iter().map(|point| point.1).collect();
    match aprs_problem(&values) {
        Some(problem) => Err(observed.in_column(name, problem)),
        None => Ok(points),
    }
}

fn lending(request: &Request) -> Result<Subject, EngineCliError> {
    let observed = &request.observations;
    let curve = request.settings.reserve.is_some();
    let both = observed.column("utilisation").is_some();
    match (curve, both, observed.column("supply_apr").is_some()) {
        (true, true, _) => {
            Ok(Subject::Lending { by_rate: false, points: utilisation(observed, "utilisation")? })
        }
        (true, false, true) => Ok(Subject::Lending { by_rate: true, points: rates(observed, "supply_apr")? }),
        (false, _, true) => {
            let points = rates(observed, "supply_apr")?;
            Ok(Subject::Series { what: "supply_apr", scale: Scale::Log, points })
        }
        (false, true, false) => Err(observed.wrong(
            "a lending rate from utilisation needs the reserve's curve (--curve); without it, ask for --kind utilisation",
        )),
        (_, false, false) => Err(observed.wrong(
            "a lending forecast reads the column `utilisation` or `supply_apr`; name it with --column",
        )),
    }
}

fn pool(observed: &Observations) -> Result<Subject, EngineCliError> {
    let prices = column(observed, "price")?;
    let fees: Vec<f64> =
        match (observed.column("fee_apr"), observed.column("tvl_usd"), observed.column("fees_usd")) {
            (Some(fees), ..) => fees.to_vec(),
            (None, Some(funds), Some(fees)) => {
                return pool_days(observed, &prices, |index| {
                    let (funds, fees) = (funds.get(index)?, fees.get(index)?);
                    (*funds > 0.0).then(|| fees / funds * 365.0)
                });
            }
            _ => {
                return Err(observed.wrong("a pool needs `fee_apr`, or `tvl_usd` and a day's `fees_usd`"));
            }
        };
    pool_days(observed, &prices, |index| fees.get(index).copied())
}

/// Days without funds in the pool have no fee rate: they are left out and show up as gaps.
fn pool_days(
    observed: &Observations,
    prices: &[(i64, f64)],
    fee_apr: impl Fn(usize) -> Option<f64>,
) -> Result<Subject, EngineCliError> {
    let fees = if observed.column("fee_apr").is_some() { "fee_apr" } else { "fees_usd" };
    let mut days = Vec::new();
    for (index, (ts, price)) in prices.iter().copied().enumerate() {
        if price <= 0.0 {
            return Err(observed.problem(index, "price", format!("a price of {price} is not above zero")));
        }
        if let Some(fee_apr) = fee_apr(index) {
            if fee_apr < 0.0 {
                return Err(observed.problem(index, fees, "fees below zero"));
            }
            days.push((ts, PoolDay { price, fee_apr }));
        }
    }
    let mut rates: Vec<f64> = days.iter().map(|(_, day)| day.fee_apr).collect();
    rates.sort_by(f64::total_cmp);
    let Some(median) = rates.get(rates.len() / 2).copied() else {
        return Err(observed.wrong("no day with funds in the pool"));
    };
    if median > HIGHEST_MEDIAN_FEE_APR {
        let problem = format!(
            "fees of {median} a year on the funds are typical here: that reads like percentages; fractions are expected (0.05 is 5%)"
        );
        return Err(observed.in_column(fees, problem));
    }
    Ok(Subject::Pool { days })
}
