use proptest::prelude::*;

use super::*;

/// An expression in a line: `a.b` a phrase, `!x` not, `(x|y)` any, `[…]` a condition.
fn show(expr: &Expr) -> String {
    let join = |parts: &[Expr], by: &str| parts.iter().map(show).collect::<Vec<_>>().join(by);
    let within = |field: &Option<Field>| field.map(|field| format!("{}:", field.as_str())).unwrap_or_default();
    match expr {
        Expr::All(parts) => join(parts, " "),
        Expr::Any(parts) => format!("({})", join(parts, "|")),
        Expr::Not(part) if matches!(**part, Expr::All(_)) => format!("!({})", show(part)),
        Expr::Not(part) => format!("!{}", show(part)),
        Expr::Phrase { field, stems } => format!("{}{}", within(field), stems.join(".")),
        Expr::Prefix { field, stems, prefix } if stems.is_empty() => format!("{}{prefix}*", within(field)),
        Expr::Prefix { field, stems, prefix } => format!("{}{}&{prefix}*", within(field), stems.join(".")),
        Expr::Is(_) => format!("[{}]", expr.explain()),
        Expr::Everything => "everything".to_owned(),
        Expr::Nothing => "-".to_owned(),
    }
}

fn grammar() -> Grammar {
    let saved = [("slow", "p95 (orders OR invoices)"), ("loop", "a @loop"), ("open", "(a")];
    let saved = saved.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
    Grammar { now: "2026-11-24T12:00:00Z".parse().unwrap(), saved }
}

fn read(text: &str) -> String {
    show(&grammar().read(text).unwrap().expr)
}

#[test]
fn the_grammar() {
    for (text, expected) in [
        ("slow orders", "slow order"),
        ("  slow \t\n orders ", "slow order"),
        ("\"slow orders\" api", "slow.order api"),
        ("timeout NOT retries", "timeout !retri"),
        ("NOT \"read timeout\"", "!read.timeout"),
        ("timeout -retries -\"read timed\"", "timeout !retri !read.time"),
        ("NOT NOT timeout", "timeout"),
        ("time*", "time*"),
        ("get_us*", "get&us*"),
        ("Café*", "cafe*"),
        ("retries*", "retries*"),
        ("get_user_by_id", "get.user.by.id"),
        ("src/orders/api.py", "src.order.api.py"),
        ("ReadTimeout", "(read.timeout|readtimeout)"),
        ("api/FastAPI.py", "(api.fast.api.py|api.fastapi.py)"),
        ("ReadTime*", "(read&time*|readtime*)"),
        ("-ReadTimeout", "!(read.timeout|readtimeout)"),
        ("-get_user", "!get.user"),
        ("\"FastAPI server\"", "(fast.api.server|fastapi.server)"),
        ("東京*", "東&京*"),
        ("\"a b\"c", "a.b c"),
        ("a OR b", "(a|b)"),
        ("a b OR c d", "(a b|c d)"),
        ("a (b OR c) d", "a (b|c) d"),
        ("a AND b", "a b"),
        ("NOT (a b)", "!(a b)"),
        ("-(a OR b) c", "!(a|b) c"),
        ("((a))", "a"),
        ("(a OR (b OR -c))", "(a|(b|!c))"),
        ("owner:oncall slow", "[the owner is oncall] slow"),
        ("tag:\"two words\"", "[a tag is two words]"),
        ("title:cache", "title:cach"),
        ("error:\"read timed out\"", "error:read.time.out"),
        ("command:kubect*", "command:kubect*"),
        ("file:src/api/**", "[a file matches src/api/**]"),
        ("(kind:fix OR kind:perf)", "([the kind is fix]|[the kind is performance])"),
        ("metric:\"p95 latency\"<200", "[a metric p95 latenc with a value after < 200]"),
        ("metric:p95<-20%", "[a metric p95 that changed < -20 %]"),
        ("metric:p95:regressed", "[a metric p95 regressed]"),
        ("has:rollback is:draft", "[it has a part rollback] [the status is draft]"),
        (
            "is:verified -is:failing",
            "[all of its checks passed when they were last run] ![one of its checks failed when it was last run]",
        ),
        ("is:stale", "[it has checks, and not all were run since 2026-10-25T12:00:00Z]"),
        ("since:2026-10", "[at 2026-10-01T00:00:00Z or later]"),
        ("since:\"last monday\"", "[at 2026-11-23T00:00:00Z or later]"),
        ("until:2026-W47", "[before 2026-11-23T00:00:00Z]"),
        ("k8s", "(k8s|kubernet)"),
        ("\"k8s\"", "k8s"),
        ("@slow", "p95 (order|invoic)"),
        ("-@slow", "!(p95 (order|invoic))"),
    ] {
        let query = grammar().read(text).unwrap();
        assert_eq!((show(&query.expr).as_str(), query.notes.len()), (expected, 0), "{text} {:?}", query.notes);
    }
}

#[test]
fn everything_else_is_literal() {
    for (text, expected) in [
        ("\"", "-"),
        ("\"abc", "abc"),
        ("NEAR(", "near"),
        ("NEAR(a b)", "near.a b"),
        ("AND", "and"),
        ("OR", "or"),
        ("NOT", "not"),
        ("a NOT", "a not"),
        ("a OR", "a or"),
        ("OR a", "or a"),
        ("(a OR)", "a or"),
        ("not a or b", "not a or b"),
        ("NOT ***", "-"),
        ("*", "-"),
        ("*a", "a"),
        ("^", "-"),
        ("a-b", "a.b"),
        ("x:y", "x.y"),
        ("a'b", "a.b"),
        ("-a", "!a"),
        ("-", "-"),
        ("--max-time", "max.time"),
        ("- a", "a"),
        ("", "-"),
        ("(((", "-"),
        ("()", "-"),
        (")a(", "a"),
        ("(a", "a"),
        ("(a OR b", "(a|b)"),
        ("Read timed out. (read timeout=0.5)", "read time out read timeout.0.5"),
        ("pool(host='x', port=8000): failed", "pool.host.x port.8000 fail"),
        ("src/*", "src"),
        ("\"\"", "-"),
        ("\"a*\"", "a"),
        ("a\"b c\"", "a.b c"),
        ("\u{1F680}", "-"),
        ("; DROP TABLE change; --", "drop tabl chang"),
        ("since:nonsense", "sinc.nonsens"),
        ("kind:nonsense", "kind.nonsens"),
        ("onwer:oncall", "onwer.oncal"),
        ("metric:<200", "metric.200"),
        ("commit:xyz", "commit.xyz"),
        ("std::io", "std.io"),
        ("http://a.b/c", "http.a.b.c"),
        ("file:", "file"),
        ("@nobody", "nobodi"),
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
}

#[test]
fn what_only_looks_like_grammar_is_said() {
    for (text, note) in [
        ("onwer:oncall", "`onwer:` is not a field"),
        ("since:nonsense", "`nonsense` is not a date"),
        ("kind:nonsense", "`kind:nonsense` is one of"),
        ("has:wings", "`has:wings` is one of"),
        ("(a", "the parentheses do not match"),
        ("\"a", "a quotation mark is not closed"),
        ("a OR", "OR stands at the end"),
        ("@nobody", "there is no saved search `nobody`"),
        ("metric:p95<fast", "has no number"),
    ] {
        let notes = grammar().read(text).unwrap().notes;
        assert!(notes.iter().any(|said| said.contains(note)), "{text}: {notes:?}");
    }
    assert_eq!(grammar().read("std::io http://a.b Error: x").unwrap().notes, [""; 0]);
}

#[test]
fn more_than_64_words_or_32_parentheses_are_refused_with_what_to_do() {
    let refused = |text: &str| grammar().read(text).unwrap_err().to_string();
    assert!(grammar().read(&"word ".repeat(64)).is_ok());
    for text in ["word ".repeat(65), "a/".repeat(65), format!("\"{}\"", "a ".repeat(65)), "a ".repeat(1_000_000)] {
        assert!(refused(&text).contains("leave some out"));
    }
    let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(read(&nested(32)), "a");
    assert!(refused(&nested(33)).contains("take some away"));
    assert!(refused(&"(".repeat(1_000_000)).contains("take some away"));
    assert!(refused("@loop").contains("take some away"));
}

fn well_formed(expr: &Expr) -> bool {
    match expr {
        Expr::All(parts) | Expr::Any(parts) => parts.len() > 1 && parts.iter().all(well_formed),
        Expr::Not(part) => **part != Expr::Nothing && well_formed(part),
        Expr::Phrase { stems, .. } => !stems.is_empty() && stems.iter().all(|stem| !stem.is_empty()),
        Expr::Prefix { prefix, .. } => !prefix.is_empty(),
        Expr::Everything | Expr::Nothing | Expr::Is(_) => true,
    }
}

proptest! {
    #[test]
    fn any_text_is_a_query(text in any::<String>()) {
        if let Ok(query) = grammar().read(&text) {
            prop_assert!(well_formed(&query.expr), "{:?}", query);
        }
    }

    #[test]
    fn text_of_grammar_is_a_query(text in "([-\"*a-cA-C.:()@<% ]|NOT |OR |AND |owner:|metric:|since:|@slow|@open|é|京){0,30}") {
        let query = grammar().read(&text);
        prop_assert!(query.is_ok_and(|query| well_formed(&query.expr)));
    }
}
