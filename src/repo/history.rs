//! The history of one file: the names it had, and the commit that last changed a line.
//!
//! Only committed versions are given to git: for a file of the work tree it would run the filters that a repository's
//! configuration names.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use chrono::DateTime;

use super::{commit, lines, message, path};
use crate::model::{Timestamp, limit};
use crate::sys::files;
use crate::sys::git::{self, Answer};

/// A path inside a repository. Whether git knows a file there is another question: it may be deleted, or not committed yet.
#[derive(Debug)]
pub struct TrackedFile {
    folder: PathBuf,
    root: PathBuf,
    path: String,
}

/// Where a line comes from.
#[derive(Debug, PartialEq, Eq)]
pub enum LineOrigin {
    /// A commit changed it last.
    Commit(LastChange),
    /// It stands in the work tree alone.
    Uncommitted,
    /// The file has only so many lines.
    OutOfRange(usize),
    /// There is no such file, neither here nor committed.
    NoFile,
}

/// The commit that changed a line last.
#[derive(Debug, PartialEq, Eq)]
pub struct LastChange {
    /// Its whole hash.
    pub hash: String,
    /// When its author wrote it; absent where the commit has no real date.
    pub at: Option<Timestamp>,
    /// The first line of its message.
    pub subject: String,
    /// The records its trailers `Change-Record` name, the last one first, as they are written there.
    pub records: Vec<String>,
}

impl TrackedFile {
    /// The path `typed` in `folder`, in the repository around `folder`; `None` where there is no repository, no git, or the
    /// path leads out of it.
    pub fn find(folder: &Path, typed: &Path) -> Option<Self> {
        let root = commit::place(folder).ok()?.root;
        let path = path::from_root(&root, folder, typed)?;
        Some(Self { folder: folder.to_owned(), root, path })
    }

    /// The root of the repository.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The path from the root.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The names it had before, newest first; none when git knows nothing of it. What it was copied from was another file
    /// and is not among them.
    ///
    /// # Errors
    /// When git could not be started.
    pub fn earlier_names(&self) -> Result<Vec<String>> {
        let options = ["log", "--follow", "-z", "--name-status", "--no-relative", "--no-ext-diff", "--no-textconv"];
        let rest = ["--no-show-signature", "--no-diff-merges", "--format=", "--end-of-options", "HEAD"];
        match self.git(&[&options[..], &rest].concat())? {
            Answer::Printed(bytes) => Ok(renamed_from(&bytes, &self.path)),
            Answer::Refused(_) => Ok(Vec::new()),
        }
    }

    /// Where line `number` (from 1) of the file comes from: as it is in the work tree, else as it was committed.
    ///
    /// # Errors
    /// When the file is larger than 16 MiB or cannot be read, and when git does not tell.
    pub fn origin(&self, number: usize) -> Result<LineOrigin> {
        let (present, committed) = (self.present()?, self.committed()?);
        let Some(text) = present.as_ref().or(committed.as_ref()) else { return Ok(LineOrigin::NoFile) };
        let here = lines::split(text);
        if !(1..=here.len()).contains(&number) {
            return Ok(LineOrigin::OutOfRange(here.len()));
        }
        let Some(committed) = &committed else { return Ok(LineOrigin::Uncommitted) };
        match lines::committed_line(&lines::split(committed), &here, number) {
            Some(number) => Ok(LineOrigin::Commit(self.blame(number)?)),
            None => Ok(LineOrigin::Uncommitted),
        }
    }

    /// The file in the work tree; a link or a pipe is none.
    fn present(&self) -> Result<Option<Vec<u8>>> {
        let place = self.root.join(&self.path);
        if !place.symlink_metadata().is_ok_and(|entry| entry.is_file()) {
            return Ok(None);
        }
        files::read_bytes(&place, limit::SOURCE).map(Some)
    }

    /// The file as HEAD has it, as git stores it.
    fn committed(&self) -> Result<Option<Vec<u8>>> {
        let list = ["--literal-pathspecs", "ls-tree", "-l", "-z", "--full-tree", "HEAD", "--", &self.path];
        let listed = match git::run(&self.folder, &list)? {
            Answer::Printed(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Answer::Refused(said) => match git::run(&self.folder, &["rev-parse", "--verify", "--quiet", "HEAD"])? {
                Answer::Printed(_) => return Err(self.not_there(&said)),
                Answer::Refused(_) => return Ok(None),
            },
        };
        let Some((object, size)) = regular_file(&listed) else { return Ok(None) };
        let bytes: u64 = size.parse().map_err(|_| self.not_there("the repository holds a part of its objects"))?;
        if bytes > limit::SOURCE {
            bail!("{} is larger than {} bytes", self.path, limit::SOURCE);
        }
        match git::run(&self.folder, &["cat-file", "blob", object])? {
            Answer::Printed(bytes) => Ok(Some(bytes)),
            Answer::Refused(said) => Err(self.not_there(&said)),
        }
    }

    fn not_there(&self, said: &str) -> anyhow::Error {
        anyhow::anyhow!("git cannot read {} as it was committed: {said}", self.path)
    }

    /// The commit that last changed line `number` of the committed version.
    fn blame(&self, number: usize) -> Result<LastChange> {
        let range = format!("{number},{number}");
        let printed = match self.git(&["blame", "--porcelain", "--no-textconv", "-L", &range, "HEAD"])? {
            Answer::Printed(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Answer::Refused(said) => bail!("git blame says nothing of line {number} of {}: {said}", self.path),
        };
        let blamed = |name: &str| printed.lines().find_map(|line| line.strip_prefix(name));
        let hash = printed.split(' ').next().unwrap_or_default();
        let seconds = blamed("author-time ").and_then(|text| text.trim().parse().ok());
        let commit = commit::read(&self.folder, hash)?.pop().context("git blame names no commit")?;
        let text = commit.message.trim_start_matches('\n');
        Ok(LastChange {
            at: seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0)).and_then(Timestamp::new),
            subject: text.lines().next().unwrap_or_default().to_owned(),
            records: message::records(text),
            hash: commit.hash,
        })
    }

    /// Git on this file. Its path is given whole, so that it is no option and means the same in every folder.
    fn git(&self, args: &[&str]) -> Result<Answer> {
        let place = self.root.join(&self.path);
        let place = place.to_str().context("the path of the repository is not UTF-8")?;
        git::run(&self.folder, &[&["--literal-pathspecs"], args, &["--", place]].concat())
    }
}

/// The object and the size in bytes, no number where the object is missing, of an entry of `ls-tree -l`: `100644 blob HASH    12\tpath`; `None` for a folder, a link
/// or a submodule.
fn regular_file(listed: &str) -> Option<(&str, &str)> {
    let (entry, _) = listed.split_once('\t')?;
    let fields: Vec<_> = entry.split_whitespace().collect();
    match fields[..] {
        [mode, "blob", object, bytes] if mode.starts_with("100") => Some((object, bytes)),
        _ => None,
    }
}

/// The names before the present one, from `--name-status -z`, newest first: `R100`, old, new, or another status and one path.
fn renamed_from(printed: &[u8], present: &str) -> Vec<String> {
    let mut fields = printed.split(|byte| *byte == 0).filter(|field| !field.is_empty());
    let mut names = Vec::new();
    while let Some(status) = fields.next() {
        match status.trim_ascii_start().first() {
            // Commits before a copy are those of the file it was copied from.
            None | Some(b'C') => break,
            Some(b'R') => {
                let Some(old) = fields.next() else { break };
                let old = commit::one_line(old);
                fields.next();
                if old != present && !names.contains(&old) {
                    names.push(old);
                }
            }
            Some(_) => {
                fields.next();
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_from_what_git_prints() {
        let names = |printed: &str| renamed_from(printed.as_bytes(), "new.py");
        assert_eq!(
            names("M\0new.py\0R100\0R1 a\0new.py\0M\0R1 a\0R075\0old.py\0R1 a\0A\0old.py\0"),
            ["R1 a", "old.py"]
        );
        assert_eq!(names("R100\0new.py\0old.py\0R100\0old.py\0new.py\0A\0old.py\0"), ["old.py"]);
        assert_eq!(names("R100\0mid.py\0new.py\0C090\0other.py\0mid.py\0R100\0first.py\0other.py\0"), ["mid.py"]);
        assert_eq!(names("A\0new.py\0"), [""; 0]);
        assert_eq!(names(""), [""; 0]);
        assert_eq!(names("R100\0"), [""; 0]);
    }

    #[test]
    fn only_files_have_lines() {
        assert_eq!(regular_file("100644 blob ab12      12\ta\tb.py\0"), Some(("ab12", "12")));
        for other in ["120000 blob ab12 12\tlink\0", "040000 tree ab12 -\tsrc\0", "160000 commit ab12 -\tmodule\0", ""]
        {
            assert_eq!(regular_file(other), None, "{other}");
        }
    }
}
