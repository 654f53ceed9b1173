//! Every chart again as figures, for people who do not see it and for those who want the number.

use maud::{Markup, html};
use serde_json::Value;

use crate::report::backtest::{BacktestReport, Contestant};
use crate::report::plot::thin;
use crate::report::table::percent;
use crate::stats;
use crate::time::{format_date, format_utc};

use super::figures::{growth, limit_series};

/// Rows of a table that stands for a chart.
const ROWS: usize = 24;

/// Last names of statistics that are fractions and read better as percentages.
const FRACTIONS: [&str; 18] = [
    "total_return",
    "annual_return",
    "volatility",
    "depth",
    "max_drawdown",
    "var",
    "cvar",
    "best",
    "worst",
    "hit_rate",
    "downside_risk",
    "downside_deviation",
    "ulcer_index",
    "alpha",
    "mean",
    "annual_volatility",
    "tracking_error",
    "mean_excess",
];

/// A table that scrolls sideways on its own, with the first column as row headings; columns of figures are
/// aligned right.
pub fn table(caption: &str, header: &[String], rows: &[Vec<String>]) -> Markup {
    let right = |column: usize| {
        let mut cells = rows.iter().filter_map(|row| row.get(column));
        (column > 0 && cells.all(|cell| is_figure(cell))).then_some("right")
    };
    html! {
        div.scroll tabindex="0" role="region" aria-label=(caption) {
            table {
                caption { (caption) }
                thead {
                    tr {
                        @for (column, cell) in header.iter().enumerate() {
                            th scope="col" class=[right(column)] { (cell) }
                        }
                    }
                }
                tbody {
                    @for row in rows {
                        tr {
                            @for (column, cell) in row.iter().enumerate() {
                                @if column == 0 {
                                    th scope="row" { (cell) }
                                } @else {
                                    td class=[right(column)] { (cell) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// True for a number with its sign and unit, a date, or the words for none.
fn is_figure(cell: &str) -> bool {
    let digits = cell.trim_start_matches(['+', '-']);
    matches!(cell, "" | "–" | "n/a" | "not yet")
        || (digits.starts_with(|c: char| c.is_ascii_digit()) && !cell.contains(' '))
}

/// Growth of one unit on some days.
pub fn equity(report: &BacktestReport) -> Markup {
    let grown: Vec<Vec<(i64, f64)>> = report.contestants.iter().map(growth).collect();
    let longest = grown.iter().max_by_key(|points| points.len());
    let rows: Vec<Vec<String>> = longest.map_or_else(Vec::new, |points| {
        let times = thin::spread(points.len(), ROWS).into_iter().filter_map(|at| points.get(at));
        times
            .map(|(ts, _)| {
                let cells =
                    grown.iter().map(|points| value_at(points, *ts).map_or("".into(), |v| format!("{v:.4}")));
                std::iter::once(format_utc(*ts)).chain(cells).collect()
            })
            .collect()
    });
    table("Growth of one unit", &heading("Time (UTC)", report), &rows)
}

/// The deepest fall of each.
pub fn drawdown(report: &BacktestReport) -> Markup {
    let header = ["", "Deepest fall", "From", "To", "Made good"].map(String::from);
    let date = |ts: Option<i64>, none: &str| ts.map_or_else(|| none.to_owned(), format_date);
    let rows: Vec<Vec<String>> = report
        .contestants
        .iter()
        .map(|contestant| {
            let fall = stats::max_drawdown(&contestant.equity);
            let never = if fall.peak_ts.is_some() { "not yet" } else { "–" };
            vec![
                contestant.name.clone(),
                percent(fall.depth),
                date(fall.peak_ts, "–"),
                date(fall.trough_ts, "–"),
                date(fall.recovered_ts, never),
            ]
        })
        .collect();
    table("Drawdown", &header, &rows)
}

/// Weights on some days.
pub fn weights(engine: &Contestant) -> Markup {
    let header: Vec<String> = std::iter::once("Time (UTC)".into())
        .chain(engine.slots.iter().cloned())
        .chain(["idle".into()])
        .collect();
    let kept = thin::spread(engine.weights.len(), ROWS).into_iter().filter_map(|at| engine.weights.get(at));
    let rows: Vec<Vec<String>> = kept
        .map(|(ts, weights)| {
            let idle = (1.0 - weights.iter().sum::<f64>()).max(0.0);
            let cells = weights.iter().chain([&idle]).map(|weight| format!("{:.1}%", weight * 100.0));
            std::iter::once(format_utc(*ts)).chain(cells).collect()
        })
        .collect();
    table("Weights", &header, &rows)
}

/// Each limit: how much of it was used.
pub fn limits(engine: &Contestant) -> Markup {
    let header = ["Limit", "Mean", "Highest", "When", "Time above 90%"].map(String::from);
    let rows: Vec<Vec<String>> = limit_series(engine)
        .into_iter()
        .map(|(name, points)| {
            let count = points.len().max(1) as f64;
            let mean = points.iter().map(|point| point.1).sum::<f64>() / count;
            let above = points.iter().filter(|point| point.1 > 0.9).count() as f64 / count;
            let highest = points.iter().max_by(|a, b| a.1.total_cmp(&b.1));
            let share = |value: f64| format!("{:.1}%", value * 100.0);
            vec![
                name,
                share(mean),
                highest.map_or("–".into(), |point| share(point.1)),
                highest.map_or("–".into(), |point| format_utc(point.0)),
                share(above),
            ]
        })
        .collect();
    table("Use of limits", &header, &rows)
}

/// Every flag.
pub fn flags(report: &BacktestReport) -> Markup {
    let header = ["Time (UTC)", "Rule", "Breaker", "Level", "Evidence"].map(String::from);
    let rows: Vec<Vec<String>> = report
        .flags
        .iter()
        .map(|flag| {
            let level = flag.level.to_string();
            vec![format_utc(flag.ts), flag.rule.clone(), flag.breaker.clone(), level, flag.evidence.clone()]
        })
        .collect();
    table("Flags", &header, &rows)
}

/// The engine against each other contestant.
pub fn comparisons(report: &BacktestReport) -> Markup {
    let header = ["Against", "Excess return a year", "Sharpe difference", "Deflated Sharpe", "Verdict"]
        .map(String::from);
    let rows: Vec<Vec<String>> = report
        .comparisons
        .iter()
        .map(|comparison| {
            vec![
                comparison.against.clone(),
                percent(comparison.mean_excess),
                format!("{:+.2}", comparison.sharpe_difference),
                comparison.deflated_sharpe.map_or("n/a".into(), |figure| format!("{figure:.4}")),
                comparison.verdict.clone(),
            ]
        })
        .collect();
    table("Comparisons", &header, &rows)
}

/// Statistics, decisions and costs, a column a contestant.
pub fn figures(report: &BacktestReport) -> Markup {
    let columns: Vec<Vec<(String, String)>> = report.contestants.iter().map(figures_of).collect();
    let mut names: Vec<&String> = Vec::new();
    for (name, _) in columns.iter().flatten() {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let cell = |column: &Vec<(String, String)>, name: &String| {
        column.iter().find(|(other, _)| other == name).map_or("–".into(), |(_, text)| text.clone())
    };
    let rows: Vec<Vec<String>> = names
        .into_iter()
        .map(|name| std::iter::once(label_of(name)).chain(columns.iter().map(|c| cell(c, name))).collect())
        .collect();
    table("Figures", &heading("", report), &rows)
}

/// `drawdown.peak_ts` as people say it.
fn label_of(name: &str) -> String {
    name.trim_end_matches("_ts").replace('.', ", ").replace('_', " ")
}

fn figures_of(contestant: &Contestant) -> Vec<(String, String)> {
    let mut figures = Vec::new();
    flatten("", &contestant.stats, &mut figures);
    figures.push(("decisions accepted".into(), contestant.decisions_accepted.to_string()));
    let refused: u64 = contestant.decisions_refused.values().fold(0, |sum, count| sum.saturating_add(*count));
    figures.push(("decisions refused".into(), refused.to_string()));
    for (limit, count) in &contestant.decisions_refused {
        figures.push((format!("refused by {limit}"), count.to_string()));
    }
    for (kind, cost) in &contestant.costs {
        figures.push((format!("cost: {kind}"), percent(*cost)));
    }
    figures
}

/// Statistics by dotted name.
fn flatten(name: &str, value: &Value, figures: &mut Vec<(String, String)>) {
    let last = name.rsplit('.').next().unwrap_or(name);
    let text = match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                let name = if name.is_empty() { field.clone() } else { format!("{name}.{field}") };
                flatten(&name, value, figures);
            }
            return;
        }
        _ if name.is_empty() => return,
        Value::Null => "n/a".into(),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(ts), _) if last.ends_with("_ts") => format_utc(ts),
            (Some(count), _) => count.to_string(),
            (None, Some(figure)) if FRACTIONS.contains(&last) => percent(figure),
            (None, Some(figure)) => format!("{figure:.4}"),
            (None, None) => number.to_string(),
        },
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    figures.push((name.into(), text));
}

fn heading(first: &str, report: &BacktestReport) -> Vec<String> {
    std::iter::once(first.into())
        .chain(report.contestants.iter().map(|contestant| contestant.name.clone()))
        .collect()
}

/// The value in force at `ts`.
fn value_at(points: &[(i64, f64)], ts: i64) -> Option<f64> {
    let after = points.partition_point(|point| point.0 <= ts);
    points.get(after.checked_sub(1)?).map(|point| point.1)
}
