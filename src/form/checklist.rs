//! Checklists: what comes with shipnote, and the files that a project adds.
//!
//! ```toml
//! title = "Security"
//! about = "What a change may open without anybody noticing."
//!
//! [[items]]
//! key = "secrets"
//! text = "No secret stands in code, logs or records"
//! how = "Search the diff; name variables, never values."
//! ```

use std::collections::BTreeMap;

use include_dir::{Dir, include_dir};
use serde::{Deserialize, Serialize};

use crate::model::{ItemState, ListItem};

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/data/checklists");

/// A named list of items that a change goes through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checklist {
    /// Its name: that of its file without `.toml`.
    pub name: String,
    /// What it is called.
    pub title: String,
    /// What it is for.
    pub about: Option<String>,
    /// What is gone through, in order.
    pub items: Vec<ChecklistItem>,
}

/// One item of a checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChecklistItem {
    /// Its name in records.
    pub key: String,
    /// What has to be so.
    pub text: String,
    /// How to find out.
    #[serde(default)]
    pub how: Option<String>,
}

impl Checklist {
    /// Reads a list by the text of its file.
    ///
    /// # Errors
    /// What is wrong with it, in one line: not TOML, no items, a key twice.
    pub fn read(name: &str, text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            title: String,
            about: Option<String>,
            items: Vec<ChecklistItem>,
        }
        let File { title, about, items } = toml::from_str(text).map_err(|error| error.to_string())?;
        if items.is_empty() {
            return Err("has no items: add one under [[items]]".to_owned());
        }
        for (n, item) in items.iter().enumerate() {
            if item.key.trim().is_empty() || items[..n].iter().any(|other| other.key == item.key) {
                return Err(format!("has the key `{}` twice, or an empty one", item.key));
            }
        }
        Ok(Self { name: name.to_owned(), title, about, items })
    }

    /// The lists that come with shipnote, by name.
    pub fn embedded() -> Vec<Self> {
        let list = |file: &include_dir::File<'_>| {
            let name = file.path().file_stem()?.to_str()?;
            Self::read(name, file.contents_utf8()?).ok()
        };
        EMBEDDED.files().filter_map(list).collect()
    }

    /// Its items as a record holds them when none was looked at.
    pub fn open(&self) -> BTreeMap<String, ListItem> {
        let item = |item: &ChecklistItem| (item.key.clone(), ListItem { state: ItemState::Open, note: None });
        self.items.iter().map(item).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_that_comes_with_it_reads() {
        let lists = Checklist::embedded();
        assert_eq!(lists.len(), EMBEDDED.files().count());
        let names: Vec<_> = lists.iter().map(|list| list.name.as_str()).collect();
        assert_eq!(names, ["api-client-stability", "baseline", "implementation", "rollback", "security"]);
        for list in &lists {
            assert!(list.items.len() >= 5 && list.items.iter().all(|item| item.how.is_some()), "{}", list.name);
        }
    }

    #[test]
    fn a_list_that_is_none_says_why() {
        let read = |text: &str| Checklist::read("mine", text).unwrap_err();
        assert!(read("title = 1").contains("title"));
        assert!(read("title = \"t\"\nitems = []").contains("no items"));
        let twice = "title = \"t\"\n[[items]]\nkey = \"a\"\ntext = \"b\"\n[[items]]\nkey = \"a\"\ntext = \"c\"";
        assert!(read(twice).contains("`a` twice"));
        assert!(read("title = \"t\"\nitem = []").contains("unknown field `item`"));
    }
}
