//! Fragments: a file for each change that no changelog has yet, as changie (<https://changie.dev>), changesets
//! (<https://github.com/changesets/changesets>) and towncrier (<https://towncrier.readthedocs.io>) keep them.

use std::collections::HashMap;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value};

use super::changelog::{kind_of, title};
use super::first_line;
use crate::form;
use crate::markup::{is_safe_address, plain, web_addresses};
use crate::model::{Draft, Kind, Link, Source, Status, Timestamp, limit};
use crate::repo::{self, Remote};

/// The source kind of a change that was made from a fragment; its key is the path.
pub const SOURCE: &str = "fragment";

/// The types that towncrier and those who use it name files by.
const TYPES: [&str; 22] = [
    "feature",
    "bugfix",
    "doc",
    "removal",
    "misc",
    "security",
    "deprecation",
    "deprecated",
    "breaking",
    "added",
    "changed",
    "fixed",
    "removed",
    "fix",
    "change",
    "enhancement",
    "improvement",
    "performance",
    "internal",
    "packaging",
    "contrib",
    "dev",
];

/// What is called a label, a section or a type in the settings of a tool: names by the words that files say.
pub type Types = HashMap<String, String>;

/// What is known of all fragments of a folder.
#[derive(Default)]
pub struct Around {
    /// The types that are set there, beside the usual ones.
    pub types: Types,
    /// Where numbers of issues lead.
    pub remote: Option<Remote>,
    /// The service they are of.
    pub service: Option<String>,
}

/// A file that may be a fragment.
#[derive(Debug, Clone, Copy)]
pub struct File<'f> {
    /// Its name without folders.
    pub name: &'f str,
    /// Its path from the project, with `/`: the same on every machine.
    pub key: &'f str,
    /// When it was committed first.
    pub committed: Option<Timestamp>,
}

/// A fragment, and whose.
#[derive(Debug)]
pub struct Read {
    /// The change it tells of.
    pub draft: Draft,
    /// The tool, in a few words.
    pub why: &'static str,
}

/// What a fragment says.
#[derive(Default)]
struct Said {
    text: String,
    kind: Option<Kind>,
    tags: Vec<String>,
    /// Numbers and addresses of issues and requests.
    issues: Vec<String>,
    owner: Option<String>,
    at: Option<Timestamp>,
}

/// Reads a fragment; `None` where the file is none.
///
/// # Errors
/// A file that is named like a fragment and cannot be read as one.
pub fn read(text: &str, file: &File<'_>, around: &Around) -> Result<Option<Read>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (said, why) = if is_yaml(file.name) {
        match changie(text, around)? {
            Some(said) => (said, "changie"),
            None => return Ok(None),
        }
    } else if let Some((front, body)) = front_matter(text).filter(|_| file.name.ends_with(".md")) {
        match changesets(front, body)? {
            Some(said) => (said, "changesets"),
            None => return Ok(None),
        }
    } else {
        match towncrier(file.name, text, around) {
            Some(said) => (said, "towncrier"),
            None => return Ok(None),
        }
    };
    Ok(Some(Read { draft: draft(said, file, around)?, why }))
}

/// Whether a file may be a fragment, going by its name: others need not be read.
pub fn may_be(name: &str, around: &Around) -> bool {
    let has = |ending: &&str| name.ends_with(ending);
    is_yaml(name) || [".md", ".rst", ".txt"].iter().any(has) || towncrier(name, "-", around).is_some()
}

/// The types that the settings of changie or towncrier name: `.changie.yaml`, `towncrier.toml`, `pyproject.toml`.
///
/// # Errors
/// Settings that are no YAML or TOML.
pub fn types(name: &str, text: &str) -> Result<Types> {
    let pair = |value: &Value, key: &str, label: &str| {
        let label = value.get(label)?.as_str()?.to_owned();
        Some((value.get(key).and_then(Value::as_str).unwrap_or(&label).to_lowercase(), label))
    };
    if is_yaml(name) {
        let settings = form::yaml(text).with_context(|| format!("{name} is no YAML"))?;
        let kinds = settings.get("kinds").and_then(Value::as_array).into_iter().flatten();
        return Ok(kinds.filter_map(|kind| pair(kind, "key", "label")).collect());
    }
    let settings: Value = toml::from_str(text).with_context(|| format!("{name} is no TOML"))?;
    let towncrier = settings.pointer("/tool/towncrier").unwrap_or(&Value::Null);
    let listed = towncrier.get("type").and_then(Value::as_array).into_iter().flatten();
    let named = towncrier.get("fragment").and_then(Value::as_object).into_iter().flatten();
    let named = named.map(|(key, value)| {
        let label = value.get("name").and_then(Value::as_str).unwrap_or(key);
        (key.to_lowercase(), label.to_owned())
    });
    Ok(listed.filter_map(|kind| pair(kind, "directory", "name")).chain(named).collect())
}

fn is_yaml(name: &str) -> bool {
    name.ends_with(".yaml") || name.ends_with(".yml")
}

/// The text between two lines of `---` at the beginning, and what follows.
fn front_matter(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix("---")?.trim_start_matches([' ', '\r']).strip_prefix('\n')?;
    let (front, body) = rest.split_once("\n---").or_else(|| rest.strip_prefix("---").map(|body| ("", body)))?;
    Some((front, body.split_once('\n').map_or("", |(_, body)| body)))
}

/// `component`, `kind`, `body`, `time` and what the team asks for beside (`custom`).
fn changie(text: &str, around: &Around) -> Result<Option<Said>> {
    let fields = form::yaml(text).context("it is no YAML")?;
    let field = |name: &str| fields.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let Some(body) = field("body") else {
        ensure!(!fields.contains_key("kind"), "it has a kind and no `body`: write what changed there");
        return Ok(None);
    };
    let nothing = Map::new();
    let custom = fields.get("custom").and_then(Value::as_object).unwrap_or(&nothing);
    let mut said = Said { text: body.to_owned(), ..Said::default() };
    said.kind = field("kind").and_then(|kind| kind_of(label(kind, around)));
    said.tags.extend(field("component").or_else(|| field("project")).map(str::to_owned));
    said.at = match field("time") {
        Some(time) => Some(time.trim().parse().map_err(|_| {
            anyhow::anyhow!("time `{}` is no time: write it as 2026-11-20T14:05:00Z", first_line(time, 80))
        })?),
        None => None,
    };
    for (name, value) in custom {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match name.to_lowercase().as_str() {
            "issue" | "pr" | "pull" | "pullrequest" | "mr" => {
                said.issues.extend(value.split([',', ' ']).map(str::to_owned));
            }
            "author" | "owner" | "team" => said.owner = Some(value),
            _ => {}
        }
    }
    Ok(Some(said))
}

/// Packages, each with how much of a change it is, and the text.
fn changesets(front: &str, body: &str) -> Result<Option<Said>> {
    let packages = if front.trim().is_empty() { Map::new() } else { form::yaml(front).context("it is no YAML")? };
    let bump = |value: &Value| matches!(value.as_str(), Some("major" | "minor" | "patch" | "none"));
    if !packages.values().all(bump) {
        return Ok(None);
    }
    if body.trim().is_empty() {
        bail!("it has packages and no text: write what changed below the second ---");
    }
    let has = |size: &str| packages.values().any(|value| value == size);
    let kind = match () {
        () if has("minor") || has("major") => Some(Kind::Feature),
        () if has("patch") => Some(Kind::Fix),
        () => None,
    };
    let mut tags: Vec<_> = packages.keys().cloned().collect();
    tags.extend(has("major").then(|| "breaking".to_owned()));
    let first = first_line(body, limit::TITLE);
    Ok(Some(Said { text: body.to_owned(), kind: repo::kind_of(&first).or(kind), tags, ..Said::default() }))
}

/// `ISSUE.TYPE`, `+ANYTHING.TYPE`, either with a number and an ending behind it.
fn towncrier(name: &str, text: &str, around: &Around) -> Option<Said> {
    let parts: Vec<&str> = name.split('.').collect();
    let is_type = |part: &str| {
        let lower = part.to_lowercase();
        TYPES.contains(&lower.as_str()) || around.types.contains_key(&lower)
    };
    // Names of issues may have dots; the type is the last part that is one.
    let at = parts.iter().rposition(|part| is_type(part)).filter(|at| *at > 0)?;
    let behind = &parts[at + 1..];
    let counted = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
    let behind =
        behind.strip_prefix(behind.iter().take_while(|part| counted(part)).copied().collect::<Vec<_>>().as_slice());
    if !matches!(behind?, [] | ["md" | "rst" | "txt"]) || text.trim().is_empty() {
        return None;
    }
    let issue = parts[..at].join(".");
    let kind = kind_of(label(parts[at], around));
    let issues = if issue.starts_with('+') { Vec::new() } else { Vec::from([issue]) };
    Some(Said { text: text.to_owned(), kind, issues, ..Said::default() })
}

/// What the settings call a type.
fn label<'a>(name: &'a str, around: &'a Around) -> &'a str {
    around.types.get(&name.to_lowercase()).map_or(name, String::as_str)
}

fn draft(said: Said, file: &File<'_>, around: &Around) -> Result<Draft> {
    let Said { text, kind, mut tags, issues, owner, at } = said;
    let text = text.trim();
    let title = title(text);
    ensure!(title.chars().any(char::is_alphanumeric), "it has no text: write what changed");
    let mut pages: Vec<Link> = Vec::new();
    let named = issues.iter().filter_map(|issue| link(issue.trim(), around.remote.as_ref()));
    let written = web_addresses(text).into_iter().filter(|url| is_safe_address(url));
    for page in named.chain(written.map(|url| Link { url, title: None })) {
        if pages.len() < limit::ENTRIES
            && page.url.len() <= limit::LINE
            && pages.iter().all(|link| link.url != page.url)
        {
            pages.push(page);
        }
    }
    tags.retain(|tag| !tag.trim().is_empty() && tag.len() <= limit::LINE);
    tags.truncate(limit::TAGS);
    let at = at.or(file.committed);
    Ok(Draft {
        reason: (plain(text, limit::TITLE) != title).then(|| text.to_owned()),
        kind: kind.or_else(|| repo::kind_of(&title)),
        title: Some(title),
        // It is merged, and no version has it.
        status: Some(Status::Draft),
        service: around.service.clone(),
        owner: owner.map(|owner| first_line(&owner, limit::LINE)),
        tags,
        links: pages,
        created_at: at,
        source: Some(Source { kind: SOURCE.to_owned(), key: Some(file.key.to_owned()) }),
        ..Draft::default()
    })
}

/// The page of an issue: by its number, or its address.
fn link(issue: &str, remote: Option<&Remote>) -> Option<Link> {
    if issue.starts_with("https://") || issue.starts_with("http://") {
        return is_safe_address(issue).then(|| Link { url: issue.to_owned(), title: None });
    }
    let number = issue.trim_start_matches(['#', '!']).parse().ok()?;
    remote.map(|remote| remote.issue(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around() -> Around {
        Around { remote: Remote::read("git@git.example.com:shop/orders.git"), ..Around::default() }
    }

    fn read_as(name: &str, text: &str, around: &Around) -> Option<Draft> {
        read(text, &File { name, key: name, committed: None }, around).unwrap().map(|read| read.draft)
    }

    #[test]
    fn changie_names_component_kind_time_and_issue() {
        let text = "component: api\nkind: Fixed\nbody: Retries of reads\n  end (see https://example.com/a)\n\
                    time: 2026-10-01T10:00:00.5+02:00\ncustom:\n  Issue: 7\n  Author: team-orders\n";
        let draft = read_as("api-Fixed-20261001.yaml", text, &around()).unwrap();
        assert_eq!(draft.title.as_deref(), Some("Retries of reads end (see https://example.com/a)"));
        assert_eq!((draft.kind, draft.status), (Some(Kind::Fix), Some(Status::Draft)));
        assert_eq!((draft.tags, draft.owner.as_deref()), (vec!["api".to_owned()], Some("team-orders")));
        let urls: Vec<_> = draft.links.into_iter().map(|link| link.url).collect();
        assert_eq!(urls, ["https://git.example.com/shop/orders/issues/7", "https://example.com/a"]);
        assert_eq!(draft.created_at.unwrap().to_string(), "2026-10-01T08:00:00Z");
        assert!(read_as("values.yaml", "replicas: 3\n", &around()).is_none());
    }

    #[test]
    fn changesets_name_packages() {
        let text = "---\n\"@shop/orders\": minor\n'@shop/web': patch\n---\n\nA lookup in memory\n\nIt was slow.\n";
        let draft = read_as("brave-cats-run.md", text, &around()).unwrap();
        assert_eq!((draft.title.as_deref(), draft.kind), (Some("A lookup in memory"), Some(Kind::Feature)));
        assert_eq!(draft.tags, ["@shop/orders", "@shop/web"]);
        assert_eq!(draft.reason.as_deref(), Some("A lookup in memory\n\nIt was slow."));
        let major = read_as("a.md", "---\na: major\n---\nfix: drop the old route\n", &around()).unwrap();
        assert_eq!((major.kind, major.tags), (Some(Kind::Fix), vec!["a".to_owned(), "breaking".to_owned()]));
        assert!(read_as("note.md", "---\ntitle: A note\n---\ntext\n", &around()).is_none());
    }

    #[test]
    fn towncrier_says_it_in_the_name() {
        for (name, kind, issue) in [
            ("123.feature.md", Some(Kind::Feature), true),
            ("123.bugfix.2.rst", Some(Kind::Fix), true),
            ("123.removal", Some(Kind::Other), true),
            ("+cache.performance.md", Some(Kind::Performance), false),
        ] {
            let draft = read_as(name, "Cache the lookup.\n", &around()).unwrap();
            assert_eq!((draft.kind, !draft.links.is_empty()), (kind, issue), "{name}");
        }
        assert!(may_be("1.feature", &around()) && !may_be("logo.png", &around()));
        for name in ["README.md", "template.rst", "feature.md", "v1.0.0.md", "123.feature.png", ".gitignore"] {
            assert!(read_as(name, "text", &around()).is_none(), "{name}");
        }
    }

    #[test]
    fn settings_name_further_types() {
        let toml = "[[tool.towncrier.type]]\ndirectory = \"perk\"\nname = \"New perks\"\n\
                    [tool.towncrier.fragment.cure]\nname = \"Bug fixes\"\n";
        let types = types("pyproject.toml", toml).unwrap();
        let around = Around { types, ..Around::default() };
        assert_eq!(read_as("1.perk.md", "Text", &around).unwrap().kind, Some(Kind::Feature));
        assert_eq!(read_as("1.cure.md", "Text", &around).unwrap().kind, Some(Kind::Fix));
        let yaml = "kinds:\n  - label: Bug fixes\n    key: cure\n  - label: Added\n";
        let around = Around { types: super::types(".changie.yaml", yaml).unwrap(), ..Around::default() };
        assert_eq!(read_as("a.yaml", "kind: cure\nbody: Text\n", &around).unwrap().kind, Some(Kind::Fix));
    }

    #[test]
    fn what_is_wrong_says_what_to_do() {
        let refused = |name: &str, text: &str| {
            let error = read(text, &File { name, key: name, committed: None }, &around()).unwrap_err();
            format!("{error:#}")
        };
        assert!(refused("a.yaml", "kind: Added\n").contains("no `body`"));
        assert!(
            refused("a.yaml", "kind: Added\nbody: Text\ntime: yesterday\n").contains("time `yesterday` is no time")
        );
        assert!(refused("a.yaml", "kind: [").contains("it is no YAML"));
        assert!(refused("a.md", "---\na: patch\n---\n").contains("no text"));
        let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n\
                    d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nbody: x\n";
        assert!(refused("bomb.yaml", bomb).contains("it is no YAML"));
    }
}
