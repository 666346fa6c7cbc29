//! CSV for spreadsheets (RFC 4180): one row a change, the entries of a list one a line of its cell.
//!
//! A spreadsheet runs a cell that begins like a formula, and a record may hold what a stranger wrote: such a cell gets a
//! `'` in front of it. That is why JSON, not this, is the form to move records with.

use std::borrow::Cow;
use std::fmt::Display;

use crate::model::{Change, Timestamp};

/// The columns, in order. They are what others build on: new ones are added at the end.
pub const COLUMNS: [&str; 32] = [
    "id",
    "title",
    "status",
    "kind",
    "owner",
    "service",
    "environment",
    "shipped_at",
    "created_at",
    "updated_at",
    "reason",
    "expected",
    "baseline_route",
    "baseline_input",
    "baseline_command",
    "baseline_symptom",
    "baseline_location",
    "rollback_command",
    "rollback_note",
    "files",
    "tags",
    "commits",
    "branch",
    "links",
    "metrics",
    "commands",
    "checks",
    "checklists",
    "assumptions",
    "relations",
    "source",
    "revision",
];

/// The row of column names, with its line break.
pub fn header() -> String {
    row_of(&COLUMNS)
}

/// A change as one row with its line break; lines inside of cells are in quotes.
pub fn row(change: &Change) -> String {
    let Change { baseline, rollback, .. } = change;
    let text = |field: &'_ Option<String>| field.as_deref().map(|text| guarded(text).into_owned()).unwrap_or_default();
    let at = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    let checklists = change.checklists.iter().flat_map(|(list, items)| {
        items.iter().map(move |(name, item)| match &item.note {
            Some(note) => format!("{list}/{name}: {} ({note})", item.state),
            None => format!("{list}/{name}: {}", item.state),
        })
    });
    let links = change.links.iter().map(|link| match &link.title {
        Some(title) => format!("{title}: {}", link.url),
        None => link.url.clone(),
    });
    let source = match &change.source.key {
        Some(key) => format!("{}: {key}", change.source.kind),
        None => change.source.kind.clone(),
    };
    let cells: [String; COLUMNS.len()] = [
        change.id.to_string(),
        guarded(&change.title).into_owned(),
        change.status.to_string(),
        change.kind.to_string(),
        text(&change.owner),
        text(&change.service),
        text(&change.environment),
        at(change.shipped_at),
        at(Some(change.created_at)),
        at(Some(change.updated_at)),
        text(&change.reason),
        text(&change.expected),
        text(&baseline.route),
        text(&baseline.input),
        text(&baseline.command),
        text(&baseline.symptom),
        text(&baseline.location),
        text(&rollback.command),
        text(&rollback.note),
        list(&change.files),
        list(&change.tags),
        list(&change.commits),
        text(&change.branch),
        list(links),
        list(&change.metrics),
        list(change.commands.iter().map(|command| &command.run)),
        list(&change.checks),
        list(checklists),
        list(&change.assumptions),
        list(change.relations.iter().map(|relation| format!("{} {}", relation.kind, relation.id))),
        guarded(&source).into_owned(),
        change.revision.to_string(),
    ];
    row_of(&cells)
}

/// The entries of a list, one a line, each guarded: who splits the cell gets cells again.
fn list<T: Display>(entries: impl IntoIterator<Item = T>) -> String {
    let entries: Vec<_> = entries.into_iter().map(|entry| guarded(&entry.to_string()).into_owned()).collect();
    entries.join("\n")
}

/// A cell that no spreadsheet takes for a formula, by the list of OWASP
/// (<https://owasp.org/www-community/attacks/CSV_Injection>), the wide forms of its signs included. White space in front of
/// a sign is looked past, as some programs do.
fn guarded(text: &str) -> Cow<'_, str> {
    let acts = |text: &str| text.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    if text.starts_with(['\t', '\r', '\n']) || acts(text.trim_start()) {
        return Cow::Owned(format!("'{text}"));
    }
    Cow::Borrowed(text)
}

fn row_of(cells: &[impl AsRef<[u8]>]) -> String {
    let mut writer = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(Vec::new());
    // Nothing can fail in memory, and cells that are UTF-8 make a row that is.
    writer.write_record(cells).expect("a row is written to memory");
    String::from_utf8(writer.into_inner().expect("a row is written to memory")).expect("text makes text")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Change {
        serde_json::from_str(include_str!("../../tests/fixtures/change.json")).unwrap()
    }

    #[test]
    fn what_begins_like_a_formula_is_text() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "\n-"] {
            assert_eq!(guarded(text), format!("'{text}"));
        }
        for text in ["", "a=1", "'=1", "p95: -1", "«=»"] {
            assert_eq!(guarded(text), text);
        }
        assert_eq!(list(["a", "-b", "=c"]), "a\n'-b\n'=c");
    }

    #[test]
    fn quotes_lines_and_commas_stay_in_their_cell() {
        let change = Change { title: "a \"b\", c".to_owned(), tags: vec!["x".into(), "y".into()], ..example() };
        let row = row(&change);
        assert!(row.starts_with("p4w9c2m6xtr8,\"a \"\"b\"\", c\",shipped,fix,"), "{row}");
        assert!(row.contains(",\"x\ny\",") && row.ends_with(",log: billing-231,2\r\n"), "{row}");
        assert!(header().starts_with("id,title,status,kind,owner,service,environment,shipped_at,created_at,"));
    }
}
