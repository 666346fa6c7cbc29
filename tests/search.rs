//! The law of search: the engine returns what the oracle in memory says, for any records and any query.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use proptest::prelude::*;
use shipnote::model::{Change, ChangeId};
use shipnote::query::{Filter, matches, parse};
use shipnote::store::{NewChange, Order, Page, SqliteStore, Store};
use support::arbitrary::arb_change;

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
        change
    })
}

fn arb_query() -> impl Strategy<Value = String> {
    let word = proptest::sample::select(WORDS).prop_map(str::to_owned);
    let prefix = (proptest::sample::select(WORDS), 1..4_usize)
        .prop_map(|(word, most)| format!("{}*", word.chars().take(most).collect::<String>()));
    let phrase = arb_words(3).prop_map(|words| format!("\"{words}\""));
    let part = prop_oneof![4 => word, 2 => prefix, 2 => phrase, 1 => "\\PC{0,6}"];
    let signed =
        (part, proptest::bool::weighted(0.2)).prop_map(|(part, not)| if not { format!("NOT {part}") } else { part });
    proptest::collection::vec(signed, 1..4).prop_map(|parts| parts.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_finds_what_the_oracle_says(
        records in proptest::collection::vec(arb_record(), 1..8),
        queries in proptest::collection::vec(arb_query(), 1..24),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut store = SqliteStore::open_or_create(&folder.path().join("shipnote.db")).unwrap();
        let records: Vec<Change> = (0..).zip(records).map(|(number, mut change)| {
            change.id = ChangeId::from_bits(number);
            change.source.key = None;
            change
        }).collect();
        store.write(&mut |writer| {
            for change in &records {
                writer.insert(&NewChange { change, digest: None, fingerprints: &[] })?;
            }
            Ok(())
        }).unwrap();
        for query in &queries {
            let filter = Filter { text: Some(parse(query).unwrap()), ..Filter::default() };
            let expected: Vec<_> = records.iter().filter(|change| matches(&filter, change)).map(|change| change.id.clone()).collect();
            let mut found = Vec::new();
            store.each(&filter, Order::Id, Page::ALL, &mut |change| { found.push(change.id); Ok(true) }).unwrap();
            prop_assert_eq!(&found, &expected, "{}", query);
            let mut hits: Vec<_> = store.search(&filter, Page::ALL).unwrap().into_iter().map(|hit| hit.change.id).collect();
            hits.sort();
            prop_assert_eq!(&hits, &expected, "{}", query);
        }
        prop_assert_eq!(store.drift().unwrap(), Vec::<String>::new());
    }
}
