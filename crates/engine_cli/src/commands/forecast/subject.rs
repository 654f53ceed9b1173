use ballast_engine::forecast::Scale;
use ballast_engine::forecast::venue::PoolDay;

use super::Kind;
use super::frame::Frame;
use super::settings::Request;
use crate::EngineCliError;

/// An annual rate above this reads like a percentage, as in the engine's own reader: 3 is 300% a year.
const HIGHEST_APR: f64 = 3.0;
/// So does a series whose median is above this.
const HIGHEST_MEDIAN_APR: f64 = 0.5;

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

/// Checks units and picks the columns.
pub(super) fn subject(request: &Request) -> Result<Subject, EngineCliError> {
    let frame = &request.frame;
    match request.settings.kind {
        Kind::Utilisation => {
            let points = utilisation(frame, "utilisation")?;
            Ok(Subject::Series { what: "utilisation", scale: Scale::Logit, points })
        }
        Kind::Rate => {
            let points = rates(frame, "rate")?;
            Ok(Subject::Series { what: "rate", scale: Scale::Log, points })
        }
        Kind::Lending => lending(request),
        Kind::Lp => pool(frame),
        Kind::Staking => {
            let points = column(frame, "exchange_rate")?;
            let low = points.iter().position(|point| point.1 <= 0.0);
            match low {
                Some(index) => {
                    Err(frame.problem(index, "exchange_rate", "an exchange rate above zero is expected"))
                }
                None => Ok(Subject::Stake { points }),
            }
        }
    }
}

fn column(frame: &Frame, name: &str) -> Result<Vec<(i64, f64)>, EngineCliError> {
    let values = frame
        .column(name)
        .ok_or_else(|| EngineCliError::Input(format!("{}: there is no column `{name}`", frame.source)))?;
    Ok(frame.times.iter().copied().zip(values.iter().copied()).collect())
}

fn utilisation(frame: &Frame, name: &str) -> Result<Vec<(i64, f64)>, EngineCliError> {
    let points = column(frame, name)?;
    match points.iter().position(|point| Scale::Logit.problem(point.1).is_some()) {
        Some(index) => {
            let value = points.get(index).map_or(0.0, |point| point.1);
            let problem = if value > 1.0 {
                format!("{value} reads like a percentage; a fraction is expected (0.8 is 80%)")
            } else {
                format!("a utilisation of {value} is below zero")
            };
            Err(frame.problem(index, name, &problem))
        }
        None => Ok(points),
    }
}

fn rates(frame: &Frame, name: &str) -> Result<Vec<(i64, f64)>, EngineCliError> {
    let points = column(frame, name)?;
    for (index, (_, value)) in points.iter().enumerate() {
        if *value < 0.0 {
            return Err(frame.problem(index, name, &format!("a rate of {value} is below zero")));
        }
        if *value > HIGHEST_APR {
            let problem =
                format!("{value} reads like a percentage; a fraction is expected (0.05 is 5% a year)");
            return Err(frame.problem(index, name, &problem));
        }
    }
    let mut sorted: Vec<f64> = points.iter().map(|point| point.1).collect();
    sorted.sort_by(f64::total_cmp);
    match sorted.get(sorted.len() / 2) {
        Some(median) if *median > HIGHEST_MEDIAN_APR => {
            let problem = format!(
                "the median is {median}: it reads like percentages; fractions are expected (0.05 is 5% a year)"
            );
            Err(EngineCliError::Input(format!("{}, column `{name}`: {problem}", frame.source)))
        }
        _ => Ok(points),
    }
}

fn lending(request: &Request) -> Result<Subject, EngineCliError> {
    let frame = &request.frame;
    let curve = request.settings.reserve.is_some();
    let both = frame.column("utilisation").is_some();
    match (curve, both, frame.column("supply_apr").is_some()) {
        (true, true, _) => {
            Ok(Subject::Lending { by_rate: false, points: utilisation(frame, "utilisation")? })
        }
        (true, false, true) => Ok(Subject::Lending { by_rate: true, points: rates(frame, "supply_apr")? }),
        (false, _, true) => {
            let points = rates(frame, "supply_apr")?;
            Ok(Subject::Series { what: "supply_apr", scale: Scale::Log, points })
        }
        (false, true, false) => Err(EngineCliError::Input(format!(
            "{}: a lending rate from utilisation needs the reserve's curve (--curve); without it, ask for --kind utilisation",
            frame.source
        ))),
        (_, false, false) => Err(EngineCliError::Input(format!(
            "{}: a lending forecast reads the column `utilisation` or `supply_apr`; name it with --column",
            frame.source
        ))),
    }
}

fn pool(frame: &Frame) -> Result<Subject, EngineCliError> {
    let prices = column(frame, "price")?;
    let fees: Vec<f64> = match (frame.column("fee_apr"), frame.column("tvl_usd"), frame.column("fees_usd")) {
        (Some(fees), ..) => fees.to_vec(),
        (None, Some(funds), Some(fees)) => {
            return pool_days(frame, &prices, |index| {
                let (funds, fees) = (funds.get(index)?, fees.get(index)?);
                (*funds > 0.0).then(|| fees / funds * 365.0)
            });
        }
        _ => {
            let problem = "a pool needs `fee_apr`, or `tvl_usd` and a day's `fees_usd`";
            return Err(EngineCliError::Input(format!("{}: {problem}", frame.source)));
        }
    };
    pool_days(frame, &prices, |index| fees.get(index).copied())
}

/// Days without funds in the pool have no fee rate: they are left out and show up as gaps.
fn pool_days(
    frame: &Frame,
    prices: &[(i64, f64)],
    fee_apr: impl Fn(usize) -> Option<f64>,
) -> Result<Subject, EngineCliError> {
    let mut days = Vec::new();
    for (index, (ts, price)) in prices.iter().copied().enumerate() {
        if price <= 0.0 {
            return Err(frame.problem(index, "price", &format!("a price of {price} is not above zero")));
        }
        if let Some(fee_apr) = fee_apr(index) {
            if fee_apr < 0.0 {
                return Err(frame.problem(index, "fees", "fees below zero"));
            }
            days.push((ts, PoolDay { price, fee_apr }));
        }
    }
    if days.is_empty() {
        return Err(EngineCliError::Input(format!("{}: no day with funds in the pool", frame.source)));
    }
    Ok(Subject::Pool { days })
}
