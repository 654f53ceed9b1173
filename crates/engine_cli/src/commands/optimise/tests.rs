use serde_json::{Value, json};

use super::*;
use crate::asked::ask_or_refusal;

fn answered(document: &Value) -> Result<Value, String> {
    ask_or_refusal(run, [], &document.to_string())
}

fn published() -> Value {
    json!({
        "objective": "min_cvar",
        "alpha": 0.95,
        "assets": ["S&P", "bonds", "small caps"],
        "mean": [0.010111, 0.0043532, 0.0137058],
        "covariance": [[0.00324625, 0.00022983, 0.00420395], [0.00049937, 0.00019247], [0.00764097]],
        "min_return": 0.011
    })
}

#[test]
fn answers_the_published_case() {
    let answer = answered(&published()).unwrap();
    for (found, expected) in answer["weights"].as_array().unwrap().iter().zip([0.452013, 0.115573, 0.432414])
    {
        assert!((found.as_f64().unwrap() - expected).abs() < 2e-6);
    }
    assert!((answer["cvar"].as_f64().unwrap() - 0.115908).abs() < 1e-6);
    assert!((answer["var"].as_f64().unwrap() - 0.0902).abs() < 1e-6);
    assert_eq!(answer["active_constraints"], json!(["budget", "min_return"]));
    assert_eq!(answer["risk_model"], "normal");
}

#[test]
fn spellings_mean_the_same() {
    let plain = answered(&published()).unwrap();
    let mut other = published();
    let map = other.as_object_mut().unwrap();
    let moved = [("mean", "expected_returns"), ("covariance", "cov"), ("alpha", "confidence")];
    for (from, to) in moved {
        let value = map.remove(from).unwrap();
        map.insert(to.into(), value);
    }
    map.remove("min_return");
    let limits = json!({
        "target_return": 0.011, "budget": {"min": 1, "max": 1}, "bounds": [[0, 1], [0, null], [0, 1]],
        "groups": [{"name": "all", "members": ["S&P", 1, 2], "max": 2}],
        "rows": [{"coefficients": {"bonds": 1}, "min": -1}, {"coefficients": [0, 0, 1], "max": 0.9}],
    });
    map.insert("constraints".into(), limits);
    let other = answered(&other).unwrap();
    // An interior point: rows that change nothing change the last digits.
    for (found, expected) in
        other["weights"].as_array().unwrap().iter().zip(plain["weights"].as_array().unwrap())
    {
        assert!((found.as_f64().unwrap() - expected.as_f64().unwrap()).abs() < 3e-6);
    }
}

#[test]
fn scenarios_with_probabilities_turnover_and_costs() {
    let document = json!({
        "objective": "mean_cvar", "alpha": 0.9, "risk_aversion": 2,
        "scenarios": [[0.02, 0.01], [-0.05, 0.0], [0.03, 0.01], [0.01, 0.02]],
        "probabilities": [0.4, 0.1, 0.3, 0.2],
        "turnover": {"current": [1, 0], "max": 0.5, "costs": 0.001, "count": "increases"},
    });
    let answer = answered(&document).unwrap();
    assert_eq!(answer["weights"], json!([0.5, 0.5]));
    assert_eq!(answer["active_constraints"][1], "turnover");
    assert!((answer["cvar"].as_f64().unwrap() - 0.025).abs() < 1e-12);
    assert!((answer["cost"].as_f64().unwrap() - 0.001).abs() < 1e-12);
}

#[test]
fn what_is_wrong_is_named() {
    let changed = |field: &str, value: Value| {
        let mut document = published();
        document[field] = value;
        document
    };
    for (document, expected) in [
        (json!([]), "an object is expected"),
        (json!({"mean": [0.1]}), "objective: missing"),
        (json!({"objective": "min_cvar"}), "give scenarios, or mean and covariance"),
        (changed("objective", json!("best")), "objective: unknown variant `best`"),
        (changed("alpha", json!(0.05)), "for the worst 5% it is 0.95"),
        (changed("alpha", json!("high")), "alpha: invalid type"),
        (changed("mean", json!([0.1, "x", 0.2])), "mean, column 2: \"x\" is not a number"),
        (changed("mean", json!([0.1, 0.2])), "mean: 2 entries for 3 assets"),
        (changed("mean", json!([1.1, 4.0, 0.2])), "returns are fractions"),
        (changed("covariance", json!([[1, 2], [2, 1]])), "covariance: not positive semi-definite"),
        (changed("covariance", json!([[1, 0.1, 0], [0.2, 1, 0], [0, 0, 1]])), "row 2, column 1"),
        (
            changed("min_return", json!(0.02)),
            "min_return (at least 0.02) cannot hold: the most that the others allow is 0.0137058",
        ),
        (changed("min_return", json!(1.1)), "min_return: 1.1; returns are fractions"),
        (changed("max_cvar", json!(0.001)), "max_cvar (at most 0.001) cannot hold"),
        (
            changed("bounds", json!([0, 0.2])),
            "bounds of small caps (at most 0.2) cannot hold: the least that the others allow is 0.6",
        ),
        (changed("bounds", json!([[0, 1]])), "bounds: 1 entries for 3 assets"),
        (changed("colour", json!(1)), "`colour` is not known"),
        (changed("groups", json!([{"members": ["gold"], "max": 1}])), "groups, entry 1: \"gold\" is neither"),
        (changed("groups", json!([{"members": [0]}])), "groups, entry 1: neither min nor max"),
        (changed("max_turnover", json!(0.1)), "turnover: current_weights are missing"),
        (changed("probabilities", json!([1])), "probabilities: there are no scenarios"),
        (changed("assets", json!(["a", "a", "b"])), "assets: `a` appears twice"),
        (changed("scenarios", json!([[0.1, 0.1, 0.1]])), "scenarios: 1 rows of 3 columns"),
        (changed("scenarios", json!([[0.1, 0.1], [0.1, 0.1]])), "scenarios: 2 assets, but 3 elsewhere"),
        (
            changed("scenarios", json!([[1.5, 2.0, 0.1], [-0.5, 3.0, 1.2]])),
            "4 of 6 returns are beyond 1 (100%)",
        ),
        (
            json!({"objective": "max_return", "mean": [0.1, 0.2], "budget": null}),
            "nothing limits the weight of asset 1, asset 2",
        ),
    ] {
        let found = answered(&document).unwrap_err();
        assert!(found.contains(expected), "{found:?} lacks {expected:?}");
        assert!(found.starts_with("standard input: "), "{found}");
    }
    let args = Args { source: Source::default() };
    let found = run(&args, &mut "{\"mean\": [NaN]}".as_bytes()).unwrap_err();
    assert!(found.to_string().contains("NaN is not a finite number at line 1 column"), "{found}");
}

#[test]
fn risk_parity_answers_too() {
    for objective in ["hrp", "erc"] {
        let document = json!({"objective": objective, "covariance": [[0.04, 0.0], [0.01]]});
        let answer = answered(&document).unwrap();
        let first = answer["weights"][0].as_f64().unwrap();
        let expected = if objective == "hrp" { 0.2 } else { 1.0 / 3.0 };
        assert!((first - expected).abs() < 1e-12, "{answer}");
    }
}

#[test]
fn a_misspelt_field_is_named_before_the_one_that_is_missing() {
    for (document, expected) in [
        (json!({"objectve": "min_variance", "covariance": [[0.04, 0.0], [0.01]]}), "`objectve` is not known"),
        (
            json!({"objective": "min_variance", "covarience": [[0.04, 0.0], [0.01]]}),
            "`covarience` is not known",
        ),
        (
            json!({"objective": "min_cvar", "mean": [0.1, 0.1], "constraints": {"max_turnovr": 0.1}}),
            "`max_turnovr` is not known",
        ),
    ] {
        let found = answered(&document).unwrap_err();
        assert!(found.contains(expected), "{found:?} lacks {expected:?}");
    }
}
