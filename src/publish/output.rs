//! The folder a site is written to.
//!
//! It is ours when it is new, empty, or has our mark in it; any other folder is refused and nothing in it is touched. Each
//! file is whole or not there: it is written beside its place and renamed into it, and only when it differs from what is
//! there. What an earlier site had and this one has not is removed; what is not ours stays.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};

use crate::sys;

/// The file that marks a folder as ours and lists what we put there.
const MARK: &str = ".shipnote-site";
const MARK_HEAD: &str = "shipnote site 1: written by `shipnote publish`; the files below are its own";

/// A folder that is not ours.
#[derive(Debug, thiserror::Error)]
#[error("{} {reason}", .path.display())]
pub struct ForeignFolder {
    path: PathBuf,
    reason: &'static str,
}

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Files that are part of the site.
    pub files: u64,
    /// Files that were new or differed.
    pub changed: u64,
    /// Files of an earlier site that were removed.
    pub removed: u64,
}

/// A site being written; shared by the threads that write it.
#[derive(Debug)]
pub(super) struct Output {
    folder: PathBuf,
    before: BTreeSet<String>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    folders: BTreeSet<String>,
    files: HashSet<String>,
    changed: u64,
}

impl Output {
    /// Takes the folder, making it where there is none.
    ///
    /// # Errors
    /// [`ForeignFolder`] when it is not ours.
    pub(super) fn take(folder: &Path) -> Result<Self> {
        let foreign = |reason| anyhow::Error::from(ForeignFolder { path: folder.to_owned(), reason });
        match fs::symlink_metadata(folder) {
            Ok(found) if found.is_symlink() => return Err(foreign("is a symbolic link")),
            Ok(found) if !found.is_dir() => return Err(foreign("is there already and is not a folder")),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {
                fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
            }
            Err(error) => return Err(error).with_context(|| format!("cannot look into {}", folder.display())),
        }
        let mark = folder.join(MARK);
        let before = match fs::symlink_metadata(&mark) {
            Ok(found) if found.is_file() => read_mark(&mark)?.ok_or_else(|| foreign("has a foreign .shipnote-site"))?,
            _ => {
                let mut entries =
                    folder.read_dir().with_context(|| format!("cannot look into {}", folder.display()))?;
                if entries.next().is_some() {
                    return Err(foreign("is not empty and was not made by shipnote"));
                }
                // Ours from now on, even if this run is ended before its end.
                sys::files::replace(&mark, format!("{MARK_HEAD}\n").as_bytes())
                    .with_context(|| format!("cannot write into {}", folder.display()))?;
                BTreeSet::new()
            }
        };
        Ok(Self { folder: folder.to_owned(), before, state: Mutex::default() })
    }

    /// Puts a file at `path`, unless it is there with this content.
    pub(super) fn write(&self, path: &str, content: &[u8]) -> Result<()> {
        let full = self.folder.join(path);
        self.make_folder(path)?;
        let differs = !holds(&full, content);
        if differs {
            sys::files::replace(&full, content).with_context(|| format!("cannot write {}", full.display()))?;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.changed += u64::from(differs);
        state.files.insert(path.to_owned());
        Ok(())
    }

    /// Makes the folder of a file, once; a link in its place would lead out of the site.
    fn make_folder(&self, path: &str) -> Result<()> {
        let Some((folder, _)) = path.rsplit_once('/') else { return Ok(()) };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.folders.contains(folder) {
            return Ok(());
        }
        let mut full = self.folder.clone();
        for part in folder.split('/') {
            full.push(part);
            match fs::create_dir(&full) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    if !fs::symlink_metadata(&full)?.is_dir() {
                        return Err(ForeignFolder { path: full, reason: "is not a folder" }.into());
                    }
                }
                made => made.with_context(|| format!("cannot make the folder {}", full.display()))?,
            }
        }
        state.folders.insert(folder.to_owned());
        Ok(())
    }

    /// Removes what only the earlier site had, and writes down what this one has.
    pub(super) fn finish(self) -> Result<Written> {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let files: BTreeSet<String> = state.files.into_iter().collect();
        let mut removed = 0;
        for path in self.before.difference(&files) {
            removed += u64::from(remove(&self.folder, path)?);
        }
        let mut mark = format!("{MARK_HEAD}\n");
        for path in &files {
            mark.push_str(path);
            mark.push('\n');
        }
        if self.before != files {
            let path = self.folder.join(MARK);
            sys::files::replace(&path, mark.as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(Written { files: files.len() as u64, changed: state.changed, removed })
    }
}

/// The files an earlier run listed; `None` when the mark is not ours.
fn read_mark(mark: &Path) -> Result<Option<BTreeSet<String>>> {
    let text = sys::files::read_text(mark, u64::MAX - 1)?;
    let Some(rest) = text.strip_prefix(MARK_HEAD) else { return Ok(None) };
    Ok(Some(rest.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()))
}

fn holds(path: &Path, content: &[u8]) -> bool {
    let Ok(found) = fs::symlink_metadata(path) else { return false };
    if !found.is_file() || found.len() != content.len() as u64 {
        return false;
    }
    let mut held = Vec::with_capacity(content.len());
    fs::File::open(path).and_then(|mut file| file.read_to_end(&mut held)).is_ok() && held == content
}

/// Removes a file below `folder`, and the folders it leaves empty. A list that somebody tampered with reaches nothing else.
fn remove(folder: &Path, path: &str) -> Result<bool> {
    let relative = Path::new(path);
    let clean = relative.components().all(|part| matches!(part, Component::Normal(_)));
    let parents = || relative.ancestors().skip(1).filter(|parent| !parent.as_os_str().is_empty());
    let inside =
        clean && parents().all(|parent| fs::symlink_metadata(folder.join(parent)).is_ok_and(|found| found.is_dir()));
    if !inside {
        return Ok(false);
    }
    let full = folder.join(relative);
    match fs::remove_file(&full) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error).with_context(|| format!("cannot remove {}", full.display())),
    }
    for parent in parents() {
        // One that is not empty stays, which is what fails here.
        if fs::remove_dir(folder.join(parent)).is_err() {
            break;
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(folder: &Path, files: &[(&str, &str)]) -> Result<Written> {
        let output = Output::take(folder)?;
        for (path, content) in files {
            output.write(path, content.as_bytes())?;
        }
        output.finish()
    }

    fn text(path: &Path) -> String {
        fs::read_to_string(path).unwrap()
    }

    #[test]
    fn what_did_not_change_is_not_touched_and_what_is_gone_is_removed() {
        let work = tempfile::tempdir().unwrap();
        let out = work.path().join("deep/site");
        let first = site(&out, &[("index.html", "a"), ("tags/b/1.html", "b"), ("tags/c.html", "c")]).unwrap();
        assert_eq!(first, Written { files: 3, changed: 3, removed: 0 });
        sys::files::replace(&out.join("CNAME"), b"mine").unwrap();
        let touched = |name: &str| fs::metadata(out.join(name)).unwrap().modified().unwrap();
        let before = touched("index.html");

        let second = site(&out, &[("index.html", "a"), ("tags/c.html", "C")]).unwrap();
        assert_eq!(second, Written { files: 2, changed: 1, removed: 1 });
        assert_eq!(touched("index.html"), before);
        assert_eq!((text(&out.join("tags/c.html")), text(&out.join("CNAME"))), ("C".into(), "mine".into()));
        assert!(!out.join("tags/b").exists());
    }

    #[test]
    fn a_folder_of_somebody_elses_is_refused_and_left_alone() {
        let work = tempfile::tempdir().unwrap();
        let out = work.path().join("home");
        fs::create_dir(&out).unwrap();
        sys::files::replace(&out.join("thesis.txt"), b"years of work").unwrap();
        assert!(site(&out, &[("index.html", "a")]).unwrap_err().downcast_ref::<ForeignFolder>().is_some());
        assert_eq!(fs::read_dir(&out).unwrap().count(), 1);
        sys::files::replace(&out.join(MARK), b"thesis.txt\n").unwrap();
        assert!(site(&out, &[]).is_err());
        assert!(site(&out.join("thesis.txt"), &[]).is_err());
        assert_eq!(text(&out.join("thesis.txt")), "years of work");
    }

    #[cfg(unix)]
    #[test]
    fn links_and_lists_do_not_lead_out() {
        let work = tempfile::tempdir().unwrap();
        let (out, other) = (work.path().join("site"), work.path().join("other"));
        fs::create_dir(&other).unwrap();
        sys::files::replace(&other.join("a.html"), b"theirs").unwrap();
        std::os::unix::fs::symlink(&other, &out).unwrap();
        assert!(site(&out, &[("a.html", "ours")]).is_err());
        fs::remove_file(&out).unwrap();

        site(&out, &[("index.html", "a")]).unwrap();
        std::os::unix::fs::symlink(&other, out.join("tags")).unwrap();
        assert!(site(&out, &[("tags/a.html", "ours")]).is_err());
        let list = format!("{MARK_HEAD}\n../other/a.html\ntags/a.html\n/etc/hostname\n");
        sys::files::replace(&out.join(MARK), list.as_bytes()).unwrap();
        site(&out, &[("index.html", "a")]).unwrap();
        assert_eq!(text(&other.join("a.html")), "theirs");
    }
}
