//! Search in the published pages: an index that a script in the page reads piece by piece.
//!
//! Every change has a number that grows with recording. Numbers are cut into *segments*; the files of one are a function of
//! its changes alone, so a new change touches a few files of the last. A segment has the *terms* of its changes in files of
//! bounded size (`shard`), what a result shows in small *cards*, and the *facets* to narrow results down by
//! (`documents`). Every file is a script that calls one function (`script`): that works from a folder and under a strict
//! policy. Nothing in a file depends on other documents: a level of match says how well a document matches a term by
//! itself, and the page adds how rare the term is. Terms are stems; a surface form that is not its own stem is listed
//! without documents, for prefixes, since whoever reads it can make the stem. Two words that stand together without white
//! space are a term too: an identifier or a path is looked for by its pairs, as the command line looks for a phrase.
//!
//! The reader is `templates/assets/search-files.js` and `search-index.js`, the twin of the analyzer `search-analyzer.js`.

mod contents;
mod documents;
mod entry;
mod grow;
mod manifest;
mod postings;
mod script;
mod segment;
mod shard;

pub(crate) use entry::Entry;
pub(crate) use grow::add;
pub(crate) use manifest::{Summary, manifest, read_manifest};
pub(crate) use segment::build;

/// Documents of a segment.
pub(crate) const SEGMENT: u64 = 16_384;

/// The segment of a document.
pub(crate) fn segment_of(number: u64) -> u64 {
    number / SEGMENT
}

/// The number of a document within its segment.
fn local(number: u64) -> u32 {
    // Below `SEGMENT`.
    (number % SEGMENT) as u32
}
