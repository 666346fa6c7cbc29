//! The lists of `data/errors.toml`, and the one scan that tells lines worth reading from the rest.

use std::sync::LazyLock;

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

/// The patterns in lower case by their first byte, and how many of which kind they are, in their order.
///
/// No automaton: making one takes longer than recording a change may, and for a few hundred short words it reads a log no
/// quicker than looking at the second byte does.
struct Patterns {
    by_first: [Vec<(usize, Box<[u8]>)>; 256],
    markers: usize,
    noise: usize,
    /// Where those of frames begin.
    frames: usize,
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
    let mut by_first = [const { Vec::new() }; 256];
    let mut count = 0;
    for pattern in all.map(str::to_ascii_lowercase) {
        by_first[usize::from(pattern.as_bytes()[0])].push((count, pattern.into_bytes().into_boxed_slice()));
        count += 1;
    }
    Patterns { by_first, markers: markers.len(), noise: noise.len(), frames: count - FRAMES.len() }
});

/// Makes what the first line needs.
pub(super) fn prepare() {
    LazyLock::force(&PATTERNS);
}

/// Where the message at the start of a text ends: at what was logged with it, or what caused it.
pub(super) fn message_end(text: &str) -> usize {
    let ends = WORDS.context.iter().chain(&WORDS.nested);
    ends.filter_map(|end| text.find(end.as_str())).min().unwrap_or(text.len())
}

/// Looks for the signs of an error in a line, in any case.
pub(super) fn signs(line: &str) -> Signs {
    let Patterns { by_first, markers, noise, frames } = &*PATTERNS;
    let line = line.to_ascii_lowercase();
    let mut rest = line.as_bytes();
    let mut signs = Signs::default();
    while let Some(first) = rest.first() {
        for (pattern, bytes) in &by_first[usize::from(*first)] {
            if rest.get(1) == bytes.get(1) && rest.starts_with(bytes) {
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
