//! The rules that are data: weights, bounds and synonyms of `data/query.toml`.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::{FeatureKind, Field, analyze};

/// `data/query.toml` as it stands: whoever keeps what follows from it keeps its digest too.
pub fn rules_text() -> &'static str {
    TEXT
}

const TEXT: &str = include_str!("../../data/query.toml");

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
    /// With more records than this, the following two take the place of the two above.
    pub many: u64,
    /// Of all matches, the ones recorded last that are ranked.
    pub newest_of_many: u64,
    /// Of the matches with every word in the title, the ones recorded last that are ranked too.
    pub newest_by_title_of_many: u64,
    /// These are looked for among so many records.
    pub title_within: u64,
    /// The share that a change recorded now gains over one that is very old.
    pub recency: f64,
    /// Days after which half of that is left.
    pub half_life_days: f64,
    /// The factor for a change that was rolled back or superseded.
    pub replaced: f64,
    /// The share that a change gains whose checks all passed when they were last run.
    pub verified: f64,
}

/// How much what a pasted error and a record share counts.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorWeights {
    /// The same line of error, up to what varies.
    pub headline: f64,
    /// The name of an exception.
    pub class: f64,
    /// A code.
    pub code: f64,
    /// Words of the message.
    pub message: f64,
    /// A function on the stack.
    pub function: f64,
    /// A file on the stack.
    pub file: f64,
    /// What is left of a weight one line further down: the first line of an error is what the rest followed from.
    pub fall: f64,
    /// Of the records that share one of these, the ones recorded last that are looked at.
    pub newest: u64,
}

impl ErrorWeights {
    /// The weight of a feature.
    pub fn of(&self, kind: FeatureKind) -> f64 {
        match kind {
            FeatureKind::Class => self.class,
            FeatureKind::Code => self.code,
            FeatureKind::Message => self.message,
            FeatureKind::Function => self.function,
            FeatureKind::File => self.file,
        }
    }
}

/// The weights of what errors share.
pub fn error_weights() -> ErrorWeights {
    RULES.errors
}

/// The bounds and preferences of ranking.
pub fn ranking() -> Ranking {
    RULES.ranking
}

/// The stems of every word or phrase that means the same as a stem, itself among them; `None` for most.
pub(super) fn synonyms(stem: &str) -> Option<&'static [Vec<String>]> {
    RULES.synonyms.get(stem).map(Vec::as_slice)
}

/// The groups of single words that mean the same, by their stems.
pub fn synonym_stems() -> &'static [Vec<String>] {
    &RULES.single_words
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    weights: Weights,
    ranking: Ranking,
    errors: ErrorWeights,
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
    errors: ErrorWeights,
    /// By each stem that is a whole word of a group.
    synonyms: HashMap<String, Vec<Vec<String>>>,
    /// What is left of each group without phrases, where that is more than one.
    single_words: Vec<Vec<String>>,
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
    let file: File = toml::from_str(TEXT).expect("data/query.toml is valid");
    let File { weights, ranking, errors, synonyms } = file;
    let mut by_stem = HashMap::new();
    let mut single_words = Vec::new();
    for group in &synonyms.groups {
        let stems = |text: &String| analyze(text).into_iter().map(|token| token.stem).collect();
        let group: Vec<Vec<String>> = group.iter().map(stems).collect();
        let single: Vec<String> = group.iter().filter(|stems| stems.len() == 1).map(|stems| stems[0].clone()).collect();
        for stem in &single {
            by_stem.insert(stem.clone(), group.clone());
        }
        if single.len() > 1 {
            single_words.push(single);
        }
    }
    let weights = [weights.title, weights.reason, weights.error, weights.command, weights.file, weights.context];
    Rules { weights, ranking, errors, synonyms: by_stem, single_words }
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_are_data() {
        for (at, field) in Field::ALL.into_iter().enumerate() {
            assert_eq!(field.index(), at);
            assert!(weight(field) > 0.0 && weight(field).is_finite(), "{field:?}");
        }
        let Ranking {
            newest, newest_by_title, many, newest_of_many, recency, half_life_days, replaced, verified, ..
        } = ranking();
        assert!(
            newest > 100
                && newest_by_title > 0
                && many > newest
                && newest_of_many > 0
                && recency >= 0.0
                && half_life_days > 0.0
                && replaced <= 1.0
                && verified >= 0.0
        );
        let kubernetes = synonyms("k8s").expect("a group");
        assert!(kubernetes.iter().all(|stems| !stems.is_empty()) && kubernetes.len() > 1);
        assert!(weight(Field::Title) > weight(Field::Error) && weight(Field::Error) > weight(Field::Reason));
    }
}
