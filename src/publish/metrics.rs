//! The pages of metrics: what every change made of one.

use anyhow::Result;

use super::row;
use crate::render::view::{ListView, MeasuredView, MetricPageView};
use crate::store::{Store, Summary};

/// The page of a metric, or of a month of it.
pub(super) fn page(store: &dyn Store, name: &str, list: ListView, rows: Vec<Summary>) -> Result<MetricPageView> {
    let mut measured = Vec::with_capacity(rows.len());
    for summary in rows {
        let at = summary.at;
        for metric in store.measured(&summary.id, name)? {
            measured.push((at, MeasuredView::new(&metric, row(summary.clone())), metric));
        }
    }
    Ok(MetricPageView::new(list, measured))
}
