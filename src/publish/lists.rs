//! The lists by service, owner, tag, file and so on, each with pages for its months where it is long.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Result;

use super::rows::Rows;
use super::sections::Section;
use super::workers::Queue;
use super::{front, metrics, names, runbook};
use crate::render::view::{ArchiveView, GroupView, ListView, Named, RowView};
use crate::store::{Facet, Span, Store};

/// Changes a list shows on one page; a longer one has a page per month, so that the pages of past months stay as they are.
const LONG: u64 = 200;

/// Changes on the front page of a long list.
const FRONT: u64 = 50;

/// Changes of a file that stand on the page of its folder; one with more has a page of its own.
pub(super) const BESIDE: u64 = 3;

/// Which pages of a list are to be made.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wanted<'a> {
    /// All.
    All,
    /// The front page and those of these months.
    Months(&'a BTreeSet<String>),
}

/// Makes the pages of one list.
pub(super) fn write(
    store: &dyn Store,
    rows: &Rows<'_>,
    queue: &Queue<'_>,
    section: &'static Section,
    name: &str,
    wanted: Wanted<'_>,
) -> Result<()> {
    let months = store.months(section.facet, name)?;
    let total = months.iter().map(|(_, count)| count).sum();
    let path = section.page(name);
    let least = if section.facet == Facet::File { BESIDE } else { 0 };
    let split = section.facet != Facet::Month && total > LONG;
    if total <= least {
        queue.pages.remove(&path);
    }
    if !split {
        remove_months(queue, &path);
        if total <= least {
            return Ok(());
        }
    }
    let mut list = List {
        section,
        name: name.to_owned(),
        view: ListView {
            name: section.title_of(name),
            up: up(section, name),
            total,
            groups: Vec::new(),
            archives: Vec::new(),
            front: None,
        },
        path,
    };
    if split {
        let archive = |(month, count): &(String, u64)| ArchiveView {
            title: names::month_title(month),
            path: format!("{}/{month}", list.path),
            count: *count,
        };
        list.view.archives = months.iter().map(archive).collect();
        list.months(store, rows, queue, &months, wanted)?;
    }
    let span = if split { Span::Newest(FRONT) } else { Span::All };
    let rows = list.rows(rows, span)?;
    list.front(store, queue, rows)
}

/// What a list belongs to: its section, or the folder of a file.
fn up(section: &Section, name: &str) -> Named {
    if section.facet != Facet::File {
        return section.index();
    }
    let (folder, _) = names::split(name);
    let title = if folder.is_empty() { section.title } else { folder };
    front(title, &names::folder(folder))
}

fn remove_months(queue: &Queue<'_>, path: &str) {
    for file in queue.pages.output.names_in(path) {
        if let Some((month, _)) = file.split_once('.').filter(|(month, _)| names::is_month(month)) {
            queue.pages.remove(&format!("{path}/{month}"));
        }
    }
}

/// A list that is being made.
struct List {
    section: &'static Section,
    name: String,
    path: String,
    view: ListView,
}

impl List {
    fn rows(&self, rows: &Rows<'_>, span: Span<'_>) -> Result<Vec<Arc<RowView>>> {
        let mut found = Vec::new();
        rows.each(self.section.facet, &self.name, span, &mut |row| {
            found.push(row);
            Ok(true)
        })?;
        Ok(found)
    }

    /// Makes the pages of months. One that the site should have and has not is made too: the list was short before.
    fn months(
        &self,
        store: &dyn Store,
        rows: &Rows<'_>,
        queue: &Queue<'_>,
        months: &[(String, u64)],
        wanted: Wanted<'_>,
    ) -> Result<()> {
        let Wanted::Months(changed) = wanted else {
            return self.every_month(store, rows, queue);
        };
        for month in changed.iter().filter(|month| months.iter().all(|(other, _)| other != *month)) {
            queue.pages.remove(&format!("{}/{month}", self.path));
        }
        for (month, _) in months {
            if changed.contains(month) || !queue.pages.had(&format!("{}/{month}", self.path)) {
                self.month(store, queue, month, self.rows(rows, Span::Month(month))?)?;
            }
        }
        Ok(())
    }

    /// The same for all of them, with one reading.
    fn every_month(&self, store: &dyn Store, rows: &Rows<'_>, queue: &Queue<'_>) -> Result<()> {
        let mut open: Option<(String, Vec<Arc<RowView>>)> = None;
        rows.each(self.section.facet, &self.name, Span::All, &mut |row| {
            if open.as_ref().is_some_and(|(open, _)| *open != month(&row))
                && let Some((month, rows)) = open.take()
            {
                self.month(store, queue, &month, rows)?;
            }
            open.get_or_insert_with(|| (month(&row).to_owned(), Vec::new())).1.push(row);
            Ok(true)
        })?;
        match open {
            Some((month, rows)) => self.month(store, queue, &month, rows),
            None => Ok(()),
        }
    }

    fn month(&self, store: &dyn Store, queue: &Queue<'_>, month: &str, rows: Vec<Arc<RowView>>) -> Result<()> {
        let path = format!("{}/{month}", self.path);
        let title = format!("{}, {}", self.view.name, names::month_title(month));
        let mut view = ListView {
            archives: Vec::new(),
            front: Some(front(&self.view.name, &self.path)),
            // Its own, so that a page of a past month stays as it is.
            total: rows.len() as u64,
            groups: Vec::new(),
            ..self.view.clone()
        };
        if self.section.facet == Facet::Metric {
            let view = metrics::page(store, &self.name, view, rows)?;
            return queue.add(move |pages| pages.write(&title, &path, &view));
        }
        queue.add(move |pages| {
            view.groups = vec![GroupView { title: None, rows }];
            pages.write(&title, &path, &view)
        })
    }

    fn front(self, store: &dyn Store, queue: &Queue<'_>, rows: Vec<Arc<RowView>>) -> Result<()> {
        let Self { section, name, path, mut view } = self;
        let title = view.name.clone();
        if section.facet == Facet::Metric {
            let view = metrics::page(store, &name, view, rows)?;
            return queue.add(move |pages| pages.write(&title, &path, &view));
        }
        let by_month = section.facet != Facet::Month;
        for row in rows {
            let month = by_month.then(|| names::month_title(month(&row)));
            push(&mut view.groups, month, row);
        }
        if section.facet == Facet::Service {
            let view = runbook::gather(store, &name, view)?;
            return queue.add(move |pages| pages.write(&title, &path, &view));
        }
        queue.add(move |pages| pages.write(&title, &path, &view))
    }
}

/// The month of a row.
fn month(row: &RowView) -> &str {
    row.day.rsplit_once('-').map_or("", |(month, _)| month)
}

fn push(groups: &mut Vec<GroupView>, title: Option<String>, row: Arc<RowView>) {
    match groups.last_mut() {
        Some(group) if group.title == title => group.rows.push(row),
        _ => groups.push(GroupView { title, rows: vec![row] }),
    }
}
