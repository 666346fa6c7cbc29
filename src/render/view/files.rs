//! The tree of files that changes touched.

use std::sync::Arc;

use serde::Serialize;

use super::{Named, RowView, View};

/// A folder, with what happened to the files in it.
#[derive(Debug, Clone, Serialize)]
pub struct FolderView {
    /// Its path with a `/` at its end; empty for the one of everything.
    pub path: String,
    /// The folders above it, outermost first.
    pub up: Vec<Named>,
    /// The folders in it.
    pub folders: Vec<Named>,
    /// The files in it.
    pub files: Vec<FileView>,
}

impl FolderView {
    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.folders.is_empty() && self.files.is_empty()
    }
}

impl View for FolderView {
    const NAME: &'static str = "folder";
}

/// A file that changes touched.
#[derive(Debug, Clone, Serialize)]
pub struct FileView {
    /// Its name, without the folder.
    pub name: String,
    /// What it is called on the page of its folder, for links to it.
    pub anchor: String,
    /// The path of the page with all of its changes; absent when they are all here.
    pub page: Option<String>,
    /// How many changes touched it.
    pub count: u64,
    /// The latest of them.
    pub rows: Vec<Arc<RowView>>,
}

/// Where a file that a change touched stands in the tree.
#[derive(Debug, Clone, Serialize)]
pub struct TouchedView<'a> {
    /// Its path, as it was recorded.
    pub name: &'a str,
    /// The path of the page of its folder.
    pub path: String,
    /// Where it stands on that page.
    pub anchor: String,
}
