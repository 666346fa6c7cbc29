//! What came of runs, on its way into the store.

use anyhow::Result;

use super::Recorder;
use crate::model::{Evidence, OUTPUT};
use crate::redact;

impl Recorder<'_> {
    /// Stores what came of runs, all of it or nothing. Secrets that the rules know are masked in what came back, and more
    /// output than [`OUTPUT`] bytes is cut. The rows say who ran what and when, so the event log does not say it again.
    ///
    /// # Errors
    /// What the store reports, for instance that a change was deleted meanwhile.
    pub fn add_evidence(&mut self, evidence: Vec<Evidence>) -> Result<()> {
        let evidence: Vec<_> = evidence.into_iter().map(stored).collect();
        self.store.write(&mut |writer| evidence.iter().try_for_each(|evidence| writer.add_evidence(evidence)))
    }
}

fn stored(mut evidence: Evidence) -> Evidence {
    let outcome = &mut evidence.outcome;
    if outcome.output.len() > OUTPUT {
        outcome.output.truncate(outcome.output.floor_char_boundary(OUTPUT));
        outcome.cut = true;
    }
    if let Some(masked) = redact::mask(&outcome.output) {
        outcome.output = masked;
    }
    if let Some(masked) = outcome.detail.as_deref().and_then(redact::mask) {
        outcome.detail = Some(masked);
    }
    evidence
}
