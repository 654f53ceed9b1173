//! A small report for tests and for looking at the chart.

use super::{EventKind, Recorder, ReplayMeta, ReplayReport, StepRow, Timing};
use crate::market::{Provenance, SourceKind};

pub const FROM_TS: i64 = 1_667_606_400;

pub fn meta(strategies: usize) -> ReplayMeta {
    let names = ["kamino-usdc-main", "kamino-usdc-alt", "raydium-sol-usdc", "jito-stake"];
    ReplayMeta {
        vault: "USDC balanced".into(),
        asset: "USDC".into(),
        asset_decimals: 6,
        policy: "plain".into(),
        strategies: names.iter().take(strategies).map(ToString::to_string).collect(),
        provenance: Provenance {
            source: SourceKind::Generated { seed: 7 },
            from_ts: FROM_TS,
            to_ts: FROM_TS + 3_600,
            step_secs: 3_600,
            series: Vec::new(),
            assumptions: vec!["staking earns 7.00% a year".into()],
        },
    }
}

pub fn row(step: i64, share_price: f64, values: &[u64]) -> StepRow {
    StepRow {
        ts: FROM_TS + step * 3_600,
        share_price,
        total_assets_atoms: 1_000,
        idle_atoms: 1_000 - values.iter().sum::<u64>(),
        values_atoms: values.to_vec(),
        net_aprs: values.iter().map(|value| Some(*value as f64 / 1e4)).collect(),
        utilisations: values.iter().map(|_| Some(0.8)).collect(),
        sol_usd: (step != 1).then_some(35.5),
        stable_usd: Some(1.0),
        compute_units: 0,
    }
}

/// `steps` hours with a fall in the middle and shifting weights.
pub fn report(steps: i64) -> ReplayReport {
    let mut recorder = Recorder::new(meta(4));
    recorder.deposited(FROM_TS, 1_000, "alice");
    for step in 0..steps {
        let progress = step as f64 / steps as f64;
        let fall =
            if (0.45..0.55).contains(&progress) { 0.02 * (1.0 - (progress - 0.5).abs() / 0.05) } else { 0.0 };
        let noise = 0.0004 * ((step * 7_919 % 101) as f64 / 101.0 - 0.5);
        let first = 200 + (150.0 * (progress * 9.0).sin()) as u64;
        let values = [first, 500 - first, 200, if progress > 0.3 { 150 } else { 0 }];
        let row = row(step, 1.0 + 0.06 * progress - fall + noise, &values);
        if step % 97 == 0 {
            recorder.decision_accepted(row.ts, 120);
        } else if (0.45..0.55).contains(&progress) && step % 11 == 0 {
            recorder.decision_rejected(row.ts, "OracleDivergent");
            recorder.event(row.ts, EventKind::OracleFlag, "SOL/USD diverges from its average");
        } else {
            recorder.decision_held();
        }
        recorder.compute("rebalance", 41_000);
        recorder.conservation_checked();
        recorder.step(row);
    }
    recorder.withdrawn(FROM_TS + (steps - 1) * 3_600, 400, "alice");
    recorder.fees(2);
    let timing = Timing { wall_secs: 2.0, steps_per_sec: steps as f64 / 2.0 };
    recorder.finish(Some(timing)).unwrap()
}
