//! The pages of changes.

use std::sync::Arc;

use anyhow::Result;

use super::names;
use super::segments::Segments;
use super::workers::Queue;
use crate::model::{Change, Evidence};
use crate::render::view::{ChangeView, Named, Places, RelatedView, RevisionView, TouchedView};
use crate::store::{self, Related, Store};

/// Makes the page of a change, and what the search in the pages keeps of it where its number and the
/// segments are given.
pub(super) fn write(
    store: &dyn Store,
    queue: &Queue<'_>,
    change: Change,
    searched: Option<(u64, Arc<Segments>)>,
) -> Result<()> {
    let related = related(store, &change)?;
    let history = history(store, &change)?;
    let evidence = store.evidence_of_checks(&change)?;
    queue.add(move |pages| {
        if let Some((number, segments)) = searched {
            segments.take(number, &change);
        }
        let view = view(&change, related, history, evidence);
        pages.write(&change.title, &view.path, &view)
    })
}

/// Where the pages are that one leads to.
struct Site;

impl Places for Site {
    fn named(&self, section: &'static str, name: &str) -> Named {
        names::named(section, name)
    }

    fn touched<'a>(&self, path: &'a str) -> TouchedView<'a> {
        let (folder, name) = names::split(path);
        TouchedView { name: path, path: names::folder(folder), anchor: names::anchor(name) }
    }
}

pub(super) fn view(
    change: &Change,
    related: Vec<RelatedView>,
    history: Vec<RevisionView>,
    evidence: Vec<Option<Evidence>>,
) -> ChangeView<'_> {
    ChangeView::new(change, names::change(change.id.as_str()), &Site, related, history, evidence)
}

fn related(store: &dyn Store, change: &Change) -> Result<Vec<RelatedView>> {
    let view =
        |Related { what, id, title }| RelatedView { what, path: names::change(id.as_str()), id: id.to_string(), title };
    Ok(store::related(store, change)?.into_iter().map(view).collect())
}

fn history(store: &dyn Store, change: &Change) -> Result<Vec<RevisionView>> {
    if change.revision == 1 {
        return Ok(Vec::new());
    }
    let mut history = store.history(&change.id)?;
    history.reverse();
    let view = |revision: store::Revision| {
        let event = revision.event;
        RevisionView {
            revision: revision.change.revision,
            at: event.as_ref().map(|event| event.at.into()),
            actor: event.as_ref().map(|event| event.actor.user.clone()),
            action: event.as_ref().map(|event| event.action.clone()),
            detail: event.and_then(|event| event.detail),
        }
    };
    Ok(history.into_iter().map(view).collect())
}
