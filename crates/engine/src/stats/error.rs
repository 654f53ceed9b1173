/// Why a series or a setting is of no use. Rows count from 1, the first return being row 1.
#[derive(Clone, Debug, thiserror::Error, PartialEq)]
pub enum StatsError {
    /// Too few returns were observed.
    #[error("{found} observed return(s) in {rows} row(s); at least {needed} are needed")]
    TooShort {
        /// Returns that are there.
        found: usize,
        /// Rows, observed or not.
        rows: usize,
        /// Returns that are needed.
        needed: usize,
    },
    /// A return is infinite.
    #[error("row {row}: the return is {value}, not a finite number")]
    NotFinite {
        /// Row.
        row: usize,
        /// What stands there.
        value: f64,
    },
    /// More than everything was lost.
    #[error(
        "row {row}: a return of {value} loses more than everything; returns are fractions, -0.05 is a loss of 5%"
    )]
    BelowTotalLoss {
        /// Row.
        row: usize,
        /// What stands there.
        value: f64,
    },
    /// No market's return: what is made of it would be noise.
    #[error("row {row}: a return of {value} is beyond {limit} (100,000,000%)")]
    Implausible {
        /// Row.
        row: usize,
        /// What stands there.
        value: f64,
        /// The most.
        limit: f64,
    },
    /// Most returns are larger than one: percent taken for fractions.
    #[error(
        "{large} of {observed} returns are beyond 1 (100%): these read like percent; divide by 100, \
         returns are fractions"
    )]
    Percent {
        /// Returns beyond one in size.
        large: usize,
        /// Returns observed.
        observed: usize,
    },
    /// Levels, not changes.
    #[error(
        "all {observed} numbers are above zero and most above 1: these read like prices; returns are wanted, \
         price / price before - 1"
    )]
    Prices {
        /// Numbers observed.
        observed: usize,
    },
    /// Two series do not match.
    #[error("{what} has {found} rows, the returns have {rows}")]
    LengthMismatch {
        /// The other series.
        what: &'static str,
        /// Its length.
        found: usize,
        /// Length of the returns.
        rows: usize,
    },
    /// A setting is outside its range.
    #[error("{name} is {value}; it must be {allowed}")]
    Setting {
        /// Which.
        name: &'static str,
        /// As given.
        value: f64,
        /// What would do.
        allowed: &'static str,
    },
    /// No distribution has these moments.
    #[error(
        "no distribution has skewness {skewness} and kurtosis {kurtosis}: kurtosis (not excess) is at least 1 + skewness^2"
    )]
    Moments {
        /// Third standardised moment.
        skewness: f64,
        /// Fourth standardised moment.
        kurtosis: f64,
    },
}

/// Checks that `value` is finite and `holds`.
pub(super) fn check(
    name: &'static str,
    value: f64,
    allowed: &'static str,
    holds: impl Fn(f64) -> bool,
) -> Result<(), StatsError> {
    if value.is_finite() && holds(value) { Ok(()) } else { Err(StatsError::Setting { name, value, allowed }) }
}
