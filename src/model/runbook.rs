//! Runbooks: procedures in Markdown whose fenced shell blocks are steps.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::limits::{Invalid, Rules, limit};
use super::{ChangeId, Source, Timestamp, is_environment_name};

/// The name of the JSON form.
pub const RUNBOOK_SCHEMA: &str = "shipnote.runbook/1";

/// Characters of a runbook's name.
const MOST_NAME: usize = 80;

/// A procedure in Markdown. Its JSON form is `shipnote.runbook/1`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Runbook {
    /// Always [`RUNBOOK_SCHEMA`].
    pub schema: String,
    /// Its name and that of its page: lower-case letters, digits and `-`.
    pub name: String,
    /// What it is called.
    pub title: String,
    /// Who answers for it: a team or a role.
    pub owner: Option<String>,
    /// The service it is for.
    pub service: Option<String>,
    /// Free words to find it by.
    pub tags: Vec<String>,
    /// Names of the alerts that lead to it.
    pub alerts: Vec<String>,
    /// Changes it was grown from, or that have to do with it.
    pub changes: Vec<ChangeId>,
    /// Environment variables that its steps use.
    pub variables: Vec<Variable>,
    /// Front matter of where it came from that means nothing here; it is kept.
    pub extra: BTreeMap<String, Value>,
    /// The procedure; Markdown.
    pub body: String,
    /// When it was first stored.
    pub created_at: Timestamp,
    /// When it was last edited.
    pub updated_at: Timestamp,
    /// 1 for the first one, one more for every edit.
    pub revision: u64,
    /// Where it came from.
    pub source: Source,
}

/// An environment variable that steps use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value when nobody says another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// What a person is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
}

/// A runbook as handed in: anything may be missing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "the fields are those of Runbook")]
pub struct RunbookDraft {
    pub name: Option<String>,
    pub title: Option<String>,
    pub owner: Option<String>,
    pub service: Option<String>,
    pub tags: Vec<String>,
    pub alerts: Vec<String>,
    pub changes: Vec<String>,
    pub variables: Vec<Variable>,
    pub extra: BTreeMap<String, Value>,
    pub body: String,
    pub source: Option<Source>,
}

impl From<&Runbook> for RunbookDraft {
    fn from(runbook: &Runbook) -> Self {
        let runbook = runbook.clone();
        Self {
            name: Some(runbook.name),
            title: Some(runbook.title),
            owner: runbook.owner,
            service: runbook.service,
            tags: runbook.tags,
            alerts: runbook.alerts,
            changes: runbook.changes.into_iter().map(String::from).collect(),
            variables: runbook.variables,
            extra: runbook.extra,
            body: runbook.body,
            source: Some(runbook.source),
        }
    }
}

impl RunbookDraft {
    /// Checks every rule and fills what is missing: the name is made from the first alert, else from the title.
    ///
    /// # Errors
    /// [`Invalid`] with every rule that is broken.
    pub fn validate(self, now: Timestamp) -> Result<Runbook, Invalid> {
        let mut rules = Rules::default();
        let r = &mut rules;
        let title = r.required("title", self.title);
        if title.len() > limit::TITLE {
            r.refuse("title", format!("has {} bytes, at most {} are kept", title.len(), limit::TITLE));
        }
        let alerts = r.lines("alerts", self.alerts, limit::TAGS);
        let name = match r.line("name", self.name) {
            Some(name) => name,
            None => slug(alerts.first().unwrap_or(&title)),
        };
        // Without a title there is nothing to make it from, which was said.
        if !(is_slug(&name) || name.is_empty() && title.is_empty()) {
            r.refuse(
                "name",
                format!("must be 1 to {MOST_NAME} characters of a-z, 0-9 and -, for instance restart-orders"),
            );
        }
        r.count("changes", self.changes.len(), limit::ENTRIES);
        let mut changes = Vec::new();
        for (n, id) in self.changes.into_iter().enumerate() {
            match id.parse() {
                Ok(id) if changes.contains(&id) => {}
                Ok(id) => changes.push(id),
                Err(error) => r.refuse(&format!("changes[{n}]"), format!("{error}")),
            }
        }
        r.count("variables", self.variables.len(), limit::ENTRIES);
        for (n, variable) in self.variables.iter().enumerate() {
            if !is_environment_name(&variable.name) {
                r.refuse(&format!("variables[{n}].name"), "must be the name of an environment variable");
            }
        }
        let runbook = Runbook {
            schema: RUNBOOK_SCHEMA.to_owned(),
            name,
            title,
            owner: r.line("owner", self.owner),
            service: r.line("service", self.service),
            tags: r.lines("tags", self.tags, limit::TAGS),
            alerts,
            changes,
            variables: self.variables,
            extra: self.extra,
            body: r.text("body", Some(self.body)).unwrap_or_default(),
            created_at: now,
            updated_at: now,
            revision: 1,
            source: self.source.unwrap_or_default(),
        };
        rules.finish(runbook)
    }
}

/// A name made from any text: lower-case ASCII letters and digits, anything else as one `-`; empty where nothing is left.
pub fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= MOST_NAME {
            break;
        }
    }
    slug.trim_end_matches('-').to_owned()
}

fn is_slug(name: &str) -> bool {
    !name.is_empty() && name.len() <= MOST_NAME && slug(name) == name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn valid(draft: RunbookDraft) -> Result<Runbook, String> {
        draft.validate("2026-11-20".parse().unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_name_is_made_from_the_alert_or_the_title() {
        let draft = RunbookDraft { title: Some("Kube API down!".into()), ..RunbookDraft::default() };
        assert_eq!(valid(draft.clone()).unwrap().name, "kube-api-down");
        let draft = RunbookDraft { alerts: vec!["KubeAPIDown".into()], ..draft };
        assert_eq!(valid(draft.clone()).unwrap().name, "kubeapidown");
        let draft = RunbookDraft { name: Some("api-down".into()), ..draft };
        assert_eq!(valid(draft).unwrap().name, "api-down");
    }

    #[test]
    fn what_breaks_a_rule_is_named() {
        let title = Some("t".to_owned());
        let variable = Variable { name: "a b".into(), default: None, question: None };
        for (draft, said) in [
            (RunbookDraft::default(), "title: is missing"),
            (RunbookDraft { title: Some("日本".into()), ..RunbookDraft::default() }, "name: must be"),
            (
                RunbookDraft { title: title.clone(), name: Some("../x".into()), ..RunbookDraft::default() },
                "name: must be",
            ),
            (
                RunbookDraft { title: title.clone(), changes: vec!["x".into()], ..RunbookDraft::default() },
                "changes[0]: ",
            ),
            (
                RunbookDraft { title: title.clone(), variables: vec![variable], ..RunbookDraft::default() },
                "variables[0].name",
            ),
            (RunbookDraft { title, body: "a\0".into(), ..RunbookDraft::default() }, "body: has a NUL byte at offset 1"),
        ] {
            let refused = valid(draft).unwrap_err();
            assert!(refused.contains(said), "{refused}");
        }
    }
}
