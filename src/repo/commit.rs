//! Commits and the files they touched, as git prints them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::sys::git::{self, Answer};

/// Where a repository is and what is checked out.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) root: PathBuf,
    /// Absent when no branch is checked out.
    pub(super) branch: Option<String>,
}

/// One commit.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Commit {
    pub(super) hash: String,
    /// The author's name, by `.mailmap`.
    pub(super) author: String,
    /// When it was committed, RFC 3339.
    pub(super) at: String,
    pub(super) message: String,
}

/// Where the repository around `folder` is.
pub(super) fn place(folder: &Path) -> Result<Place> {
    let root = git::run(folder, &["rev-parse", "--show-toplevel"])?.text().with_context(|| {
        format!("there is no git repository at {}: run this inside one, or give the fields as flags", folder.display())
    })?;
    // Unlike rev-parse this also answers where there is no commit yet.
    let branch = git::run(folder, &["symbolic-ref", "--quiet", "--short", "HEAD"])?.text();
    let line = |text: String| text.trim_end_matches('\n').to_owned();
    Ok(Place { root: line(root).into(), branch: branch.map(line).filter(|branch| !branch.is_empty()) })
}

/// The commits of a revision or range, oldest first; never none.
pub(super) fn read(folder: &Path, rev: &str) -> Result<Vec<Commit>> {
    ensure!(!rev.is_empty(), "no revision is named: give one, for instance HEAD");
    ensure!(!rev.starts_with('-'), "`{rev}` is not a revision: name a commit or a range A..B");
    let mut args = vec!["log", "-z", "--no-patch", "--no-show-signature", "--format=%H%n%aN%n%cI%n%B"];
    if !is_range(rev) {
        args.push("--max-count=1");
    }
    args.extend(["--end-of-options", rev, "--"]);
    let printed = match git::run(folder, &args)? {
        Answer::Printed(bytes) => bytes,
        Answer::Refused(said) => return Err(unknown(folder, rev, &said)),
    };
    let mut commits: Vec<_> = printed.split(|byte| *byte == 0).filter_map(parse).collect();
    if commits.is_empty() {
        bail!("there are no commits in {rev}: name a range that has some, older..newer");
    }
    commits.reverse();
    Ok(commits)
}

fn is_range(rev: &str) -> bool {
    rev.contains("..")
}

fn parse(bytes: &[u8]) -> Option<Commit> {
    let text = String::from_utf8_lossy(bytes);
    let mut parts = text.trim_start_matches('\n').splitn(4, '\n').map(str::to_owned);
    let (hash, author, at) = (parts.next()?, parts.next()?, parts.next()?);
    Some(Commit { hash, author, at, message: parts.next().unwrap_or_default() })
}

fn unknown(folder: &Path, rev: &str, said: &str) -> anyhow::Error {
    let head = git::run(folder, &["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]);
    match head {
        Ok(Answer::Refused(_)) => {
            anyhow::anyhow!("the repository has no commits yet: commit first, or give the fields as flags")
        }
        _ => anyhow::anyhow!("git knows no revision `{rev}`: `git log` lists those there are ({said})"),
    }
}

/// The paths that a revision or range touched, relative to the root: for a merge against its first parent, for a rename
/// both. What is not UTF-8 is shown as U+FFFD.
pub(super) fn files(folder: &Path, rev: &str) -> Result<Vec<String>> {
    let mut args = vec![
        "log",
        "-z",
        "--name-only",
        "--no-renames",
        "--no-relative",
        "--no-ext-diff",
        "--no-textconv",
        "--no-show-signature",
        "--diff-merges=first-parent",
        "--format=",
    ];
    if is_range(rev) {
        args.push("--reverse");
    } else {
        args.push("--max-count=1");
    }
    args.extend(["--end-of-options", rev, "--"]);
    let Answer::Printed(bytes) = git::run(folder, &args)? else { return Ok(Vec::new()) };
    let mut seen = std::collections::HashSet::new();
    Ok(bytes
        .split(|byte| *byte == 0)
        .filter(|path| !path.is_empty())
        .map(one_line)
        .filter(|path| seen.insert(path.clone()))
        .collect())
}

/// A path as one line: a line break in a name is shown as its escape, the rest as it is.
pub(super) fn one_line(path: &[u8]) -> String {
    String::from_utf8_lossy(path).replace('\n', "\\n").replace('\r', "\\r")
}
