//! Which texts of a change are searched, and how much each counts.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::analyze;
use crate::model::{Change, Check, Kind};

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

/// How much a match in the field counts (`data/query.toml`).
pub fn weight(field: Field) -> f64 {
    RULES.weights[field.index()]
}

/// Bounds of ranking: what keeps a very common word from taking seconds (`data/query.toml`).
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ranking {
    /// Of all matches, the ones recorded last that are ranked.
    pub newest: u64,
    /// Of the matches with every word in the title, the ones recorded last that are ranked too.
    pub newest_by_title: u64,
    /// The share that a change recorded now gains over one that is very old.
    pub recency: f64,
    /// Days after which half of that is left.
    pub half_life_days: f64,
    /// The factor for a change that was rolled back or superseded.
    pub replaced: f64,
}

/// The bounds and preferences of ranking.
pub fn ranking() -> Ranking {
    RULES.ranking
}

/// The stems of every word or phrase that means the same as a stem, itself among them; `None` for most.
pub(super) fn synonyms(stem: &str) -> Option<&'static [Vec<String>]> {
    RULES.synonyms.get(stem).map(Vec::as_slice)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    weights: Weights,
    ranking: Ranking,
    synonyms: Synonyms,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Synonyms {
    groups: Vec<Vec<String>>,
}

struct Rules {
    weights: [f64; 6],
    ranking: Ranking,
    /// By each stem that is a whole word of a group.
    synonyms: HashMap<String, Vec<Vec<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Weights {
    title: f64,
    reason: f64,
    error: f64,
    command: f64,
    file: f64,
    context: f64,
}

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    // The file is compiled in and read by a test: it cannot be wrong in a binary that was released.
    let file: File = toml::from_str(include_str!("../../data/query.toml")).expect("data/query.toml is valid");
    let File { weights, ranking, synonyms } = file;
    let mut by_stem = HashMap::new();
    for group in &synonyms.groups {
        let stems = |text: &String| analyze(text).into_iter().map(|token| token.stem).collect();
        let group: Vec<Vec<String>> = group.iter().map(stems).collect();
        for stems in group.iter().filter(|stems| stems.len() == 1) {
            by_stem.insert(stems[0].clone(), group.clone());
        }
    }
    let weights = [weights.title, weights.reason, weights.error, weights.command, weights.file, weights.context];
    Rules { weights, ranking, synonyms: by_stem }
});

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::query::sample;

    #[test]
    fn the_weights_are_data() {
        for (at, field) in Field::ALL.into_iter().enumerate() {
            assert_eq!(field.index(), at);
            assert!(weight(field) > 0.0 && weight(field).is_finite(), "{field:?}");
        }
        let Ranking { newest, newest_by_title, recency, half_life_days, replaced } = ranking();
        assert!(newest > 100 && newest_by_title > 0 && recency >= 0.0 && half_life_days > 0.0 && replaced <= 1.0);
        let kubernetes = synonyms("k8s").expect("a group");
        assert!(kubernetes.iter().all(|stems| !stems.is_empty()) && kubernetes.len() > 1);
        assert!(weight(Field::Title) > weight(Field::Error) && weight(Field::Error) > weight(Field::Reason));
    }

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
