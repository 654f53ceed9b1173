use super::ReplayReport;
use crate::time::{format_span, format_utc};

/// The summary in the order in which people ask.
pub fn rows(report: &ReplayReport) -> Vec<(String, String)> {
    let (meta, summary) = (&report.meta, &report.summary);
    let returns = &summary.returns;
    let mut table = Vec::new();
    let mut row = |what: &str, figure: String| table.push((what.to_string(), figure));
    row("vault", format!("{}, policy {}", meta.vault, meta.policy));
    for line in meta.provenance.lines() {
        row("input", line);
    }
    row("return", percent(returns.total_return));
    row("annualised return", annual_return(report));
    row("volatility a year", optional(returns.volatility, percent));
    row("Sharpe", optional(returns.sharpe, |figure| format!("{figure:.2}")));
    row("max drawdown", drawdown(report));
    row(
        "turnover",
        format!(
            "{} ({:.1} times a year)",
            percent(summary.turnover_bps as f64 / 10_000.0),
            summary.annual_turnover
        ),
    );
    let amount = |atoms| format!("{} {}", decimal(atoms, meta.asset_decimals), meta.asset);
    row("deposited", amount(summary.flows.deposited_atoms));
    row("withdrawn", amount(summary.flows.withdrawn_atoms));
    row("fees", amount(summary.flows.fees_atoms));
    row("lost in moves", amount(summary.flows.move_loss_atoms));
    row("left in at the end", amount(summary.flows.remaining_atoms));
    row("decisions accepted", summary.decisions.accepted.to_string());
    row("decisions held back", summary.decisions.held.to_string());
    row("decisions rejected", summary.decisions.rejected_total().to_string());
    for (limit, count) in &summary.decisions.rejected {
        row("  by limit", format!("{limit}: {count}"));
    }
    for (instruction, limits) in &summary.refusals {
        for (limit, count) in limits {
            row(&format!("{instruction} refused"), format!("{limit}: {count}"));
        }
    }
    for (instruction, used) in &summary.compute {
        row("CU", format!("{instruction}: {} times, mean {}, max {}", used.count, used.mean(), used.max));
    }
    row("conservation checks", format!("{}, all held", summary.conservation_checks));
    row("steps", summary.steps.to_string());
    if let Some(timing) = report.timing {
        row("speed", format!("{:.0} steps a second ({:.1} s)", timing.steps_per_sec, timing.wall_secs));
    }
    table
}

/// The return a year; less than a month compounded to a year is not shown, as it says nothing.
pub fn annual_return(report: &ReplayReport) -> String {
    const SHORTEST_SECS: i64 = 30 * 86_400;
    let provenance = &report.meta.provenance;
    let steps = i64::try_from(report.rows.len()).unwrap_or(i64::MAX);
    if steps.saturating_mul(provenance.step_secs) < SHORTEST_SECS {
        return "n/a (under 30 days)".into();
    }
    optional(report.summary.returns.annual_return, percent)
}

fn drawdown(report: &ReplayReport) -> String {
    let fall = report.summary.returns.drawdown;
    let (Some(peak), Some(trough)) = (fall.peak_ts, fall.trough_ts) else {
        return "none".into();
    };
    let recovery = match fall.recovered_ts {
        Some(ts) => format!("made good in {}", format_span(ts.saturating_sub(trough))),
        None => "not made good".into(),
    };
    format!("{}, {} to {}, {recovery}", percent(fall.depth), format_utc(peak), format_utc(trough))
}

/// A fraction as a percentage, with enough decimals to tell small ones apart.
pub fn percent(fraction: f64) -> String {
    let value = fraction * 100.0;
    let decimals = if value.abs() < 0.1 && value != 0.0 { 4 } else { 2 };
    format!("{value:.decimals$}%")
}

fn optional(figure: Option<f64>, text: impl Fn(f64) -> String) -> String {
    figure.map_or_else(|| "n/a".into(), text)
}

/// Atoms in the units people use, exactly.
fn decimal(atoms: u64, decimals: u8) -> String {
    let digits = usize::from(decimals);
    let padded = format!("{atoms:0>width$}", width = digits + 1);
    let (whole, fraction) = padded.split_at(padded.len() - digits);
    match fraction.trim_end_matches('0') {
        "" => whole.into(),
        fraction => format!("{whole}.{fraction}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn amounts_are_exact() {
        let cases = [
            (0, 6, "0"),
            (1, 6, "0.000001"),
            (12_500_000, 6, "12.5"),
            (7, 0, "7"),
            (u64::MAX, 9, "18446744073.709551615"),
        ];
        for (atoms, decimals, text) in cases {
            assert_eq!(decimal(atoms, decimals), text);
        }
    }

    #[test]
    fn every_figure_of_the_issue_is_there() {
        let report = fixture::report(200);
        let table = report.table();
        let figure = |what: &str| {
            let found: Vec<&str> =
                table.iter().filter(|row| row.0 == what).map(|row| row.1.as_str()).collect();
            found.join("; ")
        };
        assert_eq!(figure("vault"), "USDC balanced, policy plain");
        assert!(figure("input").starts_with("generated paths, seed 7, 2022-11-05T00:00Z"));
        assert_eq!(figure("deposited"), "0.001 USDC");
        assert_eq!(figure("decisions accepted"), "3");
        assert_eq!(figure("decisions rejected"), "1");
        assert_eq!(figure("  by limit"), "OracleDivergent: 1");
        assert_eq!(figure("CU"), "rebalance: 200 times, mean 41000, max 41000");
        assert_eq!(figure("speed"), "100 steps a second (2.0 s)");
        assert!(
            figure("max drawdown").contains("2022-11-") && figure("max drawdown").contains("made good in")
        );
        for what in
            ["return", "annualised return", "volatility a year", "Sharpe", "turnover", "fees", "steps"]
        {
            assert!(!figure(what).is_empty() && figure(what) != "n/a", "{what}");
        }
    }
}
