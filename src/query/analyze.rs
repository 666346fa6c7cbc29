//! The analyzer: text to tokens (stub until the query room is written).

/// The version of the analyzer; a change of it re-indexes.
pub const ANALYZER_VERSION: u32 = 1;

/// One word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The word, folded.
    pub surface: String,
    /// Its English stem.
    pub stem: String,
    /// Where it stands in the text, in bytes.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// The tokens of a text, in order.
pub fn analyze(_text: &str) -> Vec<Token> {
    Vec::new()
}
