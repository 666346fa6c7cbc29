//! The sections of a CHANGELOG.md as Keep a Changelog has them (<https://keepachangelog.com/en/1.1.0/>), and how they come
//! into a file that people write in too: only what stands between two marks is ours.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write;

use semver::Version;

use crate::markup;
use crate::model::{Change, Kind, Link, Status, Timestamp};

/// The line in front of what is written here.
pub const BEGIN: &str = "<!-- shipnote:begin -->";
/// The line behind it.
pub const END: &str = "<!-- shipnote:end -->";

/// Links, and commits, that an entry shows; the record has all of them.
const MOST: usize = 3;
/// Characters of an address that stands for itself.
const MOST_OF_ADDRESS: usize = 48;
/// Digits of a commit.
const DIGITS: usize = 7;

/// What changes stand together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Those of a release; those of none by month.
    Version,
    /// Those of a month.
    Month,
}

/// The parts of a release, in the order they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Section {
    Added,
    Changed,
    Deprecated,
    Removed,
    Fixed,
    Security,
}

impl Section {
    /// No kind says that something is going or gone: a tag does.
    fn of(change: &Change) -> Self {
        let tagged = |word: &str| change.tags.iter().any(|tag| tag.eq_ignore_ascii_case(word));
        match change.kind {
            _ if tagged("removed") => Self::Removed,
            _ if tagged("deprecated") => Self::Deprecated,
            Kind::Feature => Self::Added,
            Kind::Fix => Self::Fixed,
            Kind::Security => Self::Security,
            _ => Self::Changed,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Added => "Added",
            Self::Changed => "Changed",
            Self::Deprecated => "Deprecated",
            Self::Removed => "Removed",
            Self::Fixed => "Fixed",
            Self::Security => "Security",
        }
    }
}

/// What stands under one heading, in the order of the headings: what is to come, releases, months.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Unreleased,
    Version(Reverse<Version>),
    Month(Reverse<String>),
}

/// One change, as little of it as the file needs: all of them are in memory, because the file is not in their order.
#[derive(Debug)]
struct Entry {
    section: Section,
    bullet: String,
    at: Timestamp,
    versions: Vec<Version>,
    is_draft: bool,
}

/// Gathers changes and writes their sections.
#[derive(Debug, Default)]
pub struct Changelog {
    entries: Vec<Entry>,
}

impl Changelog {
    /// Adds a change. Under a heading, what was added first stands first.
    pub fn add(&mut self, change: &Change) {
        let mut versions: Vec<_> = change.tags.iter().filter_map(|tag| version(tag)).collect();
        versions.sort();
        versions.dedup();
        self.entries.push(Entry {
            section: Section::of(change),
            bullet: bullet(change),
            at: change.at(),
            versions,
            is_draft: change.status == Status::Draft,
        });
    }

    /// The sections, without the marks: empty, or ending with a line break. Without `by`, by version where a change has one.
    pub fn text(&self, by: Option<By>) -> String {
        let versioned = || self.entries.iter().any(|entry| !entry.versions.is_empty());
        let by = by.unwrap_or_else(|| if versioned() { By::Version } else { By::Month });
        let mut groups: BTreeMap<Group, Vec<&Entry>> = BTreeMap::new();
        for entry in &self.entries {
            for group in entry.groups(by) {
                groups.entry(group).or_default().push(entry);
            }
        }
        let mut text = String::new();
        for (group, entries) in groups {
            let blank = if text.is_empty() { "" } else { "\n" };
            text.extend([blank, "## ", &group.heading(&entries), "\n"]);
            let mut sections: BTreeMap<Section, Vec<&str>> = BTreeMap::new();
            for entry in entries {
                sections.entry(entry.section).or_default().push(&entry.bullet);
            }
            for (section, bullets) in sections {
                text.extend(["\n### ", section.name(), "\n\n", &bullets.concat()]);
            }
        }
        text
    }
}

impl Entry {
    /// A change that went into several releases stands in each of them.
    fn groups(&self, by: By) -> Vec<Group> {
        if self.is_draft {
            return vec![Group::Unreleased];
        }
        if by == By::Month || self.versions.is_empty() {
            return vec![Group::Month(Reverse(self.at.month()))];
        }
        self.versions.iter().cloned().map(Reverse).map(Group::Version).collect()
    }
}

impl Group {
    fn heading(&self, entries: &[&Entry]) -> String {
        match self {
            Self::Unreleased => "[Unreleased]".to_owned(),
            Self::Month(Reverse(month)) => month.clone(),
            Self::Version(Reverse(version)) => match entries.iter().map(|entry| entry.at).max() {
                Some(last) => format!("[{version}] - {}", last.day()),
                None => format!("[{version}]"),
            },
        }
    }
}

/// The version that a tag is: `v1.2.3` or `1.2.3` (<https://semver.org>).
fn version(tag: &str) -> Option<Version> {
    Version::parse(tag.strip_prefix('v').unwrap_or(tag)).ok()
}

/// A change as one line of a list, with its line break.
fn bullet(change: &Change) -> String {
    let mut line = format!("- {}", markup::inline(&change.title));
    match change.status {
        Status::RolledBack => line += " (rolled back)",
        Status::Superseded => line += " (superseded)",
        Status::Draft | Status::Shipped => {}
    }
    let links = change.links.iter().take(MOST).map(link);
    let commits = change.commits.iter().take(MOST).map(|hash| hash.chars().take(DIGITS).collect());
    let mut more: Vec<String> = links.chain(commits).collect();
    let left = change.links.len().saturating_sub(MOST) + change.commits.len().saturating_sub(MOST);
    if left > 0 {
        more.push(format!("{left} more"));
    }
    if !more.is_empty() {
        let _ = write!(line, " ({})", more.join(", "));
    }
    let _ = writeln!(line, " `{}`", change.id);
    line
}

fn link(link: &Link) -> String {
    let bare = link.url.split_once("://").map_or(link.url.as_str(), |(_, bare)| bare);
    let name = link.title.clone().unwrap_or_else(|| match bare.char_indices().nth(MOST_OF_ADDRESS) {
        Some((at, _)) => format!("{}…", &bare[..at]),
        None => bare.to_owned(),
    });
    format!("[{}](<{}>)", markup::inline(&name), address(&link.url))
}

/// An address between angle brackets: it ends where it ends, and a reader sees all of it.
fn address(url: &str) -> String {
    let mut address = String::with_capacity(url.len());
    for c in url.chars() {
        match c {
            '&' => address.push_str("&amp;"),
            '<' | '>' | '\\' => percent(c, &mut address),
            c if markup::is_misleading(c) => percent(c, &mut address),
            c => address.push(c),
        }
    }
    address
}

fn percent(c: char, out: &mut String) {
    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
        let _ = write!(out, "%{byte:02X}");
    }
}

/// Why the sections have no place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MarkError {
    /// There are none.
    #[error("it has no marks that say where the entries go")]
    Missing,
    /// One without the other, or several.
    #[error("it needs each of the two marks once, the one that begins first")]
    Unpaired,
}

/// A file of its own: a title, and the sections between the marks.
pub fn new_file(sections: &str) -> String {
    format!("# Changelog\n\n{BEGIN}\n{}{END}\n", between(sections))
}

/// The file with the sections between its marks; everything outside of them stays byte for byte. A file that says nothing
/// becomes a new one.
///
/// # Errors
/// When it has not each mark once, on a line of its own.
pub fn placed(file: &str, sections: &str) -> Result<String, MarkError> {
    if file.trim().is_empty() {
        return Ok(new_file(sections));
    }
    let (begins, ends) = (lines(file, BEGIN), lines(file, END));
    let ([(_, from)], [(to, _)]) = (&begins[..], &ends[..]) else {
        let none = begins.is_empty() && ends.is_empty();
        return Err(if none { MarkError::Missing } else { MarkError::Unpaired });
    };
    if from > to {
        return Err(MarkError::Unpaired);
    }
    let (before, behind) = (&file[..*from], &file[*to..]);
    let between = between(sections);
    let between = if before.ends_with("\r\n") { between.replace('\n', "\r\n") } else { between };
    Ok(format!("{before}{between}{behind}"))
}

/// Blank lines keep the marks, which are HTML to Markdown, from swallowing a heading.
fn between(sections: &str) -> String {
    if sections.is_empty() { String::new() } else { format!("\n{sections}\n") }
}

/// Where the lines that are this mark begin, and where the next ones do.
fn lines(file: &str, mark: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in file.split_inclusive('\n') {
        let next = at + line.len();
        if line.trim_start_matches('\u{feff}').trim() == mark {
            found.push((at, next));
        }
        at = next;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(title: &str, kind: Kind, tags: &[&str], at: &str) -> Change {
        let example: Change = serde_json::from_str(include_str!("../../tests/fixtures/change.json")).unwrap();
        Change {
            title: title.to_owned(),
            kind,
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            shipped_at: Some(at.parse().unwrap()),
            links: Vec::new(),
            commits: Vec::new(),
            ..example
        }
    }

    fn headings(changes: &[Change], by: Option<By>) -> Vec<String> {
        let mut changelog = Changelog::default();
        changes.iter().for_each(|change| changelog.add(change));
        changelog.text(by).lines().filter(|line| line.starts_with('#')).map(str::to_owned).collect()
    }

    #[test]
    fn releases_stand_by_their_precedence_and_others_by_month() {
        let mut changes = vec![
            change("a", Kind::Fix, &["v1.2.0", "1.10.0"], "2026-03-01"),
            change("b", Kind::Feature, &["1.10.0-rc.1", "1.2"], "2026-02-01"),
            change("c", Kind::Docs, &["v1.2.0"], "2026-03-09"),
            change("d", Kind::Other, &[], "2025-12-31"),
            change("e", Kind::Security, &["v9.0.0"], "2026-01-01"),
        ];
        changes[4].status = Status::Draft;
        let by_version = [
            "## [Unreleased]",
            "### Security",
            "## [1.10.0] - 2026-03-01",
            "### Fixed",
            "## [1.10.0-rc.1] - 2026-02-01",
            "### Added",
            "## [1.2.0] - 2026-03-09",
            "### Changed",
            "### Fixed",
            "## 2025-12",
            "### Changed",
        ];
        assert_eq!(headings(&changes, None), by_version);
        assert_eq!(headings(&changes, Some(By::Version)), by_version);
        let by_month = headings(&changes, Some(By::Month));
        let months: Vec<_> = by_month.iter().filter(|line| line.starts_with("## ")).collect();
        assert_eq!(months, ["## [Unreleased]", "## 2026-03", "## 2026-02", "## 2025-12"]);
        assert_eq!(headings(&changes[3..4], None), ["## 2025-12", "### Changed"]);
        assert!(headings(&[], None).is_empty());
    }

    #[test]
    fn every_kind_has_a_section_and_two_tags_do() {
        let section = |kind, tags: &[&str]| Section::of(&change("a", kind, tags, "2026-01-01"));
        for kind in Kind::ALL {
            let expected = match kind {
                Kind::Feature => Section::Added,
                Kind::Fix => Section::Fixed,
                Kind::Security => Section::Security,
                _ => Section::Changed,
            };
            assert_eq!(section(*kind, &["cache"]), expected);
        }
        assert_eq!(section(Kind::Feature, &["Deprecated"]), Section::Deprecated);
        assert_eq!(section(Kind::Fix, &["deprecated", "removed"]), Section::Removed);
    }

    #[test]
    fn an_entry_is_one_line_that_nothing_leaves() {
        let link = |url: &str, title: Option<&str>| Link { url: url.to_owned(), title: title.map(str::to_owned) };
        let mut change = change("<b> [x](y) <!-- shipnote:end -->", Kind::Fix, &[], "2026-01-01");
        change.status = Status::RolledBack;
        change.links = vec![
            link("https://example.com/a?b=1&lt=2", None),
            link("https://example.com/<!--", Some("pull *request*")),
        ];
        change.commits = ["4be1d07c2f", "0000001", "0000002", "0000003"].map(str::to_owned).to_vec();
        assert_eq!(
            bullet(&change),
            r"- &lt;b&gt; \[x\](y) &lt;\!-- shipnote:end --&gt; (rolled back) ([example.com/a?b=1\&lt=2](<https://example.com/a?b=1&amp;lt=2>), [pull \*request\*](<https://example.com/%3C!-->), 4be1d07, 0000001, 0000002, 1 more) `p4w9c2m6xtr8`"
                .to_owned()
                + "\n"
        );
        assert_eq!(address("https://a/\u{202e}\\"), "https://a/%E2%80%AE%5C");
    }

    #[test]
    fn what_stands_outside_of_the_marks_stays() {
        let by_hand = format!("# Ours\n\nBy hand: `{BEGIN}`.\n\n{BEGIN}\nold\n{END}\n\n## 0.1 by hand");
        let once = placed(&by_hand, "## new\n").unwrap();
        assert_eq!(once, by_hand.replace("\nold\n", "\n\n## new\n\n"));
        assert_eq!(placed(&once, "## new\n").unwrap(), once);
        let windows = placed(&by_hand.replace('\n', "\r\n"), "## new\n").unwrap();
        assert_eq!(windows, once.replace('\n', "\r\n"));
        assert_eq!(placed("\u{feff}", "## a\n"), Err(MarkError::Missing));
        assert_eq!(placed(" \n", "## a\n").unwrap(), new_file("## a\n"));
        assert_eq!(placed(&new_file("## a\n"), "").unwrap(), new_file(""));
    }

    #[test]
    fn marks_that_are_no_pair_are_refused() {
        for (file, error) in [
            ("# Ours\n".to_owned(), MarkError::Missing),
            (BEGIN.to_owned(), MarkError::Unpaired),
            (END.to_owned(), MarkError::Unpaired),
            (format!("{END}\n{BEGIN}\n"), MarkError::Unpaired),
            (format!("{BEGIN}\n{END}\n{BEGIN}\n{END}\n"), MarkError::Unpaired),
        ] {
            assert_eq!(placed(&file, "## a\n"), Err(error), "{file}");
        }
    }
}
