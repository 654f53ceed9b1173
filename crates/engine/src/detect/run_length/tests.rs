use super::*;
use proptest::prelude::*;

fn chart(k: f64, h: f64, sides: Sides) -> Chart {
    Chart { k, h, sides, headstart: 0.0 }
}

fn exact(chart: Chart, shift: f64) -> f64 {
    chart.average_run_length(shift, Method::Exact).unwrap()
}

/// Brook and Evans (1972): the sum as a Markov chain on `states` steps. Independent of the integral equation.
fn brook_evans(k: f64, h: f64, shift: f64, states: usize) -> f64 {
    let width = 2.0 * h / (2.0 * states as f64 - 1.0);
    let matrix = DMatrix::from_fn(states, states, |from, to| {
        let step = (to as f64 - from as f64) * width + k - shift;
        let upper = normal::cdf(step + width / 2.0);
        let moved = if to == 0 { upper } else { upper - normal::cdf(step - width / 2.0) };
        f64::from(from == to) - moved
    });
    matrix.lu().solve(&DVector::from_element(states, 1.0)).unwrap()[0]
}

#[test]
fn reproduces_the_published_tables() {
    // Lucas and Crosier (1982), two-sided, k = 1/2; printed to three figures.
    let four = [
        (0.0, 168.0, 0.5),
        (0.25, 74.2, 0.05),
        (0.5, 26.6, 0.05),
        (0.75, 13.3, 0.05),
        (1.0, 8.38, 0.005),
        (1.5, 4.75, 0.005),
        (2.0, 3.34, 0.005),
        (2.5, 2.62, 0.005),
        (3.0, 2.19, 0.005),
        (4.0, 1.71, 0.005),
    ];
    let five = [
        (0.0, 465.0, 0.5),
        (0.25, 139.0, 0.5),
        (0.5, 38.0, 0.05),
        (0.75, 17.0, 0.05),
        (1.0, 10.4, 0.05),
        (1.5, 5.75, 0.005),
        (2.0, 4.01, 0.005),
        (2.5, 3.11, 0.005),
        (3.0, 2.57, 0.005),
        (4.0, 2.01, 0.005),
    ];
    for (h, table) in [(4.0, four), (5.0, five)] {
        for (shift, expected, half_unit) in table {
            let found = exact(chart(0.5, h, Sides::Both), shift);
            assert!(
                (found - expected).abs() <= half_unit + 1e-9,
                "h {h}, shift {shift}: {found} is not {expected}"
            );
            assert!((found - exact(chart(0.5, h, Sides::Both), -shift)).abs() < 1e-9);
        }
    }
}

#[test]
fn one_side_runs_twice_as_long() {
    let (upper, both) = (exact(chart(0.5, 4.0, Sides::Upper), 0.0), exact(chart(0.5, 4.0, Sides::Both), 0.0));
    assert!((upper / both - 2.0).abs() < 1e-9 && (upper - 335.4).abs() < 0.5, "{upper}");
    assert_eq!(exact(chart(0.5, 4.0, Sides::Lower), -1.0), exact(chart(0.5, 4.0, Sides::Upper), 1.0));
}

#[test]
fn agrees_with_the_markov_chain() {
    for (k, h, shift) in [(0.5, 4.0, 0.0), (0.25, 8.0, 0.5), (1.0, 2.5, 1.0), (0.5, 5.0, -0.25)] {
        // The chain's error is of second order in the width: two grids give the limit.
        let (coarse, fine) = (brook_evans(k, h, shift, 101), brook_evans(k, h, shift, 202));
        let ratio = (2.0 * 202.0 - 1.0f64) / (2.0 * 101.0 - 1.0);
        let limit = fine + (fine - coarse) / (ratio * ratio - 1.0);
        let found = exact(chart(k, h, Sides::Upper), shift);
        assert!((found / limit - 1.0).abs() < 1e-4, "{k} {h} {shift}: {found} {limit}");
    }
}

#[test]
fn siegmund_is_close_and_exact_where_published() {
    // Montgomery: k = 1/2, h = 5: 938.2 one-sided, 469.1 two-sided; 10.34 at a shift of one sigma.
    let siegmund = |sides, shift| chart(0.5, 5.0, sides).average_run_length(shift, Method::Siegmund).unwrap();
    assert!((siegmund(Sides::Upper, 0.0) - 938.2).abs() < 0.1);
    assert!((siegmund(Sides::Both, 0.0) - 469.1).abs() < 0.05);
    assert!((siegmund(Sides::Upper, 1.0) - 10.34).abs() < 0.01);
    assert!((siegmund(Sides::Upper, 0.5) - 6.166f64.powi(2)).abs() < 1e-9);
    assert!((siegmund(Sides::Upper, 0.5 + 1e-6) / siegmund(Sides::Upper, 0.5) - 1.0).abs() < 1e-4);
}

#[test]
fn a_headstart_shortens_the_run_after_a_shift_more_than_before_one() {
    // Lucas and Crosier (1982), k = 1/2, h = 4, headstart 2: 149 instead of 168, 5.29 instead of 8.38 (two-sided, to 3 figures).
    let fast = Chart { headstart: 0.5, ..chart(0.5, 4.0, Sides::Both) };
    assert!((exact(fast, 0.0) - 149.0).abs() < 1.0, "{}", exact(fast, 0.0));
    assert!((exact(fast, 1.0) - 5.29).abs() < 0.02, "{}", exact(fast, 1.0));
    assert!(fast.average_run_length(0.0, Method::Siegmund).is_err());
}

#[test]
fn the_threshold_gives_its_run_length() {
    for (target, k, sides) in [
        (465.0, 0.5, Sides::Both),
        (370.4, 0.25, Sides::Upper),
        (8_760.0, 1.0, Sides::Lower),
        (1e6, 0.5, Sides::Both),
    ] {
        let h = threshold_for(target, k, sides, 0.0).unwrap();
        assert!((exact(chart(k, h, sides), 0.0) / target - 1.0).abs() < 1e-6, "{target} {h}");
    }
    // Published (Hawkins 1993): k = 1/2, average run length 370 two-sided, h = 4.77.
    assert!((threshold_for(370.0, 0.5, Sides::Both, 0.0).unwrap() - 4.77).abs() < 0.01);
    assert!(threshold_for(1.5, 2.0, Sides::Both, 0.0).unwrap_err().to_string().contains("lower k"));
    assert!(threshold_for(1e9, 0.0, Sides::Both, 0.0).unwrap_err().to_string().contains("raise k"));
    assert!(threshold_for(f64::NAN, 0.5, Sides::Both, 0.0).is_err());
}

#[test]
fn what_is_out_of_reach_is_infinite_and_nonsense_refused() {
    assert_eq!(exact(chart(0.5, 30.0, Sides::Both), 0.0), f64::INFINITY);
    assert_eq!(exact(chart(0.5, 4.0, Sides::Upper), -20.0), f64::INFINITY);
    assert!((exact(chart(0.5, 4.0, Sides::Both), 20.0) - 1.0).abs() < 1e-9);
    for bad in [
        chart(-1.0, 4.0, Sides::Both),
        chart(0.5, 0.0, Sides::Both),
        chart(0.5, 101.0, Sides::Both),
        chart(f64::NAN, 4.0, Sides::Both),
    ] {
        assert!(bad.average_run_length(0.0, Method::Exact).is_err());
    }
    assert!(chart(0.5, 4.0, Sides::Both).average_run_length(f64::INFINITY, Method::Exact).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn runs_lengthen_with_h_and_shorten_with_the_shift(k in 0.1f64..1.5, h in 0.5f64..8.0, more in 0.05f64..2.0) {
        let at = |h: f64, shift: f64| exact(chart(k, h, Sides::Upper), shift);
        prop_assert!(at(h + more, 0.0) > at(h, 0.0));
        prop_assert!(at(h, more) < at(h, 0.0));
    }
}
