//! What a pasted error says: tracebacks, logs and messages of compilers, read so that the same error is recognised again.
//!
//! Two runs that fail in the same way print text that differs in times, addresses, ids, ports, paths and what other
//! requests log in between. A [`Headline`] is a line that states an error, with a template from which all that is gone and
//! a fingerprint of it; a [`Feature`] is a word of it that a record may hold though its text is not the same. Records go
//! through the same reader ([`fingerprints`]), so both sides agree. Which words mark an error is data (`data/errors.toml`).
//!
//! A line is cleaned (`clean`), may hold others (`structured`), loses its log prefix (`prefix`, `time`), is a stack frame
//! (`frame`) or states an error (`headline`, `class`), whose text becomes a template (`template`, `chunk`); `reader` keeps
//! them, `features` takes them apart, `record` reads Markdown. No regular expressions: every step is one scan of a line.

mod chunk;
mod class;
mod clean;
mod features;
mod frame;
mod headline;
mod prefix;
mod reader;
mod record;
mod structured;
mod template;
#[cfg(test)]
mod tests;
mod time;
mod words;

pub use reader::ErrorReader;
pub use record::fingerprints;
#[doc(hidden)]
pub use template::template;

/// What an error text says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ErrorText {
    /// The lines that state an error, each template once; the most telling first.
    pub headlines: Vec<Headline>,
    /// Words and short phrases to search for; the most telling first.
    pub features: Vec<Feature>,
}

/// A line that states an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headline {
    /// As it was pasted, without what a log put in front.
    pub text: String,
    /// With placeholders such as `<n>` and `<path>` for what varies, and without quotes.
    pub template: String,
    /// 16 hexadecimal digits that stand for the template.
    pub fingerprint: String,
}

/// A word or short phrase of an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feature {
    /// What it is.
    pub kind: FeatureKind,
    /// Plain words, for the analyzer.
    pub text: String,
}

/// What a [`Feature`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FeatureKind {
    /// The name of an exception, without its module.
    Class,
    /// A code that stands for one error: `E0382`, `ECONNRESET`, `exit code 137`.
    Code,
    /// Words of the message that are always the same.
    Message,
    /// A function on the stack.
    Function,
    /// The base name of a file on the stack.
    File,
}

/// Reads the lists that reading an error needs, which it would otherwise do at the first line.
pub fn prepare_errors() {
    words::prepare();
}

/// Reads error text.
///
/// ```
/// use shipnote::query::read_error;
///
/// let log = read_error("14:05:03 ERROR orders: KeyError: 'next_page'\n");
/// let plain = read_error("KeyError: 'next_page'");
/// assert_eq!(log.headlines[0].template, "KeyError: next_page");
/// assert_eq!(log.headlines[0].fingerprint, plain.headlines[0].fingerprint);
/// ```
pub fn read_error(text: &str) -> ErrorText {
    read_error_bytes(text.as_bytes())
}

/// Reads error text of any encoding: what is no UTF-8 is replaced.
pub fn read_error_bytes(bytes: &[u8]) -> ErrorText {
    let mut reader = ErrorReader::default();
    bytes.split(|byte| *byte == b'\n').for_each(|line| reader.line(line));
    reader.finish()
}
