//! What plain words of a commit message tell: the kind of a change, and numbers before and after.

use crate::model::{Kind, MetricDraft, limit};

/// Letters of the name of a metric; what is longer is a sentence.
const LONGEST_NAME: usize = 40;

/// The kind that the first word of a title says; `None` where it says none.
pub fn kind(title: &str) -> Option<Kind> {
    let first = title.split(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty())?.to_lowercase();
    Some(match first.as_str() {
        "add" | "adds" | "added" | "implement" | "implements" | "introduce" | "support" | "allow" | "enable" => {
            Kind::Feature
        }
        "fix" | "fixes" | "fixed" | "fixing" | "bugfix" | "bug" | "correct" | "repair" | "resolve" | "prevent"
        | "avoid" => Kind::Fix,
        "optimize" | "optimise" | "speed" | "faster" | "cache" | "perf" => Kind::Performance,
        "refactor" | "refactored" | "simplify" | "rename" | "cleanup" | "clean" | "extract" | "move" | "inline" => {
            Kind::Refactor
        }
        "doc" | "docs" | "document" | "documentation" | "readme" | "changelog" => Kind::Docs,
        "test" | "tests" | "testing" => Kind::Test,
        "bump" | "upgrade" | "build" | "ci" | "release" | "version" => Kind::Build,
        "revert" | "reverts" | "reverted" | "reapply" => Kind::Revert,
        _ => return None,
    })
}

/// The lines of a body that are nothing but a metric before and after, in the form `log --metric` takes: a name, a number
/// each with the same unit, and a known direction. What is less clear is left alone.
pub(super) fn metrics(body: &str) -> Vec<MetricDraft> {
    if !body.contains("->") && !body.contains('→') {
        return Vec::new();
    }
    body.lines().filter_map(metric).take(limit::ENTRIES).collect()
}

fn metric(line: &str) -> Option<MetricDraft> {
    let line = line.trim().trim_start_matches(['-', '*']).trim().trim_end_matches('.');
    let is_one = line.contains("->") != line.contains('→') && line.matches("->").count() < 2;
    let metric: MetricDraft = is_one.then(|| line.parse().ok()).flatten()?;
    let is_name = |c: char| c.is_alphanumeric() || " _-./%".contains(c);
    let named = metric.name.len() <= LONGEST_NAME && metric.name.chars().all(is_name);
    let unit = metric.unit.as_ref().is_none_or(|unit| unit.len() <= 16 && !unit.contains(' '));
    (named && unit && metric.before.is_some() && metric.after.is_some() && metric.direction().is_some())
        .then_some(metric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_tells_the_kind() {
        for (title, expected) in [
            ("Fix the retry of reads", Some(Kind::Fix)),
            ("Add a health endpoint", Some(Kind::Feature)),
            ("[ci] run on two cores", Some(Kind::Build)),
            ("Orders: fix", None),
            ("", None),
        ] {
            assert_eq!(kind(title), expected, "{title}");
        }
    }

    #[test]
    fn only_clear_metrics_are_read() {
        let body = "Because it was slow.\n\n- p95 latency: 480 ms -> 190 ms.\nerrors: 3% → 1%\n";
        let found = metrics(body);
        assert_eq!(found.iter().map(|metric| metric.name.as_str()).collect::<Vec<_>>(), ["p95 latency", "errors"]);
        assert_eq!((found[0].before, found[0].after, found[0].unit.as_deref()), (Some(480.0), Some(190.0), Some("ms")));
        for line in [
            "map: 1 -> 2",
            "p95 latency: 480 ms -> 1 s",
            "p95 latency: 480 ms -> 190 ms when it is warm",
            "rename p95: a -> b",
            "p95 latency: 4 ms -> 3 ms -> 2 ms",
        ] {
            assert_eq!(metrics(line), [], "{line}");
        }
    }
}
