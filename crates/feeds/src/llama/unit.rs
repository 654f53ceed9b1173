use crate::{FindingKind, Findings};

/// A median below this many percent a year reads like a fraction: money markets pay more.
const LEAST_MEDIAN: f64 = 0.3;
/// A median above this many percent a year reads like basis points.
const MOST_MEDIAN: f64 = 200.0;
/// Fewer rates than this tell nothing.
const LEAST_COUNT: usize = 5;

/// Checks that `percents` (positive rates, percent a year) read like percent.
pub fn check(series: &str, percents: &[f64], findings: &mut Findings) {
    let mut rates: Vec<f64> = percents.iter().copied().filter(|rate| *rate > 0.0).collect();
    if rates.len() < LEAST_COUNT {
        let detail = format!("{} positive rates are too few to tell percent from fractions", rates.len());
        findings.note(FindingKind::UnitUnchecked, series, detail);
        return;
    }
    rates.sort_by(f64::total_cmp);
    let median = rates.get(rates.len() / 2).copied().unwrap_or_default();
    let reads_like = if median < LEAST_MEDIAN {
        "fractions"
    } else if median > MOST_MEDIAN {
        "basis points"
    } else {
        return;
    };
    let detail =
        format!("the median rate is {median}; percent a year is expected, this reads like {reads_like}");
    findings.note(FindingKind::UnitSuspect, series, detail);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_told_apart() {
        let kind_of = |rates: &[f64]| {
            let mut findings = Findings::default();
            check("s", rates, &mut findings);
            findings.as_slice().first().map(|finding| finding.kind)
        };
        assert_eq!(kind_of(&[4.0, 5.0, 6.0, 0.1, 3.0]), None);
        assert_eq!(kind_of(&[0.04, 0.05, 0.06, 0.001, 0.03]), Some(FindingKind::UnitSuspect));
        assert_eq!(kind_of(&[400.0, 500.0, 600.0, 10.0, 300.0]), Some(FindingKind::UnitSuspect));
        assert_eq!(kind_of(&[4.0, 5.0, 0.0, 0.0, 0.0, 0.0]), Some(FindingKind::UnitUnchecked));
    }
}
