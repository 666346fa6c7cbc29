//! Which pages depend on which records: what a publication has to make.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::cache::Stamp;
use crate::model::{Change, ChangeId};
use crate::store::{Facet, Newer, RunbookRevision, Store};

/// Changes after which a site is made anew: nearly every list would be written, and a new site is written faster.
const MOST: usize = 500;

/// What has to be made.
#[derive(Debug)]
pub(super) enum Plan {
    /// The whole site.
    Everything,
    /// What changed since the site was made.
    Since(Since),
}

/// What changed since a site was made.
#[derive(Debug, Default)]
pub(super) struct Since {
    /// Changes whose pages are to be made; those that are gone lose them.
    pub(super) changes: BTreeSet<ChangeId>,
    /// Lists they stand in or stood in, with the months.
    pub(super) lists: BTreeMap<(Facet, String), BTreeSet<String>>,
    /// What was written, oldest first.
    pub(super) newer: Vec<Newer>,
    /// What was written of runbooks, oldest first.
    pub(super) runbooks: Vec<RunbookRevision>,
}

impl Plan {
    /// What a site that was made from `before` lacks; `now` is what it is to be made from.
    pub(super) fn new(store: &dyn Store, before: Option<&Stamp>, now: &Stamp) -> Result<Self> {
        let Some(before) = before else { return Ok(Self::Everything) };
        // A number that is smaller now is that of a backup.
        if before.inputs != now.inputs || before.identity != now.identity || before.seq > now.seq {
            return Ok(Self::Everything);
        }
        let newer = store.newer(before.seq, MOST + 1)?;
        if newer.len() > MOST || newer.iter().any(|newer| newer.number.is_none()) {
            return Ok(Self::Everything);
        }
        let mut since = Since { newer, runbooks: store.newer_runbooks(before.seq)?, ..Since::default() };
        since.touch_services(store)?;
        for newer in std::mem::take(&mut since.newer) {
            since.take(store, &newer)?;
            since.newer.push(newer);
        }
        Ok(Self::Since(since))
    }
}

impl Since {
    /// Whatever any revision of the change was part of: the published one is among them.
    fn take(&mut self, store: &dyn Store, newer: &Newer) -> Result<()> {
        self.changes.insert(newer.id.clone());
        if !is_new(newer) {
            for revision in store.history(&newer.id)? {
                self.touch(&revision.change);
            }
        }
        if let Some(change) = &newer.change {
            self.touch(change);
        }
        // Their pages say what this one is called.
        self.changes.extend(store.referring(&newer.id)?.into_iter().map(|(_, other)| other.id));
        Ok(())
    }

    /// The services whose pages lead or led to runbooks that were written.
    fn touch_services(&mut self, store: &dyn Store) -> Result<()> {
        let names: BTreeSet<String> = self.runbooks.iter().map(|revision| revision.name.clone()).collect();
        for name in names {
            for revision in store.runbook_history(&name)? {
                if let Some(service) = revision.runbook.service {
                    self.lists.entry((Facet::Service, service)).or_default();
                }
            }
        }
        Ok(())
    }

    fn touch(&mut self, change: &Change) {
        let month = change.at().month();
        let mut list = |facet, name: &str| {
            self.lists.entry((facet, name.to_owned())).or_default().insert(month.clone());
        };
        list(Facet::Month, &month);
        list(Facet::Kind, change.kind.as_str());
        change.owner.iter().for_each(|owner| list(Facet::Owner, owner));
        change.service.iter().for_each(|service| list(Facet::Service, service));
        change.environment.iter().for_each(|environment| list(Facet::Environment, environment));
        change.tags.iter().for_each(|tag| list(Facet::Tag, tag));
        change.files.iter().for_each(|path| list(Facet::File, path));
        change.metrics.iter().for_each(|metric| list(Facet::Metric, &metric.name));
        self.changes.extend(change.relations.iter().map(|relation| relation.id.clone()));
    }
}

/// Whether a change was recorded since and never edited.
pub(super) fn is_new(newer: &Newer) -> bool {
    newer.change.as_ref().is_some_and(|change| change.revision == 1)
}
