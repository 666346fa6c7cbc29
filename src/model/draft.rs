//! What somebody handed in, and the one place where it becomes a [`Change`].

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use super::change::{
    Baseline, Change, CommandRun, ItemState, Kind, Link, ListItem, Relation, RelationKind, Rollback, SCHEMA, Source,
    Status,
};
use super::limits::{Invalid, Rules, limit};
use super::{ChangeId, CheckDraft, MetricDraft, Timestamp};

/// A change as handed in: the JSON form `shipnote.change/1` in which everything but the title may be left out or null.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "the fields are those of Change, documented there")]
pub struct Draft {
    pub schema: Option<String>,
    pub id: Option<String>,
    pub title: Option<String>,
    pub status: Option<Status>,
    pub kind: Option<Kind>,
    pub reason: Option<String>,
    #[serde(deserialize_with = "null_as_default")]
    pub baseline: Baseline,
    pub expected: Option<String>,
    #[serde(deserialize_with = "null_as_default")]
    pub files: Vec<String>,
    #[serde(deserialize_with = "null_as_default")]
    pub commands: Vec<CommandRun>,
    #[serde(deserialize_with = "null_as_default")]
    pub metrics: Vec<MetricDraft>,
    pub owner: Option<String>,
    #[serde(deserialize_with = "null_as_default")]
    pub rollback: Rollback,
    #[serde(deserialize_with = "null_as_default")]
    pub checks: Vec<CheckDraft>,
    #[serde(deserialize_with = "null_as_default")]
    pub checklists: BTreeMap<String, BTreeMap<String, ListItem>>,
    #[serde(deserialize_with = "null_as_default")]
    pub assumptions: Vec<String>,
    pub service: Option<String>,
    pub environment: Option<String>,
    #[serde(deserialize_with = "null_as_default")]
    pub tags: Vec<String>,
    #[serde(deserialize_with = "null_as_default")]
    pub links: Vec<Link>,
    #[serde(deserialize_with = "null_as_default")]
    pub commits: Vec<String>,
    pub branch: Option<String>,
    #[serde(deserialize_with = "null_as_default")]
    pub relations: Vec<RelationDraft>,
    pub shipped_at: Option<Timestamp>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    pub revision: Option<u64>,
    pub source: Option<Source>,
    /// What `show --json` prints beside the record: it was run somewhere else and is no part of it.
    #[serde(skip_serializing, deserialize_with = "passed_over")]
    pub evidence: (),
}

/// A relation as handed in: its id is checked with the rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelationDraft {
    /// See [`Relation::kind`].
    pub kind: RelationKind,
    /// See [`Relation::id`].
    pub id: String,
}

/// What a draft does not say itself.
#[derive(Debug, Clone)]
pub struct Defaults {
    /// The id, unless the draft has one or a source key to derive it from.
    pub id: ChangeId,
    /// The time of recording; also when a change shipped that does not say.
    pub now: Timestamp,
}

fn null_as_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(input: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(input)?.unwrap_or_default())
}

fn passed_over<'de, D: Deserializer<'de>>(input: D) -> Result<(), D::Error> {
    serde_json::Value::deserialize(input).map(drop)
}

impl Draft {
    /// Whether it names a command that could be run: to ship it, to undo it, or to check it.
    pub fn runs_something(&self) -> bool {
        let command = |check: &CheckDraft| check.run.is_some();
        !self.commands.is_empty() || self.rollback.command.is_some() || self.checks.iter().any(command)
    }

    /// Checks every rule and fills what is missing.
    ///
    /// # Errors
    /// [`Invalid`] with every rule that is broken.
    pub fn validate(self, defaults: &Defaults) -> Result<Change, Invalid> {
        self.validate_as_json(defaults).map(|(change, _)| change)
    }

    /// The same with the JSON form of the change, which has to be made anyway to know how long it is.
    ///
    /// # Errors
    /// As [`Draft::validate`].
    pub fn validate_as_json(self, defaults: &Defaults) -> Result<(Change, String), Invalid> {
        let mut rules = Rules::default();
        let r = &mut rules;
        if self.schema.as_deref().is_some_and(|schema| schema != SCHEMA) {
            r.refuse("schema", format!("must be {SCHEMA}"));
        }
        let source = valid_source(self.source, r);
        let id = valid_id(self.id, &source, &defaults.id, r);
        let status = self.status.unwrap_or(Status::Shipped);
        let created_at = r.since_1970("created_at", self.created_at.unwrap_or(defaults.now));
        let said = self.shipped_at.map(|at| r.since_1970("shipped_at", at));
        let shipped_at = said.or_else(|| (status != Status::Draft).then_some(created_at));
        r.count("commands", self.commands.len(), limit::COMMANDS);
        r.count("metrics", self.metrics.len(), limit::ENTRIES);
        r.count("checks", self.checks.len(), limit::ENTRIES);
        let change = Change {
            schema: SCHEMA.to_owned(),
            id,
            title: valid_title(self.title, r),
            status,
            kind: self.kind.unwrap_or(Kind::Other),
            reason: r.text("reason", self.reason),
            baseline: valid_baseline(self.baseline, r),
            expected: r.text("expected", self.expected),
            files: r.lines("files", self.files, limit::FILES),
            commands: each(self.commands, limit::COMMANDS, |n, command| valid_command(command, n, r)),
            metrics: each(self.metrics, limit::ENTRIES, |n, metric| metric.validate(&format!("metrics[{n}]"), r)),
            owner: r.line("owner", self.owner),
            rollback: Rollback {
                command: r.text("rollback.command", self.rollback.command),
                note: r.text("rollback.note", self.rollback.note),
            },
            checks: each(self.checks, limit::ENTRIES, |n, check| check.validate(&format!("checks[{n}]"), r))
                .into_iter()
                .flatten()
                .collect(),
            checklists: valid_checklists(self.checklists, r),
            assumptions: valid_assumptions(self.assumptions, r),
            service: r.line("service", self.service),
            environment: r.line("environment", self.environment),
            tags: r.lines("tags", self.tags, limit::TAGS),
            links: valid_links(self.links, r),
            commits: valid_commits(self.commits, r),
            branch: r.line("branch", self.branch),
            relations: valid_relations(self.relations, r),
            shipped_at,
            created_at,
            updated_at: self.updated_at.unwrap_or(created_at),
            revision: valid_revision(self.revision, r),
            source,
        };
        let json = json(&change, r);
        rules.finish((change, json))
    }

    /// The digest that tells whether two drafts say the same, before any default is filled in.
    pub fn digest(&self) -> String {
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        blake3::hash(&bytes).to_hex().to_string()
    }
}

/// A change handed in again, for an edit.
impl From<&Change> for Draft {
    fn from(change: &Change) -> Self {
        // The JSON form of a change is a draft by definition; a property test holds it.
        serde_json::to_value(change).and_then(serde_json::from_value).expect("a change is a draft")
    }
}

fn each<T, U>(values: Vec<T>, most: usize, mut valid: impl FnMut(usize, T) -> U) -> Vec<U> {
    values.into_iter().take(most).enumerate().map(|(n, value)| valid(n, value)).collect()
}

fn valid_title(title: Option<String>, rules: &mut Rules) -> String {
    let title = rules.required("title", title);
    if title.len() > limit::TITLE {
        rules.refuse("title", format!("has {} bytes, at most {} are kept", title.len(), limit::TITLE));
    }
    title
}

fn valid_source(source: Option<Source>, rules: &mut Rules) -> Source {
    let source = source.unwrap_or_default();
    let slug = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if source.kind.is_empty() || source.kind.len() > 32 || !source.kind.bytes().all(slug) {
        rules.refuse("source.kind", "must be 1 to 32 characters of a-z, 0-9 and -");
    }
    Source { kind: source.kind, key: rules.line("source.key", source.key) }
}

fn valid_id(id: Option<String>, source: &Source, random: &ChangeId, rules: &mut Rules) -> ChangeId {
    match (id, &source.key) {
        (Some(id), _) => id.parse().unwrap_or_else(|error: super::IdError| {
            rules.refuse("id", error.to_string());
            random.clone()
        }),
        (None, Some(key)) => ChangeId::from_key(&source.kind, key),
        (None, None) => random.clone(),
    }
}

fn valid_revision(revision: Option<u64>, rules: &mut Rules) -> u64 {
    let revision = revision.unwrap_or(1);
    if !(1..=i64::MAX as u64).contains(&revision) {
        rules.refuse("revision", "must be 1 or more");
    }
    revision
}

fn valid_baseline(baseline: Baseline, rules: &mut Rules) -> Baseline {
    Baseline {
        route: rules.text("baseline.route", baseline.route),
        input: rules.text("baseline.input", baseline.input),
        command: rules.text("baseline.command", baseline.command),
        symptom: rules.text("baseline.symptom", baseline.symptom),
        location: rules.text("baseline.location", baseline.location),
    }
}

fn valid_command(command: CommandRun, n: usize, rules: &mut Rules) -> CommandRun {
    let at = |name: &str| format!("commands[{n}].{name}");
    let run = rules.text(&at("run"), Some(command.run)).unwrap_or_else(|| {
        rules.refuse(&at("run"), "is missing");
        String::new()
    });
    if command.seconds.is_some_and(|seconds| seconds < 0.0) {
        rules.refuse(&at("seconds"), "must not be negative");
    }
    CommandRun {
        run,
        note: rules.text(&at("note"), command.note),
        expect: rules.text(&at("expect"), command.expect),
        cwd: rules.line(&at("cwd"), command.cwd),
        exit: command.exit,
        seconds: rules.finite(&at("seconds"), command.seconds),
    }
}

fn valid_assumptions(assumptions: Vec<String>, rules: &mut Rules) -> Vec<String> {
    rules.count("assumptions", assumptions.len(), limit::ENTRIES);
    each(assumptions, limit::ENTRIES, |n, text| rules.text(&format!("assumptions[{n}]"), Some(text)))
        .into_iter()
        .flatten()
        .collect()
}

fn valid_checklists(
    checklists: BTreeMap<String, BTreeMap<String, ListItem>>,
    rules: &mut Rules,
) -> BTreeMap<String, BTreeMap<String, ListItem>> {
    rules.count("checklists", checklists.len(), limit::ENTRIES);
    let mut valid = BTreeMap::new();
    for (list, items) in checklists {
        let field = format!("checklists.{list}");
        rules.count(&field, items.len(), limit::ENTRIES);
        rules.required(&field, Some(list.clone()));
        let mut valid_items = BTreeMap::new();
        for (name, item) in items {
            let field = format!("{field}.{name}");
            rules.required(&field, Some(name.clone()));
            let note = rules.text(&format!("{field}.note"), item.note);
            if item.state == ItemState::NotApplicable && note.is_none() {
                rules.refuse(&format!("{field}.note"), "must say why the item does not apply");
            }
            valid_items.insert(name, ListItem { state: item.state, note });
        }
        valid.insert(list, valid_items);
    }
    valid
}

fn valid_links(links: Vec<Link>, rules: &mut Rules) -> Vec<Link> {
    rules.count("links", links.len(), limit::ENTRIES);
    each(links, limit::ENTRIES, |n, link| {
        let field = format!("links[{n}].url");
        let url = rules.required(&field, Some(link.url));
        let scheme = url.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
        let known = matches!(scheme.as_deref(), Some("http" | "https" | "mailto"));
        if !url.is_empty() && (!known || url.contains(char::is_whitespace)) {
            rules.refuse(&field, "must be an address that begins with https://, http:// or mailto:");
        }
        Link { url, title: rules.line(&format!("links[{n}].title"), link.title) }
    })
}

fn valid_commits(commits: Vec<String>, rules: &mut Rules) -> Vec<String> {
    let commits = rules.lines("commits", commits, limit::FILES);
    for (n, commit) in commits.iter().enumerate() {
        if !(4..=64).contains(&commit.len()) || !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            rules.refuse(&format!("commits[{n}]"), "must be a commit hash, 4 to 64 hexadecimal digits");
        }
    }
    commits
}

fn valid_relations(relations: Vec<RelationDraft>, rules: &mut Rules) -> Vec<Relation> {
    rules.count("relations", relations.len(), limit::ENTRIES);
    each(relations, limit::ENTRIES, |n, relation| match relation.id.parse() {
        Ok(id) => Some(Relation { kind: relation.kind, id }),
        Err(error) => {
            rules.refuse(&format!("relations[{n}].id"), format!("{error}"));
            None
        }
    })
    .into_iter()
    .flatten()
    .collect()
}

fn json(change: &Change, rules: &mut Rules) -> String {
    let json = serde_json::to_string(change).unwrap_or_default();
    if json.len() > limit::RECORD {
        rules.refuse("the record", format!("has {} bytes, at most {} (8 MiB) are kept", json.len(), limit::RECORD));
    }
    json
}
