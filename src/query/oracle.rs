//! Whether a filter matches a change, answered in memory: plain code to hold the engines against.

use std::collections::HashSet;

use super::weights::field_texts;
use super::{Expr, Filter, Term, index_terms};
use crate::model::Change;

/// Whether the filter matches the change.
pub fn matches(filter: &Filter, change: &Change) -> bool {
    fn is<T: PartialEq>(wanted: Option<&T>, found: Option<&T>) -> bool {
        wanted.is_none() || wanted == found
    }
    is(filter.owner.as_ref(), change.owner.as_ref())
        && is(filter.service.as_ref(), change.service.as_ref())
        && is(filter.environment.as_ref(), change.environment.as_ref())
        && is(filter.kind.as_ref(), Some(&change.kind))
        && is(filter.status.as_ref(), Some(&change.status))
        && filter.file.as_ref().is_none_or(|pattern| change.files.iter().any(|file| pattern.matches(file)))
        && filter.tags.iter().all(|tag| change.tags.contains(tag))
        && filter.since.is_none_or(|since| change.at() >= since)
        && filter.until.is_none_or(|until| change.at() < until)
        && filter.text.as_ref().is_none_or(|text| holds(text, &terms(change)))
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
            Term::Stem(stem) => field.runs.last_mut().into_iter().for_each(|run| run.push(stem.to_owned())),
            Term::Gap => field.runs.push(Vec::new()),
            Term::Surface(surface) => _ = field.surfaces.insert(surface.to_owned()),
        });
        field
    });
    each_field.collect()
}

fn holds(expr: &Expr, fields: &[FieldTerms]) -> bool {
    match expr {
        Expr::All(parts) => parts.iter().all(|part| holds(part, fields)),
        Expr::Any(parts) => parts.iter().any(|part| holds(part, fields)),
        Expr::Not(part) => !holds(part, fields),
        Expr::Phrase(stems) => fields.iter().any(|field| field.has_phrase(stems)),
        Expr::Prefix { stems, prefix } => {
            fields.iter().any(|field| field.has_prefix(prefix) && (stems.is_empty() || field.has_phrase(stems)))
        }
        Expr::Nothing => false,
    }
}

impl FieldTerms {
    fn has_phrase(&self, stems: &[String]) -> bool {
        self.runs.iter().any(|run| run.windows(stems.len()).any(|window| window == stems))
    }

    fn has_prefix(&self, prefix: &str) -> bool {
        self.surfaces.iter().any(|surface| surface.starts_with(prefix))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::query::{FilePattern, parse, sample};

    fn found(query: &str, change: &Change) -> bool {
        matches(&Filter { text: Some(parse(query).unwrap()), ..Filter::default() }, change)
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
    fn every_condition_must_hold() {
        let change = sample::change(json!({
            "title": "t", "owner": "team-orders", "service": "orders", "environment": "production", "kind": "fix",
            "status": "rolled-back", "tags": ["a", "b"], "files": ["src/api.py"], "shipped_at": "2026-11-20T14:05:00Z",
        }));
        let all = Filter {
            text: Some(parse("t").unwrap()),
            owner: Some("team-orders".into()),
            service: Some("orders".into()),
            environment: Some("production".into()),
            kind: Some("fix".parse().unwrap()),
            status: Some("rolled-back".parse().unwrap()),
            file: Some(FilePattern::new("api.py")),
            tags: vec!["b".into(), "a".into()],
            since: Some("2026-11-20T14:05:00Z".parse().unwrap()),
            until: Some("2026-11-20T14:05:01Z".parse().unwrap()),
        };
        assert!(matches(&all, &change) && matches(&Filter::default(), &change));
        let spoiled: [fn(&mut Filter); 10] = [
            |f| f.text = Some(Expr::Nothing),
            |f| f.owner = Some("team".into()),
            |f| f.service = Some("order".into()),
            |f| f.environment = Some("staging".into()),
            |f| f.kind = Some("docs".parse().unwrap()),
            |f| f.status = Some("draft".parse().unwrap()),
            |f| f.file = Some(FilePattern::new("pi.py")),
            |f| f.tags.push("c".into()),
            |f| f.since = Some("2026-11-20T14:05:01Z".parse().unwrap()),
            |f| f.until = Some("2026-11-20T14:05:00Z".parse().unwrap()),
        ];
        for (n, spoil) in spoiled.into_iter().enumerate() {
            let mut filter = all.clone();
            spoil(&mut filter);
            assert!(!matches(&filter, &change), "condition {n}");
        }
    }
}
