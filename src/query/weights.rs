//! Which texts of a change are searched, each in one field.

use crate::model::{Change, Check, Kind, Runbook};

/// A searched field of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// The title.
    Title,
    /// The reason and other prose: expected result, notes, assumptions.
    Reason,
    /// What went wrong: route, input, symptom, location.
    Error,
    /// Commands and what they print, rollback command, baseline command, checks.
    Command,
    /// Paths.
    File,
    /// Owner, service, environment, tags, metric names, kind, links, branch, commits, id.
    Context,
}

impl Field {
    /// Every field, in the order of the index.
    pub const ALL: [Self; 6] = [Self::Title, Self::Reason, Self::Error, Self::Command, Self::File, Self::Context];

    /// Its place in [`Field::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// Its name in `data/query.toml`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Reason => "reason",
            Self::Error => "error",
            Self::Command => "command",
            Self::File => "file",
            Self::Context => "context",
        }
    }
}

/// The searched texts of a change by field, in the order of [`Field::ALL`]; a phrase does not run from one text into the
/// next.
pub type FieldTexts<'a> = [Vec<&'a str>; 6];

/// The searched texts of a change, each in one field.
///
/// Not searched: checklist and item names (the same in every record), the status (nearly always `shipped`), times and
/// numbers; filters ask for those.
pub fn field_texts(change: &Change) -> FieldTexts<'_> {
    [
        vec![change.title.as_str()],
        reason(change),
        error(change),
        command(change),
        change.files.iter().map(String::as_str).collect(),
        context(change),
    ]
}

/// The searched texts of a runbook, in the same fields.
pub fn runbook_texts(runbook: &Runbook) -> FieldTexts<'_> {
    let mut title = vec![runbook.title.as_str()];
    title.extend(runbook.alerts.iter().map(String::as_str));
    let mut context: Vec<&str> = [&runbook.owner, &runbook.service].into_iter().filter_map(Option::as_deref).collect();
    context.extend(runbook.tags.iter().map(String::as_str));
    context.push(&runbook.name);
    [title, vec![runbook.body.as_str()], Vec::new(), Vec::new(), Vec::new(), context]
}

fn reason(change: &Change) -> Vec<&str> {
    let mut texts: Vec<&str> =
        [&change.reason, &change.expected, &change.rollback.note].into_iter().filter_map(Option::as_deref).collect();
    texts.extend(change.assumptions.iter().map(String::as_str));
    texts.extend(change.commands.iter().filter_map(|command| command.note.as_deref()));
    texts.extend(change.checklists.values().flat_map(|items| items.values()).filter_map(|item| item.note.as_deref()));
    texts
}

fn error(change: &Change) -> Vec<&str> {
    let baseline = &change.baseline;
    // The symptom first: it is what a snippet is taken from when several texts are as good.
    [&baseline.symptom, &baseline.route, &baseline.input, &baseline.location]
        .into_iter()
        .filter_map(Option::as_deref)
        .collect()
}

fn command(change: &Change) -> Vec<&str> {
    let mut texts = Vec::new();
    for command in &change.commands {
        texts.push(command.run.as_str());
        texts.extend(command.expect.as_deref());
    }
    texts.extend(change.rollback.command.as_deref());
    texts.extend(change.baseline.command.as_deref());
    for check in &change.checks {
        let what = match check {
            Check::Http(check) => check.url.as_str(),
            Check::Command(check) => check.run.as_str(),
        };
        texts.push(what);
        // A check without a name of its own was named after what it does.
        let name = check.name();
        if !name.ends_with(what) && !what.starts_with(name) {
            texts.push(name);
        }
    }
    texts
}

fn context(change: &Change) -> Vec<&str> {
    let mut texts: Vec<&str> = [&change.owner, &change.service, &change.environment, &change.branch]
        .into_iter()
        .filter_map(Option::as_deref)
        .collect();
    texts.extend(change.tags.iter().map(String::as_str));
    texts.extend(change.metrics.iter().map(|metric| metric.name.as_str()));
    if change.kind != Kind::Other {
        texts.push(change.kind.as_str());
    }
    for link in &change.links {
        texts.extend(link.title.as_deref());
        texts.push(link.url.as_str());
    }
    texts.extend(change.commits.iter().map(String::as_str));
    texts.push(change.id.as_str());
    texts
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::query::sample;

    /// Every text of a record that says something is searched, once: a field that is added later and forgotten here would
    /// be a record that cannot be found.
    #[test]
    fn every_text_is_searched_exactly_once() {
        let change = sample::full();
        let fields = field_texts(&change);
        let searched: Vec<&str> = fields.iter().flatten().copied().collect();
        let distinct: HashSet<&str> = searched.iter().copied().collect();
        assert_eq!(searched.len(), distinct.len(), "a text twice: {searched:?}");
        for text in sample::words(&change) {
            assert!(distinct.contains(text.as_str()), "not searched: {text}");
        }
        let place = |text: &str| fields.iter().position(|texts| texts.contains(&text)).map(|at| Field::ALL[at]);
        assert_eq!(place("word-baseline-symptom"), Some(Field::Error));
        assert_eq!(place("word-baseline-command"), Some(Field::Command));
        assert_eq!(place("word-command-note"), Some(Field::Reason));
        assert_eq!(place("word-tag"), Some(Field::Context));
    }
}
