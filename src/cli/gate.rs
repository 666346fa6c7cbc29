//! What the rules of `check` are told: commits with their records, and changes with what is known beside them.

use std::collections::{BTreeSet, HashSet};

use anyhow::Result;

use super::Context;
use super::report::Hinted;
use crate::model::{Change, ChangeId, Timestamp, Verified, conclusion};
use crate::policy::{Commit, Judged, Options};
use crate::repo::{self, Shipped};
use crate::store::{COMMIT_DIGITS, Facet, Store};

/// Files of a commit among which the one with the fewest changes is looked for.
const COMPARED: usize = 8;

/// The settings of the rules.
pub(super) fn options(context: &Context) -> Result<Options> {
    let config = &context.config;
    Options::read(config.table("check"), config.table("checklists"))
        .map_err(|error| Hinted::new(format!("shipnote.toml: {error}"), "docs/gate.md shows what can be set"))
}

/// Commits, and the changes that tell of them.
pub(super) struct Told<'a> {
    store: &'a dyn Store,
    pub(super) commits: Vec<Commit>,
    /// Each once, in the order found.
    pub(super) changes: Vec<Change>,
    known: HashSet<ChangeId>,
}

impl<'a> Told<'a> {
    pub(super) fn new(store: &'a dyn Store) -> Self {
        Self { store, commits: Vec::new(), changes: Vec::new(), known: HashSet::new() }
    }

    /// A commit, with the records that its trailers name, that hold its hash, or that touched its files then or later.
    pub(super) fn add_commit(&mut self, shipped: Shipped) -> Result<()> {
        let mut records = Vec::new();
        for name in &shipped.records {
            // A letter is the beginning of some id or other: that names nothing.
            let folded = ChangeId::fold_prefix(name).ok().filter(|folded| folded.len() >= COMMIT_DIGITS);
            let found = folded.map_or(Ok(Vec::new()), |folded| self.store.find_prefix(&folded, 2))?;
            if let [summary] = found.as_slice() {
                records.push(summary.id.clone());
            }
        }
        if records.is_empty() {
            records.extend(self.store.by_commit(&shipped.hash)?.into_iter().map(|summary| summary.id));
        }
        if records.is_empty() {
            records.extend(self.by_files(&shipped.files, shipped.at)?);
        }
        let Shipped { hash, title, files, .. } = shipped;
        self.add(Commit { hash, title, files, records })
    }

    /// What is staged, with a draft or change that names its files.
    pub(super) fn add_staged(&mut self, files: Vec<String>, since: Timestamp) -> Result<()> {
        if files.is_empty() {
            return Ok(());
        }
        let records = self.by_files(&files, since)?.into_iter().collect();
        self.add(Commit { hash: "staged".to_owned(), title: "what is staged".to_owned(), files, records })
    }

    /// A change to be judged.
    pub(super) fn add_change(&mut self, id: &ChangeId) -> Result<()> {
        if self.known.insert(id.clone()) {
            self.changes.extend(self.store.get(id)?);
        }
        Ok(())
    }

    fn add(&mut self, commit: Commit) -> Result<()> {
        for id in &commit.records {
            self.add_change(id)?;
        }
        self.commits.push(commit);
        Ok(())
    }

    /// A change that touched all of these files, at this time or later.
    fn by_files(&self, files: &[String], since: Timestamp) -> Result<Option<ChangeId>> {
        // The file that the fewest changes touched is looked at first; a few are enough to choose from.
        let mut rarest: Option<(&String, u64)> = None;
        for file in files.iter().take(COMPARED) {
            let count = self.store.months(Facet::File, file)?.iter().map(|(_, changes)| changes).sum();
            if count == 0 {
                return Ok(None);
            }
            if rarest.is_none_or(|(_, fewest)| count < fewest) {
                rarest = Some((file, count));
            }
        }
        rarest.map_or(Ok(None), |(file, _)| self.store.touching_all(file, files, since))
    }

    /// The changes with what is known beside them.
    pub(super) fn judged(&self) -> Result<Vec<Judged<'_>>> {
        self.changes.iter().map(|change| self.judge(change)).collect()
    }

    fn judge<'c>(&self, change: &'c Change) -> Result<Judged<'c>> {
        let verified: Option<Verified> = match change.checks.is_empty() {
            true => None,
            false => conclusion(&self.store.evidence_of_checks(change)?),
        };
        let mut lost = Vec::new();
        for relation in &change.relations {
            if self.store.get(&relation.id)?.is_none() {
                lost.push(relation.id.clone());
            }
        }
        Ok(Judged { change, verified, lost })
    }
}

/// The names in CODEOWNERS of the repository around the folder that was called in; none where git is not there.
pub(super) fn owners(context: &Context) -> Option<BTreeSet<String>> {
    repo::known_owners(context.directory()).ok().flatten()
}
