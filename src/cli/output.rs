//! Printing: data to standard output, everything else to standard error.
#![allow(clippy::disallowed_macros, reason = "the one place that prints")]

use std::io::{IsTerminal, Write};

use anyhow::Result;
use serde::Serialize;

use super::text::escape_json;
use crate::sys;

/// Columns of text when nobody says how wide the terminal is.
const WIDTH: usize = 80;

/// Applies `--color`; `NO_COLOR` and `CLICOLOR_FORCE` decide for `auto`.
pub(super) fn choose_colors(choice: clap::ColorChoice) {
    let choice = match choice {
        clap::ColorChoice::Auto => anstream::ColorChoice::Auto,
        clap::ColorChoice::Always => anstream::ColorChoice::Always,
        clap::ColorChoice::Never => anstream::ColorChoice::Never,
    };
    choice.write_global();
}

/// Prints data, with a line break behind it.
pub(super) fn data(text: &str) -> Result<()> {
    let mut out = anstream::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()?;
    Ok(())
}

/// Prints bytes as they are, for what goes into files.
pub(super) fn raw(bytes: &[u8]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()?;
    Ok(())
}

/// Prints a value as JSON.
pub(super) fn json(value: &impl Serialize) -> Result<()> {
    data(&escape_json(&serde_json::to_string_pretty(value)?))
}

/// Says something to the person, on standard error. A closed pipe there is nobody's concern.
pub(super) fn note(text: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// Columns that text may take: `COLUMNS`, the terminal's, or 80; `None` when the output is not for a terminal and
/// nobody said.
pub(super) fn width() -> Option<usize> {
    let said = sys::env::var("COLUMNS").ok().flatten().and_then(|columns| columns.parse().ok());
    let terminal =
        || std::io::stdout().is_terminal().then(|| comfy_table::Table::new().width().map_or(WIDTH, usize::from));
    said.filter(|columns| *columns >= 20).or_else(terminal)
}

/// Columns for prose: the width, but no line longer than is good to read.
pub(super) fn prose_width() -> usize {
    width().unwrap_or(WIDTH).min(100)
}
