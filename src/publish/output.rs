//! The files of a site as they are written, by several threads.
//!
//! A site is made anew in a folder beside its own, or brought up to date where it is. There, only files that differ from
//! what the cache says are written, each beside its place. Those that are new go there at once; those that were there are
//! exchanged when all of the new ones are, and what is no longer part of the site is removed last. So at any moment each file
//! is whole, and a link of a page that can be reached leads to a page.

use std::collections::HashSet;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, Once, PoisonError};

use anyhow::{Context, Result, ensure};
use tempfile::TempPath;

use super::cache::{self, Changed, Digest, Stamp};
use super::folder::{Folder, ForeignFolder, OWNED, take_away};
use crate::sys;

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Files that are part of the site.
    pub files: u64,
    /// Files that were new or differed.
    pub changed: u64,
    /// Files that were removed.
    pub removed: u64,
}

/// How files get to their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// All of them into a new folder, which takes the place of the old one.
    Anew,
    /// Those that differ, into the folder that is there.
    Update,
    /// All of them into the folder that is there; it cannot be exchanged.
    Over,
}

/// A site being written; shared by the threads that write it.
#[derive(Debug)]
pub(super) struct Output {
    folder: Folder,
    /// Where files are written to.
    place: PathBuf,
    mode: Mode,
    state: Mutex<State>,
    /// The cache goes away before the first file changes: a run that is ended in the middle leaves none.
    started: Once,
}

#[derive(Debug, Default)]
struct State {
    folders: HashSet<String>,
    pages: Vec<(Digest, Digest)>,
    changed: u64,
    /// Files that are to be exchanged, with their places.
    staged: Vec<(TempPath, PathBuf)>,
    removed: Vec<String>,
}

impl Output {
    /// A site to be made anew.
    pub(super) fn anew(folder: Folder) -> Result<Self> {
        let (mode, place) = if folder.can_be_exchanged() {
            (Mode::Anew, folder.make_beside()?)
        } else {
            folder.claim()?;
            (Mode::Over, folder.path().to_owned())
        };
        Ok(Self { folder, place, mode, state: Mutex::default(), started: Once::new() })
    }

    /// A site to be brought up to date.
    pub(super) fn update(folder: Folder) -> Self {
        let place = folder.path().to_owned();
        Self { folder, place, mode: Mode::Update, state: Mutex::default(), started: Once::new() }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a file at `path`, unless it is there with this content.
    pub(super) fn write(&self, path: &str, content: &[u8]) -> Result<()> {
        let top = path.split('/').next().unwrap_or_default();
        ensure!(OWNED.contains(&top), "{path} is not among what a site consists of");
        let (key, digest) = (cache::digest(path.as_bytes()), cache::digest(content));
        let same = self.before(&key) == Some(digest);
        let full = self.place.join(path);
        let written = match self.mode {
            Mode::Anew => {
                self.make_folder(path)?;
                // The same file, so that what is served and copied elsewhere is seen not to have changed.
                let linked = same && fs::hard_link(self.folder.path().join(path), &full).is_ok();
                if linked { Ok(()) } else { create(&full, content) }
            }
            Mode::Update if same => Ok(()),
            Mode::Update | Mode::Over => {
                self.start();
                self.make_folder(path)?;
                if full.exists() {
                    sys::files::stage(&full, content).map(|file| self.state().staged.push((file, full.clone())))
                } else {
                    sys::files::replace(&full, content)
                }
            }
        };
        written.with_context(|| format!("cannot write {}", full.display()))?;
        let mut state = self.state();
        state.changed += u64::from(!same);
        state.pages.push((key, digest));
        Ok(())
    }

    /// Takes a file away at the end, if it is there and was not written.
    pub(super) fn remove(&self, path: &str) {
        if self.mode == Mode::Update {
            self.state().removed.push(path.to_owned());
        }
    }

    /// Whether a file was there before.
    pub(super) fn had(&self, path: &str) -> bool {
        self.before(&cache::digest(path.as_bytes())).is_some()
    }

    /// The files of a folder of the site as it was, by their names.
    pub(super) fn names_in(&self, folder: &str) -> Vec<String> {
        if self.mode != Mode::Update {
            return Vec::new();
        }
        let entries = fs::read_dir(self.folder.path().join(folder)).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
    }

    /// A file of the site as it was, if it is what was written then.
    pub(super) fn read(&self, path: &str) -> Option<Vec<u8>> {
        let expected = self.before(&cache::digest(path.as_bytes()))?;
        let content = fs::read(self.folder.path().join(path)).ok()?;
        (cache::digest(&content) == expected).then_some(content)
    }

    /// The digest of what was there before.
    fn before(&self, key: &Digest) -> Option<Digest> {
        if self.mode == Mode::Over { None } else { self.folder.cache()?.get(key) }
    }

    fn start(&self) {
        self.started.call_once(|| {
            // If it stays nonetheless, so does the folder: nothing can be written there.
            let _ = fs::remove_file(Folder::pages(&self.place));
        });
    }

    /// Makes the folder of a file, once; a link in its place would lead out of the site.
    fn make_folder(&self, path: &str) -> Result<()> {
        let Some((folder, _)) = path.rsplit_once('/') else { return Ok(()) };
        if self.state().folders.contains(folder) {
            return Ok(());
        }
        let mut full = self.place.clone();
        for part in folder.split('/') {
            full.push(part);
            match fs::create_dir(&full) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    if !fs::symlink_metadata(&full)?.is_dir() {
                        return Err(ForeignFolder::new(&full, "is not a folder"));
                    }
                }
                made => made.with_context(|| format!("cannot make the folder {}", full.display()))?,
            }
        }
        self.state().folders.insert(folder.to_owned());
        Ok(())
    }

    /// Exchanges what is to be, removes what is no longer part of the site, writes down what is, and puts a new site in its
    /// place.
    pub(super) fn finish(self, stamp: &Stamp) -> Result<Written> {
        let state = std::mem::take(&mut *self.state());
        let State { pages, changed, staged, removed: gone, .. } = state;
        for (file, place) in staged {
            file.persist(&place).with_context(|| format!("cannot write {}", place.display()))?;
        }
        let mut pages: Changed = pages.into_iter().map(|(path, content)| (path, Some(content))).collect();
        let mut removed = 0;
        for path in gone {
            let key = cache::digest(path.as_bytes());
            if pages.contains_key(&key) || self.before(&key).is_none() {
                continue;
            }
            self.start();
            removed += u64::from(remove(&self.place, &path)?);
            pages.insert(key, None);
        }
        if self.mode == Mode::Over {
            removed += sweep(&self.place, &pages)?;
        }
        let before = self.folder.cache().filter(|_| self.mode == Mode::Update);
        let same = changed == 0 && removed == 0 && before.is_some_and(|before| before.stamp == *stamp);
        let files = match before {
            Some(before) if same => before.len(),
            before => cache::write(&Folder::pages(&self.place), stamp, before, &pages)
                .with_context(|| format!("cannot write into {}", self.place.display()))?,
        };
        if self.mode == Mode::Anew {
            removed = self.folder.cache().map_or(0, |before| before.gone(&pages));
            self.folder.exchange()?;
        }
        Ok(Written { files, changed, removed })
    }
}

/// A new site that did not come to its end goes away.
impl Drop for Output {
    fn drop(&mut self) {
        if self.mode == Mode::Anew && self.place.exists() {
            // If it stays, the next publisher takes it away.
            let _ = take_away(&self.place);
        }
    }
}

/// Writes a file that nobody looks at yet.
fn create(path: &Path, content: &[u8]) -> std::io::Result<()> {
    fs::File::create_new(path)?.write_all(content)
}

/// Removes what is in the site's own folders and was not written; returns how many files.
fn sweep(site: &Path, pages: &Changed) -> Result<u64> {
    let mut removed = 0;
    let mut folders: Vec<String> =
        OWNED.iter().filter(|name| site.join(name).is_dir()).map(|name| (*name).to_owned()).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(site.join(&folder)).with_context(|| format!("cannot look into {folder}"))? {
            let entry = entry.with_context(|| format!("cannot look into {folder}"))?;
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(path);
            } else if !pages.contains_key(&cache::digest(path.as_bytes())) {
                removed += u64::from(remove(site, &path)?);
            }
        }
    }
    Ok(removed)
}

/// Removes a file below `folder`, and the folders it leaves empty. A path that leads elsewhere reaches nothing.
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
    use super::super::folder::Protected;
    use super::*;

    fn stamp(seq: u64) -> Stamp {
        Stamp { inputs: [0; 32], identity: "a database".to_owned(), seq }
    }

    fn take(site: &Path) -> Folder {
        Folder::take(site, &Protected::default()).unwrap()
    }

    fn text(site: &Path, name: &str) -> String {
        fs::read_to_string(site.join(name)).unwrap_or_default()
    }

    fn made(site: &Path, files: &[(&str, &str)]) {
        let output = Output::anew(take(site)).unwrap();
        files.iter().for_each(|(path, content)| output.write(path, content.as_bytes()).unwrap());
        output.finish(&stamp(1)).unwrap();
    }

    #[test]
    fn what_was_there_is_exchanged_when_all_that_is_new_is_written() {
        let work = tempfile::tempdir().unwrap();
        let site = work.path().join("site");
        made(&site, &[("index.html", "old"), ("tags/a.html", "a"), ("tags/b.html", "b")]);
        let output = Output::update(take(&site));
        output.write("index.html", b"leads to c").unwrap();
        output.write("tags/a.html", b"a").unwrap();
        output.remove("tags/b.html");
        output.write("tags/c.html", b"c").unwrap();
        let names = ["index.html", "tags/a.html", "tags/b.html", "tags/c.html"];
        assert_eq!(names.map(|name| text(&site, name)), ["old", "a", "b", "c"]);
        assert!(!Folder::pages(&site).exists(), "who is ended here leaves no cache");
        let written = output.finish(&stamp(2)).unwrap();
        assert_eq!(written, Written { files: 3, changed: 2, removed: 1 });
        assert_eq!(names.map(|name| text(&site, name)), ["leads to c", "a", "", "c"]);
    }

    #[test]
    fn a_run_that_failed_leaves_what_was_there() {
        let work = tempfile::tempdir().unwrap();
        let site = work.path().join("site");
        made(&site, &[("index.html", "old")]);
        let output = Output::update(take(&site));
        output.write("index.html", b"new").unwrap();
        drop(output);
        assert_eq!(text(&site, "index.html"), "old");
        let left = |folder: &Path| fs::read_dir(folder).unwrap().count();
        assert_eq!(left(&site), 2, "the page and the mark");
        drop(Output::anew(take(&site)).unwrap());
        assert_eq!(left(work.path()), 1);
    }

    /// A mount point cannot be exchanged: it is written to as it is, and nothing of an earlier site stays.
    #[test]
    fn a_folder_that_cannot_be_exchanged_is_written_over() {
        let work = tempfile::tempdir().unwrap();
        let site = work.path().join("site");
        made(&site, &[("index.html", "old"), ("tags/a.html", "a"), ("tags/deep/b.html", "b")]);
        sys::files::replace(&site.join("CNAME"), b"mine").unwrap();
        let mut output = Output::update(take(&site));
        output.mode = Mode::Over;
        output.write("index.html", b"new").unwrap();
        output.write("tags/a.html", b"a").unwrap();
        let written = output.finish(&stamp(2)).unwrap();
        assert_eq!(written, Written { files: 2, changed: 2, removed: 1 });
        assert_eq!(["index.html", "tags/a.html", "CNAME"].map(|name| text(&site, name)), ["new", "a", "mine"]);
        assert!(!site.join("tags/deep").exists());
        assert_eq!(take(&site).cache().map(|cache| cache.stamp.seq), Some(2));
    }
}
