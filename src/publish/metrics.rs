//! The pages of metrics: what every change made of one.

use std::sync::Arc;

use anyhow::Result;

use crate::render::view::{ListView, MeasuredView, MetricPageView, RowView};
use crate::store::Store;

/// The page of a metric, or of a month of it.
pub(super) fn page(store: &dyn Store, name: &str, list: ListView, rows: Vec<Arc<RowView>>) -> Result<MetricPageView> {
    let mut measured = Vec::with_capacity(rows.len());
    for row in rows {
        // Made from an id.
        let Ok(id) = row.id.parse() else { continue };
        for metric in store.measured(&id, name)? {
            measured.push((MeasuredView::new(&metric, row.clone()), metric));
        }
    }
    Ok(MetricPageView::new(list, measured))
}
