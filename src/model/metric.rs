//! Metrics: a value before and after, and which way is better.
//!
//! The text form is `NAME: BEFORE UNIT -> AFTER UNIT (DIRECTION)`, for instance `p95 latency: 480 ms -> 190 ms` or
//! `throughput: 1.2k/s -> 3.4k/s (higher)`. The unit may stand once, the direction may be left out where the words of
//! `data/metrics.toml` know it, and `k`, `M` and `G` directly behind a number multiply it by 10^3, 10^6 and 10^9.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::limits::Rules;
use super::words;

/// A change of less than this share of the value before counts as flat: it would print as 0.0 %.
const FLAT: f64 = 0.0005;

words! {
    /// Which way a metric is better.
    Direction {
        /// Less is better.
        Lower = "lower",
        /// More is better.
        Higher = "higher",
    }
}

words! {
    /// What a metric says of its change; derived, never stored.
    Verdict {
        /// It went the better way.
        Improved = "improved",
        /// It stayed.
        Flat = "flat",
        /// It went the worse way.
        Regressed = "regressed",
    }
}

/// A value before and after a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// What is measured.
    pub name: String,
    /// The unit of both values.
    pub unit: Option<String>,
    /// The value before the change.
    pub before: Option<f64>,
    /// The value after it; a draft has none yet.
    pub after: Option<f64>,
    /// Which way is better.
    pub better: Direction,
}

impl Metric {
    /// The relative change in percent, `(after - before) / |before| × 100`; `None` without both values or from zero.
    pub fn percent(&self) -> Option<f64> {
        let (before, after) = (self.before?, self.after?);
        let percent = (after - before) / before.abs() * 100.0;
        (before != 0.0 && percent.is_finite()).then_some(percent)
    }

    /// Whether it improved; `None` without both values.
    pub fn verdict(&self) -> Option<Verdict> {
        let (before, after) = (self.before?, self.after?);
        let flat = if before == 0.0 { after == 0.0 } else { ((after - before) / before).abs() < FLAT };
        Some(match self.better {
            _ if flat => Verdict::Flat,
            Direction::Lower if after < before => Verdict::Improved,
            Direction::Higher if after > before => Verdict::Improved,
            _ => Verdict::Regressed,
        })
    }

    /// One of its values with the unit, for instance `480 ms`, `2.1%`, or `–` for an absent one.
    pub fn value(&self, value: Option<f64>) -> String {
        let Some(value) = value else { return "–".to_owned() };
        match self.unit.as_deref() {
            None => format_number(value),
            Some(unit) if unit.starts_with(['%', '/', '°']) => format!("{}{unit}", format_number(value)),
            Some(unit) => format!("{} {unit}", format_number(value)),
        }
    }
}

/// The text form, always with the direction: it reads back as the same metric where its parts allow it.
impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.value(self.before))?;
        if self.after.is_some() {
            write!(f, " -> {}", self.value(self.after))?;
        }
        write!(f, " ({})", self.better)
    }
}

/// A number as people write it: no trailing zeros, no exponent where digits do.
pub fn format_number(value: f64) -> String {
    let plain = format!("{value}");
    if plain.len() <= 17 { plain } else { format!("{value:e}") }
}

/// A metric as handed in: its direction may be missing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MetricDraft {
    /// See [`Metric::name`].
    pub name: String,
    /// See [`Metric::unit`].
    pub unit: Option<String>,
    /// See [`Metric::before`].
    pub before: Option<f64>,
    /// See [`Metric::after`].
    pub after: Option<f64>,
    /// See [`Metric::better`]; taken from the words of the name when missing.
    pub better: Option<Direction>,
}

impl MetricDraft {
    /// The direction: as written, else by the words of `data/metrics.toml`.
    pub fn direction(&self) -> Option<Direction> {
        self.better.or_else(|| known_direction(&self.name, self.unit.as_deref()))
    }

    pub(super) fn validate(self, field: &str, rules: &mut Rules) -> Metric {
        let at = |name: &str| format!("{field}.{name}");
        let better = self.direction().unwrap_or_else(|| {
            let rule = format!("is missing: add (lower) or (higher) to \"{}\", whichever is better", self.name);
            rules.refuse(&at("better"), rule);
            Direction::Lower
        });
        if self.before.is_none() && self.after.is_none() {
            rules.refuse(field, "needs a value, for instance \"p95 latency: 480 ms -> 190 ms\"");
        }
        Metric {
            name: rules.required(&at("name"), Some(self.name)),
            unit: rules.line(&at("unit"), self.unit),
            before: rules.finite(&at("before"), self.before),
            after: rules.finite(&at("after"), self.after),
            better,
        }
    }
}

/// Why a text is not a metric.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("metric \"{text}\": {rule}; write it like \"p95 latency: 480 ms -> 190 ms\"")]
pub struct MetricError {
    text: String,
    rule: String,
}

impl FromStr for MetricDraft {
    type Err = MetricError;

    fn from_str(text: &str) -> Result<Self, MetricError> {
        parse(text).map_err(|rule| MetricError { text: text.chars().take(120).collect(), rule })
    }
}

fn parse(text: &str) -> Result<MetricDraft, String> {
    let (rest, better) = split_direction(text.trim());
    let arrow = rest.find("->").map(|at| (at, 2)).or_else(|| rest.find('→').map(|at| (at, '→'.len_utf8())));
    let (left, right) = match arrow {
        Some((at, width)) => (&rest[..at], Some(rest[at + width..].trim())),
        None => (rest, None),
    };
    let (name, before) = left.rsplit_once(':').ok_or("has no `:` behind its name")?;
    let name = name.trim();
    if name.is_empty() {
        return Err("has no name before the `:`".to_owned());
    }
    let before = quantity(before.trim())?;
    let after = right.map(quantity).transpose()?.flatten();
    if before.is_none() && after.is_none() {
        return Err("has no value".to_owned());
    }
    let units = [&before, &after].map(|side| side.as_ref().and_then(|(_, unit)| unit.clone()));
    let unit = match units {
        [Some(one), Some(other)] if one != other => {
            return Err(format!("is in `{one}` before and in `{other}` after: use one unit"));
        }
        [one, other] => one.or(other),
    };
    let value = |side: Option<(f64, Option<String>)>| side.map(|(number, _)| number);
    Ok(MetricDraft { name: name.to_owned(), unit, before: value(before), after: value(after), better })
}

/// Takes `(lower)`, `(higher is better)` and the like off the end.
fn split_direction(text: &str) -> (&str, Option<Direction>) {
    let split = text.strip_suffix(')').and_then(|open| open.rsplit_once('('));
    let Some((rest, inside)) = split else { return (text, None) };
    let word = inside.trim().trim_end_matches("is better").trim();
    match word.parse() {
        Ok(direction) => (rest.trim_end(), Some(direction)),
        Err(_) => (text, None),
    }
}

/// Reads `480 ms`, `2.1%`, `1.2k/s` as a number and its unit; `–`, `-` and `?` stand for a value nobody knows.
///
/// # Errors
/// What is wrong with the number, as the end of a sentence.
pub fn quantity(text: &str) -> Result<Option<(f64, Option<String>)>, String> {
    if matches!(text, "–" | "-" | "?" | "") {
        return Ok(None);
    }
    let end = number_end(text);
    let number: f64 = text[..end].parse().map_err(|_| format!("has no number at `{text}`"))?;
    if !number.is_finite() {
        return Err(format!("has a number out of range at `{text}`"));
    }
    let rest = &text[end..];
    if rest.starts_with(',') {
        return Err(format!("has a comma in `{text}`: write the number without it"));
    }
    let after_letter = rest.chars().next().map(|c| &rest[c.len_utf8()..]).unwrap_or_default();
    let alone = after_letter.is_empty() || after_letter.starts_with(['/', ' ']);
    let (factor, unit) = match rest.chars().next() {
        Some('k' | 'K') if alone => (1e3, after_letter),
        Some('M') if alone => (1e6, after_letter),
        Some('G') if alone => (1e9, after_letter),
        _ => (1.0, rest),
    };
    let unit = unit.trim();
    Ok(Some((number * factor, (!unit.is_empty()).then(|| unit.to_owned()))))
}

/// Where the number at the start of `text` ends: sign, digits, point, exponent.
fn number_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let mut end = digits(usize::from(text.starts_with(['-', '+'])));
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'-' | b'+')));
        let exponent = digits(end + 1 + sign);
        if exponent > end + 1 + sign {
            end = exponent;
        }
    }
    end
}

#[derive(Deserialize)]
struct Words {
    lower: Vec<String>,
    higher: Vec<String>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    // The file is compiled in and read by a test: it cannot be wrong in a binary that was released.
    toml::from_str(include_str!("../../data/metrics.toml")).expect("data/metrics.toml is valid")
});

fn known_direction(name: &str, unit: Option<&str>) -> Option<Direction> {
    let spaced = |text: &str| {
        let words = text.to_lowercase();
        let words: Vec<_> =
            words.split(|c: char| !(c.is_alphanumeric() || c == '/')).filter(|w| !w.is_empty()).collect();
        format!(" {} ", words.join(" "))
    };
    let text = format!("{}{}", spaced(name), spaced(unit.unwrap_or_default()));
    let longest =
        |words: &[String]| words.iter().filter(|word| text.contains(&format!(" {word} "))).map(String::len).max();
    match (longest(&WORDS.lower), longest(&WORDS.higher)) {
        (None, None) => None,
        (lower, higher) if lower == higher => None,
        (lower, higher) => Some(if lower > higher { Direction::Lower } else { Direction::Higher }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> MetricDraft {
        text.parse().unwrap()
    }

    #[test]
    fn the_text_forms_of_the_documentation() {
        let latency = read("p95 latency: 480 ms -> 190 ms");
        assert_eq!((latency.name.as_str(), latency.unit.as_deref()), ("p95 latency", Some("ms")));
        assert_eq!((latency.before, latency.after), (Some(480.0), Some(190.0)));
        assert_eq!(latency.direction(), Some(Direction::Lower));

        let errors = read("error rate: 2.1% -> 0.3%");
        assert_eq!((errors.unit.as_deref(), errors.before, errors.after), (Some("%"), Some(2.1), Some(0.3)));
        assert_eq!(errors.direction(), Some(Direction::Lower));

        let throughput = read("throughput: 1.2k/s -> 3.4k/s (higher)");
        assert_eq!((throughput.unit.as_deref(), throughput.before), (Some("/s"), Some(1200.0)));
        assert_eq!(throughput.better, Some(Direction::Higher));
    }

    #[test]
    fn a_unit_may_stand_once_and_a_name_may_have_colons() {
        let metric = read("GET /orders: p95: 480 → 190 ms (lower is better)");
        assert_eq!((metric.name.as_str(), metric.unit.as_deref()), ("GET /orders: p95", Some("ms")));
        assert_eq!(read("start-up: 5M -> 4M").before, Some(5e6));
        assert_eq!(read("heap: 5 MB -> 4 MB").unit.as_deref(), Some("MB"));
        assert_eq!(read("wait: 5m -> 4m").unit.as_deref(), Some("m"));
        assert_eq!(read("delta: -1.5e3 ms -> 2 ms").before, Some(-1500.0));
    }

    #[test]
    fn what_is_not_a_metric_says_what_is_missing() {
        for (text, hint) in [
            ("p95 480 -> 190", "has no `:`"),
            (": 480 -> 190", "has no name"),
            ("p95: fast -> faster", "has no number"),
            ("p95: 1.2 s -> 300 ms", "use one unit"),
            ("p95: 1,200 ms -> 300 ms", "comma"),
            ("p95: 1e999 -> 1", "out of range"),
            ("p95:", "has no value"),
        ] {
            let error = text.parse::<MetricDraft>().unwrap_err().to_string();
            assert!(error.contains(hint), "{text}: {error}");
        }
    }

    #[test]
    fn the_longest_word_decides_the_direction() {
        assert_eq!(known_direction("cache hit rate", Some("%")), Some(Direction::Higher));
        assert_eq!(known_direction("API error rate", None), Some(Direction::Lower));
        assert_eq!(known_direction("orders", Some("req/s")), Some(Direction::Higher));
        assert_eq!(known_direction("success time", None), Some(Direction::Higher));
        assert_eq!(known_direction("flux", None), None);
    }

    #[test]
    fn percent_and_verdict_are_derived() {
        let metric = |before, after, better| Metric { name: "m".into(), unit: None, before, after, better };
        let fell = metric(Some(480.0), Some(190.0), Direction::Lower);
        assert_eq!(fell.percent().map(f64::round), Some(-60.0));
        assert_eq!(fell.verdict(), Some(Verdict::Improved));
        assert_eq!(metric(Some(1.0), Some(2.0), Direction::Lower).verdict(), Some(Verdict::Regressed));
        assert_eq!(metric(Some(100.0), Some(100.01), Direction::Lower).verdict(), Some(Verdict::Flat));
        assert_eq!(metric(Some(0.0), Some(93.5), Direction::Higher).percent(), None);
        assert_eq!(metric(Some(0.0), Some(93.5), Direction::Higher).verdict(), Some(Verdict::Improved));
        assert_eq!(metric(Some(-4.0), Some(-2.0), Direction::Higher).percent(), Some(50.0));
        assert_eq!(metric(None, Some(2.0), Direction::Lower).verdict(), None);
    }
}
