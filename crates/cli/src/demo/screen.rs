//! The live status: one block that refreshes in a terminal, plain lines elsewhere.

use std::io::{IsTerminal, Write, stdout};
use std::time::{Duration, Instant};

/// How often plain lines are printed where nothing happened.
const PLAIN_EVERY: Duration = Duration::from_secs(10);

/// Where the demo speaks.
pub struct Screen {
    is_live: bool,
    block_lines: usize,
    last_plain: Option<Instant>,
}

impl Screen {
    /// Standard output.
    pub fn new() -> Self {
        Self { is_live: stdout().is_terminal(), block_lines: 0, last_plain: None }
    }

    /// Whether it refreshes a block, so that what happened is shown in there.
    pub fn is_live(&self) -> bool {
        self.is_live
    }

    /// Prints a line that stays, above the block.
    pub fn log(&mut self, line: &str) {
        self.clear();
        say(&format!("{line}\n"));
    }

    /// Shows `block` in place of the last one; outside a terminal, `plain` now and then.
    pub fn show(&mut self, block: &[String], plain: &[String]) {
        if !self.is_live {
            if self.last_plain.is_none_or(|last| last.elapsed() >= PLAIN_EVERY) {
                self.last_plain = Some(Instant::now());
                say(&format!("{}\n", plain.join("\n")));
            }
            return;
        }
        self.clear();
        let width = usize::from(console::Term::stdout().size().1).max(20);
        for line in block {
            // A line that wraps would be two to go back over.
            say(&format!("{}\n", console::truncate_str(line, width.saturating_sub(1), "…")));
        }
        self.block_lines = block.len();
    }

    /// Leaves the block where it is and goes on below it.
    pub fn keep(&mut self) {
        self.block_lines = 0;
    }

    fn clear(&mut self) {
        if self.block_lines > 0 {
            // Up, then erase to the end of the screen.
            say(&format!("\x1b[{}A\x1b[J", self.block_lines));
            self.block_lines = 0;
        }
    }
}

impl Default for Screen {
    fn default() -> Self {
        Self::new()
    }
}

/// Prints; a reader that went away is no reason to stop.
fn say(text: &str) {
    let mut out = stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
