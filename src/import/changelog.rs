//! Changelogs: a draft for each entry that a reader would list.
//!
//! Read are Keep a Changelog (<https://keepachangelog.com>), what conventional-changelog, towncrier, changie and changesets
//! write, and plain lists below headings of versions. An entry is a list item below such a heading; where a section has no
//! list, its text is one. Where a version has no date, neither there nor
//! by a tag of the repository, an entry has the date of the nearest newer version that has one, else of the nearest older one.

mod version;

use std::collections::{HashMap, HashSet};

use anyhow::Result;

use crate::markup::{Block, BlockKind, blocks, is_safe_address, plain, web_addresses};
use crate::model::{Draft, Kind, Link, Source, Status, Timestamp, limit};
use crate::repo;

use version::{Version, date_in, version_of};

/// The source kind of a change that was made from an entry; its key is that of the changelog, the version and a digest of the
/// entry.
pub const SOURCE: &str = "changelog";

/// Letters of a title; a longer entry is cut after its first sentence.
const TITLE: usize = 160;
/// Links kept of an entry.
const MOST_LINKS: usize = 32;

/// Where a changelog stands.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'o> {
    /// Its path from the project: the same on every machine.
    pub key: &'o str,
    /// What it is of.
    pub service: Option<&'o str>,
    /// When versions were released, for those that have no date there.
    pub dates: &'o HashMap<String, Timestamp>,
}

/// Calls `each` with every entry and its line, oldest version first.
///
/// # Errors
/// What `each` returns.
pub fn read(text: &str, origin: &Origin<'_>, each: &mut dyn FnMut(u64, Draft) -> Result<()>) -> Result<()> {
    let (parts, definitions) = blocks(text);
    let mut releases = releases(&parts);
    for version in releases.iter_mut().map(|release| &mut release.version).filter(|version| version.is_released) {
        version.date = version.date.or_else(|| origin.dates.get(&version.name).copied());
    }
    fill_dates(&mut releases);
    let mut seen = HashMap::new();
    let mut drafts = Vec::new();
    for release in &releases {
        for section in &release.sections {
            for entry in entries(section) {
                let draft = draft(&entry, section, release, origin, &definitions, &mut seen);
                drafts.extend(draft.map(|draft| (entry.line, draft)));
            }
        }
    }
    // Changelogs begin with what is newest; what is recorded first is to be what came first.
    drafts.into_iter().rev().try_for_each(|(line, draft)| each(line, draft))
}

/// A version and what stands below its heading.
struct Release<'t> {
    version: Version,
    sections: Vec<Section<'t>>,
}

/// What stands below a heading.
#[derive(Default)]
struct Section<'t> {
    heading: String,
    line: u64,
    blocks: Vec<Block<'t>>,
}

fn releases<'t>(parts: &[Block<'t>]) -> Vec<Release<'t>> {
    let mut releases: Vec<Release<'t>> = Vec::new();
    for block in parts {
        let heading = match block.kind {
            BlockKind::Heading(_) => true,
            // `**1.2.3**` on a line of its own.
            BlockKind::Paragraph => block.text.starts_with("**") && block.text.trim_end().lines().count() == 1,
            _ => false,
        };
        let text = if heading { plain(block.text, limit::TITLE) } else { String::new() };
        if let Some(version) = heading.then(|| version_of(&text)).flatten() {
            releases.push(Release { version, sections: vec![Section { line: block.line, ..Section::default() }] });
            continue;
        }
        let Some(release) = releases.last_mut() else { continue };
        if matches!(block.kind, BlockKind::Heading(_)) {
            release.sections.push(Section { heading: text, line: block.line, blocks: Vec::new() });
            continue;
        }
        if let Some(heading) = said_like_a_heading(block) {
            release.sections.push(Section { heading, line: block.line, blocks: Vec::new() });
            continue;
        }
        let is_first = release.sections.len() == 1 && release.sections[0].blocks.is_empty();
        if is_first && release.version.date.is_none() && block.kind == BlockKind::Paragraph {
            // `Released 2024-01-31`, `_2024-01-31_`
            let line = plain(block.text, limit::TITLE);
            if line.split(' ').count() <= 5 && date_in(&line).is_some() {
                release.version.date = date_in(&line);
                continue;
            }
        }
        if let Some(section) = release.sections.last_mut() {
            section.blocks.push(*block);
        }
    }
    releases
}

/// `Bug fixes:` or `**Bug fixes**` on a line of its own above a list.
fn said_like_a_heading(block: &Block<'_>) -> Option<String> {
    let text = block.text.trim();
    let bold = text.starts_with("**") && text.ends_with("**");
    if block.kind != BlockKind::Paragraph || text.contains('\n') || !(bold || text.ends_with(':')) {
        return None;
    }
    let line = plain(text, limit::TITLE);
    let line = line.trim_end_matches(':');
    (line.split(' ').count() <= 4 && kind_of(line).is_some()).then(|| line.to_owned())
}

fn fill_dates(releases: &mut [Release<'_>]) {
    let mut nearest = None;
    for release in releases.iter_mut().filter(|release| release.version.is_released) {
        nearest = release.version.date.or(nearest);
        release.version.date = nearest;
    }
    for release in releases.iter_mut().rev().filter(|release| release.version.is_released) {
        nearest = release.version.date.or(nearest);
        release.version.date = nearest;
    }
}

/// An entry as it is written.
struct Entry {
    markdown: String,
    line: u64,
    /// Given by the heading above a text without a list.
    title: Option<String>,
}

fn entries(section: &Section<'_>) -> Vec<Entry> {
    let heading = section.heading.to_lowercase();
    if heading.contains("contributor") || heading == "yanked" {
        return Vec::new();
    }
    let has_items = section.blocks.iter().any(|block| block.kind == BlockKind::Item);
    if has_items {
        let mut entries: Vec<Entry> = Vec::new();
        let mut after_text = false;
        for block in &section.blocks {
            match block.kind {
                BlockKind::Item => {
                    entries.push(Entry { markdown: without_marker(block.text), line: block.line, title: None });
                }
                // What introduces the list is none, what follows an entry belongs to it.
                BlockKind::Other => {
                    if let Some(entry) = entries.last_mut() {
                        entry.markdown += &format!("\n\n{}", block.text.trim_end());
                    }
                }
                _ if block.text.trim_end().ends_with(':') || is_comparison(block.text) => {}
                _ => {
                    let markdown = block.text.trim();
                    match entries.last_mut().filter(|_| after_text) {
                        Some(entry) => entry.markdown += &format!("\n\n{markdown}"),
                        None => entries.push(Entry { markdown: markdown.to_owned(), line: block.line, title: None }),
                    }
                }
            }
            after_text = block.kind == BlockKind::Paragraph && !entries.is_empty();
        }
        return entries;
    }
    let text: Vec<_> = section
        .blocks
        .iter()
        .map(|block| block.text.trim_end())
        .filter(|text| !is_comparison(text) && !is_note(text))
        .collect();
    if text.is_empty() {
        return Vec::new();
    }
    let names_changes = section.heading.split(' ').count() > 2 || kind_of(&section.heading).is_none();
    let title = Some(section.heading.clone()).filter(|heading| !heading.is_empty() && names_changes);
    Vec::from([Entry { markdown: text.join("\n\n"), line: section.line, title }])
}

/// `Note: this version was yanked`
fn is_note(text: &str) -> bool {
    let text = text.trim_start_matches(['*', '_', '>', ' ']).to_lowercase();
    text.starts_with("note:") || text.starts_with("note that")
}

/// `Full Changelog: https://…`
fn is_comparison(text: &str) -> bool {
    text.trim_start_matches('*').to_lowercase().starts_with("full changelog")
}

/// The text of a list item: without its mark, and what is nested in it at the margin.
fn without_marker(item: &str) -> String {
    let marker = item.find(|c: char| c.is_whitespace()).unwrap_or(item.len());
    let rest = &item[marker..];
    let width = marker + rest.len() - rest.trim_start_matches(' ').len();
    let mut lines = rest.trim_start_matches(' ').lines();
    let mut text = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        let blank = line.len() - line.trim_start_matches(' ').len();
        text.push('\n');
        text += &line[blank.min(width)..];
    }
    text.trim_end().to_owned()
}

fn draft(
    entry: &Entry,
    section: &Section<'_>,
    release: &Release<'_>,
    origin: &Origin<'_>,
    definitions: &HashMap<String, String>,
    seen: &mut HashMap<String, u32>,
) -> Option<Draft> {
    let markdown = with_definitions(&entry.markdown, definitions);
    let (commit, text) = leading_commit(&entry.markdown);
    let (scope, text) = leading_scope(text);
    let title = entry.title.clone().unwrap_or_else(|| title(&with_definitions(without_author(text), definitions)));
    if !title.chars().any(char::is_alphanumeric) {
        return None;
    }
    let Version { name, package, date, is_released } = &release.version;
    let digest = blake3::hash(format!("{}\n{}", section.heading, entry.markdown).as_bytes()).to_hex();
    let key = format!("{}#{name}#{}", origin.key, &digest[..16]);
    let repeated = seen.entry(key.clone()).and_modify(|count| *count += 1).or_insert(1);
    let key = if *repeated > 1 { format!("{key}-{repeated}") } else { key };
    let lower = format!("{} {}", section.heading, entry.markdown).to_lowercase();
    let mut tags = vec![name.clone()];
    tags.extend(package.clone());
    tags.extend(scope.map(|scope| scope.chars().take(64).collect()));
    tags.extend(lower.contains("breaking").then(|| "breaking".to_owned()));
    let addresses: Vec<_> = web_addresses(&markdown).into_iter().filter(|url| is_web(url)).take(MOST_LINKS).collect();
    let mut commits: Vec<_> = commit.into_iter().map(str::to_owned).collect();
    commits.extend(addresses.iter().filter_map(|url| commit_of(url)));
    let mut known = HashSet::new();
    Some(Draft {
        reason: (plain(&markdown, 2 * TITLE) != title).then(|| entry.markdown.chars().take(limit::TEXT / 4).collect()),
        kind: kind_of(&section.heading).or_else(|| repo::kind_of(&title)),
        title: Some(title),
        status: Some(if *is_released { Status::Shipped } else { Status::Draft }),
        service: origin.service.map(str::to_owned),
        tags,
        links: addresses
            .into_iter()
            .filter(|url| known.insert(url.clone()))
            .map(|url| Link { url, title: None })
            .collect(),
        commits,
        created_at: *date,
        shipped_at: *date,
        source: Some(Source { kind: SOURCE.to_owned(), key: Some(key) }),
        ..Draft::default()
    })
}

/// The first paragraph as a line, or of a long one the first sentence.
pub(super) fn title(markdown: &str) -> String {
    let mut first = String::new();
    for (n, line) in markdown.lines().enumerate() {
        let trimmed = line.trim_start();
        let ends =
            trimmed.is_empty() || n > 0 && ["- ", "* ", "+ ", "```"].iter().any(|mark| trimmed.starts_with(mark));
        if ends && !first.is_empty() {
            break;
        }
        first.push_str(line);
        first.push('\n');
    }
    // Definitions stand behind the rest.
    let definitions = markdown.rsplit_once("\n\n").map(|(_, behind)| behind).filter(|behind| behind.starts_with('['));
    let line = plain(&format!("{first}\n{}", definitions.unwrap_or_default()), limit::TITLE / 4);
    if line.chars().count() <= TITLE {
        return line.trim_end_matches(':').to_owned();
    }
    let sentence = line.find(". ").map(|at| &line[..=at]).filter(|sentence| sentence.chars().count() <= TITLE);
    sentence.map_or_else(|| plain(&line, TITLE), str::to_owned)
}

/// The text with the definitions of the labels that it uses.
fn with_definitions(markdown: &str, definitions: &HashMap<String, String>) -> String {
    let mut text = markdown.to_owned();
    let mut behind = String::new();
    for part in markdown.split('[').skip(1) {
        let Some((label, _)) = part.split_once(']') else { continue };
        if let Some(to) = definitions.get(&label.to_lowercase()) {
            behind += &format!("[{label}]: <{to}>\n");
        }
    }
    if !behind.is_empty() {
        text += &format!("\n\n{behind}");
    }
    text
}

/// The text without ` by @somebody in https://…` at its end, as GitHub writes it; the reason keeps that.
fn without_author(text: &str) -> &str {
    let parsed = text.trim_end().rsplit_once(" by @").filter(|(_, behind)| {
        let mut words = behind.split(' ').skip(1);
        words.next() == Some("in") && words.next().is_some_and(is_web) && words.next().is_none()
    });
    parsed.map_or(text, |(before, _)| before)
}

/// `1f2e3d4: text`, as changesets writes it.
fn leading_commit(text: &str) -> (Option<&str>, &str) {
    match text.split_once(": ") {
        Some((hash, rest)) if (7..=40).contains(&hash.len()) && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            (Some(hash), rest)
        }
        _ => (None, text),
    }
}

/// `**scope:** text`, as conventional-changelog writes it.
fn leading_scope(text: &str) -> (Option<&str>, &str) {
    let parsed = text
        .strip_prefix("**")
        .and_then(|open| open.split_once(":**"))
        .filter(|(scope, rest)| scope.len() <= 40 && !scope.contains(['*', '\n', ' ']) && !rest.trim().is_empty());
    parsed.map_or((None, text), |(scope, rest)| (Some(scope), rest.trim_start()))
}

fn is_web(address: &str) -> bool {
    is_safe_address(address) && !address.contains(char::is_whitespace) && address.len() <= limit::LINE
}

/// The hash in the address of a commit.
fn commit_of(address: &str) -> Option<String> {
    let hash = address.split_once("/commit/")?.1.split(['/', '#', '?', '.']).next()?;
    ((7..=64).contains(&hash.len()) && hash.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| hash.to_owned())
}

/// The kind that the heading of a section says.
pub(super) fn kind_of(heading: &str) -> Option<Kind> {
    let lower = heading.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    Some(match () {
        () if has(&["security"]) => Kind::Security,
        () if has(&["fix", "bug"]) => Kind::Fix,
        () if has(&["perf"]) => Kind::Performance,
        () if has(&["added", "feature", "new", "addition"])
            || lower == "add"
            || has(&["enhancement", "minor changes"]) =>
        {
            Kind::Feature
        }
        () if has(&["doc"]) => Kind::Docs,
        () if has(&["revert"]) => Kind::Revert,
        () if has(&["refactor", "internal"]) => Kind::Refactor,
        () if has(&["test"]) => Kind::Test,
        () if has(&["dependenc", "build", "continuous"]) => Kind::Build,
        () if has(&["chang", "remov", "deprecat", "break", "improve", "misc", "other", "chore", "update", "patch"]) => {
            Kind::Other
        }
        () => return None,
    })
}

#[cfg(test)]
mod tests;
