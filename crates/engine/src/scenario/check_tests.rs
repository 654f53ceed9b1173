use super::*;
use crate::scenario::JumpKind;

fn spec(json: &str) -> ScenarioSpec {
    serde_json::from_str(json).unwrap()
}

#[test]
fn names_alone_are_enough() {
    let checked = spec(r#"{"strategies": [{"name": "lend", "factors": ["venue:kamino", "issuer:circle"]}]}"#);
    let checked = checked.check().unwrap();
    assert_eq!(checked.factors.len(), 2);
    assert_eq!(checked.strategies, vec![("lend".to_owned(), 0b11)]);
    assert_eq!((checked.alpha_bps, checked.horizon_secs), (9_500, 30 * 86_400));
    let alone = spec(r#"{"factors": ["venue:kamino", "asset:SOL"], "horizon": 7, "confidence": 0.99}"#);
    let alone = alone.check().unwrap();
    assert_eq!(alone.strategies.iter().map(|s| s.1).collect::<Vec<_>>(), vec![1, 2]);
    assert!(alone.factors[1].market.is_some() && alone.factors[1].jumps.is_empty());
}

#[test]
fn intensities_replace_the_tables() {
    let checked = spec(
        r#"{"factors": ["venue:a", "venue:b", {"id": "x", "jumps": [{"kind": "other", "per_year": 1,
            "loss": {"law": "fixed", "loss": 0.5}}]}], "intensities": {"venue:a": 0.23, "venue:b": {"exploit": 0.5}}}"#,
    );
    let factors = checked.check().unwrap().factors;
    assert!((factors[0].jumps.iter().map(|jump| jump.intensity).sum::<f64>() - 0.23).abs() < 1e-12);
    assert_eq!((factors[1].jumps[0].intensity, factors[1].jumps[1].intensity), (0.5, 0.10));
    assert_eq!(factors[2].jumps[0].kind, JumpKind::Other);
}

#[test]
fn every_refusal_names_its_field() {
    let cases = [
        (r#"{}"#, "factors: 0 of them"),
        (r#"{"factors": ["venue:a", "venue:a"]}"#, "factors[1]: `venue:a` is there twice"),
        (r#"{"factors": ["weather"]}"#, "factors[0]: the calibration table has nothing for `weather`"),
        (r#"{"factors": ["asset:BTC"]}"#, "factors[0].market: `asset:BTC` needs a column"),
        (r#"{"factors": [{"id": "asset:SOL", "market": {"column": "sol"}}]}"#, "no history is given"),
        (
            r#"{"factors": ["venue:a"], "alpha": 95}"#,
            "alpha: 95 is not a confidence level in 0.5 to 1 (is it in percent?)",
        ),
        (r#"{"factors": ["venue:a"], "alpha": 0.123}"#, "alpha"),
        (r#"{"factors": ["venue:a"], "alpha": 0.95555}"#, "whole number of basis points"),
        (r#"{"factors": ["venue:a"], "horizon_days": 0}"#, "horizon_days: 0 is not in"),
        (r#"{"factors": ["venue:a"], "count": 5000}"#, "count: 5000 is not in 32 to 1024"),
        (r#"{"factors": ["venue:a"], "severity_scale": -1}"#, "a scale: -1"),
        (r#"{"factors": ["venue:a"], "intensities": {"venue:b": 1}}"#, "intensities.venue:b: no such factor"),
        (r#"{"factors": ["venue:a"], "intensities": {"venue:a": -1}}"#, "factors[0].jumps[0].intensity"),
        (r#"{"factors": ["venue:a"], "intensities": {"venue:a": {"depeg": 1}}}"#, "no jump of kind Depeg"),
        (
            r#"{"factors": ["venue:a"], "strategies": [{"name": "s", "factors": ["venue:b"]}]}"#,
            "strategies[0].factors: `venue:b`",
        ),
        (
            r#"{"factors": ["venue:a"], "strategies": [{"name": "s", "factors": []}]}"#,
            "without any risk factor",
        ),
        (r#"{"factors": ["venue:a"], "mix": {"venue:b": 1}}"#, "mix.venue:b: no such strategy"),
        (r#"{"factors": ["venue:a"], "mix": {"venue:a": 60}}"#, "(is it in percent?)"),
        (
            r#"{"factors": ["venue:a", "venue:b"], "mixes": {"m": {"venue:a": 0.6, "venue:b": 0.5}}}"#,
            "mixes.m: weights sum to 11000 bps",
        ),
        (r#"{"factors": ["venue:a"], "mix": {}}"#, "mix: 0 strategies"),
    ];
    for (json, expected) in cases {
        let error = spec(json).check().unwrap_err().to_string();
        assert!(error.contains(expected), "{json}: {error:?} lacks {expected:?}");
    }
    let many: Vec<String> = (0..17).map(|i| format!("\"venue:{i}\"")).collect();
    let error = spec(&format!("{{\"factors\": [{}]}}", many.join(","))).check().unwrap_err();
    assert!(error.to_string().contains("17 of them: a set has 1 to 16"));
}
