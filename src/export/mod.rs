//! Changes written for other tools: JSON Lines, rows of a spreadsheet, a changelog. Returns text, writes nothing. Imports
//! `model`, `markup` and `form`.

mod changelog;
mod csv;

pub use changelog::{Changelog, Grouping, between_marks};
pub use csv::{csv_header, csv_row};

use crate::model::Change;

/// A change as one line of JSON Lines, without the line break: the form `shipnote.change/1`, the same bytes for the same
/// change.
pub fn json_line(change: &Change) -> String {
    // A change holds nothing that JSON cannot say: numbers are finite by validation, keys are texts.
    serde_json::to_string(change).expect("a change has a JSON form")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_one_line_that_reads_back() {
        let text = include_str!("../../tests/fixtures/change.json");
        let change: Change = serde_json::from_str(text).unwrap();
        let line = json_line(&change);
        assert!(!line.contains('\n'));
        assert_eq!(serde_json::from_str::<Change>(&line).unwrap(), change);
    }
}
