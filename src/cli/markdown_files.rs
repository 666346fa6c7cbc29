//! Markdown files that are imported: which there are, and what each is called.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Context;
use crate::sys;

/// The Markdown files at or below a path, by name; what begins with `_` or `.` is not one of them, and neither are links.
pub(super) fn gather(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in sys::files::list(path)? {
        let name = entry.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with(['_', '.']) || entry.is_symlink() {
            continue;
        }
        if entry.is_dir() || name.ends_with(".md") {
            gather(&entry, files)?;
        }
    }
    Ok(())
}

/// The key of a file: its path from the project, or from the folder that holds `root`, which was named, so that it is the
/// same on every machine.
pub(super) fn key(file: &Path, root: &Path, context: &Context) -> String {
    let beside = root.parent().unwrap_or(root);
    let key = file.strip_prefix(context.base()).or_else(|_| file.strip_prefix(beside)).unwrap_or(file);
    key.to_string_lossy().into_owned()
}
