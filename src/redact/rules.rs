//! The rules, read from `data/secrets.toml`; a rule is compiled when a text may hold what it looks for.

use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use aho_corasick::AhoCorasick;
use regex::Regex;
use serde::Deserialize;

use super::value;

/// One sort of secret.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    id: String,
    description: String,
    /// A text without any of these holds no such secret.
    literals: Vec<String>,
    pattern: String,
    #[serde(default)]
    value: Accepted,
    #[cfg_attr(not(test), expect(dead_code, reason = "it is the test"))]
    examples: Vec<String>,
    #[cfg_attr(not(test), expect(dead_code, reason = "it is the test"))]
    counter_examples: Vec<String>,
    #[serde(skip)]
    regex: OnceLock<Regex>,
}

/// Which values of a rule's pattern are secrets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Accepted {
    #[default]
    Any,
    /// Not what stands for one.
    Written,
    /// Nor what is a word.
    Random,
}

impl Accepted {
    fn accepts(self, value: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Written => !value::is_placeholder(value),
            Self::Random => !value::is_placeholder(value) && value::is_random(value),
        }
    }
}

/// No more rules than that.
const MOST_RULES: usize = 64;

#[derive(Debug, Deserialize)]
struct File {
    rule: Vec<Rule>,
}

/// Every rule, in the order of the file.
pub(super) static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    // The file is compiled in and tested: it cannot be wrong in a binary that was released.
    let file: File = toml::from_str(include_str!("../../data/secrets.toml")).expect("data/secrets.toml is valid");
    file.rule
});

/// The literals of all rules, looked for in one pass.
struct Literals {
    automaton: AhoCorasick,
    /// The rule of each.
    rules: Vec<usize>,
}

static LITERALS: LazyLock<Literals> = LazyLock::new(|| {
    let all = || RULES.iter().enumerate().flat_map(|(rule, known)| known.literals.iter().map(move |text| (rule, text)));
    Literals {
        automaton: AhoCorasick::new(all().map(|(_, text)| text))
            .expect("the literals of data/secrets.toml are few and short"),
        rules: all().map(|(rule, _)| rule).collect(),
    }
});

/// Reads the rules, which the first look would otherwise do.
pub(super) fn prepare() {
    LazyLock::force(&LITERALS);
}

/// Whether a text holds a secret of any sort.
pub(super) fn is_secret(text: &str) -> bool {
    let Literals { automaton, rules } = &*LITERALS;
    let mut looked = [false; MOST_RULES];
    automaton.find_overlapping_iter(text).any(|found| {
        let rule = rules[found.pattern().as_usize()];
        if RULES[rule].value == Accepted::Random && !is_before_sign(text, found.end()) {
            return false;
        }
        // A text that is looked for by the literals of a rule is looked through once.
        !std::mem::replace(&mut looked[rule], true) && !RULES[rule].found(text).is_empty()
    })
}

/// Whether a name that ends here is followed by `=` or `:`, perhaps behind a quotation mark and blanks: in prose it is not.
fn is_before_sign(text: &str, end: usize) -> bool {
    let behind = &text[end..];
    behind.strip_prefix(['"', '\'']).unwrap_or(behind).trim_start().starts_with(['=', ':'])
}

impl Rule {
    pub(super) fn id(&'static self) -> &'static str {
        &self.id
    }

    pub(super) fn description(&'static self) -> &'static str {
        &self.description
    }

    /// Whether a search is worth its while.
    fn may_match(&self, text: &str) -> bool {
        self.literals.iter().any(|literal| match self.value {
            Accepted::Random => {
                text.match_indices(literal).any(|(at, literal)| is_before_sign(text, at + literal.len()))
            }
            Accepted::Any | Accepted::Written => text.contains(literal),
        })
    }

    /// Where secrets of this sort stand in a text, in order.
    pub(super) fn secrets(&self, text: &str) -> Vec<Range<usize>> {
        if self.may_match(text) { self.found(text) } else { Vec::new() }
    }

    fn found(&self, text: &str) -> Vec<Range<usize>> {
        let regex =
            self.regex.get_or_init(|| Regex::new(&self.pattern).expect("the patterns of data/secrets.toml are valid"));
        regex
            .captures_iter(text)
            .filter_map(|captures| {
                let group = ["secret", "quoted", "single"].iter().find_map(|name| captures.name(name));
                group.or_else(|| captures.get(0))
            })
            .map(|secret| secret.range())
            .filter(|secret| !secret.is_empty() && self.value.accepts(&text[secret.clone()]))
            .filter(|secret| !value::is_mask(&text[secret.clone()]))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Samples {
        secrets: Vec<String>,
        others: Vec<String>,
    }

    #[test]
    fn secrets_are_found_and_what_looks_like_them_is_not() {
        let Samples { secrets, others } = toml::from_str(include_str!("../../tests/fixtures/secrets.toml")).unwrap();
        assert!(secrets.len() >= 60 && others.len() >= 60);
        let missed: Vec<_> = secrets.iter().filter(|text| !is_secret(text)).collect();
        let wrong: Vec<_> = others.iter().filter(|text| is_secret(text)).collect();
        assert!(missed.is_empty() && wrong.len() <= 1, "missed: {missed:#?}\nwrong: {wrong:#?}");
    }

    #[test]
    fn every_rule_finds_its_examples_and_nothing_else() {
        let (mut ids, mut wrong) = (Vec::new(), Vec::new());
        for rule in RULES.iter() {
            for example in &rule.examples {
                if rule.secrets(example).len() != 1 || !is_secret(example) {
                    wrong.push(format!("{} does not find: {example}", rule.id));
                }
            }
            for example in &rule.counter_examples {
                for other in RULES.iter() {
                    if !other.secrets(example).is_empty() {
                        wrong.push(format!("{} finds: {example}", other.id));
                    }
                }
            }
            assert!(!rule.examples.is_empty() && !rule.counter_examples.is_empty(), "{}", rule.id);
            ids.push(&rule.id);
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "a rule has a name of its own");
        assert!(count <= MOST_RULES);
    }
}
