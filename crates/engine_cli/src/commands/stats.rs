//! `ballast engine stats`

use std::io::Read;
use std::ops::Range;

use ballast_engine::stats::StatsError;
use ballast_engine::stats::benchmark::{self, BenchmarkStats};
use ballast_engine::stats::deflated::SharpeEvidence;
use ballast_engine::stats::summary::{self, DrawdownRows, RiskFree, SeriesStats, Settings};
use ballast_engine::time::format_utc;
use serde::Serialize;

use crate::EngineCliError;
use crate::frame::{Frame, RETURNS};
use crate::input::{Source, answer};
use crate::periods::PeriodsPerYear;

/// Periods a year in which Bailey and Lopez de Prado state their case: the default without data.
const PAPER_PERIODS: f64 = 250.0;

/// Arguments.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    source: Source,
    /// Column with the returns (default: the only one, or the one called returns, return, ret or r)
    #[arg(long, value_name = "NAME")]
    column: Option<String>,
    /// Column with a benchmark's returns (default: the one called benchmark, if any)
    #[arg(long, value_name = "NAME")]
    benchmark: Option<String>,
    /// Periods in a year: a number, or daily (252), calendar-daily (365), hourly (8760), weekly (52), monthly (12),
    /// quarterly (4), yearly (1); default daily, without data 250
    #[arg(long, visible_alias = "periods", value_name = "N", allow_negative_numbers = true)]
    periods_per_year: Option<PeriodsPerYear>,
    /// Risk-free rate a year, a fraction, divided evenly over the periods
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    risk_free: f64,
    /// Column with the risk-free rate of each period
    #[arg(long, value_name = "NAME", conflicts_with = "risk_free")]
    risk_free_column: Option<String>,
    /// Confidence of VaR, CVaR and minimum track record length; below one half it is read as the tail: 0.05 means 0.95
    #[arg(long, visible_alias = "confidence", default_value_t = 0.95, allow_negative_numbers = true)]
    alpha: f64,
    /// Sharpe ratio, annual unless --per-period, that the true one is held against
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    reference_sharpe: f64,
    /// Trials that this series is the best of
    #[arg(long, visible_alias = "n-trials", requires = "trial_variance", allow_negative_numbers = true)]
    trials: Option<f64>,
    /// Variance of the trials' Sharpe ratios, annual unless --per-period
    #[arg(long, visible_alias = "trials-variance", requires = "trials", allow_negative_numbers = true)]
    trial_variance: Option<f64>,
    /// Sharpe ratios and their variance on this line are per period, not annual
    #[arg(long)]
    per_period: bool,
    /// Without data: the Sharpe ratio that was measured, annual unless --per-period
    #[arg(long, requires = "observations", allow_negative_numbers = true)]
    sharpe: Option<f64>,
    /// Without data: returns that it was measured on
    #[arg(long, requires = "sharpe", allow_negative_numbers = true)]
    observations: Option<f64>,
    /// Without data: skewness of the returns
    #[arg(long, visible_alias = "skewness", requires = "sharpe", allow_negative_numbers = true)]
    skew: Option<f64>,
    /// Without data: kurtosis of the returns, not excess (a normal has 3)
    #[arg(long, requires = "sharpe", allow_negative_numbers = true)]
    kurtosis: Option<f64>,
}

#[derive(Serialize)]
struct Answer {
    column: String,
    periods_per_year: f64,
    risk_free: Option<f64>,
    #[serde(flatten)]
    stats: SeriesStats,
    #[serde(skip_serializing_if = "Option::is_none")]
    drawdown_times: Option<DrawdownTimes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    benchmark: Option<Benchmark>,
    #[serde(flatten)]
    deflated: Option<Deflated>,
}

#[derive(Serialize)]
struct DrawdownTimes {
    peak: Option<String>,
    trough: Option<String>,
    recovered: Option<String>,
}

#[derive(Serialize)]
struct Benchmark {
    column: String,
    #[serde(flatten)]
    stats: BenchmarkStats,
}

#[derive(Serialize)]
struct Deflated {
    trials: f64,
    /// Annual.
    trial_variance: f64,
    /// Annual.
    expected_maximum_sharpe: f64,
    deflated_sharpe: Option<f64>,
}

#[derive(Serialize)]
struct EvidenceAnswer {
    sharpe: f64,
    sharpe_per_period: f64,
    observations: f64,
    skewness: f64,
    kurtosis: f64,
    periods_per_year: f64,
    probabilistic_sharpe: f64,
    minimum_track_record_length: Option<f64>,
    #[serde(flatten)]
    deflated: Option<Deflated>,
}

/// Reads, computes, answers.
pub fn run(args: &Args, standard: &mut dyn Read) -> Result<String, EngineCliError> {
    match (args.sharpe, args.observations) {
        (Some(sharpe), Some(observations)) => of_evidence(args, sharpe, observations),
        _ => of_series(args, standard),
    }
}

impl Args {
    /// Below one half it is the tail that was meant: nobody asks for the best 5%.
    fn confidence(&self) -> f64 {
        if self.alpha > 0.0 && self.alpha < 0.5 { 1.0 - self.alpha } else { self.alpha }
    }

    /// What an annual Sharpe ratio on the command line is divided by to be per period.
    fn sharpe_scale(&self, per_year: f64) -> f64 {
        if self.per_period { 1.0 } else { per_year.sqrt() }
    }

    fn deflate(
        &self,
        evidence: Option<SharpeEvidence>,
        per_year: f64,
    ) -> Result<Option<Deflated>, EngineCliError> {
        let Some((trials, variance)) = self.trials.zip(self.trial_variance) else {
            return Ok(None);
        };
        if variance < 0.0 {
            return Err(EngineCliError::input(format!("--trial-variance {variance} is below zero")));
        }
        let per_period = variance / self.sharpe_scale(per_year).powi(2);
        let maximum = ballast_engine::stats::deflated::expected_maximum(trials, per_period)
            .map_err(EngineCliError::input)?;
        Ok(Some(Deflated {
            trials,
            trial_variance: per_period * per_year,
            expected_maximum_sharpe: maximum * per_year.sqrt(),
            deflated_sharpe: evidence.map(|evidence| evidence.probabilistic_sharpe(maximum)),
        }))
    }
}

fn of_evidence(args: &Args, sharpe: f64, observations: f64) -> Result<String, EngineCliError> {
    let per_year = args.periods_per_year.map_or(PAPER_PERIODS, |periods| periods.0);
    let scale = args.sharpe_scale(per_year);
    let (skewness, kurtosis) = (args.skew.unwrap_or(0.0), args.kurtosis.unwrap_or(3.0));
    let evidence = SharpeEvidence::new(sharpe / scale, observations, skewness, kurtosis)
        .map_err(EngineCliError::input)?;
    let reference = args.reference_sharpe / scale;
    answer(&EvidenceAnswer {
        sharpe: evidence.sharpe * per_year.sqrt(),
        sharpe_per_period: evidence.sharpe,
        observations,
        skewness,
        kurtosis,
        periods_per_year: per_year,
        probabilistic_sharpe: evidence.probabilistic_sharpe(reference),
        minimum_track_record_length: evidence
            .minimum_track_record(reference, args.confidence())
            .map_err(EngineCliError::input)?,
        deflated: args.deflate(Some(evidence), per_year)?,
    })
}

fn of_series(args: &Args, standard: &mut dyn Read) -> Result<String, EngineCliError> {
    let frame = Frame::read(&args.source, standard)?;
    let column = frame.choose(args.column.as_deref(), &RETURNS)?;
    let all = frame.column(&column)?;
    check(&frame, &column, &all)?;
    let own = lifetime(&frame, &all);
    let returns = all.get(own.clone()).unwrap_or(&all);
    let per_year = args.periods_per_year.unwrap_or_default().0;
    let of = |name: &str| -> Result<Vec<f64>, EngineCliError> {
        Ok(frame.column(name)?.get(own.clone()).unwrap_or(&[]).to_vec())
    };
    let rates = args.risk_free_column.as_deref().map(of).transpose()?;
    if !(args.risk_free.is_finite() && args.risk_free.abs() <= 1.0) {
        let rate = args.risk_free;
        return Err(EngineCliError::input(format!(
            "--risk-free {rate} reads like percent: write 4% as 0.04"
        )));
    }
    let per_period = args.risk_free / per_year;
    let risk_free = match &rates {
        Some(rates) => RiskFree::Series(rates),
        None => RiskFree::Constant(per_period),
    };
    let settings = Settings {
        per_year,
        risk_free,
        alpha: args.confidence(),
        reference_sharpe: args.reference_sharpe / args.sharpe_scale(per_year),
    };
    let mut stats = summary::of_returns(returns, &settings).map_err(|error| frame.wrong(error))?;
    in_file(&mut stats.drawdown, own.start);
    let excess = summary::excess(returns, risk_free).map_err(|error| frame.wrong(error))?;
    let evidence = summary::evidence(&excess).map_err(|error| frame.wrong(error))?;
    answer(&Answer {
        drawdown_times: drawdown_times(&frame, &stats),
        benchmark: against(args, &frame, &column, (returns, own), rates.as_deref(), per_period, per_year)?,
        deflated: args.deflate(evidence, per_year)?,
        column,
        periods_per_year: per_year,
        risk_free: rates.is_none().then_some(args.risk_free),
        stats,
    })
}

/// Rows from the first observation to the last: beside other columns what is empty before and after is another column's time.
/// A file of one column has no time but its own rows, all of which count.
fn lifetime(frame: &Frame, returns: &[f64]) -> Range<usize> {
    let is_observed = |value: &f64| !value.is_nan();
    if frame.header().len() < 2 {
        return 0..returns.len();
    }
    let first = returns.iter().position(is_observed).unwrap_or(0);
    first..returns.iter().rposition(is_observed).map_or(returns.len(), |last| last + 1)
}

/// Rows of the file, where the series begins after `first` of them.
fn in_file(drawdown: &mut DrawdownRows, first: usize) {
    for row in [&mut drawdown.peak_row, &mut drawdown.trough_row, &mut drawdown.recovered_row] {
        *row = row.map(|row| row + first);
    }
}

/// The engine counts returns, people count lines.
fn check(frame: &Frame, column: &str, returns: &[f64]) -> Result<(), EngineCliError> {
    summary::check_returns(returns).map_err(|error| match error {
        StatsError::BelowTotalLoss { row, value } => {
            let problem = format!(
                "a return of {value} loses more than everything; returns are fractions, -0.05 is a loss of 5%"
            );
            frame.problem(row - 1, column, problem)
        }
        StatsError::Implausible { row, value, limit } => {
            frame.problem(row - 1, column, format!("a return of {value} is beyond {limit} (100,000,000%)"))
        }
        error => frame.in_column(column, error),
    })
}

fn against(
    args: &Args,
    frame: &Frame,
    column: &str,
    (returns, own): (&[f64], Range<usize>),
    rates: Option<&[f64]>,
    per_period: f64,
    per_year: f64,
) -> Result<Option<Benchmark>, EngineCliError> {
    let usual =
        frame.names().into_iter().find(|name| name.eq_ignore_ascii_case("benchmark") && name != column);
    let Some(name) = args.benchmark.clone().or(usual) else {
        return Ok(None);
    };
    let benchmark = frame.column(&name)?;
    check(frame, &name, &benchmark)?;
    let benchmark = benchmark.get(own).unwrap_or(&[]);
    let wrong = |error: StatsError| frame.wrong(format!("benchmark `{name}`: {error}"));
    // With a rate a period, excess returns take the place of returns, and nothing more comes off.
    let stats = match rates {
        Some(rates) => {
            let of = |series: &[f64]| summary::excess(series, RiskFree::Series(rates)).map_err(wrong);
            benchmark::against(&of(returns)?, &of(benchmark)?, 0.0, per_year)
        }
        None => benchmark::against(returns, benchmark, per_period, per_year),
    };
    Ok(Some(Benchmark { stats: stats.map_err(wrong)?, column: name.clone() }))
}

/// Row 0 of a drawdown is before the first return, which has no time.
fn drawdown_times(frame: &Frame, stats: &SeriesStats) -> Option<DrawdownTimes> {
    let times = frame.times()?;
    let at = |row: Option<usize>| times.get(row?.checked_sub(1)?).map(|ts| format_utc(*ts));
    let fall = stats.drawdown;
    Some(DrawdownTimes {
        peak: at(fall.peak_row),
        trough: at(fall.trough_row),
        recovered: at(fall.recovered_row),
    })
}

#[cfg(test)]
mod tests;
