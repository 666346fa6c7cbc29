//! The short form of a check, in one line:
//!
//! ```text
//! http GET http://127.0.0.1:8000/health 200 {"ok": true} within 500ms
//! http POST https://shop.example.com/orders 201 header Authorization=$ORDERS_TOKEN body "{\"id\": 7}" contains "id"
//! run pytest -q => 0 contains "passed" timeout 300s
//! run ./bench.sh => p95 < 200 shell
//! run ./version => matches /v\d+/ in services/orders
//! ```
//!
//! `http` is followed by a method, an address and what must come back; `run` by a command and, behind `=>`, what must come
//! of it. A word before a comparison stands for the number behind that word in the output; a regular expression in slashes
//! has the number in its first group.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use serde_json::Value;

use super::{Check, CheckDraft, Compare, CompareOp, format_number};

/// What follows a name in the pattern that finds its number.
const NUMBER: &str = r"[^\d\n-]*(-?\d+(?:\.\d+)?)";

/// A text that is no check.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the check `{text}` {rule}")]
pub struct CheckError {
    text: String,
    rule: String,
}

impl FromStr for CheckDraft {
    type Err = CheckError;

    fn from_str(text: &str) -> Result<Self, CheckError> {
        read(text.trim()).map_err(|rule| CheckError { text: text.chars().take(120).collect(), rule })
    }
}

fn read(text: &str) -> Result<CheckDraft, String> {
    if let Some(rest) = text.strip_prefix("http ") {
        return read_http(rest);
    }
    let Some(rest) = text.strip_prefix("run ") else {
        return Err("begins with neither `http` nor `run`: write http GET URL 200, or run COMMAND => 0".to_owned());
    };
    // A command may hold an arrow itself: the last one behind which all is understood is the one.
    let arrows: Vec<usize> = rest.rmatch_indices(" => ").map(|(at, _)| at).collect();
    let mut refused = None;
    for at in arrows {
        match read_expected(&rest[at + 4..], command(&rest[..at])) {
            Ok(check) => return Ok(check),
            Err(rule) => refused = refused.or(Some(rule)),
        }
    }
    match refused {
        Some(rule) => Err(rule),
        None if rest.trim().is_empty() => Err("has no command".to_owned()),
        None => Ok(command(rest)),
    }
}

fn command(run: &str) -> CheckDraft {
    CheckDraft { kind: Some("command".to_owned()), run: Some(run.trim().to_owned()), ..CheckDraft::default() }
}

fn read_http(rest: &str) -> Result<CheckDraft, String> {
    let mut words = Words(rest.trim_start());
    let method = words.next().ok_or("has no method: write http GET URL 200")?;
    let url = words.next().ok_or("has no address: write http GET URL 200")?;
    let check = CheckDraft {
        kind: Some("http".to_owned()),
        method: Some(method.to_owned()),
        url: Some(url.to_owned()),
        ..CheckDraft::default()
    };
    read_expected(words.0, check)
}

/// Reads what must come back, and how it is run, into a check.
fn read_expected(rest: &str, mut check: CheckDraft) -> Result<CheckDraft, String> {
    let mut words = Words(rest.trim_start());
    let http = check.url.is_some();
    while !words.0.is_empty() {
        if words.0.starts_with(['{', '[']) {
            check.json = Some(words.json()?);
            continue;
        }
        if words.0.starts_with('/') {
            let pattern = words.regex()?;
            check.compare = Some(words.compare(pattern)?);
            continue;
        }
        let word = words.next().unwrap_or_default();
        match word {
            "contains" => check.contains = Some(words.quoted("contains")?),
            "named" => check.name = Some(words.quoted("named")?),
            "body" => check.body = Some(words.quoted("body")?),
            "matches" => check.matches = Some(words.regex()?),
            "shell" => check.shell = Some(true),
            "in" => check.cwd = Some(words.quoted_or_word("in")?),
            "timeout" => check.timeout_s = Some(words.number("timeout", "s")?),
            "within" => check.max_ms = Some(words.number("within", "ms")?),
            "header" => {
                let header = words.next().and_then(|word| word.split_once("=$"));
                let (name, variable) = header.ok_or("has no variable behind `header`: write header NAME=$VARIABLE")?;
                check.headers.get_or_insert_default().insert(name.to_owned(), variable.to_owned());
            }
            number if http && number.parse::<u16>().is_ok() => check.status = number.parse().ok(),
            number if !http && number.parse::<i32>().is_ok() => check.exit = number.parse().ok(),
            word if words.0.split_whitespace().next().is_some_and(is_operator) => {
                check.compare = Some(words.compare(regex::escape(word) + NUMBER)?);
            }
            word => return Err(format!("is not understood at `{word}`")),
        }
    }
    Ok(check)
}

fn is_operator(word: &str) -> bool {
    word.parse::<CompareOp>().is_ok()
}

/// What is still to be read.
struct Words<'a>(&'a str);

impl<'a> Words<'a> {
    fn take(&mut self, bytes: usize) -> &'a str {
        let (word, rest) = self.0.split_at(bytes);
        self.0 = rest.trim_start();
        word
    }

    fn next(&mut self) -> Option<&'a str> {
        let end = self.0.find(char::is_whitespace).unwrap_or(self.0.len());
        Some(self.take(end)).filter(|word| !word.is_empty())
    }

    fn json(&mut self) -> Result<Value, String> {
        let mut values = serde_json::Deserializer::from_str(self.0).into_iter();
        let value = match values.next() {
            Some(Ok(value)) => value,
            _ => return Err(format!("has no JSON at `{}`", self.0)),
        };
        let end = values.byte_offset();
        self.take(end);
        Ok(value)
    }

    fn quoted(&mut self, what: &str) -> Result<String, String> {
        match self.0.starts_with('"').then(|| self.json()) {
            Some(Ok(Value::String(text))) => Ok(text),
            _ => Err(format!("has no text in quotes behind `{what}`")),
        }
    }

    fn quoted_or_word(&mut self, what: &str) -> Result<String, String> {
        if self.0.starts_with('"') {
            return self.quoted(what);
        }
        self.next().map(str::to_owned).ok_or_else(|| format!("has nothing behind `{what}`"))
    }

    /// A regular expression in slashes; a slash within is written `\/`.
    fn regex(&mut self) -> Result<String, String> {
        let Some(open) = self.0.strip_prefix('/') else { return Err("has no /regular expression/".to_owned()) };
        let mut escaped = false;
        for (at, c) in open.char_indices() {
            if c == '/' && !escaped {
                self.take(at + 2);
                let pattern = open[..at].replace(r"\/", "/");
                return match regex::Regex::new(&pattern) {
                    Ok(_) => Ok(pattern),
                    Err(_) => Err(format!("has no regular expression in /{pattern}/")),
                };
            }
            escaped = c == '\\' && !escaped;
        }
        Err("has a regular expression without its closing /".to_owned())
    }

    fn compare(&mut self, pattern: String) -> Result<Compare, String> {
        let op = self.next().unwrap_or_default();
        let op = op.parse().map_err(|_| format!("has no comparison at `{op}`: write p95 < 200"))?;
        let value = self.next().unwrap_or_default();
        let value = value.parse().map_err(|_| format!("has no number at `{value}`: write p95 < 200"))?;
        Ok(Compare { pattern, op, value })
    }

    fn number<T: FromStr>(&mut self, what: &str, unit: &str) -> Result<T, String> {
        let word = self.next().unwrap_or_default();
        let number = word.strip_suffix(unit).unwrap_or(word).parse();
        number.map_err(|_| format!("has no number of {unit} at `{word}`: write {what} 500{unit}"))
    }
}

/// The short form, which reads as the same check.
impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        let standard = match self {
            Self::Http(check) => {
                text.push_str(&format!("http {} {}", check.method, check.url));
                push(&mut text, "", check.status);
                push(&mut text, "", check.json.as_ref());
                push(&mut text, "contains ", check.contains.as_ref().map(|text| quoted(text)));
                push(&mut text, "within ", check.max_ms.map(|most| format!("{most}ms")));
                for (name, variable) in &check.headers {
                    push(&mut text, "header ", Some(format!("{name}=${variable}")));
                }
                push(&mut text, "body ", check.body.as_ref().map(|text| quoted(text)));
                check.name == format!("{} {}", check.method, check.url)
            }
            Self::Command(check) => {
                text.push_str(&format!("run {} => {}", check.run, check.exit));
                push(&mut text, "contains ", check.contains.as_ref().map(|text| quoted(text)));
                push(&mut text, "matches ", check.matches.as_ref().map(|pattern| slashed(pattern)));
                push(&mut text, "", check.compare.as_ref().map(compared));
                push(&mut text, "", check.shell.then_some("shell"));
                push(&mut text, "in ", check.cwd.as_ref().map(|folder| quoted(folder)));
                check.name == check.run.lines().next().unwrap_or_default()
            }
        };
        let timeout = self.timeout_s();
        push(&mut text, "timeout ", (timeout != super::check::DEFAULT_TIMEOUT_S).then(|| format!("{timeout}s")));
        push(&mut text, "named ", (!standard).then(|| quoted(self.name())));
        f.write_str(&text)
    }
}

fn push(text: &mut String, word: &str, value: Option<impl fmt::Display>) {
    if let Some(value) = value {
        // Writing to a String cannot fail.
        let _ = write!(text, " {word}{value}");
    }
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn slashed(pattern: &str) -> String {
    format!("/{}/", pattern.replace('/', r"\/"))
}

fn compared(compare: &Compare) -> String {
    let Compare { pattern, op, value } = compare;
    let word = pattern.strip_suffix(NUMBER).filter(|word| !word.contains(char::is_whitespace));
    // A word that would be read as something else is written as the pattern that it stands for.
    let word = word.filter(|word| regex::escape(word) == *word && word.starts_with(char::is_alphabetic));
    format!("{} {op} {}", word.map_or_else(|| slashed(pattern), str::to_owned), format_number(*value))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{ChangeId, Defaults, Draft};

    fn valid(text: &str) -> Check {
        let checks = vec![text.parse::<CheckDraft>().unwrap_or_else(|error| panic!("{error}"))];
        let draft = Draft { title: Some("t".into()), checks, ..Draft::default() };
        let defaults = Defaults { id: ChangeId::from_bits(1), now: "2026-11-20".parse().unwrap() };
        draft.validate(&defaults).unwrap().checks.remove(0)
    }

    #[test]
    fn the_short_form_says_what_it_says() {
        let Check::Http(http) = valid("http GET http://127.0.0.1:8000/health 200 {\"ok\": true} within 500ms") else {
            panic!("a request")
        };
        assert_eq!(
            (http.status, http.max_ms, http.json),
            (Some(200), Some(500), Some(serde_json::json!({"ok": true})))
        );
        let Check::Command(run) = valid("run pytest -q => 0 contains \"passed\"") else { panic!("a command") };
        assert_eq!((run.run.as_str(), run.exit, run.contains.as_deref()), ("pytest -q", 0, Some("passed")));
        let Check::Command(run) = valid("run ./bench.sh => p95 < 200 shell") else { panic!("a command") };
        let compare = run.compare.unwrap();
        let number = regex::Regex::new(&compare.pattern).unwrap();
        assert_eq!(&number.captures("rps 7, p95: 190.5 ms").unwrap()[1], "190.5");
        assert!(run.shell && compare.op == CompareOp::Less && compare.value == 200.0);
        let Check::Command(run) = valid("run echo 'a => b' => 3") else { panic!("a command") };
        assert_eq!((run.run.as_str(), run.exit), ("echo 'a => b'", 3));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (text, said) in [
            ("GET http://x", "begins with neither `http` nor `run`"),
            ("http GET", "has no address"),
            ("http GET http://x 200 soon", "is not understood at `soon`"),
            ("http GET http://x {\"ok\":", "has no JSON at `{\"ok\":`"),
            ("http GET http://x header A=b", "header NAME=$VARIABLE"),
            ("run x => contains passed", "has no text in quotes behind `contains`"),
            ("run x => matches /(/", "has no regular expression in /(/"),
            ("run x => p95 < fast", "has no number at `fast`"),
            ("run x => timeout soon", "has no number of s at `soon`"),
        ] {
            let error = text.parse::<CheckDraft>().unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_check_in_its_short_form_reads_as_the_same(check in checks()) {
            let text = check.to_string();
            prop_assert_eq!(valid(&text), check, "{}", text);
        }

        #[test]
        fn no_text_panics(text in "(http|run) [ -~é=/\"{]{0,60}") {
            let _ = text.parse::<CheckDraft>();
        }
    }

    fn checks() -> impl Strategy<Value = Check> {
        let text = "[a-z\"/\\\\ =>$]{1,12}[a-z]";
        let name = proptest::option::of("[a-z\"é ]{0,8}[a-z]");
        let http = (
            name.clone(),
            proptest::option::of(0..600_u16),
            proptest::option::of(text),
            proptest::option::of(1..9_u64),
        )
            .prop_map(|(name, status, contains, max_ms)| CheckDraft {
                kind: Some("http".into()),
                url: Some("http://127.0.0.1:8000/a".into()),
                headers: max_ms.map(|_| [("X-Key".to_owned(), "KEY".to_owned())].into()),
                json: status.map(|_| serde_json::json!({"a": [1, "b c"]})),
                body: contains.clone(),
                ..CheckDraft { name, status, contains, max_ms, ..CheckDraft::default() }
            });
        let run =
            ("[a-z][a-z\"' =>]{0,12}[a-z]", name, -9..9_i32, proptest::option::of(text), any::<bool>(), 1..90_u32)
                .prop_map(|(run, name, exit, contains, shell, timeout_s)| CheckDraft {
                    kind: Some("command".into()),
                    exit: Some(exit),
                    matches: shell.then(|| r"a/\d+\/".replace(r"\/", "/")),
                    compare: Some(Compare {
                        pattern: if shell { format!("p95{NUMBER}") } else { r"x/ (\d+)".into() },
                        op: CompareOp::AtMost,
                        value: f64::from(exit) / 4.0,
                    }),
                    cwd: shell.then(|| "a b".to_owned()),
                    shell: Some(shell),
                    timeout_s: Some(timeout_s),
                    ..CheckDraft { run: Some(run), name, contains, ..CheckDraft::default() }
                });
        prop_oneof![http, run].prop_map(|draft| {
            let draft = Draft { title: Some("t".into()), checks: vec![draft], ..Draft::default() };
            let defaults = Defaults { id: ChangeId::from_bits(1), now: "2026-11-20".parse().unwrap() };
            draft.validate(&defaults).unwrap().checks.remove(0)
        })
    }
}
