//! The laws of the two forms: JSON and Markdown say the same thing, and neither loses anything.

mod support;

use std::collections::BTreeMap;

use proptest::prelude::*;
use shipnote::model::{Change, Check, CheckDraft, CheckError, Draft, read_strict};
use shipnote::{export, form};
use support::arbitrary::{arb_change, arb_draft, arb_text, defaults};

fn through_markdown(change: &Change) -> Change {
    let text = form::write(change);
    let draft = form::read(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    draft.validate(&defaults()).unwrap_or_else(|invalid| panic!("{invalid}\n{text}"))
}

fn through_json(text: &str) -> Change {
    let draft: Draft = read_strict(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    draft.validate(&defaults()).unwrap_or_else(|invalid| panic!("{invalid}\n{text}"))
}

/// What a spreadsheet reads in a cell, without the mark that keeps it from being a formula.
fn unguarded(cell: &str) -> &str {
    cell.strip_prefix('\'').unwrap_or(cell)
}

/// The cells of a row under their names, as the `csv` crate reads them.
fn through_csv(change: &Change) -> BTreeMap<String, String> {
    let text = export::csv::header() + &export::csv::row(change);
    let rows: Result<Vec<_>, _> = csv::Reader::from_reader(text.as_bytes()).into_deserialize().collect();
    let [row] =
        <[_; 1]>::try_from(rows.unwrap_or_default()).unwrap_or_else(|rows| panic!("{} rows\n{text}", rows.len()));
    row
}

/// Whether the regular expressions of a check are some, and the number has its group.
fn can_match(check: &Check) -> bool {
    let Check::Command(check) = check else { return true };
    let number = check.compare.as_ref().map(|compare| regex::Regex::new(&compare.pattern));
    check.matches.as_ref().is_none_or(|pattern| regex::Regex::new(pattern).is_ok())
        && number.is_none_or(|regex| regex.is_ok_and(|regex| regex.captures_len() > 1))
}

#[test]
fn the_full_example_goes_both_ways() {
    let change = through_json(include_str!("fixtures/change.json"));
    let text = form::write(&change);
    assert_eq!(text, include_str!("fixtures/change.md"));
    assert_eq!(through_markdown(&change), change);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn change_to_json_to_change(change in arb_change()) {
        let text = serde_json::to_string(&change).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Change>(&text).unwrap(), &change);
        prop_assert_eq!(serde_json::to_string(&through_json(&text)).unwrap(), text);
        prop_assert_eq!(Draft::from(&change).validate(&defaults()).unwrap(), change);
    }

    #[test]
    fn change_to_markdown_to_change(change in arb_change()) {
        let text = form::write(&change);
        let read = through_markdown(&change);
        prop_assert_eq!(serde_json::to_string(&read).unwrap(), serde_json::to_string(&change).unwrap(), "{}", text);
        prop_assert_eq!(form::write(&read), text);
    }

    #[test]
    fn change_to_a_file_of_the_folder_to_change(change in arb_change()) {
        use export::markdown::{file_name, id_of, is_of, text};
        let file = text(&change);
        let read = form::read(&file).unwrap().validate(&defaults()).unwrap();
        prop_assert_eq!(&read, &change);
        prop_assert_eq!(id_of(&file_name(&change.id)), Some(change.id.clone()));
        prop_assert!(is_of(&file, &change.id));
    }

    #[test]
    fn change_to_csv_to_its_fields(change in arb_change()) {
        let row = through_csv(&change);
        prop_assert_eq!(row.len(), export::csv::COLUMNS.len());
        prop_assert_eq!(&row["id"], change.id.as_str());
        prop_assert_eq!(&row["status"], change.status.as_str());
        prop_assert_eq!(&row["created_at"], &change.created_at.to_string());
        for (name, field) in [
            ("owner", &change.owner),
            ("reason", &change.reason),
            ("expected", &change.expected),
            ("baseline_symptom", &change.baseline.symptom),
            ("rollback_note", &change.rollback.note),
        ] {
            let field = field.as_deref().unwrap_or_default();
            prop_assert!(row[name] == field || unguarded(&row[name]) == field, "{}: {:?}", name, row[name]);
        }
        let tags: Vec<&str> = row["tags"].split('\n').filter(|tag| !tag.is_empty()).collect();
        prop_assert_eq!(tags.len(), change.tags.len());
        for cell in row.values().chain(tags.iter().map(|tag| tag.to_string()).collect::<Vec<_>>().iter()) {
            prop_assert!(!cell.trim_start().starts_with(['=', '+', '-', '@']), "{:?}", cell);
            prop_assert!(!cell.starts_with(['\t', '\r']), "{:?}", cell);
        }
    }

    /// Whatever the records say, the file stays one that can be written into again.
    #[test]
    fn a_changelog_is_the_same_again(changes in prop::collection::vec(arb_change(), 0..4)) {
        use export::changelog::{Changelog, new_file, placed};
        let mut changelog = Changelog::default();
        changes.iter().for_each(|change| changelog.add(change));
        let sections = changelog.text(None);
        let file = new_file(&sections);
        prop_assert_eq!(placed(&file, &sections).unwrap(), file);
        let bullets = sections.lines().filter(|line| line.starts_with("- ")).count();
        prop_assert_eq!(bullets, changes.len(), "{}", sections);
    }

    #[test]
    fn an_editor_on_windows_changes_nothing(change in arb_change()) {
        let text = form::write(&change);
        prop_assert!(!text.contains('\r'));
        prop_assert_eq!(form::read(&text.replace('\n', "\r\n")), form::read(&text));
    }

    #[test]
    fn the_template_says_the_same(draft in arb_draft()) {
        let text = form::template(&draft);
        let read = form::read(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        prop_assert_eq!(read.validate(&defaults()).unwrap(), draft.validate(&defaults()).unwrap(), "{}", text);
    }

    #[test]
    fn an_error_comment_changes_nothing(draft in arb_draft(), first in arb_text(), second in arb_text()) {
        let text = form::template(&draft);
        let once = form::with_error(&text, &format!("a{first}"));
        prop_assert_eq!(form::read(&once), form::read(&text));
        prop_assert_eq!(form::with_error(&once, &second), form::with_error(&text, &second));
    }

    #[test]
    fn check_to_line_to_check(change in arb_change()) {
        for check in &change.checks {
            let line = check.to_string();
            prop_assert!(!line.contains(['\n', '\r']), "{}", line);
            // What could never match is refused where it is typed.
            if !can_match(check) {
                prop_assert!(line.parse::<CheckDraft>().is_err(), "{}", line);
                continue;
            }
            let read = line.parse().unwrap_or_else(|error: CheckError| panic!("{error}\n{line}"));
            let draft = Draft { checks: vec![read], ..Draft::from(&change) };
            let again = draft.validate(&defaults()).unwrap_or_else(|invalid| panic!("{invalid}\n{line}"));
            prop_assert_eq!(&again.checks[0], check, "{}", line);
            prop_assert_eq!(again.checks[0].to_string(), line);
        }
    }

    #[test]
    fn reading_a_line_never_panics(
        text in arb_text(),
        start in prop::sample::select(vec!["", "http ", "http GET http://127.0.0.1/ ", "run ", "run x => ", "run x => p95 "]),
    ) {
        if let Err(error) = format!("{start}{text}").parse::<CheckDraft>() {
            prop_assert!(error.to_string().starts_with("not a check: "));
        }
    }

    #[test]
    fn reading_never_panics(text in arb_text(), start in prop::sample::select(vec!["", "+++\n", "+++\n+++\n"])) {
        let text = format!("{start}{text}");
        let again = form::read(&text).map(|draft| form::read(&form::template(&draft)));
        if let Err(error) = again {
            let said = error.to_string();
            prop_assert!(said.starts_with("line ") && !said.contains('\n'), "{said}");
            let marked = form::with_form_error(&text, &error);
            prop_assert_eq!(form::with_error(&marked, "x"), form::with_error(&text, "x"));
        }
    }
}
