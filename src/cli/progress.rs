//! The progress bar of what takes longer than a moment.

use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use crate::sys;

/// Milliseconds in which there is nothing to look at yet.
const PATIENCE: u128 = 700;

/// A bar on standard error, where that is a terminal, for work that takes longer than a moment; any thread may move it.
pub(super) struct Progress {
    what: &'static str,
    start: Instant,
    bar: Mutex<Option<ProgressBar>>,
    quiet: bool,
}

impl Progress {
    /// A bar that counts `what` (changes, pages); none is ever shown when `quiet`.
    pub(super) fn new(what: &'static str, quiet: bool) -> Self {
        Self { what, start: sys::clock::start(), bar: Mutex::new(None), quiet }
    }

    /// Whether there is somebody to see it.
    pub(super) fn is_seen(&self) -> bool {
        !self.quiet && std::io::stderr().is_terminal()
    }

    /// Says how far the work is; the total is 0 where nobody knows it.
    pub(super) fn at(&self, done: u64, total: u64) {
        if self.quiet || self.start.elapsed().as_millis() < PATIENCE {
            return;
        }
        let mut bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        let bar = bar.get_or_insert_with(|| self.shown(total));
        if total > 0 {
            bar.set_length(total);
        }
        bar.set_position(done);
    }

    fn shown(&self, total: u64) -> ProgressBar {
        // The bar takes what the numbers leave, so that a narrow terminal never wraps the line.
        let template = match total {
            0 => format!("{{pos}} {}, {{rate}}/s, {{elapsed}} so far", self.what),
            _ => format!("{{wide_bar}} {{pos}}/{{len}} {}, {{rate}}/s, {{eta}} left", self.what),
        };
        let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let rate = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            let _ = write!(out, "{:.0}", state.pos() as f64 / state.elapsed().as_secs_f64().max(0.001));
        };
        ProgressBar::new(total).with_style(style.with_key("rate", rate)).with_elapsed(self.start.elapsed())
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.get_mut().unwrap_or_else(PoisonError::into_inner) {
            bar.finish_and_clear();
        }
    }
}
