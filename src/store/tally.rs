//! Counts of changes by facet and month, kept up with every write. What is counted is the same for every engine.
//!
//! They are gathered while a transaction writes and stored at its end, so that an import of many changes stores each count
//! once.

use std::collections::BTreeSet;

use hashbrown::HashMap;

use super::Facet;
use crate::model::Change;

/// What a facet is called in the table.
pub(super) fn name(facet: Facet) -> &'static str {
    match facet {
        Facet::Tag => "tag",
        Facet::Owner => "owner",
        Facet::Service => "service",
        Facet::Environment => "environment",
        Facet::Kind => "kind",
        Facet::Metric => "metric",
        Facet::File => "file",
        Facet::Month => "month",
    }
}

/// What a transaction adds to the counts.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// The months that occurred, and their numbers.
    months: HashMap<String, u32>,
    /// What is to be added to each value of each facet, by the number of a month.
    facets: HashMap<&'static str, HashMap<String, HashMap<u32, i64>>>,
}

impl Tally {
    /// Counts a change that was stored.
    pub(super) fn add(&mut self, change: &Change) {
        self.change(change, 1);
    }

    /// No longer counts a change that was stored.
    pub(super) fn remove(&mut self, change: &Change) {
        self.change(change, -1);
    }

    fn change(&mut self, change: &Change, by: i64) {
        let month_name = change.at().month();
        let next = self.months.len() as u32;
        let month = *self.months.entry_ref(month_name.as_str()).or_insert(next);
        let mut count = |facet, value: &str| {
            let added = self.facets.entry(name(facet)).or_default();
            let months = match added.get_mut(value) {
                Some(months) => months,
                None => added.entry(value.to_owned()).or_default(),
            };
            *months.entry(month).or_default() += by;
        };
        count(Facet::Month, &month_name);
        count(Facet::Kind, change.kind.as_str());
        let fields = [
            (Facet::Owner, &change.owner),
            (Facet::Service, &change.service),
            (Facet::Environment, &change.environment),
        ];
        for (facet, value) in fields {
            if let Some(value) = value {
                count(facet, value);
            }
        }
        // A change that has a value twice is one change.
        change.tags.iter().collect::<BTreeSet<_>>().into_iter().for_each(|tag| count(Facet::Tag, tag));
        change.files.iter().collect::<BTreeSet<_>>().into_iter().for_each(|path| count(Facet::File, path));
        let metrics: BTreeSet<_> = change.metrics.iter().map(|metric| &metric.name).collect();
        metrics.into_iter().for_each(|metric| count(Facet::Metric, metric));
    }

    /// What was counted: facet, value, month, and what to add; in the order of the table, which is the quickest to write.
    pub(super) fn rows(&self) -> Vec<(&str, &str, &str, i64)> {
        let names: HashMap<u32, &str> = self.months.iter().map(|(name, month)| (*month, name.as_str())).collect();
        let mut all: Vec<(&str, &str, &str, i64)> = Vec::new();
        for (facet, added) in &self.facets {
            for (value, months) in added {
                all.extend(months.iter().map(|(month, by)| (*facet, value.as_str(), names[month], *by)));
            }
        }
        all.retain(|(.., by)| *by != 0);
        all.sort_unstable();
        all
    }
}
