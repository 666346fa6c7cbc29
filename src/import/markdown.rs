//! Markdown documents: our own form, decision records, notes, and runbooks by their sections.
//!
//! Decision records are those of Nygard (<https://cognitect.com/blog/2011/11/15/documenting-architecture-decisions>) and
//! MADR (<https://adr.github.io/madr/>), with their metadata in front matter, in bullets or in a section of their own.

use anyhow::{Context, Result};

use super::first_line;
use crate::form;
use crate::model::{
    ChangeId, Draft, Kind, RelationDraft, RelationKind, RunbookDraft, Source, Status, Timestamp, limit,
};

/// The source kind of a change that was made from a document; its key is the path.
pub const SOURCE: &str = "markdown";

/// The sections that make a runbook; two of them are enough.
const RUNBOOK: [&str; 4] = ["meaning", "impact", "diagnosis", "mitigation"];

/// What a document becomes.
#[derive(Debug)]
pub enum Document {
    /// A change.
    Change(Box<Draft>),
    /// A runbook.
    Runbook(Box<RunbookDraft>),
}

/// A document, and what it was taken for.
#[derive(Debug)]
pub struct Read {
    /// What it becomes.
    pub document: Document,
    /// Why, in a few words.
    pub why: &'static str,
}

/// Where a document stands.
#[derive(Debug, Clone, Copy)]
pub struct Place<'p> {
    /// Its path from the project, with `/`: the same on every machine.
    pub key: &'p str,
    /// The folders it is in, below what was named: they become tags.
    pub folders: &'p [String],
    /// When it was committed first.
    pub committed: Option<Timestamp>,
}

/// Reads a document.
///
/// # Errors
/// Front matter that cannot be read, with its line.
pub fn read(text: &str, place: &Place<'_>) -> Result<Read> {
    if text.trim_start_matches('\u{feff}').starts_with("+++") && is_own_form(text) {
        let mut draft = form::read(text)?;
        if draft.id.is_none() {
            draft.source.get_or_insert_with(|| source(place.key));
        }
        return Ok(Read { document: Document::Change(Box::new(draft)), why: "the form of a change" });
    }
    let front = form::read_runbook(text)?;
    let headings = headings(&front.body);
    let known = |name: &str| headings.iter().any(|heading| heading == name);
    if RUNBOOK.iter().filter(|name| known(name)).count() >= 2 {
        return Ok(Read { document: Document::Runbook(Box::new(front)), why: "it has the sections of a runbook" });
    }
    let decision = known("decision") || known("decision outcome");
    let why = if decision { "a decision record" } else { "a note" };
    let draft = change(front, decision, place).with_context(|| place.key.to_owned())?;
    Ok(Read { document: Document::Change(Box::new(draft)), why })
}

fn source(key: &str) -> Source {
    Source { kind: SOURCE.to_owned(), key: Some(key.to_owned()) }
}

/// The front matter of a runbook has none of the fields that every change has.
fn is_own_form(text: &str) -> bool {
    text.lines().skip(1).take_while(|line| line.trim_end() != "+++").any(|line| {
        let name = line.split('=').next().unwrap_or_default().trim();
        ["schema", "id", "kind", "status", "revision"].contains(&name)
    })
}

/// The headings outside of code, in small letters.
fn headings(body: &str) -> Vec<String> {
    let mut fenced = false;
    let mut found = Vec::new();
    for line in body.lines() {
        if line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~") {
            fenced = !fenced;
        } else if !fenced && line.starts_with('#') {
            found.push(line.trim_matches(['#', ' ']).to_lowercase());
        }
    }
    found
}

fn change(front: RunbookDraft, decision: bool, place: &Place<'_>) -> Result<Draft> {
    let RunbookDraft { title, owner, service, mut tags, mut extra, body, .. } = front;
    let mut meta = |name: &str| {
        let value = extra.remove(name).map(|value| match value {
            serde_json::Value::String(text) => text,
            serde_json::Value::Array(values) => {
                values.iter().filter_map(|value| value.as_str()).collect::<Vec<_>>().join(", ")
            }
            other => other.to_string(),
        });
        value.or_else(|| written(&body, name)).filter(|value| !value.trim().is_empty())
    };
    let status = meta("status").unwrap_or_default().to_lowercase();
    let date = meta("date").as_deref().and_then(day);
    let deciders = if decision { meta("decision-makers").or_else(|| meta("deciders")) } else { meta("author") };
    tags.extend(meta("tags").into_iter().flat_map(|text| text.split(',').map(str::to_owned).collect::<Vec<_>>()));
    tags.extend(place.folders.iter().cloned());
    if decision {
        tags.push("adr".to_owned());
    }
    let stem = place.key.rsplit('/').next().unwrap_or(place.key).trim_end_matches(".md");
    // A name such as `2024-03-04-disk-full` says when and what.
    let (named_day, name) = match stem.split_at_checked(10).map(|(begin, rest)| (day(begin), rest)) {
        Some((Some(day), rest)) => (Some(day), if rest.is_empty() { stem } else { rest }),
        _ => (None, stem),
    };
    let name = name.replace(['-', '_'], " ");
    let title = title.map_or_else(|| name.trim().to_owned(), |title| without_number(&title).to_owned());
    let date = date.or(named_day).or(place.committed);
    Ok(Draft {
        title: Some(first_line(&title, limit::TITLE)),
        status: Some(if decision { stands(&status) } else { Status::Shipped }),
        kind: Some(if decision { Kind::Other } else { Kind::Operations }),
        reason: Some(without_title(&body).trim().to_owned()),
        owner: owner.or_else(|| deciders.map(|names| first_line(&names, limit::LINE))),
        service,
        tags: tags.iter().map(|tag| tag.trim().to_owned()).take(limit::TAGS).collect(),
        relations: if decision { superseded(&body, place.key) } else { Vec::new() },
        created_at: date,
        shipped_at: date,
        source: Some(source(place.key)),
        ..Draft::default()
    })
}

/// What `* Status: accepted`, `Status: accepted` or the first line below `## Status` says, before the sections begin.
fn written(body: &str, name: &str) -> Option<String> {
    let mut lines = body.lines();
    while let Some(line) = lines.next() {
        let bare = line.trim_start_matches(['*', '-', ' ']).replace("**", "");
        if let Some((found, value)) = bare.split_once(':')
            && found.trim().eq_ignore_ascii_case(name)
            && !line.starts_with('#')
        {
            return Some(value.trim().to_owned());
        }
        if line.starts_with("##") && line.trim_matches(['#', ' ']).eq_ignore_ascii_case(name) {
            return lines.find(|line| !line.trim().is_empty()).map(|line| line.trim().to_owned());
        }
    }
    None
}

/// What became of a decision. One that was not taken up never shipped.
fn stands(status: &str) -> Status {
    let begins = |words: &[&str]| words.iter().any(|word| status.starts_with(word));
    match status {
        _ if begins(&["superseded", "deprecated", "replaced"]) => Status::Superseded,
        _ if begins(&["proposed", "draft", "rejected", "pending"]) => Status::Draft,
        _ => Status::Shipped,
    }
}

/// The documents that this one says it supersedes.
fn superseded(body: &str, key: &str) -> Vec<RelationDraft> {
    let folder: Vec<&str> = key.split('/').collect();
    let folder = &folder[..folder.len() - 1];
    let mut relations = Vec::new();
    for line in body.lines() {
        let lower = line.to_lowercase();
        let Some(at) = lower.find("supersedes") else { continue };
        let Some(target) = line.get(at..).and_then(link) else { continue };
        let mut path = folder.to_vec();
        for part in target.split('/') {
            match part {
                "." | "" => {}
                ".." => _ = path.pop(),
                part => path.push(part),
            }
        }
        let id = ChangeId::from_key(SOURCE, &path.join("/")).to_string();
        relations.push(RelationDraft { kind: RelationKind::Supersedes, id });
    }
    relations.truncate(limit::ENTRIES);
    relations
}

/// The relative target of the first link of a line.
fn link(line: &str) -> Option<&str> {
    let (target, _) = line.split_once("](")?.1.split_once(')')?;
    let target = target.split('#').next().unwrap_or_default().trim();
    (target.ends_with(".md") && !target.contains(':')).then_some(target)
}

/// `2024-01-31`, and what may stand behind it.
fn day(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse().ok().or_else(|| format!("{}T00:00:00Z", text.get(..10)?).parse().ok())
}

/// `5. Use queues`, `ADR-0005: Use queues` → `Use queues`.
fn without_number(title: &str) -> &str {
    let rest = title.strip_prefix("ADR").unwrap_or(title).trim_start_matches(['-', ' ', '#']);
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let behind = rest[digits..].trim_start();
    match behind.strip_prefix(['.', ':', '-', '–', '—']) {
        Some(name) if digits > 0 && !name.trim().is_empty() => name.trim(),
        _ => title,
    }
}

fn without_title(body: &str) -> &str {
    let body = body.trim_start();
    match body.strip_prefix("# ") {
        Some(rest) => rest.split_once('\n').map_or("", |(_, rest)| rest),
        None => body,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(key: &str) -> Place<'_> {
        Place { key, folders: &[], committed: None }
    }

    fn change_of(key: &str, text: &str) -> Draft {
        match read(text, &place(key)).unwrap().document {
            Document::Change(draft) => *draft,
            Document::Runbook(_) => panic!("a runbook"),
        }
    }

    #[test]
    fn decision_records_with_bullets_sections_and_front_matter() {
        let bullets = "# ADR-0005: Use queues\n\n* Status: accepted\n* Deciders: team-orders, oncall\n* Date: 2024-01-31\n\n\
            Supersedes [ADR-0002](../old/0002-cron.md)\n\n## Context\n\nc\n\n## Decision\n\nd\n";
        let draft = change_of("docs/adr/0005-queues.md", bullets);
        assert_eq!(draft.title.as_deref(), Some("Use queues"));
        assert_eq!((draft.status, draft.owner.as_deref()), (Some(Status::Shipped), Some("team-orders, oncall")));
        assert_eq!(draft.shipped_at.unwrap().to_string(), "2024-01-31T00:00:00Z");
        assert_eq!(draft.relations[0].id, ChangeId::from_key(SOURCE, "docs/old/0002-cron.md").to_string());
        assert!(draft.reason.unwrap().starts_with("* Status: accepted"));

        let section =
            "# 2. Use cron\n\nDate: 2020-05-06\n\n## Status\n\nSuperseded by [5](0005-queues.md)\n\n## Decision\n\nd\n";
        let draft = change_of("docs/old/0002-cron.md", section);
        assert_eq!((draft.title.as_deref(), draft.status), (Some("Use cron"), Some(Status::Superseded)));
        assert_eq!(draft.relations, []);

        let front = "---\nstatus: proposed\ndate: 2025-02-03\ndecision-makers: [oncall]\n---\n# Use Tera\n\n## Decision Outcome\n\nd\n";
        let draft = change_of("a.md", front);
        assert_eq!((draft.status, draft.owner.as_deref()), (Some(Status::Draft), Some("oncall")));
        assert_eq!(draft.tags, ["adr"]);
    }

    #[test]
    fn notes_take_title_and_date_from_where_they_stand() {
        let draft = change_of("notes/2024-03-04-disk-full.md", "The disk was full.\n");
        assert_eq!(draft.title.as_deref(), Some("disk full"));
        assert_eq!(draft.shipped_at.unwrap().day(), "2024-03-04");
        let draft = change_of("n.md", "---\ntitle: Disk\ntags: a, b\n---\nfull\n");
        assert_eq!((draft.title.as_deref(), draft.tags), (Some("Disk"), vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!((draft.kind, draft.reason.as_deref()), (Some(Kind::Operations), Some("full")));
    }

    #[test]
    fn runbooks_and_our_own_form_are_known() {
        let runbook = read("# NodeDown\n\n## Meaning\n\nm\n\n## Impact\n\ni\n", &place("NodeDown.md")).unwrap();
        assert!(matches!(runbook.document, Document::Runbook(_)));
        let own = change_of("x.md", "+++\ntitle = \"Retry\"\nkind = \"fix\"\n+++\n\n## Reason\n\nr\n");
        assert_eq!((own.kind, own.reason.as_deref(), own.source), (Some(Kind::Fix), Some("r"), Some(source("x.md"))));
    }
}
