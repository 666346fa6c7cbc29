//! The laws of the two forms: JSON and Markdown say the same thing, and neither loses anything.

mod support;

use proptest::prelude::*;
use shipnote::form;
use shipnote::model::{Change, Check, CheckDraft, CheckError, Draft, read_strict};
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
