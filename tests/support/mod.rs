//! What several test files share.
#![allow(dead_code, reason = "every test file uses another part")]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

use std::collections::BTreeMap;
use std::path::Path;

pub(crate) mod arbitrary;
#[cfg(all(unix, feature = "postgres"))]
pub(crate) mod postgres;
pub(crate) mod project;
pub(crate) mod terminal;

/// The expression of a query, read at the time of the harness.
pub(crate) fn query(text: &str) -> shipnote::query::Expr {
    shipnote::query::Grammar::at(project::NOW.parse().unwrap()).read(text).unwrap().expr
}

/// Every file of a site by its path, but for the cache, which says when it was made.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in next.read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                files.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    files.remove(".shipnote-pages");
    files
}
