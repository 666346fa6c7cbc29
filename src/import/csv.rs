//! Tables of other tools (RFC 4180), with a first row of names.

use std::cell::Cell;
use std::io::{self, Read};

use anyhow::{Context, Result};
use serde_json::{Map, Value};

use super::FieldMap;
use crate::model::{Draft, limit};

/// Calls `each` with every row below the first and its number (the first is 1). `map` says which column is which field, and
/// `kind` names the source. Reads as it goes: memory holds one row.
///
/// # Errors
/// What is no table or not UTF-8, a row that has more or fewer cells than the first, and what `each` returns.
pub fn read(
    input: impl Read,
    map: &FieldMap,
    kind: &str,
    each: &mut dyn FnMut(u64, Draft) -> Result<()>,
) -> Result<()> {
    let left = Cell::new(limit::INPUT);
    let mut reader = csv::ReaderBuilder::new().from_reader(Bounded { input, left: &left });
    let names = reader.headers().context("the first row cannot be read")?.clone();
    let names: Vec<&str> = names.iter().map(|name| name.trim_start_matches('\u{feff}').trim()).collect();
    map.check(&names).map_err(|rule| anyhow::anyhow!("{rule}"))?;
    let mut row = csv::StringRecord::new();
    // As spreadsheets count them.
    let mut number = 1;
    loop {
        number += 1;
        left.set(limit::INPUT);
        if !reader.read_record(&mut row).with_context(|| format!("row {number} cannot be read"))? {
            return Ok(());
        }
        let cells = names.iter().zip(&row).filter(|(_, cell)| !cell.is_empty());
        let record: Map<_, _> = cells.map(|(name, cell)| ((*name).to_owned(), Value::from(cell))).collect();
        each(number, map.draft(&Value::Object(record), kind).with_context(|| format!("row {number}"))?)?;
    }
}

/// Input of which so many bytes may be read until somebody allows more: a quote that is never closed would take all of it
/// for one cell.
struct Bounded<'l, R> {
    input: R,
    left: &'l Cell<usize>,
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(self.left.get());
        if most == 0 && !buffer.is_empty() {
            let hint = "it is longer than a record may be (is a quotation mark missing?)";
            return Err(io::Error::new(io::ErrorKind::InvalidData, hint));
        }
        let read = self.input.read(&mut buffer[..most])?;
        self.left.set(self.left.get() - read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(text: &str) -> Result<Vec<String>> {
        let map: FieldMap = "title=Summary,owner=Who,tags=Labels".parse().unwrap();
        let mut found = Vec::new();
        read(text.as_bytes(), &map, "csv", &mut |row, draft| {
            found.push(format!("{row} {} {:?}", draft.title.unwrap_or_default(), draft.tags));
            Ok(())
        })?;
        Ok(found)
    }

    #[test]
    fn rows_become_drafts() {
        let text = "\u{feff}Summary,Who,Labels\r\n\"a, b\nc\",oncall,x; y\r\nd,,\r\n";
        assert_eq!(titles(text).unwrap(), ["2 a, b [\"x\", \"y\"]", "3 d []"]);
    }

    #[test]
    fn a_row_that_never_ends_is_not_read_to_its_end() {
        let map: FieldMap = "title=Summary".parse().unwrap();
        let endless = "Summary\na\n\"".as_bytes().chain(io::repeat(b'x'));
        let error = read(endless, &map, "csv", &mut |_, _| Ok(())).unwrap_err();
        assert!(format!("{error:#}").contains("row 3 cannot be read: it is longer than a record may be"), "{error:#}");
        // Many rows may be more than one.
        let many = format!("Summary\n{}", "a row of a table\n".repeat(limit::INPUT / 8));
        read(many.as_bytes(), &map, "csv", &mut |_, _| Ok(())).unwrap();
    }

    #[test]
    fn what_is_wrong_names_the_row_or_the_column() {
        for (text, expected) in [
            ("Summary,Labels\na,b\n", "there is no column `Who`; there are Summary, Labels"),
            ("Summary,Who,Labels\na,b\n", "row 2 cannot be read"),
            ("", "there is no column `Summary`"),
        ] {
            let error = format!("{:#}", titles(text).unwrap_err());
            assert!(error.contains(expected), "{error}");
        }
    }
}
