//! Secrets in records: found by rules that are data, and masked.
//!
//! A rule is a line of `data/secrets.toml` with the examples that test it. [`scan`] names the places so that `log` and
//! `edit` can refuse them; [`mask_change`] takes the secrets out, for imports. What is found is never repeated: a finding
//! holds the place with the secret masked. Imports `model`.

mod rules;
mod texts;
mod value;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::model::Change;

use rules::{Rule, rules};

/// Characters shown around a secret.
const AROUND: usize = 20;

/// Passes over a text that is masked; two are enough for what people write.
const MOST_PASSES: usize = 8;

/// A secret found in a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The field by its JSON path, for instance `commands[0].run`.
    pub field: String,
    /// The rule that found it.
    pub rule: &'static str,
    /// What it looks like.
    pub description: &'static str,
    /// The place, on one line, with the secret masked.
    pub masked: String,
}

/// Takes the rules of a project and the names of those that are off, as TOML in the form of `data/secrets.toml`; before
/// anything is scanned.
///
/// # Errors
/// A rule that cannot be asked or does not find its own examples, or a name that no rule has.
pub fn configure(text: &str) -> anyhow::Result<()> {
    rules::configure(text)
}

/// Reads the rules, which the first scan would otherwise do.
pub fn prepare() {
    rules::prepare();
}

/// How many rules there are.
pub fn count() -> usize {
    rules().len()
}

/// The secrets in a record, in every text it holds.
pub fn scan(change: &Change) -> Vec<Finding> {
    scan_any(change)
}

/// The secrets in any record, in every text of its JSON form.
pub fn scan_any(record: &impl Serialize) -> Vec<Finding> {
    // The common record holds no secret: only for the others is it worth to say where.
    if !texts::any(record, rules::is_secret) {
        return Vec::new();
    }
    serde_json::to_value(record).map(|mut value| scan_value(&mut value)).unwrap_or_default()
}

fn scan_value(value: &mut Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    each_text(value, "", &mut |field, text| {
        for rule in rules() {
            for secret in rule.secrets(text) {
                let masked = excerpt(text, &secret);
                findings.push(Finding {
                    field: field.to_owned(),
                    rule: rule.id(),
                    description: rule.description(),
                    masked,
                });
            }
        }
        None
    });
    findings
}

/// Masks every secret in a text as `[masked:RULE]`; `None` where there is none.
pub fn mask(text: &str) -> Option<String> {
    let mut masked: Option<String> = None;
    // What one rule takes out may show another what it looks for.
    for _ in 0..MOST_PASSES {
        let mut found = false;
        for rule in rules() {
            if let Some(next) = mask_with(rule, masked.as_deref().unwrap_or(text)) {
                (masked, found) = (Some(next), true);
            }
        }
        if !found {
            break;
        }
    }
    masked
}

fn mask_with(rule: &'static Rule, text: &str) -> Option<String> {
    let secrets = rule.secrets(text);
    if secrets.is_empty() {
        return None;
    }
    let mut masked = String::new();
    let mut at = 0;
    for secret in secrets {
        masked.push_str(&text[at..secret.start]);
        masked.push_str(&format!("[masked:{}]", rule.id()));
        at = secret.end;
    }
    masked.push_str(&text[at..]);
    Some(masked)
}

/// Masks every secret in a record; returns whether there were any. Ids, times and names of states are left alone.
pub fn mask_change(change: &mut Change) -> bool {
    !scan(change).is_empty() && mask_all(change)
}

/// The same for any record.
pub fn mask_any<T: Serialize + DeserializeOwned>(record: &mut T) -> bool {
    !scan_any(record).is_empty() && mask_all(record)
}

fn mask_all<T: Serialize + DeserializeOwned>(record: &mut T) -> bool {
    let Ok(mut value) = serde_json::to_value(&*record) else { return false };
    each_text(&mut value, "", &mut |_, text| mask(text));
    match serde_json::from_value(value) {
        Ok(masked) => *record = masked,
        Err(_) => return false,
    }
    true
}

/// Calls `each` with the path of every text in a value, and puts what it returns in its place.
fn each_text(value: &mut Value, path: &str, each: &mut dyn FnMut(&str, &str) -> Option<String>) {
    match value {
        Value::String(text) => {
            if let Some(other) = each(path, text) {
                *text = other;
            }
        }
        Value::Array(values) => {
            for (n, value) in values.iter_mut().enumerate() {
                each_text(value, &format!("{path}[{n}]"), each);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                each_text(value, &path, each);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The surroundings of a secret on one line, with the secret masked.
fn excerpt(text: &str, secret: &std::ops::Range<usize>) -> String {
    let before: Vec<char> = text[..secret.start].chars().rev().take(AROUND).take_while(|c| !c.is_control()).collect();
    let before: String = before.into_iter().rev().collect();
    let after: String = text[secret.end..].chars().take(AROUND).take_while(|c| !c.is_control()).collect();
    // What stands around may itself be a secret.
    let around = |part: String| mask(&part).unwrap_or(part);
    format!("{}[masked]{}", around(before), around(after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ChangeId, Defaults, Draft};

    fn change(fill: impl FnOnce(&mut Draft)) -> Change {
        let mut draft = Draft { title: Some("t".into()), ..Draft::default() };
        fill(&mut draft);
        draft.validate(&Defaults { id: ChangeId::from_bits(1), now: "2026-11-20".parse().unwrap() }).unwrap()
    }

    const TOKEN: &str = "ghp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    #[test]
    fn a_finding_names_the_field_and_never_repeats_the_secret() {
        let record = change(|draft| {
            draft.reason = Some(format!("first line\nrotated {TOKEN} today"));
            draft.rollback.command = Some("psql postgres://orders:hunter2@db/orders".into());
            draft.tags = vec![TOKEN.into()];
        });
        let findings = scan(&record);
        let seen: Vec<_> = findings.iter().map(|finding| (finding.field.as_str(), finding.rule)).collect();
        assert_eq!(
            seen,
            [("reason", "github-token"), ("rollback.command", "url-password"), ("tags[0]", "github-token")]
        );
        assert_eq!(findings[0].masked, "rotated [masked] today");
        assert_eq!(findings[1].masked, "l postgres://orders:[masked]@db/orders");
    }

    #[test]
    fn masking_leaves_nothing_to_find() {
        let mut record = change(|draft| {
            draft.title = Some(format!("{TOKEN} and {TOKEN}"));
            draft.reason = Some("curl -H 'Authorization: Bearer aaaaaaaaaaaaaaaa' postgres://a:b@c".into());
        });
        assert!(mask_change(&mut record));
        assert_eq!(scan(&record), []);
        assert_eq!(record.title, "[masked:github-token] and [masked:github-token]");
        assert!(!mask_change(&mut record));
    }

    #[test]
    fn hashes_and_the_like_are_no_secrets() {
        let record = change(|draft| {
            draft.reason = Some("9f2c1e7a5b3d4c6e8f0a1b2c3d4e5f6a7b8c9d0e 123e4567-e89b-12d3-a456-426614174000 sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".into());
        });
        assert_eq!(scan(&record), []);
    }
}
