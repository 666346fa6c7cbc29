//! Headings of versions.

use chrono::NaiveDate;

use crate::model::Timestamp;

/// A version as its heading names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version {
    /// `1.2.3`, or `unreleased`.
    pub(super) name: String,
    /// What it is a version of, where the heading names that, too.
    pub(super) package: Option<String>,
    /// When it was released, where that stands there.
    pub(super) date: Option<Timestamp>,
    pub(super) is_released: bool,
}

/// Words that may stand before a version.
const BEFORE: [&str; 4] = ["version", "release", "released", "v"];

/// The version that a heading names first; `None` for a heading of something else.
pub(super) fn version_of(heading: &str) -> Option<Version> {
    let words: Vec<&str> = heading.split_whitespace().map(bare).filter(|word| !word.is_empty()).collect();
    let first = words.first()?.to_lowercase();
    let unreleased = ["unreleased", "upcoming", "next", "head", "main"].contains(&first.as_str()) && words.len() <= 4;
    if unreleased || words.len() <= 3 && heading.to_lowercase().contains("unreleased") && name_of(&first).is_none() {
        return Some(Version { name: "unreleased".to_owned(), package: None, date: None, is_released: false });
    }
    let at = usize::from(BEFORE.contains(&first.as_str()));
    let named = words.get(at).and_then(|word| name_of(word));
    // `package 1.2.3`: nothing but a date may follow.
    let behind = || {
        let name = words.get(1).and_then(|word| name_of(word))?;
        (words.len() == 2 || date_in(heading).is_some()).then_some(name)
    };
    let package = match &named {
        Some(name) => words.get(at).and_then(|word| word.strip_suffix(name.as_str())).map(package_of),
        None => words.first().copied(),
    };
    let package = package.filter(|name| !name.is_empty() && name.len() <= 64).map(str::to_owned);
    let name = named.or_else(behind)?;
    let is_released = !heading.to_lowercase().contains("unreleased");
    Some(Version { name, package, date: date_in(heading), is_released })
}

/// `package` of `package-v` and `package@`.
fn package_of(before: &str) -> &str {
    before.strip_suffix(['v', 'V']).unwrap_or(before).trim_end_matches(['-', '@', '/'])
}

/// A word without the brackets and marks around it; of a link in brackets its text.
fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

/// `v1.2.3-rc.1` → `1.2.3-rc.1`; `package-v1.2` and `package@1.2` likewise. A day is none.
fn name_of(word: &str) -> Option<String> {
    let word = word.rsplit(['@', '/']).next()?;
    let start = match word.find(|c: char| c.is_ascii_digit())? {
        0 => 0,
        at if matches!(&word[..at], "v" | "V") || word[..at].ends_with("-v") || word[..at].ends_with('-') => at,
        _ => return None,
    };
    let version = word[start..].split(['(', ')', '[', ']', ',', ':']).next()?.trim_end_matches('.');
    let numbers: Vec<_> = version.split(['-', '+']).next()?.split('.').collect();
    let plain = numbers.len() >= 2
        && numbers.iter().all(|number| (1..=9).contains(&number.len()) && number.bytes().any(|b| b.is_ascii_digit()));
    (plain && version.len() <= 64 && date_in(version).is_none()).then(|| version.to_owned())
}

/// The first date in a text: `2024-01-31` also with `/` and `.`, `January 31st, 2024`, `31 Jan 2024`.
pub(super) fn date_in(text: &str) -> Option<Timestamp> {
    let words: Vec<String> = text
        .split(|c: char| c.is_whitespace() || "()[]_*,–—".contains(c))
        .map(|word| word.trim_matches(|c: char| !c.is_ascii_alphanumeric()).to_lowercase())
        .filter(|word| !word.is_empty())
        .collect();
    let by_numbers = |word: &String| {
        let word = word.replace(['/', '.'], "-");
        let parts: Vec<_> = word.split('-').collect();
        let [year, month, day] = parts[..] else { return None };
        (year.len() == 4).then(|| date(year, month.parse().ok()?, day)).flatten()
    };
    let by_name = |window: &[String]| {
        let [one, two, year] = window else { return None };
        month(one).and_then(|month| date(year, month, two)).or_else(|| date(year, month(two)?, one))
    };
    words.iter().find_map(by_numbers).or_else(|| words.windows(3).find_map(by_name))
}

fn month(word: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let known = word.len() >= 3 && word.bytes().all(|byte| byte.is_ascii_alphabetic());
    (1..).zip(MONTHS).find(|(_, name)| known && word.starts_with(name)).map(|(number, _)| number)
}

fn date(year: &str, month: u32, day: &str) -> Option<Timestamp> {
    let day = day.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let year: i32 = year.parse().ok().filter(|year| (1970..=2100).contains(year))?;
    let date = NaiveDate::from_ymd_opt(year, month, day.parse().ok()?)?;
    Timestamp::new(date.and_hms_opt(0, 0, 0)?.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_of_versions() {
        for (heading, name, day) in [
            ("[1.2.3] - 2024-01-31", "1.2.3", "2024-01-31"),
            ("v0.3.0 (31 Jan 2024)", "0.3.0", "2024-01-31"),
            ("1.12.2 (November 17th, 2026)", "1.12.2", "2026-11-17"),
            ("Version 4.5", "4.5", ""),
            ("[0.10.4] — 2026-11-15", "0.10.4", "2026-11-15"),
            ("orders 2.0.0-rc.1", "2.0.0-rc.1", ""),
            ("orders-v2.0.0 - 2024/02/03", "2.0.0", "2024-02-03"),
            ("Release 1.0.0", "1.0.0", ""),
            ("Unreleased", "unreleased", ""),
            ("[Unreleased] - ReleaseDate", "unreleased", ""),
            ("1.0.1, 2026.10.12", "1.0.1", "2026-10-12"),
        ] {
            let found = version_of(heading).unwrap_or_else(|| panic!("{heading}"));
            let found_day = found.date.map(|at| at.day()).unwrap_or_default();
            assert_eq!((found.name.as_str(), found_day.as_str()), (name, day), "{heading}");
            assert_eq!(found.is_released, name != "unreleased", "{heading}");
        }
        for (heading, package) in [
            ("signal-hook-registry-1.4.5", Some("signal-hook-registry")),
            ("orders@v2.0.0", Some("orders")),
            ("orders 2.0.0", Some("orders")),
            ("v2.0.0", None),
            ("Version 2.0.0", None),
        ] {
            assert_eq!(version_of(heading).unwrap().package.as_deref(), package, "{heading}");
        }
        for heading in ["Changelog", "Upgrade to 2.0", "Added", "2024-01-31", "Breaking changes in 2.0", "New", ""] {
            assert_eq!(version_of(heading), None, "{heading}");
        }
    }
}
