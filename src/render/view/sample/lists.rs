//! Pages that gather changes, with everything and with nothing.

use super::{Texts, named};
use crate::render::view::{
    ArchiveView, EntryView, FacetView, FacetsView, GroupView, HomeView, ListView, Named, ProcedureView, RowView,
    RunbookView, SymptomView,
};

const PATH: &str = "changes/k7m2xq9dwv4p";

pub(super) fn row(texts: &Texts) -> RowView {
    RowView {
        id: "k7m2xq9dwv4p".to_owned(),
        title: texts.line.to_owned(),
        path: PATH.to_owned(),
        status: "rolled-back",
        kind: "fix",
        owner: Some(texts.line.to_owned()),
        service: Some(texts.line.to_owned()),
        day: "2026-11-20".to_owned(),
        outcome: Some(texts.line.to_owned()),
        verdict: Some("improved"),
    }
}

pub(super) fn bare_row() -> RowView {
    RowView {
        id: "k7m2xq9dwv4p".to_owned(),
        title: "Title".to_owned(),
        path: PATH.to_owned(),
        status: "shipped",
        kind: "other",
        owner: None,
        service: None,
        day: "2026-11-20".to_owned(),
        outcome: None,
        verdict: None,
    }
}

fn entry(texts: &Texts) -> EntryView {
    EntryView { name: texts.line.to_owned(), path: "tags/name".to_owned(), count: 2 }
}

pub(super) fn home(texts: &Texts) -> HomeView {
    HomeView {
        total: 30,
        latest: vec![row(texts), bare_row()],
        drafts: vec![row(texts)],
        rolled_back: vec![row(texts)],
        month: "November 2026".to_owned(),
        improved: vec![row(texts)],
        facets: vec![FacetView {
            title: "Services",
            path: "services/index".to_owned(),
            total: 30,
            entries: vec![entry(texts)],
        }],
    }
}

pub(super) fn bare_home() -> HomeView {
    HomeView {
        total: 0,
        latest: Vec::new(),
        drafts: Vec::new(),
        rolled_back: Vec::new(),
        month: String::new(),
        improved: Vec::new(),
        facets: Vec::new(),
    }
}

pub(super) fn facets(texts: &Texts) -> FacetsView {
    FacetsView { title: "Services", one: "Service", entries: vec![entry(texts)] }
}

pub(super) fn bare_facets() -> FacetsView {
    FacetsView { title: "Owners", one: "Owner", entries: Vec::new() }
}

pub(super) fn list(texts: &Texts) -> ListView {
    ListView {
        name: texts.line.to_owned(),
        up: named(texts),
        total: 300,
        groups: vec![GroupView {
            title: Some("November 2026".to_owned()),
            rows: vec![row(texts).into(), bare_row().into()],
        }],
        archives: vec![ArchiveView {
            title: "November 2026".to_owned(),
            path: "tags/name/2026-11".to_owned(),
            count: 300,
        }],
        front: Some(named(texts)),
    }
}

pub(super) fn bare_list() -> ListView {
    ListView {
        name: "name".to_owned(),
        up: Named { name: "Tags".to_owned(), path: "tags/index".to_owned() },
        total: 1,
        groups: vec![GroupView { title: None, rows: vec![bare_row().into()] }],
        archives: Vec::new(),
        front: None,
    }
}

pub(super) fn runbook(texts: &Texts) -> RunbookView {
    let procedure = || ProcedureView {
        run: texts.command.to_owned(),
        note: Some(texts.markdown.to_owned()),
        cwd: Some(texts.path.to_owned()),
        expects: vec![texts.line.to_owned()],
        change: row(texts),
        uses: 2,
    };
    RunbookView {
        list: list(texts),
        owners: vec![entry(texts)],
        written: vec![named(texts)],
        environments: vec![texts.line.to_owned()],
        symptoms: vec![SymptomView {
            symptom: Some(texts.markdown.to_owned()),
            route: Some(texts.path.to_owned()),
            location: Some(texts.line.to_owned()),
            change: row(texts),
            commands: vec![texts.command.to_owned()],
            rollback_command: Some(texts.command.to_owned()),
        }],
        deploy: vec![procedure()],
        verify: vec![procedure()],
        rollback: vec![procedure()],
    }
}

pub(super) fn bare_runbook() -> RunbookView {
    let procedure = || ProcedureView {
        run: "true".to_owned(),
        note: None,
        cwd: None,
        expects: Vec::new(),
        change: bare_row(),
        uses: 1,
    };
    RunbookView {
        list: ListView {
            groups: vec![GroupView { title: Some("November 2026".to_owned()), rows: vec![bare_row().into()] }],
            ..bare_list()
        },
        owners: Vec::new(),
        written: Vec::new(),
        environments: Vec::new(),
        symptoms: vec![SymptomView {
            symptom: None,
            route: None,
            location: None,
            change: bare_row(),
            commands: Vec::new(),
            rollback_command: None,
        }],
        deploy: vec![procedure()],
        verify: vec![procedure()],
        rollback: Vec::new(),
    }
}
