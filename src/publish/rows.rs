//! The rows of lists. A change stands in a dozen lists: where all lists are made, its row is read and made once, as long as
//! there are not too many to keep.

use std::sync::Arc;

use anyhow::Result;
use hashbrown::HashMap;

use super::row;
use crate::render::view::RowView;
use crate::store::{Facet, Span, Store};

/// Rows that are kept at once; about 20 MB.
const MOST: u64 = 50_000;

/// Where the rows of lists come from.
pub(super) struct Rows<'a> {
    store: &'a dyn Store,
    kept: Option<Kept>,
}

/// Every row there is.
struct Kept {
    /// Newest first.
    rows: Vec<Arc<RowView>>,
    /// Where the row of a change stands, by its number.
    places: HashMap<u64, u32>,
}

impl<'a> Rows<'a> {
    /// Rows that are read from the store whenever they are asked for.
    pub(super) fn of(store: &'a dyn Store) -> Self {
        Self { store, kept: None }
    }

    /// The same for whoever asks for all of `total` rows, again and again.
    pub(super) fn again_and_again(store: &'a dyn Store, total: u64) -> Result<Self> {
        if total > MOST {
            return Ok(Self::of(store));
        }
        let mut kept = Kept { rows: Vec::new(), places: HashMap::new() };
        store.each_numbered(&mut |number, summary| {
            kept.places.insert(number, kept.rows.len() as u32);
            kept.rows.push(Arc::new(row(summary)));
            Ok(true)
        })?;
        Ok(Self { store, kept: Some(kept) })
    }

    /// Calls `each` with the rows of the changes that have a value of a facet, newest first, until it returns false.
    pub(super) fn each(
        &self,
        facet: Facet,
        name: &str,
        span: Span<'_>,
        each: &mut dyn FnMut(Arc<RowView>) -> Result<bool>,
    ) -> Result<()> {
        let Some(kept) = &self.kept else {
            return self.store.each_in(facet, name, span, &mut |summary| each(Arc::new(row(summary))));
        };
        let mut places: Vec<u32> =
            self.store.numbers_in(facet, name)?.iter().filter_map(|number| kept.places.get(number).copied()).collect();
        places.sort_unstable();
        let (month, most) = match span {
            Span::All => ("", usize::MAX),
            Span::Newest(most) => ("", usize::try_from(most).unwrap_or(usize::MAX)),
            Span::Month(month) => (month, usize::MAX),
        };
        let rows = places.into_iter().map(|place| &kept.rows[place as usize]);
        for row in rows.filter(|row| row.day.starts_with(month)).take(most) {
            if !each(row.clone())? {
                break;
            }
        }
        Ok(())
    }
}
