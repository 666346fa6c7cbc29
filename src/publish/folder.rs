//! The folder of a site, before and after it is written: whose it is, one publisher at a time, and a new site in its place.
//!
//! It is ours when it is new, empty, or has our mark in it; any other folder is refused and nothing in it is touched. A site
//! that is made anew goes to a folder beside it, which is exchanged with it when it is whole. In a folder of ours, the names
//! of [`OWNED`] are ours; what else stands there (`CNAME`, `.git`) is the user's and stays.

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use super::cache::Cache;
use crate::sys;

/// The file that marks a folder as ours.
const MARK: &str = ".shipnote-site";
const MARK_HEAD: &str = "shipnote site";
const MARK_TEXT: &str =
    "shipnote site: written by `shipnote publish`, which may replace everything it has made here.\n";

/// The file with the digests of what is there, see [`super::cache`]. It is not there while files change.
const PAGES: &str = ".shipnote-pages";

/// How names of files begin that are being written, see [`sys::files::replace`].
const TEMPORARY: &str = ".shipnote-";

/// What a site consists of, at its top.
pub(super) const OWNED: [&str; 21] = [
    MARK,
    PAGES,
    "404.html",
    "assets",
    "atom.xml",
    "changes",
    "environments",
    "feed.json",
    "files",
    "index.html",
    "index.md",
    "kinds",
    "llms.txt",
    "metrics",
    "months",
    "owners",
    "runbooks",
    "search",
    "services",
    "sitemap.xml",
    "tags",
];

/// How long another publisher is waited for, in pauses of [`PAUSE`].
const PAUSES: u32 = 1_200;
const PAUSE: Duration = Duration::from_millis(50);

/// A folder that is not ours to write to.
#[derive(Debug, thiserror::Error)]
#[error("{} {reason}", .path.display())]
pub struct ForeignFolder {
    path: PathBuf,
    reason: &'static str,
}

impl ForeignFolder {
    /// As an error.
    #[allow(clippy::new_ret_no_self, reason = "it is only ever wanted as an error")]
    pub(super) fn new(path: &Path, reason: &'static str) -> anyhow::Error {
        Self { path: path.to_owned(), reason }.into()
    }
}

/// Folders that are never written to, and the project, inside of which no link may lead to another place.
#[derive(Debug, Clone, Default)]
pub struct Protected {
    /// The user's home.
    pub home: Option<PathBuf>,
    /// The folder of `shipnote.toml`.
    pub project: Option<PathBuf>,
}

/// A folder that is ours, and only ours as long as this lives.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// What is there and whole.
    cache: Option<Cache>,
    /// The lock goes with it; absent where folders cannot be locked.
    _lock: Option<File>,
}

impl Folder {
    /// Takes the folder, waiting for another publisher to end.
    ///
    /// # Errors
    /// [`ForeignFolder`] when it is not ours; nothing was touched then.
    pub(super) fn take(path: &Path, protected: &Protected) -> Result<Self> {
        refuse_protected(path, protected)?;
        let parent = path.parent().context("the site needs a folder of its own")?;
        fs::create_dir_all(parent).with_context(|| format!("cannot make the folder {}", parent.display()))?;
        let lock = lock(parent, path)?;
        let folder = Self { path: path.to_owned(), cache: None, _lock: lock };
        folder.recover()?;
        folder.refuse_foreign()?;
        let cache = Cache::read(&path.join(PAGES)).filter(|_| path.join(MARK).is_file());
        Ok(Self { cache, ..folder })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn cache(&self) -> Option<&Cache> {
        self.cache.as_ref()
    }

    /// Forgets what is there: every file will be written.
    pub(super) fn forget(&mut self) {
        self.cache = None;
    }

    /// The file of the cache.
    pub(super) fn pages(folder: &Path) -> PathBuf {
        folder.join(PAGES)
    }

    fn refuse_foreign(&self) -> Result<()> {
        let foreign = |reason| ForeignFolder::new(&self.path, reason);
        match fs::symlink_metadata(&self.path) {
            Ok(found) if found.is_symlink() => return Err(foreign("is a symbolic link")),
            Ok(found) if !found.is_dir() => return Err(foreign("is there already and is not a folder")),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error).with_context(|| format!("cannot look into {}", self.path.display())),
        }
        if is_marked(&self.path) {
            return Ok(());
        }
        let mut entries =
            fs::read_dir(&self.path).with_context(|| format!("cannot look into {}", self.path.display()))?;
        match entries.next() {
            None => Ok(()),
            Some(_) if self.path.join(MARK).exists() => Err(foreign("has a foreign .shipnote-site")),
            Some(_) => Err(foreign("is not empty and was not made by shipnote")),
        }
    }

    /// Whether a folder beside this one can take its place: it is no mount point.
    pub(super) fn can_be_exchanged(&self) -> bool {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let device = |path: &Path| fs::metadata(path).map(|found| found.dev()).ok();
            let parent = self.path.parent().and_then(device);
            device(&self.path).is_none_or(|own| Some(own) == parent)
        }
        #[cfg(not(unix))]
        true
    }

    /// The folder a site is made in before it takes this one's place.
    pub(super) fn beside(&self) -> PathBuf {
        self.sibling("new")
    }

    fn sibling(&self, what: &str) -> PathBuf {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        self.path.with_file_name(format!(".{name}.shipnote-{what}"))
    }

    /// Makes the folder beside, empty but for the mark.
    pub(super) fn make_beside(&self) -> Result<PathBuf> {
        let beside = self.beside();
        fs::create_dir(&beside).with_context(|| format!("cannot make the folder {}", beside.display()))?;
        mark(&beside)?;
        Ok(beside)
    }

    /// Marks the folder as ours, making it where there is none.
    pub(super) fn claim(&self) -> Result<()> {
        fs::create_dir_all(&self.path).with_context(|| format!("cannot make the folder {}", self.path.display()))?;
        if is_marked(&self.path) { Ok(()) } else { mark(&self.path) }
    }

    /// Puts the folder beside in this one's place, and takes away what was there.
    pub(super) fn exchange(&self) -> Result<()> {
        let (new, old) = (self.beside(), self.sibling("old"));
        let failed = || format!("cannot put the new site in the place of {}", self.path.display());
        if !self.path.exists() {
            return fs::rename(&new, &self.path).with_context(failed);
        }
        if exchange(&new, &self.path).is_err() {
            fs::rename(&self.path, &old).with_context(failed)?;
            fs::rename(&new, &self.path).with_context(failed)?;
        }
        self.recover()
    }

    /// Takes away what an exchange left, this one's or that of a publisher that was ended in the middle.
    fn recover(&self) -> Result<()> {
        let (new, old) = (self.sibling("new"), self.sibling("old"));
        if !self.path.exists() && is_marked(&old) {
            fs::rename(&old, &self.path).with_context(|| format!("cannot bring back {}", self.path.display()))?;
        }
        for left in [new, old] {
            if !fs::symlink_metadata(&left).is_ok_and(|found| found.is_dir()) {
                continue;
            }
            if !is_marked(&left) && !holds_nothing(&left) {
                return Err(ForeignFolder::new(&left, "is in the way of a new site and not made by shipnote"));
            }
            self.keep_what_is_the_users(&left)?;
            take_away(&left).with_context(|| format!("cannot remove {}", left.display()))?;
        }
        Ok(())
    }

    fn keep_what_is_the_users(&self, old: &Path) -> Result<()> {
        for entry in fs::read_dir(old).with_context(|| format!("cannot look into {}", old.display()))? {
            let name = entry.with_context(|| format!("cannot look into {}", old.display()))?.file_name();
            // What a writer that was ended left behind begins like our own.
            let ours = name.to_str().is_some_and(|name| OWNED.contains(&name) || name.starts_with(TEMPORARY));
            if ours {
                continue;
            }
            let (from, to) = (old.join(&name), self.path.join(&name));
            if fs::symlink_metadata(&to).is_err() {
                fs::create_dir_all(&self.path)?;
                fs::rename(&from, &to)
                    .with_context(|| format!("cannot move {} to {}", from.display(), to.display()))?;
            }
        }
        Ok(())
    }
}

/// Whether there is nothing in a folder, or only a mark that was being written.
fn holds_nothing(folder: &Path) -> bool {
    let temporary = |name: &str| name.starts_with(TEMPORARY) && !OWNED.contains(&name);
    fs::read_dir(folder).is_ok_and(|entries| {
        entries.into_iter().all(|entry| entry.is_ok_and(|entry| entry.file_name().to_str().is_some_and(temporary)))
    })
}

/// Removes a marked folder, the mark last: who is ended in the middle leaves one that the next publisher knows as ours.
pub(super) fn take_away(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else if entry.file_name() != MARK {
            fs::remove_file(entry.path())?;
        }
    }
    fs::remove_dir_all(folder)
}

fn refuse_protected(path: &Path, protected: &Protected) -> Result<()> {
    let foreign = |path: &Path, reason| Err(ForeignFolder::new(path, reason));
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if real.parent().is_none() {
        return foreign(path, "is the root of the file system");
    }
    let holds = |inner: &Option<PathBuf>| {
        inner.as_ref().is_some_and(|inner| inner.canonicalize().unwrap_or_else(|_| inner.clone()).starts_with(&real))
    };
    if holds(&protected.project) {
        return foreign(path, "is or holds the project");
    }
    if holds(&protected.home) {
        return foreign(path, "is or holds your home folder");
    }
    if fs::symlink_metadata(path.join(".git")).is_ok() && !is_marked(path) {
        return foreign(path, "is a repository");
    }
    let Some(project) = &protected.project else { return Ok(()) };
    let Ok(inside) = path.strip_prefix(project) else { return Ok(()) };
    let mut step = project.clone();
    for part in inside.parent().into_iter().flat_map(Path::components) {
        step.push(part);
        if fs::symlink_metadata(&step).is_ok_and(|found| found.is_symlink()) {
            return foreign(&step, "is a symbolic link");
        }
    }
    Ok(())
}

fn is_marked(folder: &Path) -> bool {
    let mark = folder.join(MARK);
    fs::symlink_metadata(&mark).is_ok_and(|found| found.is_file())
        && fs::read(&mark).is_ok_and(|text| text.starts_with(MARK_HEAD.as_bytes()))
}

fn mark(folder: &Path) -> Result<()> {
    sys::files::replace(&folder.join(MARK), MARK_TEXT.as_bytes())
        .with_context(|| format!("cannot write into {}", folder.display()))
}

/// Locks the folder a site stands in. Where a folder cannot be opened or locked, nobody else can either.
fn lock(parent: &Path, path: &Path) -> Result<Option<File>> {
    let Ok(file) = File::open(parent) else { return Ok(None) };
    for _ in 0..PAUSES {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            Err(TryLockError::Error(_)) => return Ok(None),
        }
    }
    Err(ForeignFolder::new(path, "has been written to by another publisher for a minute"))
}

/// Exchanges two folders in one step, where the system can.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn exchange(one: &Path, other: &Path) -> Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn exchange(_one: &Path, _other: &Path) -> Result<()> {
    anyhow::bail!("this system exchanges no folders")
}
