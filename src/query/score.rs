//! How well a change matches words, from its own texts.
//!
//! The formula is BM25 over weighted fields, as FTS5 has it (<https://www.sqlite.org/fts5.html#the_bm25_function>). An index
//! that is asked for it counts first how many records have each word, which takes longer than all the rest where nearly
//! every record has it; here the one who asks says how rare a word is.

use super::weights::field_texts;
use super::{Expr, Field, Term, index_terms, weight};
use crate::model::Change;

const K1: f64 = 1.2;
const B: f64 = 0.75;
/// A prefix is as telling as a word that every twentieth record has.
const RARITY_OF_PREFIX: f64 = 3.0;

/// Places in the list of stems that stand for none of them, and for a gap.
const OTHER: usize = usize::MAX;
const GAP: usize = usize::MAX - 1;

/// The words of an expression that count: those that are not under a `NOT`.
#[derive(Debug, Default)]
pub struct Scorer {
    stems: Vec<String>,
    wanted: Vec<Wanted>,
}

#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    field: Option<Field>,
    what: What,
}

#[derive(Debug, PartialEq, Eq)]
enum What {
    /// Places in the list of stems.
    Phrase(Vec<usize>),
    Prefix(String),
}

/// What a change has of the words of a [`Scorer`].
#[derive(Debug)]
pub struct Frequencies {
    /// How often each wanted word occurs, weighted by field.
    of: Vec<f64>,
    /// How many words it has in all.
    length: usize,
}

impl Scorer {
    /// The words of `expr`.
    pub fn new(expr: &Expr) -> Self {
        let mut scorer = Self::default();
        scorer.collect(expr);
        scorer
    }

    fn collect(&mut self, expr: &Expr) {
        match expr {
            Expr::All(parts) | Expr::Any(parts) => parts.iter().for_each(|part| self.collect(part)),
            Expr::Phrase { field, stems } => self.phrase(*field, stems),
            Expr::Prefix { field, stems, prefix } => {
                self.phrase(*field, stems);
                self.want(*field, What::Prefix(prefix.clone()));
            }
            Expr::Not(_) | Expr::Is(_) | Expr::Everything | Expr::Nothing => {}
        }
    }

    fn phrase(&mut self, field: Option<Field>, stems: &[String]) {
        if stems.is_empty() {
            return;
        }
        let places = stems.iter().map(|stem| {
            self.stems.iter().position(|known| known == stem).unwrap_or_else(|| {
                self.stems.push(stem.clone());
                self.stems.len() - 1
            })
        });
        let places = places.collect();
        self.want(field, What::Phrase(places));
    }

    fn want(&mut self, field: Option<Field>, what: What) {
        let wanted = Wanted { field, what };
        if !self.wanted.contains(&wanted) {
            self.wanted.push(wanted);
        }
    }

    /// The stems whose rarity [`Scorer::scores`] has to be told, each once.
    pub fn stems(&self) -> &[String] {
        &self.stems
    }

    /// What a change has of the words.
    pub fn frequencies(&self, change: &Change) -> Frequencies {
        let mut found = Frequencies { of: vec![0.0; self.wanted.len()], length: 0 };
        for (field, texts) in Field::ALL.into_iter().zip(field_texts(change)) {
            let mut places = Vec::new();
            index_terms(&texts, &mut |term| match term {
                Term::Word { stem, surface } => {
                    places.push(self.stems.iter().position(|known| known == stem).unwrap_or(OTHER));
                    self.count_prefixes(field, stem, surface, &mut found);
                }
                Term::Gap => places.push(GAP),
                Term::Surface(_) => {}
            });
            found.length += places.len();
            for (wanted, count) in self.wanted.iter().zip(&mut found.of) {
                if let What::Phrase(stems) = &wanted.what
                    && wanted.is_in(field)
                {
                    *count +=
                        weight(field) * places.windows(stems.len()).filter(|window| window == stems).count() as f64;
                }
            }
        }
        found
    }

    fn count_prefixes(&self, field: Field, stem: &str, surface: &str, found: &mut Frequencies) {
        for (wanted, count) in self.wanted.iter().zip(&mut found.of) {
            if let What::Prefix(prefix) = &wanted.what
                && wanted.is_in(field)
                && (surface.starts_with(prefix.as_str()) || stem.starts_with(prefix.as_str()))
            {
                *count += weight(field);
            }
        }
    }

    /// The score of each change, higher is better. `rarity` has the inverse document frequency of every stem.
    pub fn scores(&self, changes: &[Frequencies], rarity: &[f64]) -> Vec<f64> {
        let words: usize = changes.iter().map(|change| change.length).sum();
        let average = (words as f64 / changes.len().max(1) as f64).max(1.0);
        let rarities: Vec<f64> = self.wanted.iter().map(|wanted| wanted.rarity(rarity)).collect();
        let score = |change: &Frequencies| -> f64 {
            let length = K1 * (1.0 - B + B * change.length as f64 / average);
            let parts = change.of.iter().zip(&rarities);
            parts.map(|(count, rarity)| rarity * count * (K1 + 1.0) / (count + length)).sum()
        };
        changes.iter().map(score).collect()
    }
}

impl Wanted {
    fn is_in(&self, field: Field) -> bool {
        self.field.is_none_or(|wanted| wanted == field)
    }

    /// A phrase is at least as rare as the rarest of its words.
    fn rarity(&self, of_stems: &[f64]) -> f64 {
        match &self.what {
            What::Prefix(_) => RARITY_OF_PREFIX,
            What::Phrase(stems) => stems.iter().filter_map(|place| of_stems.get(*place)).copied().fold(0.0, f64::max),
        }
    }
}

/// The inverse document frequency of a word that `having` of `all` records have, as FTS5 counts it.
pub fn rarity(having: f64, all: f64) -> f64 {
    ((all - having + 0.5) / (having + 0.5)).ln().max(1e-6)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::query::{Grammar, sample};

    fn scored(query: &str, changes: &[Change]) -> Vec<f64> {
        let scorer = Scorer::new(&Grammar::at("2026-11-24".parse().unwrap()).read(query).unwrap().expr);
        let frequencies: Vec<_> = changes.iter().map(|change| scorer.frequencies(change)).collect();
        scorer.scores(&frequencies, &vec![1.0; scorer.stems().len()])
    }

    #[test]
    fn fields_frequency_and_length_count() {
        let changes = [
            sample::change(json!({"title": "Retry the order lookup"})),
            sample::change(json!({"title": "Other", "reason": "retry, retries, retried"})),
            sample::change(json!({"title": "Order", "reason": "a retry"})),
            sample::change(json!({"title": "Other", "reason": format!("a retry {}", "and other words ".repeat(50))})),
            sample::change(json!({"title": "Other"})),
        ];
        let scores = scored("retry", &changes);
        assert!(scores.is_sorted_by(|one, other| one > other), "{scores:?}");
        assert!(scores[4].abs() < f64::EPSILON);
        // What is under NOT, or in another field, adds nothing.
        assert_eq!(scored("retry NOT order", &changes), scores);
        let in_title = scored("title:retry", &changes);
        assert!(in_title[0] > 0.0 && in_title[1..].iter().all(|score| *score < f64::EPSILON), "{in_title:?}");
    }

    #[test]
    fn phrases_and_prefixes_are_counted() {
        let changes = [
            sample::change(json!({"title": "order lookup, hoping"})),
            sample::change(json!({"title": "lookup order"})),
        ];
        for query in ["\"order lookup\"", "hop*", "hope*"] {
            let scores = scored(query, &changes);
            assert!(scores[0] > scores[1], "{query}: {scores:?}");
        }
    }

    #[test]
    fn a_rare_word_counts_more() {
        let changes = [sample::change(json!({"title": "retry"})), sample::change(json!({"title": "order"}))];
        let scorer = Scorer::new(&Grammar::at("2026-11-24".parse().unwrap()).read("retry OR order").unwrap().expr);
        let frequencies: Vec<_> = changes.iter().map(|change| scorer.frequencies(change)).collect();
        let scores = scorer.scores(&frequencies, &[rarity(10.0, 1_000.0), rarity(500.0, 1_000.0)]);
        assert!(scores[0] > scores[1], "{scores:?}");
    }
}
