//! Runbooks that somebody wrote, imported or grew from changes.

use serde::Serialize;

use super::{Named, RowView, View, When};
use crate::markup;
use crate::model::{Runbook, slug};

/// One runbook.
#[derive(Debug, Clone, Serialize)]
pub struct WrittenRunbookView {
    /// Its name.
    pub name: String,
    /// What it is called.
    pub title: String,
    /// The page of all runbooks.
    pub up: Named,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The page of that owner; absent where no change names the owner.
    pub owner_page: Option<Named>,
    /// The service it is for.
    pub service: Option<String>,
    /// The page of that service; absent where no change names the service.
    pub service_page: Option<Named>,
    /// Its tags.
    pub tags: Vec<String>,
    /// Names of the alerts that lead to it.
    pub alerts: Vec<String>,
    /// Why it may no longer hold, each a sentence without its full stop.
    pub stale: Vec<String>,
    /// Whether it has steps to run.
    pub has_steps: bool,
    /// The environment variables that its steps use.
    pub variables: Vec<VariableView>,
    /// The procedure; Markdown whose headings begin with `#`.
    pub body: String,
    /// The changes it builds on, as far as they are here.
    pub changes: Vec<RowView>,
    /// When it was last edited.
    pub updated_at: When,
    /// How often it was edited, and once more.
    pub revision: u64,
}

impl View for WrittenRunbookView {
    const NAME: &'static str = "written_runbook";
}

/// The body of a runbook for its page: the title is not said again, and headings begin with `#`.
pub fn body_of(runbook: &Runbook) -> String {
    let names = || runbook.alerts.iter().chain([&runbook.title, &runbook.name]);
    markup::promoted(&runbook.body, |heading| names().any(|name| slug(name) == slug(heading)))
}

/// Whether a body has steps to run.
pub fn has_steps(body: &str) -> bool {
    markup::languages(body).iter().any(|language| markup::SHELLS.contains(language))
}

/// An environment variable that steps use.
#[derive(Debug, Clone, Serialize)]
pub struct VariableView {
    /// Its name.
    pub name: String,
    /// Its value when nobody says another.
    pub default: Option<String>,
    /// What a person is asked for.
    pub question: Option<String>,
}

/// All runbooks: by service, and by alert.
#[derive(Debug, Clone, Serialize)]
pub struct RunbooksView {
    /// How many there are.
    pub total: usize,
    /// Those of each service, by its name; those of none stand last.
    pub services: Vec<RunbookGroupView>,
    /// Every alert with its runbook, by name.
    pub alerts: Vec<Named>,
}

impl View for RunbooksView {
    const NAME: &'static str = "runbooks";
}

/// The runbooks of a service.
#[derive(Debug, Clone, Serialize)]
pub struct RunbookGroupView {
    /// The service; absent for those of none.
    pub service: Option<String>,
    /// The page of that service; absent where no change names the service.
    pub service_page: Option<Named>,
    /// Its runbooks, by title.
    pub runbooks: Vec<RunbookEntryView>,
}

/// A runbook in a list.
#[derive(Debug, Clone, Serialize)]
pub struct RunbookEntryView {
    /// What it is called.
    pub title: String,
    /// The path of its page.
    pub path: String,
    /// Whether something speaks against it.
    pub stale: bool,
}
