//! Printing: data to standard output, everything else to standard error.
#![allow(clippy::disallowed_macros, reason = "the one place that prints")]

use std::io::{IsTerminal, Write};

use anyhow::Result;
use serde::Serialize;

use super::text::{escape_json, escape_lines};
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

/// Prints bytes as they are, for what goes into files; a terminal gets them as text.
pub(super) fn raw(bytes: &[u8]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    if out.is_terminal() {
        out.write_all(escape_lines(&String::from_utf8_lossy(bytes).replace("\r\n", "\n")).as_bytes())?;
    } else {
        out.write_all(bytes)?;
    }
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

/// A table of short texts, as wide as the terminal lets it be.
pub(super) fn columns<const N: usize>(rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    match width().map(|width| width.try_into().unwrap_or(u16::MAX)) {
        Some(width) => table.set_content_arrangement(comfy_table::ContentArrangement::Dynamic).set_width(width),
        None => table.set_content_arrangement(comfy_table::ContentArrangement::Disabled),
    };
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let lines: Vec<_> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n")
}

/// Columns for prose: the width, but no line longer than is good to read.
pub(super) fn prose_width() -> usize {
    width().unwrap_or(WIDTH).min(100)
}
