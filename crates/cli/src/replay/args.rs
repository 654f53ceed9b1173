use std::path::PathBuf;

use ballast_engine::data::LendingKey;
use ballast_engine::market::StableSource;
use ballast_engine::time::{format_utc, parse_utc};
use ballast_keeper::ModelFile;
use ballast_replay::{Asset, PolicyKind, ReplaySettings, RiskClass};

use crate::when::parse_span;

/// What to replay
#[derive(Clone, Debug, clap::Args)]
pub struct ReplayArgs {
    /// What runs on what.
    #[command(flatten)]
    pub run: RunArgs,
    /// Print one CSV row a step instead of the table
    #[arg(long)]
    pub csv: bool,
    /// Write a chart: .svg or .png
    #[arg(long, value_name = "FILE")]
    pub plot: Option<PathBuf>,
}

/// A vault, a market and a policy
#[derive(Clone, Debug, clap::Args)]
pub struct RunArgs {
    /// Folder of history files; without it, paths are generated from --seed
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Start, UTC: 2022-11-05, 2022-11-05T06:00 or unix seconds
    #[arg(long, value_name = "TIME", value_parser = utc)]
    pub from: i64,
    /// End, exclusive
    #[arg(long, value_name = "TIME", value_parser = utc)]
    pub to: i64,
    /// Length of a step: 1h, 30min, 1d
    #[arg(long, value_name = "SPAN", default_value = "1h", value_parser = span)]
    pub step: i64,
    /// Class of the vault: conservative, balanced or growth
    #[arg(long, value_name = "CLASS")]
    pub vault: RiskClass,
    /// Asset of the vault: usdc or sol
    #[arg(long, default_value = "usdc")]
    pub asset: Asset,
    /// Where in their own time the lending rates begin [default: the replay's dates]
    #[arg(long, value_name = "TIME", value_parser = utc)]
    pub rates_from: Option<i64>,
    /// Where in its own time the pool's history begins [default: the replay's dates]
    #[arg(long, value_name = "TIME", value_parser = utc)]
    pub lp_from: Option<i64>,
    /// What plays the stable asset: usdc, ust, or par for one dollar at all times
    #[arg(long, default_value = "usdc", value_parser = stable)]
    pub stable: StableSource,
    /// Lending market to follow, as network:asset; again for more [default: four of the asset]
    #[arg(long = "reserve", value_name = "MARKET")]
    pub reserves: Vec<LendingKey>,
    /// Trade fee of the pool, bps
    #[arg(long, value_name = "BPS", default_value_t = 25, value_parser = clap::value_parser!(u16).range(1..=400))]
    pub pool_fee_bps: u16,
    /// Policy of the keeper: engine, plain, equal-weight, hold, or single:SLOT for one venue alone
    #[arg(long, default_value = "engine")]
    pub policy: PolicyKind,
    /// Model file of the engine [default: models/engine-v1.toml as built in]
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
    /// First deposit, whole units of the asset [default: 1000000 USDC or 10000 SOL]
    #[arg(long, value_name = "UNITS", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub deposit: Option<u64>,
    /// Seed of the holders who come and leave, and of generated paths
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Take history with gaps of more than six hours; they are reported
    #[arg(long)]
    pub accept_gaps: bool,
}

impl ReplayArgs {
    /// The settings they stand for.
    pub fn settings(&self) -> Result<ReplaySettings, String> {
        if let Some(path) = &self.plot {
            let known = path.extension().is_some_and(|end| end == "svg" || end == "png");
            // Said before the replay, not after it.
            if !known {
                return Err(format!("{}: a chart is written as .svg or .png", path.display()));
            }
        }
        self.run.settings()
    }
}

impl RunArgs {
    /// The settings they stand for.
    pub fn settings(&self) -> Result<ReplaySettings, String> {
        if self.to <= self.from {
            return Err(format!(
                "--to {} is not after --from {}: the end comes after the start",
                format_utc(self.to),
                format_utc(self.from)
            ));
        }
        let model =
            self.model.as_deref().map(ModelFile::read).transpose().map_err(|error| error.to_string())?;
        Ok(ReplaySettings {
            model,
            data: self.data.clone(),
            step_secs: self.step,
            asset: self.asset,
            policy: self.policy,
            deposit: self.deposit,
            rates_from_ts: self.rates_from,
            lp_from_ts: self.lp_from,
            stable: self.stable,
            reserves: self.reserves.clone(),
            pool_fee_bps: self.pool_fee_bps,
            accept_gaps: self.accept_gaps,
            seed: self.seed,
            ..ReplaySettings::new(self.from, self.to, self.vault)
        })
    }
}

fn utc(text: &str) -> Result<i64, String> {
    parse_utc(text).map_err(|error| error.to_string())
}

/// A length of time that is not nothing.
fn span(text: &str) -> Result<i64, String> {
    match parse_span(text).map_err(|error| error.to_string())? {
        0 => Err(format!("{text:?} is no time at all")),
        secs => Ok(secs),
    }
}

fn stable(text: &str) -> Result<StableSource, String> {
    match text {
        "usdc" => Ok(StableSource::Usdc),
        "ust" => Ok(StableSource::Ust),
        "par" => Ok(StableSource::Par),
        _ => Err(format!("{text:?} is not usdc, ust or par")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        replay: ReplayArgs,
    }

    fn parse(line: &str) -> Result<ReplayArgs, clap::Error> {
        let words = std::iter::once("replay").chain(line.split_whitespace());
        Line::try_parse_from(words).map(|line| line.replay)
    }

    #[test]
    fn a_line_becomes_settings() {
        let line = "--from 2022-11-05 --to 2022-11-12 --vault growth --stable par --policy hold --step 30min";
        let settings = parse(line).unwrap().settings().unwrap();
        assert_eq!((settings.from_ts, settings.to_ts), (1_667_606_400, 1_668_211_200));
        assert_eq!((settings.step_secs, settings.deposit), (1_800, None));
        assert_eq!((settings.class, settings.policy), (RiskClass::Growth, PolicyKind::Hold));
    }

    #[test]
    fn spans_are_read_strictly() {
        assert_eq!((span("90s"), span("1d")), (Ok(90), Ok(86_400)));
        for bad in ["", "h", "1", "0h", "-1h", "1.5h", "9999999999999999d"] {
            assert!(span(bad).is_err(), "{bad}");
        }
        assert!(span("30m").unwrap_err().contains("30min"));
    }

    #[test]
    fn dates_in_the_wrong_order_are_both_named() {
        for line in ["--from 2022-11-12 --to 2022-11-05", "--from 2022-11-12 --to 2022-11-12"] {
            let error = parse(&format!("{line} --vault growth")).unwrap().settings().unwrap_err();
            assert!(error.contains("--from 2022-11-12") && error.contains("--to 2022-11-"), "{error}");
        }
        let error =
            parse("--from 2022-11-12 --to 2022-11-05 --vault growth").unwrap().settings().unwrap_err();
        assert!(error.contains("--to 2022-11-05"), "{error}");
    }

    #[test]
    fn what_makes_no_sense_is_refused_before_anything_runs() {
        let base = "--from 2022-11-05 --to 2022-11-12 --vault growth";
        for bad in [
            "--stable dai",
            "--policy best",
            "--asset eth",
            "--deposit 0",
            "--pool-fee-bps 0",
            "--reserve base",
        ] {
            assert!(parse(&format!("{base} {bad}")).is_err(), "{bad}");
        }
        let chart = parse(&format!("{base} --plot chart.gif")).unwrap();
        assert!(chart.settings().unwrap_err().contains("chart.gif"));
    }
}
