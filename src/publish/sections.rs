//! The ways to browse: which there are, what is in each, and where it stands.

use anyhow::Result;

use super::names;
use crate::render::view::{EntryView, Named};
use crate::store::{Facet, Store};

/// A way to browse.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) facet: Facet,
    /// Its folder.
    pub(super) path: &'static str,
    pub(super) title: &'static str,
    pub(super) one: &'static str,
}

pub(super) static SECTIONS: [Section; 8] = [
    Section { facet: Facet::Service, path: "services", title: "Services", one: "Service" },
    Section { facet: Facet::File, path: "files", title: "Files", one: "File" },
    Section { facet: Facet::Tag, path: "tags", title: "Tags", one: "Tag" },
    Section { facet: Facet::Owner, path: "owners", title: "Owners", one: "Owner" },
    Section { facet: Facet::Metric, path: "metrics", title: "Metrics", one: "Metric" },
    Section { facet: Facet::Environment, path: "environments", title: "Environments", one: "Environment" },
    Section { facet: Facet::Kind, path: "kinds", title: "Kinds", one: "Kind" },
    Section { facet: Facet::Month, path: "months", title: "Months", one: "Month" },
];

impl Section {
    /// The section of a facet.
    pub(super) fn of(facet: Facet) -> &'static Self {
        // Every facet has one.
        SECTIONS.iter().find(|section| section.facet == facet).unwrap_or(&SECTIONS[0])
    }

    /// The page of everything in it.
    pub(super) fn index(&self) -> Named {
        Named { name: self.title.to_owned(), path: format!("{}/index", self.path) }
    }

    /// The page of one name in it.
    pub(super) fn page(&self, name: &str) -> String {
        match self.facet {
            Facet::File => names::file(name),
            _ => names::named(self.path, name).path,
        }
    }

    /// What the page of a name is called.
    pub(super) fn title_of(&self, name: &str) -> String {
        if self.facet == Facet::Month { names::month_title(name) } else { name.to_owned() }
    }

    /// Every name with how many changes have it; months newest first, the others by name.
    pub(super) fn entries(&self, store: &dyn Store) -> Result<Vec<EntryView>> {
        let entries = store.facet(self.facet)?.into_iter();
        let mut entries: Vec<_> = entries
            .map(|(name, count)| EntryView { path: self.page(&name), name: self.title_of(&name), count })
            .collect();
        if self.facet == Facet::Month {
            entries.reverse();
        }
        Ok(entries)
    }
}
