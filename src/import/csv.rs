//! Tables of other tools (RFC 4180), with a first row of names.

use std::io::Read;

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value};

use super::FieldMap;
use crate::model::{Draft, limit};

/// Calls `each` with every row below the first and its number (the first is 1). `map` says which column is which field, and `kind` names the
/// source. Reads as it goes: memory holds one row.
///
/// # Errors
/// What is no table or not UTF-8, a row that has more or fewer cells than the first, and what `each` returns.
pub fn read(
    input: impl Read,
    map: &FieldMap,
    kind: &str,
    each: &mut dyn FnMut(u64, Draft) -> Result<()>,
) -> Result<()> {
    let mut reader = csv::ReaderBuilder::new().from_reader(input);
    let names = reader.headers().context("the first row cannot be read")?.clone();
    let names: Vec<&str> = names.iter().map(|name| name.trim_start_matches('\u{feff}').trim()).collect();
    map.check(&names).map_err(|rule| anyhow::anyhow!("{rule}"))?;
    let mut row = csv::StringRecord::new();
    // As spreadsheets count them.
    let mut number = 1;
    while reader.read_record(&mut row).context("a row cannot be read")? {
        number += 1;
        ensure!(row.as_slice().len() <= 2 * limit::RECORD, "row {number} is longer than a record may be");
        let cells = names.iter().zip(&row).filter(|(_, cell)| !cell.is_empty());
        let record: Map<_, _> = cells.map(|(name, cell)| ((*name).to_owned(), Value::from(cell))).collect();
        each(number, map.draft(&Value::Object(record), kind).with_context(|| format!("row {number}"))?)?;
    }
    Ok(())
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
    fn what_is_wrong_names_the_row_or_the_column() {
        for (text, expected) in [
            ("Summary,Labels\na,b\n", "there is no column `Who`; there are Summary, Labels"),
            ("Summary,Who,Labels\na,b\n", "a row cannot be read"),
            ("", "there is no column `Summary`"),
        ] {
            let error = format!("{:#}", titles(text).unwrap_err());
            assert!(error.contains(expected), "{error}");
        }
    }
}
