//! The page's charts.

use crate::report::backtest::{BacktestReport, BacktestReportError, Contestant};
use crate::stats;
use crate::time::format_date;

use super::chart::{Curve, Plot, Role, range_of};

/// A name and its colour.
pub type Legend = Vec<(String, Role)>;

/// A chart with its legend.
pub struct Figure {
    /// Drawing, as SVG.
    pub svg: String,
    /// What the colours mean.
    pub legend: Legend,
}

type Drawn = Result<Figure, BacktestReportError>;

/// Growth of one unit, every contestant, with the flags.
pub fn equity(report: &BacktestReport) -> Drawn {
    let grown: Vec<Vec<(i64, f64)>> = report.contestants.iter().map(growth).collect();
    let heights = range_of(grown.iter().flatten().map(|point| point.1));
    let decimals = decimals_for(heights.end - heights.start);
    let plot = Plot {
        label: format!("Growth of one unit, {}. {}", period(report), last_values(report, &grown)),
        time: time_of(report),
        heights,
        curves: lines(&grown, None),
        marks: report.flags.iter().map(|flag| (flag.ts, Role::Flag(flag.level))).collect(),
        limit: None,
        format: &|value| format!("{value:.decimals$}"),
    };
    let mut legend = names(report);
    let mut levels: Vec<u8> = report.flags.iter().map(|flag| flag.level).collect();
    levels.sort_unstable();
    levels.dedup();
    legend.extend(levels.into_iter().map(|level| (format!("flag, level {level}"), Role::Flag(level))));
    Ok(Figure { svg: plot.svg()?, legend })
}

/// Fall from the highest point so far, every contestant; the engine's as an area.
pub fn drawdown(report: &BacktestReport) -> Drawn {
    let falls: Vec<Vec<(i64, f64)>> =
        report.contestants.iter().map(|contestant| stats::drawdowns(&contestant.equity)).collect();
    let deepest = falls.iter().flatten().map(|point| point.1).fold(0.0, f64::min);
    let floor = if deepest < 0.0 { deepest * 1.08 } else { -0.001 };
    let decimals = decimals_for(-floor * 100.0).min(3);
    let plot = Plot {
        label: format!("Drawdown, {}. Deepest of all: {:.2}%", period(report), deepest * 100.0),
        time: time_of(report),
        heights: floor..0.0,
        curves: lines(&falls, Some(0.18)),
        marks: Vec::new(),
        limit: None,
        // Adding zero turns -0 into 0.
        format: &|value| format!("{:.decimals$}%", (value * 1e8).round() / 1e6 + 0.0),
    };
    Ok(Figure { svg: plot.svg()?, legend: names(report) })
}

/// Where the engine's money was, stacked; none if it gives no weights.
pub fn weights(report: &BacktestReport) -> Option<Drawn> {
    let engine = report.contestants.first().filter(|engine| !engine.weights.is_empty())?;
    // From the top of the stack down, each painted over the one above.
    let sum_to = |slots: usize| -> Vec<(i64, f64)> {
        engine
            .weights
            .iter()
            .map(|(ts, weights)| (*ts, weights.iter().take(slots).sum::<f64>().min(1.0)))
            .collect()
    };
    let full: Vec<(i64, f64)> = engine.weights.iter().map(|(ts, _)| (*ts, 1.0)).collect();
    let stacks: Vec<(usize, Vec<(i64, f64)>)> =
        (0..engine.slots.len()).rev().map(|slot| (slot, sum_to(slot + 1))).collect();
    let area = |role, points| Curve { role, points, width: 0, fill: Some(1.0) };
    let mut curves = vec![area(Role::Idle, full.as_slice())];
    curves.extend(stacks.iter().map(|(slot, points)| area(Role::Slot(*slot), points.as_slice())));
    let plot = Plot {
        label: format!("Weights of {}, stacked, {}", engine.name, period(report)),
        time: time_of(report),
        heights: 0.0..1.0,
        curves,
        marks: Vec::new(),
        limit: None,
        format: &|value| format!("{:.0}%", value * 100.0),
    };
    let mut legend: Legend =
        engine.slots.iter().enumerate().map(|(slot, name)| (name.clone(), Role::Slot(slot))).collect();
    legend.push(("idle".into(), Role::Idle));
    Some(plot.svg().map(|svg| Figure { svg, legend }))
}

/// How much of its limits the engine used; none if it does not say.
pub fn limits(report: &BacktestReport) -> Option<Drawn> {
    let engine = report.contestants.first()?;
    let series = limit_series(engine);
    if series.is_empty() {
        return None;
    }
    let highest = series.iter().flat_map(|(_, points)| points).map(|point| point.1).fold(1.0, f64::max);
    let points: Vec<Vec<(i64, f64)>> = series.iter().map(|(_, points)| points.clone()).collect();
    let plot = Plot {
        label: format!(
            "Use of limits by {}, {}. Highest: {:.0}%",
            engine.name,
            period(report),
            highest * 100.0
        ),
        time: time_of(report),
        heights: 0.0..highest * 1.06,
        curves: lines(&points, None),
        marks: Vec::new(),
        limit: Some(1.0),
        format: &|value| format!("{:.0}%", value * 100.0),
    };
    let mut legend: Legend =
        series.iter().enumerate().map(|(number, (name, _))| (name.clone(), Role::Line(number))).collect();
    legend.push(("the limit".into(), Role::Limit));
    Some(plot.svg().map(|svg| Figure { svg, legend }))
}

/// One series a limit, by name.
pub fn limit_series(contestant: &Contestant) -> Vec<(String, Vec<(i64, f64)>)> {
    let mut names: Vec<&String> =
        contestant.limit_utilisation.iter().flat_map(|(_, limits)| limits.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let points = |name: &String| {
        contestant
            .limit_utilisation
            .iter()
            .filter_map(|(ts, limits)| Some((*ts, *limits.get(name)?)))
            .collect()
    };
    names.into_iter().map(|name| (name.clone(), points(name))).collect()
}

/// Share price over its first, so that contestants compare.
pub fn growth(contestant: &Contestant) -> Vec<(i64, f64)> {
    let first = contestant.equity.first().map_or(1.0, |point| point.1);
    contestant.equity.iter().map(|(ts, value)| (*ts, value / first)).collect()
}

/// First and last time of all contestants.
pub fn time_of(report: &BacktestReport) -> (i64, i64) {
    let ends = |contestant: &Contestant| Some((contestant.equity.first()?.0, contestant.equity.last()?.0));
    let ends: Vec<(i64, i64)> = report.contestants.iter().filter_map(ends).collect();
    let from_ts = ends.iter().map(|end| end.0).min().unwrap_or(0);
    (from_ts, ends.iter().map(|end| end.1).max().unwrap_or(from_ts + 1))
}

/// The period, in words.
pub fn period(report: &BacktestReport) -> String {
    let (from_ts, to_ts) = time_of(report);
    format!("{} to {}", format_date(from_ts), format_date(to_ts))
}

fn names(report: &BacktestReport) -> Legend {
    report
        .contestants
        .iter()
        .enumerate()
        .map(|(number, contestant)| (contestant.name.clone(), Role::Line(number)))
        .collect()
}

/// Lines in their colours; the first is thicker, on top, and filled if asked for.
fn lines(series: &[Vec<(i64, f64)>], fill_first: Option<f64>) -> Vec<Curve<'_>> {
    let curve = |(number, points)| {
        let (width, fill) = if number == 0 { (3, fill_first) } else { (2, None) };
        Curve { role: Role::Line(number), points, width, fill }
    };
    let numbered: Vec<(usize, &Vec<(i64, f64)>)> = series.iter().enumerate().collect();
    numbered.into_iter().rev().map(|(number, points)| curve((number, points.as_slice()))).collect()
}

fn last_values(report: &BacktestReport, grown: &[Vec<(i64, f64)>]) -> String {
    let last = |points: &Vec<(i64, f64)>| points.last().map_or(1.0, |point| point.1);
    let ends =
        report.contestants.iter().zip(grown).map(|(who, points)| format!("{} {:.4}", who.name, last(points)));
    format!("At the end: {}", ends.collect::<Vec<_>>().join(", "))
}

/// Decimals that tell the labels of a range of `span` apart.
fn decimals_for(span: f64) -> usize {
    let digits = 1.0 - span.max(1e-9).log10().floor();
    digits.clamp(0.0, 8.0) as usize
}
