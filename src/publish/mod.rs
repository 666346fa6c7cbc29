//! The site: which pages there are, what stands on each, and the folder they are written to.
//!
//! A page per change, a runbook per service, lists by owner, tag and month, a home page and a feed, each page as HTML and
//! as Markdown. Pages are made and written as the changes are read, so memory does not grow with their number. The same
//! records give the same bytes: nothing here asks the time. Imports `model`, `query`, `store`, `render` and `sys`.

mod lists;
mod names;
mod output;
mod overlay;
mod runbook;
mod search;
mod workers;

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::model::{Change, Status};
use crate::query::Expr;
use crate::render::view::{ChangeView, Feed, Frame, MetricView, Named, RelatedView, RowView, Site, View};
use crate::render::{Format, Renderer, assets};
use crate::store::{self, Order, Page, Related, Store, Summary};

pub use output::{ForeignFolder, Written};
use workers::Queue;

/// Changes in the feed.
const FEED: u64 = 30;

/// How a site is made.
#[derive(Debug, Clone)]
pub struct Options {
    /// Its title.
    pub title: String,
    /// The address it is served at, for the feed and for canonical links.
    pub base_url: Option<String>,
    /// The forms of its pages.
    pub formats: Vec<Format>,
    /// The project's own templates; a folder that is not there counts as empty.
    pub templates: Option<PathBuf>,
}

/// What a publication did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// Changes published.
    pub changes: u64,
    /// Files of the site.
    pub written: Written,
}

/// Writes the site of every change in `store` to `folder`, as the records were at one moment. `progress` is told how many
/// changes are done, of how many.
///
/// # Errors
/// [`ForeignFolder`] when the folder is not ours, [`crate::render::TemplateError`] for a template that cannot be used, and
/// what the store reports.
pub fn publish(
    store: &dyn Store,
    options: &Options,
    folder: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Report> {
    let own = options.templates.as_deref().map(overlay::read).transpose()?.unwrap_or_default();
    let site = Site {
        title: options.title.clone(),
        base_url: options.base_url.clone(),
        html: options.formats.contains(&Format::Html),
        markdown: options.formats.contains(&Format::Markdown),
    };
    // Everything that can be wrong with the templates is said before the folder is touched.
    let pages = Pages { renderer: Renderer::new(&own)?, site, output: output::Output::take(folder)? };
    let mut changes = 0;
    workers::run(&pages, |queue| {
        store.snapshot(&mut || {
            changes = change_pages(store, queue, progress)?;
            lists::write(store, queue)?;
            lists::home(store, queue)?;
            if pages.site.html {
                search_files(store, &pages)?;
            }
            if pages.site.html { feed(store, queue) } else { Ok(()) }
        })
    })?;
    if pages.site.html {
        for file in assets(&own) {
            pages.output.write(&file.name, &file.content)?;
        }
    }
    Ok(Report { changes, written: pages.output.finish()? })
}

/// What writes pages; shared by the threads that do.
struct Pages {
    renderer: Renderer,
    site: Site,
    output: output::Output,
}

impl Pages {
    /// Writes one page in every form.
    fn write<V: View>(&self, title: &str, path: &str, view: &V) -> Result<()> {
        let section = path.split_once('/').map_or("", |(section, _)| section);
        let frame = Frame {
            title: title.to_owned(),
            path: path.to_owned(),
            root: names::root(path),
            section: section.to_owned(),
        };
        for (format, wanted) in [(Format::Html, self.site.html), (Format::Markdown, self.site.markdown)] {
            if wanted {
                let text = self.renderer.page(format, &self.site, &frame, view)?;
                self.output.write(&format!("{path}{}", format.suffix()), text.as_bytes())?;
            }
        }
        Ok(())
    }
}

/// Makes a page per change, newest first; returns how many.
fn change_pages(store: &dyn Store, queue: &Queue<'_>, progress: &mut dyn FnMut(u64, u64)) -> Result<u64> {
    let all = Expr::Everything;
    let total = store.count(&all)?;
    let mut done = 0;
    store.each(&all, Order::NewestFirst, Page::ALL, &mut |change| {
        let related = related(store, &change)?;
        queue.add(move |pages| {
            let view = change_view(&change, related);
            pages.write(&change.title, &view.path, &view)
        })?;
        done += 1;
        progress(done, total);
        Ok(true)
    })?;
    Ok(done)
}

/// The index of the search in the pages.
fn search_files(store: &dyn Store, pages: &Pages) -> Result<()> {
    let mut summaries = Vec::new();
    let mut entries = Vec::new();
    let mut number = 0;
    let mut flush = |segment, entries: &mut Vec<search::Entry>| -> Result<()> {
        let built = search::build(segment, std::mem::take(entries));
        summaries.push(built.summary);
        built.files.iter().try_for_each(|(path, content)| pages.output.write(path, content))
    };
    store.each(&Expr::Everything, Order::OldestFirst, Page::ALL, &mut |change| {
        entries.push(search::Entry::new(number, &change));
        number += 1;
        if number % search::SEGMENT == 0 {
            flush(search::segment_of(number - 1), &mut entries)?;
        }
        Ok(true)
    })?;
    if !entries.is_empty() {
        flush(search::segment_of(number - 1), &mut entries)?;
    }
    let (path, content) = search::manifest(&summaries);
    pages.output.write(&path, &content)
}

/// The latest changes that shipped.
fn feed(store: &dyn Store, queue: &Queue<'_>) -> Result<()> {
    let filter = Expr::status(Status::Shipped);
    let mut latest = Vec::new();
    store.each(&filter, Order::NewestFirst, Page::first(FEED), &mut |change| {
        latest.push(change);
        Ok(true)
    })?;
    queue.add(move |pages| {
        let updated_at = latest.iter().map(|change| change.updated_at).max().map(Into::into);
        let changes = latest.iter().map(|change| change_view(change, Vec::new())).collect();
        let text = pages.renderer.feed(&pages.site, &Feed { updated_at, changes })?;
        pages.output.write("atom.xml", text.as_bytes())
    })
}

fn change_view(change: &Change, related: Vec<RelatedView>) -> ChangeView<'_> {
    ChangeView::new(change, names::change(change.id.as_str()), &names::named, related)
}

fn related(store: &dyn Store, change: &Change) -> Result<Vec<RelatedView>> {
    let view =
        |Related { what, id, title }| RelatedView { what, path: names::change(id.as_str()), id: id.to_string(), title };
    Ok(store::related(store, change)?.into_iter().map(view).collect())
}

fn row(summary: Summary) -> RowView {
    RowView {
        path: names::change(summary.id.as_str()),
        id: summary.id.to_string(),
        title: summary.title,
        status: summary.status.as_str(),
        kind: summary.kind.as_str(),
        owner: summary.owner,
        service: summary.service,
        day: summary.at.day(),
        outcome: None,
        verdict: None,
    }
}

/// The row of a change with what it brought: its first metric.
fn row_of(change: &Change) -> RowView {
    let metric = change.metrics.iter().find(|metric| metric.verdict().is_some());
    let first = metric.map(MetricView::new);
    RowView {
        path: names::change(change.id.as_str()),
        id: change.id.to_string(),
        title: change.title.clone(),
        status: change.status.as_str(),
        kind: change.kind.as_str(),
        owner: change.owner.clone(),
        service: change.service.clone(),
        day: change.at().day(),
        verdict: first.as_ref().and_then(|metric| metric.verdict),
        outcome: first.map(|metric| metric.outcome()),
    }
}

/// The front page of a list as something to lead to.
fn front(name: &str, path: &str) -> Named {
    Named { name: name.to_owned(), path: path.to_owned() }
}
