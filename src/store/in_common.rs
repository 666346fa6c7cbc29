//! Searching for an error: what records share with it, and how much that is worth. The same for every engine.
//!
//! Each line and each feature of the error is looked up by itself, newest first and bounded; a record scores the weight of
//! what it shares, the more the rarer that is (inverse document frequency).

use std::collections::HashMap;

use crate::query::{ErrorText, Expr, FeatureKind, error_weights, plain};

/// Lines and features that are looked up.
const MOST_HEADLINES: usize = 24;
const MOST_FEATURES: usize = 40;

/// Records whose documents may be read for one page.
const MOST_READ: usize = 400;

/// Reasons that are told of a hit.
const MOST_REASONS: usize = 6;

/// One thing that is looked up.
pub(super) struct LookUp {
    pub(super) key: Key,
    weight: f64,
    reason: String,
}

/// How it is found.
pub(super) enum Key {
    /// By a fingerprint.
    Fingerprint(String),
    /// By words.
    Words(Expr),
}

/// What to look up of an error.
pub(super) fn look_ups(error: &ErrorText) -> Vec<LookUp> {
    let weights = error_weights();
    let mut all = Vec::new();
    for (place, headline) in error.headlines.iter().take(MOST_HEADLINES).enumerate() {
        let weight = weights.headline * weights.fall.powf(place as f64);
        let reason = format!("the same error: {}", headline.text);
        all.push(LookUp { key: Key::Fingerprint(headline.fingerprint.clone()), weight, reason });
    }
    for (place, feature) in error.features.iter().take(MOST_FEATURES).enumerate() {
        let Some(words) = plain(&feature.text) else { continue };
        let reason = match feature.kind {
            FeatureKind::Class => feature.text.clone(),
            FeatureKind::Code => format!("code {}", feature.text),
            FeatureKind::Message => format!("\u{201c}{}\u{201d}", feature.text),
            FeatureKind::Function => format!("function {}", feature.text),
            FeatureKind::File => format!("file {}", feature.text),
        };
        // A feature stands for less than a line: there are several of each line.
        let weight = weights.of(feature.kind) * weights.fall.powf(place as f64 / 4.0);
        all.push(LookUp { key: Key::Words(words), weight, reason });
    }
    all
}

/// Records that a look-up reads at most; one more tells that there are more.
pub(super) fn most_found() -> i64 {
    error_weights().newest.cast_signed() + 1
}

#[derive(Default)]
struct InCommon {
    score: f64,
    /// Places in the list of reasons.
    why: Vec<usize>,
}

/// What records share with an error, as it is found.
pub(super) struct Shares {
    total: f64,
    reasons: Vec<String>,
    shared: HashMap<i64, InCommon>,
}

impl Shares {
    /// Of so many records.
    pub(super) fn of(total: i64) -> Self {
        Self { total: total as f64, reasons: Vec::new(), shared: HashMap::new() }
    }

    /// Adds what one look-up found: the records, at most [`most_found`].
    pub(super) fn add(&mut self, look_up: LookUp, found: &[i64]) {
        let newest = error_weights().newest as f64;
        // How many more there are is not counted: four times as many is what a common word has at least.
        let records = if found.len() as f64 > newest { newest * 4.0 } else { found.len() as f64 };
        let worth = look_up.weight * (1.0 + self.total / records.max(1.0)).ln();
        for num in found {
            let shared = self.shared.entry(*num).or_default();
            shared.score += worth;
            shared.why.push(self.reasons.len());
        }
        self.reasons.push(look_up.reason);
    }

    /// The records that share most, with their scores, as many as may be read.
    pub(super) fn most(&self) -> Vec<(i64, f64)> {
        let mut scores: Vec<(i64, f64)> = self.shared.iter().map(|(num, shared)| (*num, shared.score)).collect();
        scores.sort_unstable_by(|one, other| other.1.total_cmp(&one.1).then_with(|| other.0.cmp(&one.0)));
        scores.truncate(MOST_READ);
        scores
    }

    /// What a record shares, in words.
    pub(super) fn why(&self, num: i64) -> Vec<String> {
        let why = self.shared.get(&num).map(|shared| shared.why.as_slice()).unwrap_or_default();
        why.iter().take(MOST_REASONS).map(|place| self.reasons[*place].clone()).collect()
    }
}
