//! The runbook of a service, grown from its changes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::Result;

use super::{names, row_of, runbooks};
use crate::model::{Change, Status};
use crate::query::Expr;
use crate::render::view::{CheckView, EntryView, ListView, ProcedureView, RunbookView, SymptomView};
use crate::store::{Order, Page, Store};

/// Entries of each part: what nobody would scroll to is found by search.
const MOST: usize = 50;

/// Changes of a service that are read for it, the newest: what it says of a service should be what holds now.
const READ: u64 = 500;

/// Reads the latest changes of a service, newest first, and sorts what they say into the parts of a runbook.
pub(super) fn gather(store: &dyn Store, service: &str, list: ListView) -> Result<RunbookView> {
    let mut owners: BTreeMap<String, u64> = BTreeMap::new();
    let mut environments = BTreeSet::new();
    let mut symptoms = Vec::new();
    let (mut deploy, mut verify, mut rollback) = (Procedures::default(), Procedures::default(), Procedures::default());
    store.each(&Expr::service(service), Order::NewestFirst, Page::first(READ), &mut |change| {
        if let Some(owner) = &change.owner {
            *owners.entry(owner.clone()).or_default() += 1;
        }
        environments.extend(change.environment.clone());
        // What has not shipped cured nothing yet, and what was taken back shows no way to go.
        if change.status == Status::Draft {
            return Ok(true);
        }
        if let Some(symptom) = symptom(&change).filter(|_| symptoms.len() < MOST) {
            symptoms.push(symptom);
        }
        if change.status != Status::RolledBack {
            for command in &change.commands {
                let note = command.note.as_deref();
                deploy.add(&change, &command.run, note, command.cwd.as_deref(), Vec::new);
            }
            for check in &change.checks {
                let view = CheckView::new(check);
                verify.add(&change, &view.run, Some(view.name), None, || view.expects.clone());
            }
        }
        if let Some(command) = &change.rollback.command {
            rollback.add(&change, command, change.rollback.note.as_deref(), None, Vec::new);
        }
        Ok(true)
    })?;
    let mut owners: Vec<_> = owners
        .into_iter()
        .map(|(name, count)| EntryView { path: names::named("owners", &name).path, name, count })
        .collect();
    owners.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.name.cmp(&other.name)));
    Ok(RunbookView {
        list,
        owners,
        environments: environments.into_iter().collect(),
        written: runbooks::of_service(store, service)?,
        symptoms,
        deploy: deploy.entries,
        verify: verify.entries,
        rollback: rollback.entries,
    })
}

fn symptom(change: &Change) -> Option<SymptomView> {
    let baseline = &change.baseline;
    baseline.symptom.as_ref().or(baseline.location.as_ref())?;
    Some(SymptomView {
        symptom: baseline.symptom.clone(),
        route: baseline.route.clone(),
        location: baseline.location.clone(),
        change: row_of(change),
        commands: change.commands.iter().map(|command| command.run.clone()).collect(),
        rollback_command: change.rollback.command.clone(),
    })
}

/// Distinct command lines in the order of their latest use.
#[derive(Default)]
struct Procedures {
    entries: Vec<ProcedureView>,
    places: HashMap<String, usize>,
}

impl Procedures {
    fn add(
        &mut self,
        change: &Change,
        run: &str,
        note: Option<&str>,
        cwd: Option<&str>,
        expects: impl FnOnce() -> Vec<String>,
    ) {
        if let Some(place) = self.places.get(run) {
            self.entries[*place].uses += 1;
        } else if self.entries.len() < MOST {
            self.places.insert(run.to_owned(), self.entries.len());
            self.entries.push(ProcedureView {
                run: run.to_owned(),
                note: note.map(str::to_owned),
                cwd: cwd.map(str::to_owned),
                expects: expects(),
                change: row_of(change),
                uses: 1,
            });
        }
    }
}
