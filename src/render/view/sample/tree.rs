//! The tree of files, metrics, and the pages for machines and lost readers, with everything and with nothing.

use super::lists::{bare_list, bare_row, list, row};
use super::{Texts, named};
use crate::render::view::{
    ChartView, FileView, FolderView, ListView, LlmsView, MarkView, MeasuredView, MetricPageView, MissingView, Sitemap,
    TickView,
};

pub(super) fn folder(texts: &Texts) -> FolderView {
    FolderView {
        path: format!("{}/", texts.path),
        up: vec![named(texts)],
        folders: vec![named(texts)],
        files: vec![FileView {
            name: texts.line.to_owned(),
            anchor: "file-api.py".to_owned(),
            page: Some("files/src/api.py".to_owned()),
            count: 7,
            rows: vec![row(texts).into()],
        }],
    }
}

pub(super) fn bare_folder() -> FolderView {
    FolderView { path: String::new(), up: Vec::new(), folders: Vec::new(), files: Vec::new() }
}

pub(super) fn metric(texts: &Texts) -> MetricPageView {
    let line = || texts.line.to_owned();
    MetricPageView {
        list: ListView { groups: Vec::new(), ..list(texts) },
        measured: vec![MeasuredView {
            change: row(texts).into(),
            before: line(),
            after: line(),
            percent: Some("−60.4 %".to_owned()),
            verdict: Some("improved"),
        }],
        chart: Some(ChartView {
            width: 720.0,
            height: 260.0,
            left: 70.0,
            right: 708.0,
            bottom: 226.0,
            title: line(),
            ticks: vec![TickView { y: 226.0, label: line() }],
            marks: vec![MarkView { x: 100.0, before: 20.0, after: 90.0, verdict: "improved", label: line() }],
            first_day: "2026-01-02".to_owned(),
            last_day: "2026-11-20".to_owned(),
        }),
    }
}

pub(super) fn bare_metric() -> MetricPageView {
    let measured = MeasuredView {
        change: bare_row().into(),
        before: "–".to_owned(),
        after: "–".to_owned(),
        percent: None,
        verdict: None,
    };
    MetricPageView { list: ListView { groups: Vec::new(), ..bare_list() }, measured: vec![measured], chart: None }
}

pub(super) fn missing(texts: &Texts) -> MissingView {
    MissingView { sections: vec![named(texts)] }
}

pub(super) fn bare_missing() -> MissingView {
    MissingView { sections: Vec::new() }
}

pub(super) fn llms(texts: &Texts) -> LlmsView {
    LlmsView { total: 30, sections: vec![named(texts)], latest: vec![row(texts)] }
}

pub(super) fn bare_llms() -> LlmsView {
    LlmsView { total: 1, sections: Vec::new(), latest: vec![bare_row()] }
}

pub(super) fn pages() -> Sitemap {
    Sitemap { paths: vec!["index.html".to_owned()], maps: Vec::new() }
}

pub(super) fn maps() -> Sitemap {
    Sitemap { paths: Vec::new(), maps: vec!["months/2026-11.sitemap.xml".to_owned()] }
}
