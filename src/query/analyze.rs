//! The analyzer: text to tokens, the same for records and queries.
//!
//! A token is a run of letters and digits, folded (compatibility decomposition, no diacritics, lower case). Identifiers
//! and paths come apart: punctuation separates, and so does the border of a camelCase part. Digits stay with the letters
//! before them (`p95`, `utf8`). Han, Hiragana and Katakana give one token a character. The rules are few because a
//! JavaScript twin follows them too; both read `tests/fixtures/analyzer.json`.

use std::cell::Cell;

use hashbrown::HashMap;
use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::short::Short;

/// The version of the analyzer and of what is indexed; a change of it re-indexes.
pub const ANALYZER_VERSION: u32 = 2;

/// Bytes of a folded word that are kept. Longer ones are encoded data; engines have limits of their own above this one.
const LONGEST: usize = 255;
/// Longer words are no English.
const LONGEST_STEMMED: usize = 40;
/// Words whose stem is remembered by a thread.
const REMEMBERED: usize = 1 << 16;

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

/// A [`Token`] that is lent, for indexing without allocating.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenRef<'a> {
    /// See [`Token::surface`].
    pub surface: &'a str,
    /// See [`Token::stem`].
    pub stem: &'a str,
    /// See [`Token::start`].
    pub start: usize,
    /// See [`Token::end`].
    pub end: usize,
}

impl From<TokenRef<'_>> for Token {
    fn from(token: TokenRef<'_>) -> Self {
        let TokenRef { surface, stem, start, end } = token;
        Self { surface: surface.to_owned(), stem: stem.to_owned(), start, end }
    }
}

/// What a scan found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// A word, or a part of an identifier.
    Part,
    /// A word that is written in camelCase, as one: who types `fastapi` means `FastAPI`. It follows its parts.
    Whole,
}

/// The tokens of a text, in order.
///
/// ```
/// let words = |text| shipnote::query::analyze(text).into_iter().map(|token| token.stem).collect::<Vec<_>>();
/// assert_eq!(words("ConnectionResetError in src/orders_api.py"), ["connect", "reset", "error", "in", "src", "order", "api", "py"]);
/// ```
pub fn analyze(text: &str) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(text.len() / 6);
    each_token(text, &mut |token| tokens.push(token.into()));
    tokens
}

/// Calls `each` with every token of a text, in order.
pub fn each_token(text: &str, each: &mut impl FnMut(TokenRef<'_>)) {
    scan(text, &mut |found, token| {
        if found == Found::Part {
            each(token);
        }
    });
}

/// Calls `each` with every token of a text, and behind the parts of a word in camelCase with the whole of it.
pub(super) fn scan(text: &str, each: &mut impl FnMut(Found, TokenRef<'_>)) {
    let mut scanner = Scanner { text, stems: STEMS.take().unwrap_or_default(), folded: String::new() };
    let mut at = 0;
    while let Some(run) = next_run(text, at) {
        at = run.end;
        if run.ascii { scanner.ascii_run(run, each) } else { scanner.any_run(run, each) }
    }
    STEMS.set(Some(scanner.stems));
}

/// A run of letters, digits and the marks on them.
#[derive(Clone, Copy)]
struct Run {
    start: usize,
    end: usize,
    ascii: bool,
}

fn next_run(text: &str, from: usize) -> Option<Run> {
    let bytes = text.as_bytes();
    let mut start = from;
    loop {
        let byte = *bytes.get(start)?;
        if byte.is_ascii_alphanumeric() {
            break;
        }
        if byte.is_ascii() {
            start += 1;
        } else {
            let c = text[start..].chars().next()?;
            if is_word(c) && !is_combining_mark(c) {
                break;
            }
            start += c.len_utf8();
        }
    }
    let mut run = Run { start, end: start, ascii: true };
    while let Some(byte) = bytes.get(run.end) {
        if byte.is_ascii_alphanumeric() {
            run.end += 1;
        } else if byte.is_ascii() {
            break;
        } else {
            match text[run.end..].chars().next() {
                Some(c) if is_word(c) || is_combining_mark(c) => run.end += c.len_utf8(),
                _ => break,
            }
            run.ascii = false;
        }
    }
    Some(run)
}

/// Letters and digits; the emoji blocks have some that are pictures of letters.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() && !matches!(c, '\u{1F000}'..='\u{1FAFF}')
}

/// Whether a character is a token of its own: Han, Hiragana, Katakana (blocks of the Unicode standard, with the iteration
/// and length marks).
fn is_cjk(c: char) -> bool {
    matches!(c, '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3029}' | '\u{3031}'..='\u{3035}' | '\u{3038}'..='\u{303B}'
        | '\u{3041}'..='\u{3096}' | '\u{309D}'..='\u{309F}' | '\u{30A1}'..='\u{30FA}' | '\u{30FC}'..='\u{30FF}'
        | '\u{31F0}'..='\u{31FF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}'
        | '\u{FF66}'..='\u{FF9F}' | '\u{1B000}'..='\u{1B16F}' | '\u{20000}'..='\u{323AF}')
}

/// What the borders of camelCase depend on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    Upper,
    Lower,
    /// The letter that makes a plural of an acronym.
    LowerS,
    Digit,
    /// A letter without case.
    Other,
}

impl Case {
    fn of(c: char) -> Self {
        match c {
            's' => Self::LowerS,
            _ if c.is_lowercase() => Self::Lower,
            _ if c.is_uppercase() => Self::Upper,
            _ if c.is_numeric() => Self::Digit,
            _ => Self::Other,
        }
    }

    fn is_lower(self) -> bool {
        matches!(self, Self::Lower | Self::LowerS)
    }
}

/// Whether a part begins at `now`: `resetError`, `HTTPServer`, `utf8Decoder`; but `APIs` and `URLs` are plurals.
fn is_border(before: Case, now: Case, next: Option<Case>, after_next: Option<Case>) -> bool {
    if now != Case::Upper {
        return false;
    }
    if before.is_lower() {
        return true;
    }
    let plural = next == Some(Case::LowerS) && !after_next.is_some_and(Case::is_lower);
    matches!(before, Case::Upper | Case::Digit) && next.is_some_and(Case::is_lower) && !plural
}

struct Scanner<'t> {
    text: &'t str,
    stems: Box<Stems>,
    folded: String,
}

impl Scanner<'_> {
    fn ascii_run(&mut self, run: Run, each: &mut impl FnMut(Found, TokenRef<'_>)) {
        let bytes = &self.text.as_bytes()[run.start..run.end];
        let mut part = 0;
        if bytes.iter().any(u8::is_ascii_uppercase) {
            let case = |at: usize| bytes.get(at).map(|byte| Case::of(char::from(*byte)));
            for (at, byte) in bytes.iter().enumerate().skip(1) {
                // Upper case is rare: look around only there.
                if byte.is_ascii_uppercase()
                    && let (Some(before), Some(now)) = (case(at - 1), case(at))
                    && is_border(before, now, case(at + 1), case(at + 2))
                {
                    self.emit_ascii(Found::Part, run.start + part, run.start + at, each);
                    part = at;
                }
            }
        }
        self.emit_ascii(Found::Part, run.start + part, run.end, each);
        if part > 0 {
            self.emit_ascii(Found::Whole, run.start, run.end, each);
        }
    }

    fn emit_ascii(&mut self, found: Found, start: usize, end: usize, each: &mut impl FnMut(Found, TokenRef<'_>)) {
        let kept = &self.text[start..end.min(start + LONGEST)];
        let surface = if kept.bytes().any(|byte| byte.is_ascii_uppercase()) {
            self.folded.clear();
            self.folded.push_str(kept);
            self.folded.make_ascii_lowercase();
            self.folded.as_str()
        } else {
            kept
        };
        let stem = self.stems.stem(surface);
        each(found, TokenRef { surface, stem, start, end });
    }

    fn any_run(&mut self, run: Run, each: &mut impl FnMut(Found, TokenRef<'_>)) {
        let mut letters = Vec::new();
        for (at, c) in self.text[run.start..run.end].char_indices() {
            if !is_combining_mark(c) {
                letters.push((run.start + at, c));
            }
        }
        let mut rest = letters.as_slice();
        while let Some((&(start, first), behind)) = rest.split_first() {
            let length =
                if is_cjk(first) { 1 } else { 1 + behind.iter().position(|&(_, c)| is_cjk(c)).unwrap_or(behind.len()) };
            let (segment, others) = rest.split_at(length);
            let end = others.first().map_or(run.end, |&(at, _)| at);
            self.segment(segment, start, end, each);
            rest = others;
        }
    }

    /// A run without CJK in it, or one CJK character.
    fn segment(
        &mut self,
        letters: &[(usize, char)],
        start: usize,
        end: usize,
        each: &mut impl FnMut(Found, TokenRef<'_>),
    ) {
        let case = |at: usize| letters.get(at).map(|&(_, c)| Case::of(c));
        let mut part = start;
        for (at, &(place, c)) in letters.iter().enumerate().skip(1) {
            if let Some(before) = case(at - 1)
                && is_border(before, Case::of(c), case(at + 1), case(at + 2))
            {
                self.emit_folded(Found::Part, part, place, each);
                part = place;
            }
        }
        self.emit_folded(Found::Part, part, end, each);
        if part > start {
            self.emit_folded(Found::Whole, start, end, each);
        }
    }

    fn emit_folded(&mut self, found: Found, start: usize, end: usize, each: &mut impl FnMut(Found, TokenRef<'_>)) {
        self.folded.clear();
        fold_into(&self.text[start..end], &mut self.folded);
        let surface = self.folded.as_str();
        if !surface.is_empty() {
            let stem = self.stems.stem(surface);
            each(found, TokenRef { surface, stem, start, end });
        }
    }
}

/// Appends the folded form of a word, cut at [`LONGEST`] bytes.
fn fold_into(word: &str, folded: &mut String) {
    for c in word.nfkd().filter(|c| !is_combining_mark(*c)) {
        for lower in c.to_lowercase() {
            // The last sigma of a Greek word is the same letter; `½` and the like decompose into more than digits.
            let lower = if lower == 'ς' { 'σ' } else { lower };
            if lower.is_alphanumeric() && !is_combining_mark(lower) {
                if folded.len() + lower.len_utf8() > LONGEST {
                    return;
                }
                folded.push(lower);
            }
        }
    }
}

thread_local! {
    // Taken while a scan runs, so that a scan within a scan makes its own.
    static STEMS: Cell<Option<Box<Stems>>> = const { Cell::new(None) };
}

/// The English stemmer and what it said before: stemming takes ten times as long as everything else here.
struct Stems {
    stemmer: Stemmer,
    known: HashMap<Short, Stem>,
    /// Those that are no beginning of their word.
    others: Vec<Box<str>>,
}

/// Where a stem stands. Nearly all are in the word itself: looking elsewhere costs more than all that is compared.
#[derive(Clone, Copy)]
enum Stem {
    /// The first bytes of the word.
    Begin(u8),
    /// A place in [`Stems::others`].
    Other(u32),
}

impl Default for Stems {
    fn default() -> Self {
        Self { stemmer: Stemmer::create(Algorithm::English), known: HashMap::new(), others: Vec::new() }
    }
}

impl Stems {
    fn stem<'a>(&'a mut self, word: &'a str) -> &'a str {
        // Snowball leaves one and two letters as they are; digits are in names and hashes, which have no English ending.
        let stemmed = (3..=LONGEST_STEMMED).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_lowercase());
        if !stemmed {
            return word;
        }
        let short = Short::new(word);
        let known = short.and_then(|short| self.known.get(&short).copied());
        match known.unwrap_or_else(|| self.learn(word, short)) {
            Stem::Begin(length) => &word[..usize::from(length)],
            Stem::Other(place) => &self.others[place as usize],
        }
    }

    fn learn(&mut self, word: &str, short: Option<Short>) -> Stem {
        if self.known.len() >= REMEMBERED || self.others.len() >= REMEMBERED {
            self.known.clear();
            self.others.clear();
        }
        let spelt = self.stemmer.stem(word);
        let stem = match spelt.as_ref() {
            // A stemmed word has at most `LONGEST_STEMMED` letters, and few words are remembered.
            "" => Stem::Begin(word.len() as u8),
            begin if word.starts_with(begin) => Stem::Begin(begin.len() as u8),
            other => {
                self.others.push(other.into());
                Stem::Other(self.others.len() as u32 - 1)
            }
        };
        if let Some(short) = short {
            self.known.insert(short, stem);
        }
        stem
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn surfaces(text: &str) -> Vec<String> {
        analyze(text).into_iter().map(|token| token.surface).collect()
    }

    fn wholes(text: &str) -> Vec<String> {
        let mut wholes = Vec::new();
        scan(text, &mut |found, token| {
            if found == Found::Whole {
                wholes.push(token.surface.to_owned());
            }
        });
        wholes
    }

    #[derive(serde::Deserialize)]
    struct Vector {
        name: String,
        text: String,
        tokens: Vec<serde_json::Value>,
        wholes: Vec<String>,
    }

    #[test]
    fn the_vectors_shared_with_the_javascript_twin() {
        let vectors: Vec<Vector> = serde_json::from_str(include_str!("../../tests/fixtures/analyzer.json")).unwrap();
        assert!(vectors.len() >= 25);
        for Vector { name, text, tokens, wholes: expected } in vectors {
            let found = analyze(&text).into_iter().map(|Token { surface, stem, start, end }| {
                serde_json::json!({"surface": surface, "stem": stem, "start": start, "end": end})
            });
            assert_eq!(found.collect::<Vec<_>>(), tokens, "{name}");
            assert_eq!(wholes(&text), expected, "{name}");
        }
    }

    #[test]
    fn a_word_in_camel_case_is_also_one_word() {
        assert_eq!(wholes("FastAPI and HTTPServer, not fast_api or APIs"), ["fastapi", "httpserver"]);
        assert_eq!(wholes("東京GitHub東"), ["github"]);
        assert_eq!(wholes("éclairÀgogo"), ["eclairagogo"]);
    }

    #[test]
    fn spans_are_those_of_the_original_text() {
        let text = "Cafe\u{301} İstanbul";
        let spans: Vec<_> = analyze(text).iter().map(|token| &text[token.start..token.end]).collect();
        assert_eq!(spans, ["Cafe\u{301}", "İstanbul"]);
        assert_eq!(surfaces(text), ["cafe", "istanbul"]);
    }

    #[test]
    fn endless_words_are_cut() {
        let token = &analyze(&"é".repeat(1_000_000))[0];
        assert_eq!((token.surface.len(), token.end), (LONGEST, 2_000_000));
        assert_eq!(analyze(&"A".repeat(1_000_000))[0].stem.len(), LONGEST);
    }

    #[test]
    fn a_scan_within_a_scan_works() {
        let mut inner = 0;
        each_token("one two", &mut |_| inner += analyze("three four five").len());
        assert_eq!(inner, 6);
    }

    #[test]
    fn stems_are_the_same_when_the_memory_of_them_was_full() {
        let many: String = (0..REMEMBERED + 10).map(|n| format!("{} ", word(n))).collect();
        assert_eq!(analyze("retries")[0].stem, "retri");
        assert_eq!(analyze(&many).len(), REMEMBERED + 10);
        assert_eq!(analyze("retries")[0].stem, "retri");
    }

    fn word(mut n: usize) -> String {
        let mut word = String::from("qq");
        while n > 0 {
            word.push(char::from(b'a' + (n % 26) as u8));
            n /= 26;
        }
        word
    }

    proptest! {
        #[test]
        fn tokens_are_in_order_on_borders_and_fold_to_themselves(text in any::<String>()) {
            let mut end = 0;
            for token in analyze(&text) {
                prop_assert!(token.start >= end && token.end > token.start);
                prop_assert!(text.get(token.start..token.end).is_some());
                prop_assert!(!token.surface.is_empty() && !token.stem.is_empty());
                prop_assert!(token.surface.chars().all(char::is_alphanumeric));
                let mut again = String::new();
                fold_into(&token.surface, &mut again);
                prop_assert_eq!(&again, &token.surface);
                end = token.end;
            }
        }

        #[test]
        fn both_paths_say_the_same_of_ascii(text in "[a-zA-Z0-9s_ .-]{0,40}") {
            let mut slow = Vec::new();
            let mut scanner = Scanner { text: &text, stems: Box::default(), folded: String::new() };
            let mut at = 0;
            while let Some(run) = next_run(&text, at) {
                at = run.end;
                scanner.any_run(run, &mut |found, token| slow.push((found, Token::from(token))));
            }
            let mut fast = Vec::new();
            scan(&text, &mut |found, token| fast.push((found, Token::from(token))));
            prop_assert_eq!(fast, slow);
        }
    }
}
