//! The changes that touched one file, whatever it was called.

use std::cmp::Reverse;
use std::collections::HashSet;

use anyhow::Result;

use super::{Order, Page, Store, Summary};
use crate::model::{Change, ChangeId};
use crate::query::{Condition, Expr, FilePattern};

/// The changes that touched a file.
#[derive(Debug, Default)]
pub struct Touching {
    /// Newest first, each once.
    pub found: Vec<(Summary, Change)>,
    /// Whether there are more than were asked for.
    pub more: bool,
}

/// The newest changes that touched a file by any of its names and that `is_meant` accepts, at most `most`; `None` for all.
/// A name is a path, never a glob; records may hold more in front of it. Of equal times, what was found by an earlier name
/// is the newer.
///
/// # Errors
/// What the store reports.
pub fn touching(
    store: &dyn Store,
    names: &[String],
    most: Option<usize>,
    is_meant: &dyn Fn(&Change) -> bool,
) -> Result<Touching> {
    // One more tells that there are more.
    let enough = most.map_or(usize::MAX, |most| most.saturating_add(1));
    let mut reader = Reader { store, is_meant, enough, seen: HashSet::new(), found: Vec::new() };
    store.snapshot(&mut || names.iter().try_for_each(|name| reader.read(name)))?;
    let mut found = reader.found;
    let more = most.is_some_and(|most| found.len() > most);
    found.truncate(most.unwrap_or(usize::MAX));
    Ok(Touching { found, more })
}

/// What was found so far, name by name.
struct Reader<'a> {
    store: &'a dyn Store,
    is_meant: &'a dyn Fn(&Change) -> bool,
    /// How many are looked for.
    enough: usize,
    seen: HashSet<ChangeId>,
    /// Newest first, not more than enough.
    found: Vec<(Summary, Change)>,
}

impl Reader<'_> {
    fn read(&mut self, name: &str) -> Result<()> {
        let file = Condition::File(FilePattern::literal(name));
        // Where there are enough, what is older is not looked for.
        let last = self.enough.checked_sub(1).and_then(|last| self.found.get(last));
        let since = last.map(|(summary, _)| Condition::Since(summary.at));
        let expr = Expr::all([file].into_iter().chain(since).map(Expr::Is));
        // The store finds a short page of many matches quickly. Most are meant, so that the first mostly is enough.
        let mut page = Page::first((self.enough as u64).min(Page::ALL.most));
        let mut missing = self.enough;
        loop {
            let passed = self.read_page(&expr, page, &mut missing)?;
            if missing == 0 || passed < page.most {
                break;
            }
            page = Page { offset: page.offset + page.most, most: page.most.saturating_mul(4) };
        }
        self.found.sort_by_key(|(summary, _)| Reverse(summary.at));
        self.found.truncate(self.enough);
        Ok(())
    }

    /// Adds what is meant until none is missing; returns how many changes it passed.
    fn read_page(&mut self, expr: &Expr, page: Page, missing: &mut usize) -> Result<u64> {
        let Self { store, is_meant, seen, found, .. } = self;
        let mut passed = 0;
        store.each_summary(expr, Order::NewestFirst, page, &mut |summary| {
            passed += 1;
            if seen.insert(summary.id.clone())
                && let Some(change) = store.get(&summary.id)?
                && is_meant(&change)
            {
                found.push((summary, change));
                *missing -= 1;
            }
            Ok(*missing > 0)
        })?;
        Ok(passed)
    }
}
