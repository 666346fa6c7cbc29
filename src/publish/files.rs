//! The tree of the files that changes touched: a page per folder, with what happened to each file in it.

use std::collections::BTreeSet;

use anyhow::Result;

use super::lists::BESIDE;
use super::rows::Rows;
use super::workers::Queue;
use super::{front, names};
use crate::render::view::{FileView, FolderView, Named};
use crate::store::{Facet, Span, Store};

/// Makes the pages of these folders, and of all below them where `whole` says so. A folder that is empty loses its page;
/// the first one, of everything, has one always.
pub(super) fn write(
    store: &dyn Store,
    rows: &Rows<'_>,
    queue: &Queue<'_>,
    folders: BTreeSet<String>,
    whole: bool,
) -> Result<()> {
    let mut open: Vec<String> = folders.into_iter().collect();
    while let Some(folder) = open.pop() {
        let view = view(store, rows, &folder)?;
        if view.is_empty() && !folder.is_empty() {
            queue.pages.remove(&names::folder(&folder));
            continue;
        }
        if whole {
            open.extend(view.folders.iter().map(|inner| format!("{folder}{}/", inner.name)));
        }
        let title = if folder.is_empty() { "Files".to_owned() } else { folder.clone() };
        queue.add(move |pages| pages.write(&title, &names::folder(&folder), &view))?;
    }
    Ok(())
}

/// The folders a path stands in, the first one of everything among them.
pub(super) fn above(path: &str) -> impl Iterator<Item = String> {
    path.match_indices('/').map(|(at, _)| path[..=at].to_owned()).chain([String::new()])
}

fn view(store: &dyn Store, rows: &Rows<'_>, folder: &str) -> Result<FolderView> {
    let mut view = FolderView { path: folder.to_owned(), up: crumbs(folder), folders: Vec::new(), files: Vec::new() };
    for entry in store.folder(folder)? {
        let path = format!("{folder}{}", entry.name);
        if entry.is_folder {
            view.folders.push(front(&entry.name, &names::folder(&format!("{path}/"))));
            continue;
        }
        let mut beside = Vec::new();
        rows.each(Facet::File, &path, Span::Newest(BESIDE), &mut |row| {
            beside.push(row);
            Ok(true)
        })?;
        view.files.push(FileView {
            anchor: names::anchor(&entry.name),
            page: (entry.changes > BESIDE).then(|| names::file(&path)),
            name: entry.name,
            count: entry.changes,
            rows: beside,
        });
    }
    Ok(view)
}

/// The folders above one, outermost first.
fn crumbs(folder: &str) -> Vec<Named> {
    let Some(inner) = folder.strip_suffix('/') else { return Vec::new() };
    let mut crumbs = vec![front("Files", &names::folder(""))];
    let mut start = 0;
    for (at, _) in inner.match_indices('/') {
        crumbs.push(front(&inner[start..at], &names::folder(&inner[..=at])));
        start = at + 1;
    }
    crumbs
}
