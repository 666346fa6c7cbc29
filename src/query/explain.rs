//! An expression as a person would say it.

use super::{Condition, Expr, Field, MetricTest};
use crate::model::format_number;

impl Expr {
    /// How the query was understood, a line a part, parts of parts indented by two.
    pub fn explain(&self) -> String {
        let mut text = String::new();
        push(self, 0, &mut text);
        text.truncate(text.trim_end().len());
        text
    }
}

fn push(expr: &Expr, indent: usize, text: &mut String) {
    let mut line = |words: &str| *text += &format!("{:indent$}{words}\n", "");
    let parts = match expr {
        Expr::Everything => return line("every change"),
        Expr::Nothing => return line("nothing: there is no word in it"),
        Expr::Phrase { field, stems } if stems.len() == 1 => {
            return line(&format!("the word {}{}", stems[0], within(*field)));
        }
        Expr::Phrase { field, stems } => {
            return line(&format!("the words {} next to each other{}", stems.join(" "), within(*field)));
        }
        Expr::Prefix { field, stems, prefix } if stems.is_empty() => {
            return line(&format!("a word that begins with {prefix}{}", within(*field)));
        }
        Expr::Prefix { field, stems, prefix } => {
            let words = format!("the words {} and one that begins with {prefix}, in one field", stems.join(" "));
            return line(&format!("{words}{}", within(*field)));
        }
        Expr::Is(condition) => return line(&said(condition)),
        Expr::Not(part) => {
            line("not");
            std::slice::from_ref(part.as_ref())
        }
        Expr::All(parts) => {
            line("all of");
            parts
        }
        Expr::Any(parts) => {
            line("any of");
            parts
        }
    };
    for part in parts {
        push(part, indent + 2, text);
    }
}

fn within(field: Option<Field>) -> String {
    field.map(|field| format!(" in the field {}", field.as_str())).unwrap_or_default()
}

fn said(condition: &Condition) -> String {
    match condition {
        Condition::Owner(name) => format!("the owner is {name}"),
        Condition::Service(name) => format!("the service is {name}"),
        Condition::Environment(name) => format!("the environment is {name}"),
        Condition::Tag(name) => format!("a tag is {name}"),
        Condition::Kind(kind) => format!("the kind is {kind}"),
        Condition::Status(status) => format!("the status is {status}"),
        Condition::Id(prefix) => format!("the id begins with {prefix}"),
        Condition::Commit(prefix) => format!("a commit begins with {prefix}"),
        Condition::File(pattern) if pattern.is_glob() => format!("a file matches {}", pattern.as_str()),
        Condition::File(pattern) => format!("a file is {0}, ends with it or lies in it", pattern.as_str()),
        Condition::Has(part) => format!("it has a part {part}"),
        Condition::Verified => "all of its checks passed when they were last run".to_owned(),
        Condition::Failing => "one of its checks failed when it was last run".to_owned(),
        Condition::Stale(limit) => format!("it has checks, and not all were run since {limit}"),
        Condition::Since(at) => format!("at {at} or later"),
        Condition::Until(at) => format!("before {at}"),
        Condition::Metric(metric) => {
            let name = format!("a metric {}", metric.name.join(" "));
            match &metric.test {
                MetricTest::Any => name,
                MetricTest::Verdict(verdict) => format!("{name} {verdict}"),
                MetricTest::After(comparison, unit) => {
                    let unit = unit.as_ref().map(|unit| format!(" {unit}")).unwrap_or_default();
                    format!("{name} with a value after {} {}{unit}", comparison.op, format_number(comparison.value))
                }
                MetricTest::Percent(comparison) => {
                    format!("{name} that changed {} {} %", comparison.op, format_number(comparison.value))
                }
            }
        }
    }
}
