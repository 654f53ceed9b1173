//! Times of repeated runs: wall time less the time that the thread waited for a busy processor. A long run is
//! preempted more often than a short one, so on a busy machine wall time alone would flatter whoever is faster.

use std::hint::black_box;
use std::time::Instant;

/// Runs longer than this are repeated [`SLOW_REPEATS`] times only. The Python side does the same.
pub const SLOW_SECS: f64 = 2.0;
/// See [`SLOW_SECS`].
pub const SLOW_REPEATS: usize = 5;

/// Seconds of each run.
#[derive(Clone, Debug)]
pub struct Timing(Vec<f64>);

impl Timing {
    /// From recorded seconds, in any order.
    pub fn new(mut seconds: Vec<f64>) -> Option<Self> {
        seconds.sort_by(f64::total_cmp);
        (!seconds.is_empty()).then_some(Self(seconds))
    }

    /// Median; the mean of the middle two of an even number.
    pub fn median(&self) -> f64 {
        let middle = self.0.len() / 2;
        if self.0.len() % 2 == 1 { self.0[middle] } else { (self.0[middle - 1] + self.0[middle]) / 2.0 }
    }

    /// The fastest: what other load on the machine disturbed least.
    pub fn fastest(&self) -> f64 {
        self.0[0]
    }

    /// How many runs.
    pub fn runs(&self) -> usize {
        self.0.len()
    }
}

/// Measures the thread that started it.
struct Clock {
    begin: Instant,
    waited: f64,
}

impl Clock {
    fn start() -> Self {
        Self { waited: waited(), begin: Instant::now() }
    }

    fn seconds(&self) -> f64 {
        let elapsed = self.begin.elapsed().as_secs_f64();
        (elapsed - (waited() - self.waited)).max(0.0)
    }
}

/// Seconds that this thread has waited for a processor so far: the second figure of Linux's schedstat, in
/// nanoseconds; zero where there is none.
fn waited() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split_whitespace().nth(1).and_then(|nanos| nanos.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

/// A warm-up, then the answer and times of `repeats` runs.
pub fn measure<T, E>(repeats: usize, mut run: impl FnMut() -> Result<T, E>) -> Result<(T, Timing), E> {
    let clock = Clock::start();
    let mut answer = black_box(run()?);
    let slow = clock.seconds() > SLOW_SECS;
    let repeats = if slow { repeats.min(SLOW_REPEATS) } else { repeats }.max(1);
    let mut seconds = Vec::with_capacity(repeats);
    for _ in 0..repeats {
        let clock = Clock::start();
        answer = black_box(run()?);
        seconds.push(clock.seconds());
    }
    seconds.sort_by(f64::total_cmp);
    Ok((answer, Timing(seconds)))
}
