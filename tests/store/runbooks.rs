//! Runbooks: stored with every revision, found by words, key and service, told of since a write, deleted.

use std::sync::LazyLock;

use shipnote::model::{Actor, Conclusion, Runbook, RunbookDraft, Source, Subject, Timestamp};
use shipnote::store::{Entry, Page, Store};

use super::evidence::{add, check, run_at};
use super::{Engine, at, change, event, insert, oncall, query};

fn runbook(title: &str, fill: impl FnOnce(&mut Runbook)) -> Runbook {
    let draft = RunbookDraft { title: Some(title.to_owned()), body: "text".to_owned(), ..RunbookDraft::default() };
    let mut runbook = draft.validate(at(1)).unwrap();
    fill(&mut runbook);
    runbook
}

fn by(at: Timestamp, action: &'static str) -> Entry<'static> {
    static ONCALL: LazyLock<Actor> = LazyLock::new(oncall);
    Entry { at, actor: &ONCALL, action, detail: None }
}

fn put(store: &mut dyn Store, runbook: &Runbook, action: &'static str) {
    store.write(&mut |writer| writer.put_runbook(runbook, &by(runbook.updated_at, action))).unwrap();
}

fn names(runbooks: Vec<Runbook>) -> Vec<String> {
    runbooks.into_iter().map(|runbook| runbook.name).collect()
}

pub(super) fn every_revision_of_a_runbook_stays(engine: &mut Engine<impl Store>) {
    let store = &mut engine.store;
    let first = runbook("Restart", |_| {});
    put(store, &first, "new");
    let second = Runbook { revision: 2, title: "Restart it".into(), updated_at: at(2), ..first.clone() };
    put(store, &second, "edit");
    assert_eq!(store.runbook("restart").unwrap(), Some(second.clone()));
    for wrong in [&first, &second, &Runbook { revision: 4, ..second.clone() }] {
        assert!(store.write(&mut |writer| writer.put_runbook(wrong, &by(at(3), "edit"))).is_err());
    }
    store.write(&mut |writer| writer.delete_runbook("restart", &by(at(4), "delete"))).unwrap();
    assert!(store.write(&mut |writer| writer.delete_runbook("restart", &by(at(4), "delete"))).is_err());
    assert_eq!(store.runbook("restart").unwrap(), None);
    let history = store.runbook_history("restart").unwrap();
    let told: Vec<_> = history.iter().map(|revision| (revision.action.as_str(), &revision.runbook)).collect();
    assert_eq!(told, [("new", &first), ("edit", &second), ("delete", &second)]);
    assert_eq!((history[2].at, &history[2].actor), (at(4), &oncall()));
}

pub(super) fn a_runbook_is_found_by_words_key_and_service(engine: &mut Engine<impl Store>) {
    let store = &mut engine.store;
    let source = Source { kind: "runbook".into(), key: Some("docs/a.md".into()) };
    let mine = source.clone();
    put(
        store,
        &runbook("Kube API down", |runbook| (runbook.source, runbook.alerts) = (mine, vec!["KubeAPIDown".into()])),
        "import",
    );
    let orders = |runbook: &mut Runbook| {
        runbook.service = Some("orders".into());
        runbook.tags = vec!["latency".into()];
        runbook.body = "restart the workers".into();
    };
    put(store, &runbook("Orders", orders), "new");
    assert_eq!(store.runbook_by_key(&source).unwrap().unwrap().name, "kube-api-down");
    assert_eq!(names(store.runbooks().unwrap()), ["kube-api-down", "orders"]);
    let search = |text: &str| names(store.search_runbooks(&query(text), 9).unwrap());
    assert_eq!(search("KubeAPIDown"), ["kube-api-down"]);
    assert_eq!(search("restarting worker"), ["orders"]);
    assert_eq!(search("service:orders"), ["orders"]);
    assert_eq!(search("workers tag:latency"), ["orders"]);
    for nothing in ["workers service:billing", "workers kind:fix", "title:workers", "nothing", ""] {
        assert_eq!(search(nothing), [""; 0], "{nothing}");
    }
    // Words of one revision find that one only.
    put(store, &Runbook { revision: 2, body: "call somebody".into(), ..runbook("Orders", orders) }, "edit");
    let search = |text: &str| names(store.search_runbooks(&query(text), 9).unwrap());
    assert_eq!((search("workers"), search("somebody")), (vec![], vec!["orders".to_owned()]));
}

pub(super) fn what_is_newer_of_runbooks_has_numbers_of_its_own(engine: &mut Engine<impl Store>) {
    let store = &mut engine.store;
    insert(store, &change(1, |_| {}));
    let before = store.last_seq().unwrap();
    put(store, &runbook("One", |_| {}), "new");
    insert(store, &change(2, |_| {}));
    store.write(&mut |writer| writer.delete_runbook("one", &by(at(2), "delete"))).unwrap();
    let newer =
        |seq| store.newer_runbooks(seq).unwrap().into_iter().map(|revision| revision.action).collect::<Vec<_>>();
    assert_eq!(newer(before), ["new", "delete"]);
    assert_eq!(newer(store.last_seq().unwrap()), [""; 0]);
    assert_eq!(store.newer(before, 9).unwrap().len(), 1);
}

pub(super) fn what_happened_to_runbooks_and_what_was_run_is_told_too(engine: &mut Engine<impl Store>) {
    let check = check("http://127.0.0.1/health");
    let one = change(1, |change| change.checks = vec![check.clone()]);
    insert(&mut engine.store, &one);
    let store = &mut engine.store;
    store.write(&mut |writer| writer.event(&event(&one, "log"))).unwrap();
    put(store, &runbook("Restart", |runbook| runbook.updated_at = "2030-01-01".parse().unwrap()), "new");
    add(store, &[run_at(&one, &check, Conclusion::Passed, "2030-01-02".parse().unwrap())]);
    let told: Vec<_> = store
        .events(Page::ALL)
        .unwrap()
        .into_iter()
        .map(|happening| (happening.action, happening.subject, happening.revision, happening.detail))
        .collect();
    let of_one = || Subject::Change(one.id.clone());
    let passed = format!("check {}: passed", check.name());
    assert_eq!(
        told,
        [
            ("run".to_owned(), of_one(), None, Some(passed)),
            ("new".to_owned(), Subject::Runbook("restart".to_owned()), Some(1), None),
            ("log".to_owned(), of_one(), Some(1), Some("why".to_owned())),
        ]
    );
    assert_eq!(store.events(Page { offset: 1, most: 1 }).unwrap()[0].action, "new");
}
