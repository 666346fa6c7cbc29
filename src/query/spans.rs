//! What to highlight of a text, and the passage worth showing. Spans are computed from the document: no engine stores or
//! builds markup.

use std::ops::Range;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::analyze::{Found, Token, scan};
use super::rules::weight;
use super::weights::{Field, field_texts};
use super::{Expr, MOST_POSITIONS};
use crate::model::Change;

/// The passage of a change that shows why it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snippet {
    /// The field it was taken from.
    pub field: Field,
    /// The passage: one line, as it stands in the record but for white space, `…` where it was cut.
    pub text: String,
    /// What matches in it, in bytes of `text`, in order.
    pub spans: Vec<Range<usize>>,
}

/// What the expression matches in a text, in bytes, in order and apart: phrases as a whole, whole words for prefixes, and
/// nothing for what must not match. Fields are not looked at: a text shows the words it has, whether or not all of the
/// expression matches in it.
pub fn spans(expr: &Expr, text: &str) -> Vec<Range<usize>> {
    let hits = hits(expr, text);
    let mut merged: Vec<Range<usize>> = Vec::new();
    for Hit { span, .. } in hits {
        match merged.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}

/// The best passage for the expression, at most `width` columns of a terminal wide: the one with the most different terms,
/// in the field that counts most. The title is not looked at, since it is shown anyway. When nothing matches, the
/// beginning of the reason or the symptom; empty when there is neither.
pub fn snippet(expr: &Expr, change: &Change, width: usize) -> Snippet {
    let mut best: Option<(f64, Passage)> = None;
    for (field, texts) in Field::ALL.into_iter().zip(field_texts(change)).skip(1) {
        for text in texts {
            // Most texts have no match: look before making a line of them.
            if hits(expr, text).is_empty() {
                continue;
            }
            let line = one_line(text);
            let hits = hits(expr, &line);
            let Some((terms, first)) = densest(&hits, &line, width) else { continue };
            let score = f64::from(terms) * 100.0 + weight(field);
            if best.as_ref().is_none_or(|(known, _)| score > *known) {
                best = Some((score, Passage { field, at: hits[first].span.clone(), line }));
            }
        }
    }
    let passage = best.map(|(_, passage)| passage).unwrap_or_else(|| beginning(change));
    passage.cut(expr, width)
}

/// One place where one term of an expression matches.
struct Hit {
    span: Range<usize>,
    term: usize,
}

/// What an expression asks to be there.
enum Wanted<'e> {
    Stems(&'e [String]),
    Prefix(&'e str),
}

fn wanted<'e>(expr: &'e Expr, found: &mut Vec<Wanted<'e>>) {
    match expr {
        Expr::All(parts) | Expr::Any(parts) => parts.iter().for_each(|part| wanted(part, found)),
        Expr::Phrase { stems, .. } => found.push(Wanted::Stems(stems)),
        Expr::Prefix { stems, prefix, .. } => {
            if !stems.is_empty() {
                found.push(Wanted::Stems(stems));
            }
            found.push(Wanted::Prefix(prefix));
        }
        Expr::Not(_) | Expr::Everything | Expr::Nothing | Expr::Is(_) => {}
    }
}

/// Every match in the text, by its beginning.
fn hits(expr: &Expr, text: &str) -> Vec<Hit> {
    let mut terms = Vec::new();
    wanted(expr, &mut terms);
    if terms.is_empty() {
        return Vec::new();
    }
    let mut parts: Vec<Token> = Vec::new();
    let mut wholes: Vec<Token> = Vec::new();
    scan(text, &mut |found, token| {
        // What is not indexed does not match.
        if parts.len() < MOST_POSITIONS {
            if found == Found::Part { &mut parts } else { &mut wholes }.push(token.into());
        }
    });
    let mut hits = Vec::new();
    for (term, wanted) in terms.iter().enumerate() {
        let mut push = |first: &Token, last: &Token| hits.push(Hit { span: first.start..last.end, term });
        match wanted {
            Wanted::Stems(stems) => {
                for window in parts.windows(stems.len()) {
                    if window.iter().zip(*stems).all(|(token, stem)| token.stem == *stem) {
                        push(&window[0], &window[stems.len() - 1]);
                    }
                }
                if let [stem] = stems {
                    wholes.iter().filter(|token| token.stem == *stem).for_each(|token| push(token, token));
                }
            }
            Wanted::Prefix(prefix) => {
                let both = parts.iter().chain(&wholes);
                both.filter(|token| token.surface.starts_with(prefix)).for_each(|token| push(token, token));
            }
        }
    }
    hits.sort_by_key(|hit| (hit.span.start, hit.span.end));
    hits
}

/// The hit at which a passage of `width` columns should begin to have the most different terms in it, and how many.
fn densest(hits: &[Hit], line: &str, width: usize) -> Option<(u32, usize)> {
    let mut best: Option<(u32, usize)> = None;
    let most = hits.iter().map(|hit| hit.term + 1).max()?;
    let (mut inside, mut different, mut behind) = (vec![0_u32; most], 0, 0);
    for (first, hit) in hits.iter().enumerate() {
        let fits = |end: usize| {
            let passage = hit.span.start..end.max(hit.span.end);
            // Few columns take more than 8 bytes; measuring up to a hit far away for each one would take quadratic time.
            passage.len() <= 8 * width && line[passage].width() <= width
        };
        while behind < hits.len() && (behind <= first || fits(hits[behind].span.end)) {
            different += u32::from(inside[hits[behind].term] == 0);
            inside[hits[behind].term] += 1;
            behind += 1;
        }
        if best.is_none_or(|(most, _)| different > most) {
            best = Some((different, first));
        }
        inside[hit.term] -= 1;
        different -= u32::from(inside[hit.term] == 0);
    }
    best
}

/// A text on one line: white space collapsed, the fences of Markdown left out.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let fence = |line: &&str| line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~");
    for word in text.lines().filter(|line| !fence(line)).flat_map(str::split_whitespace) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// A line of a field and the place in it that must be shown.
struct Passage {
    field: Field,
    line: String,
    at: Range<usize>,
}

fn beginning(change: &Change) -> Passage {
    let texts = [(Field::Reason, &change.reason), (Field::Error, &change.baseline.symptom)];
    let found = texts.into_iter().find_map(|(field, text)| text.as_deref().map(|text| (field, one_line(text))));
    let (field, line) = found.unwrap_or((Field::Reason, String::new()));
    Passage { field, line, at: 0..0 }
}

impl Passage {
    /// Cuts the line to `width` columns around the place: a little of what stands before it, the rest behind.
    fn cut(self, expr: &Expr, width: usize) -> Snippet {
        let Self { field, line, at } = self;
        if line.width() <= width {
            return Snippet { field, spans: spans(expr, &line), text: line };
        }
        // A column at each end for the `…`.
        let room = width.saturating_sub(2);
        let hit = line[at.clone()].width().min(room);
        let before = room.saturating_sub(hit) / 3;
        // Near its end the line has nothing to show behind the hit: show more of what stands before.
        let latest = back(&line, line.len(), room + 1);
        let start = match back(&line, at.start, before).min(latest) {
            // Rather the whole beginning than `…` for a few letters of it.
            _ if line[..at.end].width() <= room / 2 => 0,
            start => word_start(&line, start, at.start),
        };
        let one_end = start == 0 || start >= latest;
        let end = word_end(&line, forth(&line, start, if one_end { room + 1 } else { room }), at.end.max(start));
        let shown = line[start..end].trim_end();
        let (head, tail) = (if start > 0 { "…" } else { "" }, if start + shown.len() < line.len() { "…" } else { "" });
        // Matched in the whole line, so that a word that was cut at the border still shows as matched.
        let visible = spans(expr, &line).into_iter().filter_map(|span| {
            let (from, to) = (span.start.max(start), span.end.min(start + shown.len()));
            (from < to).then(|| from - start + head.len()..to - start + head.len())
        });
        let spans = visible.collect();
        Snippet { field, text: format!("{head}{shown}{tail}"), spans }
    }
}

/// The place at most `columns` before `at`.
fn back(line: &str, at: usize, columns: usize) -> usize {
    let mut left = columns;
    let mut place = at;
    for (start, c) in line[..at].char_indices().rev() {
        match left.checked_sub(c.width().unwrap_or(0)) {
            Some(rest) => (left, place) = (rest, start),
            None => break,
        }
    }
    place
}

/// The place at most `columns` behind `at`.
fn forth(line: &str, at: usize, columns: usize) -> usize {
    let mut left = columns;
    for (offset, c) in line[at..].char_indices() {
        match left.checked_sub(c.width().unwrap_or(0)) {
            Some(rest) => left = rest,
            None => return at + offset,
        }
    }
    line.len()
}

/// The beginning of the first word from `at` on, unless it lies behind `latest`.
fn word_start(line: &str, at: usize, latest: usize) -> usize {
    if at == 0 || line[..at].ends_with(' ') {
        return at;
    }
    match line[at..].find(' ') {
        Some(offset) if at + offset < latest => at + offset + 1,
        _ => at,
    }
}

/// The end of the last word that ends at `at` or before, unless it lies before `earliest`.
fn word_end(line: &str, at: usize, earliest: usize) -> usize {
    if at == line.len() || line[at..].starts_with(' ') {
        return at;
    }
    match line[..at].rfind(' ') {
        Some(space) if space >= earliest => space,
        _ => at,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::query::sample;

    fn marked(query: &str, text: &str) -> Vec<String> {
        spans(&sample::query(query), text).into_iter().map(|span| text[span].to_owned()).collect()
    }

    fn show(query: &str, change: &Change, width: usize) -> (Field, String) {
        let snippet = snippet(&sample::query(query), change, width);
        let mut text = snippet.text.clone();
        for span in snippet.spans.iter().rev() {
            text.insert(span.end, ']');
            text.insert(span.start, '[');
        }
        (snippet.field, text)
    }

    #[test]
    fn words_phrases_and_prefixes_are_marked() {
        for (query, text, expected) in [
            ("retry", "Retries, retried; retry", vec!["Retries", "retried", "retry"]),
            ("\"read timed out\"", "It read: Read timed out.", vec!["Read timed out"]),
            ("get_user", "call get_user_by_id", vec!["get_user"]),
            ("time*", "timed out, TimeoutError", vec!["timed", "TimeoutError"]),
            ("fastapi", "a FastAPI app", vec!["FastAPI"]),
            ("FastAPI", "a fastapi app on FastAPI", vec!["fastapi", "FastAPI"]),
            ("reset NOT timeout", "reset after timeout", vec!["reset"]),
            ("cafe", "Cafe\u{301}s and CAFÉ", vec!["Cafe\u{301}s", "CAFÉ"]),
            ("東京", "東京都", vec!["東京"]),
            ("***", "anything", vec![]),
        ] {
            assert_eq!(marked(query, text), expected, "{query}");
        }
    }

    #[test]
    fn the_passage_with_the_most_terms_is_shown_whole_words_only() {
        let filler = "Something else happened before that, and it went on for a while. ".repeat(20);
        let change = sample::change(json!({
            "title": "t",
            "reason": format!("The pool was small. {filler}Then the pool ran\n\n  out of connections under load. {filler}"),
        }));
        let (field, text) = show("pool connections", &change, 60);
        assert_eq!(field, Field::Reason);
        assert_eq!(text, "…a while. Then the [pool] ran out of [connections] under load.…");
        let (_, text) = show("small", &change, 40);
        assert_eq!(text, "The pool was [small]. Something else…");
    }

    #[test]
    fn a_field_that_counts_more_wins() {
        let change = sample::change(json!({
            "title": "timeout", "reason": "a timeout", "baseline": {"symptom": "```text\nTimeout: 104\n```"},
        }));
        assert_eq!(show("timeout", &change, 60), (Field::Error, "[Timeout]: 104".to_owned()));
    }

    #[test]
    fn the_end_of_a_line_is_filled_from_before() {
        let change =
            sample::change(json!({"title": "t", "reason": "one two three four five six seven eight nine ten"}));
        assert_eq!(show("ten", &change, 24).1, "…seven eight nine [ten]");
    }

    #[test]
    fn without_a_match_the_reason_begins_it_or_the_symptom() {
        let both =
            sample::change(json!({"title": "t", "reason": "because it\nwas slow", "baseline": {"symptom": "s"}}));
        assert_eq!(show("t", &both, 60), (Field::Reason, "because it was slow".to_owned()));
        assert_eq!(show("t", &both, 12), (Field::Reason, "because it…".to_owned()));
        let symptom = sample::change(json!({"title": "t", "baseline": {"symptom": "s"}}));
        assert_eq!(show("t", &symptom, 60), (Field::Error, "s".to_owned()));
        let bare = sample::change(json!({"title": "t"}));
        assert_eq!(show("t", &bare, 60), (Field::Reason, String::new()));
    }

    proptest! {
        #[test]
        fn spans_stand_on_borders_apart_and_in_order(text in "([aA]b?|é|京|e\u{301}|[ .\n-]|🚀|```){0,40}", query in "[aAbé京]{1,3}\\*?( [aé京]\\*?)?") {
            let expr = sample::query(&query);
            let mut end = 0;
            for (n, span) in spans(&expr, &text).into_iter().enumerate() {
                prop_assert!(span.start < span.end && (n == 0 || span.start > end));
                prop_assert!(text.get(span.clone()).is_some());
                end = span.end;
            }
        }

        #[test]
        fn a_snippet_fits_and_its_spans_lie_in_it(text in "([aA]b?|é|京|e\u{301}|[ .\n-]|🚀|```|aaaaaaaaaaaaaaa){1,60}", width in 1_usize..30) {
            prop_assume!(!text.trim().is_empty());
            let change = sample::change(json!({"title": "t", "reason": text}));
            let expr = sample::query("a* é 京");
            let snippet = snippet(&expr, &change, width);
            prop_assert!(snippet.text.width() <= width.max(2), "{:?}", snippet);
            prop_assert!(!snippet.text.contains('\n'));
            let mut end = 0;
            for span in &snippet.spans {
                prop_assert!(span.start >= end && span.start < span.end && snippet.text.get(span.clone()).is_some());
                end = span.end;
            }
            // What is marked is what matches, not the text beside it.
            if !spans(&expr, &one_line(&text)).is_empty() && width >= 6 {
                prop_assert!(!snippet.spans.is_empty(), "{:?}", snippet);
            }
        }
    }
}
