//! A check in one line, both ways:
//!
//! ```text
//! http GET http://127.0.0.1:8000/health 200 {"ok": true} within 500ms
//! http POST https://shop.example.com/orders 201 header Authorization=$ORDERS_TOKEN body {"id": 7} contains "id"
//! run pytest -q => 0 contains "passed" timeout 300s
//! run ./bench.sh => p95 < 200 shell
//! run ./version => matches /v\d+/ in services/orders
//! ```
//!
//! `http` is followed by a method, an address and what must come back; `run` by a command and, behind `=>`, what must come
//! of it, in any order. A name before a comparison stands for the number behind that name in the output; a regular
//! expression in slashes has the number in its first group. Text with spaces stands in quotes as in JSON. Every check has
//! such a line and is read back equal.

mod read;
mod words;
mod write;

use std::fmt;
use std::str::FromStr;

use super::{Check, CheckDraft};

/// What a check of a request looks like.
const HTTP: &str = r#"http GET http://127.0.0.1:8000/health 200 {"ok":true} within 500ms"#;
/// What a check of a command looks like.
const RUN: &str = r#"run pytest -q => 0 contains "passed""#;

/// What stands behind the name in the pattern of `p95 < 200`: the first number of its line after it.
const NUMBER: &str = r"[^\d\n]*?([-+]?\d+(?:\.\d+)?)";

/// The pattern that finds the number behind a name.
fn number_behind(name: &str) -> String {
    regex::escape(name) + NUMBER
}

/// Why a line is no check.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a check: {why}")]
pub struct CheckError {
    why: String,
    /// A check that could be meant.
    pub example: &'static str,
}

/// ```
/// use shipnote::model::CheckDraft;
///
/// let check: CheckDraft = "run pytest -q => 0 contains passed".parse().unwrap();
/// assert_eq!(check.run.as_deref(), Some("pytest -q"));
/// assert_eq!(check.contains.as_deref(), Some("passed"));
/// ```
impl FromStr for CheckDraft {
    type Err = CheckError;

    fn from_str(text: &str) -> Result<Self, CheckError> {
        read::check(text)
    }
}

/// The line that reads as the same check.
impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&write::check(self))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{Change, ChangeId, Defaults, Draft};

    fn check(text: &str) -> Check {
        let draft: CheckDraft = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        let draft = Draft { title: Some("t".into()), checks: vec![draft], ..Draft::default() };
        let defaults = Defaults { id: ChangeId::from_bits(1), now: "2026-11-20".parse().unwrap() };
        let change: Change = draft.validate(&defaults).unwrap_or_else(|error| panic!("{text}: {error}"));
        change.checks[0].clone()
    }

    #[test]
    fn a_request_and_what_must_come_back() {
        let Check::Http(found) = check(r#"http GET http://127.0.0.1:8000/health 200 {"ok":true} within 1.5s"#) else {
            panic!("no request")
        };
        assert_eq!((found.method.as_str(), found.url.as_str()), ("GET", "http://127.0.0.1:8000/health"));
        assert_eq!((found.status, found.json, found.max_ms), (Some(200), Some(json!({"ok": true})), Some(1500)));
        let text = r#"http POST https://example.com/orders?id=7 body {"qty": 2} header Authorization=$TOKEN contains created timeout 5s named "new order""#;
        let Check::Http(found) = check(text) else { panic!("no request") };
        assert_eq!(found.body.as_deref(), Some(r#"{"qty": 2}"#));
        assert_eq!(found.headers["Authorization"], "TOKEN");
        assert_eq!((found.contains.as_deref(), found.timeout_s), (Some("created"), 5));
        assert_eq!((found.url.as_str(), found.name.as_str()), ("https://example.com/orders?id=7", "new order"));
    }

    #[test]
    fn a_command_and_what_it_must_print() {
        let Check::Command(found) = check(r#"run pytest -q "a b" => 1 contains "2 passed" in services/orders shell"#)
        else {
            panic!("no command")
        };
        assert_eq!((found.run.as_str(), found.exit, found.shell), (r#"pytest -q "a b""#, 1, true));
        assert_eq!((found.contains.as_deref(), found.cwd.as_deref()), (Some("2 passed"), Some("services/orders")));
        let Check::Command(found) = check(r"run ./load.sh => matches /^ok \d+ a/b$/ p95<200 timeout 2m") else {
            panic!("no command")
        };
        assert_eq!((found.exit, found.matches.as_deref(), found.timeout_s), (0, Some(r"^ok \d+ a/b$"), 120));
        let Check::Command(found) = check("run echo 'a => b' => 3") else { panic!("no command") };
        assert_eq!((found.run.as_str(), found.exit), ("echo 'a => b'", 3));
        let Check::Command(found) = check("run uptime") else { panic!("no command") };
        assert_eq!((found.run.as_str(), found.compare), ("uptime", None));
    }

    #[test]
    fn a_number_is_found_behind_its_name() {
        let pattern = |text: &str| match check(text) {
            Check::Command(found) => found.compare.unwrap().pattern,
            Check::Http(_) => panic!("no command"),
        };
        let regex = regex::Regex::new(&pattern("run x => p95 < 200")).unwrap();
        for line in ["p95 latency: 190 ms", "p95=190", "p95-latency (ms): 190", "p50 7\np95 190.5"] {
            assert!(regex.captures(line).unwrap()[1].starts_with("190"), "{line}");
        }
        assert_eq!(regex.captures("p95 -3").unwrap()[1].to_owned(), "-3");
        assert!(!regex.is_match("p95:\n190"));
        assert_eq!(pattern(r#"run x => /p95 (\d+)/ >= 3"#), r"p95 (\d+)");
        assert_eq!(pattern(r#"run x => "error rate" == 0"#), number_behind("error rate"));
    }

    #[test]
    fn what_people_write_is_written_as_they_would() {
        for text in [
            HTTP,
            RUN,
            "http DELETE http://127.0.0.1/x 204",
            r"run ./load.sh => 0 matches /^ok$/ p95 < 200",
            r#"run ./load.sh => 0 "p95 latency" <= 200.5 in bench shell timeout 5s named "load""#,
            r#"run "a => b" => 0"#,
        ] {
            assert_eq!(check(text).to_string(), text);
        }
    }

    #[test]
    fn what_was_not_understood_is_named() {
        for (text, named) in [
            ("", "it is empty"),
            ("ping example.com", "`ping`"),
            ("http", "no method"),
            ("http GET", "no address"),
            ("http GET http://127.0.0.1/ 200 quickly", "`quickly`"),
            ("http GET http://127.0.0.1/ 200 201", "`201`: the status stands twice"),
            ("http GET http://127.0.0.1/ {\"ok\":", "`{\"ok\":`"),
            ("http GET http://127.0.0.1/ within soon", "`soon`"),
            ("http GET http://127.0.0.1/ contains", "nothing stands behind `contains`"),
            ("http GET http://127.0.0.1/ contains \"x", "`\"x`"),
            ("http GET http://127.0.0.1/ header Authorization", "nothing stands behind `header`"),
            ("http GET http://127.0.0.1/ p95 < 3", "`p95`"),
            ("run", "no command"),
            ("run => 0", "no command"),
            ("run x => p95 < fast", "`fast`"),
            ("run x => matches /a", "`/a`"),
            ("run x => matches /(/", "`(` is no regular expression"),
            ("run x => /p95/ < 3", "has no group"),
            ("run x => 0 within 5s", "`within`"),
            ("run node -e 'x => x'", "`x'`"),
        ] {
            let error = text.parse::<CheckDraft>().unwrap_err();
            assert!(error.to_string().contains(named), "{text}: {error}");
        }
    }
}
