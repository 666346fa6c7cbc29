//! Executable statements of the expected result.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::limits::{Rules, limit};
use super::words;

/// Seconds a check may take when it does not say.
pub(super) const DEFAULT_TIMEOUT_S: u32 = 60;

/// An executable statement of the expected result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Check {
    /// A request and what must come back.
    Http(HttpCheck),
    /// A command and what it must print.
    Command(CommandCheck),
}

impl Check {
    /// Seconds it may take.
    pub fn timeout_s(&self) -> u32 {
        match self {
            Self::Http(check) => check.timeout_s,
            Self::Command(check) => check.timeout_s,
        }
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        match self {
            Self::Http(check) => &check.name,
            Self::Command(check) => &check.name,
        }
    }
}

/// A request and what must come back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HttpCheck {
    /// What it is called.
    pub name: String,
    /// The request method, upper case.
    pub method: String,
    /// The address, `http:` or `https:`.
    pub url: String,
    /// Header name → name of the environment variable that holds its value. Values are never kept.
    pub headers: BTreeMap<String, String>,
    /// What is sent.
    pub body: Option<String>,
    /// The status that must come back.
    pub status: Option<u16>,
    /// JSON the answer must contain.
    pub json: Option<Value>,
    /// Text the answer must contain.
    pub contains: Option<String>,
    /// Milliseconds it may take.
    pub max_ms: Option<u64>,
    /// Seconds until it is given up.
    pub timeout_s: u32,
}

/// A command and what it must print.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CommandCheck {
    /// What it is called.
    pub name: String,
    /// The command line.
    pub run: String,
    /// The folder to run it in.
    pub cwd: Option<String>,
    /// Whether a shell reads the command line; otherwise it is split into words and run as it is.
    pub shell: bool,
    /// The exit code it must end with.
    pub exit: i32,
    /// Text it must print.
    pub contains: Option<String>,
    /// Regular expression its output must match.
    pub matches: Option<String>,
    /// A number in its output and what it must be.
    pub compare: Option<Compare>,
    /// Seconds until it is ended.
    pub timeout_s: u32,
}

/// A number found in output, compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Compare {
    /// Regular expression whose first group is the number.
    pub pattern: String,
    /// How it is compared.
    pub op: CompareOp,
    /// What it is compared with.
    pub value: f64,
}

words! {
    /// How two numbers are compared.
    CompareOp {
        /// Less.
        Less = "<",
        /// Less or equal.
        AtMost = "<=",
        /// More.
        More = ">",
        /// More or equal.
        AtLeast = ">=",
        /// Equal.
        Equal = "==",
        /// Not equal.
        NotEqual = "!=",
    }
}

/// A check as handed in: the fields of both kinds, any of which may be missing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CheckDraft {
    /// See [`HttpCheck::name`].
    pub name: Option<String>,
    /// `http` or `command`.
    pub kind: Option<String>,
    /// See [`HttpCheck::method`]; `GET` when missing.
    pub method: Option<String>,
    /// See [`HttpCheck::url`].
    pub url: Option<String>,
    /// See [`HttpCheck::headers`].
    pub headers: Option<BTreeMap<String, String>>,
    /// See [`HttpCheck::body`].
    pub body: Option<String>,
    /// See [`HttpCheck::status`].
    pub status: Option<u16>,
    /// See [`HttpCheck::json`].
    pub json: Option<Value>,
    /// See [`HttpCheck::contains`].
    pub contains: Option<String>,
    /// See [`HttpCheck::max_ms`].
    pub max_ms: Option<u64>,
    /// See [`CommandCheck::run`].
    pub run: Option<String>,
    /// See [`CommandCheck::cwd`].
    pub cwd: Option<String>,
    /// See [`CommandCheck::shell`]; false when missing.
    pub shell: Option<bool>,
    /// See [`CommandCheck::exit`]; 0 when missing.
    pub exit: Option<i32>,
    /// See [`CommandCheck::matches`].
    pub matches: Option<String>,
    /// See [`CommandCheck::compare`].
    pub compare: Option<Compare>,
    /// See [`HttpCheck::timeout_s`]; 60 when missing.
    pub timeout_s: Option<u32>,
}

impl CheckDraft {
    pub(super) fn validate(self, field: &str, rules: &mut Rules) -> Option<Check> {
        let kind = self.kind.clone();
        match kind.as_deref() {
            Some("http") => Some(Check::Http(self.http(field, rules))),
            Some("command") => Some(Check::Command(self.command(field, rules))),
            _ => {
                rules.refuse(&format!("{field}.kind"), "must be http or command");
                None
            }
        }
    }

    fn http(self, field: &str, rules: &mut Rules) -> HttpCheck {
        let at = |name: &str| format!("{field}.{name}");
        let foreign = [
            ("run", self.run.is_some()),
            ("cwd", self.cwd.is_some()),
            ("shell", self.shell.is_some()),
            ("exit", self.exit.is_some()),
            ("matches", self.matches.is_some()),
            ("compare", self.compare.is_some()),
        ];
        refuse_foreign(field, &foreign, "http", rules);
        let url = rules.required(&at("url"), self.url);
        if !url.is_empty() && !["http://", "https://"].iter().any(|scheme| url.starts_with(scheme)) {
            rules.refuse(&at("url"), "must begin with http:// or https://");
        }
        let headers = self.headers.unwrap_or_default();
        rules.count(&at("headers"), headers.len(), limit::ENTRIES);
        for (name, variable) in &headers {
            if !is_environment_name(variable) {
                let rule = "must be the name of an environment variable, never the value itself";
                rules.refuse(&at(&format!("headers.{name}")), rule);
            }
        }
        let method = rules.line(&at("method"), self.method).unwrap_or_else(|| "GET".to_owned()).to_ascii_uppercase();
        HttpCheck {
            name: rules.line(&at("name"), self.name).unwrap_or_else(|| format!("{method} {url}")),
            method,
            url,
            headers,
            body: rules.text(&at("body"), self.body),
            status: self.status,
            json: self.json.filter(|value| !value.is_null()),
            contains: rules.text(&at("contains"), self.contains),
            max_ms: self.max_ms,
            timeout_s: self.timeout_s.unwrap_or(DEFAULT_TIMEOUT_S),
        }
    }

    fn command(self, field: &str, rules: &mut Rules) -> CommandCheck {
        let at = |name: &str| format!("{field}.{name}");
        let foreign = [
            ("method", self.method.is_some()),
            ("url", self.url.is_some()),
            ("headers", self.headers.is_some()),
            ("body", self.body.is_some()),
            ("status", self.status.is_some()),
            ("json", self.json.is_some()),
            ("max_ms", self.max_ms.is_some()),
        ];
        refuse_foreign(field, &foreign, "command", rules);
        let run = rules.text(&at("run"), self.run).unwrap_or_else(|| {
            rules.refuse(&at("run"), "is missing");
            String::new()
        });
        if let Some(compare) = &self.compare {
            rules.finite(&at("compare.value"), Some(compare.value));
        }
        let first_line = run.lines().next().unwrap_or_default().to_owned();
        CommandCheck {
            name: rules.line(&at("name"), self.name).unwrap_or(first_line),
            run,
            cwd: rules.line(&at("cwd"), self.cwd),
            shell: self.shell.unwrap_or(false),
            exit: self.exit.unwrap_or(0),
            contains: rules.text(&at("contains"), self.contains),
            matches: rules.text(&at("matches"), self.matches),
            compare: self.compare,
            timeout_s: self.timeout_s.unwrap_or(DEFAULT_TIMEOUT_S),
        }
    }
}

fn refuse_foreign(field: &str, foreign: &[(&str, bool)], kind: &str, rules: &mut Rules) {
    for (name, _) in foreign.iter().filter(|(_, present)| *present) {
        rules.refuse(&format!("{field}.{name}"), format!("is not a field of a check of kind {kind}"));
    }
}

/// Whether a text can name an environment variable (POSIX.1-2017, Base Definitions, section 8.1).
pub fn is_environment_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
