//! A folder of records in the Markdown form: made or taken when it is ours, filled, and rid of what was ours and is no
//! longer wanted.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::cli::report::Hinted;
use crate::export::markdown;
use crate::model::{Change, ChangeId, limit};
use crate::sys::files;

/// The file that marks a folder as ours.
const MARK: &str = ".shipnote-records";
const MARK_HEAD: &str = "shipnote records";
const MARK_TEXT: &str = "shipnote records: written by `shipnote export markdown`, which may replace and remove what it has \
                         made here: the files named by an id.\n";

/// What was done to the files of a folder.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) written: usize,
    pub(super) unchanged: usize,
    pub(super) removed: usize,
}

#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    wanted: HashSet<ChangeId>,
    done: Done,
}

impl Folder {
    /// Takes the folder, making it where there is none. One that is not ours is refused untouched.
    pub(super) fn take(path: &Path) -> Result<Self> {
        // Without a slash at its end, behind which a link could not be seen.
        let path: PathBuf = path.components().collect();
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_symlink() => return Err(foreign(&path, "is a symbolic link")),
            Ok(found) if !found.is_dir() => return Err(foreign(&path, "is there already and is not a folder")),
            Ok(_) if !is_marked(&path) && !files::list(&path)?.is_empty() => {
                return Err(foreign(&path, "is not empty and was not made by shipnote export markdown"));
            }
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {
                fs::create_dir_all(&path).with_context(|| format!("cannot make the folder {}", path.display()))?;
            }
            Err(error) => return Err(error).with_context(|| format!("cannot look into {}", path.display())),
        }
        if !is_marked(&path) {
            replace(&path.join(MARK), MARK_TEXT)?;
        }
        Ok(Self { path, wanted: HashSet::new(), done: Done::default() })
    }

    /// Writes the file of a change unless it says the same already.
    pub(super) fn put(&mut self, change: &Change) -> Result<()> {
        let path = self.path.join(markdown::file_name(&change.id));
        let text = markdown::text(change);
        if read(&path).is_some_and(|there| there == text) {
            self.done.unchanged += 1;
        } else {
            replace(&path, &text)?;
            self.done.written += 1;
        }
        self.wanted.insert(change.id.clone());
        Ok(())
    }

    /// Removes the files of changes that were not put: those that have a name of ours and say what we wrote.
    pub(super) fn remove_others(mut self) -> Result<Done> {
        for path in files::list(&self.path)? {
            let Some(id) = path.file_name().and_then(OsStr::to_str).and_then(markdown::id_of) else { continue };
            let ours = || read(&path).is_some_and(|text| markdown::is_of(&text, &id));
            if !self.wanted.contains(&id) && ours() {
                fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
                self.done.removed += 1;
            }
        }
        Ok(self.done)
    }
}

fn foreign(path: &Path, reason: &str) -> anyhow::Error {
    let hint = "name a new or an empty folder: shipnote export markdown --out DIR";
    Hinted::new(format!("{} {reason}", path.display()), hint)
}

fn is_marked(folder: &Path) -> bool {
    read(&folder.join(MARK)).is_some_and(|text| text.starts_with(MARK_HEAD))
}

/// What stands in a file; nothing where it is a link, a pipe or no text: none of that was made here.
fn read(path: &Path) -> Option<String> {
    let found = fs::symlink_metadata(path).ok()?;
    found.is_file().then(|| files::read_text(path, limit::MARKDOWN).ok()).flatten()
}

fn replace(path: &Path, text: &str) -> Result<()> {
    files::replace(path, text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}
