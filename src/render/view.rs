//! What templates see. Every struct here is a contract with the templates people write: fields are added, not renamed.
//!
//! Paths have no suffix and no root: a template writes `{{ page.root }}{{ path }}.html`. Texts are as they were recorded;
//! the ones that are Markdown say so.

use serde::Serialize;

mod change;
mod check;
mod files;
mod lists;
mod metric;
mod runbooks;
pub(super) mod sample;

pub use change::{
    ChangeView, ChecklistView, CommandView, ItemView, LinkView, MetricView, Places, RelatedView, RevisionView,
};
pub use check::{CheckView, EvidenceView, VerifiedView};
pub use files::{FileView, FolderView, TouchedView};
pub use lists::{
    ArchiveView, EntryView, FacetView, FacetsView, Feed, GroupView, HomeView, ListView, LlmsView, MissingView,
    ProcedureView, RowView, RunbookView, Sitemap, SymptomView,
};
pub use metric::{ChartView, MarkView, MeasuredView, MetricPageView, TickView};

pub use runbooks::{
    RunbookEntryView, RunbookGroupView, RunbooksView, VariableView, WrittenRunbookView, body_of, has_steps,
};

use crate::model::Timestamp;

/// The version of all views together. It goes up when a field is taken away or comes to mean something else, never when one
/// is added.
pub const VERSION: u32 = 1;

/// What one template shows: the template is called `NAME`, and so is the variable it sees.
pub trait View: Serialize {
    /// The name.
    const NAME: &'static str;
}

/// The site as a whole.
#[derive(Debug, Clone, Serialize)]
pub struct Site {
    /// Its title.
    pub title: String,
    /// The address it is served at, ending with `/`; absent when nobody said.
    pub base_url: Option<String>,
    /// Whether pages are written as HTML.
    pub html: bool,
    /// Whether pages are written as Markdown.
    pub markdown: bool,
    /// Whether it has runbooks that somebody wrote.
    pub runbooks: bool,
    /// Links of the setting `site.links`, for every page.
    pub links: Vec<SiteLink>,
    /// Style sheets of the settings `site.accent` and `site.css`, by their paths; they come after `assets/style.css`.
    pub stylesheets: Vec<String>,
    /// The version of these views.
    pub views: u32,
}

/// A link that stands on every page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SiteLink {
    /// What it leads to.
    pub title: String,
    /// Its address: `http:`, `https:`, `mailto:`, or a path.
    pub url: String,
    /// Whether the address is a path from the top of the site: `page.root` goes before it.
    pub relative: bool,
}

/// The page around a view.
#[derive(Debug, Clone, Serialize)]
pub struct Frame {
    /// Its title.
    pub title: String,
    /// Its path.
    pub path: String,
    /// What leads from it to the top of the site: empty, `../`, `../../` and so on.
    pub root: String,
    /// The part of the site it belongs to: `changes`, `services`, `files`, `metrics`, `tags`, `owners`, `environments`,
    /// `kinds`, `months` or empty.
    pub section: String,
}

/// A name that has a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    /// The name as it was recorded.
    pub name: String,
    /// The path of its page.
    pub path: String,
}

/// A point in time, UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct When {
    /// `2026-11-20T14:05:00Z`.
    pub iso: String,
    /// `2026-11-20`.
    pub day: String,
    /// `20 November 2026`.
    pub long: String,
}

impl From<Timestamp> for When {
    fn from(at: Timestamp) -> Self {
        let iso = at.to_string();
        Self { day: iso[..10].to_owned(), iso, long: at.utc().format("%-d %B %Y").to_string() }
    }
}
