//! What people type to find changes, and what it means.
//!
//! Text and flags become one [`Expr`]; an engine of `store` compiles it to its own language, and [`matches()`] answers the
//! same question in memory, as the oracle of the tests. One analyzer ([`analyze`]) reads records and queries alike, so
//! every engine matches the same records. What a pasted error says, and which errors a record tells of, is read here too
//! ([`read_error`], [`fingerprints`]). Weights, synonyms and bounds are data (`data/query.toml`). Changing a rule here changes
//! which ids come back, nothing else. Imports `model` and `markup` only.

mod analyze;
mod date;
mod error;
mod explain;
mod expr;
mod fields;
mod file;
mod index;
mod near;
mod oracle;
mod parse;
mod rules;
#[cfg(test)]
pub(crate) mod sample;
mod score;
mod short;
mod spans;
mod weights;

pub use analyze::{ANALYZER_VERSION, Token, TokenRef, analyze, each_token};
pub use date::{parse_date, parse_end};
#[doc(hidden)]
pub use error::template as error_template;
pub use error::{
    ErrorReader, ErrorText, Feature, FeatureKind, Headline, fingerprints, prepare_errors, read_error, read_error_bytes,
};
pub use expr::{Comparison, Condition, Expr, MetricCondition, MetricTest, Part};
pub use fields::{FIELDS, stale_before};
pub use file::FilePattern;
pub use index::{MOST_POSITIONS, Term, index_terms, is_cut};
pub use near::{Near, can_be_misspelt};
pub use oracle::matches;
pub use parse::{Grammar, Query, QueryError, plain};
pub use rules::{ErrorWeights, Ranking, error_weights, ranking, rules_text, synonym_stems, weight};
pub use score::{Frequencies, Scorer, rarity};
pub(crate) use short::Short;
pub use spans::{Snippet, snippet, spans};
pub use weights::{Field, FieldTexts, field_texts, runbook_texts};
