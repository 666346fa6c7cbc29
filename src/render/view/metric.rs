//! One metric over time.

use std::sync::Arc;

use serde::Serialize;

use super::{ListView, MetricView, RowView, View};
use crate::model::Metric;

/// Measurements a chart shows; more would run into each other.
const MOST: usize = 80;

/// The picture, in its own units: the plot is what the margins leave.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 34.0;

/// The page of a metric: a chart of it, and the same as a table.
#[derive(Debug, Clone, Serialize)]
pub struct MetricPageView {
    /// The list of the changes that measured it; its groups are empty.
    pub list: ListView,
    /// The measurements on this page, newest first.
    pub measured: Vec<MeasuredView>,
    /// The chart; absent when there is nothing to draw.
    pub chart: Option<ChartView>,
}

impl View for MetricPageView {
    const NAME: &'static str = "metric";
}

/// What one change made of a metric.
#[derive(Debug, Clone, Serialize)]
pub struct MeasuredView {
    /// The change.
    pub change: Arc<RowView>,
    /// The value before, with its unit.
    pub before: String,
    /// The value after, with its unit.
    pub after: String,
    /// The relative change, for instance `−60.4 %`.
    pub percent: Option<String>,
    /// `improved`, `flat` or `regressed`.
    pub verdict: Option<&'static str>,
}

impl MeasuredView {
    /// The view of what `change` made of `metric`.
    pub fn new(metric: &Metric, change: Arc<RowView>) -> Self {
        let MetricView { before, after, percent, verdict, .. } = MetricView::new(metric);
        Self { change, before, after, percent, verdict }
    }
}

/// Values before and after, from the oldest at the left to the newest: a line for each change.
#[derive(Debug, Clone, Serialize)]
pub struct ChartView {
    /// Its width and height, in units of its own.
    pub width: f64,
    /// See `width`.
    pub height: f64,
    /// Where the plot begins and ends, from the left.
    pub left: f64,
    /// See `left`.
    pub right: f64,
    /// Where the plot ends below.
    pub bottom: f64,
    /// What it shows, in one sentence.
    pub title: String,
    /// The lines behind it.
    pub ticks: Vec<TickView>,
    /// The changes.
    pub marks: Vec<MarkView>,
    /// The day of the first one and of the last.
    pub first_day: String,
    /// See `first_day`.
    pub last_day: String,
}

/// A line of a chart that stands for a value.
#[derive(Debug, Clone, Serialize)]
pub struct TickView {
    /// Where it is, from above.
    pub y: f64,
    /// The value.
    pub label: String,
}

/// One change in a chart.
#[derive(Debug, Clone, Serialize)]
pub struct MarkView {
    /// Where it is, from the left.
    pub x: f64,
    /// Where the value before is, from above.
    pub before: f64,
    /// Where the value after is, from above.
    pub after: f64,
    /// `improved`, `flat` or `regressed`.
    pub verdict: &'static str,
    /// Day, values and title.
    pub label: String,
}

impl MetricPageView {
    /// The page of measurements, newest first.
    pub fn new(list: ListView, measured: Vec<(MeasuredView, Metric)>) -> Self {
        let chart = chart(&list.name, &measured);
        Self { list, measured: measured.into_iter().map(|(view, _)| view).collect(), chart }
    }
}

fn chart(name: &str, measured: &[(MeasuredView, Metric)]) -> Option<ChartView> {
    // One unit has one scale: that of the latest measurement.
    let unit = measured.iter().find(|(.., metric)| metric.verdict().is_some())?.1.unit.as_deref();
    let mut shown: Vec<_> = measured
        .iter()
        .filter(|(.., metric)| metric.unit.as_deref() == unit)
        .filter_map(|(view, metric)| Some((view, metric.before?, metric.after?, metric)))
        .take(MOST)
        .collect();
    shown.reverse();
    let ((first, ..), (last, _, latest, sample)) = (shown.first()?, shown.last()?);
    let values = shown.iter().flat_map(|(_, before, after, _)| [*before, *after]);
    let (low, high) = values.fold((0.0_f64, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    let scale = Scale::new(low, high);
    let step = (WIDTH - LEFT - RIGHT) / shown.len() as f64;
    let marks = shown.iter().enumerate().map(|(place, (view, before, after, metric))| MarkView {
        x: rounded(LEFT + step * (place as f64 + 0.5)),
        before: scale.y(*before),
        after: scale.y(*after),
        verdict: metric.verdict().map_or("flat", crate::model::Verdict::as_str),
        label: format!("{}: {} → {}, {}", view.change.day, view.before, view.after, view.change.title),
    });
    let title = format!(
        "{name}: {} from {} to {}, now {}",
        if shown.len() == 1 { "one measurement".to_owned() } else { format!("{} measurements", shown.len()) },
        first.change.day,
        last.change.day,
        sample.value(Some(*latest)),
    );
    Some(ChartView {
        width: WIDTH,
        height: HEIGHT,
        left: LEFT,
        right: WIDTH - RIGHT,
        bottom: HEIGHT - BOTTOM,
        title,
        ticks: scale.ticks(sample),
        marks: marks.collect(),
        first_day: first.change.day.clone(),
        last_day: last.change.day.clone(),
    })
}

/// From values to heights; the ends are round numbers.
struct Scale {
    low: f64,
    high: f64,
    step: f64,
}

impl Scale {
    fn new(low: f64, high: f64) -> Self {
        let range = if high > low { high - low } else { 1.0 };
        let rough = range / 4.0;
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|step| *step >= rough);
        let step = step.unwrap_or(10.0 * power);
        Self { low: (low / step).floor() * step, high: ((low + range) / step).ceil() * step, step }
    }

    fn y(&self, value: f64) -> f64 {
        let share = (value - self.low) / (self.high - self.low);
        rounded(HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP))
    }

    fn ticks(&self, metric: &Metric) -> Vec<TickView> {
        let count = ((self.high - self.low) / self.step).round() as usize;
        let value = |place: usize| {
            // Without the error that adding up steps of 0.1 makes.
            let value = self.low + self.step * place as f64;
            let digits = (1.0 - self.step.log10().floor()).clamp(0.0, 12.0) as usize;
            format!("{value:.digits$}").parse().unwrap_or(value)
        };
        (0..=count).map(|place| TickView { y: self.y(value(place)), label: metric.value(Some(value(place))) }).collect()
    }
}

fn rounded(length: f64) -> f64 {
    if length.is_finite() { (length * 10.0).round() / 10.0 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(low: f64, high: f64) -> Vec<String> {
        let metric = "p95: 1 ms -> 2 ms".parse::<crate::model::MetricDraft>().unwrap();
        let metric = Metric {
            name: metric.name,
            unit: metric.unit,
            before: metric.before,
            after: metric.after,
            better: crate::model::Direction::Lower,
        };
        Scale::new(low, high).ticks(&metric).into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn ticks_are_round_numbers() {
        assert_eq!(labels(0.0, 480.0), ["0 ms", "200 ms", "400 ms", "600 ms"]);
        assert_eq!(labels(0.0, 0.31), ["0 ms", "0.1 ms", "0.2 ms", "0.3 ms", "0.4 ms"]);
        assert_eq!(labels(-3.0, 5.0), ["-4 ms", "-2 ms", "0 ms", "2 ms", "4 ms", "6 ms"]);
        assert_eq!(labels(0.0, 0.0).len(), 5);
        assert!(Scale::new(-1e300, 1e300).y(1e300).is_finite());
    }
}
