//! Cumulative sums (Page 1954): small lasting shifts of a mean, seen long before a level would show them.

use serde::{Deserialize, Serialize};

use super::error::{DetectError, check};
use crate::stats::moments;

/// Which shifts are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sides {
    /// Upward and downward.
    Both,
    /// Upward alone.
    Upper,
    /// Downward alone.
    Lower,
}

/// Where the mean went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Above the target.
    Up,
    /// Below the target.
    Down,
}

/// What a CUSUM watches for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CusumSettings {
    /// The mean when nothing is wrong.
    pub mean: f64,
    /// The standard deviation of one observation when nothing is wrong.
    pub sigma: f64,
    /// Reference value in sigmas: half the shift that matters.
    pub k: f64,
    /// Decision interval in sigmas: a sum above it alarms.
    pub h: f64,
    /// Sides.
    pub sides: Sides,
    /// Fast initial response (Lucas and Crosier 1982): where sums begin, as a share of h, at the start and after an alarm.
    /// 0 is none, 0.5 the usual.
    pub headstart: f64,
    /// Begin again after an alarm; otherwise a sum must fall to the interval before it alarms again.
    pub reset: bool,
}

/// A shift that was noticed. Positions count observations given to the detector, from 0, missing ones included.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Alarm {
    /// Position of the observation that alarmed.
    pub position: usize,
    /// Where the mean went.
    pub direction: Direction,
    /// The sum, in sigmas.
    pub statistic: f64,
    /// Position of the first observation after the shift: the sum was last at its floor just before it.
    pub change_position: usize,
    /// Observed values from there to the alarm.
    pub run: usize,
    /// The mean since then, estimated as Montgomery does: target + sigma (k + sum / run).
    pub estimated_mean: f64,
}

/// One side's sum.
#[derive(Clone, Copy, Debug)]
struct Side {
    sum: f64,
    start: usize,
    run: usize,
    above: bool,
}

/// A CUSUM under way.
#[derive(Clone, Debug)]
pub struct Cusum {
    settings: CusumSettings,
    position: usize,
    upper: Side,
    lower: Side,
}

impl CusumSettings {
    /// Checks every figure.
    ///
    /// # Errors
    /// The first that is out of range.
    pub fn check(&self) -> Result<(), DetectError> {
        check("the mean", self.mean, "a finite number", |_| true)?;
        check("sigma", self.sigma, "above 0", |sigma| sigma > 0.0)?;
        check("k", self.k, "at least 0, in sigmas", |k| k >= 0.0)?;
        check("h", self.h, "above 0, in sigmas", |h| h > 0.0)?;
        check("the headstart", self.headstart, "from 0 to below 1, a share of h", |f| (0.0..1.0).contains(&f))
    }
}

/// Mean and standard deviation (n - 1) of a stretch when nothing was wrong; NaN is left out.
///
/// # Errors
/// Fewer than two values, or all equal.
pub fn baseline(values: &[f64]) -> Result<(f64, f64), DetectError> {
    let found = moments::observed(values).count();
    match moments::mean_and_deviation(values) {
        Some((mean, sigma)) if sigma > 0.0 && sigma.is_finite() => Ok((mean, sigma)),
        _ => Err(DetectError::Baseline { found }),
    }
}

impl Cusum {
    /// Starts watching.
    ///
    /// # Errors
    /// See [`CusumSettings::check`].
    pub fn new(settings: CusumSettings) -> Result<Self, DetectError> {
        settings.check()?;
        let side = Side { sum: settings.headstart * settings.h, start: 0, run: 0, above: false };
        Ok(Self { settings, position: 0, upper: side, lower: side })
    }

    /// The sums as they stand, upper and lower, in sigmas.
    pub fn sums(&self) -> (f64, f64) {
        (self.upper.sum, self.lower.sum)
    }

    /// Keeps both sums to at most `most` sigmas, so that a collapse is not remembered for weeks after it has passed. Above
    /// h this changes no run length.
    pub fn cap(&mut self, most: f64) {
        self.upper.sum = self.upper.sum.min(most);
        self.lower.sum = self.lower.sum.min(most);
    }

    /// Takes the next observation; NaN is one that was not made and changes no sum. Upward alarms come first.
    ///
    /// # Errors
    /// An infinite value.
    pub fn observe(&mut self, value: f64) -> Result<Vec<Alarm>, DetectError> {
        let position = self.position;
        if value.is_infinite() {
            return Err(DetectError::NotFinite { row: position + 1, value });
        }
        self.position += 1;
        if value.is_nan() {
            return Ok(Vec::new());
        }
        let settings = self.settings;
        let standard = (value - settings.mean) / settings.sigma;
        let mut alarms = Vec::new();
        if settings.sides != Sides::Lower && self.upper.add(standard, &settings, position) {
            alarms.push(self.upper.alarm(Direction::Up, &settings, position));
        }
        if settings.sides != Sides::Upper && self.lower.add(-standard, &settings, position) {
            alarms.push(self.lower.alarm(Direction::Down, &settings, position));
        }
        if settings.reset && !alarms.is_empty() {
            let sum = settings.headstart * settings.h;
            let side = Side { sum, start: position + 1, run: 0, above: false };
            (self.upper, self.lower) = (side, side);
        }
        Ok(alarms)
    }
}

impl Side {
    /// Adds one standardised value; true when the sum has just left its interval.
    fn add(&mut self, standard: f64, settings: &CusumSettings, position: usize) -> bool {
        self.sum = (self.sum + standard - settings.k).max(0.0);
        self.run += 1;
        if self.sum == 0.0 {
            (self.start, self.run) = (position + 1, 0);
        }
        let was_above = self.above;
        self.above = self.sum > settings.h;
        self.above && !was_above
    }

    fn alarm(&self, direction: Direction, settings: &CusumSettings, position: usize) -> Alarm {
        let shift = settings.sigma * (settings.k + self.sum / self.run.max(1) as f64);
        let estimated_mean = match direction {
            Direction::Up => settings.mean + shift,
            Direction::Down => settings.mean - shift,
        };
        Alarm {
            position,
            direction,
            statistic: self.sum,
            change_position: self.start,
            run: self.run,
            estimated_mean,
        }
    }
}

/// All alarms of a series.
///
/// # Errors
/// Settings out of range; an infinite value.
pub fn alarms(values: &[f64], settings: CusumSettings) -> Result<Vec<Alarm>, DetectError> {
    let mut cusum = Cusum::new(settings)?;
    let mut all = Vec::new();
    for value in values {
        all.extend(cusum.observe(*value)?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // Montgomery, Introduction to Statistical Quality Control, table 9.1: target 10, sigma 1, shifted to 11 after row 20.
    const MONTGOMERY: [f64; 30] = [
        9.45, 7.99, 9.29, 11.66, 12.16, 10.18, 8.04, 11.46, 9.20, 10.34, 9.03, 11.47, 10.51, 9.40, 10.08,
        9.37, 10.62, 10.31, 8.52, 10.84, 10.90, 9.33, 12.29, 11.50, 10.60, 11.08, 10.38, 11.62, 11.31, 10.52,
    ];

    fn settings() -> CusumSettings {
        CusumSettings {
            mean: 10.0,
            sigma: 1.0,
            k: 0.5,
            h: 5.0,
            sides: Sides::Both,
            headstart: 0.0,
            reset: true,
        }
    }

    #[test]
    fn reproduces_the_textbook() {
        let found = alarms(&MONTGOMERY, settings()).unwrap();
        assert_eq!(found.len(), 1);
        let alarm = found[0];
        // Period 29, sum 5.28, counter 7: the shift lies between periods 22 and 23, the mean is now 11.25.
        assert_eq!((alarm.position, alarm.change_position, alarm.run), (28, 22, 7));
        assert_eq!(alarm.direction, Direction::Up);
        assert!((alarm.statistic - 5.28).abs() < 1e-9 && (alarm.estimated_mean - 11.25).abs() < 0.01);
    }

    #[test]
    fn sides_and_resets() {
        let falling: Vec<f64> = MONTGOMERY.iter().map(|value| 20.0 - value).collect();
        let down = alarms(&falling, settings()).unwrap();
        assert_eq!((down[0].position, down[0].direction), (28, Direction::Down));
        assert!(alarms(&falling, CusumSettings { sides: Sides::Upper, ..settings() }).unwrap().is_empty());
        let steps = [12.0; 8];
        let again: Vec<usize> = alarms(&steps, settings()).unwrap().iter().map(|a| a.position).collect();
        assert_eq!(again, [3, 7]);
        let once = alarms(&steps, CusumSettings { reset: false, ..settings() }).unwrap();
        assert_eq!(once.len(), 1);
    }

    #[test]
    fn a_headstart_notices_a_bad_start_sooner() {
        let fast = CusumSettings { headstart: 0.5, ..settings() };
        let bad = [11.5; 10];
        let (slow, quick) = (alarms(&bad, settings()).unwrap()[0], alarms(&bad, fast).unwrap()[0]);
        assert_eq!((slow.position, quick.position, quick.change_position), (5, 2, 0));
    }

    #[test]
    fn missing_values_change_nothing_and_infinite_ones_are_refused() {
        let mut holed = MONTGOMERY.to_vec();
        holed.insert(25, f64::NAN);
        let alarm = alarms(&holed, settings()).unwrap()[0];
        assert_eq!((alarm.position, alarm.run), (29, 7));
        assert!((alarm.statistic - 5.28).abs() < 1e-9);
        let error = alarms(&[10.0, f64::INFINITY], settings()).unwrap_err();
        assert!(matches!(error, DetectError::NotFinite { row: 2, .. }));
    }

    #[test]
    fn bad_settings_are_named() {
        for (bad, name) in [
            (CusumSettings { sigma: 0.0, ..settings() }, "sigma"),
            (CusumSettings { k: -0.1, ..settings() }, "k"),
            (CusumSettings { h: f64::NAN, ..settings() }, "h"),
            (CusumSettings { headstart: 1.0, ..settings() }, "headstart"),
        ] {
            assert!(Cusum::new(bad).unwrap_err().to_string().contains(name));
        }
        assert!(baseline(&[1.0; 5]).is_err() && baseline(&[1.0, f64::NAN]).is_err());
        assert_eq!(baseline(&[1.0, 3.0]).unwrap(), (2.0, 2f64.sqrt()));
    }

    proptest! {
        #[test]
        fn sums_are_the_largest_partial_sums(values in prop::collection::vec(-3.0f64..3.0, 1..60)) {
            let settings = CusumSettings { mean: 0.0, h: 1e6, ..settings() };
            let mut cusum = Cusum::new(settings).unwrap();
            for value in &values {
                cusum.observe(*value).unwrap();
            }
            let best = |sign: f64| {
                let mut sum = 0.0;
                values.iter().rev().fold(0.0f64, |best, value| {
                    sum += sign * value - 0.5;
                    best.max(sum)
                })
            };
            let (upper, lower) = cusum.sums();
            prop_assert!((upper - best(1.0)).abs() < 1e-9 && (lower - best(-1.0)).abs() < 1e-9);
        }
    }
}
