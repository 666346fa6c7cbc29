//! Home, the lists by service, owner, tag and month, and the pages that list those.

use anyhow::Result;

use super::workers::Queue;
use super::{front, names, row, row_of, runbook};
use crate::model::{Change, Status, Timestamp};
use crate::query::{Condition, Expr};
use crate::render::view::{ArchiveView, EntryView, FacetView, FacetsView, GroupView, HomeView, ListView, RowView};
use crate::store::{Facet, Order, Page, Store};

/// Changes a list shows on one page; a longer one has a page per month, so that the pages of past months stay as they are.
const LONG: u64 = 200;

/// Changes on the front page of a long list.
const FRONT: usize = 50;

/// Changes, and entries of each way to browse, on the home page.
const LATEST: usize = 20;
const ENTRIES: usize = 12;

/// A way to browse.
pub(super) struct Section {
    facet: Facet,
    /// Its folder.
    pub(super) path: &'static str,
    title: &'static str,
    one: &'static str,
}

static SECTIONS: [Section; 4] = [
    Section { facet: Facet::Service, path: "services", title: "Services", one: "Service" },
    Section { facet: Facet::Owner, path: "owners", title: "Owners", one: "Owner" },
    Section { facet: Facet::Tag, path: "tags", title: "Tags", one: "Tag" },
    Section { facet: Facet::Month, path: "months", title: "Months", one: "Month" },
];

impl Section {
    /// Every name with how many changes have it; months newest first, the others by name.
    fn entries(&self, store: &dyn Store) -> Result<Vec<EntryView>> {
        let mut entries: Vec<_> = store
            .facet(self.facet)?
            .into_iter()
            .map(|(name, count)| {
                let path = names::named(self.path, &name).path;
                let name = if self.facet == Facet::Month { names::month_title(&name) } else { name };
                EntryView { name, path, count }
            })
            .collect();
        if self.facet == Facet::Month {
            entries.reverse();
        }
        Ok(entries)
    }

    fn filter(&self, name: &str) -> Expr {
        match self.facet {
            Facet::Service => Expr::service(name),
            Facet::Owner => Expr::owner(name),
            Facet::Tag => Expr::tag(name),
            Facet::Environment => Expr::Is(Condition::Environment(name.to_owned())),
            Facet::Month => Expr::between(month_start(name, 0), month_start(name, 1)),
        }
    }
}

/// The first moment of a month, or of one `later`.
fn month_start(month: &str, later: u32) -> Option<Timestamp> {
    let first = chrono::NaiveDate::parse_from_str(&format!("{month}-01"), "%Y-%m-%d").ok()?;
    let first = first.checked_add_months(chrono::Months::new(later))?;
    Timestamp::new(first.and_hms_opt(0, 0, 0)?.and_utc())
}

/// Writes every list.
pub(super) fn write(store: &dyn Store, queue: &Queue<'_>) -> Result<()> {
    for section in &SECTIONS {
        let entries = section.entries(store)?;
        for (name, count) in store.facet(section.facet)? {
            let list = list(store, queue, section, &name, count)?;
            let path = names::named(section.path, &name).path;
            if section.facet == Facet::Service {
                let view = runbook::gather(store, &section.filter(&name), list)?;
                queue.add(move |pages| pages.write(&name, &path, &view))?;
            } else {
                queue.add(move |pages| pages.write(&list.name, &path, &list))?;
            }
        }
        let view = FacetsView { title: section.title, one: section.one, entries };
        queue.add(move |pages| pages.write(section.title, &format!("{}/index", section.path), &view))?;
    }
    Ok(())
}

/// The front page of a list; the pages of its months are written here, where it is long enough to have some.
fn list(store: &dyn Store, queue: &Queue<'_>, section: &Section, name: &str, total: u64) -> Result<ListView> {
    let month = section.facet == Facet::Month;
    let path = names::named(section.path, name).path;
    let title = if month { names::month_title(name) } else { name.to_owned() };
    let mut view = ListView {
        name: title.clone(),
        up: front(section.title, &format!("{}/index", section.path)),
        total,
        groups: Vec::new(),
        archives: Vec::new(),
        front: None,
    };
    let split = !month && total > LONG;
    let mut shown = 0;
    let mut archive: Option<(String, Vec<RowView>)> = None;
    let flush = |archive: Option<(String, Vec<RowView>)>, view: &mut ListView| -> Result<()> {
        let Some((month, rows)) = archive else { return Ok(()) };
        let entry = ArchiveView {
            title: names::month_title(&month),
            path: format!("{path}/{month}"),
            count: rows.len() as u64,
        };
        let page = ListView {
            groups: vec![GroupView { title: None, rows }],
            archives: Vec::new(),
            front: Some(front(&title, &path)),
            ..view.clone()
        };
        let (title, path) = (format!("{title}, {}", entry.title), entry.path.clone());
        queue.add(move |pages| pages.write(&title, &path, &page))?;
        view.archives.push(entry);
        Ok(())
    };
    store.each_summary(&section.filter(name), Order::NewestFirst, Page::ALL, &mut |summary| {
        let of_month = summary.at.month();
        let row = row(summary);
        if split {
            if archive.as_ref().is_some_and(|(month, _)| *month != of_month) {
                flush(archive.take(), &mut view)?;
            }
            archive.get_or_insert_with(|| (of_month.clone(), Vec::new())).1.push(row.clone());
        }
        if !split || shown < FRONT {
            push(&mut view.groups, (!month).then(|| names::month_title(&of_month)), row);
            shown += 1;
        }
        Ok(true)
    })?;
    flush(archive, &mut view)?;
    Ok(view)
}

fn push(groups: &mut Vec<GroupView>, title: Option<String>, row: RowView) {
    match groups.last_mut() {
        Some(group) if group.title == title => group.rows.push(row),
        _ => groups.push(GroupView { title, rows: vec![row] }),
    }
}

/// Writes the first page.
pub(super) fn home(store: &dyn Store, queue: &Queue<'_>) -> Result<()> {
    let rows = |which: &Expr, most, wanted: &dyn Fn(&Change) -> bool| -> Result<Vec<RowView>> {
        let mut rows = Vec::new();
        store.each(which, Order::NewestFirst, Page::ALL, &mut |change| {
            if wanted(&change) {
                rows.push(row_of(&change));
            }
            Ok(rows.len() < most)
        })?;
        Ok(rows)
    };
    let latest = rows(&Expr::Everything, LATEST, &|change| change.status != Status::Draft)?;
    let elsewhere = |change: &Change| latest.iter().all(|row| row.id != change.id.as_str());
    let mut facets = Vec::new();
    for section in &SECTIONS {
        let mut entries = section.entries(store)?;
        let total = entries.len();
        if section.facet != Facet::Month {
            entries.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.name.cmp(&other.name)));
        }
        entries.truncate(ENTRIES);
        facets.push(FacetView { title: section.title, path: format!("{}/index", section.path), total, entries });
    }
    let view = HomeView {
        total: store.count(&Expr::Everything)?,
        drafts: rows(&Expr::status(Status::Draft), LATEST, &|_| true)?,
        rolled_back: rows(&Expr::status(Status::RolledBack), LATEST / 4, &elsewhere)?,
        latest,
        facets,
    };
    queue.add(move |pages| pages.write(&pages.site.title, "index", &view))
}
