//! JSON Lines: the form that loses nothing and that `shipnote import json` reads.

use crate::model::{Change, Runbook};

/// A change as one line with its line break: the form `shipnote.change/1`, the same bytes for the same change.
pub fn line(change: &Change) -> String {
    // A change holds nothing that JSON cannot say: numbers are finite by validation, keys are texts.
    let mut line = serde_json::to_string(change).expect("a change has a JSON form");
    line.push('\n');
    line
}

/// A runbook as one line with its line break: the form `shipnote.runbook/1`.
pub fn runbook_line(runbook: &Runbook) -> String {
    let mut line = serde_json::to_string(runbook).expect("a runbook has a JSON form");
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_one_line_that_reads_back() {
        let text = include_str!("../../tests/fixtures/change.json");
        let change: Change = serde_json::from_str(text).unwrap();
        let line = line(&change);
        assert_eq!(line.matches('\n').count(), 1);
        assert_eq!(serde_json::from_str::<Change>(&line).unwrap(), change);
    }
}
