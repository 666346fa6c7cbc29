//! What the shell offers behind a flag: values that the database of the working directory holds.

use std::ffi::OsStr;

use clap_complete::engine::CompletionCandidate;

use super::{Context, Globals};
use crate::model::{Kind, Status};
use crate::query::Expr;
use crate::store::{Database, Facet, Order, Page, Store};

/// Ids that are offered at most, the newest.
const IDS: u64 = 200;

pub(super) fn owners(current: &OsStr) -> Vec<CompletionCandidate> {
    facet(Facet::Owner, current)
}

pub(super) fn services(current: &OsStr) -> Vec<CompletionCandidate> {
    facet(Facet::Service, current)
}

pub(super) fn environments(current: &OsStr) -> Vec<CompletionCandidate> {
    facet(Facet::Environment, current)
}

pub(super) fn tags(current: &OsStr) -> Vec<CompletionCandidate> {
    facet(Facet::Tag, current)
}

pub(super) fn kinds(current: &OsStr) -> Vec<CompletionCandidate> {
    matching(Kind::ALL.iter().map(|kind| kind.to_string()), current)
}

pub(super) fn statuses(current: &OsStr) -> Vec<CompletionCandidate> {
    matching(Status::ALL.iter().map(|status| status.to_string()), current)
}

pub(super) fn ids(current: &OsStr) -> Vec<CompletionCandidate> {
    let mut found = Vec::new();
    if let Some(store) = database() {
        let collected = store.each_summary(&Expr::Everything, Order::NewestFirst, Page::first(IDS), &mut |change| {
            if change.id.as_str().starts_with(&*current.to_string_lossy()) {
                let title = super::text::escape(&change.title);
                found.push(CompletionCandidate::new(change.id.as_str()).help(Some(title.into())));
            }
            Ok(true)
        });
        // A shell that asks for completions wants none rather than an error in the middle of a line.
        if collected.is_err() {
            found.clear();
        }
    }
    found
}

pub(super) fn runbooks(current: &OsStr) -> Vec<CompletionCandidate> {
    let runbooks = database().and_then(|store| store.runbooks().ok()).unwrap_or_default();
    matching(runbooks.into_iter().map(|runbook| runbook.name), current)
}

fn facet(facet: Facet, current: &OsStr) -> Vec<CompletionCandidate> {
    let values = database().and_then(|store| store.facet(facet).ok()).unwrap_or_default();
    matching(values.into_iter().map(|(value, _)| value), current)
}

fn matching(values: impl Iterator<Item = String>, current: &OsStr) -> Vec<CompletionCandidate> {
    let current = current.to_string_lossy();
    values.filter(|value| value.starts_with(&*current)).map(CompletionCandidate::new).collect()
}

fn database() -> Option<Database> {
    let globals = Globals { database: None, color: clap::ColorChoice::Never, no_input: true, quiet: true };
    Context::new(globals).ok()?.open().ok()
}
