//! What happens how often, and how badly: the defaults, with what they rest on.
//!
//! Jumps are too rare to fit. Each figure says what is public fact and what is judgement; governance and users can
//! put their own in every specification, and every answer comes with a sweep over both.

use serde::{Deserialize, Serialize};

use super::Severity;

/// A kind of sudden loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JumpKind {
    /// A venue's funds are stolen or its books falsified.
    Exploit,
    /// A venue cannot pay out: what leaving anyway costs.
    Freeze,
    /// A lending market is left with loans that nobody repays.
    #[serde(alias = "baddebt")]
    BadDebt,
    /// An issuer's token falls below par and comes back; the loss of who leaves meanwhile.
    Depeg,
    /// An issuer's token does not come back.
    Collapse,
    /// A price that is wrong is acted upon.
    #[serde(alias = "oracle")]
    OracleFault,
    /// Anything else.
    Other,
}

/// A kind of sudden loss with its law.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jump {
    /// What happens.
    pub kind: JumpKind,
    /// Expected events a year; arrivals are Poisson.
    #[serde(alias = "per_year", alias = "annual_intensity", alias = "lambda")]
    pub intensity: f64,
    /// Share of value lost in an event.
    #[serde(alias = "loss")]
    pub severity: Severity,
}

/// A default and its grounds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Calibrated {
    /// The factors it is for: what stands before the colon of their name.
    pub prefix: &'static str,
    /// The jump.
    #[serde(flatten)]
    pub jump: Jump,
    /// Public facts behind it.
    pub facts: &'static str,
    /// What is judgement.
    pub judgement: &'static str,
}

/// The table. One row a (prefix, kind).
pub fn table() -> Vec<Calibrated> {
    let row = |prefix, kind, intensity, severity, facts, judgement| Calibrated {
        prefix,
        jump: Jump { kind, intensity, severity },
        facts,
        judgement,
    };
    vec![
        row(
            "venue",
            JumpKind::Exploit,
            0.015,
            Severity::Beta { a: 0.7, b: 1.1 },
            "Solana venues that lost user funds: Cashio 2022-03 (about 50 m USD, nearly all), Crema 2022-07 (about 9 m, \
             mostly returned), Mango 2022-10 (about 115 m, nearly all deposits), Raydium 2022-12 (about 4.4 m, some pools), \
             Loopscale 2025-04 (about 5.8 m, about an eighth of funds, returned)",
            "about five in five years; that some seventy venues of comparable size were open in an average year is an \
             estimate. Losses from a few percent to everything: mean 39%. Returned money is not counted as returned",
        ),
        row(
            "venue",
            JumpKind::Freeze,
            0.10,
            Severity::Uniform { low: 0.0, high: 0.02 },
            "lending pools at full utilisation have kept lenders waiting for hours to days, as on Solana in November 2022",
            "once in ten years and venue; leaving at a discount of 0 to 2% instead of waiting",
        ),
        row(
            "market",
            JumpKind::BadDebt,
            0.03,
            Severity::Beta { a: 0.6, b: 11.4 },
            "Solend 2022-11: about 1.26 m USD of bad debt in isolated pools after the price of USDH was manipulated",
            "frequency and size: three in a hundred years and market, mean 5% of it",
        ),
        row(
            "issuer",
            JumpKind::Depeg,
            0.22,
            Severity::Exponential { mean: 0.04 },
            "USDC fell to 0.9128 (hourly close) on 2023-03-11 and was back within days: one in four and a half years, the \
             generator's own figures",
            "that whoever is in the worst hour has to leave then: harsher than waiting",
        ),
        row(
            "issuer",
            JumpKind::Collapse,
            0.002,
            Severity::Uniform { low: 0.2, high: 0.9 },
            "UST fell to 0.2458 by 2022-05-13 and did not come back; it had no reserves to speak of",
            "for issuers with reserves: once in five hundred years. An algorithmic one deserves ten to a hundred times that",
        ),
        row(
            "oracle",
            JumpKind::OracleFault,
            0.10,
            Severity::Uniform { low: 0.0, high: 0.05 },
            "Pyth published BTC near 5,402 USD for minutes on 2021-09-20 when two publishers erred",
            "once in ten years; the price guard (age, confidence, average) bounds what gets through at about 5%",
        ),
    ]
}

/// The table's jumps for a factor such as `venue:kamino`; empty for a prefix that it does not know.
pub fn defaults_for(factor: &str) -> Vec<Jump> {
    let prefix = factor.split_once(':').map_or(factor, |parts| parts.0);
    table().into_iter().filter(|row| row.prefix == prefix).map(|row| row.jump).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_sound_and_known_once() {
        let rows = table();
        for row in &rows {
            row.jump.severity.validate("severity").unwrap();
            assert!(row.jump.intensity > 0.0 && !row.facts.is_empty() && !row.judgement.is_empty());
            let same =
                rows.iter().filter(|other| (other.prefix, other.jump.kind) == (row.prefix, row.jump.kind));
            assert_eq!(same.count(), 1);
        }
        assert_eq!(defaults_for("venue:kamino").len(), 2);
        assert_eq!(defaults_for("asset:SOL"), vec![]);
    }

    #[test]
    fn the_depeg_is_the_generators() {
        let peg = crate::generate::PegParams::default();
        let depeg = defaults_for("issuer:circle").remove(0);
        assert_eq!(depeg.intensity, peg.depegs_per_year);
        assert_eq!(depeg.severity, Severity::Exponential { mean: peg.depeg_mean });
    }
}
