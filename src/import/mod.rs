//! Drafts out of other tools' files, one file per source. A source yields; it never writes. Imports `model`, `markup`,
//! `form`, `repo` and `sys`.

pub mod changelog;
pub mod csv;
pub mod json;
mod map;
pub mod markdown;

pub use map::FieldMap;
