//! Drafts out of other tools' files, one file per source. A source yields; it never writes. Imports `model`, `markup`,
//! `form`, `repo` and `sys`.

pub mod changelog;
pub mod csv;
pub mod fragments;
pub mod json;
mod map;
pub mod markdown;

pub use map::FieldMap;

/// The first line of a text that is not blank, of at most `most` bytes; what is cut ends with an ellipsis.
fn first_line(text: &str, most: usize) -> String {
    let line = text.split(['\n', '\r']).map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    if line.len() <= most {
        return line.to_owned();
    }
    format!("{}…", &line[..line.floor_char_boundary(most - '…'.len_utf8())])
}
