//! Folders beside a database in which a file is made before it gets its name. A process that is killed leaves its own behind;
//! whoever makes the next one takes it away.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use tempfile::TempDir;

/// What their names begin with.
const NAMES: [&str; 3] = [".backup-", ".restore-", ".rewrite-"];
/// The file that a process holds locked while it is at work in its folder.
const LOCK: &str = "lock";
/// A folder that is younger may be one whose file is still to be locked.
const YOUNG: Duration = Duration::from_secs(60);

/// The folder that a file lies in.
pub(super) fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A folder for one file, which goes away with this.
pub(super) struct Staged {
    folder: TempDir,
    _lock: File,
}

impl Staged {
    /// A folder in `parent`; `purpose` is what its name begins with, one of those that are known.
    pub(super) fn in_folder(parent: &Path, purpose: &str) -> Result<Self> {
        let cannot = || format!("cannot write to {}", parent.display());
        let folder = tempfile::Builder::new().prefix(purpose).tempdir_in(parent).with_context(cannot)?;
        let lock = File::create(folder.path().join(LOCK)).with_context(cannot)?;
        lock.lock().with_context(cannot)?;
        remove_left_behind(parent, folder.path());
        Ok(Self { folder, _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Removes the folders that nobody works in any more, and that are older than a new one. One that cannot be removed is left: it takes room and does no harm.
fn remove_left_behind(parent: &Path, new: &Path) {
    let Ok(now) = modified(new) else { return };
    for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_str().is_some_and(|name| NAMES.iter().any(|ours| name.starts_with(ours)));
        if is_ours && entry.file_type().is_ok_and(|kind| kind.is_dir()) && is_left_behind(&entry.path(), now) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

fn modified(folder: &Path) -> std::io::Result<SystemTime> {
    std::fs::metadata(folder)?.modified()
}

fn is_left_behind(folder: &Path, now: SystemTime) -> bool {
    let age = modified(folder).ok().and_then(|at| now.duration_since(at).ok());
    age.is_some_and(|age| age > YOUNG) && File::open(folder.join(LOCK)).map_or(true, |lock| lock.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_left_is_removed_and_nothing_else() {
        let parent = tempfile::tempdir().unwrap();
        let at = |name: &str| parent.path().join(name);
        let long_ago = modified(parent.path()).unwrap() - 2 * YOUNG;
        for name in [".backup-killed", ".rewrite-without-lock", "backup-of-somebody", ".backup-young"] {
            std::fs::create_dir(at(name)).unwrap();
            File::create(at(name).join("shipnote.db")).unwrap();
        }
        File::create(at(".backup-killed").join(LOCK)).unwrap();
        File::create(at(".backup-a-file")).unwrap();
        let at_work = Staged::in_folder(parent.path(), ".backup-").unwrap();
        for name in [".backup-killed", ".rewrite-without-lock", "backup-of-somebody"] {
            File::open(at(name)).unwrap().set_modified(long_ago).unwrap();
        }
        File::open(at_work.path()).unwrap().set_modified(long_ago).unwrap();
        let other = Staged::in_folder(parent.path(), ".restore-").unwrap();
        let left: Vec<bool> =
            [".backup-killed", ".rewrite-without-lock", "backup-of-somebody", ".backup-young", ".backup-a-file"]
                .map(|name| at(name).exists())
                .into();
        assert_eq!(left, [false, false, true, true, true]);
        assert!(at_work.path().exists() && other.path().exists());
    }
}
