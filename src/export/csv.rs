//! Changes as rows of a spreadsheet (RFC 4180). What a spreadsheet would take for a formula has an apostrophe before it
//! (<https://owasp.org/www-community/attacks/CSV_Injection>).

use anyhow::{Context, Result};

use crate::model::Change;

/// The columns. Entries of a list stand in one cell, one a line.
const COLUMNS: [&str; 22] = [
    "id",
    "title",
    "status",
    "kind",
    "owner",
    "service",
    "environment",
    "shipped_at",
    "created_at",
    "reason",
    "symptom",
    "expected",
    "commands",
    "rollback_command",
    "rollback_note",
    "metrics",
    "files",
    "tags",
    "commits",
    "links",
    "relations",
    "revision",
];

/// The first row.
///
/// # Errors
/// Never; the writer has no other way to say that.
pub fn csv_header() -> Result<String> {
    row(COLUMNS.map(str::to_owned))
}

/// The row of a change.
///
/// # Errors
/// As [`csv_header`].
pub fn csv_row(change: &Change) -> Result<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let metrics: Vec<_> = change.metrics.iter().map(ToString::to_string).collect();
    let commands: Vec<_> = change.commands.iter().map(|command| command.run.clone()).collect();
    let links: Vec<_> = change.links.iter().map(|link| link.url.clone()).collect();
    let relations: Vec<_> =
        change.relations.iter().map(|relation| format!("{} {}", relation.kind.as_str(), relation.id)).collect();
    row([
        change.id.to_string(),
        change.title.clone(),
        change.status.as_str().to_owned(),
        change.kind.as_str().to_owned(),
        text(&change.owner),
        text(&change.service),
        text(&change.environment),
        change.shipped_at.map(|at| at.to_string()).unwrap_or_default(),
        change.created_at.to_string(),
        text(&change.reason),
        text(&change.baseline.symptom),
        text(&change.expected),
        commands.join("\n"),
        text(&change.rollback.command),
        text(&change.rollback.note),
        metrics.join("\n"),
        change.files.join("\n"),
        change.tags.join("\n"),
        change.commits.join("\n"),
        links.join("\n"),
        relations.join("\n"),
        change.revision.to_string(),
    ])
}

fn row(cells: [String; COLUMNS.len()]) -> Result<String> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(cells.map(safe)).context("the row could not be written")?;
    let bytes = writer.into_inner().map_err(|error| error.into_error()).context("the row could not be written")?;
    Ok(String::from_utf8(bytes)?)
}

fn safe(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_reads_back_and_nothing_in_it_is_a_formula() {
        let text = include_str!("../../tests/fixtures/change.json");
        let mut change: Change = serde_json::from_str(text).unwrap();
        for title in ["=cmd()", "+1", "-1", "@x", "\tx", "a \"quoted\", cell\nof two lines"] {
            change.title = title.to_owned();
            let text = csv_header().unwrap() + &csv_row(&change).unwrap();
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            assert_eq!(reader.headers().unwrap().len(), COLUMNS.len());
            let record = reader.records().next().unwrap().unwrap();
            assert_eq!(&record[0], change.id.as_str());
            let safe = if title.starts_with('a') { title.to_owned() } else { format!("'{title}") };
            assert_eq!(record[1], *safe);
            assert_eq!(record[16], change.files.join("\n"));
        }
    }
}
