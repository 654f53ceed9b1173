use super::*;
use crate::personalise::score::tests::{answers, with};
use crate::personalise::statistics::tests::plain;
use crate::personalise::{Answer, text};

const NOW: i64 = 1_750_000_000;

fn request(level: usize) -> Request {
    Request {
        answers: answers(level),
        amount: 10_000.0,
        asset: Asset::Usdc,
        horizon_days: None,
        classes: Some(plain()),
        fees: Fees::default(),
        quantile: 0.1,
        paths: 150,
        seed: 3,
        now_ts: None,
    }
}

#[test]
fn the_profile_is_one_that_the_program_takes() {
    for level in 0..5 {
        for asset in [Asset::Usdc, Asset::Sol] {
            let found = recommend(&Request { asset, ..request(level) }, NOW).unwrap();
            found.profile.validate(NOW).unwrap();
            assert_eq!(found.profile.horizon_ts, NOW + i64::from(found.horizon_days) * DAY_SECS);
            let mix = &found.mix;
            let sum = mix.conservative_bps + mix.balanced_bps + mix.growth_bps + mix.idle_bps;
            assert_eq!(sum, 10_000);
            assert!((mix.money.deposit + mix.money.keep_back - 10_000.0).abs() < 1e-6);
            assert!(mix.outcome.drawdown_limited <= found.drawdown_limit + 1e-12);
            assert!(mix.money.value_p05 <= mix.money.value_p50 && mix.money.value_p50 <= mix.money.value_p95);
        }
    }
}

#[test]
fn no_alternative_within_the_limit_is_better() {
    let found = recommend(&request(9), NOW).unwrap();
    for other in found.alternatives.iter().filter(|a| a.outcome.drawdown_limited <= found.drawdown_limit) {
        assert!(other.outcome.value_objective <= found.mix.outcome.value_objective + 1e-9, "{}", other.name);
    }
    assert_eq!(found.alternatives.len(), 4);
}

#[test]
fn bolder_people_and_longer_horizons_get_more_risk() {
    let fall = |request: &Request| recommend(request, NOW).unwrap().mix.outcome.drawdown_limited;
    assert!(fall(&request(0)) < fall(&request(2)) && fall(&request(2)) < fall(&request(9)));
    let horizons = ["under_3_months", "3_to_12_months", "1_to_3_years", "3_to_5_years"];
    let falls: Vec<f64> = horizons
        .iter()
        .map(|h| fall(&Request { answers: with(answers(9), "horizon", h), ..request(9) }))
        .collect();
    assert!(falls.windows(2).all(|pair| pair[0] <= pair[1] + 1e-9), "{falls:?}");
}

#[test]
fn the_glide_only_lowers_risk() {
    let path = recommend(&request(9), NOW).unwrap().glide_path;
    assert_eq!(path.iter().map(|step| step.days_left).collect::<Vec<_>>(), vec![1_825, 912, 456, 228]);
    for pair in path.windows(2) {
        let risk = |step: &GlideStep| {
            let [a, b, c] = step.weights_bps;
            [c, b + c, a + b + c]
        };
        assert!(
            risk(&pair[0]).iter().zip(risk(&pair[1])).all(|(before, after)| after <= *before),
            "{pair:?}"
        );
    }
    assert!(path[3].weights_bps[2] < path[0].weights_bps[2]);
}

#[test]
fn what_is_excluded_is_not_used() {
    let mut asked = request(9);
    asked.answers.insert("exclusions".into(), Answer::One("liquidity".into()));
    let found = recommend(&asked, NOW).unwrap();
    assert_eq!((found.mix.balanced_bps, found.mix.growth_bps), (0, 0));
    assert_eq!(found.closed_classes.len(), 2);
    assert!(found.closed_classes[0].reason.contains("liquidity"));
    // SOL vaults may all stake: nothing is left, and that is said.
    let sol = Request { asset: Asset::Sol, ..request(9) };
    let found =
        recommend(&Request { answers: with(sol.answers.clone(), "exclusions", "staking"), ..sol }, NOW)
            .unwrap();
    assert_eq!((found.mix.idle_bps, found.profile.mix_bps), (10_000, [10_000, 0, 0]));
    assert!(text(&found, Asset::Sol).contains("Nothing open to you"));
}

#[test]
fn an_exact_horizon_governs_where_it_fits_and_the_nearer_elsewhere() {
    let found = recommend(&Request { horizon_days: Some(1_500), ..request(9) }, NOW).unwrap();
    assert_eq!(found.horizon_days, 1_500);
    assert_eq!(found.scores.contradictions.len(), 1);
    let soon = Request { answers: with(answers(9), "horizon", "1_to_3_years"), ..request(9) };
    let fits = recommend(&Request { horizon_days: Some(700), ..soon.clone() }, NOW).unwrap();
    assert_eq!((fits.horizon_days, fits.scores.contradictions.len()), (700, 0));
    let sooner = recommend(&Request { horizon_days: Some(30), ..soon }, NOW).unwrap();
    assert_eq!((sooner.horizon_days, sooner.profile.tolerance), (30, 0));
}

#[test]
fn bad_requests_are_named() {
    let cases: [(Request, &str); 6] = [
        (Request { amount: 0.0, ..request(2) }, "amount: 0 is not"),
        (Request { amount: f64::NAN, ..request(2) }, "amount: NaN"),
        (Request { paths: 10, ..request(2) }, "paths: 10 is not in 100 to 10000"),
        (Request { quantile: 0.9, ..request(2) }, "quantile: 0.9"),
        (Request { horizon_days: Some(0), ..request(2) }, "horizon_days: 0"),
        (
            Request { fees: Fees { management: 0.5, performance: 10.0 }, ..request(2) },
            "fees.performance: 10 is not in 0 to 0.5 (is it in percent?)",
        ),
    ];
    for (request, expected) in cases {
        let error = recommend(&request, NOW).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn the_split_of_a_deposit_is_whole() {
    assert_eq!(of_deposit(&[3_000, 3_000, 3_000]), [3_333, 3_333, 3_334]);
    assert_eq!(of_deposit(&[0, 250, 500]), [0, 3_333, 6_667]);
    assert_eq!(of_deposit(&[0; 3]), [10_000, 0, 0]);
}

#[test]
fn the_generators_classes_are_the_same_at_any_thread_count() {
    let asked = Request { classes: None, paths: 100, ..request(2) };
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        serde_json::to_string(&pool.install(|| recommend(&asked, NOW).unwrap())).unwrap()
    };
    let one = run(1);
    assert_eq!(one, run(3));
    assert!(one.contains("calibrated generator") && one.contains("model's estimate"));
}
