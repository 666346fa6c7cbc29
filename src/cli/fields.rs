//! The flags that fill the fields of a change: the same for `log`, `start`, `ship` and `edit`.

use anyhow::{Context as _, Result};
use clap_complete::engine::ArgValueCompleter;

use super::{Context, complete};
use crate::model::{CheckDraft, CommandRun, Draft, Kind, Link, MetricDraft, RelationDraft, RelationKind, Timestamp};
use crate::query::parse_date;
use crate::store::Store;

/// One flag for every field; repeated where the field is a list.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Fields (repeat a flag for several values)")]
pub(super) struct Fields {
    /// Why it was made (Markdown)
    #[arg(short = 'm', long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
    /// feature, fix, performance, security, refactor, docs, test, build, operations, revert or other
    #[arg(long, value_parser = kind, add = ArgValueCompleter::new(complete::kinds))]
    kind: Option<Kind>,
    /// A path it touched
    #[arg(short, long = "file", value_name = "PATH", value_hint = clap::ValueHint::AnyPath)]
    files: Vec<String>,
    /// A command that was run to ship it
    #[arg(long = "command", value_name = "COMMAND")]
    commands: Vec<String>,
    /// What changed: "p95 latency: 480 ms -> 190 ms"
    #[arg(long = "metric", value_name = "NAME: BEFORE -> AFTER")]
    pub(super) metrics: Vec<String>,
    /// What proves it: "http GET http://127.0.0.1:8000/health 200 {\"ok\": true}", "run pytest -q => 0"
    #[arg(long = "check", value_name = "CHECK")]
    checks: Vec<String>,
    /// Who answers for it: a team or a role
    #[arg(short, long, value_name = "NAME", add = ArgValueCompleter::new(complete::owners))]
    pub(super) owner: Option<String>,
    /// What should be seen when it works
    #[arg(long, value_name = "TEXT")]
    expected: Option<String>,
    /// The way back, in words
    #[arg(long, value_name = "TEXT")]
    rollback: Option<String>,
    /// The command that undoes it
    #[arg(long, value_name = "COMMAND")]
    rollback_command: Option<String>,
    /// Before: the route or entry point
    #[arg(long, value_name = "TEXT")]
    route: Option<String>,
    /// Before: the input that shows it
    #[arg(long, value_name = "TEXT")]
    input: Option<String>,
    /// Before: what went wrong, with the error text
    #[arg(long, value_name = "TEXT")]
    symptom: Option<String>,
    /// Before: where the user notices
    #[arg(long, value_name = "TEXT")]
    location: Option<String>,
    /// Before: the failing command or slow query
    #[arg(long, value_name = "COMMAND")]
    baseline_command: Option<String>,
    /// Something taken for granted
    #[arg(long = "assumption", value_name = "TEXT")]
    assumptions: Vec<String>,
    /// The service changed
    #[arg(short, long, value_name = "NAME", add = ArgValueCompleter::new(complete::services))]
    pub(super) service: Option<String>,
    /// Where it shipped to, for instance production
    #[arg(long = "env", value_name = "NAME", add = ArgValueCompleter::new(complete::environments))]
    pub(super) environment: Option<String>,
    /// A word to find it by
    #[arg(short, long = "tag", value_name = "TAG", add = ArgValueCompleter::new(complete::tags))]
    pub(super) tags: Vec<String>,
    /// An address, with its title behind a space if it has one
    #[arg(long = "link", value_name = "URL [TITLE]")]
    links: Vec<String>,
    /// fixes:ID, reverts:ID, supersedes:ID or relates:ID
    #[arg(long = "relation", value_name = "KIND:ID")]
    relations: Vec<String>,
    /// When it shipped: 2026-11-20T14:05:00Z, 2026-11-20, "2 hours ago"
    #[arg(long, value_name = "TIME")]
    shipped_at: Option<String>,
}

fn kind(text: &str) -> Result<Kind, String> {
    let word = text.to_ascii_lowercase();
    word.parse().or_else(|error| Kind::from_commit_type(&word).ok_or(error))
}

/// What becomes of a list that has values already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lists {
    /// Values given by flags take the place of the ones there.
    Replace,
    /// They are added to them.
    Add,
}

impl Fields {
    /// Whether no flag was given.
    pub(super) fn is_empty(&self) -> bool {
        format!("{self:?}") == format!("{:?}", Self::default())
    }

    /// Writes what was given into a draft. An empty text clears the field. `store` finds the changes that relations name
    /// by the beginning of an id.
    pub(super) fn apply(
        &self,
        draft: &mut Draft,
        lists: Lists,
        context: &Context,
        store: Option<&dyn Store>,
    ) -> Result<()> {
        let texts = [
            (&self.reason, &mut draft.reason),
            (&self.expected, &mut draft.expected),
            (&self.owner, &mut draft.owner),
            (&self.service, &mut draft.service),
            (&self.environment, &mut draft.environment),
            (&self.rollback, &mut draft.rollback.note),
            (&self.rollback_command, &mut draft.rollback.command),
            (&self.route, &mut draft.baseline.route),
            (&self.input, &mut draft.baseline.input),
            (&self.symptom, &mut draft.baseline.symptom),
            (&self.location, &mut draft.baseline.location),
            (&self.baseline_command, &mut draft.baseline.command),
        ];
        for (given, field) in texts {
            if given.is_some() {
                field.clone_from(given);
            }
        }
        draft.kind = self.kind.or(draft.kind);
        if let Some(text) = &self.shipped_at {
            draft.shipped_at = Some(date("--shipped-at", text, context.now)?);
        }
        put(&mut draft.files, self.files.clone(), lists);
        put(&mut draft.tags, self.tags.clone(), lists);
        put(&mut draft.assumptions, self.assumptions.clone(), lists);
        let commands = self.commands.iter().map(|run| CommandRun { run: run.clone(), ..CommandRun::default() });
        put(&mut draft.commands, commands.collect(), lists);
        put(&mut draft.links, self.links.iter().map(|text| link(text)).collect(), lists);
        let metrics = self.metrics.iter().map(|text| Ok(text.parse()?)).collect::<Result<Vec<MetricDraft>>>()?;
        put(&mut draft.metrics, metrics, lists);
        let checks = self.checks.iter().map(|text| Ok(text.parse()?)).collect::<Result<Vec<CheckDraft>>>()?;
        put(&mut draft.checks, checks, lists);
        let relations = self.relations.iter().map(|text| relation(text, context, store)).collect::<Result<_>>()?;
        put(&mut draft.relations, relations, lists);
        Ok(())
    }
}

fn put<T: PartialEq>(field: &mut Vec<T>, given: Vec<T>, lists: Lists) {
    if given.is_empty() {
        return;
    }
    if lists == Lists::Replace {
        field.clear();
    }
    for value in given {
        if !field.contains(&value) {
            field.push(value);
        }
    }
}

/// Reads a date given with a flag.
pub(super) fn date(flag: &str, text: &str, now: Timestamp) -> Result<Timestamp> {
    parse_date(text, now).map_err(|error| anyhow::anyhow!("{flag}: {error}"))
}

fn link(text: &str) -> Link {
    match text.trim().split_once(char::is_whitespace) {
        Some((url, title)) => Link { url: url.to_owned(), title: Some(title.trim().to_owned()) },
        None => Link { url: text.trim().to_owned(), title: None },
    }
}

fn relation(text: &str, context: &Context, store: Option<&dyn Store>) -> Result<RelationDraft> {
    let (kind, id) = text
        .split_once(':')
        .with_context(|| format!("--relation {text}: write KIND:ID, for instance fixes:3h8t0n5vbq1s"))?;
    let kind: RelationKind = kind.parse().map_err(|rule| anyhow::anyhow!("--relation {text}: the kind {rule}"))?;
    // A whole id need not be in this database; a beginning must be, or nobody knows what it means.
    let whole = id.parse::<crate::model::ChangeId>().ok().map(String::from);
    let id = match (whole, store) {
        (Some(id), _) => id,
        (None, Some(store)) => context.find_id(store, id).with_context(|| format!("--relation {text}"))?.to_string(),
        (None, None) => id.to_owned(),
    };
    Ok(RelationDraft { kind, id })
}

/// The names of the lists and texts that `edit --clear` empties.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[allow(missing_docs, reason = "they are the names of fields")]
pub(super) enum Clear {
    Files,
    Commands,
    Metrics,
    Checks,
    Checklists,
    Assumptions,
    Tags,
    Links,
    Commits,
    Relations,
    Baseline,
    Rollback,
}

impl Clear {
    pub(super) fn apply(self, draft: &mut Draft) {
        match self {
            Self::Files => draft.files.clear(),
            Self::Commands => draft.commands.clear(),
            Self::Metrics => draft.metrics.clear(),
            Self::Checks => draft.checks.clear(),
            Self::Checklists => draft.checklists.clear(),
            Self::Assumptions => draft.assumptions.clear(),
            Self::Tags => draft.tags.clear(),
            Self::Links => draft.links.clear(),
            Self::Commits => draft.commits.clear(),
            Self::Relations => draft.relations.clear(),
            Self::Baseline => draft.baseline = crate::model::Baseline::default(),
            Self::Rollback => draft.rollback = crate::model::Rollback::default(),
        }
    }
}
