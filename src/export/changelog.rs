//! Changes as a changelog (<https://keepachangelog.com/en/1.1.0/>), by version or by month, between two marks: what
//! somebody wrote around them stays.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::markup::{inline, is_safe_address};
use crate::model::{Change, Kind, Status};

/// What stands around what was made here.
const BEGIN: &str = "<!-- shipnote:begin -->";
const END: &str = "<!-- shipnote:end -->";

/// Sections in their order.
const SECTIONS: [&str; 4] = ["Added", "Changed", "Fixed", "Security"];
/// Links that an entry shows.
const MOST_LINKS: usize = 3;

/// How entries are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grouping {
    /// By the tag that is a version; what has none is unreleased.
    Version,
    /// By the month it shipped.
    Month,
}

/// A changelog as far as changes came.
#[derive(Debug, Default)]
pub struct Changelog {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    version: Option<String>,
    /// Absent for a draft.
    day: Option<String>,
    section: &'static str,
    line: String,
}

impl Changelog {
    /// Adds a change.
    pub fn add(&mut self, change: &Change) {
        let section = match change.kind {
            Kind::Feature => SECTIONS[0],
            Kind::Fix => SECTIONS[2],
            Kind::Security => SECTIONS[3],
            _ => SECTIONS[1],
        };
        let shipped = change.status != Status::Draft;
        let taken_back = if change.status == Status::RolledBack { " (rolled back)" } else { "" };
        let links: String = change
            .links
            .iter()
            .filter(|link| is_safe_address(&link.url) && !link.url.contains(['<', '>', '\\']))
            .take(MOST_LINKS)
            .map(|link| format!(" ([{}](<{}>))", inline(link.title.as_deref().unwrap_or("link")), link.url))
            .collect();
        self.entries.push(Entry {
            version: change.tags.iter().find(|tag| numbers(tag).is_some()).cloned(),
            day: shipped.then(|| change.at().day()),
            section,
            line: format!("- {}{taken_back}{links} `{}`", inline(&change.title), change.id),
        });
    }

    /// Whether any change has a version.
    pub fn has_versions(&self) -> bool {
        self.entries.iter().any(|entry| entry.version.is_some())
    }

    /// The changelog, newest first.
    pub fn write(&self, grouping: Grouping) -> String {
        let mut groups: BTreeMap<Reverse<Order>, Vec<&Entry>> = BTreeMap::new();
        for entry in &self.entries {
            groups.entry(Reverse(order(entry, grouping))).or_default().push(entry);
        }
        let mut text = String::new();
        for (Reverse((.., name)), entries) in groups {
            let day = entries.iter().filter_map(|entry| entry.day.as_deref()).max();
            let dated = day.filter(|_| grouping == Grouping::Version && name != UNRELEASED);
            text += &format!("## {name}{}\n", dated.map(|day| format!(" - {day}")).unwrap_or_default());
            for section in SECTIONS {
                let lines: Vec<_> = entries.iter().filter(|entry| entry.section == section).collect();
                if !lines.is_empty() {
                    text += &format!("\n### {section}\n\n");
                    // They came oldest first.
                    lines.iter().rev().for_each(|entry| text += &format!("{}\n", entry.line));
                }
            }
            text.push('\n');
        }
        text
    }
}

const UNRELEASED: &str = "Unreleased";

/// Whether it is unreleased, its numbers, whether it is no pre-release, the numbers of that, and its name.
type Order = (bool, Vec<u64>, bool, Vec<u64>, String);

fn order(entry: &Entry, grouping: Grouping) -> Order {
    let unreleased = || (true, Vec::new(), true, Vec::new(), UNRELEASED.to_owned());
    match grouping {
        Grouping::Month => entry.day.as_ref().map_or_else(unreleased, |day| {
            let month = day[..7].to_owned();
            (false, month.split('-').filter_map(|part| part.parse().ok()).collect(), true, Vec::new(), month)
        }),
        Grouping::Version => {
            let version = entry.version.as_ref().filter(|_| entry.day.is_some());
            let read = version.and_then(|version| Some((version, numbers(version)?)));
            read.map_or_else(unreleased, |(version, (numbers, pre))| {
                let whole = pre.is_none();
                (false, numbers, whole, pre.unwrap_or_default(), version.trim_start_matches('v').to_owned())
            })
        }
    }
}

/// The numbers of `v1.2.3-rc.1`, and those of its pre-release where it is one; `None` for what is no version.
fn numbers(tag: &str) -> Option<(Vec<u64>, Option<Vec<u64>>)> {
    let version = tag.strip_prefix('v').unwrap_or(tag).split('+').next()?;
    let (core, pre) = version.split_once('-').map_or((version, None), |(core, pre)| (core, Some(pre)));
    let mut numbers = core.split('.').map(|part| part.parse().ok()).collect::<Option<Vec<u64>>>()?;
    if numbers.len() < 2 {
        return None;
    }
    numbers.resize(numbers.len().max(3), 0);
    let of = |pre: &str| pre.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect();
    Some((numbers, pre.map(of)))
}

/// The file with what was made here in the place of what was made before; a new file when there is none.
///
/// # Errors
/// What to add to a file that has no marks.
pub fn between_marks(existing: Option<&str>, made: &str) -> Result<String, String> {
    let made = format!("{BEGIN}\n{made}{END}\n");
    let Some(existing) = existing else { return Ok(format!("# Changelog\n\n{made}")) };
    let found = existing.find(BEGIN).and_then(|begin| Some((begin, begin + existing[begin..].find(END)? + END.len())));
    let Some((begin, end)) = found else {
        return Err(format!("it has no lines {BEGIN} and {END}: add them where the changes are to stand"));
    };
    let behind = existing[end..].strip_prefix("\r\n").or_else(|| existing[end..].strip_prefix('\n'));
    Ok(format!("{}{made}{}", &existing[..begin], behind.unwrap_or(&existing[end..])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(title: &str, kind: Kind, tag: &str, at: &str) -> Change {
        let text = include_str!("../../tests/fixtures/change.json");
        let mut change: Change = serde_json::from_str(text).unwrap();
        (change.title, change.kind, change.tags) = (title.into(), kind, vec![tag.into()]);
        change.links.clear();
        change.status = if at.is_empty() { Status::Draft } else { Status::Shipped };
        change.shipped_at = format!("{at}T08:00:00Z").parse().ok();
        change
    }

    fn changelog() -> Changelog {
        let mut changelog = Changelog::default();
        for (title, kind, tag, at) in [
            ("First", Kind::Feature, "v1.9.0", "2026-09-01"),
            ("*Second*", Kind::Fix, "v1.10.0", "2026-10-01"),
            ("Candidate", Kind::Fix, "v1.10.0-rc.1", "2026-09-20"),
            ("Third", Kind::Docs, "docs", "2026-10-03"),
            ("Soon", Kind::Security, "docs", ""),
        ] {
            changelog.add(&change(title, kind, tag, at));
        }
        changelog
    }

    #[test]
    fn versions_are_newest_first_and_months_too() {
        let text = changelog().write(Grouping::Version);
        let headings: Vec<_> = text.lines().filter(|line| line.starts_with("## ")).collect();
        let expected = ["## Unreleased", "## 1.10.0 - 2026-10-01", "## 1.9.0 - 2026-09-01"];
        assert_eq!(headings[..2], expected[..2]);
        assert_eq!((headings[2], headings[3]), ("## 1.10.0-rc.1 - 2026-09-20", expected[2]));
        assert!(text.contains("### Fixed\n\n- \\*Second\\* `"), "{text}");
        let text = changelog().write(Grouping::Month);
        let headings: Vec<_> = text.lines().filter(|line| line.starts_with("## ")).collect();
        assert_eq!(headings, ["## Unreleased", "## 2026-10", "## 2026-09"]);
    }

    #[test]
    fn what_stands_around_the_marks_stays() {
        let made = changelog().write(Grouping::Version);
        let new = between_marks(None, &made).unwrap();
        assert!(new.starts_with("# Changelog\n\n<!-- shipnote:begin -->\n## Unreleased"));
        let edited = new.replace("# Changelog", "# What changed") + "\nOlder: by hand.\n";
        assert_eq!(between_marks(Some(&edited), &made).unwrap(), edited);
        let less = between_marks(Some(&edited), "## 1.0.0\n").unwrap();
        assert!(less.ends_with("## 1.0.0\n<!-- shipnote:end -->\n\nOlder: by hand.\n"), "{less}");
        assert!(between_marks(Some("# Changelog\n"), &made).unwrap_err().contains("add them"));
    }
}
