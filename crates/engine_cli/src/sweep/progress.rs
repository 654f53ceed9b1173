//! How far a sweep is: a bar on a terminal, nothing anywhere else.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// On standard error, which indicatif leaves alone unless it is a terminal.
pub struct Progress(ProgressBar);

impl Progress {
    /// Of `total` tasks, `done` of which are from an earlier run.
    pub fn new(total: usize, done: usize) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
        if let Ok(style) =
            ProgressStyle::with_template("{bar:30} {pos}/{len} tasks, {elapsed} so far, {eta} to go")
        {
            bar.set_style(style);
        }
        bar.set_position(done as u64);
        Self(bar)
    }

    /// One more.
    pub fn one_done(&self) {
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
