//! Annual rates that read like percent where fractions are expected.

/// An annual rate above this reads like a percentage: 3 is 300% a year.
const HIGHEST_APR: f64 = 3.0;
/// A series whose typical rate is above this is in percent, even if no single row gives it away.
const HIGHEST_MEDIAN_APR: f64 = 0.5;

/// What is wrong with a rate, if anything: below zero, or it reads like a percentage.
pub fn apr_problem(apr: f64) -> Option<String> {
    if apr < 0.0 {
        return Some(format!("a rate of {apr} is below zero"));
    }
    (apr > HIGHEST_APR)
        .then(|| format!("{apr} reads like a percentage; a fraction is expected (0.05 is 5% a year)"))
}

/// What is wrong with a series of rates as a whole, if anything: they read like percentages.
pub fn aprs_problem(aprs: &[f64]) -> Option<String> {
    let mut ascending = aprs.to_vec();
    ascending.sort_by(f64::total_cmp);
    let median = ascending.get(ascending.len() / 2).copied().filter(|median| *median > HIGHEST_MEDIAN_APR)?;
    Some(format!(
        "the median is {median}: it reads like percentages; fractions are expected (0.05 is 5% a year)"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_is_told_from_fractions() {
        assert_eq!((apr_problem(0.0), apr_problem(2.9), aprs_problem(&[])), (None, None, None));
        assert!(apr_problem(-0.01).is_some_and(|problem| problem.contains("below zero")));
        assert!(apr_problem(5.1).is_some_and(|problem| problem.starts_with("5.1 reads like a percentage")));
        // One wild day is none of its business; a typical 80% a year is.
        assert_eq!(aprs_problem(&[0.05, 2.0, 0.04]), None);
        assert!(aprs_problem(&[0.8, 0.9, 0.04]).is_some_and(|problem| problem.contains("median is 0.8")));
    }
}
