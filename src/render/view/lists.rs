//! Pages that gather changes: home, lists, the runbook of a service, the feed.

use std::sync::Arc;

use serde::Serialize;

use super::{ChangeView, Named, View, When};

/// A change in a list.
#[derive(Debug, Clone, Serialize)]
pub struct RowView {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The path of its page.
    pub path: String,
    /// `draft`, `shipped`, `rolled-back` or `superseded`.
    pub status: &'static str,
    /// What sort of change.
    pub kind: &'static str,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The service changed.
    pub service: Option<String>,
    /// When it happened, `2026-11-20`.
    pub day: String,
    /// What it brought, for instance `p95 latency −60.4 %`; known on the home page only.
    pub outcome: Option<String>,
    /// `improved`, `flat` or `regressed`.
    pub verdict: Option<&'static str>,
}

/// The first page.
#[derive(Debug, Clone, Serialize)]
pub struct HomeView {
    /// How many changes there are.
    pub total: u64,
    /// The latest ones that shipped, newest first.
    pub latest: Vec<RowView>,
    /// Drafts that wait to be shipped.
    pub drafts: Vec<RowView>,
    /// The latest ones that were rolled back, if they are not among the latest anyway.
    pub rolled_back: Vec<RowView>,
    /// The month in which something shipped last, `November 2026`; empty when nothing did.
    pub month: String,
    /// The latest changes of that month that improved a metric.
    pub improved: Vec<RowView>,
    /// Ways to browse; each with its largest entries.
    pub facets: Vec<FacetView>,
}

impl View for HomeView {
    const NAME: &'static str = "home";
}

/// A way to browse: services, owners, tags, months.
#[derive(Debug, Clone, Serialize)]
pub struct FacetView {
    /// `Services`.
    pub title: &'static str,
    /// Its page.
    pub path: String,
    /// How many entries there are.
    pub total: usize,
    /// Some of them.
    pub entries: Vec<EntryView>,
}

/// A name and how many changes have it.
#[derive(Debug, Clone, Serialize)]
pub struct EntryView {
    /// The name.
    pub name: String,
    /// The path of its page.
    pub path: String,
    /// How many changes.
    pub count: u64,
}

/// The page of a way to browse: every entry.
#[derive(Debug, Clone, Serialize)]
pub struct FacetsView {
    /// `Services`.
    pub title: &'static str,
    /// `service`.
    pub one: &'static str,
    /// All of them.
    pub entries: Vec<EntryView>,
}

impl View for FacetsView {
    const NAME: &'static str = "facets";
}

/// Changes of one month in a list.
#[derive(Debug, Clone, Serialize)]
pub struct GroupView {
    /// `November 2026`; absent on the page of a month.
    pub title: Option<String>,
    /// The changes, newest first.
    pub rows: Vec<Arc<RowView>>,
}

/// A further page of a long list.
#[derive(Debug, Clone, Serialize)]
pub struct ArchiveView {
    /// `November 2026`.
    pub title: String,
    /// Its path.
    pub path: String,
    /// How many changes are on it.
    pub count: u64,
}

/// A list of changes: a tag, an owner, a month.
#[derive(Debug, Clone, Serialize)]
pub struct ListView {
    /// Its name.
    pub name: String,
    /// The page that lists all such names.
    pub up: Named,
    /// How many changes there are in all; on the page of a month, in that month.
    pub total: u64,
    /// The ones on this page by month.
    pub groups: Vec<GroupView>,
    /// Where all of them are, by month; empty when they are all here.
    pub archives: Vec<ArchiveView>,
    /// For a page of one month of a longer list: the front page of that list.
    pub front: Option<Named>,
}

impl View for ListView {
    const NAME: &'static str = "list";
}

/// The runbook of a service, grown from its changes: what broke before and what cured it, how it is deployed, verified
/// and rolled back.
#[derive(Debug, Clone, Serialize)]
pub struct RunbookView {
    /// The list of its changes, the front page's part.
    pub list: ListView,
    /// Who answers for it, the most frequent first.
    pub owners: Vec<EntryView>,
    /// Where it runs.
    pub environments: Vec<String>,
    /// The runbooks that somebody wrote for it.
    pub written: Vec<Named>,
    /// Symptoms seen and the change that cured each, newest first.
    pub symptoms: Vec<SymptomView>,
    /// Commands that shipped it, the latest use of each, newest first.
    pub deploy: Vec<ProcedureView>,
    /// Checks of the expected result, likewise.
    pub verify: Vec<ProcedureView>,
    /// Ways back, likewise.
    pub rollback: Vec<ProcedureView>,
}

impl View for RunbookView {
    const NAME: &'static str = "runbook";
}

/// What went wrong once, and the change that cured it.
#[derive(Debug, Clone, Serialize)]
pub struct SymptomView {
    /// What was seen; Markdown.
    pub symptom: Option<String>,
    /// The route or entry point.
    pub route: Option<String>,
    /// Where the user noticed.
    pub location: Option<String>,
    /// The change.
    pub change: RowView,
    /// Its commands.
    pub commands: Vec<String>,
    /// Its way back.
    pub rollback_command: Option<String>,
}

/// A command that serves a purpose, and where it was used last.
#[derive(Debug, Clone, Serialize)]
pub struct ProcedureView {
    /// The command line; for a way back without one, empty.
    pub run: String,
    /// What to know of it; plain text, for a way back Markdown.
    pub note: Option<String>,
    /// The folder to run it in.
    pub cwd: Option<String>,
    /// What must come back, of a check.
    pub expects: Vec<String>,
    /// The latest change that used it.
    pub change: RowView,
    /// How many changes used it.
    pub uses: u64,
}

/// The page for an address that leads nowhere.
#[derive(Debug, Clone, Serialize)]
pub struct MissingView {
    /// Ways to browse.
    pub sections: Vec<Named>,
}

impl View for MissingView {
    const NAME: &'static str = "missing";
}

/// What a language model should read first (<https://llmstxt.org>).
#[derive(Debug, Clone, Serialize)]
pub struct LlmsView {
    /// How many changes there are.
    pub total: u64,
    /// Ways to browse.
    pub sections: Vec<Named>,
    /// The latest changes.
    pub latest: Vec<RowView>,
}

impl View for LlmsView {
    const NAME: &'static str = "llms";
}

/// A site map: pages, or further site maps.
#[derive(Debug, Clone, Serialize)]
pub struct Sitemap {
    /// Paths of pages, with their suffix.
    pub paths: Vec<String>,
    /// Paths of site maps, with their suffix.
    pub maps: Vec<String>,
}

/// The Atom feed: the latest changes, newest first.
#[derive(Debug, Clone, Serialize)]
pub struct Feed<'a> {
    /// What it is a feed of.
    pub title: String,
    /// Its own path, without `.xml`.
    pub path: String,
    /// The path of the page it belongs to.
    pub page: String,
    /// What leads from it to the top of the site.
    pub root: String,
    /// The latest edit of any of them; absent when there is none.
    pub updated_at: Option<When>,
    /// They.
    pub changes: Vec<ChangeView<'a>>,
}
