//! A change as the index has it: how well it matches each of its terms, its facets, and the card a result shows.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use serde::Serialize;

use super::postings::LEVELS;
use crate::model::{Change, Status};
use crate::query::{Field, Term, each_token, field_texts, index_terms, ranking, weight};
use crate::render::view::MetricView;
use crate::render::{excerpt, line};

/// Characters of a term that count: longer ones are hashes and encoded data. The pages cut what is typed likewise.
pub(super) const MOST_CHARACTERS: usize = 24;

/// How well a document matches a term: BM25's saturation of the weighted frequency (the constants are those of
/// [`crate::query::Scorer`]), with a fixed average length, so that a document says the same whatever others there are.
const K1: f64 = 1.2;
const B: f64 = 0.75;
const AVERAGE_LENGTH: f64 = 200.0;

/// Level 0, and the logarithm of the ratio of two neighbours: 64 levels reach up to `K1 + 1`.
pub(super) const LOWEST: f64 = 0.02;
pub(super) const STEP: f64 = 0.075;

/// Terms that most changes have less of.
const USUAL: usize = 224;

/// Characters of the excerpt under a result, and of the symptom in it.
const EXCERPT: usize = 180;
const SYMPTOM: usize = 100;
/// Characters of the title of a card.
const TITLE: usize = 160;
/// Characters of a name on a card and among the facets; a longer one is no facet.
pub(super) const MOST_NAME: usize = 80;

/// The ways to narrow results down; the order is that of the files, `tag` alone may have several values.
pub(super) const FACETS: usize = 5;
pub(super) const TAG: usize = 4;

/// A change, read for the index. Making one takes most of the time, and can be done on any thread.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(super) number: u64,
    /// Days since 1970.
    pub(super) day: i32,
    /// The card as JSON, without its number.
    pub(super) card: String,
    /// Values by facet: owner, service, kind, year, tag.
    pub(super) facets: [Vec<String>; FACETS],
    pub(super) terms: Terms,
}

/// What a result shows; in JSON a list. Absent texts are empty.
#[derive(Serialize)]
struct Card<'a>(
    &'a str,      // id
    String,       // title
    String,       // day
    &'static str, // kind
    &'static str, // status
    String,       // owner
    String,       // service
    String,       // outcome
    &'static str, // verdict of the outcome
    String,       // excerpt
);

impl Entry {
    /// Reads the change with this number.
    pub(crate) fn new(number: u64, change: &Change) -> Self {
        let at = change.at();
        let day = at.day();
        let year = day[..4].to_owned();
        let facet = |name: &str| (name.chars().count() <= MOST_NAME).then(|| line(name, MOST_NAME));
        let one = |name: &Option<String>| name.as_deref().and_then(facet).into_iter().collect();
        let kind = change.kind.as_str();
        Self {
            number,
            day: i32::try_from(at.utc().timestamp().div_euclid(24 * 60 * 60)).unwrap_or_default(),
            card: card(change, day),
            facets: [
                one(&change.owner),
                one(&change.service),
                vec![kind.to_owned()],
                vec![year],
                change.tags.iter().filter_map(|tag| facet(tag)).collect(),
            ],
            terms: Terms::new(change),
        }
    }
}

fn card(change: &Change, day: String) -> String {
    let name = |name: &Option<String>| name.as_deref().map(|name| line(name, MOST_NAME)).unwrap_or_default();
    let metric = change.metrics.iter().find(|metric| metric.verdict().is_some()).map(MetricView::new);
    let card = Card(
        change.id.as_str(),
        line(&change.title, TITLE),
        day,
        change.kind.as_str(),
        change.status.as_str(),
        name(&change.owner),
        name(&change.service),
        metric.as_ref().map(|metric| line(&metric.outcome(), MOST_NAME)).unwrap_or_default(),
        metric.as_ref().and_then(|metric| metric.verdict).unwrap_or_default(),
        told(change),
    );
    // Strings in a list: there is nothing that JSON could refuse.
    serde_json::to_string(&card).unwrap_or_default()
}

/// What a result says under its title: the line of the symptom that tells most, and why the change was made.
fn told(change: &Change) -> String {
    let symptom = change.baseline.symptom.as_deref().map(|text| excerpt(telling(text), SYMPTOM)).unwrap_or_default();
    let rest = EXCERPT - symptom.chars().count();
    let reason = change.reason.as_deref().or(change.expected.as_deref()).map(|text| excerpt(text, rest));
    let parts = [symptom, reason.unwrap_or_default()];
    parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" · ")
}

/// The last line that names an error, or ends a traceback. Without one, all of it.
fn telling(symptom: &str) -> &str {
    let is_traceback = symptom.contains("Traceback (most recent call last)");
    let names_one = |line: &&str| ["Error", "Exception", "error:", "panicked"].iter().any(|word| line.contains(word));
    let ends_one = |line: &&str| is_traceback && line.starts_with(|c: char| c.is_alphanumeric()) && line.contains(':');
    let mut lines = symptom.lines().rev();
    lines.find(|line| names_one(line) || ends_one(line)).unwrap_or(symptom)
}

/// The first characters of a text.
pub(super) fn cut(text: &str, most: usize) -> &str {
    text.char_indices().nth(most).map_or(text, |(end, _)| &text[..end])
}

/// The terms of a change, each once.
#[derive(Debug, Clone, Default)]
pub(super) struct Terms {
    text: String,
    found: Vec<Found>,
}

#[derive(Debug, Clone, Copy)]
struct Found {
    start: u32,
    end: u32,
    /// Weighted by field; 0 for what is a surface form alone.
    frequency: f32,
    is_surface: bool,
}

/// A term of a change.
#[derive(Debug, Clone, Copy)]
pub(super) struct OfChange<'a> {
    pub(super) term: &'a str,
    /// How well the change matches it; absent for a surface form that is found by its stem.
    pub(super) level: Option<u8>,
    pub(super) is_surface: bool,
}

impl Terms {
    fn new(change: &Change) -> Self {
        let mut gathering = Gathering {
            terms: Self::default(),
            places: HashTable::with_capacity(USUAL),
            hasher: DefaultHashBuilder::default(),
        };
        let mut length = 0;
        for (field, texts) in Field::ALL.into_iter().zip(field_texts(change)) {
            let weight = weight(field) as f32;
            index_terms(&texts, &mut |term| match term {
                Term::Word { stem, .. } => {
                    gathering.found(stem).frequency += weight;
                    length += 1;
                }
                Term::Surface(surface) => gathering.found(surface).is_surface = true,
                Term::Gap => {}
            });
            for text in texts {
                each_pair(text, &mut |pair| gathering.found(pair).frequency += weight);
            }
        }
        let replaced = matches!(change.status, Status::RolledBack | Status::Superseded);
        let factor = if replaced { ranking().replaced } else { 1.0 };
        let mut terms = gathering.terms;
        for found in &mut terms.found {
            found.frequency = (factor * saturated(f64::from(found.frequency), f64::from(length))) as f32;
        }
        terms
    }

    /// About the bytes they take in a file.
    pub(super) fn bytes(&self) -> u32 {
        (self.text.len() + 4 * self.found.len()) as u32
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = OfChange<'_>> {
        self.found.iter().map(|found| OfChange {
            term: &self.text[found.start as usize..found.end as usize],
            level: (found.frequency > 0.0).then(|| level(f64::from(found.frequency))),
            is_surface: found.is_surface,
        })
    }
}

/// Calls `each` with the stems of every two words that stand together without white space, as one: `get_user`, `api.py`,
/// `ReadTimeout`. Without them a search for a path would find whatever has its parts anywhere.
fn each_pair(text: &str, each: &mut impl FnMut(&str)) {
    let (mut pair, mut last) = (String::new(), String::new());
    for run in text.split_whitespace().filter(|run| !is_one_word(run)) {
        last.clear();
        each_token(run, &mut |token| {
            if !last.is_empty() {
                pair.clear();
                pair.extend([last.as_str(), token.stem]);
                each(&pair);
            }
            last.clear();
            last.push_str(token.stem);
        });
    }
}

/// Whether a run is a word of prose, as most are: it need not be taken apart then.
fn is_one_word(run: &str) -> bool {
    let word = run.trim_matches(|c: char| c.is_ascii_punctuation());
    let rest = word.as_bytes().get(1..).unwrap_or_default();
    word.as_bytes().first().is_none_or(u8::is_ascii_alphanumeric)
        && rest.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

fn saturated(frequency: f64, length: f64) -> f64 {
    frequency * (K1 + 1.0) / (frequency + K1 * (1.0 - B + B * length / AVERAGE_LENGTH))
}

fn level(score: f64) -> u8 {
    let level = ((score / LOWEST).ln() / STEP).round();
    // Between the bounds of a byte.
    level.clamp(0.0, f64::from(LEVELS - 1)) as u8
}

/// Terms while they are counted: a table of places, so that a term that comes again allocates nothing.
struct Gathering {
    terms: Terms,
    places: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Gathering {
    fn found(&mut self, term: &str) -> &mut Found {
        let term = if term.len() <= MOST_CHARACTERS { term } else { cut(term, MOST_CHARACTERS) };
        let Terms { text, found } = &mut self.terms;
        let of = |place: u32| {
            let Found { start, end, .. } = found[place as usize];
            &text[start as usize..end as usize]
        };
        let hash = self.hasher.hash_one(term);
        let known = self.places.find(hash, |place| of(*place) == term).copied();
        let place = known.unwrap_or_else(|| {
            let place = found.len() as u32;
            self.places.insert_unique(hash, place, |place| self.hasher.hash_one(of(*place)));
            place
        });
        if known.is_none() {
            let start = text.len() as u32;
            text.push_str(term);
            found.push(Found { start, end: text.len() as u32, frequency: 0.0, is_surface: false });
        }
        &mut found[place as usize]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::query::sample;

    fn told_of(symptom: &str, reason: &str) -> String {
        told(&sample::change(json!({"title": "a", "baseline": {"symptom": symptom}, "reason": reason})))
    }

    #[test]
    fn a_result_tells_the_error_and_the_reason() {
        let traceback = "```text\nTraceback (most recent call last):\n  File \"a.py\", line 1\nrequests.ReadTimeout: read\n```\nAt noon.";
        assert_eq!(told_of(traceback, "It was **slow**."), "requests.ReadTimeout: read · It was slow.");
        assert_eq!(told_of("x\nKeyError: 'a'\ny", ""), "KeyError: 'a'");
        assert_eq!(told_of("It is slow\nat noon.", "Why"), "It is slow at noon. · Why");
        assert!(told_of(&"long ".repeat(100), &"words ".repeat(100)).chars().count() < EXCERPT + 10);
    }

    #[test]
    fn words_of_prose_are_told_from_identifiers() {
        for word in ["word", "Word,", "(word)", "", "—", "p95."] {
            assert_eq!(is_one_word(word), !word.contains('—'), "{word}");
        }
        for run in ["get_user", "src/api.py", "ReadTimeout", "API", "é"] {
            assert!(!is_one_word(run), "{run}");
        }
    }
}
