use super::{ForecastError, Scale};

/// What is forecast of the time ahead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The value at the horizon.
    #[default]
    At,
    /// The mean of the values up to the horizon: what a deposit left alone would earn.
    Mean,
}

/// A horizon in rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Horizon {
    /// Rows ahead, at least 1.
    pub rows: usize,
    /// What of them.
    pub target: Target,
}

/// Observations so far, on their natural scale and on the models', with running sums so that means cost nothing.
#[derive(Clone, Debug)]
pub struct History {
    scale: Scale,
    step_secs: i64,
    times: Vec<i64>,
    scaled: Vec<f64>,
    /// Sums of the first n values, natural and scaled.
    natural_sums: Vec<f64>,
    scaled_sums: Vec<f64>,
    last: Option<f64>,
}

impl History {
    /// An empty history of values that come every `step_secs`.
    pub fn new(scale: Scale, step_secs: i64) -> Result<Self, ForecastError> {
        if step_secs <= 0 {
            return Err(ForecastError::NotPositive { what: "a step", secs: step_secs });
        }
        Ok(Self {
            scale,
            step_secs,
            times: Vec::new(),
            scaled: Vec::new(),
            natural_sums: vec![0.0],
            scaled_sums: vec![0.0],
            last: None,
        })
    }

    /// Adds an observation; time must advance and the value fit the scale. A refusal leaves no trace.
    pub fn push(&mut self, ts: i64, value: f64) -> Result<(), ForecastError> {
        if let Some(&previous) = self.times.last().filter(|previous| **previous >= ts) {
            return Err(ForecastError::Order { ts, previous });
        }
        if !value.is_finite() {
            return Err(ForecastError::NotFinite { ts, value });
        }
        if let Some(problem) = self.scale.problem(value) {
            return Err(ForecastError::Domain { ts, value, problem });
        }
        let scaled = self.scale.apply(value);
        self.times.push(ts);
        self.scaled.push(scaled);
        self.natural_sums.push(self.natural_sums.last().unwrap_or(&0.0) + value);
        self.scaled_sums.push(self.scaled_sums.last().unwrap_or(&0.0) + scaled);
        self.last = Some(value);
        Ok(())
    }

    /// Rows so far.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// True before the first row.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// The newest observation: time and natural value.
    pub fn last(&self) -> Option<(i64, f64)> {
        Some((*self.times.last()?, self.last?))
    }

    /// Values on the models' scale.
    pub fn scaled(&self) -> &[f64] {
        &self.scaled
    }

    /// The models' scale.
    pub fn scale(&self) -> Scale {
        self.scale
    }

    /// Usual time between rows, seconds.
    pub fn step_secs(&self) -> i64 {
        self.step_secs
    }

    /// Mean of the `rows` scaled values that end at row `index`; none where there are not as many.
    pub fn trailing_mean(&self, index: usize, rows: usize) -> Option<f64> {
        let start = (index + 1).checked_sub(rows)?;
        let sum = self.scaled_sums.get(index + 1)? - self.scaled_sums.get(start)?;
        Some(sum / rows as f64)
    }

    /// What came `horizon` after row `origin`, in natural units. None where it has not come yet, or where rows are
    /// missing in between, so that the row is not the time it should be (more than half a step off).
    pub fn outcome(&self, origin: usize, horizon: Horizon) -> Option<f64> {
        let end = origin + horizon.rows;
        let elapsed = self.times.get(end)? - self.times.get(origin)?;
        let wanted = self.step_secs.saturating_mul(i64::try_from(horizon.rows).ok()?);
        if (elapsed - wanted).abs() > (self.step_secs / 2).max(wanted / 50) {
            return None;
        }
        let from = match horizon.target {
            Target::At => end,
            Target::Mean => origin + 1,
        };
        let sum = self.natural_sums.get(end + 1)? - self.natural_sums.get(from)?;
        match horizon.target {
            Target::At => Some(self.scale.invert(*self.scaled.get(end)?)),
            Target::Mean => Some(sum / horizon.rows as f64),
        }
    }

    /// Rows from `first` on whose outcome is known, each with that outcome on the models' scale.
    pub fn outcomes(&self, first: usize, horizon: Horizon) -> impl Iterator<Item = (usize, f64)> + '_ {
        let known = self.len().saturating_sub(horizon.rows);
        (first..known)
            .filter_map(move |origin| Some((origin, self.scale.apply(self.outcome(origin, horizon)?))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(times: &[i64]) -> History {
        let mut history = History::new(Scale::Raw, 10).unwrap();
        for ts in times {
            history.push(*ts, *ts as f64).unwrap();
        }
        history
    }

    #[test]
    fn outcomes_skip_what_a_gap_displaced() {
        let history = history(&[0, 10, 20, 30, 60, 70]);
        let at = Horizon { rows: 2, target: Target::At };
        let found: Vec<(usize, f64)> = history.outcomes(0, at).collect();
        assert_eq!(found, vec![(0, 20.0), (1, 30.0)]);
        let mean = Horizon { rows: 2, target: Target::Mean };
        assert_eq!(history.outcome(0, mean), Some(15.0));
        assert_eq!(history.trailing_mean(2, 3), Some(10.0));
        assert_eq!(history.trailing_mean(1, 3), None);
    }

    #[test]
    fn refusals_leave_no_trace() {
        let mut history = history(&[0, 10]);
        assert!(matches!(history.push(10, 1.0), Err(ForecastError::Order { ts: 10, previous: 10 })));
        assert!(matches!(history.push(20, f64::NAN), Err(ForecastError::NotFinite { ts: 20, .. })));
        let mut used = History::new(Scale::Logit, 10).unwrap();
        let error = used.push(0, 80.0).unwrap_err().to_string();
        assert!(error.contains("is 80: a utilisation between 0 and 1 is expected"), "{error}");
        assert_eq!((history.len(), used.len()), (2, 0));
        assert!(History::new(Scale::Raw, 0).is_err());
    }
}
