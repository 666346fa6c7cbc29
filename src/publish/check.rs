//! Whether every link of a site leads somewhere.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, Result};

use super::cache::{Digest, digest};
use super::folder::OWNED;
use crate::render::{Format, Links, links};

/// Links that lead nowhere which are told one by one.
const MOST: usize = 50;

/// What was found in a site.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Pages that were read.
    pub pages: u64,
    /// Links within the site that were followed, each page's once.
    pub links: u64,
    /// Links that lead nowhere, by page: the first of them.
    pub broken: Vec<String>,
    /// How many there are.
    pub total_broken: u64,
}

/// Reads every page of the site in `folder` and follows its links within the site. Progress is told in pages, of how many.
///
/// # Errors
/// When a page cannot be read.
pub fn check(folder: &Path, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<Checked> {
    let files = files(folder)?;
    let known: HashSet<&str> = files.iter().map(String::as_str).collect();
    let pages: Vec<&str> = files.iter().map(String::as_str).filter(|file| format_of(file).is_some()).collect();
    let threads = thread::available_parallelism().map_or(2, NonZero::get);
    let (next, site) = (AtomicUsize::new(0), SiteFiles { folder, known: &known, pages: &pages });
    let parts: Vec<Result<Part>> = thread::scope(|scope| {
        let work = || site.read(&next, progress);
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, _>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        threads.into_iter().map(join).collect()
    });
    let mut all = Part::default();
    for part in parts {
        let part = part?;
        all.links += part.links;
        all.anchors.extend(part.anchors);
        all.broken.extend(part.broken);
        all.to_anchors.extend(part.to_anchors);
    }
    let lost = all.to_anchors.into_iter().filter(|(anchor, _)| !all.anchors.contains(anchor)).map(|(_, said)| said);
    let mut broken: Vec<String> = all.broken.into_iter().chain(lost).collect();
    broken.sort_unstable();
    let total_broken = broken.len() as u64;
    broken.truncate(MOST);
    Ok(Checked { pages: pages.len() as u64, links: all.links, broken, total_broken })
}

/// The site's own files.
fn files(site: &Path) -> Result<Vec<String>> {
    let mut files = Vec::new();
    let mut folders = Vec::new();
    let mut add = |path: String, folders: &mut Vec<String>| {
        if site.join(&path).is_dir() { folders.push(path) } else { files.push(path) }
    };
    for name in OWNED.iter().filter(|name| !name.starts_with('.') && site.join(name).exists()) {
        add((*name).to_owned(), &mut folders);
    }
    while let Some(folder) = folders.pop() {
        let failed = || format!("cannot look into {}", site.join(&folder).display());
        for entry in fs::read_dir(site.join(&folder)).with_context(failed)? {
            let name = entry.with_context(failed)?.file_name();
            add(format!("{folder}/{}", name.to_string_lossy()), &mut folders);
        }
    }
    files.sort_unstable();
    Ok(files)
}

fn format_of(file: &str) -> Option<Format> {
    match file.rsplit_once('.')?.1 {
        "html" => Some(Format::Html),
        "md" => Some(Format::Markdown),
        _ => None,
    }
}

struct SiteFiles<'a> {
    folder: &'a Path,
    known: &'a HashSet<&'a str>,
    pages: &'a [&'a str],
}

/// What one thread found.
#[derive(Default)]
struct Part {
    links: u64,
    /// Digests of `page#anchor`.
    anchors: HashSet<Digest>,
    /// Those that are led to, with what to say of the first link if there is no such anchor.
    to_anchors: HashMap<Digest, String>,
    broken: Vec<String>,
}

impl SiteFiles<'_> {
    fn read(&self, next: &AtomicUsize, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<Part> {
        let mut part = Part::default();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(page) = self.pages.get(at) else { return Ok(part) };
            progress(at as u64, self.pages.len() as u64);
            let path = self.folder.join(page);
            let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let Links { to, anchors } = links(format_of(page).unwrap_or(Format::Html), &text);
            part.anchors.extend(anchors.iter().map(|anchor| digest(format!("{page}#{anchor}").as_bytes())));
            for link in &to {
                self.follow(page, link, &mut part);
            }
        }
    }

    fn follow(&self, page: &str, link: &str, part: &mut Part) {
        // One with a scheme or a host leads elsewhere.
        let scheme = link.find([':', '/', '?', '#']).is_some_and(|at| link.as_bytes()[at] == b':');
        if scheme || link.starts_with('/') {
            return;
        }
        part.links += 1;
        let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
        let path = path.split('?').next().unwrap_or_default();
        let target = if path.is_empty() { Some(page.to_owned()) } else { target(page, path) };
        let Some(target) = target.filter(|target| self.known.contains(target.as_str())) else {
            part.broken.push(format!("{page}: the link {link} leads nowhere"));
            return;
        };
        if !anchor.is_empty() && format_of(&target) == Some(Format::Html) {
            let said = || format!("{page}: the link {link} leads to a place that is not on that page");
            part.to_anchors.entry(digest(format!("{target}#{anchor}").as_bytes())).or_insert_with(said);
        }
    }
}

/// The file a relative link leads to; `None` when it leads out of the site.
fn target(page: &str, link: &str) -> Option<String> {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            ".." => drop(parts.pop()?),
            "." => {}
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::files::replace;

    #[test]
    fn links_are_followed_from_where_they_stand() {
        let site = tempfile::tempdir().unwrap();
        fs::create_dir_all(site.path().join("tags")).unwrap();
        let put = |name: &str, text: &str| replace(&site.path().join(name), text.as_bytes()).unwrap();
        put(
            "index.html",
            r#"<a href="tags/a.html#x">a</a><a href="https://example.com/gone">b</a><a href="mailto:a@b">c</a>"#,
        );
        put(
            "tags/a.html",
            r#"<p id="x"><a href="../index.html">up</a><a href="b.html?q#r">gone</a><a href="../../x">out</a>"#,
        );
        put("index.md", "[a](tags/a.html#y) ![b](gone.png) [c](<index.md>)");
        put("notes.html", r#"<a href="of the users, gone">"#);
        let checked = check(site.path(), &|_, _| {}).unwrap();
        let expected = [
            "index.md: the link gone.png leads nowhere",
            "index.md: the link tags/a.html#y leads to a place that is not on that page",
            "tags/a.html: the link ../../x leads nowhere",
            "tags/a.html: the link b.html?q#r leads nowhere",
        ];
        assert_eq!((checked.pages, checked.broken), (3, expected.map(str::to_owned).to_vec()));
    }
}
