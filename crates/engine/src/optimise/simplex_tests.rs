use super::*;
use proptest::prelude::*;

fn solved(
    cost: &[f64],
    lower: &[f64],
    upper: &[f64],
    rows: &[(Vec<f64>, f64, f64)],
) -> Result<Simplex, LpError> {
    let mut lp = Simplex::new(cost.to_vec(), lower.to_vec(), upper.to_vec());
    for (coefficients, low, high) in rows {
        lp.add_row(coefficients, *low, *high);
    }
    lp.solve().map(|()| lp)
}

#[test]
fn a_textbook_programme() {
    // Dantzig: max 3x + 5y, x <= 4, 2y <= 12, 3x + 2y <= 18 has its optimum of 36 at (2, 6).
    let rows = [(vec![0.0, 2.0], f64::NEG_INFINITY, 12.0), (vec![3.0, 2.0], f64::NEG_INFINITY, 18.0)];
    let lp = solved(&[-3.0, -5.0], &[0.0, 0.0], &[4.0, 100.0], &rows).unwrap();
    assert!((lp.objective() + 36.0).abs() < 1e-12);
    assert!(lp.solution().iter().zip([2.0, 6.0]).all(|(found, expected)| (found - expected).abs() < 1e-12));
    assert_eq!(lp.binding(), Binding { rows: vec![0, 1], columns: vec![] });
}

#[test]
fn no_point_is_said_to_be_none() {
    let rows = [(vec![1.0, 1.0], 3.0, 3.0)];
    assert!(matches!(solved(&[1.0, 1.0], &[0.0; 2], &[1.0; 2], &rows), Err(LpError::Infeasible)));
    let exact = [(vec![1.0, 1.0, 1.0], 1.0, 1.0)];
    assert!(solved(&[1.0; 3], &[0.0; 3], &[0.3, 0.3, 0.4], &exact).is_ok());
}

proptest! {
    // Weak duality done by hand: nothing on a fine lattice of feasible points is better, and the point is feasible.
    #[test]
    fn nothing_feasible_is_better(cost in prop::collection::vec(-5i32..5, 3), rows in prop::collection::vec((prop::collection::vec(-3i32..4, 3), -4i32..4, 0i32..6), 0..6)) {
        let cost: Vec<f64> = cost.iter().map(|value| f64::from(*value)).collect();
        let rows: Vec<(Vec<f64>, f64, f64)> = rows.iter().map(|(c, low, width)| (c.iter().map(|v| f64::from(*v)).collect(), f64::from(*low), f64::from(low + width))).collect();
        let holds = |x: &[f64], slack: f64| rows.iter().all(|(c, low, high)| { let v = dot(c, x); v >= low - slack && v <= high + slack });
        let mut best: Option<f64> = None;
        for at in 0..9i32.pow(3) {
            let x: Vec<f64> = [at % 9, at / 9 % 9, at / 81].iter().map(|v| f64::from(*v) / 4.0).collect();
            if holds(&x, 1e-12) { let value = dot(&cost, &x); best = Some(best.map_or(value, |b: f64| b.min(value))); }
        }
        match solved(&cost, &[0.0; 3], &[2.0; 3], &rows) {
            Ok(mut lp) => {
                let x = lp.solution();
                prop_assert!(holds(&x, 1e-8) && x.iter().all(|v| (0.0..=2.0).contains(v)));
                prop_assert!((dot(&cost, &x) - lp.objective()).abs() < 1e-8);
                prop_assert!(best.is_none_or(|best| lp.objective() <= best + 1e-8));
                // A rebuilt dictionary and one without its loose rows say the same.
                let before = lp.objective();
                lp.refactor().unwrap();
                prop_assert!((lp.objective() - before).abs() < 1e-8);
                lp.drop_loose_rows(0);
                lp.solve().unwrap();
                prop_assert!((lp.objective() - before).abs() < 1e-8);
            }
            Err(error) => { prop_assert_eq!(error, LpError::Infeasible); prop_assert!(best.is_none()); }
        }
    }
}
