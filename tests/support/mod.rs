//! What several test files share.
#![allow(dead_code, reason = "every test file uses another part")]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

pub(crate) mod arbitrary;
pub(crate) mod project;

/// The expression of a query, read at the time of the harness.
pub(crate) fn query(text: &str) -> shipnote::query::Expr {
    shipnote::query::Grammar::at(project::NOW.parse().unwrap()).read(text).unwrap().expr
}
