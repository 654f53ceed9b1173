use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::report::backtest::{BacktestReport, BacktestReportError};
use crate::report::table::percent;
use crate::stats;
use crate::time::format_utc;

use super::chart::Role;
use super::figures::{self, Figure, Legend};
use super::tables;

const STYLE: &str = include_str!("style.css");

/// The whole page. The same report gives the same bytes.
pub fn render_html(report: &BacktestReport) -> Result<String, BacktestReportError> {
    report.validate()?;
    let engine = report.contestants.first().ok_or(BacktestReportError::NoContestant)?;
    let equity = figures::equity(report)?;
    let drawdown = figures::drawdown(report)?;
    let weights = figures::weights(report).transpose()?;
    let limits = figures::limits(report).transpose()?;
    let page = html! {
        (DOCTYPE)
        html lang="en-GB" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (report.title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    header {
                        h1 { (report.title) }
                        p.period { (figures::period(report)) " UTC" }
                    }
                    (headline(report))
                    (chart("equity", "Growth of one unit", &equity, tables::equity(report)))
                    (chart("drawdown", "Drawdown from the highest share price", &drawdown, tables::drawdown(report)))
                    @if let Some(weights) = &weights {
                        (chart("weights", &format!("Weights of {}", engine.name), weights, tables::weights(engine)))
                    }
                    @if let Some(limits) = &limits {
                        (chart("limits", &format!("Use of limits by {}", engine.name), limits, tables::limits(engine)))
                    }
                    (section("comparisons", "Comparisons", comparisons(report)))
                    (section("flags", "Red flags", flags(report)))
                    (section("figures", "Figures", tables::figures(report)))
                    (section("provenance", "What this rests on", provenance(report)))
                }
            }
        }
    };
    Ok(page.into_string())
}

/// What people ask first, of the engine.
fn headline(report: &BacktestReport) -> Markup {
    let Some(engine) = report.contestants.first() else { return html! {} };
    let (first, last) =
        (engine.equity.first().map_or(1.0, |p| p.1), engine.equity.last().map_or(1.0, |p| p.1));
    let refused = engine.decisions_refused.values().fold(0u64, |sum, count| sum.saturating_add(*count));
    let tiles = [
        (percent(last / first - 1.0), "return".to_owned()),
        (percent(stats::max_drawdown(&engine.equity).depth), "deepest fall".to_owned()),
        (engine.decisions_accepted.to_string(), "decisions taken".to_owned()),
        (refused.to_string(), "decisions refused".to_owned()),
        (report.flags.len().to_string(), "red flags".to_owned()),
        (report.trials.to_string(), "trials in all".to_owned()),
    ];
    html! {
        dl.tiles aria-label=(format!("{} in short", engine.name)) {
            @for (figure, what) in tiles { div { dt { (what) } dd { (figure) } } }
        }
    }
}

fn section(id: &str, title: &str, body: Markup) -> Markup {
    html! { section id=(id) { h2 { (title) } (body) } }
}

fn chart(id: &str, title: &str, figure: &Figure, table: Markup) -> Markup {
    section(
        id,
        title,
        html! {
            figure {
                (legend(&figure.legend))
                (PreEscaped(&figure.svg))
            }
            details { summary { "As a table" } (table) }
        },
    )
}

fn legend(entries: &Legend) -> Markup {
    html! {
        ul.legend {
            @for (name, role) in entries {
                li {
                    svg.key viewBox="0 0 26 12" aria-hidden="true" { (PreEscaped(key(*role))) }
                    (name)
                }
            }
        }
    }
}

/// A piece of the line, the area or the mark that a name stands for.
fn key(role: Role) -> String {
    let colour = role.variable();
    match role {
        Role::Slot(_) | Role::Idle => {
            format!("<rect x=\"6\" y=\"0\" width=\"14\" height=\"12\" fill=\"{colour}\"/>")
        }
        Role::Flag(_) => format!("<polygon points=\"8,1 18,1 13,11\" fill=\"{colour}\"/>"),
        _ => format!("<polyline points=\"0,6 26,6\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"3\"/>"),
    }
}

fn comparisons(report: &BacktestReport) -> Markup {
    html! {
        @if report.comparisons.is_empty() {
            p { "Compared with nothing." }
        } @else {
            (tables::comparisons(report))
        }
        p.note {
            (report.trials) " configurations were tried in all. "
            "The deflated Sharpe ratio is the probability that the ratio found is not the luck of so many trials."
        }
    }
}

fn flags(report: &BacktestReport) -> Markup {
    if report.flags.is_empty() {
        html! { p { "None were raised." } }
    } else {
        tables::flags(report)
    }
}

fn provenance(report: &BacktestReport) -> Markup {
    let from = &report.provenance;
    let windows: Vec<Vec<String>> = from
        .windows
        .iter()
        .map(|window| {
            vec![
                window.series.clone(),
                format_utc(window.from_ts),
                format_utc(window.to_ts),
                window.note.clone(),
            ]
        })
        .collect();
    let header = ["Series", "From", "To (exclusive)", "Note"].map(String::from);
    html! {
        @if !windows.is_empty() { (tables::table("Data", &header, &windows)) }
        @if !from.seeds.is_empty() || !from.hashes.is_empty() {
            dl.pairs {
                @for (what, seed) in &from.seeds { dt { "Seed of " (what) } dd { (seed) } }
                @for (what, hash) in &from.hashes { dt { "Hash of " (what) } dd.hash { (hash) } }
            }
        }
        @if !from.assumptions.is_empty() {
            h3 { "Assumed" }
            ul { @for assumption in &from.assumptions { li { (assumption) } } }
        }
        p.note {
            "Past figures of a simulation. They say what these rules would have done on this data, not what they will do."
        }
    }
}
