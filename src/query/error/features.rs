//! Words of an error that a record may hold, though its text is not the same.

use std::collections::HashSet;

use super::frame::Frame;
use super::template::replaced;
use super::words::WORDS;
use super::{Feature, FeatureKind, chunk};

/// Features that are given back.
pub(super) const MOST_FEATURES: usize = 48;
/// Pieces of the message of one headline, and words in one piece: who writes a message down seldom writes more.
const MOST_PIECES: usize = 4;
const MOST_WORDS: usize = 7;
/// Functions and files that are told.
const MOST_FUNCTIONS: usize = 8;
const MOST_FILES: usize = 6;

/// What a headline states.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stated<'a> {
    pub(super) text: &'a str,
    pub(super) template: &'a str,
    pub(super) class: Option<&'a str>,
}

/// The features of what was read: those of the first headline, then the stack, then the other headlines.
pub(super) fn features(stated: &[Stated<'_>], frames: &[Frame], codes: &[String]) -> Vec<Feature> {
    let mut features = Features::default();
    let (first, others) = stated.split_at(stated.len().min(1));
    first.iter().for_each(|stated| features.headline(stated));
    features.stack(frames);
    // Classes and codes of the others say more than their words.
    for Stated { class, text, .. } in others {
        features.add(FeatureKind::Class, class.unwrap_or_default());
        self::codes(text).iter().for_each(|code| features.add(FeatureKind::Code, code));
    }
    codes.iter().for_each(|code| features.add(FeatureKind::Code, code));
    others.iter().for_each(|stated| features.headline(stated));
    features.found
}

#[derive(Default)]
struct Features {
    found: Vec<Feature>,
    known: HashSet<String>,
}

impl Features {
    fn add(&mut self, kind: FeatureKind, text: &str) {
        let new = !text.is_empty() && self.found.len() < MOST_FEATURES && self.known.insert(text.to_lowercase());
        if new {
            self.found.push(Feature { kind, text: text.to_owned() });
        }
    }

    fn headline(&mut self, stated: &Stated<'_>) {
        let Stated { text, template, class } = *stated;
        self.add(FeatureKind::Class, class.unwrap_or_default());
        codes(text).iter().for_each(|code| self.add(FeatureKind::Code, code));
        let message = class.and_then(|class| template.strip_prefix(class)).unwrap_or(template);
        pieces(message).iter().for_each(|piece| self.add(FeatureKind::Message, piece));
    }

    /// Functions and files of the team's own code; those of libraries when there is nothing else.
    fn stack(&mut self, frames: &[Frame]) {
        let own = frames.iter().any(|frame| !frame.library);
        let frames = || frames.iter().filter(|frame| !own || !frame.library);
        let functions: Vec<&String> = frames().filter_map(|frame| frame.function.as_ref()).collect();
        distinct(&functions, MOST_FUNCTIONS).for_each(|function| self.add(FeatureKind::Function, function));
        let files: Vec<&String> = frames().filter_map(|frame| frame.file.as_ref()).collect();
        distinct(&files, MOST_FILES).for_each(|file| self.add(FeatureKind::File, file));
    }
}

fn distinct<'a>(names: &[&'a String], most: usize) -> impl Iterator<Item = &'a str> {
    let mut known = HashSet::new();
    names
        .iter()
        .map(|name| name.as_str())
        .filter(move |name| known.insert(*name))
        .take(most)
        .collect::<Vec<_>>()
        .into_iter()
}

/// The constant parts of a template, the longest first.
fn pieces(template: &str) -> Vec<String> {
    let mut plain = replaced(template, "\n");
    // The beginning of a word that goes on with a number is no word: `S3` is no `S`.
    while let Some(end) = partial_word(&plain) {
        plain.replace_range(end, "");
    }
    let mut pieces = Vec::new();
    for sentence in plain
        .replace(". ", "\n")
        .split(['\n', ':', ';', ',', '(', ')', '[', ']', '{', '}', '=', '|', '"', '<', '>', '!', '?'])
    {
        let words: Vec<&str> = sentence.split_whitespace().collect();
        for words in words.chunks(MOST_WORDS) {
            let telling = words.iter().any(|word| word.chars().any(char::is_alphabetic) && !WORDS.is_weak(word));
            let piece = words.join(" ");
            let piece = piece.trim_matches(|c: char| !c.is_alphanumeric());
            if telling && !piece.is_empty() {
                pieces.push(piece.to_owned());
            }
        }
    }
    pieces.sort_by_key(|piece| std::cmp::Reverse(piece.split(' ').count()));
    pieces.truncate(MOST_PIECES);
    pieces
}

/// A run of few letters that ends where something was taken out.
fn partial_word(plain: &str) -> Option<std::ops::Range<usize>> {
    plain.match_indices('\n').find_map(|(end, _)| {
        let letters = plain[..end].chars().rev().take_while(|c| c.is_alphabetic()).map(char::len_utf8);
        let (count, bytes) = letters.fold((0, 0), |(count, bytes), letter| (count + 1, bytes + letter));
        (1..4).contains(&count).then_some(end - bytes..end)
    })
}

/// The codes in a text: `E0382`, `ECONNRESET`, `ERR_HTTP_HEADERS_SENT`, `23505`, `exit code 137`, `502 Bad Gateway`.
pub(super) fn codes(text: &str) -> Vec<String> {
    let mut codes = Vec::new();
    let mut before: [&str; 2] = ["", ""];
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphanumeric()) {
        let word = &rest[start..];
        let end = word.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))).unwrap_or(word.len());
        let (word, behind) = word.split_at(end.max(1));
        // A path or an address has no code in it.
        let joined = rest[..start].ends_with(['/', '.', '@', '\\']) || behind.starts_with(['/', '@']);
        if !joined {
            codes.extend(code(word, behind, before));
        }
        before = [before[1], word];
        rest = behind;
    }
    codes
}

fn code(word: &str, behind: &str, before: [&str; 2]) -> Option<String> {
    let digits = word.bytes().all(|byte| byte.is_ascii_digit());
    if before[1].eq_ignore_ascii_case("sqlstate") && word.len() == 5 {
        return Some(word.to_owned());
    }
    if digits && word.len() == 3 && word.starts_with(['4', '5']) {
        let reason = WORDS.http_reasons.iter().find(|reason| behind.trim_start().starts_with(reason.as_str()));
        if let Some(reason) = reason {
            return Some(format!("{word} {reason}"));
        }
    }
    if digits && word.len() <= 5 {
        let named = WORDS.code_words.iter().any(|code| code.eq_ignore_ascii_case(before[1]));
        // `exit code 137` rather than `code 137`; `status code 200` is no error.
        let two =
            named && !before[0].is_empty() && WORDS.code_words.iter().any(|code| code.eq_ignore_ascii_case(before[0]));
        return named.then(|| {
            if two { format!("{} {} {word}", before[0], before[1]) } else { format!("{} {word}", before[1]) }
        });
    }
    let capitals = word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    let errno = word.len() >= 5
        && word.starts_with('E')
        && !word.contains('_')
        && !matches!(word, "ERROR" | "ERRORS" | "EXCEPTION");
    let signal = word.len() >= 6 && word.starts_with("SIG");
    let constant = word.len() >= 8 && word.contains('_') && !word.starts_with('_');
    (chunk::is_code(word)
        || (capitals && word.bytes().any(|byte| byte.is_ascii_uppercase()) && (errno || signal || constant)))
        .then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_a_text() {
        for (text, expected) in [
            ("error[E0382]: borrow of moved value", &["E0382"][..]),
            ("connect ECONNREFUSED 127.0.0.1:5432", &["ECONNREFUSED"]),
            ("ERROR: duplicate key (SQLSTATE 23505)", &["23505"]),
            ("HTTP/1.1 502 Bad Gateway", &["502 Bad Gateway"]),
            ("command terminated with exit code 137", &["exit code 137"]),
            ("Request failed with status code 502", &["status code 502"]),
            ("[SSL: CERTIFICATE_VERIFY_FAILED]", &["CERTIFICATE_VERIFY_FAILED"]),
            ("Error [ERR_HTTP_HEADERS_SENT]: x", &["ERR_HTTP_HEADERS_SENT"]),
            ("signal SIGSEGV", &["SIGSEGV"]),
            ("npm ERR! code ERESOLVE", &["ERESOLVE"]),
            ("ORA-00001: unique constraint", &["ORA-00001"]),
            ("FATAL ERROR in /app/EXAMPLE.txt", &[]),
        ] {
            assert_eq!(codes(text), expected, "{text}");
        }
    }

    #[test]
    fn the_constant_parts_of_a_message() {
        let template = "HTTPConnectionPool(host=<s>, port=<n>): Read timed out. (read timeout=<n>)";
        assert_eq!(pieces(template), ["Read timed out", "read timeout", "HTTPConnectionPool"]);
    }
}
