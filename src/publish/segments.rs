//! Keeps the files of the search in the pages up with the records.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use anyhow::Result;

use super::plan::{Since, is_new};
use super::search::{self, Entry, SEGMENT, Summary, segment_of};
use super::workers::Queue;
use crate::model::Change;
use crate::store::Store;

/// The segments of a site that is made anew, as its changes are read.
#[derive(Debug, Default)]
pub(super) struct Segments {
    /// Documents of segments that are not built yet.
    waiting: Mutex<BTreeMap<u64, Vec<Entry>>>,
    built: Mutex<Vec<Summary>>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Segments {
    /// Takes a change. Called by the threads that make pages.
    pub(super) fn take(&self, number: u64, change: &Change) {
        let entry = Entry::new(number, change);
        lock(&self.waiting).entry(segment_of(number)).or_default().push(entry);
    }

    /// Writes a segment, all of whose changes were taken; those of the next may come meanwhile.
    pub(super) fn write(&self, pages: &super::Pages, segment: u64) -> Result<()> {
        let Some(entries) = lock(&self.waiting).remove(&segment) else { return Ok(()) };
        let built = search::build(segment, entries);
        built.files.iter().try_for_each(|(path, content)| pages.output.write(path, content))?;
        lock(&self.built).push(built.summary);
        Ok(())
    }

    /// Writes the file that leads to all of them.
    pub(super) fn finish(&self, pages: &super::Pages) -> Result<()> {
        let (path, content) = search::manifest(&lock(&self.built));
        pages.output.write(&path, &content)
    }
}

/// Brings the segments up to date that have a change which was written since; those that only grew are added to. Returns
/// the file that leads to all of them, to be written after them.
pub(super) fn newer(store: &dyn Store, queue: &Queue<'_>, since: &Since) -> Result<(String, Vec<u8>)> {
    let output = &queue.pages.output;
    let before = output.read(&search::manifest(&[]).0).and_then(|manifest| search::read_manifest(&manifest));
    let mut touched: BTreeSet<u64> = since.newer.iter().filter_map(|newer| newer.number).map(segment_of).collect();
    if before.is_none() {
        // Nothing is known of the others either.
        store.each_recorded(0..u64::MAX, &mut |number, _| {
            touched.insert(segment_of(number));
            Ok(true)
        })?;
    }
    let mut summaries: BTreeMap<u64, Summary> =
        before.into_iter().flatten().map(|summary| (summary.segment, summary)).collect();
    for segment in touched {
        let of: Vec<_> = since.newer.iter().filter(|newer| newer.number.map(segment_of) == Some(segment)).collect();
        let entries = || {
            let entry = |newer: &&crate::store::Newer| Some(Entry::new(newer.number?, newer.change.as_ref()?));
            of.iter().filter_map(entry).collect::<Vec<_>>()
        };
        let grown = (summaries.contains_key(&segment) && of.iter().all(|newer| is_new(newer)))
            .then(|| search::add(segment, entries(), &|path| output.read(path)))
            .flatten();
        let (files, summary) = match grown {
            Some(added) => {
                added.removed.iter().for_each(|path| output.remove(path));
                (added.files, Some(added.summary))
            }
            None => build(store, queue, segment)?,
        };
        files.iter().try_for_each(|(path, content)| output.write(path, content))?;
        match summary {
            Some(summary) => drop(summaries.insert(segment, summary)),
            None => drop(summaries.remove(&segment)),
        }
    }
    Ok(search::manifest(&summaries.into_values().collect::<Vec<_>>()))
}

/// Files with their paths, and the segment they are, if anything is in it.
type Files = (Vec<(String, Vec<u8>)>, Option<Summary>);

/// Makes a segment from its changes; what it had and has no longer goes away.
fn build(store: &dyn Store, queue: &Queue<'_>, segment: u64) -> Result<Files> {
    let mut entries = Vec::new();
    store.each_recorded(segment * SEGMENT..(segment + 1) * SEGMENT, &mut |number, change| {
        entries.push(Entry::new(number, &change));
        Ok(true)
    })?;
    let folder = format!("search/{segment}");
    let output = &queue.pages.output;
    output.names_in(&folder).iter().for_each(|name| output.remove(&format!("{folder}/{name}")));
    if entries.is_empty() {
        return Ok((Vec::new(), None));
    }
    let built = search::build(segment, entries);
    Ok((built.files, Some(built.summary)))
}
