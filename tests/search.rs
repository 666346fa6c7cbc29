//! The law of search: both engines return what the oracle in memory says, for any records and any query.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use proptest::prelude::*;
use shipnote::model::{
    Change, ChangeId, Conclusion, Direction, Evidence, Metric, Outcome, RunKind, Subject, Timestamp, conclusion,
};
use shipnote::query::matches;
use shipnote::store::{NewChange, Order, Page, Sort, SqliteStore, Store};
use support::arbitrary::arb_change;
use support::query;

/// Words that meet: in records and queries alike, in other forms.
const WORDS: &[&str] = &[
    "connection",
    "connections",
    "reset",
    "ConnectionResetError",
    "get_user_by_id",
    "getUser",
    "users",
    "src/orders/api.py",
    "api.py",
    "p95",
    "caf\u{e9}",
    "CAFE",
    "日本語",
    "FastAPI",
    "fastapi",
    "retry-after",
    "x:y",
    "it's",
    "\u{130}stanbul",
    "ﬁx",
    "10.0.0.1",
];

fn arb_words(most: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(WORDS), 0..most).prop_map(|words| words.join(" "))
}

fn arb_record() -> impl Strategy<Value = Change> {
    (arb_change(), arb_words(6), arb_words(12), arb_words(4)).prop_map(|(mut change, title, reason, symptom)| {
        change.title = format!("t {title}");
        change.reason = Some(reason);
        change.baseline.symptom = Some(symptom);
        // Every other one fulfils some of the conditions.
        if change.title.len() % 2 == 0 {
            change.owner = Some("oncall".into());
            change.files.push("src/orders/api.py".into());
            change.tags.push("api".into());
            change.commits.push("9f2c1e7a".into());
            change.metrics.push(Metric {
                name: "p95 latency".into(),
                unit: Some("ms".into()),
                before: Some(480.0),
                after: Some(190.0),
                better: Direction::Lower,
            });
        }
        change
    })
}

/// Conditions that meet what [`arb_record`] gives, and some that nothing meets.
const CONDITIONS: &[&str] = &[
    "owner:oncall",
    "tag:api",
    "file:src/orders/api.py",
    "file:api.py",
    "file:src",
    "file:src/**/*.py",
    "file:*.py",
    "kind:fix",
    "is:draft",
    "is:shipped",
    "has:rollback",
    "has:metric",
    "has:symptom",
    "has:checklist",
    "is:verified",
    "is:failing",
    "is:stale",
    "has:check",
    "since:2026-11-10",
    "until:2026-11",
    "commit:9f2c",
    "metric:p95",
    "metric:p95<200",
    "metric:p95<-20%",
    "metric:\"p95 latency\":improved",
    "title:connection",
    "reason:user*",
    "error:\"connection reset\"",
];

/// Runs of the checks of a change: which one, how it ended, and how many days before the harness.
fn arb_runs() -> impl Strategy<Value = Vec<(usize, Conclusion, u32)>> {
    proptest::collection::vec((0..3_usize, proptest::sample::select(Conclusion::ALL), 20..40_u32), 0..6)
}

/// The evidence of runs, in the order in which they are stored.
fn evidence(change: &Change, runs: &[(usize, Conclusion, u32)]) -> Vec<Evidence> {
    let now: Timestamp = support::project::NOW.parse().unwrap();
    let run = |(check, conclusion, days): &(usize, Conclusion, u32)| {
        let check = change.checks.get(*check)?;
        let outcome = Outcome {
            conclusion: *conclusion,
            detail: None,
            code: None,
            seconds: 0.5,
            output: String::new(),
            cut: false,
        };
        Some(Evidence {
            subject: Subject::Change(change.id.clone()),
            kind: RunKind::Check,
            name: check.name().to_owned(),
            digest: check.digest(),
            at: now.days_before(*days),
            actor: "oncall".into(),
            outcome,
        })
    };
    runs.iter().filter_map(run).collect()
}

fn arb_query() -> impl Strategy<Value = String> {
    let word = proptest::sample::select(WORDS).prop_map(str::to_owned);
    let prefix = (proptest::sample::select(WORDS), 1..4_usize)
        .prop_map(|(word, most)| format!("{}*", word.chars().take(most).collect::<String>()));
    let phrase = arb_words(3).prop_map(|words| format!("\"{words}\""));
    let condition = proptest::sample::select(CONDITIONS).prop_map(str::to_owned);
    let part = prop_oneof![4 => word, 2 => prefix, 2 => phrase, 3 => condition, 1 => "\\PC{0,6}"];
    let signed = |part, not| if not { format!("NOT {part}") } else { part };
    let leaf = (part, proptest::bool::weighted(0.2)).prop_map(move |(part, not)| signed(part, not));
    leaf.prop_recursive(3, 12, 4, move |inner| {
        let parts = proptest::collection::vec((inner, proptest::bool::weighted(0.3)), 1..4);
        (parts, proptest::bool::weighted(0.2)).prop_map(move |(parts, not)| {
            let mut text = String::new();
            for (n, (part, or)) in parts.into_iter().enumerate() {
                let between = match (n, or) {
                    (0, _) => "",
                    (_, true) => " OR ",
                    (_, false) => " ",
                };
                text += between;
                text += &part;
            }
            signed(format!("({text})"), not)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_engines_find_what_the_oracle_says(
        records in proptest::collection::vec((arb_record(), arb_runs()), 1..8),
        queries in proptest::collection::vec(arb_query(), 1..24),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let records: Vec<(Change, Vec<Evidence>)> = (0..).zip(records).map(|(number, (mut change, runs))| {
            change.id = ChangeId::from_bits(number);
            change.source.key = None;
            let evidence = evidence(&change, &runs);
            (change, evidence)
        }).collect();
        let mut embedded = SqliteStore::open_or_create(&folder.path().join("shipnote.db")).unwrap();
        let (mut server, _) = support::postgres::store();
        let mut stores: [(&str, &mut dyn Store); 2] = [("sqlite", &mut embedded), ("postgres", &mut server)];
        for (_, store) in &mut stores {
            fill(*store, &records);
        }
        for text in &queries {
            let expected = expected(text, &records);
            for (engine, store) in &stores {
                let (listed, hits) = found(*store, text);
                prop_assert_eq!(&listed, &expected, "{}: {}", engine, text);
                prop_assert_eq!(&hits, &expected, "{}: {}", engine, text);
            }
        }
        for (_, store) in &stores {
            prop_assert_eq!(store.drift().unwrap(), Vec::<String>::new());
        }
    }
}

fn fill(store: &mut dyn Store, records: &[(Change, Vec<Evidence>)]) {
    store
        .write(&mut |writer| {
            for (change, evidence) in records {
                writer.insert(&NewChange { change, json: None, digest: None, fingerprints: &[] })?;
                evidence.iter().try_for_each(|evidence| writer.add_evidence(evidence))?;
            }
            Ok(())
        })
        .unwrap();
}

/// What the oracle says.
fn expected(text: &str, records: &[(Change, Vec<Evidence>)]) -> Vec<ChangeId> {
    let expr = query(text);
    let holds = |(change, runs): &&(Change, Vec<Evidence>)| {
        let latest = |digest: String| runs.iter().rev().find(|run| run.digest == digest).cloned();
        let latest: Vec<_> = change.checks.iter().map(|check| latest(check.digest())).collect();
        matches(&expr, change, conclusion(&latest))
    };
    records.iter().filter(holds).map(|(change, _)| change.id.clone()).collect()
}

/// What an engine lists and what it ranks, by id.
fn found(store: &dyn Store, text: &str) -> (Vec<ChangeId>, Vec<ChangeId>) {
    let expr = query(text);
    let mut listed = Vec::new();
    let mut each = |change: Change| {
        listed.push(change.id);
        Ok(true)
    };
    store.each(&expr, Order::Id, Page::ALL, &mut each).unwrap();
    let hits = store.search(&expr, Sort::Relevance, Page::ALL).unwrap().hits;
    let mut hits: Vec<_> = hits.into_iter().map(|hit| hit.change.id).collect();
    hits.sort();
    (listed, hits)
}
