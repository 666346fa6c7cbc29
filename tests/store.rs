//! Every method of the `Store` port, on every engine. The suite is written against the trait, and both engines run all of it.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

use shipnote::model::{
    Actor, Change, ChangeId, Defaults, Direction, Draft, Kind, Metric, Relation, RelationKind, Source, Status, Subject,
    Timestamp,
};
use shipnote::query::{Condition, Expr, Grammar, fingerprints, matches, ranking, read_error};
use shipnote::store::{
    Event, Facet, FolderEntry, Found, Happening, NewChange, Order, Page, PostgresStore, Shared, Sort, Span,
    SqliteStore, Store, StoreError, Tombstone, Writer, related, search_near, similar, touching,
};
use support::query;
use tempfile::TempDir;

#[path = "store/evidence.rs"]
mod evidence;
#[path = "store/imports.rs"]
mod imports;
#[path = "store/runbooks.rs"]
mod runbooks;
mod support;

use evidence::*;
use imports::*;
use runbooks::*;

macro_rules! suite {
    ($($test:ident,)+) => {
        mod sqlite {
            $(#[test] fn $test() { super::$test(&mut super::sqlite()); })+
        }

        mod postgres {
            $(#[test] fn $test() { super::$test(&mut super::postgres()); })+
        }
    };
}

/// An engine under test, and the folder it lives in.
struct Engine<S> {
    store: S,
    /// Opens the same database again, as another process would.
    again: Box<dyn Fn() -> S>,
    /// Makes another, empty one.
    other: fn() -> Engine<S>,
    folder: Option<TempDir>,
}

fn sqlite() -> Engine<SqliteStore> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shipnote.db");
    let store = SqliteStore::open_or_create(&path).unwrap();
    Engine { store, again: Box::new(move || SqliteStore::open(&path).unwrap()), other: sqlite, folder: Some(folder) }
}

fn postgres() -> Engine<PostgresStore> {
    let (store, url) = support::postgres::store();
    let again = move || PostgresStore::open_or_create(support::postgres::address(&url)).unwrap();
    Engine { store, again: Box::new(again), other: postgres, folder: None }
}

suite! {
    a_stored_change_comes_back_equal,
    a_failed_write_leaves_nothing,
    an_update_keeps_the_revision_before,
    an_update_of_another_revision_is_refused,
    a_deleted_change_leaves_its_revisions_and_a_tombstone,
    a_source_key_finds_its_change_and_digest,
    a_change_is_as_imported_until_somebody_else_writes_it,
    a_commit_finds_the_first_change_that_shipped_it,
    a_digest_and_a_mark_are_exchanged,
    the_beginning_of_an_id_finds_it,
    a_snapshot_does_not_see_what_is_written_meanwhile,
    a_list_can_be_asked_for_more_while_it_is_read,
    lists_are_ordered_and_paged,
    every_filter_selects_what_it_says,
    words_select_what_the_oracle_says,
    better_matches_come_first,
    of_very_many_matches_the_newest_and_those_by_title_are_ranked,
    what_was_replaced_stands_behind_what_took_its_place,
    hits_can_be_in_order_of_time_or_improvement,
    a_misspelt_word_has_neighbours,
    nothing_found_is_searched_again_for_what_was_meant,
    an_error_finds_who_had_it_before,
    similar_changes_say_what_they_share,
    a_file_beyond_what_is_indexed_is_found,
    facets_count_their_values,
    the_lists_of_a_facet_are_the_changes_that_have_it,
    a_folder_holds_what_changes_touched_in_it,
    what_is_newer_than_a_write_is_told_once,
    relations_are_known_both_ways,
    a_commit_finds_its_changes_by_whole_and_abbreviated_hashes,
    a_change_that_touched_all_of_some_files_is_found,
    a_file_of_several_names_lists_each_change_once,
    a_file_that_very_many_touch_has_the_same_newest_changes,
    a_file_of_many_changes_is_read_as_far_as_is_asked,
    events_are_kept_in_order,
    what_happened_to_runbooks_and_what_was_run_is_told_too,
    every_write_moves_the_number_of_the_last_write,
    the_index_agrees_with_the_documents_through_every_write,
    the_index_of_very_many_in_one_write_is_complete,
    among_very_many_records_the_same_are_found,
    evidence_comes_back_latest_first,
    evidence_moves_the_number_of_the_last_write_and_no_revision,
    a_change_is_verified_by_the_latest_run_of_every_check,
    verification_is_searched_for_as_the_oracle_says,
    verified_changes_are_preferred,
    of_a_check_the_latest_runs_are_kept,
    every_revision_of_a_runbook_stays,
    a_runbook_is_found_by_words_key_and_service,
    what_is_newer_of_runbooks_has_numbers_of_its_own,
}

fn at(day: u32) -> Timestamp {
    format!("2026-11-{day:02}T12:00:00Z").parse().unwrap()
}

fn change(number: u64, fill: impl FnOnce(&mut Change)) -> Change {
    let draft = Draft { title: Some(format!("Change number {number}")), ..Draft::default() };
    let defaults = Defaults { id: ChangeId::from_bits(number << 55), now: at(number as u32) };
    let mut change = draft.validate(&defaults).unwrap();
    fill(&mut change);
    change
}

fn insert(store: &mut dyn Store, change: &Change) {
    insert_with(store, change, None);
}

fn insert_with(store: &mut dyn Store, change: &Change, digest: Option<&str>) {
    store.write(&mut |writer| writer.insert(&NewChange { change, json: None, digest, fingerprints: &[] })).unwrap();
}

fn update(store: &mut dyn Store, change: &Change) {
    store.write(&mut |writer| writer.update(change, &[])).unwrap();
}

/// Somebody whom git knows.
fn oncall() -> Actor {
    Actor { user: "oncall".to_owned(), git_identity: Some("Orders on call <orders@example.com>".to_owned()) }
}

fn event(change: &Change, action: &str) -> Event {
    Event {
        at: at(20),
        actor: oncall(),
        action: action.into(),
        change: change.id.clone(),
        revision: change.revision,
        detail: Some("why".into()),
    }
}

fn delete(store: &mut dyn Store, change: &Change) -> Tombstone {
    let tombstone =
        Tombstone { at: at(21), actor: "oncall".into(), reason: "recorded twice".into(), title: change.title.clone() };
    store.write(&mut |writer| writer.delete(&change.id, &tombstone)).unwrap();
    tombstone
}

fn listed(store: &dyn Store, expr: &Expr) -> Vec<String> {
    let mut titles = Vec::new();
    let mut each = |change: Change| {
        titles.push(change.title);
        Ok(true)
    };
    store.each(expr, Order::NewestFirst, Page::ALL, &mut each).unwrap();
    titles
}

fn a_stored_change_comes_back_equal(engine: &mut Engine<impl Store>) {
    let text = std::fs::read_to_string("tests/fixtures/change.json").unwrap();
    let stored: Change = serde_json::from_str(&text).unwrap();
    insert(&mut engine.store, &stored);
    assert_eq!(engine.store.get(&stored.id).unwrap(), Some(stored.clone()));
    assert_eq!(engine.store.get(&ChangeId::from_bits(7)).unwrap(), None);
    engine
        .store
        .write(&mut |writer| {
            assert_eq!(writer.get(&stored.id)?, Some(stored.clone()));
            Ok(())
        })
        .unwrap();
}

fn a_failed_write_leaves_nothing(engine: &mut Engine<impl Store>) {
    let one = change(1, |_| {});
    let before = engine.store.last_seq().unwrap();
    let failed = engine.store.write(&mut |writer| {
        writer.insert(&NewChange { change: &one, json: None, digest: None, fingerprints: &[] })?;
        writer.event(&event(&one, "log"))?;
        anyhow::bail!("the caller thought better of it")
    });
    assert!(failed.is_err());
    assert_eq!(engine.store.get(&one.id).unwrap(), None);
    assert_eq!(engine.store.events(Page::ALL).unwrap(), []);
    assert_eq!(engine.store.last_seq().unwrap(), before);
    assert_eq!(engine.store.drift().unwrap(), [""; 0]);
}

fn an_update_keeps_the_revision_before(engine: &mut Engine<impl Store>) {
    let one = change(1, |_| {});
    let two = Change { title: "Another title".into(), revision: 2, ..one.clone() };
    let log = event(&one, "log");
    let edit = event(&two, "edit");
    engine
        .store
        .write(&mut |writer| {
            writer.insert(&NewChange { change: &one, json: None, digest: None, fingerprints: &[] })?;
            writer.event(&log)?;
            writer.update(&two, &[])?;
            writer.event(&edit)
        })
        .unwrap();
    assert_eq!(engine.store.get(&one.id).unwrap(), Some(two.clone()));
    let history = engine.store.history(&one.id).unwrap();
    let seen: Vec<_> = history.iter().map(|revision| (&revision.change, revision.event.as_ref())).collect();
    assert_eq!(seen, [(&one, Some(&log)), (&two, Some(&edit))]);
}

fn an_update_of_another_revision_is_refused(engine: &mut Engine<impl Store>) {
    let one = change(1, |_| {});
    insert(&mut engine.store, &one);
    let late = Change { revision: 3, ..one.clone() };
    let error = engine.store.write(&mut |writer| writer.update(&late, &[])).unwrap_err();
    match error.downcast_ref() {
        Some(StoreError::LostUpdate { found: 1, expected: 2, .. }) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(engine.store.get(&one.id).unwrap(), Some(one));
}

fn a_deleted_change_leaves_its_revisions_and_a_tombstone(engine: &mut Engine<impl Store>) {
    let one = change(1, |change| change.tags = vec!["python".into()]);
    insert(&mut engine.store, &one);
    let tombstone = delete(&mut engine.store, &one);
    assert_eq!(engine.store.get(&one.id).unwrap(), None);
    assert_eq!(engine.store.tombstone(&one.id).unwrap(), Some(tombstone.clone()));
    assert_eq!(engine.store.history(&one.id).unwrap().len(), 1);
    assert_eq!(engine.store.facet(Facet::Tag).unwrap(), []);
    assert_eq!(engine.store.count(&query("number")).unwrap(), 0);
    engine
        .store
        .write(&mut |writer| {
            assert_eq!(writer.tombstone(&one.id)?, Some(tombstone.clone()));
            Ok(())
        })
        .unwrap();
    assert_eq!(engine.store.drift().unwrap(), [""; 0]);
}

fn a_source_key_finds_its_change_and_digest(engine: &mut Engine<impl Store>) {
    let source = Source { kind: "log".into(), key: Some("deploy-7".into()) };
    let one = change(1, |change| change.source = source.clone());
    insert_with(&mut engine.store, &one, Some("digest"));
    let other_kind = Source { kind: "git".into(), key: Some("deploy-7".into()) };
    engine
        .store
        .write(&mut |writer| {
            assert_eq!(writer.by_key(&source)?, Some((one.clone(), Some("digest".into()))));
            assert_eq!(writer.by_key(&other_kind)?, None);
            Ok(())
        })
        .unwrap();
    let twice = change(2, |change| change.source = source.clone());
    let again = engine
        .store
        .write(&mut |w| w.insert(&NewChange { change: &twice, json: None, digest: None, fingerprints: &[] }));
    assert!(again.is_err(), "a key belongs to one change");
}

fn the_beginning_of_an_id_finds_it(engine: &mut Engine<impl Store>) {
    let ids = ["k7m2xq9dwv4p", "k7m3xq9dwv4p", "zzzzzzzzzzzz"];
    for (number, id) in (1..).zip(ids) {
        insert(&mut engine.store, &change(number, |change| change.id = id.parse().unwrap()));
    }
    let found = |prefix: &str, most| -> Vec<String> {
        engine.store.find_prefix(prefix, most).unwrap().iter().map(|summary| summary.id.to_string()).collect()
    };
    assert_eq!(found("k7m", 9), ["k7m2xq9dwv4p", "k7m3xq9dwv4p"]);
    assert_eq!(found("k7m", 1), ["k7m2xq9dwv4p"]);
    assert_eq!(found("k7m3", 9), ["k7m3xq9dwv4p"]);
    assert_eq!(found("zzzzzzzzzzzz", 9), ["zzzzzzzzzzzz"]);
    assert_eq!(found("a", 9), [""; 0]);
}

fn a_snapshot_does_not_see_what_is_written_meanwhile(engine: &mut Engine<impl Store>) {
    insert(&mut engine.store, &change(1, |_| {}));
    let mut other = (engine.again)();
    let all = Expr::Everything;
    let mut work = || {
        assert_eq!(engine.store.count(&all)?, 1);
        insert(&mut other, &change(2, |_| {}));
        assert_eq!(other.count(&all)?, 2);
        assert_eq!((engine.store.count(&all)?, listed(&engine.store, &all).len()), (1, 1));
        Ok(())
    };
    engine.store.snapshot(&mut work).unwrap();
    assert_eq!(engine.store.count(&all).unwrap(), 2);
    // One that fails leaves nothing open: the store can be written to.
    assert!(engine.store.snapshot(&mut || anyhow::bail!("enough")).is_err());
    insert(&mut engine.store, &change(3, |_| {}));
}

fn a_list_can_be_asked_for_more_while_it_is_read(engine: &mut Engine<impl Store>) {
    let first = change(1, |_| {});
    insert(&mut engine.store, &first);
    let relation = Relation { kind: RelationKind::Fixes, id: first.id.clone() };
    insert(&mut engine.store, &change(2, |change| change.relations.push(relation)));
    let mut seen = Vec::new();
    let mut each = |change: Change| {
        seen.extend(related(&engine.store, &change)?.into_iter().map(|other| format!("{} {}", other.what, other.id)));
        Ok(true)
    };
    engine.store.each(&Expr::Everything, Order::NewestFirst, Page::ALL, &mut each).unwrap();
    assert_eq!(seen, [format!("fixes {}", first.id), format!("fixed by {}", change(2, |_| {}).id)]);
}

fn lists_are_ordered_and_paged(engine: &mut Engine<impl Store>) {
    for number in [3, 1, 2] {
        insert(&mut engine.store, &change(number, |_| {}));
    }
    insert(&mut engine.store, &change(4, |change| change.created_at = at(3)));
    let titles = |order, page| {
        let mut titles = Vec::new();
        let mut each = |summary: shipnote::store::Summary| {
            titles.push(summary.title.replace("Change number ", ""));
            Ok(true)
        };
        engine.store.each_summary(&Expr::Everything, order, page, &mut each).unwrap();
        titles.join("")
    };
    // The fourth has the time of the third and was recorded after it; `shipped_at` decides before `created_at`.
    assert_eq!(titles(Order::NewestFirst, Page::ALL), "4321");
    assert_eq!(titles(Order::OldestFirst, Page::ALL), "1234");
    assert_eq!(titles(Order::Id, Page::ALL), "1234");
    assert_eq!(titles(Order::OldestFirst, Page { offset: 1, most: 2 }), "23");
    let mut seen = 0;
    let mut two = |_: Change| {
        seen += 1;
        Ok(seen < 2)
    };
    engine.store.each(&Expr::Everything, Order::Id, Page::ALL, &mut two).unwrap();
    assert_eq!(seen, 2, "a list ends when its reader has enough");
}

fn every_filter_selects_what_it_says(engine: &mut Engine<impl Store>) {
    let one = change(1, |change| {
        change.owner = Some("team-orders".into());
        change.service = Some("orders".into());
        change.environment = Some("production".into());
        change.kind = Kind::Fix;
        change.status = Status::RolledBack;
        change.files = vec!["src/orders/api.py".into(), "README.md".into()];
        change.tags = vec!["python".into(), "api".into()];
    });
    let two = change(2, |change| change.tags = vec!["python".into()]);
    insert(&mut engine.store, &one);
    insert(&mut engine.store, &two);
    let only_one = [
        Expr::owner("team-orders"),
        Expr::service("orders"),
        Expr::Is(Condition::Environment("production".into())),
        Expr::Is(Condition::Kind(Kind::Fix)),
        Expr::status(Status::RolledBack),
        Expr::file("src/orders/api.py"),
        Expr::file("api.py"),
        Expr::file("src/"),
        Expr::file("src/**/*.py"),
        Expr::tag("python").and(Expr::tag("api")),
        Expr::between(None, Some(at(2))),
        query("number tag:api"),
        query("(owner:team-orders OR owner:oncall) NOT number*x"),
        query("file:README.md has:owner"),
        query(&format!("id:{}", &one.id.as_str()[..6])),
    ];
    for expr in only_one {
        assert_eq!(listed(&engine.store, &expr), ["Change number 1"], "{expr:?}");
        assert_eq!(engine.store.count(&expr).unwrap(), 1, "{expr:?}");
        assert!(matches(&expr, &one, None) && !matches(&expr, &two, None), "{expr:?}");
    }
    assert_eq!(listed(&engine.store, &Expr::between(Some(at(2)), None)), ["Change number 2"]);
    assert_eq!(listed(&engine.store, &query("NOT owner:team-orders")), ["Change number 2"]);
    assert_eq!(listed(&engine.store, &Expr::owner("team").and(Expr::tag("python"))), [""; 0]);
}

/// Queries of every shape, and punctuation that must be taken literally.
const QUERIES: &[&str] = &[
    "user",
    "users",
    "get_user",
    "connection reset",
    "\"connection reset\"",
    "ConnectionResetError",
    "connect*",
    "reset NOT peer",
    "NOT peer",
    "caf\u{e9}s",
    "cafes",
    "本",
    "語の",
    "first",
    "\"words second\"",
    "\"first words\"",
    "src/part1/api.py",
    "part*",
    "get_us*",
    "\"",
    "\"abc",
    "NEAR(",
    "AND",
    "*",
    "^",
    "a-b",
    "x:y",
    "a'b",
    "-a",
    "(((",
    "",
    "NOT NOT user",
    "-user",
    "number -peer",
    "resett*",
    "by id",
];

fn words_select_what_the_oracle_says(engine: &mut Engine<impl Store>) {
    let texts = [
        "get_user_by_id raises ConnectionResetError",
        "getUser retries; the connection was reset by the peer",
        "users are listed by ID, connections are reset",
        "日本語 の cafés — naïve",
    ];
    let mut changes = Vec::new();
    for (number, text) in (1..).zip(texts) {
        let change = change(number, |change| {
            change.reason = Some(text.into());
            change.files = vec![format!("src/part{number}/api.py")];
            change.assumptions = vec!["first words".into(), "second thoughts".into()];
        });
        insert(&mut engine.store, &change);
        changes.push(change);
    }
    for text in QUERIES {
        let expr = query(text);
        let mut expected: Vec<_> =
            changes.iter().filter(|change| matches(&expr, change, None)).map(|change| change.title.clone()).collect();
        expected.reverse();
        assert_eq!(listed(&engine.store, &expr), expected, "{text}");
        let found = engine.store.search(&expr, Sort::Relevance, Page::ALL).unwrap();
        assert_eq!(found.hits.len(), expected.len(), "{text}");
    }
    assert!(!listed(&engine.store, &query("ConnectionResetError")).is_empty());
}

fn better_matches_come_first(engine: &mut Engine<impl Store>) {
    insert(&mut engine.store, &change(1, |change| change.title = "Cache the lookup".into()));
    insert(&mut engine.store, &change(2, |change| change.reason = Some("a long text with one cache in it".into())));
    insert(&mut engine.store, &change(3, |_| {}));
    let hits = engine.store.search(&query("cache"), Sort::Relevance, Page::ALL).unwrap().hits;
    let titles: Vec<_> = hits.iter().map(|hit| hit.change.title.as_str()).collect();
    assert_eq!(titles, ["Cache the lookup", "Change number 2"]);
    assert!(hits[0].score > hits[1].score && hits[1].score > 0.0);
    let second = engine.store.search(&query("cache"), Sort::Relevance, Page { offset: 1, most: 1 }).unwrap().hits;
    assert_eq!(second[0].change.title, "Change number 2");
    let all = engine.store.search(&Expr::Everything, Sort::Relevance, Page::first(1)).unwrap().hits;
    assert_eq!((all[0].change.title.as_str(), all[0].score), ("Change number 3", 0.0));
}

fn titles(found: &Found) -> Vec<&str> {
    found.hits.iter().map(|hit| hit.change.title.as_str()).collect()
}

fn search(store: &dyn Store, text: &str, sort: Sort) -> Found {
    store.search(&query(text), sort, Page::first(10)).unwrap()
}

fn of_very_many_matches_the_newest_and_those_by_title_are_ranked(engine: &mut Engine<impl Store>) {
    let bound = ranking().newest;
    let titled = change(1, |change| change.title = "An old cache of everything".into());
    insert(&mut engine.store, &titled);
    engine
        .store
        .write(&mut |writer| {
            for number in 0..=bound {
                let reason = format!("a cache in record {number} and some words about it");
                let draft = Draft { title: Some(format!("Record {number}")), reason: Some(reason), ..Draft::default() };
                let defaults = Defaults { id: ChangeId::from_bits(number), now: at(2) };
                let change = &draft.validate(&defaults).unwrap();
                writer.insert(&NewChange { change, json: None, digest: None, fingerprints: &[] })?;
            }
            Ok(())
        })
        .unwrap();
    let found = search(&engine.store, "cache", Sort::Relevance);
    assert_eq!((titles(&found)[0], found.total), ("An old cache of everything", None));
    assert_eq!(found.ranked, bound + 1);
    let few = search(&engine.store, "everything", Sort::Relevance);
    assert_eq!((titles(&few), few.total), (vec!["An old cache of everything"], Some(1)));
}

fn what_was_replaced_stands_behind_what_took_its_place(engine: &mut Engine<impl Store>) {
    let old = change(1, |change| {
        change.title = "Retry the orders".into();
        change.status = Status::Superseded;
    });
    let new = change(2, |change| {
        change.reason = Some("Retries the orders, once.".into());
        change.relations = vec![Relation { kind: RelationKind::Supersedes, id: old.id.clone() }];
    });
    insert(&mut engine.store, &old);
    insert(&mut engine.store, &new);
    assert_eq!(
        titles(&search(&engine.store, "retry orders", Sort::Relevance)),
        ["Change number 2", "Retry the orders"]
    );
}

fn hits_can_be_in_order_of_time_or_improvement(engine: &mut Engine<impl Store>) {
    let metric = |after| Metric {
        name: "p95".into(),
        unit: None,
        before: Some(100.0),
        after: Some(after),
        better: Direction::Lower,
    };
    insert(&mut engine.store, &change(1, |change| change.metrics = vec![metric(10.0)]));
    insert(&mut engine.store, &change(2, |change| change.metrics = vec![metric(50.0)]));
    insert(&mut engine.store, &change(3, |_| {}));
    let number = |found: Found| -> String { titles(&found).iter().map(|title| &title[14..]).collect() };
    assert_eq!(number(search(&engine.store, "number", Sort::Recent)), "321");
    assert_eq!(number(search(&engine.store, "number", Sort::Metric)), "123");
    assert_eq!(number(search(&engine.store, "has:metric", Sort::Metric)), "12");
}

fn a_misspelt_word_has_neighbours(engine: &mut Engine<impl Store>) {
    insert(&mut engine.store, &change(1, |change| change.title = "Connection pools and collections".into()));
    let near = |word| engine.store.near_words(word, 5).unwrap();
    assert_eq!(near("conection"), ["connection"]);
    assert_eq!(near("connection"), ["connection"]);
    assert_eq!(near("pools"), ["pools"]);
    for word in ["xylophone", "p95", "", "poo", "'; DROP TABLE word"] {
        assert_eq!(near(word), [""; 0], "{word}");
    }
}

fn nothing_found_is_searched_again_for_what_was_meant(engine: &mut Engine<impl Store>) {
    insert(&mut engine.store, &change(1, |change| change.title = "Close idle connections of the pool".into()));
    insert(&mut engine.store, &change(2, |change| change.title = "Fill the pond".into()));
    let near = |text: &str, exact| {
        let grammar = Grammar::at(at(20));
        let search =
            search_near(&engine.store, &grammar, text, &Expr::Everything, Sort::Relevance, Page::ALL, exact).unwrap();
        let instead: Vec<_> =
            search.instead.into_iter().map(|instead| (instead.word, instead.others.join(" "))).collect();
        (titles(&search.found).join(", "), instead)
    };
    let close = "Close idle connections of the pool".to_owned();
    assert_eq!(near("conections pool", false), (close.clone(), vec![("conections".into(), "connections".into())]));
    assert_eq!(near("conections pool", true), (String::new(), vec![]));
    assert_eq!(near("idle pool", false), (close.clone(), vec![]));
    // `pond` is a word, and finds nothing together with the rest.
    assert_eq!(near("idle pooll", false).0, close);
    assert_eq!(near("\"conections pool\"", false).0, "");
}

fn an_error_finds_who_had_it_before(engine: &mut Engine<impl Store>) {
    let symptom = |error: &str| format!("Clients saw:\n\n```text\n{error}\n```\n");
    let mut record = |number: u64, error: &str, service: &str| {
        let change = change(number, |change| {
            change.baseline.symptom = Some(symptom(error));
            change.service = Some(service.into());
        });
        let fingerprints = fingerprints(&change);
        let new = NewChange { change: &change, json: None, digest: None, fingerprints: &fingerprints };
        engine.store.write(&mut |writer| writer.insert(&new)).unwrap();
    };
    record(
        1,
        "requests.exceptions.ReadTimeout: HTTPConnectionPool(host='orders', port=8000): Read timed out.",
        "orders",
    );
    record(2, "requests.exceptions.ReadTimeout: HTTPConnectionPool(host='stock', port=80): Max retries", "stock");
    record(3, "KeyError: 'next_page'", "orders");
    let paste = "2026-11-20 14:05:03,123 ERROR [worker-7] orders.api: requests.exceptions.ReadTimeout: \
                 HTTPConnectionPool(host='orders', port=8123): Read timed out.";
    let error = read_error(paste);
    let found = |conditions: Expr| engine.store.search_error(&error, &conditions, 10).unwrap();
    let hits = found(Expr::Everything);
    assert_eq!(hits[0].change.title, "Change number 1");
    assert!(hits[0].why[0].starts_with("the same error: "), "{:?}", hits[0].why);
    assert!(hits.iter().all(|hit| hit.change.title != "Change number 3") && hits[0].score > hits[1].score);
    assert_eq!(found(Expr::service("stock"))[0].change.title, "Change number 2");
    let same = engine.store.by_fingerprint(&[error.headlines[0].fingerprint.clone()], 10).unwrap();
    assert_eq!(same.len(), 1);
    assert!(engine.store.search_error(&read_error("all is well"), &Expr::Everything, 10).unwrap().is_empty());
}

fn similar_changes_say_what_they_share(engine: &mut Engine<impl Store>) {
    let files = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let one = change(1, |change| change.files = files(&["src/api.py", "src/cache.py", "README.md"]));
    insert(&mut engine.store, &one);
    insert(&mut engine.store, &change(2, |change| change.files = files(&["src/api.py", "src/cache.py"])));
    insert(&mut engine.store, &change(3, |change| change.files = files(&["README.md", "other.py"])));
    insert(&mut engine.store, &change(4, |_| {}));
    let found = similar(&engine.store, &one, 10).unwrap();
    let told: Vec<_> = found.iter().map(|other| format!("{}: {}", other.summary.title, other.why.join(", "))).collect();
    assert_eq!(told, ["Change number 2: 2 files in common", "Change number 3: a file in common"]);
    let shared = engine.store.sharing(Shared::File, &files(&["README.md"]), 10).unwrap();
    assert_eq!(shared.len(), 2);
}

fn a_file_beyond_what_is_indexed_is_found(engine: &mut Engine<impl Store>) {
    let files = |count: u32| (0..count).map(|n| format!("src/deep/folder/file_{n}.py")).collect::<Vec<_>>();
    insert(&mut engine.store, &change(1, |change| change.files = files(4096)));
    insert(&mut engine.store, &change(2, |change| change.files = files(3)));
    for (text, expected) in
        [("file:file_4095.py", 1), ("file:src/**/file_4095.py", 1), ("file:file_2.py", 2), ("file:no.py", 0)]
    {
        assert_eq!(engine.store.count(&query(text)).unwrap(), expected, "{text}");
    }
    assert_eq!(engine.store.drift().unwrap(), [""; 0]);
}

fn facets_count_their_values(engine: &mut Engine<impl Store>) {
    for (number, owner, tags) in [(1, Some("b"), vec!["x", "y"]), (2, Some("a"), vec!["x"]), (3, Some("a"), vec![])] {
        let change = change(number, |change| {
            change.owner = owner.map(str::to_owned);
            change.service = Some("orders".into());
            change.environment = Some("staging".into());
            change.tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        });
        insert(&mut engine.store, &change);
    }
    let facet = |facet| engine.store.facet(facet).unwrap();
    assert_eq!(facet(Facet::Owner), [("a".into(), 2), ("b".into(), 1)]);
    assert_eq!(facet(Facet::Tag), [("x".into(), 2), ("y".into(), 1)]);
    assert_eq!(facet(Facet::Service), [("orders".into(), 3)]);
    assert_eq!(facet(Facet::Environment), [("staging".into(), 3)]);
    assert_eq!(facet(Facet::Month), [("2026-11".into(), 3)]);
}

/// Changes of five months in one write, then one that moves to another month and list, and one that goes.
fn insert_changes_of_five_months(store: &mut dyn Store) -> Vec<Change> {
    let mut changes: Vec<Change> = (0..1_500_u64)
        .map(|number| {
            let draft = Draft { title: Some(format!("Change number {number}")), ..Draft::default() };
            let now = format!("2026-{:02}-{:02}T10:00:00Z", 1 + number * 7 % 5, 1 + number % 28).parse().unwrap();
            let mut change = draft.validate(&Defaults { id: ChangeId::from_bits(number << 44), now }).unwrap();
            change.tags = vec![if number % 9 == 0 { "rare".into() } else { "common".into() }, "every".into()];
            change.owner = (number % 3 == 0).then(|| "oncall".to_owned());
            change.files = vec![format!("src/{}.py", number % 2)];
            let metric = |name: &str| Metric {
                name: name.into(),
                unit: None,
                before: Some(2.0),
                after: Some(number as f64),
                better: Direction::Lower,
            };
            change.metrics = vec![metric("p95"), metric("p95"), metric(if number % 2 == 0 { "errors" } else { "p50" })];
            change
        })
        .collect();
    let insert = |change, writer: &mut dyn Writer| {
        writer.insert(&NewChange { change, digest: None, fingerprints: &[], json: None })
    };
    store.write(&mut |writer| changes.iter().try_for_each(|change| insert(change, writer))).unwrap();
    let mut moved = changes[7].clone();
    (moved.revision, moved.tags) = (2, vec!["rare".into()]);
    moved.shipped_at = Some("2027-01-01T00:00:00Z".parse().unwrap());
    update(store, &moved);
    changes[7] = moved;
    delete(store, &changes.pop().unwrap());
    changes
}

/// Long lists are read month by month, short ones at once: both give what the changes say.
fn the_lists_of_a_facet_are_the_changes_that_have_it(engine: &mut Engine<impl Store>) {
    let changes = insert_changes_of_five_months(&mut engine.store);
    let order: Vec<(Timestamp, u64)> = (0..).zip(&changes).map(|(num, change)| (change.at(), num)).collect();
    let mut newest: Vec<usize> = (0..changes.len()).collect();
    newest.sort_by_key(|at| std::cmp::Reverse(order[*at]));
    let has = |change: &Change, facet, name: &str| match facet {
        Facet::Tag => change.tags.iter().any(|tag| tag == name),
        Facet::Owner => change.owner.as_deref() == Some(name),
        Facet::Kind => change.kind.as_str() == name,
        Facet::File => change.files.iter().any(|file| file == name),
        Facet::Metric => change.metrics.iter().any(|metric| metric.name == name),
        _ => change.at().month() == name,
    };
    for (facet, name) in [
        (Facet::Tag, "common"),
        (Facet::Tag, "every"),
        (Facet::Tag, "rare"),
        (Facet::Tag, "nowhere"),
        (Facet::Owner, "oncall"),
        (Facet::Kind, changes[0].kind.as_str()),
        (Facet::File, "src/1.py"),
        (Facet::Metric, "p95"),
        (Facet::Metric, "errors"),
        (Facet::Month, "2026-03"),
    ] {
        let expected: Vec<&Change> =
            newest.iter().map(|at| &changes[*at]).filter(|change| has(change, facet, name)).collect();
        let list = |span| {
            let mut ids = Vec::new();
            let mut each = |summary: shipnote::store::Summary| {
                ids.push(summary.id);
                Ok(true)
            };
            engine.store.each_in(facet, name, span, &mut each).unwrap();
            ids
        };
        let ids = |changes: &[&Change]| changes.iter().map(|change| change.id.clone()).collect::<Vec<_>>();
        assert_eq!(list(Span::All), ids(&expected), "{facet:?} {name}");
        for most in [0, 1, 50, 700, 5_000] {
            let first = &expected[..expected.len().min(most)];
            assert_eq!(list(Span::Newest(most as u64)), ids(first), "{facet:?} {name} {most}");
        }
        let months = engine.store.months(facet, name).unwrap();
        assert_eq!(months.iter().map(|(_, count)| count).sum::<u64>(), expected.len() as u64, "{facet:?} {name}");
        assert!(months.is_sorted_by(|one, other| one.0 > other.0));
        for (month, count) in months.iter().filter(|_| facet != Facet::Month) {
            let of: Vec<&Change> = expected.iter().copied().filter(|change| change.at().month() == *month).collect();
            assert_eq!(list(Span::Month(month)), ids(&of), "{facet:?} {name} {month}");
            assert_eq!(*count, of.len() as u64);
        }
    }
    let measured = engine.store.measured(&changes[4].id, "p95").unwrap();
    assert_eq!(measured, changes[4].metrics[..2]);
    assert_eq!(engine.store.drift().unwrap(), [""; 0]);
}

fn a_folder_holds_what_changes_touched_in_it(engine: &mut Engine<impl Store>) {
    let files =
        [vec!["src/a.py", "src/deep/b.py", "top"], vec!["src/a.py", "src-old", "src"], vec!["src/deep/c/d.py", "/x"]];
    for (number, files) in (1..).zip(files) {
        insert(&mut engine.store, &change(number, |change| change.files = files.into_iter().map(Into::into).collect()));
    }
    let folder = |name: &str| {
        let entry =
            |FolderEntry { name, is_folder, changes }| format!("{name}{} {changes}", if is_folder { "/" } else { "" });
        engine.store.folder(name).unwrap().into_iter().map(entry).collect::<Vec<_>>()
    };
    assert_eq!(folder(""), ["/ 0", "src 1", "src-old 1", "src/ 0", "top 1"]);
    assert_eq!(folder("/"), ["x 1"]);
    assert_eq!(folder("src/"), ["a.py 2", "deep/ 0"]);
    assert_eq!(folder("src/deep/"), ["b.py 1", "c/ 0"]);
    assert_eq!(folder("nowhere/"), [""; 0]);
}

fn what_is_newer_than_a_write_is_told_once(engine: &mut Engine<impl Store>) {
    let changes: Vec<Change> = (1..=5).map(|number| change(number, |_| {})).collect();
    changes.iter().for_each(|change| insert(&mut engine.store, change));
    let seq = engine.store.last_seq().unwrap();
    assert!(engine.store.newer(seq, 10).unwrap().is_empty());
    let mut edited = changes[1].clone();
    edited.revision = 2;
    update(&mut engine.store, &edited);
    delete(&mut engine.store, &changes[3]);
    insert(&mut engine.store, &change(6, |_| {}));
    let newer = engine.store.newer(seq, 10).unwrap();
    let told: Vec<_> = newer.iter().map(|newer| (newer.id.clone(), newer.number, newer.change.is_some())).collect();
    let sixth = change(6, |_| {}).id;
    assert_eq!(told, [(edited.id, Some(2), true), (sixth, Some(6), true), (changes[3].id.clone(), Some(4), false)]);
    assert_eq!(engine.store.newer(seq, 1).unwrap().len(), 1);
    let mut numbers = Vec::new();
    let mut each = |number, change: Change| {
        numbers.push((number, change.title));
        Ok(true)
    };
    engine.store.each_recorded(2..6, &mut each).unwrap();
    assert_eq!(numbers, [2, 3, 5].map(|number| (number, format!("Change number {number}"))));
    let identity = engine.store.identity().unwrap();
    assert_eq!(identity, (engine.again)().identity().unwrap());
    assert!(identity.len() >= 16);
}

fn relations_are_known_both_ways(engine: &mut Engine<impl Store>) {
    let one = change(1, |_| {});
    let two = change(2, |change| {
        change.relations = vec![Relation { kind: RelationKind::Fixes, id: one.id.clone() }];
    });
    insert(&mut engine.store, &one);
    insert(&mut engine.store, &two);
    let referring = engine.store.referring(&one.id).unwrap();
    assert_eq!(referring.len(), 1);
    assert_eq!((referring[0].0, &referring[0].1.id), (RelationKind::Fixes, &two.id));
    assert!(engine.store.referring(&two.id).unwrap().is_empty());
}

fn a_commit_finds_its_changes_by_whole_and_abbreviated_hashes(engine: &mut Engine<impl Store>) {
    let whole = "1a2b3c4d5e6f7890123456789012345678901234";
    let sha256 = format!("{whole}{}", "f".repeat(24));
    let stored = [whole, &whole[..7], &whole[..12], &whole[..4], "1a2b3c4f", &sha256, "ffffffffff", &whole[..39]];
    for (number, hash) in (1..).zip(stored) {
        insert(&mut engine.store, &change(number, |change| change.commits = vec!["0".repeat(40), hash.to_owned()]));
    }
    let found = |hash: &str| -> String {
        let found = engine.store.by_commit(hash).unwrap();
        found.iter().map(|summary| summary.title.replace("Change number ", "")).collect()
    };
    // The fourth has too few digits to name a commit, the fifth is another commit, the sixth has a longer hash.
    assert_eq!(found(whole), "86321");
    assert_eq!(found(&whole.to_uppercase()), "86321");
    assert_eq!(found(&sha256), "86321");
    assert_eq!(found(&whole[..8]), "86321");
    assert_eq!(found(&whole[..7]), "865321");
    assert_eq!(found("1a2b3c4f0000000000000000000000000000000a"), "52");
    assert_eq!(found("fffffffffff"), "7");
    assert_eq!(found("0000000"), "87654321");
    for nothing in ["", "1a2b3c", "1a2b3c4%", "1a2b3c4d5e6f789012345678901234567890123g", "_______"] {
        assert_eq!(found(nothing), "", "{nothing}");
    }
}

fn a_change_that_touched_all_of_some_files_is_found(engine: &mut Engine<impl Store>) {
    let store = &mut engine.store;
    let files = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let touched = |number, day, names: &[&str]| {
        let names = files(names);
        change(number, |change| (change.files, change.shipped_at) = (names, Some(at(day))))
    };
    let changes = [touched(1, 3, &["a", "b", "c"]), touched(2, 2, &["a", "b"]), touched(3, 9, &["a"])];
    changes.iter().for_each(|change| insert(store, change));
    let find = |first: &str, names: &[&str], day| store.touching_all(first, &files(names), at(day)).unwrap();
    assert_eq!(find("b", &["a", "b"], 1), Some(changes[1].id.clone()), "the one recorded last");
    assert_eq!(find("b", &["a", "b"], 3), Some(changes[0].id.clone()));
    assert_eq!(find("c", &["a", "c"], 4), None);
    assert_eq!(find("d", &["a", "d"], 1), None);
}

fn a_file_of_several_names_lists_each_change_once(engine: &mut Engine<impl Store>) {
    let files = [vec!["src/old.py"], vec!["src/[new].py", "src/old.py"], vec!["app/src/[new].py"], vec!["src/n.py"]];
    for (number, files) in (1..).zip(files) {
        insert(&mut engine.store, &change(number, |change| change.files = files.into_iter().map(Into::into).collect()));
    }
    let found = |names: &[&str]| -> String {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let found = touching(&engine.store, &names, None, &|_| true).unwrap().found;
        found.iter().map(|(summary, _)| summary.title.replace("Change number ", "")).collect()
    };
    assert_eq!(found(&["src/[new].py", "src/old.py"]), "321");
    assert_eq!(found(&["src/[new].py"]), "32");
    assert_eq!(found(&["nowhere.py"]), "");
}

/// Two thousand changes in one write, not in the order of their times: nearly all touch `src/api.py`, some as it is called
/// elsewhere, some only a file whose words are the same.
fn insert_many_of_one_file(store: &mut dyn Store) -> Vec<Change> {
    let changes: Vec<_> = (0..2_000_u64)
        .map(|number| {
            let draft = Draft { title: Some(format!("Change number {number}")), ..Draft::default() };
            let minute = number * 7 % 2_000;
            let now = format!("2026-11-{:02}T{:02}:{:02}:00Z", 1 + minute / 1_440, minute / 60 % 24, minute % 60);
            let defaults = Defaults { id: ChangeId::from_bits(number << 44), now: now.parse().unwrap() };
            let mut change = draft.validate(&defaults).unwrap();
            change.files = match number % 25 {
                0 => vec!["src/api.py.orig".into()],
                1 => vec!["app/src/api.py".into()],
                2 => vec!["src/old.py".into(), "src/api.py".into()],
                3 => vec!["src/old.py".into()],
                // More than is indexed; the file stands behind it.
                _ if number == 1_404 || number == 30 => {
                    (0..4_096).map(|n| format!("gen/deep/folder/{n}.py")).chain(["src/api.py".into()]).collect()
                }
                _ => vec!["src/api.py".into()],
            };
            change.owner = number.is_multiple_of(3).then(|| "team-orders".into());
            change
        })
        .collect();
    let insert = |change, writer: &mut dyn Writer| {
        writer.insert(&NewChange { change, json: None, digest: None, fingerprints: &[] })
    };
    store.write(&mut |writer| changes.iter().try_for_each(|change| insert(change, writer))).unwrap();
    changes
}

fn a_file_that_very_many_touch_has_the_same_newest_changes(engine: &mut Engine<impl Store>) {
    let mut changes = insert_many_of_one_file(&mut engine.store);
    changes.reverse();
    changes.sort_by_key(|change| std::cmp::Reverse(change.at()));
    for text in [
        "file:src/api.py",
        "file:api.py owner:team-orders",
        "file:src/api.py until:2026-11-01",
        "NOT file:src/api.py",
        "file:src/api.py OR file:src/old.py",
        "file:src/api.py file:old.py",
        "file:src/*.py NOT owner:team-orders",
        "file:src/api.py number",
    ] {
        let expr = query(text);
        let expected: Vec<_> =
            changes.iter().filter(|change| matches(&expr, change, None)).map(|change| &change.id).collect();
        assert!(expected.len() > 70, "{text}");
        for (offset, most) in [(0, 20), (40, 30), (0, 500), (0, 5_000)] {
            let page = Page { offset, most };
            let expected: Vec<_> = expected.iter().copied().skip(offset as usize).take(most as usize).collect();
            let mut listed = Vec::new();
            let mut each = |change: Change| {
                listed.push(change.id);
                Ok(true)
            };
            engine.store.each(&expr, Order::NewestFirst, page, &mut each).unwrap();
            assert_eq!(listed.iter().collect::<Vec<_>>(), expected, "{text} {page:?}");
            let found = engine.store.search(&expr, Sort::Recent, page).unwrap();
            assert_eq!(found.hits.iter().map(|hit| &hit.change.id).collect::<Vec<_>>(), expected, "{text} {page:?}");
        }
    }
}

fn a_file_of_many_changes_is_read_as_far_as_is_asked(engine: &mut Engine<impl Store>) {
    insert_many_of_one_file(&mut engine.store);
    let names = ["src/api.py".to_owned(), "src/old.py".to_owned()];
    let is_old = |change: &Change| change.files.iter().any(|file| file == "src/old.py");
    type IsMeant<'a> = &'a dyn Fn(&Change) -> bool;
    let is_meant: [(IsMeant<'_>, usize); 3] = [(&|_| true, 1_920), (&is_old, 160), (&|_| false, 0)];
    for (is_meant, count) in is_meant {
        let ids = |most: Option<usize>| -> (Vec<_>, bool) {
            let touching = touching(&engine.store, &names, most, is_meant).unwrap();
            (touching.found.into_iter().map(|(summary, _)| summary.id).collect(), touching.more)
        };
        let (all, more) = ids(None);
        assert_eq!((all.len(), more), (count, false));
        for most in [0, 1, 20, 160, 400, 1_920] {
            let (some, more) = ids(Some(most));
            assert_eq!((&*some, more), (&all[..most.min(count)], most < count), "{most}");
        }
    }
}

fn events_are_kept_in_order(engine: &mut Engine<impl Store>) {
    let one = change(1, |_| {});
    let events = [event(&one, "log"), event(&one, "edit"), event(&one, "delete")];
    for event in &events {
        engine.store.write(&mut |writer| writer.event(event)).unwrap();
    }
    let happening = |event: &Event| Happening {
        at: event.at,
        actor: event.actor.clone(),
        action: event.action.clone(),
        subject: Subject::Change(event.change.clone()),
        revision: Some(event.revision),
        detail: event.detail.clone(),
    };
    let newest: Vec<_> = events.iter().rev().map(happening).collect();
    assert_eq!(engine.store.events(Page::ALL).unwrap(), newest);
    assert_eq!(engine.store.events(Page { offset: 1, most: 1 }).unwrap(), newest[1..2]);
}

fn every_write_moves_the_number_of_the_last_write(engine: &mut Engine<impl Store>) {
    let one = change(1, |_| {});
    let mut numbers = vec![engine.store.last_seq().unwrap()];
    insert(&mut engine.store, &one);
    numbers.push(engine.store.last_seq().unwrap());
    update(&mut engine.store, &Change { revision: 2, ..one.clone() });
    numbers.push(engine.store.last_seq().unwrap());
    delete(&mut engine.store, &one);
    numbers.push(engine.store.last_seq().unwrap());
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
}

fn the_index_agrees_with_the_documents_through_every_write(engine: &mut Engine<impl Store>) {
    let text = std::fs::read_to_string("tests/fixtures/change.json").unwrap();
    let full: Change = serde_json::from_str(&text).unwrap();
    let one = change(1, |change| change.reason = Some("prone to drift".into()));
    insert(&mut engine.store, &full);
    insert(&mut engine.store, &one);
    assert_eq!(engine.store.drift().unwrap(), [""; 0]);
    let emptied = Change { reason: None, tags: Vec::new(), files: Vec::new(), revision: full.revision + 1, ..full };
    update(&mut engine.store, &emptied);
    delete(&mut engine.store, &one);
    assert_eq!(engine.store.drift().unwrap(), [""; 0]);
}

fn the_index_of_very_many_in_one_write_is_complete(engine: &mut Engine<impl Store>) {
    let many: Vec<Change> = (0..2_500_u64)
        .map(|number| Change {
            id: ChangeId::from_bits(number << 40),
            reason: Some(format!("retries of worker{} were waiting", number % 50)),
            ..change(1 + number % 28, |_| {})
        })
        .collect();
    let insert = |writer: &mut dyn Writer, change: &Change| {
        writer.insert(&NewChange { change, json: None, digest: None, fingerprints: &[] })
    };
    // The first write of a database, with an edit and a deletion amid it, then one to what is there.
    let store = &mut engine.store;
    store
        .write(&mut |writer| {
            many[..1_200].iter().try_for_each(|change| insert(writer, change))?;
            let edited = Change { revision: 2, title: "edited".to_owned(), ..many[1_100].clone() };
            writer.update(&edited, &[])?;
            let tombstone = Tombstone { at: at(1), actor: "a".into(), reason: "r".into(), title: "t".into() };
            writer.delete(&many[1_150].id, &tombstone)?;
            many[1_200..1_500].iter().try_for_each(|change| insert(writer, change))
        })
        .unwrap();
    store.write(&mut |writer| many[1_500..2_000].iter().try_for_each(|change| insert(writer, change))).unwrap();
    assert_eq!(store.drift().unwrap(), Vec::<String>::new());
    assert_eq!(store.count(&query("edited")).unwrap(), 1);
    assert_eq!(store.count(&query("retry worker7")).unwrap(), 40);

    // The same in one go, and a failed one before it leaves nothing.
    let mut engine = (engine.other)();
    let store = &mut engine.store;
    let failed = store.write(&mut |writer| {
        many.iter().try_for_each(|change| insert(writer, change))?;
        anyhow::bail!("no")
    });
    assert_eq!(failed.unwrap_err().to_string(), "no");
    assert_eq!((store.count(&Expr::Everything).unwrap(), store.drift().unwrap()), (0, Vec::new()));
    store.write(&mut |writer| many.iter().try_for_each(|change| insert(writer, change))).unwrap();
    store
        .write(&mut |writer| insert(writer, &Change { id: ChangeId::from_bits(u64::MAX), ..many[0].clone() }))
        .unwrap();
    assert_eq!(store.count(&query("retry wait*")).unwrap(), 2_501);
    assert_eq!(store.drift().unwrap(), Vec::<String>::new());
    if let Some(folder) = &engine.folder {
        let mut names = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        assert!(names.all(|name| name.to_string_lossy().starts_with("shipnote.db")), "nothing else is left");
    }
}

fn among_very_many_records_the_same_are_found(engine: &mut Engine<impl Store>) {
    let bounds = ranking();
    let words = ["order", "retry", "orders", "ordinary", "cache", "cached", "client"];
    let many: Vec<Change> = (0..=bounds.many)
        .map(|number| {
            let at = |step: u64| words[(number / step % 7) as usize];
            let rare = if number % 997 == 5 { " order2 lookup" } else { "" };
            Change {
                id: ChangeId::from_bits(number << 30),
                title: format!("{} {}{rare}", at(1), at(7)),
                ..change(1, |_| {})
            }
        })
        .collect();
    let store = &mut engine.store;
    store
        .write(&mut |writer| {
            many.iter().try_for_each(|change| {
                writer.insert(&NewChange { change, json: None, digest: None, fingerprints: &[] })
            })
        })
        .unwrap();
    for text in [
        "order",
        "retry cache",
        "\"retry cache\"",
        "ord*",
        "lookup",
        "lookup order",
        "\"order2 look*\"",
        "order2*",
        "loo* -retry",
        "cli* -ord*",
        "title:cach* lookup",
        "nowhere*",
        "ordi* OR loo*",
    ] {
        let expr = query(text);
        let expected: Vec<&str> =
            many.iter().filter(|change| matches(&expr, change, None)).map(|change| change.id.as_str()).collect();
        let found = store.search(&expr, Sort::Relevance, Page { offset: 0, most: 1_000 }).unwrap();
        let mut ids: Vec<&str> = found.hits.iter().map(|hit| hit.change.id.as_str()).collect();
        assert!(found.hits.is_sorted_by(|one, other| one.score >= other.score), "{text}");
        ids.sort_unstable();
        if expected.len() as u64 <= bounds.newest_of_many {
            assert_eq!((ids, found.total), (expected.clone(), Some(expected.len() as u64)), "{text}");
        } else {
            assert!(found.total.is_none() && found.ranked >= bounds.newest_of_many, "{text}");
            assert!(ids.iter().all(|id| expected.binary_search(id).is_ok()), "{text}");
        }
    }
    let best = store.search(&query("lookup OR order"), Sort::Relevance, Page { offset: 0, most: 1 }).unwrap();
    assert!(best.hits[0].change.title.contains("lookup"), "the rare word counts more: {}", best.hits[0].change.title);
}
