//! The site: which pages there are, what stands on each, and the folder they are written to.
//!
//! A page per change, a runbook per service, lists by everything a change has, the tree of files, home and feeds, each page
//! as HTML and as Markdown. `plan` knows which pages depend on which records, so that a publication makes those that the
//! changes since the last one can have touched; `cache` knows digests of files, so that those that came out the same are not
//! touched. The same records give the same bytes, whichever way they were made: nothing here asks the time. Imports `model`,
//! `query`, `store`, `render` and `sys`.

mod cache;
mod changes;
mod check;
mod feeds;
mod files;
mod folder;
mod home;
mod lists;
mod metrics;
mod names;
mod output;
mod overlay;
mod plan;
mod rows;
mod runbook;
mod runbooks;
mod search;
mod sections;
mod segments;
mod workers;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;

use crate::model::{Change, Timestamp};
use crate::query;
use crate::render;
use crate::render::theme::Theme;
use crate::render::view::{self, Frame, LlmsView, MetricView, MissingView, Named, RowView, Site, Sitemap, View};
use crate::render::{Format, Renderer, TemplateFile, Watch, assets};
use crate::store::{Facet, Store, Summary};
use crate::sys;

pub use check::{Checked, check};
pub use folder::{ForeignFolder, Protected};
pub use output::Written;
pub use overlay::read as own_templates;

use cache::Stamp;
use folder::Folder;
use lists::Wanted;
use output::Output;
use plan::{Plan, Since};
use rows::Rows;
use sections::{SECTIONS, Section};
use segments::Segments;
use workers::Queue;

/// The version of what is made from the same records, settings and templates: a change of it makes every site anew.
const VERSION: u32 = 2;

/// When a template of the project's own is given up that is tried on a made-up page, which takes milliseconds.
pub const WATCH: Watch = Watch { most: Duration::from_secs(10), memory: sys::process::memory };

/// How a site is made.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Its title.
    pub title: String,
    /// The address it is served at, for the feed and for canonical links.
    pub base_url: Option<String>,
    /// The forms of its pages.
    pub formats: Vec<Format>,
    /// The project's own templates; a folder that is not there counts as empty.
    pub templates: Option<PathBuf>,
    /// Folders it must not be written to.
    pub protected: Protected,
    /// Makes every page, whatever the last publication made.
    pub anew: bool,
    /// Its colour, style sheet and links.
    pub theme: Theme,
}

/// What a publication did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// Changes that are published.
    pub changes: u64,
    /// Files of the site.
    pub written: Written,
    /// Whether the site was made anew rather than brought up to date.
    pub anew: bool,
}

/// Writes the site of every change in `store` to `folder`, as the records were at one moment. `progress` is told how many
/// changes are done, of how many.
///
/// # Errors
/// [`ForeignFolder`] when the folder is not ours, [`crate::render::TemplateError`] for a template that cannot be used, and
/// what the store reports. A site that was there stays as it was, or lacks its cache and is made anew the next time.
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
        runbooks: false,
        links: options.theme.links().to_vec(),
        stylesheets: options.theme.stylesheets(),
        views: view::VERSION,
    };
    let renderer = Renderer::new(&own)?;
    if !own.is_empty() {
        renderer.try_out(&options.formats, WATCH)?;
    }
    // Everything that can be wrong with the templates is said before the folder is touched.
    let assets: Vec<TemplateFile> = assets(&own).into_iter().chain(options.theme.assets()).collect();
    let mut folder = Folder::take(folder, &options.protected)?;
    if options.anew {
        folder.forget();
    }
    // A site that is there is most likely brought up to date.
    if folder.cache().is_some() {
        store.expect_little()?;
    }
    let mut parts = Some((renderer, site, folder));
    let mut report = None;
    store.snapshot(&mut || {
        let Some((renderer, mut site, folder)) = parts.take() else { return Ok(()) };
        // Every page leads to them where there are some.
        site.runbooks = !store.runbooks()?.is_empty();
        let inputs = inputs(options, &own, site.runbooks);
        let stamp = Stamp { inputs, identity: store.identity()?, seq: store.last_seq()? };
        let plan = Plan::new(store, folder.cache().map(|cache| &cache.stamp), &stamp)?;
        let anew = matches!(plan, Plan::Everything);
        let output = if anew { Output::anew(folder)? } else { Output::update(folder) };
        let pages = Pages { renderer, site, output };
        workers::run(&pages, |queue| match &plan {
            Plan::Everything => everything(store, queue, &assets, progress),
            Plan::Since(since) if since.newer.is_empty() && since.runbooks.is_empty() => Ok(()),
            Plan::Since(since) => newer(store, queue, since),
        })?;
        let changes = store.facet(Facet::Month)?.iter().map(|(_, count)| count).sum();
        report = Some(Report { changes, written: pages.output.finish(&stamp)?, anew });
        Ok(())
    })?;
    report.ok_or_else(|| anyhow::anyhow!("the records could not be read"))
}

/// The digest of everything a page depends on but the records.
fn inputs(options: &Options, own: &[TemplateFile], runbooks: bool) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    let Options { title, base_url, formats, theme, .. } = options;
    let settings =
        format!("{VERSION} {} {title:?} {base_url:?} {formats:?} {theme:?} {runbooks}\n", env!("CARGO_PKG_VERSION"));
    hasher.update(settings.as_bytes());
    hasher.update(query::rules_text().as_bytes());
    let mut add = |name: &str, content: &[u8]| {
        hasher.update(format!("\n{name:?} {}\n", content.len()).as_bytes());
        hasher.update(content);
    };
    render::embedded().iter().chain(own).for_each(|file| add(&file.name, &file.content));
    hasher.finalize().into()
}

/// Makes every page.
fn everything(
    store: &dyn Store,
    queue: &Queue<'_>,
    assets: &[TemplateFile],
    progress: &mut dyn FnMut(u64, u64),
) -> Result<()> {
    let total = store.facet(Facet::Month)?.iter().map(|(_, count)| count).sum();
    let segments = Arc::new(Segments::default());
    let (mut done, mut segment) = (0, 0);
    store.each_recorded(0..u64::MAX, &mut |number, change| {
        if search::segment_of(number) != segment {
            let (segments, whole) = (segments.clone(), segment);
            queue.wait();
            queue.add(move |pages| segments.write(pages, whole))?;
            segment = search::segment_of(number);
        }
        let searched = queue.pages.site.html.then(|| (number, segments.clone()));
        changes::write(store, queue, change, searched)?;
        done += 1;
        progress(done, total);
        Ok(true)
    })?;
    if queue.pages.site.html {
        queue.wait();
        queue.add(move |pages| segments.write(pages, segment).and_then(|()| segments.finish(pages)))?;
    }
    let rows = Rows::again_and_again(store, total)?;
    for section in &SECTIONS {
        for (name, _) in store.facet(section.facet)? {
            lists::write(store, &rows, queue, section, &name, Wanted::All)?;
            if section.facet == Facet::Service && queue.pages.site.html {
                feeds::service(store, queue, &name)?;
            }
        }
    }
    files::write(store, &rows, queue, BTreeSet::from([String::new()]), true)?;
    runbooks::write(store, queue)?;
    if queue.pages.site.html {
        feeds::site(store, queue)?;
        feeds::site_maps(store, queue, Wanted::All)?;
        for file in assets {
            queue.pages.output.write(&file.name, &file.content)?;
        }
    }
    home::write(store, queue)
}

/// Makes the pages that what was written since can have touched.
fn newer(store: &dyn Store, queue: &Queue<'_>, since: &Since) -> Result<()> {
    for id in &since.changes {
        match store.get(id)? {
            Some(change) => changes::write(store, queue, change, None)?,
            None => queue.pages.remove(&names::change(id.as_str())),
        }
    }
    let mut folders = BTreeSet::from([String::new()]);
    let mut months = BTreeSet::new();
    let rows = Rows::of(store);
    for ((facet, name), of) in &since.lists {
        lists::write(store, &rows, queue, Section::of(*facet), name, Wanted::Months(of))?;
        match facet {
            Facet::File => folders.extend(files::above(name)),
            Facet::Month => drop(months.insert(name.clone())),
            Facet::Service if queue.pages.site.html => feeds::service(store, queue, name)?,
            _ => {}
        }
    }
    files::write(store, &rows, queue, folders, false)?;
    runbooks::write(store, queue)?;
    if queue.pages.site.html {
        let (path, manifest) = segments::newer(store, queue, since)?;
        queue.pages.output.write(&path, &manifest)?;
        feeds::site(store, queue)?;
        feeds::site_maps(store, queue, Wanted::Months(&months))?;
    }
    home::write(store, queue)
}

thread_local! {
    /// The text of the last page: the next one needs no room of its own.
    static TEXT: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// What writes pages; shared by the threads that do.
struct Pages {
    renderer: Renderer,
    site: Site,
    output: Output,
}

impl Pages {
    fn formats(&self) -> impl Iterator<Item = Format> {
        let all = [(Format::Html, self.site.html), (Format::Markdown, self.site.markdown)];
        all.into_iter().filter_map(|(format, wanted)| wanted.then_some(format))
    }

    /// Writes one page in every form.
    fn write<V: View>(&self, title: &str, path: &str, view: &V) -> Result<()> {
        let page = render::Page::new(&self.site, &frame(title, path), view);
        let mut text = TEXT.take();
        for format in self.formats() {
            self.renderer.page_into(format, &page, &mut text)?;
            self.output.write(&format!("{path}{}", format.suffix()), &text)?;
        }
        TEXT.set(text);
        Ok(())
    }

    /// Takes a page away in every form.
    fn remove(&self, path: &str) {
        self.formats().for_each(|format| self.output.remove(&format!("{path}{}", format.suffix())));
    }

    /// Whether the site had a page.
    fn had(&self, path: &str) -> bool {
        self.formats().next().is_none_or(|format| self.output.had(&format!("{path}{}", format.suffix())))
    }

    /// Writes `404.html`. It is shown in the place of any page, so it leads to whole addresses where the site has one.
    fn missing(&self, view: &MissingView) -> Result<()> {
        if !self.site.html {
            return Ok(());
        }
        let frame = Frame { root: self.site.base_url.clone().unwrap_or_default(), ..frame("Not found", "404") };
        let text = self.renderer.page(Format::Html, &render::Page::new(&self.site, &frame, view))?;
        self.output.write("404.html", text.as_bytes())
    }

    fn llms(&self, view: &LlmsView) -> Result<()> {
        let page = render::Page::new(&self.site, &frame(&self.site.title, "llms"), view);
        let text = self.renderer.page(Format::Markdown, &page)?;
        self.output.write("llms.txt", text.as_bytes())
    }

    fn site_map(&self, path: &str, view: &Sitemap) -> Result<()> {
        let text = self.renderer.site_map(&self.site, view)?;
        self.output.write(&format!("{path}.xml"), text.as_bytes())
    }
}

fn frame(title: &str, path: &str) -> Frame {
    let section = path.split_once('/').map_or("", |(section, _)| section);
    Frame { title: title.to_owned(), path: path.to_owned(), root: names::root(path), section: section.to_owned() }
}

/// The first moment of a month, or of one `later`.
fn month_start(month: &str, later: u32) -> Option<Timestamp> {
    let first = chrono::NaiveDate::parse_from_str(&format!("{month}-01"), "%Y-%m-%d").ok()?;
    let first = first.checked_add_months(chrono::Months::new(later))?;
    Timestamp::new(first.and_hms_opt(0, 0, 0)?.and_utc())
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

/// A page as something to lead to.
fn front(name: &str, path: &str) -> Named {
    Named { name: name.to_owned(), path: path.to_owned() }
}
