//! What came of running checks: stored, read back, and what it says of a change.

use serde_json::json;
use shipnote::model::{Change, Check, Conclusion, Evidence, Outcome, RunKind, Subject, Timestamp, Verified};
use shipnote::query::matches;
use shipnote::record::Recorder;
use shipnote::store::{Page, Sort, Store};

use super::{Engine, change, insert, listed, oncall, update};

pub(super) fn check(url: &str) -> Check {
    let check = json!({"kind": "http", "name": url, "method": "GET", "url": url, "headers": {}, "body": null,
        "status": 200, "json": null, "contains": null, "max_ms": null, "timeout_s": 60});
    serde_json::from_value(check).unwrap()
}

pub(super) fn run_at(change: &Change, check: &Check, conclusion: Conclusion, at: Timestamp) -> Evidence {
    Evidence {
        subject: Subject::Change(change.id.clone()),
        kind: RunKind::Check,
        name: check.name().to_owned(),
        digest: check.digest(),
        at,
        actor: oncall(),
        outcome: Outcome {
            conclusion,
            detail: (conclusion != Conclusion::Passed).then(|| "the status is 500, not 200".to_owned()),
            code: Some(200),
            seconds: 0.25,
            output: "{\"ok\": true}".to_owned(),
            cut: false,
        },
    }
}

/// Runs of a check that are kept.
const KEPT: u64 = 50;

fn minute(minute: u64) -> Timestamp {
    format!("2026-11-20T{:02}:{:02}:00Z", 10 + minute / 60, minute % 60).parse().unwrap()
}

pub(super) fn add(store: &mut dyn Store, runs: &[Evidence]) {
    Recorder::new(store, oncall(), minute(0)).add_evidence(runs.to_vec()).unwrap();
}

pub(super) fn evidence_comes_back_latest_first(engine: &mut Engine<impl Store>) {
    let check = check("http://127.0.0.1/health");
    let one = change(1, |change| change.checks = vec![check.clone()]);
    let two = change(2, |change| change.checks = vec![check.clone()]);
    insert(&mut engine.store, &one);
    insert(&mut engine.store, &two);
    let first = run_at(&one, &check, Conclusion::Failed, minute(1));
    // Of one second, the one stored last is the latest.
    let second = run_at(&one, &check, Conclusion::Error, minute(2));
    let third = run_at(&one, &check, Conclusion::Passed, minute(2));
    let step = Evidence { kind: RunKind::Step, name: "restart".into(), digest: "step".into(), ..first.clone() };
    let runbook = Evidence { subject: Subject::Runbook("orders".into()), ..first.clone() };
    add(&mut engine.store, &[first.clone(), second.clone(), third.clone(), step.clone(), runbook.clone()]);
    let subject = Subject::Change(one.id.clone());
    assert_eq!(engine.store.evidence(&subject, 9).unwrap(), [step.clone(), third.clone(), second, first]);
    assert_eq!(engine.store.evidence(&subject, 1).unwrap(), [step]);
    assert_eq!(engine.store.evidence_of_checks(&one).unwrap(), [Some(third)]);
    assert_eq!(engine.store.evidence(&runbook.subject, 9).unwrap(), [runbook]);
    assert_eq!(engine.store.evidence_of_checks(&two).unwrap(), [None]);
    assert_eq!(engine.store.drift().unwrap(), [""; 0]);
}

pub(super) fn evidence_moves_the_number_of_the_last_write_and_no_revision(engine: &mut Engine<impl Store>) {
    let check = check("http://127.0.0.1/health");
    let one = change(1, |change| change.checks = vec![check.clone()]);
    insert(&mut engine.store, &one);
    let before = engine.store.last_seq().unwrap();
    add(&mut engine.store, &[run_at(&one, &check, Conclusion::Passed, minute(1))]);
    assert_eq!(engine.store.last_seq().unwrap(), before + 1);
    assert_eq!(engine.store.newer(before, 9).unwrap()[0].change.as_ref(), Some(&one));
    assert_eq!(engine.store.history(&one.id).unwrap().len(), 1);
    let unknown = change(2, |change| change.checks = vec![check.clone()]);
    let lost = run_at(&unknown, &check, Conclusion::Passed, minute(1));
    let refused = Recorder::new(&mut engine.store, "oncall".into(), minute(1)).add_evidence(vec![lost]);
    assert!(refused.unwrap_err().to_string().contains("there is no change"));
}

pub(super) fn a_change_is_verified_by_the_latest_run_of_every_check(engine: &mut Engine<impl Store>) {
    let (health, orders) = (check("http://127.0.0.1/health"), check("http://127.0.0.1/orders"));
    let one = change(1, |change| change.checks = vec![health.clone(), orders.clone()]);
    insert(&mut engine.store, &one);
    insert(&mut engine.store, &change(2, |_| {}));
    let run = |check: &Check, conclusion, at| run_at(&one, check, conclusion, minute(at));
    let titles = ["Change number 1"];
    let passed = Conclusion::Passed;
    let found = |store: &dyn Store, text: &str| listed(store, &super::query(text));

    add(&mut engine.store, &[run(&health, passed, 1)]);
    assert_eq!(found(&engine.store, "is:verified"), [""; 0], "one of two was run");
    add(&mut engine.store, &[run(&orders, passed, 2)]);
    assert_eq!(found(&engine.store, "is:verified"), titles);
    add(&mut engine.store, &[run(&orders, Conclusion::Error, 3)]);
    assert_eq!((found(&engine.store, "is:verified"), found(&engine.store, "is:failing").len()), (vec![], 1));
    add(&mut engine.store, &[run(&orders, passed, 4)]);
    assert_eq!(found(&engine.store, "is:verified"), titles);

    // Another name asks the same; another address does not.
    let mut edited = Change { revision: 2, ..one.clone() };
    if let Check::Http(check) = &mut edited.checks[0] {
        check.name = "health".to_owned();
    }
    update(&mut engine.store, &edited);
    assert_eq!(found(&engine.store, "is:verified"), titles);
    if let Check::Http(check) = &mut edited.checks[0] {
        check.url = "http://127.0.0.1/ready".to_owned();
    }
    edited.revision = 3;
    update(&mut engine.store, &edited);
    assert_eq!(found(&engine.store, "is:verified"), [""; 0]);
    assert_eq!(engine.store.drift().unwrap(), [""; 0]);
}

pub(super) fn verification_is_searched_for_as_the_oracle_says(engine: &mut Engine<impl Store>) {
    let check = check("http://127.0.0.1/health");
    // The harness lives on 2026-11-20, and 30 days before is the 21st of October.
    let runs = [None, Some((Conclusion::Passed, "2026-11-19")), Some((Conclusion::Passed, "2026-10-01"))]
        .into_iter()
        .chain([Some((Conclusion::Failed, "2026-11-19")), Some((Conclusion::Error, "2026-10-01"))]);
    let mut expected = Vec::new();
    for (number, run) in (1..).zip(runs) {
        let change = change(number, |change| change.checks = vec![check.clone()]);
        insert(&mut engine.store, &change);
        let run = run.map(|(conclusion, day)| (conclusion, day.parse::<Timestamp>().unwrap()));
        run.into_iter().for_each(|(said, at)| add(&mut engine.store, &[run_at(&change, &check, said, at)]));
        // An error says what a failure says: it does not hold.
        let said = run.map(|(said, at)| Verified {
            conclusion: if said == Conclusion::Error { Conclusion::Failed } else { said },
            at,
        });
        expected.push((change, said));
    }
    let plain = change(9, |_| {});
    insert(&mut engine.store, &plain);
    expected.push((plain, None));
    for text in [
        "is:verified",
        "is:failing",
        "is:stale",
        "NOT is:stale",
        "NOT is:verified number",
        "is:verified OR is:failing",
        "is:stale is:failing",
        "number -is:stale is:verified",
    ] {
        let expr = super::query(text);
        let mut titles: Vec<_> = expected
            .iter()
            .filter(|(change, said)| matches(&expr, change, *said))
            .map(|(change, _)| change.title.clone())
            .collect();
        titles.reverse();
        assert!(!titles.is_empty(), "{text}");
        assert_eq!(listed(&engine.store, &expr), titles, "{text}");
        assert_eq!(engine.store.count(&expr).unwrap(), titles.len() as u64, "{text}");
    }
}

pub(super) fn of_a_check_the_latest_runs_are_kept(engine: &mut Engine<impl Store>) {
    let check = check("http://127.0.0.1/health");
    let one = change(1, |change| change.checks = vec![check.clone()]);
    insert(&mut engine.store, &one);
    let runs: Vec<_> = (0..KEPT + 7).map(|at| run_at(&one, &check, Conclusion::Passed, minute(at))).collect();
    add(&mut engine.store, &runs);
    let kept = engine.store.evidence(&Subject::Change(one.id.clone()), usize::MAX >> 1).unwrap();
    assert_eq!(kept.len() as u64, KEPT);
    assert_eq!((kept[0].at, kept[kept.len() - 1].at), (minute(KEPT + 6), minute(7)));
}

pub(super) fn verified_changes_are_preferred(engine: &mut Engine<impl Store>) {
    let check = check("http://127.0.0.1/health");
    for number in [1, 2, 3] {
        let same = |change: &mut Change| {
            change.title = "Cache the lookup".to_owned();
            change.created_at = minute(0);
            change.checks = vec![check.clone()];
        };
        let change = change(number, same);
        insert(&mut engine.store, &change);
        let conclusion = if number == 1 { Conclusion::Passed } else { Conclusion::Failed };
        add(&mut engine.store, &[run_at(&change, &check, conclusion, minute(1))]);
    }
    let found = engine.store.search(&super::query("lookup"), Sort::Relevance, Page::ALL).unwrap();
    let order: Vec<_> = found.hits.iter().map(|hit| hit.change.id.clone()).collect();
    // Of the other two, which are equals, the one recorded later comes first.
    assert_eq!(order, [1, 3, 2].map(|number| change(number, |_| {}).id));
}
