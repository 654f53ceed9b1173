use super::config::{HistoryConfig, ReserveHistory, StableSource, StakeSource};
use crate::YEAR_SECS;
use crate::data::{
    Anchored, DataDir, Gap, LENDING_FILE, LP_FILE, LpHistory, PRICES_FILE, PriceColumn, PriceHistory, Sample,
    Series, UST_FILE, UstHistory,
};
use crate::market::{
    LpTarget, MarketError, MarketStep, PoolTerms, QuoteMaker, ReserveTarget, SeriesUse, StakeTarget,
};
use crate::time::format_utc;

/// Everything read, anchored to the replay's time.
pub(super) struct World {
    sol: Anchored,
    stable: Option<Anchored>,
    sol_quotes: QuoteMaker,
    stable_quotes: QuoteMaker,
    pub(super) reserves: Vec<(Anchored, SeriesUse)>,
    pool: Option<Anchored>,
    stake: StakeTarget,
    pub(super) series: Vec<SeriesUse>,
    pub(super) assumptions: Vec<String>,
}

impl World {
    /// Reads and anchors every series, refusing gaps that are too long.
    pub(super) fn read(data: &DataDir, config: &HistoryConfig) -> Result<Self, MarketError> {
        let prices = data.prices()?;
        let mut series = Vec::new();
        let mut assumptions = vec!["one USDT is one US dollar".to_string()];
        let mut own_dates = |drives: &str, file: &str, own: &Series, native_secs: i64, hint| {
            let anchored = Anchored::new(own.clone(), config.from_ts, config.from_ts, native_secs - 1);
            series.push(checked(config, drives, file, &anchored, hint)?);
            Ok::<_, MarketError>(anchored)
        };
        let sol = own_dates(
            "SOL/USD",
            PRICES_FILE,
            prices.series(PriceColumn::Sol),
            PriceHistory::NATIVE_SECS,
            "",
        )?;
        let stable = match config.stable {
            StableSource::Usdc => {
                let hint = "Choose what plays the stable asset instead: par or UST.";
                let usdc = prices.series(PriceColumn::Usdc);
                Some(own_dates("USDC/USD", PRICES_FILE, usdc, PriceHistory::NATIVE_SECS, hint)?)
            }
            StableSource::Ust => {
                assumptions.push("UST plays the vault's stable asset".into());
                let ust = data.ust()?;
                Some(own_dates("UST/USD", UST_FILE, ust.close(), UstHistory::NATIVE_SECS, "")?)
            }
            StableSource::Par => {
                assumptions.push("the stable asset is one US dollar at all times".into());
                None
            }
        };
        let stake = match config.stake {
            StakeSource::Fixed(apr) => {
                assumptions.push(format!("staking earns {:.2}% a year", apr * 100.0));
                StakeTarget { apr }
            }
            StakeSource::FittedBnSol => {
                let (apr, from_ts, to_ts) = fitted_growth(&prices)?;
                assumptions.push(format!(
                    "staking earns {:.2}% a year, the growth of BNSOL against SOL fitted over {} to {}",
                    apr * 100.0,
                    format_utc(from_ts),
                    format_utc(to_ts)
                ));
                StakeTarget { apr }
            }
        };
        if !config.reserves.is_empty() {
            assumptions.push("a lending rate holds until the next snapshot, at most 50 hours".into());
        }
        let reserves = read_reserves(data, config)?;
        let pool = match config.pool {
            Some(terms) => {
                let own_from = config.lp_from_ts.unwrap_or(config.from_ts);
                let turnover = data.lp()?.turnover()?;
                let anchored = Anchored::new(turnover, config.from_ts, own_from, LpHistory::NATIVE_SECS - 1);
                series.push(checked(
                    config,
                    "pool trading",
                    LP_FILE,
                    &anchored,
                    "Name where its own window starts (lp from).",
                )?);
                assumptions.push(format!(
                    "the pool turns over as WBTC/WETH did, at its own fee of {} bps, {}% of it to liquidity providers",
                    terms.fee_bps,
                    terms.lp_share_bps / 100
                ));
                Some(anchored)
            }
            None => None,
        };
        let quotes = QuoteMaker::new(config.oracle);
        Ok(Self {
            sol,
            stable,
            sol_quotes: quotes.clone(),
            stable_quotes: quotes,
            reserves,
            pool,
            stake,
            series,
            assumptions,
        })
    }

    /// The step that starts at `ts`; call in order of time.
    pub(super) fn step(&mut self, config: &HistoryConfig, index: usize, ts: i64) -> MarketStep {
        let stable = match &self.stable {
            Some(stable) => stable.at(ts),
            None => Some(Sample { ts, value: 1.0 }),
        };
        let reserve = |(at, _): &(Anchored, SeriesUse), spec: &ReserveHistory| {
            Some(ReserveTarget::showing(&spec.curve, spec.target, at.at(ts)?.value))
        };
        MarketStep {
            index,
            ts,
            sol_usd: self.sol.at(ts).and_then(|sample| self.sol_quotes.quote(ts, sample.value)),
            stable_usd: stable.and_then(|sample| self.stable_quotes.quote(ts, sample.value)),
            reserves: self
                .reserves
                .iter()
                .zip(&config.reserves)
                .map(|(at, spec)| reserve(at, spec))
                .collect(),
            lp: self.pool.as_ref().zip(config.pool).and_then(|(at, terms)| pool_target(at, terms, ts)),
            stake: self.stake,
        }
    }
}

fn pool_target(at: &Anchored, terms: PoolTerms, ts: i64) -> Option<LpTarget> {
    let turnover_per_day = at.at(ts)?.value;
    // A row covers a whole day: the last one that is over is the one before the row in force.
    let day_before = at.at(ts.saturating_sub(LpHistory::NATIVE_SECS));
    Some(LpTarget {
        turnover_per_day,
        fee_apr: terms.fee_apr(turnover_per_day),
        known_fee_apr: day_before.map(|sample| terms.fee_apr(sample.value)),
    })
}

fn read_reserves(data: &DataDir, config: &HistoryConfig) -> Result<Vec<(Anchored, SeriesUse)>, MarketError> {
    if config.reserves.is_empty() {
        return Ok(Vec::new());
    }
    let rates = data.lending()?;
    let own_from = config.rates_from_ts.unwrap_or(config.from_ts);
    let read = |spec: &ReserveHistory| {
        let series = rates.series(&spec.key, spec.target.name(), |row| spec.target.of(row))?;
        let anchored = Anchored::new(series, config.from_ts, own_from, HistoryConfig::RATES_MAX_AGE_SECS);
        let drives = format!("reserve {}", spec.name);
        let hint = "Name where their own window starts (rates from).";
        let used = checked(config, &drives, LENDING_FILE, &anchored, hint)?;
        Ok((anchored, used))
    };
    config.reserves.iter().map(read).collect()
}

/// Refuses gaps that are longer than tolerated.
fn checked(
    config: &HistoryConfig,
    drives: &str,
    file: &str,
    anchored: &Anchored,
    hint: &'static str,
) -> Result<SeriesUse, MarketError> {
    let used = SeriesUse::new(drives, file, anchored, config.from_ts, config.to_ts);
    let long = |gap: &&Gap| gap.secs() > config.tolerated_gap_secs;
    let gaps: Vec<Gap> = used.gaps.iter().filter(long).copied().collect();
    if gaps.is_empty() || config.accept_gaps {
        return Ok(used);
    }
    let covers = match anchored.series().span() {
        Some((first, last)) => {
            format!("The series runs from {} to {}. ", format_utc(first), format_utc(last))
        }
        None => "The series is empty. ".into(),
    };
    let series = format!("{} ({file})", anchored.series().name());
    Err(MarketError::Gaps { series, gaps, tolerated_secs: config.tolerated_gap_secs, covers, hint })
}

/// Least-squares slope of ln(BNSOL/SOL) a year, and the hours it was fitted over.
fn fitted_growth(prices: &PriceHistory) -> Result<(f64, i64, i64), MarketError> {
    let sol = prices.series(PriceColumn::Sol);
    let ratios: Vec<(i64, f64)> = prices
        .series(PriceColumn::BnSol)
        .points()
        .iter()
        .filter_map(|&(ts, lst)| Some((ts, (lst / sol.at_or_before(ts, 0)?.value).ln())))
        .collect();
    let (Some(&(first, _)), Some(&(last, _)), 24..) = (ratios.first(), ratios.last(), ratios.len()) else {
        return Err(MarketError::Parameter(
            "too few hours with both BNSOL and SOL to fit staking rewards".into(),
        ));
    };
    let count = ratios.len() as f64;
    let year = |ts: i64| (ts - first) as f64 / YEAR_SECS;
    let mean_t = ratios.iter().map(|(ts, _)| year(*ts)).sum::<f64>() / count;
    let mean_y = ratios.iter().map(|(_, y)| y).sum::<f64>() / count;
    let (mut cross, mut square) = (0.0, 0.0);
    for (ts, y) in &ratios {
        cross += (year(*ts) - mean_t) * (y - mean_y);
        square += (year(*ts) - mean_t).powi(2);
    }
    Ok((cross / square, first, last))
}
