//! A change as text for a terminal: owner, expected result and rollback together on top.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};

use super::text::{escape, escape_lines, wrap};
use crate::model::{Change, Check, Conclusion, Evidence, ItemState, Metric, Status, Timestamp, Verdict};
use crate::store::{Related, Similar};

pub(super) const BOLD: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const ID: Style = AnsiColor::Yellow.on_default();
pub(super) const MATCH: Style = AnsiColor::Red.on_default().bold();
pub(super) const GOOD: Style = AnsiColor::Green.on_default();
pub(super) const BAD: Style = AnsiColor::Red.on_default();

/// Columns of the names on the left.
const NAMES: usize = 11;

/// A time to the minute.
const MINUTE: &str = "%Y-%m-%d %H:%M UTC";

/// The style of a status.
pub(super) fn status_style(status: Status) -> Style {
    match status {
        Status::Shipped => GOOD,
        Status::RolledBack => BAD,
        Status::Draft => AnsiColor::Yellow.on_default(),
        Status::Superseded => DIM,
    }
}

/// What is known of a change beside its record.
pub(super) struct Beside {
    pub(super) related: Vec<Related>,
    pub(super) similar: Vec<Similar>,
    /// Of each check, in their order.
    pub(super) evidence: Vec<Option<Evidence>>,
    /// Evidence from before this says little of today.
    pub(super) stale_before: Timestamp,
}

/// The whole change, at most `width` columns wide where it can be broken.
pub(super) fn change(change: &Change, beside: &Beside, width: usize) -> String {
    let Beside { related, similar, evidence, stale_before } = beside;
    let mut view = View::top(change, width);
    view.gap();
    let environment = change.environment.as_ref().map(|environment| format!(" ({environment})")).unwrap_or_default();
    view.field("Service", change.service.as_ref().map(|service| format!("{service}{environment}")).as_deref());
    if change.service.is_none() {
        view.field("Environment", change.environment.as_deref());
    }
    view.field("Tags", joined(&change.tags, " ").as_deref());
    view.section("Before", |view| {
        view.field("Route", change.baseline.route.as_deref());
        view.field("Input", change.baseline.input.as_deref());
        view.field("Command", change.baseline.command.as_deref());
        view.field("Symptom", change.baseline.symptom.as_deref());
        view.field("Noticed", change.baseline.location.as_deref());
    });
    view.why(change);
    view.section("Steps", |view| view.steps(change));
    view.section("Metrics", |view| change.metrics.iter().for_each(|metric| view.metric(metric)));
    view.section("Checks", |view| {
        for (check, evidence) in change.checks.iter().zip(evidence) {
            view.check(check, evidence.as_ref(), *stale_before);
        }
    });
    view.checklists(change);
    view.section("Assumed", |view| change.assumptions.iter().for_each(|text| view.prose(text)));
    view.section("Files", |view| change.files.iter().for_each(|path| view.line(&escape(path))));
    view.section("Commits", |view| {
        let branch = change.branch.as_ref().map(|branch| format!(" on {}", escape(branch))).unwrap_or_default();
        change.commits.iter().for_each(|hash| view.line(&format!("{}{branch}", escape(hash))));
    });
    view.section("Links", |view| {
        for link in &change.links {
            let title = link.title.as_ref().map(|title| format!("  {}", escape(title))).unwrap_or_default();
            view.line(&format!("{}{title}", escape(&link.url)));
        }
    });
    view.section("Similar", |view| {
        for Similar { summary, why, .. } in similar {
            let why = why.join(", ");
            view.line(&format!("{ID}{}{ID:#}  {}  {DIM}{why}{DIM:#}", summary.id, escape(&summary.title)));
        }
    });
    view.section("Related", |view| {
        for Related { what, id, title } in related {
            let title = title.as_deref().map_or("(not in this database)".to_owned(), escape);
            view.line(&format!("{what} {ID}{id}{ID:#}  {title}"));
        }
    });
    view.text.trim_end().to_owned()
}

/// Its checklists.
pub(super) fn checklists(change: &Change, width: usize) -> String {
    let mut view = View { text: String::new(), width, indent: 0 };
    view.checklists(change);
    view.text.trim().to_owned()
}

/// Its top and its reason.
pub(super) fn top(change: &Change, width: usize) -> String {
    let mut view = View::top(change, width);
    view.why(change);
    view.text.trim_end().to_owned()
}

fn joined(values: &[String], between: &str) -> Option<String> {
    (!values.is_empty()).then(|| values.join(between))
}

struct View {
    text: String,
    width: usize,
    /// Columns before a field; a section stands in by two.
    indent: usize,
}

impl View {
    /// Title, owner, expected result and rollback: what is wanted first, together.
    fn top(change: &Change, width: usize) -> Self {
        let mut view = Self { text: String::new(), width, indent: 0 };
        view.head(change);
        view.field("Owner", change.owner.as_deref());
        view.field("Expected", change.expected.as_deref());
        view.commands_field("Rollback", change.rollback.command.as_deref(), change.rollback.note.as_deref());
        view
    }

    fn why(&mut self, change: &Change) {
        self.section("Why", |view| view.prose(change.reason.as_deref().unwrap_or_default()));
    }

    fn head(&mut self, change: &Change) {
        let style = status_style(change.status);
        let (status, kind, id) = (change.status, change.kind, &change.id);
        let at = change.at().utc().format(MINUTE);
        let revision = if change.revision > 1 { format!(" · revision {}", change.revision) } else { String::new() };
        self.push(&format!("{ID}{id}{ID:#}  {style}{status}{style:#} · {kind} · {at}{DIM}{revision}{DIM:#}"));
        for line in wrap(&escape(&change.title), self.width) {
            self.push(&format!("{BOLD}{line}{BOLD:#}"));
        }
        self.gap();
    }

    fn push(&mut self, line: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "{}", line.trim_end());
    }

    fn gap(&mut self) {
        if !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// A section that is left out when `body` writes nothing.
    fn section(&mut self, title: &str, body: impl FnOnce(&mut Self)) {
        let mut inner = Self { text: String::new(), width: self.width, indent: 2 };
        body(&mut inner);
        if !inner.text.is_empty() {
            self.gap();
            self.push(&format!("{BOLD}{title}{BOLD:#}"));
            self.text.push_str(&inner.text);
        }
    }

    /// A name and a value beside it; a value of several lines hangs under its first.
    fn field(&mut self, name: &str, value: Option<&str>) {
        let Some(value) = value else { return };
        let indent = self.indent;
        let lines = wrap(&escape_lines(value), self.width.saturating_sub(NAMES + indent).max(20));
        for (n, line) in lines.iter().enumerate() {
            let name = if n == 0 { name } else { "" };
            self.push(&format!("{:indent$}{DIM}{name:<NAMES$}{DIM:#}{line}", ""));
        }
    }

    /// A command and the note under it. A command is never broken: it is there to be copied.
    fn commands_field(&mut self, name: &str, command: Option<&str>, note: Option<&str>) {
        let mut name = name;
        for line in command.unwrap_or_default().lines() {
            self.push(&format!("{DIM}{name:<NAMES$}{DIM:#}{}", escape(line)));
            name = "";
        }
        self.field(name, note);
    }

    fn prose(&mut self, text: &str) {
        for line in wrap(&escape_lines(text), self.width.saturating_sub(2).max(20)) {
            self.push(&format!("  {line}"));
        }
    }

    fn line(&mut self, text: &str) {
        self.push(&format!("  {text}"));
    }

    fn steps(&mut self, change: &Change) {
        for (n, command) in change.commands.iter().enumerate() {
            let mut about: Vec<String> = Vec::new();
            about.extend(command.cwd.as_ref().map(|folder| format!("in {folder}")));
            about.extend(command.exit.map(|code| format!("exit {code}")));
            about.extend(command.seconds.map(|seconds| format!("{seconds:.1} s")));
            for (line_number, line) in command.run.lines().enumerate() {
                let number = if line_number == 0 { format!("{}.", n + 1) } else { String::new() };
                self.push(&format!("  {number:<3}{BOLD}{}{BOLD:#}", escape(line)));
            }
            let detail = [
                joined(&about, ", "),
                command.note.clone(),
                command.expect.as_ref().map(|text| format!("expect: {text}")),
            ];
            for text in detail.into_iter().flatten() {
                for line in wrap(&escape_lines(&text), self.width.saturating_sub(5).max(20)) {
                    self.push(&format!("     {DIM}{line}{DIM:#}"));
                }
            }
        }
    }

    fn metric(&mut self, metric: &Metric) {
        let (before, after) = (metric.value(metric.before), metric.value(metric.after));
        let verdict = metric.verdict().map(|verdict| {
            let style = match verdict {
                Verdict::Improved => GOOD,
                Verdict::Regressed => BAD,
                Verdict::Flat => DIM,
            };
            let percent = metric.percent().map(|percent| format!("{percent:+.1}% ")).unwrap_or_default();
            format!("  {style}{percent}{verdict}{style:#}")
        });
        let text = escape(&format!("{}: {before} -> {after}", metric.name));
        self.line(&format!("{text}{}", verdict.unwrap_or_default()));
    }

    /// A check in the words of `--check`, and what came of it when it was last run.
    fn check(&mut self, check: &Check, evidence: Option<&Evidence>, stale_before: Timestamp) {
        let (style, mark, said) = match evidence {
            None => (DIM, "·", "not run yet".to_owned()),
            Some(Evidence { outcome, at, actor, .. }) => {
                let passed = outcome.conclusion == Conclusion::Passed;
                let (style, mark) = if passed { (GOOD, "✓") } else { (BAD, "✗") };
                let detail = outcome.detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default();
                let stale = if *at < stale_before { ", stale" } else { "" };
                let (conclusion, seconds, at) = (outcome.conclusion, outcome.seconds, at.utc().format(MINUTE));
                (style, mark, format!("{conclusion} {at} by {}, {seconds:.1} s{stale}{detail}", actor.user))
            }
        };
        self.line(&format!("{style}{mark}{style:#} {}", escape(&check.to_string())));
        for line in wrap(&escape(&said), self.width.saturating_sub(4).max(20)) {
            self.push(&format!("    {DIM}{line}{DIM:#}"));
        }
    }

    fn checklists(&mut self, change: &Change) {
        for (list, items) in &change.checklists {
            self.section(&format!("Checklist {}", escape(list)), |view| {
                for (name, item) in items {
                    let mark = match item.state {
                        ItemState::Done => "[x]",
                        ItemState::NotApplicable => "[-]",
                        ItemState::Open => "[ ]",
                    };
                    let note =
                        item.note.as_ref().map(|note| format!("  {DIM}{}{DIM:#}", escape(note))).unwrap_or_default();
                    view.line(&format!("{mark} {}{note}", escape(name)));
                }
            });
        }
    }
}
