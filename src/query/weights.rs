//! Which texts of a change are searched, and how much each counts.

use crate::model::Change;

/// A searched field of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The title.
    Title,
    /// The reason and other prose.
    Reason,
    /// Symptom, baseline: what went wrong.
    Error,
    /// Commands, rollback command, baseline command, checks.
    Command,
    /// Paths.
    File,
    /// Owner, service, tags and the like.
    Context,
}

impl Field {
    /// Every field, in the order of the index.
    pub const ALL: [Self; 6] = [Self::Title, Self::Reason, Self::Error, Self::Command, Self::File, Self::Context];
}

/// The searched texts of a change by field, in the order of [`Field::ALL`]; a phrase does not run from one text into the
/// next.
pub type FieldTexts<'a> = [Vec<&'a str>; 6];

/// The searched texts of a change.
pub fn field_texts(_change: &Change) -> FieldTexts<'_> {
    Default::default()
}

/// How much a match in the field counts (`data/query.toml`).
pub fn weight(_field: Field) -> f64 {
    1.0
}
