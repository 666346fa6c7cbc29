//! What other programs read: the feeds and the site maps.

use std::collections::BTreeSet;

use anyhow::Result;

use super::lists::Wanted;
use super::sections::SECTIONS;
use super::workers::Queue;
use super::{changes, names, runbooks};
use crate::model::Status;
use crate::query::Expr;
use crate::render::view::{Feed, Sitemap};
use crate::store::{Facet, Order, Page, Span, Store};

/// Changes in a feed.
const LATEST: u64 = 30;

/// Makes the feeds of the site, `atom.xml` and `feed.json`.
pub(super) fn site(store: &dyn Store, queue: &Queue<'_>) -> Result<()> {
    let latest = latest(store, Expr::status(Status::Shipped))?;
    queue.add(move |pages| {
        let feed = feed(&latest, &pages.site.title, "atom", "index");
        pages.output.write("atom.xml", pages.renderer.atom(&pages.site, &feed)?.as_bytes())?;
        pages.output.write("feed.json", pages.renderer.json_feed(&pages.site, &feed)?.as_bytes())
    })
}

/// Makes the feed of a service, beside its page.
pub(super) fn service(store: &dyn Store, queue: &Queue<'_>, name: &str) -> Result<()> {
    let latest = latest(store, Expr::service(name).and(Expr::status(Status::Shipped)))?;
    let name = name.to_owned();
    let path = names::named("services", &name).path;
    if store.months(Facet::Service, &name)?.is_empty() {
        queue.pages.output.remove(&format!("{path}.xml"));
        return Ok(());
    }
    queue.add(move |pages| {
        let title = format!("{name} – {}", pages.site.title);
        let feed = feed(&latest, &title, &path, &path);
        pages.output.write(&format!("{path}.xml"), pages.renderer.atom(&pages.site, &feed)?.as_bytes())
    })
}

fn latest(store: &dyn Store, which: Expr) -> Result<Vec<crate::model::Change>> {
    let mut latest = Vec::new();
    store.each(&which, Order::NewestFirst, Page::first(LATEST), &mut |change| {
        latest.push(change);
        Ok(true)
    })?;
    Ok(latest)
}

fn feed<'a>(latest: &'a [crate::model::Change], title: &str, path: &str, page: &str) -> Feed<'a> {
    Feed {
        title: title.to_owned(),
        path: path.to_owned(),
        page: page.to_owned(),
        root: names::root(path),
        updated_at: latest.iter().map(|change| change.updated_at).max().map(Into::into),
        changes: latest
            .iter()
            .map(|change| changes::view(change, Vec::new(), Vec::new(), vec![None; change.checks.len()]))
            .collect(),
    }
}

/// Makes the site maps: one a month for its changes, one for the pages that gather them, and one that lists those. They
/// need whole addresses, so there is none without a base URL (<https://www.sitemaps.org/protocol.html>).
pub(super) fn site_maps(store: &dyn Store, queue: &Queue<'_>, wanted: Wanted<'_>) -> Result<()> {
    if queue.pages.site.base_url.is_none() || !queue.pages.site.html {
        return Ok(());
    }
    let map = |name: &str| format!("months/{name}.sitemap");
    let months: BTreeSet<String> = store.facet(Facet::Month)?.into_iter().map(|(month, _)| month).collect();
    if let Wanted::Months(changed) = wanted {
        changed.difference(&months).for_each(|gone| queue.pages.output.remove(&format!("{}.xml", map(gone))));
    }
    for month in &months {
        if matches!(wanted, Wanted::Months(changed) if !changed.contains(month)) {
            continue;
        }
        let mut paths = Vec::new();
        store.each_in(Facet::Month, month, Span::All, &mut |summary| {
            paths.push(format!("{}.html", names::change(summary.id.as_str())));
            Ok(true)
        })?;
        let path = map(month);
        queue.add(move |pages| pages.site_map(&path, &Sitemap { paths, maps: Vec::new() }))?;
    }
    let mut paths = vec!["index.html".to_owned()];
    for section in &SECTIONS {
        paths.push(format!("{}.html", section.index().path));
        if section.facet != Facet::File {
            paths.extend(section.entries(store)?.into_iter().map(|entry| format!("{}.html", entry.path)));
        }
    }
    for runbook in store.runbooks()? {
        paths.push(format!("{}.html", runbooks::page(&runbook.name).path));
    }
    if queue.pages.site.runbooks {
        paths.push(format!("{}.html", runbooks::index().path));
    }
    let maps = months.iter().map(|month| map(month)).chain([map("lists")]).map(|map| map + ".xml").collect();
    queue.add(move |pages| {
        pages.site_map("months/lists.sitemap", &Sitemap { paths, maps: Vec::new() })?;
        pages.site_map("sitemap", &Sitemap { paths: Vec::new(), maps })
    })
}
