//! The recommendation as a person reads it.

use std::fmt::Write;

use super::classes::Asset;
use super::recommend::{MixAnswer, Recommendation};

/// Plain text, a few short paragraphs.
pub fn text(recommendation: &Recommendation, asset: Asset) -> String {
    let unit = match asset {
        Asset::Usdc => "USD",
        Asset::Sol => "SOL",
    };
    let mut out = String::new();
    let scores = &recommendation.scores;
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "You can afford {:.0} of 100 in risk and want {:.0}: {} governs. Highest class: {}.",
        scores.capacity, scores.willingness, scores.governed_by, recommendation.profile.tolerance_name
    );
    for cap in &scores.caps {
        let _ = writeln!(out, "  Lowered: {cap}.");
    }
    for contradiction in &scores.contradictions {
        let _ = writeln!(
            out,
            "  Does not fit together ({}): {}.",
            contradiction.between.join(", "),
            contradiction.text
        );
    }
    for closed in &recommendation.closed_classes {
        let _ = writeln!(out, "  Not {}: {}.", closed.class, closed.reason);
    }
    let mix = &recommendation.mix;
    let _ = writeln!(
        out,
        "\nFor {} days, with a fall deeper than {:.1}% no more often than once in twenty years:",
        recommendation.horizon_days,
        recommendation.drawdown_limit * 100.0
    );
    let _ = writeln!(out, "  {}", parts(mix));
    let _ =
        writeln!(out, "  Deposit {:.2} {unit}, keep {:.2} {unit}.", mix.money.deposit, mix.money.keep_back);
    if mix.money.deposit == 0.0 {
        let _ = writeln!(out, "  Nothing open to you is worth its risk by these answers.");
    }
    let _ = writeln!(
        out,
        "\n{:<18} {:>12} {:>12} {:>12} {:>14}",
        format!("At the end, {unit}"),
        "1 in 20 below",
        "middle",
        "1 in 20 above",
        "fall, 1 in 20"
    );
    for line in std::iter::once(mix).chain(&recommendation.alternatives) {
        let money = line.money;
        let _ = writeln!(
            out,
            "{:<18} {:>13.2} {:>12.2} {:>13.2} {:>14.2}",
            line.name, money.value_p05, money.value_p50, money.value_p95, money.drawdown_p95
        );
    }
    let _ = writeln!(out, "\nAs the date nears:");
    for step in &recommendation.glide_path {
        let [a, b, c] = step.weights_bps.map(percent);
        let _ = writeln!(
            out,
            "  {:>5} days left: conservative {a}, balanced {b}, growth {c}, kept {}",
            step.days_left,
            percent(step.idle_bps)
        );
    }
    let _ = writeln!(out, "\nTo set this profile:\n  {}", recommendation.command);
    let _ = writeln!(out, "\n{}", recommendation.note);
    for source in &recommendation.sources {
        let _ = writeln!(out, "  - {source}");
    }
    out
}

fn parts(mix: &MixAnswer) -> String {
    format!(
        "conservative {}, balanced {}, growth {}, kept back {}",
        percent(mix.conservative_bps),
        percent(mix.balanced_bps),
        percent(mix.growth_bps),
        percent(mix.idle_bps)
    )
}

fn percent(bps: u16) -> String {
    format!("{}%", f64::from(bps) / 100.0)
}
