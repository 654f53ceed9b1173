use serde_json::Value;

use super::*;
use crate::asked;

fn ask(line: &str, input: &str) -> Result<Value, EngineCliError> {
    asked::ask(run, line.split_whitespace(), input)
}

fn refused(line: &str, input: &str) -> String {
    asked::ask_or_refusal(run, line.split_whitespace(), input).unwrap_err()
}

#[test]
fn published_return_statistics() {
    let mixed = "returns\nnan\n0.01\n0.10\n-0.04\n0.02\n0.03\n0.02\n0.01\n-0.10\n";
    for input in [mixed, &mixed["returns\n".len()..], &mixed.replace("nan", "")] {
        let stats = ask("", input).unwrap();
        for (name, expected) in [
            ("sharpe", 1.723_861_40),
            ("sortino", 2.605_531_25),
            ("annual_return", 1.913_592_54),
            ("max_drawdown", -0.1),
            ("rows", 9.0),
            ("observations", 8.0),
        ] {
            assert!((stats[name].as_f64().unwrap() - expected).abs() < 1e-8, "{name}: {}", stats[name]);
        }
    }
    let weekly = ask("--periods-per-year weekly", mixed).unwrap();
    assert!((weekly["annual_return"].as_f64().unwrap() - 0.246_908_305_139_982_08).abs() < 1e-8, "{weekly}");
}

#[test]
fn published_deflated_sharpe() {
    let case = "--sharpe 2.5 --observations 1250 --skew -3 --kurtosis 10 --trial-variance 0.5 --trials";
    for (trials, expected) in [(100, 0.9004), (46, 0.9505)] {
        for periods in ["", " --periods-per-year 250"] {
            let found = ask(&format!("{case} {trials}{periods}"), "").unwrap();
            assert!((found["deflated_sharpe"].as_f64().unwrap() - expected).abs() < 5e-5, "{found}");
        }
    }
    let sharpe = 2.5 / 250f64.sqrt();
    let variance = 0.5 / 250.0;
    let same = ask(
        &format!(
            "--per-period --sharpe {sharpe} --observations 1250 --skew -3 --kurtosis 10 --trial-variance {variance} --trials 100"
        ),
        "",
    );
    assert!((same.unwrap()["deflated_sharpe"].as_f64().unwrap() - 0.9004).abs() < 5e-5);
}

#[test]
fn dates_benchmark_and_trials_come_out() {
    let table = "date,r,benchmark\n2024-01-01,0.02,0.01\n2024-01-02,-0.03,-0.02\n2024-01-03,0.05,0.03\n2024-01-04,0.01,0.0\n";
    let found = ask("--trials 10 --trial-variance 0.5 --column r", table).unwrap();
    assert_eq!(found["drawdown_times"]["peak"], "2024-01-01T00:00Z");
    assert_eq!(found["drawdown_times"]["recovered"], "2024-01-03T00:00Z");
    assert_eq!(found["drawdown"]["duration"], 2);
    assert!(found["benchmark"]["beta"].as_f64().unwrap() > 1.0);
    assert!(found["deflated_sharpe"].as_f64().unwrap() < found["probabilistic_sharpe"].as_f64().unwrap());
    let rates = "r,rf\n0.02,0.01\n-0.03,0.01\n0.05,0.01\n";
    let column = ask("--column r --risk-free-column rf", rates).unwrap();
    let rate = ask("--column r --risk-free 0.12 --periods monthly", rates).unwrap();
    let ratio = column["sharpe"].as_f64().unwrap() / rate["sharpe"].as_f64().unwrap();
    assert!((ratio - (252.0f64 / 12.0).sqrt()).abs() < 1e-9);
    let tail = ask("--column r --alpha 0.05", rates).unwrap();
    assert_eq!(tail["alpha"], 0.95);
}

#[test]
fn bad_input_is_named() {
    for (line, input, expected) in [
        ("", "", "standard input: no data rows"),
        ("", "r\n0.1\n", "at least 2"),
        ("", "r\nnan\nnan\nnan\n", "0 observed"),
        ("", "r\n0.1\ninf\n", "row 3, column `r`: inf is not a finite number"),
        ("", "r\n0.1\n-1.5\n0.2\n", "row 3, column `r`: a return of -1.5 loses more than everything"),
        ("", "r\n0.1\n1e300\n0.2\n", "row 3, column `r`: a return of 1"),
        ("", "r\n1.5\n-2.1\n3\n0.5\n", "read like percent"),
        ("", "a,b\n0.1,0.2\n0.1,0.3\n", "several columns: name one with --column"),
        ("--column c", "a,b\n0.1,0.2\n0.1,0.3\n", "column `c` is missing"),
        ("--benchmark c", "r\n0.1\n0.2\n", "column `c` is missing"),
        ("--column a --benchmark b", "a,b\n0.1,\n0.1,0.3\n", "observed return(s)"),
        ("--risk-free 4", "r\n0.1\n0.2\n", "percent"),
        ("--alpha 1", "r\n0.1\n0.2\n", "alpha"),
        ("--periods-per-year 0", "r\n0.1\n0.2\n", "periods-per-year"),
        ("--trials 0 --trial-variance 1", "r\n0.1\n0.2\n", "number of trials"),
        ("--trials 3 --trial-variance -1", "r\n0.1\n0.2\n", "-1"),
        ("--trials 3", "r\n0.1\n0.2\n", "trial-variance"),
        ("--sharpe 1 --observations 1", "", "observations"),
        ("--sharpe 1 --observations 10 --skew 3 --kurtosis 3", "", "no distribution"),
        ("--input no-such-file.csv", "", "no-such-file.csv"),
    ] {
        let found = refused(line, input);
        assert!(found.contains(expected), "{line} {input:?}: {found:?} lacks {expected:?}");
    }
}

#[test]
fn a_constant_series_and_a_total_loss_have_answers() {
    let constant = ask("", "r\n0.01\n0.01\n0.01\n").unwrap();
    assert!(constant["sharpe"].is_null() && constant["volatility"] == 0.0);
    let lost = ask("", "r\n0.01\n-1\n0.01\n").unwrap();
    assert_eq!((lost["total_return"].as_f64(), lost["max_drawdown"].as_f64()), (Some(-1.0), Some(-1.0)));
}

// Twelve monthly returns after 24 empty cells: (1 + r) multiplied over twelve months, no more.
#[test]
fn a_series_that_begins_late_has_its_own_time() {
    let funds = include_str!("funds.csv");
    let found = ask("--column young --periods-per-year monthly", funds).unwrap();
    assert!((found["annual_return"].as_f64().unwrap() - 0.043828).abs() < 1e-6, "{found}");
    assert!((found["calmar"].as_f64().unwrap() - 1.0878).abs() < 1e-4, "{found}");
    assert_eq!((found["rows"].as_u64(), found["observations"].as_u64()), (Some(12), Some(12)));
    assert!(found["drawdown"]["peak_row"].as_u64().unwrap() >= 24, "{found}");

    let around = "date,a,b\n2024-01-01,0.1,\n2024-01-02,0.1,0.1\n2024-01-03,0.1,\n2024-01-04,0.1,-0.1\n2024-01-05,0.1,0.2\n2024-01-06,0.1,\n";
    let found = ask("--column b --periods-per-year 4", around).unwrap();
    assert_eq!((found["rows"].as_u64(), found["observations"].as_u64()), (Some(4), Some(3)));
    assert!((found["annual_return"].as_f64().unwrap() - (1.1 * 0.9 * 1.2 - 1.0)).abs() < 1e-12);
    assert_eq!(found["drawdown_times"]["trough"], "2024-01-04T00:00Z");
    // In a file of one column every row is time.
    let alone = ask("--periods-per-year 4", "b\n\n0.1\n\n-0.1\n0.2\n").unwrap();
    assert_eq!(alone["rows"], 5);
}

#[test]
fn growth_at_one_rate_has_no_sharpe_ratio() {
    let found = ask("--trials 100 --trial-variance 0.5", include_str!("growth_at_one_rate.csv")).unwrap();
    for figure in ["sharpe", "probabilistic_sharpe", "deflated_sharpe", "skewness", "sortino"] {
        assert!(found[figure].is_null(), "{figure}: {found}");
    }
    assert_eq!(found["volatility"], 0.0);
}

#[test]
fn negative_numbers_after_a_space_are_values() {
    let table = "r\n0.01\n0.02\n-0.01\n";
    assert!(ask("--risk-free -0.01 --reference-sharpe -1", table).is_ok());
    for option in ["--alpha", "--periods-per-year"] {
        let found = refused(&format!("{option} -2"), table);
        assert!(!found.contains("unexpected argument"), "{found}");
    }
}

#[test]
fn prices_are_called_prices() {
    assert!(refused("", "p\n101.2\n102.9\n101.1\n99.8\n").contains("read like prices"));
    assert!(refused("", "r\n1.2\n-0.9\n3.1\n-2.8\n").contains("read like percent"));
}
