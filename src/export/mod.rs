//! Changes written for other tools, one file a format: JSON Lines, CSV, the sections of a CHANGELOG.md, and the Markdown
//! form in a folder. Returns text, writes nothing. Imports `model`, `markup` and `form`.

pub mod changelog;
pub mod csv;
pub mod json;
pub mod markdown;
