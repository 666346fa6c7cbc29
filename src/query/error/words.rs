//! The lists of `data/errors.toml`, and the one scan that tells lines worth reading from the rest.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use serde::Deserialize;

/// How bad a line says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Low,
    Warning,
    Error,
    Fatal,
}

/// The data.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    pub(super) class_endings: Vec<String>,
    pub(super) generic_classes: Vec<String>,
    pub(super) lower_case_classes: Vec<String>,
    pub(super) wrappers: Vec<String>,
    nested: Vec<String>,
    context: Vec<String>,
    pub(super) openers: Vec<String>,
    markers: Vec<String>,
    noise: Vec<String>,
    pub(super) code_words: Vec<String>,
    pub(super) code_prefixes: Vec<String>,
    pub(super) http_reasons: Vec<String>,
    units: Vec<String>,
    pub(super) varying_after: Vec<String>,
    library_frames: Vec<String>,
    weak_words: Vec<String>,
    levels: Levels,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Levels {
    fatal: Vec<String>,
    error: Vec<String>,
    warning: Vec<String>,
    low: Vec<String>,
}

/// The lists.
pub(super) static WORDS: LazyLock<Words> = LazyLock::new(|| {
    // The file is compiled in and read by a test: it cannot be wrong in a binary that was released.
    toml::from_str(include_str!("../../../data/errors.toml")).expect("data/errors.toml is valid")
});

impl Words {
    /// The level of that name, in any case.
    pub(super) fn level(&self, word: &str) -> Option<Level> {
        let Levels { fatal, error, warning, low } = &self.levels;
        // The longest name of a level has nine letters.
        if !(3..=9).contains(&word.len()) {
            return None;
        }
        let named = |names: &[String]| names.iter().any(|name| name.eq_ignore_ascii_case(word));
        match () {
            () if named(error) => Some(Level::Error),
            () if named(low) => Some(Level::Low),
            () if named(warning) => Some(Level::Warning),
            () if named(fatal) => Some(Level::Fatal),
            () => None,
        }
    }

    /// Whether a word is a unit, in any case.
    pub(super) fn is_unit(&self, word: &str) -> bool {
        self.units.iter().any(|unit| unit.eq_ignore_ascii_case(word))
    }

    /// Whether a word tells nothing alone.
    pub(super) fn is_weak(&self, word: &str) -> bool {
        word.len() < 4 || self.weak_words.iter().any(|weak| weak.eq_ignore_ascii_case(word))
    }

    /// Whether a path or the name of a function is not the team's own.
    pub(super) fn is_library(&self, place: &str) -> bool {
        self.library_frames.iter().any(|library| match library.strip_suffix(['.', ':']) {
            // Names of packages begin a function; parts of paths stand anywhere.
            Some(_) => place.starts_with(library.as_str()),
            None => place.contains(library.as_str()),
        })
    }
}

/// What stands in a line, found in one pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Signs {
    /// Something that an error may be recognised by.
    pub(super) any: bool,
    /// One of the phrases that make a line an error.
    pub(super) marker: bool,
    /// One of the phrases that make a line no error.
    pub(super) noise: bool,
    /// Something that a stack frame has.
    pub(super) frame: bool,
}

/// The patterns by their first two letters, and how many of which kind they are, in their order.
///
/// No automaton: making one takes longer than recording a change may, and for a few hundred short words it reads a log no
/// quicker than looking at three letters does.
struct Patterns {
    /// For every [`pair`] of letters the third ones, a bit for each: most places of a text end here.
    thirds: [u32; PAIRS],
    /// The patterns that begin with a pair, and their numbers.
    by_pair: [Vec<(usize, Box<[u8]>)>; PAIRS],
    markers: usize,
    noise: usize,
    /// Where those of frames begin.
    frames: usize,
}

/// Pairs of [`letter`]s.
const PAIRS: usize = 1 << 10;

/// A letter without its case, one of 32. Other characters share these.
fn letter(byte: u8) -> usize {
    usize::from(byte & 31)
}

fn pair(first: u8, second: u8) -> usize {
    letter(first) << 5 | letter(second)
}

/// Further beginnings of what [`super::headline`] and [`super::prefix`] read.
const TRIGGERS: [&str; 12] = [
    "http/",
    "curl: (",
    "panicked at",
    "errno",
    "sqlstate",
    "npm err",
    "code: ",
    "exit code",
    "undefined",
    "caused by",
    "cause]",
    "fail",
];

/// What [`super::frame`] reads has one of these.
const FRAMES: [&str; 6] = ["file \"", "at ", "--> ", ".go:", "::", "(0x"];

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let Words { markers, noise, class_endings, openers, http_reasons, levels, .. } = &*WORDS;
    let words = class_endings
        .iter()
        .chain(openers)
        .chain(http_reasons)
        .chain(&levels.fatal)
        .chain(&levels.error)
        .chain(&levels.warning);
    let all = markers.iter().chain(noise).chain(words).map(String::as_str).chain(TRIGGERS).chain(FRAMES);
    let mut thirds = [0; PAIRS];
    let mut by_pair = [const { Vec::new() }; PAIRS];
    let mut count = 0;
    for pattern in all.map(str::as_bytes) {
        let pair = pair(pattern[0], pattern[1]);
        thirds[pair] |= pattern.get(2).map_or(u32::MAX, |third| 1 << letter(*third));
        by_pair[pair].push((count, pattern.into()));
        count += 1;
    }
    Patterns { thirds, by_pair, markers: markers.len(), noise: noise.len(), frames: count - FRAMES.len() }
});

/// Makes what the first line needs.
pub(super) fn prepare() {
    LazyLock::force(&PATTERNS);
    LazyLock::force(&ENDS);
}

/// What a message ends before.
static ENDS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let first =
        AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(WORDS.context.iter().chain(&WORDS.nested));
    first.expect("the lists of data/errors.toml are short")
});

/// Where the message at the start of a text ends: at what was logged with it, or what caused it.
pub(super) fn message_end(text: &str) -> usize {
    ENDS.find(text).map_or(text.len(), |end| end.start())
}

/// Looks for the signs of an error in a line, in any case.
pub(super) fn signs(line: &str) -> Signs {
    let Patterns { thirds, by_pair, markers, noise, frames } = &*PATTERNS;
    let mut rest = line.as_bytes();
    let mut signs = Signs::default();
    while let [first, second, behind @ ..] = rest {
        let pair = pair(*first, *second);
        let third = behind.first().map_or(0, |third| letter(*third));
        let patterns = if thirds[pair] >> third & 1 == 1 { by_pair[pair].as_slice() } else { &[] };
        for (pattern, bytes) in patterns {
            if rest.get(..bytes.len()).is_some_and(|text| text.eq_ignore_ascii_case(bytes)) {
                signs.any |= pattern < frames;
                signs.frame |= pattern >= frames;
                signs.marker |= pattern < markers;
                signs.noise |= (*markers..markers + noise).contains(pattern);
            }
        }
        rest = &rest[1..];
    }
    signs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_data() {
        let words = &*WORDS;
        for list in [&words.markers, &words.noise, &words.varying_after] {
            assert!(!list.is_empty());
            for phrase in list {
                assert_eq!(*phrase, phrase.to_lowercase(), "compared without case, so written in lower case");
            }
        }
        assert!(words.weak_words.is_sorted(), "easy to look through");
        for prefix in &words.code_prefixes {
            assert!(!prefix.ends_with(|c: char| c.is_ascii_digit()), "{prefix}: its digits are those of the code");
        }
        for ending in &words.class_endings {
            assert!(ending.starts_with(|c: char| c.is_ascii_uppercase()), "{ending}");
        }
        for generic in &words.generic_classes {
            assert!(words.class_endings.contains(generic) || words.lower_case_classes.contains(generic));
        }
        assert_eq!(words.level("ERROR"), Some(Level::Error));
        assert_eq!(words.level("crit"), Some(Level::Fatal));
        assert_eq!(words.level("orders"), None);
    }

    #[test]
    fn signs_are_seen_in_any_case() {
        assert!(signs("a ReadTimeout").any && !signs("a ReadTimeout").marker);
        assert!(signs("BASH: foo: Command Not Found").marker);
        assert!(signs("Traceback (most recent call last):").noise);
        assert_eq!(signs("GET /orders 200 in 12 ms"), Signs::default());
    }

    #[test]
    fn library_frames() {
        for place in [
            "/app/.venv/lib/python3.12/site-packages/x.py",
            "java.util.HashMap.get",
            "std::rt::begin",
            "node:internal/x",
        ] {
            assert!(WORDS.is_library(place), "{place}");
        }
        for place in ["/app/java.py", "com.acme.java.Orders.get", "orders::std::x", "src/main.rs"] {
            assert!(!WORDS.is_library(place), "{place}");
        }
    }
}
