//! Runbooks with every field, and with none that can be absent.

use super::{Texts, named, when};
use crate::render::view::{
    RowView, RunbookEntryView, RunbookGroupView, RunbooksView, VariableView, WrittenRunbookView,
};

pub(super) fn written(texts: &'static Texts, row: RowView) -> WrittenRunbookView {
    let line = || texts.line.to_owned();
    WrittenRunbookView {
        name: "restart-orders".to_owned(),
        title: line(),
        up: named(texts),
        owner: Some(line()),
        owner_page: Some(named(texts)),
        service: Some(line()),
        service_page: Some(named(texts)),
        tags: vec![line()],
        alerts: vec![line()],
        stale: vec![line()],
        has_steps: true,
        variables: vec![VariableView { name: line(), default: Some(line()), question: Some(line()) }],
        body: texts.markdown.to_owned(),
        changes: vec![row],
        updated_at: when(),
        revision: 2,
    }
}

pub(super) fn bare_written() -> WrittenRunbookView {
    WrittenRunbookView {
        name: "restart-orders".to_owned(),
        title: "Title".to_owned(),
        up: super::Named { name: "Runbooks".to_owned(), path: "runbooks/index".to_owned() },
        owner: None,
        owner_page: None,
        service: None,
        service_page: None,
        tags: Vec::new(),
        alerts: Vec::new(),
        stale: Vec::new(),
        has_steps: false,
        variables: vec![VariableView { name: "N".to_owned(), default: None, question: None }],
        body: String::new(),
        changes: Vec::new(),
        updated_at: when(),
        revision: 1,
    }
}

pub(super) fn runbooks(texts: &'static Texts) -> RunbooksView {
    let entry =
        RunbookEntryView { title: texts.line.to_owned(), path: "runbooks/restart-orders".to_owned(), stale: true };
    let group = RunbookGroupView {
        service: Some(texts.line.to_owned()),
        service_page: Some(named(texts)),
        runbooks: vec![entry],
    };
    RunbooksView { total: 1, services: vec![group], alerts: vec![named(texts)] }
}

pub(super) fn bare_runbooks() -> RunbooksView {
    let group = RunbookGroupView { service: None, service_page: None, runbooks: Vec::new() };
    RunbooksView { total: 0, services: vec![group], alerts: Vec::new() }
}
