//! CODEOWNERS: who owns a path.
//!
//! The rules of GitHub's file (<https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners>):
//! patterns as in gitignore without `!` and `[ ]`, and the last one that matches decides.

use std::collections::BTreeSet;
use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};

use crate::model::limit;
use crate::sys;

/// Where the file may stand; the first that is there counts.
const PLACES: [&str; 3] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];

/// Bytes of a pattern; a longer one is passed over.
const LONGEST_PATTERN: usize = 1024;

/// Patterns of paths, and who they belong to.
#[derive(Default)]
pub(super) struct Owners {
    rules: Vec<Rule>,
}

impl Owners {
    /// The file in the repository at `root`; empty where there is none.
    pub(super) fn read(root: &Path) -> Self {
        Self { rules: text(root).map(|text| rules(&text)).unwrap_or_default() }
    }

    /// Who owns most of the files: a team by its name without the organisation.
    pub(super) fn of_most(&self, files: &[String]) -> Option<String> {
        owner_of_most(&self.rules, files)
    }
}

impl FromIterator<(String, String)> for Owners {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        let rule = |(pattern, owner): (String, String)| Rule { globs: globs(&pattern), owners: vec![owner] };
        Self { rules: pairs.into_iter().map(rule).collect() }
    }
}

/// Every owner that the file in the repository at `root` names.
pub(super) fn names(root: &Path) -> Option<BTreeSet<String>> {
    Some(rules(&text(root)?).into_iter().flat_map(|rule| rule.owners).collect())
}

fn text(root: &Path) -> Option<String> {
    PLACES.iter().find_map(|place| sys::files::read_text(&root.join(place), limit::OWNERS).ok())
}

struct Rule {
    globs: Vec<GlobMatcher>,
    owners: Vec<String>,
}

fn rules(text: &str) -> Vec<Rule> {
    text.lines().filter_map(rule).collect()
}

fn rule(line: &str) -> Option<Rule> {
    let line = line.split_once(" #").map_or(line, |(line, _)| line).trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    // A space in a pattern is written `\ `.
    let line = line.replace("\\ ", "\0");
    let mut words = line.split_whitespace();
    let pattern = words.next()?.replace('\0', " ");
    let owners = words.map(|owner| name(owner).to_owned()).collect();
    Some(Rule { globs: globs(&pattern), owners })
}

/// `@shop/team-orders` → `team-orders`, `@oncall` → `oncall`; an address stays.
fn name(owner: &str) -> &str {
    match owner.strip_prefix('@') {
        Some(handle) => handle.rsplit('/').next().unwrap_or(handle),
        None => owner,
    }
}

fn globs(pattern: &str) -> Vec<GlobMatcher> {
    let folder = pattern.ends_with('/');
    let body = pattern.trim_matches('/');
    let anchored = pattern.trim_end_matches('/').contains('/');
    let start = if anchored { body.to_owned() } else { format!("**/{body}") };
    // `docs/*` means the files in the folder, `docs` also all that is below it.
    let below = folder || !body.rsplit('/').next().unwrap_or_default().contains('*');
    let mut patterns = Vec::new();
    if !folder {
        patterns.push(start.clone());
    }
    if below {
        patterns.push(format!("{start}/**"));
    }
    // `globset` panics at one whose automaton is too large.
    patterns.retain(|pattern| pattern.len() <= LONGEST_PATTERN);
    let compile = |pattern: &String| GlobBuilder::new(pattern).literal_separator(true).build().ok();
    patterns.iter().filter_map(compile).map(|glob| glob.compile_matcher()).collect()
}

fn owner_of_most(rules: &[Rule], files: &[String]) -> Option<String> {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for file in files {
        let matched = rules.iter().rev().find(|rule| rule.globs.iter().any(|glob| glob.is_match(file)));
        for owner in matched.into_iter().flat_map(|rule| &rule.owners) {
            match counts.iter_mut().find(|(known, _)| known == owner) {
                Some((_, count)) => *count += 1,
                None => counts.push((owner, 1)),
            }
        }
    }
    // The first of those with the most.
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map(|(owner, _)| owner.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(text: &str, file: &str) -> Option<String> {
        owner_of_most(&rules(text), &[file.to_owned()])
    }

    #[test]
    fn patterns_match_as_on_github() {
        for (pattern, file, expected) in [
            ("*", "a/b.py", true),
            ("*.py", "a/b.py", true),
            ("*.py", "a/b.rs", false),
            ("/build/logs/", "build/logs/x/y", true),
            ("/build/logs/", "src/build/logs/x", false),
            ("docs/*", "docs/a.md", true),
            ("docs/*", "docs/deep/a.md", false),
            ("apps/", "src/apps/a.py", true),
            ("/docs/", "docs/a/b.md", true),
            ("/apps/github", "apps/github/a.py", true),
            ("**/logs", "deep/logs/a", true),
            ("orders", "services/orders/api.py", true),
            ("orders", "services/orders2/api.py", false),
            ("my\\ file.md", "my file.md", true),
        ] {
            assert_eq!(owner(&format!("{pattern} @o"), file).is_some(), expected, "{pattern} {file}");
        }
    }

    #[test]
    fn the_last_match_decides_and_most_files_win() {
        let text =
            "# owners\n* @shop/team-platform\n/services/orders/ @shop/team-orders # the team\n/services/orders/gen/\n";
        assert_eq!(owner(text, "services/orders/api.py").as_deref(), Some("team-orders"));
        assert_eq!(owner(text, "services/orders/gen/a.py"), None);
        let files = ["README.md", "services/orders/a.py", "services/orders/b.py"].map(str::to_owned);
        assert_eq!(owner_of_most(&rules(text), &files).as_deref(), Some("team-orders"));
        assert_eq!(owner_of_most(&rules(text), &files[..2]).as_deref(), Some("team-platform"), "a tie: the first");
    }
}
