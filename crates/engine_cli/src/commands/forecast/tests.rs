use serde_json::{Value, json};

use crate::asked::ask_or_refusal;

const DAY: i64 = 86_400;
const START: i64 = 1_700_000_000;
const CURVE: &str = "0:0,7000:350,9000:700,10000:8000";

fn forecast(arguments: &[&str], input: &str) -> Result<Value, String> {
    ask_or_refusal(super::run, arguments.iter().copied(), input)
}

/// A noisy, mean-reverting fraction around `centre`.
fn values(rows: i64, centre: f64, spread: f64) -> Vec<(i64, f64)> {
    let mut state = 1u64;
    let mut level = 0.0;
    let mut one = |row: i64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        level = 0.6 * level + (state >> 11) as f64 / 9_007_199_254_740_992.0 - 0.5;
        (START + row * DAY, centre + spread * level)
    };
    (0..rows).map(&mut one).collect()
}

fn csv(header: &str, points: &[(i64, f64)]) -> String {
    let rows = points.iter().map(|(ts, value)| format!("{ts},{value}\n"));
    std::iter::once(format!("{header}\n")).chain(rows).collect()
}

fn number(answer: &Value, path: &str) -> f64 {
    answer.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("{path} in {answer:#}"))
}

#[test]
fn a_rate_with_its_table_and_quantiles() {
    let text = csv("unix_time,value", &values(400, 0.05, 0.02));
    let answer = forecast(&["--kind", "rate", "--horizon", "3d"], &text).unwrap();
    assert_eq!(
        (answer["horizon_rows"].as_u64(), answer["series"]["step_secs"].as_i64()),
        (Some(3), Some(DAY))
    );
    assert_eq!(answer["walk_forward"]["models"].as_array().unwrap().len(), 4);
    assert!(number(&answer, "/forecast/quantiles/q05") < number(&answer, "/forecast/quantiles/q95"));
    // The series reverts within two days: the last value cannot be the choice.
    assert_ne!(answer["chosen"], "last", "{answer:#}");
    assert!(answer["reason"].as_str().unwrap().contains("below the last value's"));
    for model in ["last", "ewma", "har", "boost"] {
        let asked = forecast(&["--kind", "rate", "--model", model], &text).unwrap();
        assert_eq!(asked["chosen"], model);
    }
    let again = forecast(&["--kind", "rate", "--horizon", "259200"], &text).unwrap();
    assert_eq!(again, answer);
}

#[test]
fn json_and_csv_answer_alike() {
    let points = values(200, 0.7, 0.2);
    let from_csv = forecast(&["--kind", "utilisation"], &csv("timestamp,utilization", &points)).unwrap();
    let pairs: Vec<Value> = points.iter().map(|(ts, value)| json!([ts, value])).collect();
    let document = json!({"kind": "utilisation", "horizon_secs": 604_800, "series": pairs}).to_string();
    assert_eq!(forecast(&[], &document).unwrap(), from_csv);
    let named: Vec<Value> =
        points.iter().map(|(ts, value)| json!({"unix_time": ts, "utilisation": value})).collect();
    let document =
        json!({"kind": "utilisation", "horizon": "7d", "model": "auto", "series": named}).to_string();
    assert_eq!(forecast(&[], &document).unwrap(), from_csv);
    let bare = Value::Array(pairs).to_string();
    assert_eq!(forecast(&["--kind", "utilisation"], &bare).unwrap(), from_csv);
}

#[test]
fn lending_goes_through_the_curve() {
    let points = values(300, 0.85, 0.05);
    let text = csv("unix_time,utilisation", &points);
    let lending = |more: &[&str]| {
        forecast(&[&["--kind", "lending", "--curve", CURVE, "--take-bps", "1000"], more].concat(), &text)
    };
    let alone = lending(&[]).unwrap();
    let (rate, utilisation) = (number(&alone, "/forecast/point"), number(&alone, "/utilisation/point"));
    let borrow = 0.035 + (utilisation - 0.7) / 0.2 * 0.035;
    assert!((rate - borrow * utilisation * 0.9).abs() < 1e-6, "{alone:#}");
    let moved = lending(&["--supplied", "1000000", "--after", "1000000"]).unwrap();
    assert!(number(&moved, "/forecast/point") < 0.6 * rate);
    // The same from rates alone, by inverting the curve.
    let rates: Vec<(i64, f64)> = points
        .iter()
        .map(|(ts, u)| {
            let borrow = if *u < 0.7 { u * 0.05 } else { 0.035 + (u - 0.7) / 0.2 * 0.035 };
            let borrow = if *u > 0.9 { 0.07 + (u - 0.9) / 0.1 * 0.73 } else { borrow };
            (*ts, borrow * u * 0.9)
        })
        .collect();
    let text = csv("unix_time,supply_apr", &rates);
    let inverted = forecast(&["--kind", "lending", "--curve", CURVE, "--take-bps", "1000"], &text).unwrap();
    assert!((number(&inverted, "/forecast/point") - rate).abs() < 1e-6);
    let plain = forecast(&["--kind", "lending"], &text).unwrap();
    assert!(plain["notes"][0].as_str().unwrap().contains("no curve was given"));
}

#[test]
fn a_market_of_many() {
    let mut text =
        "unix_time,network,symbol,asset,liquidity_rate_apr,variable_borrow_rate_apr,reserve_factor\n"
            .to_owned();
    for (ts, value) in values(150, 0.8, 0.1) {
        text.push_str(&format!("{ts},base,USDC,0xaa,{},0.05,0.1\n", value * 0.05 * 0.9));
        text.push_str(&format!("{ts},base,WETH,0xbb,0.01,0.02,0.1\n"));
    }
    let used = forecast(&["--kind", "utilisation", "--market", "base:USDC"], &text).unwrap();
    assert_eq!(used["market"], "base:0xaa");
    assert!((number(&used, "/forecast/point") - 0.8).abs() < 0.1);
    let rate = forecast(&["--kind", "rate", "--market", "base:0xAA"], &text).unwrap();
    assert!((number(&rate, "/forecast/point") - 0.036).abs() < 0.005);
    let curve = ["--kind", "lending", "--market", "base:USDC", "--curve", CURVE];
    assert_eq!(forecast(&curve, &text).unwrap()["walk_forward"]["of"], "utilisation");
    let missing = forecast(&["--kind", "rate"], &text).unwrap_err();
    assert!(missing.contains("--market is missing; there are: base:USDC, base:WETH"), "{missing}");
    let unknown = forecast(&["--kind", "rate", "--market", "base:DAI"], &text).unwrap_err();
    assert!(unknown.contains("no market `base:DAI`"), "{unknown}");
}

#[test]
fn a_pool_nets_fees_and_losses() {
    let mut text = "unix_time,price,tvl_usd,fees_usd\n".to_owned();
    let mut price = 100.0;
    for (ts, value) in values(300, 1.0, 0.1) {
        price *= (1.0 - value) / 2.0 + 1.0;
        text.push_str(&format!("{ts},{price},1000000,{}\n", 500.0 * value));
    }
    let answer = forecast(&["--kind", "lp"], &text).unwrap();
    assert!((number(&answer, "/pool/fee_apr") - 0.1825).abs() < 0.02, "{answer:#}");
    let net = number(&answer, "/pool/fee_apr") - number(&answer, "/pool/volatility").powi(2) / 8.0;
    assert!((number(&answer, "/forecast/point") - net).abs() < 1e-12);
    let no_price = forecast(&["--kind", "lp"], "unix_time,x\n1700000000,1\n").unwrap_err();
    assert!(no_price.contains("no column for the price: call it price or close"), "{no_price}");
    let no_fees = forecast(&["--kind", "lp"], "unix_time,price\n1700000000,1\n").unwrap_err();
    assert!(no_fees.contains("a pool needs `fee_apr`"), "{no_fees}");
}

#[test]
fn a_stake_pool_grows() {
    let points: Vec<(i64, f64)> =
        (0..60).map(|epoch| (START + epoch * 2 * DAY, 1.1 * 1.0004f64.powi(epoch as i32))).collect();
    let answer =
        forecast(&["--kind", "staking", "--horizon", "365d"], &csv("unix_time,value", &points)).unwrap();
    assert!((number(&answer, "/forecast/point") - (1.0004f64.powf(182.5) - 1.0)).abs() < 1e-9, "{answer:#}");
}

#[test]
fn gaps_are_listed() {
    let mut points = values(100, 0.05, 0.01);
    points.drain(40..43);
    let answer = forecast(&["--kind", "rate"], &csv("unix_time,value", &points)).unwrap();
    let expected = json!([{"from_ts": START + 39 * DAY, "to_ts": START + 43 * DAY}]);
    assert_eq!(answer["series"]["gaps"], expected);
}

#[test]
fn csv_that_cannot_be_used_is_named() {
    let good = csv("unix_time,value", &values(50, 0.05, 0.01));
    let line = |number: usize| good.lines().nth(number - 1).unwrap().to_owned();
    let cases: Vec<(&str, String, &str)> = vec![
        ("rate", good.replace(&line(4), &line(3)), "row 4, column `unix_time`: duplicate time"),
        ("rate", good.replace(&line(4), "1600000000,0.05"), "row 4, column `unix_time`: time goes backwards"),
        (
            "rate",
            good.replace(&line(4), "1700172800,NaN"),
            "row 4, column `value`: NaN is not a finite number",
        ),
        (
            "rate",
            good.replace(&line(4), "1700172800,inf"),
            "row 4, column `value`: inf is not a finite number",
        ),
        ("rate", good.replace(&line(4), "1700172800,"), "row 4, column `value`: the cell is empty"),
        (
            "rate",
            good.replace(&line(4), "1700172800,5.1"),
            "row 4, column `value`: 5.1 reads like a percentage",
        ),
        (
            "rate",
            good.replace(&line(4), "1700172800,-0.1"),
            "row 4, column `value`: a rate of -0.1 is below zero",
        ),
        ("rate", csv("unix_time,value", &values(50, 1.2, 0.1)), "it reads like percentages"),
        ("utilisation", csv("unix_time,value", &values(50, 80.0, 1.0)), "row 2, column `value`: "),
        (
            "staking",
            csv("unix_time,value", &[(START, 1.0), (START + DAY, 0.0)]),
            "row 3, column `value`: an exchange rate above zero",
        ),
        (
            "staking",
            csv("unix_time,value", &[(START, 1.1), (START + DAY, 110.0)]),
            "row 3, column `value`: more than twice",
        ),
        ("staking", csv("unix_time,value", &[(START, 1.0)]), "1 data row(s): a forecast needs at least 2"),
        (
            "utilisation",
            csv("unix_time,value", &[(START, 0.8)]),
            "1 data row(s): a forecast needs at least 2",
        ),
        ("rate", csv("unix_time,value", &[(START, 0.05)]), "1 data row(s): a forecast needs at least 2"),
        (
            "lp",
            "unix_time,price,fee_apr\n1700000000,100,12.5\n1700086400,101,9\n1700172800,99,11\n".into(),
            "fees of 11 a year on the funds are typical here: that reads like percentages",
        ),
        ("rate", "unix_time,value\n".into(), "no data rows"),
        ("rate", String::new(), "no data rows"),
        ("rate", "when,value\n1700000000,0.05\n".into(), "column `unix_time` is missing"),
        ("rate", "unix_time,a,b\n1700000000,1,2\n".into(), "no column for the rate"),
        ("rate", "unix_time,value\n1700000000000,0.05\n".into(), "it reads like milliseconds"),
        ("lending", csv("unix_time,utilisation", &values(50, 0.8, 0.1)), "needs the reserve's curve"),
        (
            "lending",
            csv("unix_time,x", &values(50, 0.8, 0.1)),
            "reads the column `utilisation` or `supply_apr`",
        ),
    ];
    for (kind, text, wanted) in cases {
        let error = forecast(&["--kind", kind], &text).unwrap_err();
        assert!(error.contains(wanted) && error.starts_with("standard input"), "{error:?} lacks {wanted:?}");
    }
}

#[test]
fn json_that_cannot_be_used_is_named() {
    let cases = [
        (r#"{"series": [[1700000000, 0.05]]}"#, "`kind` is missing"),
        (r#"{"kind": "rate"}"#, "`series` is missing or empty"),
        (r#"{"kind": "rate", "series": [[1700000000, "x"]]}"#, "series[0]: `rate` is \"x\", not a number"),
        (r#"{"kind": "rate", "series": [[1700000000, null]]}"#, "series[0]: `rate` is null, not a number"),
        (
            r#"{"kind": "rate", "series": [[1700000000, 0.1], [1700000000, 0.1]]}"#,
            "series[1]: duplicate time",
        ),
        (
            r#"{"kind": "rate", "series": [[1700000001, 0.1], [1700000000, 0.1]]}"#,
            "series[1]: time goes backwards",
        ),
        (r#"{"kind": "rate", "series": [[1, NaN]]}"#, "NaN is not a finite number at line 1 column 33"),
        ("\u{feff}{\"kind\": \"rate\", \"series\": [[1, 0.1, 0.2, 0.3]]}", "series[0]: a row is"),
        (r#"{"kind": "rate", "series": [[1.5, 0.1]]}"#, "series[0]: 1.5 is not whole unix seconds"),
        (r#"{"kind": "rate", "series": [{"value": 0.1}]}"#, "series[0]: `unix_time` is missing"),
        (r#"{"kind": "rate", "series": [7]}"#, "series[0]: a row is [unix_time, value]"),
        (
            r#"{"kind": "rate", "horizon": "-3d", "series": [[1, 0.1]]}"#,
            "`horizon_secs`: \"-3d\" is not a positive",
        ),
        (r#"{"kind": "rate", "colour": 1, "series": []}"#, "unknown field `colour`"),
        (r#"{"kind": "tides"}"#, "unknown variant `tides`"),
        (r#"{"kind": "rate", "series": [[1, 0.1]}"#, "line 1 column"),
        (
            r#"{"kind": "lending", "reserve": {"curve": [[1, 2]]}, "series": [[1, 0.1]]}"#,
            "a borrow curve has 2 to 11 corners",
        ),
    ];
    for (text, wanted) in cases {
        let error = forecast(&[], text).unwrap_err();
        assert!(error.contains(wanted), "{error:?} lacks {wanted:?}");
    }
}

#[test]
fn flags_that_make_no_sense_are_named() {
    let text = csv("unix_time,value", &values(50, 0.05, 0.01));
    let cases: [(&[&str], &str); 10] = [
        (&[], "--kind is missing"),
        (&["--kind", "rate", "--horizon", "0"], "not a positive time"),
        (&["--kind", "rate", "--horizon", "7x"], "not a unit of time"),
        (&["--kind", "rate", "--horizon", "4000d"], "more than ten years"),
        (&["--kind", "rate", "--window", "1"], "--window: at least 2 rows"),
        (&["--kind", "rate", "--refit", "0"], "--refit: at least 1 row"),
        (&["--kind", "rate", "--ours", "5"], "--ours says nothing without the reserve's --curve"),
        (&["--kind", "lending", "--curve", "0:0"], "2 to 11 corners"),
        (&["--kind", "lending", "--curve", CURVE, "--after", "5"], "needs what is supplied"),
        (&["--kind", "rate", "--model", "boost"], "gradient boosting at this horizon needs at least"),
    ];
    for (arguments, wanted) in cases {
        let error = forecast(arguments, &text).unwrap_err();
        assert!(error.contains(wanted), "{error:?} lacks {wanted:?}");
    }
}

// Times as JavaScript's toISOString and DefiLlama's interface write them.
#[test]
fn times_with_fractions_and_defillamas_document_are_read() {
    let csv = include_str!("iso_rates.csv");
    let found = forecast(&["--kind", "rate"], csv).unwrap();
    let whole = forecast(&["--kind", "rate"], &csv.replace(".000Z", "Z")).unwrap();
    assert_eq!(found, whole);
    let rows: Vec<(&str, f64)> = csv
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(','))
        .map(|(t, r)| (t, r.parse().unwrap()))
        .collect();
    let data: Vec<Value> =
        rows.iter().map(|(t, r)| json!({"timestamp": t, "apy": r * 100.0, "tvlUsd": 1})).collect();
    let chart = json!({"status": "success", "data": data}).to_string();
    for arguments in [&["--kind", "rate"][..], &[]] {
        let from_chart = forecast(arguments, &chart).unwrap();
        let (a, b) = (number(&from_chart, "/forecast/point"), number(&found, "/forecast/point"));
        assert!((a - b).abs() < 1e-9, "{a} is not {b}");
    }
    let series: Vec<Value> = rows.iter().map(|(t, r)| json!([t, r])).collect();
    assert_eq!(
        forecast(&["--kind", "rate"], &json!(series).to_string()).unwrap()["forecast"],
        found["forecast"]
    );
    let bare = json!({"status": "success", "data": [{"timestamp": "soon", "apy": 1}]}).to_string();
    assert!(forecast(&[], &bare).unwrap_err().contains("\"soon\" is not a UTC time"));
    assert!(
        forecast(&[], "{\"status\": \"error\", \"data\": []}")
            .unwrap_err()
            .contains("`data` is missing or empty")
    );
}
