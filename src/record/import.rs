//! Many drafts in one transaction. A thread reads and prepares them while the store writes.

use std::sync::mpsc::{SyncSender, sync_channel};

use anyhow::{Context, Result};

use super::{RecordError, Recorder, event, existing};
use crate::model::{Change, ChangeId, Defaults, Draft, Timestamp};
use crate::query;
use crate::redact;
use crate::store::{NewChange, Writer};
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
type Source<'s> = dyn FnMut(&mut dyn FnMut(u64, Draft) -> Result<()>) -> Result<()> + Send + 's;

/// Records handed over at once, and how many such batches may wait: enough that neither side waits for the other often.
const BATCH: usize = 64;
const WAITING: usize = 16;

/// Batches after which an import is a large one; no more than may wait.
const LARGE: usize = 16;

/// A draft that is ready to be stored.
struct Prepared {
    place: u64,
    change: Change,
    json: String,
    /// Whether the draft brought its id.
    has_id: bool,
    digest: String,
    fingerprints: Vec<String>,
    masked: bool,
}

impl Recorder<'_> {
    /// Records everything `source` yields, all of it or nothing. A record that is there already with the same content is
    /// left alone, one that was deleted here stays deleted, and secrets are masked. `source` runs in a thread of its own.
    ///
    /// # Errors
    /// The first record that is refused, by its place; then nothing is stored.
    pub fn import(&mut self, source: &mut Source<'_>) -> Result<ImportReport> {
        let (actor, now) = (self.actor.clone(), self.now);
        let mut report = ImportReport::default();
        std::thread::scope(|scope| {
            // Dropped with the closure below: when storing fails, whoever sends hears of it.
            let (send, received) = sync_channel(WAITING);
            scope.spawn(move || prepare_all(source, now, &send));
            let first = received.iter().take(LARGE).collect::<Result<Vec<_>>>()?;
            let is_large = first.len() == LARGE;
            let mut batches = Some(first.into_iter().map(Ok).chain(received));
            let mut work = |writer: &mut dyn Writer| {
                for batch in batches.take().into_iter().flatten() {
                    for prepared in batch? {
                        let place = prepared.place;
                        store(writer, prepared, &actor, now, &mut report).with_context(|| format!("record {place}"))?;
                    }
                }
                Ok(())
            };
            if is_large { self.store.write_many(&mut work) } else { self.store.write(&mut work) }
        })?;
        Ok(report)
    }
}

/// Sends every draft of the source, checked; a refusal is the last thing that is sent.
fn prepare_all(source: &mut Source<'_>, now: Timestamp, send: &SyncSender<Result<Vec<Prepared>>>) {
    let mut batch = Vec::with_capacity(BATCH);
    let read = source(&mut |place, draft| {
        batch.push(prepared(place, draft, now)?);
        if batch.len() == BATCH {
            send.send(Ok(std::mem::replace(&mut batch, Vec::with_capacity(BATCH))))
                .context("nobody stores the records")?;
        }
        Ok(())
    });
    // Nobody listens any more when storing failed, which is reported by who stored.
    let _ = send.send(Ok(batch));
    if let Err(error) = read {
        let _ = send.send(Err(error));
    }
}

fn prepared(place: u64, draft: Draft, now: Timestamp) -> Result<Prepared> {
    let (digest, has_id) = (draft.digest(), draft.id.is_some());
    let defaults = Defaults { id: ChangeId::from_bits(sys::random::bits()?), now };
    let (mut change, mut json) = draft
        .validate_as_json(&defaults)
        .map_err(|invalid| anyhow::Error::from(RecordError::from(invalid)).context(format!("record {place}")))?;
    let masked = redact::mask_change(&mut change);
    if masked {
        json = serde_json::to_string(&change)?;
    }
    let fingerprints = query::fingerprints(&change);
    Ok(Prepared { place, change, json, has_id, digest, fingerprints, masked })
}

fn store(
    writer: &mut dyn Writer,
    prepared: Prepared,
    actor: &str,
    now: Timestamp,
    report: &mut ImportReport,
) -> Result<()> {
    let Prepared { change, json, digest, fingerprints, .. } = &prepared;
    match existing(writer, change, digest, prepared.has_id) {
        Ok(Some(_)) => report.unchanged += 1,
        Ok(None) => {
            writer.insert(&NewChange { change, json: Some(json), digest: Some(digest), fingerprints })?;
            writer.event(&event(actor, now, "import", change, None))?;
            report.imported += 1;
            report.masked += u64::from(prepared.masked);
        }
        Err(error) => match error.downcast_ref::<RecordError>() {
            Some(RecordError::Deleted { id, .. }) => {
                report.skipped.push(Skipped { id: id.clone(), reason: error.to_string() });
            }
            _ => return Err(error),
        },
    }
    Ok(())
}
