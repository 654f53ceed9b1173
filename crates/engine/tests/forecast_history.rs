//! The ladder on real lending history: needs the folder named by `BALLAST_DATA`.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::time::Instant;

use ballast_engine::data::DataDir;
use ballast_engine::forecast::venue::LendingTracker;
use ballast_engine::forecast::{Model, Scale, TrackerConfig, walk_forward};

const DAY: i64 = 86_400;

/// A name, and utilisation over time.
type Market = (String, Vec<(i64, f64)>);

fn utilisations() -> Option<Vec<Market>> {
    let Some(folder) = std::env::var_os("BALLAST_DATA") else {
        eprintln!("skipped: BALLAST_DATA is not set");
        return None;
    };
    let rates = DataDir::open(Path::new(&folder)).unwrap().lending().unwrap();
    let series = rates.markets().map(|(key, symbol)| {
        let used = rates.series(key, "utilisation", |row| row.utilisation()).unwrap();
        (format!("{}:{symbol}", key.network), used.points().to_vec())
    });
    Some(series.filter(|(_, points)| points.len() > 300).collect())
}

#[test]
fn intervals_cover_and_a_chosen_model_has_earned_it() {
    let Some(markets) = utilisations() else { return };
    assert!(markets.len() >= 15, "{}", markets.len());
    for (name, points) in markets {
        let found = walk_forward(&points, TrackerConfig::new(Scale::Logit, DAY, DAY), None).unwrap();
        for score in &found.models {
            let coverage = score.coverage_90.unwrap();
            assert!((0.85..=0.96).contains(&coverage), "{name}: {score:?}");
        }
        let chosen = found.models.iter().find(|score| score.model == Some(found.chosen)).unwrap();
        assert!(found.chosen == Model::Last || chosen.skill.unwrap() > 0.0, "{name}: {found:?}");
    }
}

/// What a policy does in a year of daily decisions on four reserves. The bound is loose, for a busy machine; the
/// time printed is the point.
#[test]
fn a_year_of_decisions_is_cheap() {
    let Some(markets) = utilisations() else { return };
    let started = Instant::now();
    let mut made = 0;
    for (_, points) in markets.iter().take(4) {
        let mut tracker = LendingTracker::new(DAY, 7 * DAY).unwrap();
        for (ts, utilisation) in points.iter().take(365) {
            tracker.observe(*ts, *utilisation).unwrap();
            made += usize::from(tracker.tracker().forecast().is_some());
        }
    }
    println!("{made} forecasts in {:?}", started.elapsed());
    assert_eq!(made, 4 * 365);
    assert!(started.elapsed().as_secs() < 10);
}
