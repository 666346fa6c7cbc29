//! A folder with a Markdown file for each change, which `import markdown` reads back.

use std::collections::HashSet;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::each;
use crate::cli::report::Hinted;
use crate::form;
use crate::model::{ChangeId, limit};
use crate::query::Expr;
use crate::store::Store;
use crate::sys::files;

/// The file that says that a folder is ours.
const MARK: &str = ".shipnote-export";

/// Writes the files that differ, and removes those of changes that are not among these any more.
pub(super) fn write(store: &dyn Store, filter: &Expr, folder: &Path) -> Result<()> {
    refuse_foreign(folder)?;
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let mark = folder.join(MARK);
    files::write_atomic(&mark, b"Made by `shipnote export markdown`: files named by the id of a change are its own.\n")
        .with_context(|| format!("cannot write {}", mark.display()))?;
    let mut names = HashSet::new();
    each(store, filter, &mut |change| {
        let name = format!("{}.md", change.id);
        let (path, text) = (folder.join(&name), form::write(change));
        let same = files::read_bytes(&path, 2 * limit::RECORD as u64).is_ok_and(|there| there == text.as_bytes());
        if !same {
            files::replace(&path, text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
        }
        names.insert(name);
        Ok(())
    })?;
    for path in files::list(folder)? {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let is_ours = name.strip_suffix(".md").is_some_and(|id| id.parse::<ChangeId>().is_ok());
        if is_ours && !names.contains(name) {
            std::fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}

fn refuse_foreign(folder: &Path) -> Result<()> {
    let refused = |reason: &str| {
        let hint = "name a folder that is not there yet, or one that this command made";
        Err(Hinted::new(format!("{} {reason}", folder.display()), hint))
    };
    if folder.is_symlink() {
        return refused("is a link: nothing is written through it");
    }
    if folder.exists() && !folder.is_dir() {
        return refused("is no folder");
    }
    if folder.is_dir() && !folder.join(MARK).is_file() && !files::list(folder)?.is_empty() {
        return refused("holds other files");
    }
    Ok(())
}
