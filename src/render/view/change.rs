//! One change.

use serde::Serialize;

use super::check::checks;
use super::{CheckView, Named, TouchedView, VerifiedView, View, When};
use crate::model::{Change, CommandRun, Evidence, Metric, conclusion};

/// A change with everything derived from it.
#[derive(Debug, Clone, Serialize)]
pub struct ChangeView<'a> {
    /// Its id.
    pub id: &'a str,
    /// What was changed, in one line.
    pub title: &'a str,
    /// The path of its page.
    pub path: String,
    /// `draft`, `shipped`, `rolled-back` or `superseded`.
    pub status: &'static str,
    /// What sort of change.
    pub kind: &'static str,
    /// The page of that sort.
    pub kind_page: Named,
    /// When it shipped, else when it was recorded.
    pub at: When,
    /// The page of that month.
    pub month: Named,
    /// Who answers for it.
    pub owner: Option<Named>,
    /// The service changed.
    pub service: Option<Named>,
    /// Where it shipped to.
    pub environment: Option<&'a str>,
    /// The page of that environment.
    pub environment_page: Option<Named>,
    /// Its tags.
    pub tags: Vec<Named>,
    /// What should be seen when it works; Markdown.
    pub expected: Option<&'a str>,
    /// The command that undoes it.
    pub rollback_command: Option<&'a str>,
    /// What to know before running that; Markdown.
    pub rollback_note: Option<&'a str>,
    /// Whether anything is known of what the system did before.
    pub has_baseline: bool,
    /// The route or entry point.
    pub route: Option<&'a str>,
    /// The input that shows it.
    pub input: Option<&'a str>,
    /// The failing command or slow query.
    pub baseline_command: Option<&'a str>,
    /// What went wrong; Markdown.
    pub symptom: Option<&'a str>,
    /// Where the user notices.
    pub location: Option<&'a str>,
    /// Why it was made; Markdown.
    pub reason: Option<&'a str>,
    /// What was run to ship it.
    pub commands: Vec<CommandView<'a>>,
    /// What was measured.
    pub metrics: Vec<MetricView<'a>>,
    /// The expected result as something to run.
    pub checks: Vec<CheckView<'a>>,
    /// What the latest runs of all checks say; absent where one was not run and none failed.
    pub verified: Option<VerifiedView>,
    /// What was gone through.
    pub checklists: Vec<ChecklistView<'a>>,
    /// What was taken for granted.
    pub assumptions: &'a [String],
    /// Paths touched.
    pub files: &'a [String],
    /// The same, with where they stand in the tree of files.
    pub touched: Vec<TouchedView<'a>>,
    /// Addresses worth following.
    pub links: Vec<LinkView<'a>>,
    /// Commit hashes.
    pub commits: &'a [String],
    /// The branch it shipped from.
    pub branch: Option<&'a str>,
    /// Other changes it has to do with, both ways.
    pub related: Vec<RelatedView>,
    /// When it was recorded.
    pub created_at: When,
    /// When it was last edited.
    pub updated_at: When,
    /// How often it was edited, and once more.
    pub revision: u64,
    /// Its revisions, newest first; empty when it was never edited.
    pub history: Vec<RevisionView>,
}

impl View for ChangeView<'_> {
    const NAME: &'static str = "change";
}

impl<'a> ChangeView<'a> {
    /// The view of the change at `path`.
    pub fn new(
        change: &'a Change,
        path: String,
        place: &dyn Places,
        related: Vec<RelatedView>,
        history: Vec<RevisionView>,
        evidence: Vec<Option<Evidence>>,
    ) -> Self {
        let baseline = &change.baseline;
        let named = |section, name: &str| place.named(section, name);
        Self {
            id: change.id.as_str(),
            title: &change.title,
            path,
            status: change.status.as_str(),
            kind: change.kind.as_str(),
            kind_page: named("kinds", change.kind.as_str()),
            at: change.at().into(),
            month: named("months", &change.at().month()),
            owner: change.owner.as_deref().map(|owner| named("owners", owner)),
            service: change.service.as_deref().map(|service| named("services", service)),
            environment: change.environment.as_deref(),
            environment_page: change.environment.as_deref().map(|environment| named("environments", environment)),
            tags: change.tags.iter().map(|tag| named("tags", tag)).collect(),
            expected: change.expected.as_deref(),
            rollback_command: change.rollback.command.as_deref(),
            rollback_note: change.rollback.note.as_deref(),
            has_baseline: !baseline.is_empty(),
            route: baseline.route.as_deref(),
            input: baseline.input.as_deref(),
            baseline_command: baseline.command.as_deref(),
            symptom: baseline.symptom.as_deref(),
            location: baseline.location.as_deref(),
            reason: change.reason.as_deref(),
            commands: change.commands.iter().map(CommandView::new).collect(),
            metrics: change
                .metrics
                .iter()
                .map(|metric| MetricView { path: Some(named("metrics", &metric.name).path), ..MetricView::new(metric) })
                .collect(),
            verified: conclusion(&evidence).map(Into::into),
            checks: checks(change, evidence),
            checklists: checklists(change),
            assumptions: &change.assumptions,
            files: &change.files,
            touched: change.files.iter().map(|path| place.touched(path)).collect(),
            links: change
                .links
                .iter()
                .map(|link| LinkView { url: &link.url, title: link.title.as_deref().unwrap_or(&link.url) })
                .collect(),
            commits: &change.commits,
            branch: change.branch.as_deref(),
            related,
            created_at: change.created_at.into(),
            updated_at: change.updated_at.into(),
            revision: change.revision,
            history,
        }
    }
}

/// Where the pages are that a change leads to.
pub trait Places {
    /// The page of a name of a section.
    fn named(&self, section: &'static str, name: &str) -> Named;

    /// Where a file stands in the tree of files.
    fn touched<'a>(&self, path: &'a str) -> TouchedView<'a>;
}

/// One revision of a change.
#[derive(Debug, Clone, Serialize)]
pub struct RevisionView {
    /// Its number, from 1.
    pub revision: u64,
    /// When it was stored; absent where that is not known.
    pub at: Option<When>,
    /// By whom.
    pub actor: Option<String>,
    /// How: `log`, `edit`, `ship`, `rollback`, `import`.
    pub action: Option<String>,
    /// Why, where somebody said so.
    pub detail: Option<String>,
}

/// One command of a change.
#[derive(Debug, Clone, Serialize)]
pub struct CommandView<'a> {
    /// The command line.
    pub run: &'a str,
    /// What it is for.
    pub note: Option<&'a str>,
    /// What its output should contain.
    pub expect: Option<&'a str>,
    /// The folder to run it in.
    pub cwd: Option<&'a str>,
    /// How it ended and how long it took when it was recorded, for instance `exit 0, 3.2 s`.
    pub outcome: Option<String>,
}

impl<'a> CommandView<'a> {
    /// The view of a command.
    pub fn new(command: &'a CommandRun) -> Self {
        let exit = command.exit.map(|code| format!("exit {code}"));
        let took = command.seconds.map(duration);
        let outcome: Vec<_> = exit.into_iter().chain(took).collect();
        Self {
            run: &command.run,
            note: command.note.as_deref(),
            expect: command.expect.as_deref(),
            cwd: command.cwd.as_deref(),
            outcome: (!outcome.is_empty()).then(|| outcome.join(", ")),
        }
    }
}

/// Seconds as people say them: `0.9 s`, `3 min 23 s`, `2 h 5 min`.
pub(super) fn duration(seconds: f64) -> String {
    if seconds < 60.0 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round();
    if whole < 3600.0 {
        format!("{} min {} s", (whole / 60.0).floor(), whole % 60.0)
    } else {
        format!("{} h {} min", (whole / 3600.0).floor(), ((whole % 3600.0) / 60.0).floor())
    }
}

/// A value before and after.
#[derive(Debug, Clone, Serialize)]
pub struct MetricView<'a> {
    /// What is measured.
    pub name: &'a str,
    /// The path of its page; absent in lists.
    pub path: Option<String>,
    /// The value before, with its unit.
    pub before: String,
    /// The value after, with its unit.
    pub after: String,
    /// The relative change, for instance `−60.4 %`.
    pub percent: Option<String>,
    /// `improved`, `flat` or `regressed`.
    pub verdict: Option<&'static str>,
    /// `lower` or `higher`.
    pub better: &'static str,
    /// The length of a bar for the value before, of 100; absent without a value.
    pub before_length: Option<f64>,
    /// The length of a bar for the value after.
    pub after_length: Option<f64>,
}

impl<'a> MetricView<'a> {
    /// The view of a metric.
    pub fn new(metric: &'a Metric) -> Self {
        let longest = [metric.before, metric.after].into_iter().flatten().map(f64::abs).fold(0.0, f64::max);
        let length = |value: Option<f64>| {
            let share = value.map(|value| if longest > 0.0 { value.abs() / longest } else { 0.0 });
            share.map(|share| (share * 1000.0).round() / 10.0)
        };
        Self {
            name: &metric.name,
            path: None,
            before: metric.value(metric.before),
            after: metric.value(metric.after),
            percent: metric.percent().map(signed_percent),
            verdict: metric.verdict().map(|verdict| verdict.as_str()),
            better: metric.better.as_str(),
            before_length: length(metric.before),
            after_length: length(metric.after),
        }
    }

    /// The metric in a few words, for instance `p95 latency −60.4 %`, or both values where there is no percentage.
    pub fn outcome(&self) -> String {
        match &self.percent {
            Some(percent) => format!("{} {percent}", self.name),
            None => format!("{} {} → {}", self.name, self.before, self.after),
        }
    }
}

/// With a real minus sign, and one digit only where it says something.
fn signed_percent(percent: f64) -> String {
    let digits = if percent.abs() < 99.95 { 1 } else { 0 };
    let text = format!("{percent:+.digits$} %");
    text.replace('-', "−")
}

/// A checklist that was gone through.
#[derive(Debug, Clone, Serialize)]
pub struct ChecklistView<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its items.
    pub items: Vec<ItemView<'a>>,
}

/// One item of a checklist.
#[derive(Debug, Clone, Serialize)]
pub struct ItemView<'a> {
    /// Its name.
    pub name: &'a str,
    /// `done`, `not-applicable` or `open`.
    pub state: &'static str,
    /// Why, or how.
    pub note: Option<&'a str>,
}

fn checklists(change: &Change) -> Vec<ChecklistView<'_>> {
    change
        .checklists
        .iter()
        .map(|(name, items)| ChecklistView {
            name,
            items: items
                .iter()
                .map(|(name, item)| ItemView { name, state: item.state.as_str(), note: item.note.as_deref() })
                .collect(),
        })
        .collect()
}

/// An address worth following.
#[derive(Debug, Clone, Serialize)]
pub struct LinkView<'a> {
    /// `http:`, `https:` or `mailto:`.
    pub url: &'a str,
    /// What it leads to, else the address.
    pub title: &'a str,
}

/// Another change.
#[derive(Debug, Clone, Serialize)]
pub struct RelatedView {
    /// What the one does to the other, seen from here: `fixes`, `superseded by`, …
    pub what: &'static str,
    /// Its id.
    pub id: String,
    /// Its title; absent when it is not in this database, and then it has no page.
    pub title: Option<String>,
    /// The path of its page.
    pub path: String,
}
