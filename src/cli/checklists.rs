//! The checklists of a project: those that come with shipnote, and its own files, which win.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Context;
use super::report::Hinted;
use crate::form::Checklist;
use crate::model::limit;
use crate::sys;

/// The folder beside `shipnote.toml`.
const FOLDER: &str = "checklists";

/// Every list, by name.
pub(super) fn all(context: &Context) -> Result<Vec<Checklist>> {
    let mut lists = Checklist::embedded();
    for path in files(&context.base().join(FOLDER))? {
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        let list = Checklist::read(name, &sys::files::read_text(&path, limit::CHECKLIST)?).map_err(|why| {
            Hinted::new(
                format!("{}: {why}", path.display()),
                "shipnote checklist show security prints one that is right",
            )
        })?;
        lists.retain(|known| known.name != list.name);
        lists.push(list);
    }
    lists.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(lists)
}

/// The list of this name.
pub(super) fn find(name: &str, context: &Context) -> Result<Checklist> {
    let lists = all(context)?;
    let names: Vec<_> = lists.iter().map(|list| list.name.clone()).collect();
    lists.into_iter().find(|list| list.name == name).ok_or_else(|| {
        Hinted::new(
            format!("there is no checklist `{name}`"),
            format!("there are {}; a file {FOLDER}/{name}.toml adds one", names.join(", ")),
        )
    })
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut paths = sys::files::list(folder)?;
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
    Ok(paths)
}
