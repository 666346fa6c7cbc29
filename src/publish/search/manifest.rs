//! The file that a page loads first: which segments there are, and what scores are made of.

use serde::{Deserialize, Serialize};

use super::entry::{LOWEST, MOST_CHARACTERS, STEP};
use super::{SEGMENT, documents, script};
use crate::query::{ANALYZER_VERSION, Field, ranking, synonym_stems, weight};

/// The version of the files; the script that reads them says which one it knows.
const FORMAT: u32 = 1;
const NAME: &str = "index";

/// A segment in a few numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Summary {
    /// Its number.
    pub(crate) segment: u64,
    /// Its documents.
    pub(crate) count: u64,
    /// The latest day of any of them, in days since 1970.
    pub(crate) latest: i32,
}

#[derive(Serialize, Deserialize)]
struct Manifest {
    format: u32,
    analyzer: u32,
    /// Documents of a segment, of a file of facets, of a file of cards.
    sizes: [u64; 3],
    characters: usize,
    /// The lowest level of match and the logarithm of the ratio of two neighbours.
    levels: [f64; 2],
    /// How much recent changes are preferred, and after how many days half of that is left.
    recent: [f64; 2],
    /// What the levels of match were made of, so that files of other weights are not added to: those of the fields, and the
    /// factor of what was replaced.
    weights: Vec<f64>,
    /// Stems of words that mean the same.
    synonyms: Vec<Vec<String>>,
    /// Number, documents, latest day; the newest first.
    segments: Vec<(u64, u64, i32)>,
}

/// The path and the content of the manifest of these segments.
pub(crate) fn manifest(segments: &[Summary]) -> (String, Vec<u8>) {
    let mut segments: Vec<_> = segments.iter().map(|one| (one.segment, one.count, one.latest)).collect();
    segments.sort_unstable_by(|one, other| other.cmp(one));
    let preferences = ranking();
    let manifest = Manifest {
        format: FORMAT,
        analyzer: ANALYZER_VERSION,
        sizes: [SEGMENT, documents::OF_FACETS.into(), documents::CARDS.into()],
        characters: MOST_CHARACTERS,
        levels: [LOWEST, STEP],
        recent: [preferences.recency, preferences.half_life_days],
        weights: Field::ALL.into_iter().map(weight).chain([preferences.replaced]).collect(),
        synonyms: synonym_stems().to_vec(),
        segments,
    };
    // Finite numbers alone: there is nothing that JSON could refuse.
    (script::path(NAME), script::wrap(NAME, &serde_json::to_string(&manifest).unwrap_or_default()))
}

/// The segments of a manifest that this version wrote, by number; `None` for any other, whose segments are to be built anew.
pub(crate) fn read_manifest(script: &[u8]) -> Option<Vec<Summary>> {
    let read: Manifest = serde_json::from_str(script::unwrap(NAME, script)?).ok()?;
    let segments = read.segments.iter().map(|&(segment, count, latest)| Summary { segment, count, latest });
    let mut segments: Vec<_> = segments.collect();
    segments.reverse();
    (manifest(&segments).1 == script).then_some(segments)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page refuses what it does not know: its script has to be told of a new version.
    #[test]
    fn the_script_knows_these_versions() {
        let script = include_str!("../../../templates/assets/search-index.js");
        for (name, version) in [("FORMAT", FORMAT), ("ANALYZER", ANALYZER_VERSION)] {
            assert!(script.contains(&format!("const {name} = {version};")), "{name} {version}");
        }
    }

    #[test]
    fn segments_come_back() {
        let segments: Vec<_> = (0..3).map(|segment| Summary { segment, count: 7, latest: 20_000 }).collect();
        let (path, script) = manifest(&segments);
        assert_eq!(path, "search/index.js");
        assert_eq!(read_manifest(&script), Some(segments));
        let other = String::from_utf8(script).unwrap().replace("\"format\":1", "\"format\":0");
        assert_eq!(read_manifest(other.as_bytes()), None);
        assert_eq!(read_manifest(b""), None);
    }
}
