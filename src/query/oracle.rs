//! Whether an expression matches a change, answered in memory: plain code to hold the engines against.

use std::collections::HashSet;

use super::weights::field_texts;
use super::{Condition, Expr, Field, Part, Term, index_terms};
use crate::model::{Change, Conclusion, Verified};

/// Whether the expression matches the change, of which the evidence says `verified`.
pub fn matches(expr: &Expr, change: &Change, verified: Option<Verified>) -> bool {
    holds(expr, (change, verified), &terms(change))
}

/// What an index would keep of one field.
#[derive(Default)]
struct FieldTerms {
    /// Stems that stand next to each other.
    runs: Vec<Vec<String>>,
    surfaces: HashSet<String>,
}

fn terms(change: &Change) -> Vec<FieldTerms> {
    let each_field = field_texts(change).into_iter().map(|texts| {
        let mut field = FieldTerms { runs: vec![Vec::new()], ..FieldTerms::default() };
        index_terms(&texts, &mut |term| match term {
            Term::Word { stem, .. } => field.runs.last_mut().into_iter().for_each(|run| run.push(stem.to_owned())),
            Term::Gap => field.runs.push(Vec::new()),
            Term::Surface(surface) => _ = field.surfaces.insert(surface.to_owned()),
        });
        field
    });
    each_field.collect()
}

fn holds(expr: &Expr, change: (&Change, Option<Verified>), fields: &[FieldTerms]) -> bool {
    let within = |field: &Option<Field>| match field {
        Some(field) => std::slice::from_ref(&fields[field.index()]),
        None => fields,
    };
    match expr {
        Expr::Everything => true,
        Expr::Nothing => false,
        Expr::All(parts) => parts.iter().all(|part| holds(part, change, fields)),
        Expr::Any(parts) => parts.iter().any(|part| holds(part, change, fields)),
        Expr::Not(part) => !holds(part, change, fields),
        Expr::Phrase { field, stems } => within(field).iter().any(|field| field.has_phrase(stems)),
        Expr::Prefix { field, stems, prefix } => {
            let has = |field: &FieldTerms| field.has_prefix(prefix) && (stems.is_empty() || field.has_phrase(stems));
            within(field).iter().any(has)
        }
        Expr::Is(condition) => fulfils(condition, change),
    }
}

fn fulfils(condition: &Condition, (change, verified): (&Change, Option<Verified>)) -> bool {
    let is = |conclusion| verified.is_some_and(|verified| verified.conclusion == conclusion);
    match condition {
        Condition::Owner(name) => change.owner.as_ref() == Some(name),
        Condition::Service(name) => change.service.as_ref() == Some(name),
        Condition::Environment(name) => change.environment.as_ref() == Some(name),
        Condition::Tag(name) => change.tags.contains(name),
        Condition::Kind(kind) => change.kind == *kind,
        Condition::Status(status) => change.status == *status,
        Condition::Id(prefix) => change.id.as_str().starts_with(prefix.as_str()),
        Condition::Commit(prefix) => change.commits.iter().any(|hash| hash.starts_with(prefix.as_str())),
        Condition::File(pattern) => change.files.iter().any(|file| pattern.matches(file)),
        Condition::Metric(condition) => change.metrics.iter().any(|metric| condition.matches(metric)),
        Condition::Has(part) => has(*part, change),
        Condition::Verified => is(Conclusion::Passed),
        Condition::Failing => is(Conclusion::Failed),
        Condition::Stale(limit) => !change.checks.is_empty() && verified.is_none_or(|verified| verified.at < *limit),
        Condition::Since(since) => change.at() >= *since,
        Condition::Until(until) => change.at() < *until,
    }
}

fn has(part: Part, change: &Change) -> bool {
    match part {
        Part::Owner => change.owner.is_some(),
        Part::Service => change.service.is_some(),
        Part::Environment => change.environment.is_some(),
        Part::Reason => change.reason.is_some(),
        Part::Expected => change.expected.is_some(),
        Part::Rollback => !change.rollback.is_empty(),
        Part::Symptom => change.baseline.symptom.is_some(),
        Part::Command => !change.commands.is_empty(),
        Part::File => !change.files.is_empty(),
        Part::Metric => !change.metrics.is_empty(),
        Part::Check => !change.checks.is_empty(),
        Part::Checklist => !change.checklists.is_empty(),
        Part::Tag => !change.tags.is_empty(),
        Part::Link => !change.links.is_empty(),
        Part::Commit => !change.commits.is_empty(),
        Part::Relation => !change.relations.is_empty(),
    }
}

impl FieldTerms {
    fn has_phrase(&self, stems: &[String]) -> bool {
        self.runs.iter().any(|run| run.windows(stems.len()).any(|window| window == stems))
    }

    fn has_prefix(&self, prefix: &str) -> bool {
        self.runs.iter().flatten().chain(&self.surfaces).any(|word| word.starts_with(prefix))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::query::{Grammar, sample};

    fn found(query: &str, change: &Change) -> bool {
        matches(&Grammar::at("2026-11-24".parse().unwrap()).read(query).unwrap().expr, change, None)
    }

    #[test]
    fn words_find_what_people_mean() {
        let change = sample::change(json!({
            "title": "Retry the order lookup from FastAPI",
            "reason": "Clients saw `requests.exceptions.ReadTimeout`.",
            "baseline": {"symptom": "ConnectionResetError: [Errno 104]"},
            "files": ["services/orders/api.py", "tests/test_cache.py"],
            "assumptions": ["one", "two"],
            "tags": ["github"],
        }));
        for query in [
            "retries ORDERS",
            "\"order lookup\"",
            "connection reset",
            "ConnectionResetError",
            "connectionreseterror",
            "connectionreset*",
            "fastapi",
            "FastAPI",
            "GitHub",
            "readtimeout",
            "orders/api.py",
            "errno 104",
            "retry NOT rollback",
            "NOT rollback",
            "test_ca*",
            // The prefix need not follow the stems, see `Expr::Prefix`.
            "test_or*",
            "lookup \"***\"",
        ] {
            assert!(found(query, &change), "{query}");
        }
        for query in [
            "\"lookup order\"",
            "retry NOT order",
            "-retry",
            "\"one two\"",
            "\"api.py tests\"",
            "orders/cache.py",
            "look NOT lookup",
            "test_bi*",
            "***",
            "",
        ] {
            assert!(!found(query, &change), "{query}");
        }
    }

    #[test]
    fn a_prefix_is_one_of_surface_forms_not_of_stems() {
        let change = sample::change(json!({"title": "Retries"}));
        assert!(found("retrie*", &change) && found("RETRIES*", &change));
        assert!(!found("retriesx*", &change) && !found("etries*", &change));
    }

    #[test]
    fn every_condition_says_what_it_says() {
        let change = sample::change(json!({
            "title": "Cache the lookup", "owner": "team-orders", "service": "orders", "environment": "production",
            "kind": "fix", "status": "rolled-back", "tags": ["a", "b"], "files": ["src/orders/api.py"],
            "shipped_at": "2026-11-20T14:05:00Z", "commits": ["9f2c1e7a"], "rollback": {"note": "by hand"},
            "reason": "slow",
            "metrics": [
                {"name": "p95 latency", "unit": "ms", "before": 480, "after": 190, "better": "lower"},
                {"name": "error rate", "unit": "%", "before": 1, "after": 4, "better": "lower"},
            ],
        }));
        for (yes, no) in [
            ("owner:team-orders", "owner:team"),
            ("service:orders", "service:order"),
            ("env:production", "env:staging"),
            ("tag:a tag:b", "tag:a tag:c"),
            ("kind:fix", "kind:docs"),
            ("status:rolled-back", "status:shipped"),
            ("is:rolled-back", "is:draft"),
            ("file:api.py", "file:pi.py"),
            ("file:src/**/*.py", "file:src/*.py"),
            ("commit:9f2c1e", "commit:9f2c1f"),
            ("has:rollback has:metric has:commit", "has:check"),
            ("since:2026-11-20", "since:2026-11-21"),
            ("until:2026-11-20", "until:2026-11-19"),
            ("since:30d", "since:2d"),
            ("title:cache", "title:slow"),
            ("reason:slow", "reason:cache"),
            ("title:cach*", "reason:cach*"),
            ("metric:p95", "metric:p99"),
            ("metric:p95<200", "metric:p95<190"),
            ("metric:\"p95 latency\"<=190ms", "metric:\"latency p95\"<=190ms"),
            ("metric:p95<=190ms", "metric:p95<=190s"),
            ("metric:p95<-20%", "metric:p95<-80%"),
            ("metric:error<5%", "metric:error<-5%"),
            ("metric:p95:improved", "metric:p95:regressed"),
            ("metric:error:regressed", "metric:error:flat"),
            ("(owner:oncall OR owner:team-orders) cache", "(owner:oncall OR owner:team-api) cache"),
            ("cache -owner:oncall", "cache -owner:team-orders"),
            ("NOT (tag:a tag:c)", "NOT (tag:a tag:b)"),
        ] {
            assert!(found(yes, &change), "{yes}");
            assert!(!found(no, &change), "{no}");
        }
        assert!(found(&format!("id:{}", &change.id.as_str()[..5]), &change) && !found("id:zzz", &change));
    }
}
