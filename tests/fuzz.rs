//! The entries of `tests/fuzz/entry.rs` on a stable compiler: what a fuzzer found once, every seed, and text made of both.
//!
//! The gate runs a thousand texts each; `SHIPNOTE_TEST_FULL=1` runs many more. `tests/fuzz/README.md` says how libFuzzer
//! runs the same entries for as long as one likes.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and reads its seeds")]
#![allow(clippy::disallowed_macros, reason = "where a test fails, what it printed last says for which text")]

#[path = "fuzz/entry.rs"]
mod entry;
#[path = "fuzz/html.rs"]
mod html;
#[path = "fuzz/seeds.rs"]
mod seeds;

use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::TestRunner;

/// Texts of each entry in the gate, and in a full run.
const TEXTS: [u32; 2] = [1000, 100_000];

fn entry(name: &str) -> entry::Entry {
    entry::ENTRIES.into_iter().find(|(known, _)| *known == name).unwrap().1
}

/// What the entry once failed for, each in a file of its own.
fn regressions(name: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/regressions").join(name);
    let Ok(files) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<_> = files
        .map(|file| file.unwrap().path())
        .map(|path| (path.display().to_string(), std::fs::read(path).unwrap()))
        .collect();
    found.sort();
    found
}

/// One change of a text: a part that is left out, said twice, replaced by a word of the grammar or by anything.
#[derive(Debug, Clone)]
enum Change {
    LeaveOut(Index, Index),
    Repeat(Index, Index, usize),
    Put(Index, Vec<u8>),
    Overwrite(Index, u8),
}

fn arb_change(words: &'static [&'static str]) -> impl Strategy<Value = Change> {
    let place = any::<Index>;
    prop_oneof![
        (place(), place()).prop_map(|(from, to)| Change::LeaveOut(from, to)),
        (place(), place(), 1..40_usize).prop_map(|(from, to, times)| Change::Repeat(from, to, times)),
        (place(), select(words)).prop_map(|(at, word)| Change::Put(at, word.as_bytes().to_vec())),
        (place(), "\\PC{1,6}").prop_map(|(at, text)| Change::Put(at, text.into_bytes())),
        (place(), any::<u8>()).prop_map(|(at, byte)| Change::Overwrite(at, byte)),
    ]
}

impl Change {
    fn apply(&self, text: &mut Vec<u8>) {
        let part = |text: &[u8], from: &Index, to: &Index| {
            let [from, to] = [from, to].map(|place| place.index(text.len() + 1));
            from.min(to)..from.max(to).min(from.min(to) + 200)
        };
        match self {
            Self::LeaveOut(from, to) => drop(text.drain(part(text, from, to))),
            Self::Repeat(from, to, times) => {
                let part = part(text, from, to);
                let again = text[part.clone()].repeat(*times);
                text.splice(part.end..part.end, again);
            }
            Self::Put(at, word) => {
                let at = at.index(text.len() + 1);
                text.splice(at..at, word.iter().copied());
            }
            Self::Overwrite(at, byte) if !text.is_empty() => {
                let at = at.index(text.len());
                text[at] = *byte;
            }
            Self::Overwrite(..) => {}
        }
    }
}

/// Anything, words of the grammar one after another, and seeds with a few changes.
fn arb_bytes(name: &str) -> impl Strategy<Value = Vec<u8>> + use<> {
    let words = seeds::words(name);
    let grammar =
        vec(prop_oneof![4 => select(words).prop_map(str::to_owned), 1 => "[ -~]{0,8}", 1 => "\\PC{0,4}"], 0..24);
    let mut known: Vec<Vec<u8>> = seeds::seeds(name).into_iter().map(|(_, seed)| seed).collect();
    known.extend(regressions(name).into_iter().map(|(_, seed)| seed));
    let changed = (select(known), vec(arb_change(words), 0..6), any::<Index>());
    let changed = changed.prop_map(|(mut seed, changes, at)| {
        // A part of a long one: what is short is read in no time.
        let start = at.index(seed.len() + 1).min(seed.len().saturating_sub(2000));
        seed = seed.split_off(start);
        seed.truncate(2000);
        changes.iter().for_each(|change| change.apply(&mut seed));
        seed
    });
    prop_oneof![
        1 => vec(any::<u8>(), 0..200),
        3 => grammar.prop_map(|words| words.concat().into_bytes()),
        4 => changed,
    ]
}

/// Bytes of a word that stands many times: what reads it again for each would be noticed.
const MANY: [usize; 2] = [16 << 10, 512 << 10];

/// Runs an entry over each word of its grammar, and each two, many times.
fn hold_many(name: &str) {
    let (entry, words) = (entry(name), seeds::words(name));
    let bytes = MANY[usize::from(full())];
    for (n, word) in words.iter().enumerate() {
        let next = words[(n + 1) % words.len()];
        for text in [(*word).to_owned(), format!("{word}{next}"), format!("{word}x\n")] {
            println!("{text:?}, many times");
            entry(text.repeat(bytes / text.len()).as_bytes());
        }
    }
}

fn full() -> bool {
    std::env::var_os("SHIPNOTE_TEST_FULL").is_some()
}

/// Runs an entry over its regressions, its seeds as they are, and texts made of them.
fn hold(name: &str) {
    let entry = entry(name);
    for (file, bytes) in regressions(name).into_iter().chain(seeds::seeds(name)) {
        println!("{file}");
        entry(&bytes);
    }
    hold_many(name);
    let config =
        ProptestConfig { cases: TEXTS[usize::from(full())], failure_persistence: None, ..ProptestConfig::default() };
    let strategy = arb_bytes(name);
    let held = TestRunner::new(config).run(&strategy, |bytes| {
        entry(&bytes);
        Ok(())
    });
    held.unwrap_or_else(|error| match error {
        proptest::test_runner::TestError::Fail(why, bytes) => {
            panic!("{why}\nof {:?}\n{bytes:?}", String::from_utf8_lossy(&bytes))
        }
        error => panic!("{error}"),
    });
}

macro_rules! holds {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            hold(stringify!($name));
        })*

        #[test]
        fn every_entry_is_run_here_and_has_a_target_and_a_seed() {
            let here: Vec<&str> = vec![$(stringify!($name)),*];
            let known: Vec<&str> = entry::ENTRIES.iter().map(|(name, _)| *name).collect();
            assert_eq!(here, known);
            let manifest = include_str!("fuzz/Cargo.toml");
            for name in known {
                assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name} has no target");
                assert!(!seeds::seeds(name).is_empty() && !seeds::words(name).is_empty(), "{name}");
            }
        }
    };
}

holds!(query json form line runbook checklist front_matter git_log changelog redact markup error);
