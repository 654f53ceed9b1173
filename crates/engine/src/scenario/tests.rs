use super::*;
use proptest::prelude::*;

const VAULT: &str = r#"{
  "strategies": [
    {"name": "kamino", "factors": ["venue:kamino", "market:kamino-main", "issuer:circle"]},
    {"name": "save", "factors": ["venue:save", "market:save-main", "issuer:circle"]},
    {"name": "pool", "factors": ["venue:raydium", "oracle:pyth", "asset:SOL", "issuer:circle"]}
  ],
  "factors": ["venue:kamino", "venue:save", "venue:raydium", "market:kamino-main", "market:save-main", "oracle:pyth",
    "issuer:circle", {"id": "asset:SOL", "market": {"exposure": "constant_product"}}],
  "mix": {"kamino": 0.5, "save": 0.3, "pool": 0.15},
  "count": 256, "seed": 7
}"#;

fn vault() -> ScenarioSpec {
    serde_json::from_str(VAULT).unwrap()
}

#[test]
fn integer_and_float_cvar_agree_within_rounding() {
    let report = analyse(&vault(), None, true).unwrap();
    assert_eq!((report.set.count, report.set.drawn, report.set.worst_k), (256, 1_024, 51));
    for tail in report.strategies.iter().chain(&report.mixes) {
        // One bps a factor for the shocks and one for the mean, always upward.
        let over = f64::from(tail.cvar_bps) - tail.cvar_drawn_bps;
        assert!((0.0..=5.0).contains(&over), "{tail:?}");
        let over = f64::from(tail.var_bps) - tail.var_drawn_bps;
        assert!((0.0..=5.0).contains(&over), "{tail:?}");
        assert!(tail.cvar_bps >= tail.var_bps && tail.cvar_drawn_bps >= tail.expected_loss_bps);
    }
    // Spread over three venues, the vault loses less than the mean of its parts.
    let parts = report.strategies.iter().zip([0.5, 0.3, 0.15]).map(|(t, w)| f64::from(t.cvar_bps) * w);
    assert!(f64::from(report.mixes[0].cvar_bps) <= parts.sum::<f64>() + 1.0);
    let hex = report.set.hex.unwrap();
    assert_eq!(hex.len(), 2 * report.set.bytes);
}

#[test]
fn the_set_keeps_every_references_tail() {
    let spec = vault();
    let checked = spec.check().unwrap();
    let references = select::references(&checked);
    let size = select::size(256, checked.alpha_bps, references.len()).unwrap();
    assert!(references.len() * size.worst_k <= 256);
    let market = draw::market(&spec, &checked, None, size.drawn).unwrap();
    let losses = draw::losses(&spec, &checked, &market, (1.0, 1.0), size.drawn);
    let set = scenario_set(&spec, None).unwrap();
    let all = ScenarioSet {
        shocks: (0..size.drawn).flat_map(|s| losses.shocks_bps(s).collect::<Vec<_>>()).collect(),
        ..set.clone()
    };
    for reference in &references {
        assert_eq!(reference.tail_bps(&set).unwrap(), reference.tail_bps(&all).unwrap());
    }
    // Portfolios that it was not selected for: never above, and close.
    let mut worst_gap = 0.0f64;
    for a in (0u16..=10).map(|i| i * 1_000) {
        for b in (0u16..=10).map(|i| i * 1_000).filter(|b| a + b <= 10_000) {
            let mut holding = references[0];
            for (slot, (weight, strategy)) in [(a, 0), (b, 1), (10_000 - a - b, 2)].into_iter().enumerate() {
                holding.masks[slot] = checked.strategies[strategy].1;
                holding.weights_bps[slot] = weight;
            }
            let (kept, full) = (holding.tail_bps(&set).unwrap().1, holding.tail_bps(&all).unwrap().1);
            assert!(kept <= full);
            worst_gap = worst_gap.max(f64::from(full - kept) / f64::from(full));
        }
    }
    assert!(worst_gap < 0.01, "{worst_gap}");
}

#[test]
fn same_seed_same_bytes_at_any_thread_count() {
    let hash = |threads: usize, spec: &ScenarioSpec| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| scenario_set(spec, None).unwrap().sha256().unwrap())
    };
    let one = hash(1, &vault());
    assert_eq!((hash(2, &vault()), hash(5, &vault())), (one.clone(), one.clone()));
    assert_ne!(hash(2, &ScenarioSpec { seed: 8, ..vault() }), one);
}

#[test]
fn another_factor_disturbs_no_draw_of_the_others() {
    let two: ScenarioSpec =
        serde_json::from_str(r#"{"factors": ["venue:a", "issuer:b"], "alpha": 0.9}"#).unwrap();
    let three: ScenarioSpec =
        serde_json::from_str(r#"{"factors": ["venue:c", "venue:a", "issuer:b"], "alpha": 0.9}"#).unwrap();
    let losses = |spec: &ScenarioSpec| {
        let checked = spec.check().unwrap();
        let market = vec![None; checked.factors.len()];
        draw::losses(spec, &checked, &market, (1.0, 1.0), 500).0
    };
    assert_eq!(losses(&two)[0], losses(&three)[1]);
    assert_eq!(losses(&two)[1], losses(&three)[2]);
}

/// Two columns that fall together: a scenario must not tear them apart.
fn history_csv() -> String {
    let mut text = "unix_time,a,b\n".to_owned();
    let (mut a, mut level) = (100.0f64, 1u64);
    for day in 0..400 {
        level = level.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let wild = day % 50 > 39;
        let size = if wild { 0.06 } else { 0.01 };
        a *= 1.0 + size * ((level >> 11) as f64 / (1u64 << 53) as f64 - 0.5);
        text += &format!("{},{a},{}\n", 1_600_000_000 + day * 86_400, 2.0 * a);
    }
    text
}

#[test]
fn history_is_resampled_jointly_by_both_methods() {
    for method in ["bootstrap", "regime"] {
        let json = format!(
            r#"{{"factors": [{{"id": "asset:A", "market": {{"column": "a"}}}}, {{"id": "asset:B", "market": {{"column": "b"}}}}],
                "history": {{"path": "unused", "method": "{method}"}}, "horizon_days": 10, "count": 128}}"#
        );
        let spec: ScenarioSpec = serde_json::from_str(&json).unwrap();
        let checked = spec.check().unwrap();
        let wanted = wanted_columns(&checked.factors);
        let history = History::from_csv("h.csv", &history_csv(), &wanted, 86_400).unwrap();
        let report = analyse(&spec, Some(&history), false).unwrap();
        // `b` is twice `a`, so that their returns and every shock are equal.
        assert!(report.set.shocks_bps.iter().all(|row| row[0].abs_diff(row[1]) <= 1), "{method}");
        assert!(report.strategies[0].cvar_bps > 50, "{method}: {:?}", report.strategies);
        assert_eq!(report.history.unwrap().changes, 399);
        assert!(analyse(&spec, None, false).is_err());
    }
}

#[test]
fn a_rare_event_is_in_the_set() {
    let json = r#"{"factors": [{"id": "venue:x", "jumps": [{"kind": "exploit", "intensity": 0.001,
        "severity": {"law": "fixed", "loss": 0.8}}]}], "horizon_days": 7, "count": 32, "alpha": 0.95}"#;
    let report = analyse(&serde_json::from_str(json).unwrap(), None, false).unwrap();
    assert_eq!(report.set.shocks_bps.iter().filter(|row| row[0] == 8_000).count(), 1);
    assert!(report.factors[0].jumps[0].rarer_than_one_draw);
}

#[test]
fn a_set_too_small_for_its_confidence_says_so() {
    let spec = ScenarioSpec { alpha: 0.9995, count: 32, ..vault() };
    let size = analyse(&spec, None, false).map(|report| report.set.worst_k);
    // 32 * 64 draws have a tail of one at 99.95%.
    assert_eq!(size.ok(), Some(1));
    let error = select::size(32, 9_999, 1).unwrap_err().to_string();
    assert!(error.contains("no tail at this confidence"), "{error}");
}

#[test]
fn the_sweep_never_falls_with_severity_or_intensity() {
    let report = analyse(&vault(), None, false).unwrap();
    assert_eq!(report.sensitivity.len(), 12);
    for a in &report.sensitivity {
        for b in report.sensitivity.iter().filter(|b| b.intensity >= a.intensity && b.severity >= a.severity)
        {
            for ((name, low), (_, high)) in a.cvar_bps.iter().zip(&b.cvar_bps) {
                assert!(high >= low, "{name}: {a:?} {b:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// The chain's own figure, over the selected set.
    #[test]
    fn worse_parameters_never_give_a_smaller_cvar(seed in any::<u64>(), intensity in 0.1f64..5.0, more in 1.0f64..8.0, severity in 0.2f64..2.0, harsher in 1.0f64..3.0) {
        let base = ScenarioSpec { seed, intensity_scale: intensity, severity_scale: severity, count: 64, sensitivity: SweepSpec { intensity: vec![], severity: vec![] }, ..vault() };
        let often = ScenarioSpec { intensity_scale: intensity * more, ..base.clone() };
        let severe = ScenarioSpec { severity_scale: severity * harsher, ..base.clone() };
        let cvars = |spec: &ScenarioSpec| {
            let report = analyse(spec, None, false).unwrap();
            report.strategies.iter().chain(&report.mixes).map(|tail| tail.cvar_bps).collect::<Vec<_>>()
        };
        let low = cvars(&base);
        for worse in [cvars(&often), cvars(&severe)] {
            prop_assert!(low.iter().zip(&worse).all(|(a, b)| a <= b), "{:?} {:?}", low, worse);
        }
    }
}
