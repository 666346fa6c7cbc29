//! The pages that lead to everything: home, the index of each way to browse, and those for machines and lost readers.

use anyhow::Result;

use super::sections::SECTIONS;
use super::workers::Queue;
use super::{names, row_of, runbooks};
use crate::model::{Change, Status, Verdict};
use crate::query::{Condition, Expr, MetricCondition, MetricTest};
use crate::render::view::{FacetView, FacetsView, HomeView, LlmsView, MissingView, Named, RowView};
use crate::store::{Facet, Order, Page, Store};

/// Changes, and entries of each way to browse, on the home page.
const LATEST: usize = 20;
const ENTRIES: usize = 12;

/// Makes all of them.
pub(super) fn write(store: &dyn Store, queue: &Queue<'_>) -> Result<()> {
    let mut facets = Vec::new();
    // Files are browsed by their folders.
    for section in SECTIONS.iter().filter(|section| section.facet != Facet::File) {
        let entries = section.entries(store)?;
        let mut largest = entries.clone();
        if section.facet != Facet::Month {
            largest.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.name.cmp(&other.name)));
        }
        largest.truncate(ENTRIES);
        let index = section.index();
        facets.push(FacetView { title: section.title, path: index.path, total: entries.len(), entries: largest });
        let view = FacetsView { title: section.title, one: section.one, entries };
        queue.add(move |pages| pages.write(section.title, &section.index().path, &view))?;
    }
    let home = home(store, facets)?;
    let mut sections: Vec<Named> = SECTIONS.iter().map(super::sections::Section::index).collect();
    sections.extend(queue.pages.site.runbooks.then(runbooks::index));
    let llms = LlmsView { total: home.total, sections: sections.clone(), latest: home.latest.clone() };
    let missing = MissingView { sections };
    queue.add(move |pages| {
        pages.write(&pages.site.title, "index", &home)?;
        pages.missing(&missing)?;
        pages.llms(&llms)
    })
}

fn home(store: &dyn Store, facets: Vec<FacetView>) -> Result<HomeView> {
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
    let months = store.facet(Facet::Month)?;
    let latest = rows(&Expr::Everything, LATEST, &|change| change.status != Status::Draft)?;
    let month = latest.first().map(|row| row.day[..7].to_owned()).unwrap_or_default();
    let improved = match super::month_start(&month, 0) {
        Some(start) => {
            let test = MetricTest::Verdict(Verdict::Improved);
            let improved = Expr::Is(Condition::Metric(MetricCondition { name: Vec::new(), test }));
            let shipped = Expr::status(Status::Shipped);
            let during = Expr::between(Some(start), super::month_start(&month, 1));
            rows(&Expr::all([during, shipped, improved]), LATEST / 2, &|_| true)?
        }
        None => Vec::new(),
    };
    let elsewhere = |change: &Change| latest.iter().all(|row| row.id != change.id.as_str());
    Ok(HomeView {
        total: months.iter().map(|(_, count)| count).sum(),
        drafts: rows(&Expr::status(Status::Draft), LATEST, &|_| true)?,
        rolled_back: rows(&Expr::status(Status::RolledBack), LATEST / 4, &elsewhere)?,
        month: if month.is_empty() { month } else { names::month_title(&month) },
        improved,
        latest,
        facets,
    })
}
