//! The fields of the grammar: `owner:team-orders`, `file:src/**`, `metric:p95<200`, `since:30d`.

use super::parse::words;
use super::{
    Comparison, Condition, Expr, Field, FilePattern, MetricCondition, MetricTest, analyze, parse_date, parse_end,
};
use crate::model::{ChangeId, CompareOp, Kind, STALE_DAYS, Status, Timestamp, Verdict, quantity};

/// Every field, in the order of the help.
pub const FIELDS: [&str; 18] = [
    "title", "reason", "error", "command", "file", "owner", "tag", "service", "env", "kind", "status", "id", "commit",
    "metric", "has", "is", "since", "until",
];

/// Whether `name:value` was meant as a field: not an address, a path of Rust, a time or the end of a sentence.
pub(super) fn looks_like_one(name: &str, value: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_lowercase())
        && !value.is_empty()
        && !value.starts_with([':', '/', '\\'])
}

/// The expression of a field.
///
/// # Errors
/// Why it is none, for a note.
pub(super) fn read(name: &str, raw: &str, now: Timestamp, terms: &mut usize) -> Result<Expr, String> {
    let value = raw.strip_prefix('"').and_then(|open| open.strip_suffix('"')).unwrap_or(raw);
    let condition = match name {
        "title" => return text(name, raw, Field::Title, terms),
        "reason" => return text(name, raw, Field::Reason, terms),
        "error" => return text(name, raw, Field::Error, terms),
        "command" => return text(name, raw, Field::Command, terms),
        "file" => Condition::File(FilePattern::new(value)),
        "owner" => Condition::Owner(value.to_owned()),
        "tag" => Condition::Tag(value.to_owned()),
        "service" => Condition::Service(value.to_owned()),
        "env" => Condition::Environment(value.to_owned()),
        "kind" => {
            let kind = value.parse::<Kind>().or_else(|error| Kind::from_commit_type(value).ok_or(error));
            Condition::Kind(kind.map_err(|rule| format!("`kind:{value}` {rule}"))?)
        }
        "is" if value == "verified" => Condition::Verified,
        "is" if value == "failing" => Condition::Failing,
        "is" if value == "stale" => Condition::Stale(stale_before(now)),
        "status" | "is" => {
            let also = if name == "is" { ", or verified, failing or stale" } else { "" };
            let status = value.parse::<Status>().map_err(|rule| format!("`{name}:{value}` {rule}{also}"))?;
            Condition::Status(status)
        }
        "id" => Condition::Id(ChangeId::fold_prefix(value).map_err(|error| error.to_string())?),
        "commit" => Condition::Commit(hash(value)?),
        "metric" => Condition::Metric(metric(raw)?),
        "has" => Condition::Has(value.parse().map_err(|rule| format!("`has:{value}` {rule}"))?),
        "since" => Condition::Since(parse_date(value, now)?),
        "until" => Condition::Until(parse_end(value, now)?),
        _ => return Err(format!("`{name}:` is not a field")),
    };
    *terms += 1;
    Ok(Expr::Is(condition))
}

/// Evidence from before this is stale: 30 days ago.
pub fn stale_before(now: Timestamp) -> Timestamp {
    now.days_before(STALE_DAYS)
}

fn text(name: &str, raw: &str, field: Field, terms: &mut usize) -> Result<Expr, String> {
    let quoted = raw.strip_prefix('"').and_then(|open| open.strip_suffix('"'));
    let found = match quoted {
        Some(phrase) => words(phrase, Some(field), false, terms),
        None => {
            let stem = raw.trim_end_matches('*');
            words(stem, Some(field), stem.len() < raw.len(), terms)
        }
    };
    found.ok_or_else(|| format!("`{name}:{raw}` has no word in it"))
}

fn hash(value: &str) -> Result<String, String> {
    let hash = value.to_ascii_lowercase();
    let is_hash = (4..=64).contains(&hash.len()) && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hash { Ok(hash) } else { Err(format!("`commit:{value}` is not a hash of at least 4 digits")) }
}

/// `p95`, `"p95 latency"<200`, `p95<=1.5s`, `p95<-20%`, `p95:regressed`.
fn metric(raw: &str) -> Result<MetricCondition, String> {
    let (name, rest) = match raw.strip_prefix('"').and_then(|open| open.split_once('"')) {
        Some(parts) => parts,
        None => raw.split_at(raw.find(['<', '>', '=', '!', ':']).unwrap_or(raw.len())),
    };
    let name: Vec<String> = analyze(name).into_iter().map(|token| token.stem).collect();
    if name.is_empty() {
        return Err(format!("`metric:{raw}` names no metric"));
    }
    Ok(MetricCondition { name, test: metric_test(rest).map_err(|why| format!("`metric:{raw}` {why}"))? })
}

fn metric_test(rest: &str) -> Result<MetricTest, String> {
    if rest.is_empty() {
        return Ok(MetricTest::Any);
    }
    if let Some(verdict) = rest.strip_prefix(':') {
        return Ok(MetricTest::Verdict(verdict.parse::<Verdict>()?));
    }
    let operators = [
        ("<=", CompareOp::AtMost),
        (">=", CompareOp::AtLeast),
        ("==", CompareOp::Equal),
        ("!=", CompareOp::NotEqual),
        ("<", CompareOp::Less),
        (">", CompareOp::More),
        ("=", CompareOp::Equal),
    ];
    let found = operators.iter().find_map(|(sign, op)| Some((*op, rest.strip_prefix(sign)?)));
    let (op, number) = found.ok_or("has no comparison behind its name")?;
    let (value, unit) = quantity(number.trim())?.ok_or("has no number")?;
    let comparison = Comparison { op, value };
    // `<-20%` is the relative change; `<5%` is a value in percent.
    let signed = number.trim().starts_with(['-', '+']);
    Ok(match unit.as_deref() {
        Some("%") if signed => MetricTest::Percent(comparison),
        _ => MetricTest::After(comparison, unit),
    })
}
