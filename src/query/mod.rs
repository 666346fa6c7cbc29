//! What people type to find changes, and what it means.
//!
//! Text becomes an [`Expr`] and flags become a [`Filter`]; an engine of `store` compiles both to its own language, and
//! [`matches()`] answers the same question in memory, as the oracle of the tests. One analyzer ([`analyze`]) reads records
//! and queries alike, so every engine matches the same records. Weights are data (`data/query.toml`). What a pasted
//! error says, and which errors a record tells of, is read in one room too ([`read_error`], [`fingerprints`]). Changing a rule
//! here changes which ids come back, nothing else. Imports `model` and `markup` only.

mod analyze;
mod date;
mod error;
mod filter;
mod index;
mod oracle;
mod parse;
#[cfg(test)]
pub(crate) mod sample;
mod spans;
mod weights;

pub use analyze::{ANALYZER_VERSION, Token, TokenRef, analyze, each_token};
pub use date::{parse_date, parse_end};
pub use error::{ErrorReader, ErrorText, Feature, FeatureKind, Headline, fingerprints, read_error, read_error_bytes};
pub use filter::{Expr, FilePattern, Filter};
pub use index::{MOST_POSITIONS, Term, index_terms};
pub use oracle::matches;
pub use parse::{QueryError, parse};
pub use spans::{Snippet, snippet, spans};
pub use weights::{Field, FieldTexts, field_texts, weight};
