//! The rules, read from `data/secrets.toml`, and those of a project in the same form; a rule is compiled when a text may hold
//! what it looks for.

use std::ops::Range;
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;
use anyhow::{Context, Result, ensure};
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
    examples: Vec<String>,
    #[serde(default)]
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

/// What a project says of rules.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Own {
    /// Rules that are not asked, by their ids.
    off: Vec<String>,
    /// Rules besides the ones there are.
    rule: Vec<Rule>,
}

static RULES: OnceLock<Vec<Rule>> = OnceLock::new();

fn built_in() -> Vec<Rule> {
    // The file is compiled in and tested: it cannot be wrong in a binary that was released.
    let file: File = toml::from_str(include_str!("../../data/secrets.toml")).expect("data/secrets.toml is valid");
    file.rule
}

/// Every rule, in the order of the file; those of the project are last.
pub(super) fn rules() -> &'static [Rule] {
    RULES.get_or_init(built_in)
}

/// Takes what a project says of rules, before any is asked for the first time.
pub(super) fn configure(text: &str) -> Result<()> {
    // The table is no longer where it stood in its file: the place would be a wrong one.
    let own = toml::from_str(text).map_err(|error| anyhow::anyhow!("{}", error.message()))?;
    let rules = with_own(own)?;
    // Of two projects in one process, the first says what holds.
    RULES.get_or_init(|| rules);
    Ok(())
}

fn with_own(own: Own) -> Result<Vec<Rule>> {
    let mut rules = built_in();
    for id in &own.off {
        let known = || rules.iter().map(Rule::id).collect::<Vec<_>>().join(", ");
        ensure!(rules.iter().any(|rule| rule.id == *id), "`off` names no rule `{id}`; there are {}", known());
    }
    for (place, rule) in own.rule.iter().enumerate() {
        let is_taken = rules.iter().chain(&own.rule[..place]).any(|known| known.id == rule.id);
        ensure!(!is_taken, "two rules are called `{}`", rule.id);
        rule.check().with_context(|| format!("rule `{}`", rule.id))?;
    }
    rules.retain(|rule| !own.off.contains(&rule.id));
    rules.extend(own.rule);
    ensure!(rules.len() <= MOST_RULES, "there are {} rules, and {MOST_RULES} at most", rules.len());
    Ok(rules)
}

/// The literals of all rules, looked for in one pass.
struct Literals {
    automaton: AhoCorasick,
    /// The rule of each.
    rules: Vec<usize>,
}

static LITERALS: OnceLock<Literals> = OnceLock::new();

fn literals() -> &'static Literals {
    LITERALS.get_or_init(|| {
        let all =
            || rules().iter().enumerate().flat_map(|(rule, known)| known.literals.iter().map(move |text| (rule, text)));
        Literals {
            automaton: AhoCorasick::new(all().map(|(_, text)| text)).expect("literals are few and short"),
            rules: all().map(|(rule, _)| rule).collect(),
        }
    })
}

/// Reads the rules, which the first look would otherwise do.
pub(super) fn prepare() {
    literals();
}

/// Whether a text holds a secret of any sort.
pub(super) fn is_secret(text: &str) -> bool {
    let (all, Literals { automaton, rules }) = (rules(), literals());
    let mut looked = [false; MOST_RULES];
    automaton.find_overlapping_iter(text).any(|found| {
        let rule = rules[found.pattern().as_usize()];
        if all[rule].value == Accepted::Random && !is_before_sign(text, found.end()) {
            return false;
        }
        // A text that is looked for by the literals of a rule is looked through once.
        !std::mem::replace(&mut looked[rule], true) && !all[rule].found(text).is_empty()
    })
}

/// Whether a name that ends here is followed by `=` or `:`, perhaps behind a quotation mark and blanks: in prose it is not.
fn is_before_sign(text: &str, end: usize) -> bool {
    let behind = &text[end..];
    behind.strip_prefix(['"', '\'']).unwrap_or(behind).trim_start().starts_with(['=', ':'])
}

impl Rule {
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn description(&self) -> &str {
        &self.description
    }

    /// Whether it can be asked, and says of its examples what it should.
    fn check(&self) -> Result<()> {
        let is_name =
            |id: &str| !id.is_empty() && id.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        ensure!(is_name(&self.id), "`id` must be of small letters, digits and `-`");
        ensure!(
            !self.description.trim().is_empty(),
            "`description` is empty: say what it looks like, \"a token of ours\""
        );
        let few =
            "`literals` must be texts of 3 to 64 characters, one of which stands in every such secret or before it";
        let is_literal = |text: &String| (3..=64).contains(&text.chars().count());
        ensure!(
            !self.literals.is_empty() && self.literals.len() <= 20 && self.literals.iter().all(is_literal),
            "{few}"
        );
        let regex = Regex::new(&self.pattern).context("`pattern` is no regular expression")?;
        ensure!(!regex.is_match(""), "`pattern` matches an empty text");
        ensure!(!self.examples.is_empty(), "`examples` is empty: give a text that it must find");
        for example in &self.examples {
            ensure!(!self.secrets(example).is_empty(), "it does not find its example `{example}`");
        }
        for example in &self.counter_examples {
            ensure!(self.secrets(example).is_empty(), "it finds its counter-example `{example}`");
        }
        Ok(())
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
            self.regex.get_or_init(|| Regex::new(&self.pattern).expect("patterns are checked before they are rules"));
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
        for rule in rules() {
            for example in &rule.examples {
                if rule.secrets(example).len() != 1 || !is_secret(example) {
                    wrong.push(format!("{} does not find: {example}", rule.id));
                }
            }
            for example in &rule.counter_examples {
                for other in rules() {
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

    fn own(text: &str) -> Result<Vec<Rule>> {
        with_own(toml::from_str(text)?)
    }

    const RULE: &str = "[[rule]]\nid = 'orders-token'\ndescription = 'a token of the shop'\nliterals = ['ord_']\n\
        pattern = 'ord_[a-z]{8}'\nexamples = ['x ord_abcdefgh']\ncounter_examples = ['ord_short']\n";

    #[test]
    fn a_project_adds_rules_and_switches_others_off() {
        let rules = own(&format!("off = ['aws-access-key']\n{RULE}")).unwrap();
        assert!(rules.iter().all(|rule| rule.id != "aws-access-key"));
        assert_eq!(rules.last().unwrap().secrets("ord_abcdefgh").len(), 1);
        assert_eq!(rules.len(), built_in().len());
    }

    #[test]
    fn a_rule_that_does_not_do_what_it_says_is_refused() {
        let refused = |from: &str, to: &str| format!("{:#}", own(&RULE.replacen(from, to, 1)).unwrap_err());
        assert!(refused("{8}", "{9}").contains("rule `orders-token`: it does not find its example `x ord_abcdefgh`"));
        assert!(refused("['ord_short']", "['ord_otherone']").contains("it finds its counter-example"));
        assert!(refused("['ord_']", "['o']").contains("`literals`"));
        assert!(refused("'ord_[a-z]{8}'", "'ord_['").contains("no regular expression"));
        assert!(refused("orders-token", "github-token").contains("two rules are called `github-token`"));
        assert!(format!("{:#}", own("off = ['other']").unwrap_err()).contains("no rule `other`"));
    }
}
