//! Same settings, same report, whatever the machine was doing: `timing` apart.

use ballast_replay::{Asset, PolicyKind, ReplaySettings, RiskClass};
use serde_json::Value;

use crate::{assert_sound, replay, settings};

fn json(settings: &ReplaySettings) -> Value {
    let mut text = Vec::new();
    replay(settings.clone()).write_json(&mut text).unwrap();
    let mut json: Value = serde_json::from_slice(&text).unwrap();
    assert!(json["timing"]["steps_per_sec"].as_f64().unwrap() > 0.0);
    json["timing"] = Value::Null;
    json
}

#[test]
fn the_same_settings_give_the_same_json() {
    let mut growth = settings("2025-01-01", "2025-01-11", RiskClass::Growth);
    growth.policy = PolicyKind::EqualWeight;
    let first = json(&growth);
    assert_eq!(first, json(&growth));
    growth.seed = 8;
    assert_ne!(first["rows"], json(&growth)["rows"]);
}

#[test]
fn every_class_policy_and_asset_runs_on_generated_paths() {
    for class in [RiskClass::Conservative, RiskClass::Balanced, RiskClass::Growth] {
        for asset in [Asset::Usdc, Asset::Sol] {
            for policy in [PolicyKind::Engine, PolicyKind::Plain, PolicyKind::EqualWeight, PolicyKind::Hold] {
                let mut settings = settings("2025-01-01", "2025-01-06", class);
                (settings.asset, settings.policy) = (asset, policy);
                let report = replay(settings);
                assert_sound(&report);
                assert_eq!(report.rows[0].values_atoms.len(), 4);
                if policy == PolicyKind::Hold {
                    assert_eq!(report.summary.decisions.accepted, 1, "{class} {asset:?}");
                }
            }
        }
    }
}

#[test]
fn a_conservative_dollar_vault_only_earns() {
    let report = replay(settings("2025-01-01", "2025-03-01", RiskClass::Conservative));
    assert_sound(&report);
    let returns = &report.summary.returns;
    // Lending alone cannot lose: what dips is the share price when a day's fees are taken.
    assert!(returns.drawdown.depth > -1e-4, "{:?}", returns.drawdown);
    let annual = returns.annual_return.unwrap();
    assert!(annual > 0.005 && annual < 0.15, "{annual}");
    assert!(report.summary.flows.fees_atoms > 0);
}
