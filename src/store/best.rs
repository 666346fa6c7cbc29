//! The order of matches: preferences on top of how well the words match. The same for every engine.

use std::collections::HashMap;

use anyhow::Result;

use crate::model::{Conclusion, Status, Timestamp};
use crate::query::ranking;

/// Replaced changes for which the one that took their place is looked up.
const MOST_SUCCESSORS: usize = 200;

/// A match before its document is read.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) num: i64,
    pub(super) score: f64,
    at: String,
    replaced: bool,
    verified: bool,
}

impl Candidate {
    /// A match with its score by words.
    pub(super) fn new(num: i64, score: f64, at: String, status: &str, verified: Option<&str>) -> Self {
        let replaced = [Status::RolledBack, Status::Superseded].iter().any(|replaced| replaced.as_str() == status);
        Self { num, score, at, replaced, verified: verified == Some(Conclusion::Passed.as_str()) }
    }
}

/// Finds the rows of the changes that took the place of a change.
pub(super) type Successors<'s> = dyn FnMut(i64) -> Result<Vec<i64>> + 's;

/// Applies the preferences to scores by words, and puts the best first; `latest` is when the latest change happened.
pub(super) fn put_best_first(
    candidates: &mut [Candidate],
    latest: Option<&str>,
    successors: &mut Successors<'_>,
) -> Result<()> {
    prefer_recent(candidates, latest);
    sort_best_first(candidates);
    put_successors_first(candidates, successors)
}

/// A mild preference for what happened lately, counted from the latest change there is, for what is still in force, and for
/// what was verified.
fn prefer_recent(candidates: &mut [Candidate], latest: Option<&str>) {
    let preferences = ranking();
    let Some(latest) = latest.and_then(|at| at.parse::<Timestamp>().ok()) else { return };
    for candidate in candidates {
        let at = candidate.at.parse::<Timestamp>().unwrap_or(latest);
        let days = (latest.utc() - at.utc()).num_hours() as f64 / 24.0;
        let recent = preferences.recency * 0.5_f64.powf(days.max(0.0) / preferences.half_life_days);
        candidate.score *= 1.0 + recent;
        if candidate.replaced {
            candidate.score *= preferences.replaced;
        }
        if candidate.verified {
            candidate.score *= 1.0 + preferences.verified;
        }
    }
}

/// Best first; of equals the later one, then the one recorded later.
fn sort_best_first(candidates: &mut [Candidate]) {
    candidates.sort_by(|one, other| {
        let by_score = other.score.total_cmp(&one.score);
        by_score.then_with(|| other.at.cmp(&one.at)).then_with(|| other.num.cmp(&one.num))
    });
}

/// Puts a change that was replaced behind the one that took its place, where both were found.
fn put_successors_first(candidates: &mut [Candidate], successors: &mut Successors<'_>) -> Result<()> {
    let scores: HashMap<i64, f64> = candidates.iter().map(|candidate| (candidate.num, candidate.score)).collect();
    let mut moved = false;
    for candidate in candidates.iter_mut().filter(|candidate| candidate.replaced).take(MOST_SUCCESSORS) {
        for successor in successors(candidate.num)? {
            if let Some(score) = scores.get(&successor).filter(|score| **score <= candidate.score) {
                candidate.score = score * 0.999;
                moved = true;
            }
        }
    }
    if moved {
        sort_best_first(candidates);
    }
    Ok(())
}

/// By the largest improvement of any metric, in percent; changes without one come last, newest first.
pub(super) fn put_most_improved_first(
    candidates: &mut [Candidate],
    improvement: &mut dyn FnMut(i64) -> Result<Option<f64>>,
) -> Result<()> {
    for candidate in candidates.iter_mut() {
        candidate.score = improvement(candidate.num)?.unwrap_or(f64::NEG_INFINITY);
    }
    sort_best_first(candidates);
    candidates.iter_mut().filter(|candidate| !candidate.score.is_finite()).for_each(|candidate| candidate.score = 0.0);
    Ok(())
}
