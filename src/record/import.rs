//! Many drafts in one transaction. A thread reads and prepares them while the store writes.

use std::sync::mpsc::{SyncSender, sync_channel};

use anyhow::{Context, Result};

use super::{RecordError, Recorder, event, existing, mark_replaced};
use crate::model::{Actor, Change, ChangeId, Defaults, Draft, Timestamp};
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
    /// Changes that their source says otherwise now, and that nobody had edited here.
    pub updated: u64,
    /// Changes in which secrets were masked.
    pub masked: u64,
    /// Records left out, and why.
    pub skipped: Vec<Skipped>,
}

impl ImportReport {
    /// Adds what another import of the same source did.
    pub fn add(&mut self, other: Self) {
        let Self { imported, unchanged, updated, masked, skipped } = other;
        self.imported += imported;
        self.unchanged += unchanged;
        self.updated += updated;
        self.masked += masked;
        self.skipped.extend(skipped);
    }
}

/// A record that an import left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Its id; absent for one that was refused.
    pub id: Option<ChangeId>,
    /// Why.
    pub reason: String,
}

/// How to import.
#[derive(Default)]
pub struct ImportOptions<'o> {
    /// Leave out what is refused, and store the rest.
    pub keep_going: bool,
    /// What to keep of how far the source was read: a name and a mark, see [`crate::store::Store::mark`].
    pub mark: Option<(&'o str, &'o str)>,
    /// The changes that tell already of what a draft tells of, under ids of their own.
    pub recorded_as: Option<&'o RecordedAs<'o>>,
    /// Hears how many records were looked at.
    pub progress: Option<&'o dyn Fn(u64)>,
    /// What a record is called in a refusal, by its place: its file, for instance.
    pub names: Option<&'o Names<'o>>,
}

/// See [`ImportOptions::names`].
pub type Names<'n> = dyn Fn(u64) -> String + Sync + 'n;

fn name_of(names: Option<&Names<'_>>, place: u64) -> String {
    names.map_or_else(|| format!("record {place}"), |name| name(place))
}

/// Names the changes that may tell of a draft already.
pub type RecordedAs<'r> = dyn Fn(&Draft) -> Vec<ChangeId> + Sync + 'r;

/// Hands every draft of a source to the function it is given, with its place (from 1).
type Source<'s> = dyn FnMut(&mut dyn FnMut(u64, Draft) -> Result<()>) -> Result<()> + Send + 's;

/// Records handed over at once, and how many such batches may wait: enough that neither side waits for the other often.
const BATCH: usize = 64;
const WAITING: usize = 16;

/// Batches after which an import is a large one; no more than may wait.
const LARGE: usize = 16;

/// What became of a draft.
enum Read {
    Prepared(Box<Prepared>),
    /// It was refused, and the rest is to be stored.
    Refused(String),
}

/// A draft that is ready to be stored.
struct Prepared {
    place: u64,
    change: Change,
    json: String,
    /// Whether the draft brought its id.
    has_id: bool,
    digest: String,
    fingerprints: Vec<String>,
    recorded_as: Vec<ChangeId>,
    masked: bool,
}

impl Recorder<'_> {
    /// Records everything `source` yields, all of it or nothing. A record that is there already with the same content is
    /// left alone, and so is one that was deleted or edited here; one that its source says otherwise now, and that nobody
    /// else wrote, gets its next revision. Secrets are masked. `source` runs in a thread of its own.
    ///
    /// # Errors
    /// The first record that is refused, by its place; then nothing is stored.
    pub fn import(&mut self, options: &ImportOptions<'_>, source: &mut Source<'_>) -> Result<ImportReport> {
        let (now, keep_going, names) = (self.now, options.keep_going, options.names);
        let mut import = Import { actor: self.actor.clone(), now, keep_going, names, report: ImportReport::default() };
        std::thread::scope(|scope| {
            // Dropped with the closure below: when storing fails, whoever sends hears of it.
            let (send, received) = sync_channel(WAITING);
            let recorded_as = options.recorded_as;
            scope.spawn(move || prepare_all(source, now, keep_going, recorded_as, names, &send));
            let first = received.iter().take(LARGE).collect::<Result<Vec<_>>>()?;
            let is_large = first.len() == LARGE;
            let mut batches = Some(first.into_iter().map(Ok).chain(received));
            let mut done = 0;
            let mut work = |writer: &mut dyn Writer| {
                for batch in batches.take().into_iter().flatten() {
                    let batch = batch?;
                    done += batch.len() as u64;
                    batch.into_iter().try_for_each(|read| import.take(writer, read))?;
                    options.progress.inspect(|progress| progress(done));
                }
                options.mark.map_or(Ok(()), |(name, mark)| writer.set_mark(name, mark))
            };
            if is_large { self.store.write_many(&mut work) } else { self.store.write(&mut work) }
        })?;
        Ok(import.report)
    }
}

/// Sends every draft of the source, checked; a refusal that ends the import is the last thing that is sent.
fn prepare_all(
    source: &mut Source<'_>,
    now: Timestamp,
    keep_going: bool,
    recorded_as: Option<&RecordedAs<'_>>,
    names: Option<&Names<'_>>,
    send: &SyncSender<Result<Vec<Read>>>,
) {
    let mut batch = Vec::with_capacity(BATCH);
    let read = source(&mut |place, draft| {
        let recorded_as = recorded_as.map(|named| named(&draft)).unwrap_or_default();
        batch.push(match prepared(place, draft, now, names) {
            Ok(prepared) => Read::Prepared(Box::new(Prepared { recorded_as, ..prepared })),
            Err(error) if keep_going && error.is::<RecordError>() => Read::Refused(format!("{error:#}")),
            Err(error) => return Err(error),
        });
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

fn prepared(place: u64, draft: Draft, now: Timestamp, names: Option<&Names<'_>>) -> Result<Prepared> {
    let (digest, has_id) = (draft.digest(), draft.id.is_some());
    let defaults = Defaults { id: ChangeId::from_bits(sys::random::bits()?), now };
    let (mut change, mut json) = draft
        .validate_as_json(&defaults)
        .map_err(|invalid| anyhow::Error::from(RecordError::from(invalid)).context(name_of(names, place)))?;
    let masked = redact::mask_change(&mut change);
    if masked {
        json = serde_json::to_string(&change)?;
    }
    let fingerprints = query::fingerprints(&change);
    Ok(Prepared { place, change, json, has_id, digest, fingerprints, recorded_as: Vec::new(), masked })
}

/// An import while it runs.
struct Import<'o> {
    actor: Actor,
    now: Timestamp,
    keep_going: bool,
    names: Option<&'o Names<'o>>,
    report: ImportReport,
}

impl Import<'_> {
    fn take(&mut self, writer: &mut dyn Writer, read: Read) -> Result<()> {
        match read {
            Read::Prepared(prepared) => {
                self.store(writer, &prepared).with_context(|| name_of(self.names, prepared.place))
            }
            Read::Refused(reason) => {
                self.report.skipped.push(Skipped { id: None, reason });
                Ok(())
            }
        }
    }

    fn store(&mut self, writer: &mut dyn Writer, prepared: &Prepared) -> Result<()> {
        let Prepared { change, json, digest, fingerprints, has_id, .. } = prepared;
        if self.is_logged_by_hand(writer, prepared)? {
            self.report.unchanged += 1;
            return Ok(());
        }
        let error = match existing(writer, change, digest, *has_id) {
            Ok(Some(_)) => {
                self.report.unchanged += 1;
                return Ok(());
            }
            Ok(None) => {
                writer.insert(&NewChange { change, json: Some(json), digest: Some(digest), fingerprints })?;
                writer.event(&event(&self.actor, self.now, "import", change, None))?;
                self.report.imported += 1;
                self.report.masked += u64::from(prepared.masked);
                // A record that brings its id is a copy: what it replaced is marked where it comes from.
                return if *has_id { Ok(()) } else { mark_replaced(writer, change, &self.actor, self.now) };
            }
            Err(error) => error,
        };
        match error.downcast_ref::<RecordError>() {
            Some(RecordError::Deleted { id, .. }) => self.leave_out(id.clone(), error.to_string()),
            Some(RecordError::Conflict { id, differs, .. }) if !has_id => {
                if writer.is_as_imported(id)? {
                    return self.update(writer, prepared, id);
                }
                self.leave_out(id.clone(), format!("{id} was edited here and differs now in {differs}"));
            }
            Some(RecordError::Conflict { id, .. }) if self.keep_going => self.leave_out(id.clone(), error.to_string()),
            _ => return Err(error),
        }
        Ok(())
    }

    fn leave_out(&mut self, id: ChangeId, reason: String) {
        self.report.skipped.push(Skipped { id: Some(id), reason });
    }

    /// Whether somebody told of the commit before it was imported.
    fn is_logged_by_hand(&self, writer: &dyn Writer, prepared: &Prepared) -> Result<bool> {
        for id in &prepared.recorded_as {
            if writer.get(id)?.is_some() {
                return Ok(true);
            }
        }
        let change = &prepared.change;
        let [commit] = change.commits.as_slice() else { return Ok(false) };
        if prepared.has_id || change.source.key.as_ref() != Some(commit) {
            return Ok(false);
        }
        Ok(writer.by_commit(commit)?.is_some_and(|id| id != change.id))
    }

    /// Stores what the source says now as the next revision.
    fn update(&mut self, writer: &mut dyn Writer, prepared: &Prepared, id: &ChangeId) -> Result<()> {
        let base = writer.get(id)?.with_context(|| format!("there is no change {id}"))?;
        let mut change = prepared.change.clone();
        change.created_at = base.created_at;
        change.revision = base.revision + 1;
        change.updated_at = self.now;
        writer.update(&change, &prepared.fingerprints)?;
        writer.set_digest(id, &prepared.digest)?;
        writer.event(&event(&self.actor, self.now, "import", &change, None))?;
        self.report.updated += 1;
        Ok(())
    }
}
