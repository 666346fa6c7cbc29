//! Any valid change, over adversarial text: what people paste, what editors leave behind, and what would break a form
//! that was written carelessly.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::{Map, Value};
use shipnote::model::{
    Baseline, Change, ChangeId, CheckDraft, CommandRun, Compare, CompareOp, Defaults, Direction, Draft, ItemState,
    Kind, Link, ListItem, MetricDraft, RelationDraft, RelationKind, Rollback, Source, Status, Timestamp,
};

/// The defaults every change here is validated with.
pub(crate) fn defaults() -> Defaults {
    Defaults { id: ChangeId::from_bits(7), now: "2026-11-20T14:11:32Z".parse().unwrap() }
}

/// What something somewhere takes for more than text.
#[rustfmt::skip]
const NASTY: &[&str] = &[
    "", " ", "  ", "\t", "+++", "+++ ", "---", "# Title", "## Reason", "## reason ", "\\## Reason", "\\\\## Commands",
    "## Comands", "## Details", "### Reason", "##", "- ", "- item", "-", "* item", "  - nested", "- route: /x",
    "route: y", "symptom:", "```", "```sh", "````", "~~~", "```sh { exit = 0 }", "`code`", "``", "{ a = 1 }",
    "{\"a\": 1}", "\"", "\"\"\"", "'''", "\\", "\\n", "\\u0041", "# error: x", "<!-- hint: x -->", "<!-- note -->",
    "a: 1 -> 2 (lower)", "p95: 480 ms -> 190 ms", "->", "→", "(higher)", "k", "1.2k/s", "%", "🚢 ünïcödé",
    "שלום عالم", "\u{202e}desrever", "\u{feff}", "\u{200b}", "\u{2028}", "\u{85}", "\u{a0}", "\u{7f}", "\u{1b}[2J",
    "title = \"x\"", "<script>alert(1)</script>", "{{ get_env() }}", "| a | b |", "trailing  ", " leading",
];

/// A piece of text, often one of [`NASTY`].
pub(crate) fn arb_piece() -> impl Strategy<Value = String> {
    let nasty = prop::sample::select(NASTY).prop_map(str::to_owned);
    prop_oneof![3 => nasty, 1 => "[ -~]{0,12}", 1 => "\\PC{0,8}"]
}

/// Text of several lines, never with NUL.
pub(crate) fn arb_text() -> impl Strategy<Value = String> {
    let end = prop::sample::select(vec!["\n", "\n", "\n", "\n", "\n\n", "\r\n", "\r", " ", "  \n"]);
    let clean = vec(arb_piece(), 1..5).prop_map(|pieces| pieces.join("\n"));
    let mixed = vec((arb_piece(), end), 1..6).prop_map(|parts| parts.into_iter().map(|(a, b)| a + b).collect());
    prop_oneof![2 => clean, 1 => mixed, 1 => "[a-z ,.]{1,60}"].prop_map(|text: String| text.replace('\0', ""))
}

/// Text that must be there.
fn arb_required() -> impl Strategy<Value = String> {
    arb_text().prop_map(|text| if text.is_empty() { "true".to_owned() } else { text })
}

/// One line, not empty, without white space around it.
pub(crate) fn arb_line() -> impl Strategy<Value = String> {
    let line = vec(arb_piece(), 1..3).prop_map(|pieces| pieces.concat());
    let line = line.prop_map(|text| text.replace(['\n', '\r', '\0'], "").trim().to_owned());
    prop_oneof![line.prop_filter("a line", |text| !text.is_empty()), Just("orders".to_owned())]
}

fn arb_number() -> impl Strategy<Value = f64> {
    let round =
        prop::sample::select(vec![0.0, -0.0, 1.0, 480.0, 0.1, 93.5, -2.5, 1e21, 1e-9, 1e300, f64::MIN_POSITIVE]);
    prop_oneof![round, (-1e6..1e6), any::<f64>().prop_filter("a number", |number| number.is_finite())]
}

fn arb_time() -> impl Strategy<Value = Timestamp> {
    (0i64..253_402_300_799).prop_map(|at| Timestamp::new(chrono::DateTime::from_timestamp(at, 0).unwrap()).unwrap())
}

/// JSON of some depth, over adversarial text.
pub(crate) fn arb_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        arb_number().prop_map(Value::from),
        arb_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(arb_text(), inner, 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn arb_baseline() -> impl Strategy<Value = Baseline> {
    let field = || option::of(arb_text());
    (field(), field(), field(), field(), field()).prop_map(|(route, input, command, symptom, location)| Baseline {
        route,
        input,
        command,
        symptom,
        location,
    })
}

fn arb_command() -> impl Strategy<Value = CommandRun> {
    let seconds = arb_number().prop_map(f64::abs);
    let optional = (option::of(arb_text()), option::of(arb_text()), option::of(arb_line()));
    (arb_required(), optional, option::of(any::<i32>()), option::of(seconds))
        .prop_map(|(run, (note, expect, cwd), exit, seconds)| CommandRun { run, note, expect, cwd, exit, seconds })
}

fn arb_metric() -> impl Strategy<Value = MetricDraft> {
    let unit = prop_oneof![
        prop::sample::select(vec!["ms", "%", "/s", "MB", "k", "°C", "req/s"]).prop_map(str::to_owned),
        arb_line()
    ];
    let better = prop::sample::select(Direction::ALL);
    (arb_line(), option::of(unit), arb_number(), option::of(arb_number()), any::<bool>(), better).prop_map(
        |(name, unit, one, other, only_after, better)| {
            let (before, after) = if only_after { (None, Some(one)) } else { (Some(one), other) };
            MetricDraft { name, unit, before, after, better: Some(better) }
        },
    )
}

fn arb_http() -> impl Strategy<Value = CheckDraft> {
    let headers = btree_map(arb_line(), "[A-Z_]{1,8}", 0..3);
    let answer = (option::of(any::<u16>()), option::of(arb_json()), option::of(arb_text()), option::of(any::<u64>()));
    let url = arb_line().prop_map(|path| format!("https://example.com/{path}"));
    (option::of(arb_line()), url, option::of(headers), option::of(arb_text()), answer, option::of(any::<u32>()))
        .prop_map(|(name, url, headers, body, (status, json, contains, max_ms), timeout_s)| CheckDraft {
            name,
            kind: Some("http".to_owned()),
            url: Some(url),
            headers,
            body,
            status,
            json,
            contains,
            max_ms,
            timeout_s,
            ..CheckDraft::default()
        })
}

fn arb_command_check() -> impl Strategy<Value = CheckDraft> {
    let number = prop_oneof![
        arb_text(),
        arb_text().prop_map(|name| format!(r"{}[^\d\n]*?([-+]?\d+(?:\.\d+)?)", regex::escape(&name))),
        Just(r"p95/ (\d+)".to_owned())
    ];
    let compare = (number, prop::sample::select(CompareOp::ALL), arb_number())
        .prop_map(|(pattern, op, value)| Compare { pattern, op, value });
    let texts = (option::of(arb_text()), option::of(arb_text()), option::of(arb_line()));
    (arb_line(), arb_required(), texts, option::of(any::<bool>()), option::of(any::<i32>()), option::of(compare))
        .prop_map(|(name, run, (contains, matches, cwd), shell, exit, compare)| CheckDraft {
            name: Some(name),
            kind: Some("command".to_owned()),
            run: Some(run),
            contains,
            matches,
            cwd,
            shell,
            exit,
            compare,
            ..CheckDraft::default()
        })
}

fn arb_checklists() -> impl Strategy<Value = BTreeMap<String, BTreeMap<String, ListItem>>> {
    let item = prop_oneof![
        option::of(arb_text()).prop_map(|note| ListItem { state: ItemState::Done, note }),
        Just(ListItem { state: ItemState::Open, note: None }),
        arb_text().prop_map(|text| ListItem { state: ItemState::NotApplicable, note: Some(format!("n/a {text}")) }),
    ];
    btree_map(arb_line(), btree_map(arb_line(), item, 0..3), 0..3)
}

fn arb_bookkeeping() -> impl Strategy<Value = Draft> {
    let id = || any::<u64>().prop_map(|bits| ChangeId::from_bits(bits).to_string());
    let relation = (prop::sample::select(RelationKind::ALL), id()).prop_map(|(kind, id)| RelationDraft { kind, id });
    let link = ("[!-~]{0,20}", option::of(arb_line()))
        .prop_map(|(path, title)| Link { url: format!("https://example.com/{path}"), title });
    let source = ("[a-z0-9-]{1,8}", option::of(arb_line())).prop_map(|(kind, key)| Source { kind, key });
    let times = (option::of(arb_time()), arb_time(), arb_time());
    (id(), vec(relation, 0..3), vec(link, 0..3), source, times, 1..=i64::MAX as u64).prop_map(
        |(id, relations, links, source, (shipped_at, created_at, updated_at), revision)| Draft {
            id: Some(id),
            relations,
            links,
            source: Some(source),
            shipped_at,
            created_at: Some(created_at),
            updated_at: Some(updated_at),
            revision: Some(revision),
            ..Draft::default()
        },
    )
}

fn arb_texts() -> impl Strategy<Value = Draft> {
    let text = || option::of(arb_text());
    let line = || option::of(arb_line());
    let rollback = (text(), text()).prop_map(|(command, note)| Rollback { command, note });
    let lines = (vec(arb_line(), 0..5), vec(arb_line(), 0..5), vec("[0-9a-f]{4,64}", 0..3), vec(arb_text(), 0..4));
    let words = (line(), line(), line(), line());
    (arb_line(), text(), text(), rollback, lines, words).prop_map(
        |(
            title,
            reason,
            expected,
            rollback,
            (files, tags, commits, assumptions),
            (owner, service, environment, branch),
        )| {
            Draft {
                title: Some(title),
                reason,
                expected,
                rollback,
                files,
                tags,
                commits,
                assumptions,
                owner,
                service,
                environment,
                branch,
                ..Draft::default()
            }
        },
    )
}

/// Any draft that keeps every rule.
pub(crate) fn arb_draft() -> impl Strategy<Value = Draft> {
    let words = (prop::sample::select(Status::ALL), prop::sample::select(Kind::ALL));
    let checks = vec(prop_oneof![arb_http(), arb_command_check()], 0..3);
    let lists = (vec(arb_command(), 0..4), vec(arb_metric(), 0..4), checks, arb_checklists());
    (arb_texts(), arb_bookkeeping(), words, arb_baseline(), lists).prop_map(
        |(texts, rest, (status, kind), baseline, (commands, metrics, checks, checklists))| Draft {
            id: rest.id,
            relations: rest.relations,
            links: rest.links,
            source: rest.source,
            shipped_at: rest.shipped_at,
            created_at: rest.created_at,
            updated_at: rest.updated_at,
            revision: rest.revision,
            status: Some(status),
            kind: Some(kind),
            baseline,
            commands,
            metrics,
            checks,
            checklists,
            ..texts
        },
    )
}

/// Any valid change.
pub(crate) fn arb_change() -> impl Strategy<Value = Change> {
    arb_draft().prop_map(|draft| draft.validate(&defaults()).unwrap_or_else(|invalid| panic!("{invalid}")))
}
