//! The errors that a record tells of.

use crate::markup::Fence;
use crate::model::Change;

use super::reader::ErrorReader;

/// Fingerprints of one record.
const MOST_FINGERPRINTS: usize = 32;

/// The fingerprints of the errors that a record states in its symptom, its failing command and its reason; sorted, each once.
pub fn fingerprints(change: &Change) -> Vec<String> {
    let texts = [&change.baseline.symptom, &change.baseline.command, &change.reason];
    let mut fingerprints: Vec<String> = Vec::new();
    for text in texts.into_iter().filter_map(Option::as_deref) {
        let mut lines = ErrorReader::default();
        let mut parts = ErrorReader::default();
        read(text, &mut lines, &mut parts);
        fingerprints.extend(lines.fingerprints().chain(parts.fingerprints()));
    }
    // The most telling ones come first, and those of the symptom before the others.
    let mut known = std::collections::HashSet::new();
    fingerprints.retain(|fingerprint| known.insert(fingerprint.clone()));
    fingerprints.truncate(MOST_FINGERPRINTS);
    fingerprints.sort_unstable();
    fingerprints
}

/// Reads Markdown. Its lines may be those of a traceback; in prose an error may end before the line does, so inline code
/// and sentences are read too, apart from the lines.
fn read(markdown: &str, lines: &mut ErrorReader, parts: &mut ErrorReader) {
    let mut fence: Option<Fence<'_>> = None;
    for line in markdown.lines() {
        match fence {
            Some(open) if open.is_closed_by(line) => fence = None,
            Some(open) => lines.line(open.content(line).as_bytes()),
            None => {
                fence = Fence::open(line);
                if fence.is_none() {
                    lines.line(line.as_bytes());
                    // Most lines say nothing of an error, and so do their parts.
                    if parts.may_read(line) {
                        code_spans(line).chain(sentences(line)).for_each(|part| parts.line(part.as_bytes()));
                    }
                }
            }
        }
    }
}

/// The inline code of a line: what stands between two runs of as many backticks.
fn code_spans(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        loop {
            let open = rest.find('`')?;
            let marks = rest[open..].bytes().take_while(|byte| *byte == b'`').count();
            let inside = &rest[open + marks..];
            match close(inside, marks) {
                Some(end) => {
                    rest = &inside[end + marks..];
                    return Some(inside[..end].trim());
                }
                None => rest = inside,
            }
        }
    })
}

fn close(text: &str, marks: usize) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = text[at..].find('`') {
        let start = at + found;
        let length = text[start..].bytes().take_while(|byte| *byte == b'`').count();
        if length == marks {
            return Some(start);
        }
        at = start + length;
    }
    None
}

/// The sentences of a line, if there is more than one.
fn sentences(line: &str) -> impl Iterator<Item = &str> {
    let end = |text: &str| {
        let mut ends = text.match_indices('.').filter(|(at, _)| text[at + 1..].starts_with(' ')).map(|(at, _)| at + 2);
        ends.find(|at| text[*at..].starts_with(char::is_uppercase))
    };
    let mut rest = end(line).map(|_| line);
    std::iter::from_fn(move || {
        let text = rest?;
        let (sentence, behind) = text.split_at(end(text).unwrap_or(text.len()));
        rest = Some(behind).filter(|behind| !behind.is_empty());
        Some(sentence)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::query::{read_error, sample};

    fn of(symptom: &str) -> Vec<String> {
        fingerprints(&sample::change(json!({"title": "x", "baseline": {"symptom": symptom}})))
    }

    fn first(text: &str) -> String {
        read_error(text).headlines.first().map(|headline| headline.fingerprint.clone()).unwrap_or_default()
    }

    #[test]
    fn the_same_error_wherever_it_stands() {
        let pasted = "2026-11-20 14:05:03,123 ERROR [worker-7] orders.api: requests.exceptions.ReadTimeout: \
                      HTTPConnectionPool(host='orders', port=8021): Read timed out. (read timeout=30)";
        let fingerprint = first(pasted);
        let error = "ReadTimeout: HTTPConnectionPool(host='orders', port=8000): Read timed out. (read timeout=0.5)";
        for symptom in [
            format!("Clients log `{error}`."),
            format!("Clients log {error}."),
            format!("Clients log {error}. Only in production."),
            format!("- `{error}` in the morning"),
            format!("```text\nTraceback (most recent call last):\n  File \"a.py\", line 1, in f\n    x\n{error}\n```"),
            format!(
                "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\n    x\nrequests.exceptions.{error}"
            ),
            format!("~~~\n{error}\n~~~"),
            format!("> {error}"),
        ] {
            assert!(of(&symptom).contains(&fingerprint), "{symptom}");
        }
    }

    #[test]
    fn fingerprints_are_sorted_distinct_and_few() {
        let many: String = (0..100).map(|n| format!("{}Error: it broke\n", word(n))).collect();
        let found = of(&many);
        assert_eq!(found.len(), MOST_FINGERPRINTS);
        assert!(found.is_sorted_by(|one, other| one < other));
        assert!(found.iter().all(|fingerprint| fingerprint.len() == 16));
        assert!(of("p95 of 480 ms, and the page is slow").is_empty());
    }

    fn word(n: u8) -> String {
        format!("A{}{}", char::from(b'a' + n % 26), char::from(b'a' + n / 26))
    }

    #[test]
    fn every_text_that_may_hold_an_error_is_read() {
        let change = sample::change(json!({
            "title": "x", "reason": "because of `KeyError: 'next_page'`",
            "baseline": {"command": "curl -f x\ncurl: (28) Operation timed out after 5001 milliseconds"},
        }));
        let found = fingerprints(&change);
        for text in ["KeyError: 'next_page'", "curl: (28) Operation timed out after 4999 milliseconds"] {
            assert!(found.contains(&first(text)), "{text}");
        }
    }

    #[test]
    fn inline_code() {
        assert_eq!(code_spans("a `b` c ``d ` e`` `f").collect::<Vec<_>>(), ["b", "d ` e"]);
        assert_eq!(sentences("One. Two").collect::<Vec<_>>(), ["One. ", "Two"]);
        assert_eq!(sentences("One. two").count(), 0);
    }
}
