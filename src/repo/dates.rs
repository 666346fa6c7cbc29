//! When files and versions came to be, by git.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::commit::place;
use crate::model::{Timestamp, limit};
use crate::sys::git;

/// When each path below `folder` was committed first, by its path on this machine.
///
/// # Errors
/// No git, no repository.
pub fn first_commits(folder: &Path) -> Result<HashMap<PathBuf, Timestamp>> {
    let root = place(folder)?.root;
    let mut found = HashMap::new();
    let mut at = None;
    let args = ["log", "-z", "--diff-filter=A", "--name-only", "--no-renames", "--no-relative", "--no-ext-diff"];
    let rest = ["--no-textconv", "--no-show-signature", "--no-color", "--format=/%cI", "HEAD", "--", "."];
    // Newest first: the first commit is the last that is said.
    git::stream(folder, &[&args[..], &rest].concat(), limit::LINE, &mut |word| {
        let text = String::from_utf8_lossy(word);
        match text.strip_prefix('/') {
            Some(date) => at = date.trim().parse().ok(),
            None => _ = at.map(|at| found.insert(root.join(text.trim_start_matches('\n')), at)),
        }
        Ok(())
    })?;
    Ok(found)
}

/// When the tags of versions were made, by the version without a `v` before it.
///
/// # Errors
/// No git.
pub fn tag_dates(folder: &Path) -> Result<HashMap<String, Timestamp>> {
    let format = "--format=%(refname:strip=2) %(creatordate:iso-strict)";
    let tags = git::run(folder, &["for-each-ref", format, "refs/tags"])?.text().unwrap_or_default();
    let tag = |line: &str| {
        let (name, at) = line.rsplit_once(' ')?;
        // `v1.2.3`, `package-1.2.3`, `package/v1.2.3`
        let version = name.rsplit(['/', '@']).next()?;
        let version = version.find(|c: char| c.is_ascii_digit()).map(|start| &version[start..])?;
        Some((version.to_owned(), at.parse().ok()?))
    };
    Ok(tags.lines().filter_map(tag).collect())
}
