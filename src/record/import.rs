//! Many drafts in one transaction.

use anyhow::Result;

use super::{RecordError, Recorder, event, existing};
use crate::model::{ChangeId, Defaults, Draft};
use crate::query;
use crate::redact;
use crate::store::NewChange;
use crate::sys;

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Changes stored.
    pub imported: u64,
    /// Changes that were there already and say the same.
    pub unchanged: u64,
    /// Changes in which secrets were masked.
    pub masked: u64,
    /// Records left out, and why.
    pub skipped: Vec<Skipped>,
}

/// A record that an import left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Its id.
    pub id: ChangeId,
    /// Why.
    pub reason: String,
}

/// Hands every draft of a source to the function it is given, with its place (from 1).
type Source<'s> = dyn FnMut(&mut dyn FnMut(u64, Draft) -> Result<()>) -> Result<()> + 's;

impl Recorder<'_> {
    /// Records everything `source` yields, all of it or nothing. A record that is there already with the same content is
    /// left alone, one that was deleted here stays deleted, and secrets are masked.
    ///
    /// # Errors
    /// The first record that is refused, by its place; then nothing is stored.
    pub fn import(&mut self, source: &mut Source<'_>) -> Result<ImportReport> {
        let (actor, now) = (self.actor.clone(), self.now);
        let mut report = ImportReport::default();
        self.store.write(&mut |writer| {
            report = ImportReport::default();
            source(&mut |place, draft| {
                let digest = draft.digest();
                let defaults = Defaults { id: ChangeId::from_bits(sys::random::bits()?), now };
                let mut change = draft.validate(&defaults).map_err(|invalid| {
                    anyhow::Error::from(RecordError::from(invalid)).context(format!("record {place}"))
                })?;
                let masked = redact::mask_change(&mut change);
                match existing(writer, &change, &digest) {
                    Ok(Some(_)) => report.unchanged += 1,
                    Ok(None) => {
                        let fingerprints = &query::fingerprints(&change);
                        writer.insert(&NewChange { change: &change, digest: Some(&digest), fingerprints })?;
                        writer.event(&event(&actor, now, "import", &change, None))?;
                        report.imported += 1;
                        report.masked += u64::from(masked);
                    }
                    Err(error) => match error.downcast_ref::<RecordError>() {
                        Some(RecordError::Deleted { id, .. }) => {
                            report.skipped.push(Skipped { id: id.clone(), reason: error.to_string() });
                        }
                        _ => return Err(error.context(format!("record {place}"))),
                    },
                }
                Ok(())
            })
        })?;
        Ok(report)
    }
}
