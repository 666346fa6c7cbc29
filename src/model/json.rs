//! Reading JSON strictly, and keeping what a newer version wrote.
//!
//! Input is refused when a field is unknown or stands twice, with its path and its line and column. Stored documents are
//! read tolerantly by plain `serde_json`; [`carry_unknown`] keeps the fields this version does not know through an edit.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// What a walk does with values that hold no others.
macro_rules! scalars {
    () => {
        fn visit_bool<E>(self, _: bool) -> Result<(), E> {
            Ok(())
        }
        fn visit_i64<E>(self, _: i64) -> Result<(), E> {
            Ok(())
        }
        fn visit_u64<E>(self, _: u64) -> Result<(), E> {
            Ok(())
        }
        fn visit_f64<E>(self, _: f64) -> Result<(), E> {
            Ok(())
        }
        fn visit_str<E>(self, _: &str) -> Result<(), E> {
            Ok(())
        }
        fn visit_unit<E>(self) -> Result<(), E> {
            Ok(())
        }
    };
}

/// Why a JSON text was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct InputError {
    /// The path of the field, for instance `baseline.route`; empty for the text as a whole.
    pub path: String,
    /// Its line, from 1.
    pub line: usize,
    /// Its column, from 1.
    pub column: usize,
    /// What is wrong.
    pub rule: String,
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, column, rule } = self;
        let path = if path.is_empty() { "the input" } else { path };
        write!(f, "{path}: {rule} (line {line}, column {column})")
    }
}

/// Reads one JSON text, refusing unknown fields and repeated keys.
///
/// # Errors
/// [`InputError`] for text that is not JSON (nested deeper than 128 included), a field that `T` does not have, a key that
/// stands twice, or a value of the wrong type.
pub fn read_strict<T: DeserializeOwned>(text: &str) -> Result<T, InputError> {
    // Nearly every text is right. Where one is wrong is found by those that keep the path, which takes twice as long.
    if let Some(value) = read_valid(text) {
        return Ok(value);
    }
    walk(text, None)?;
    let mut unknown = None;
    let mut json = serde_json::Deserializer::from_str(text);
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut json, &mut track);
    let read = serde_ignored::deserialize(tracked, |path| {
        unknown.get_or_insert_with(|| normal_path(&path.to_string()));
    });
    let value = read.map_err(|error| input_error(normal_path(&track.path().to_string()), &error))?;
    match unknown {
        None => Ok(value),
        Some(path) => Err(walk(text, Some(&path)).err().unwrap_or_else(|| InputError {
            path,
            line: 1,
            column: 1,
            rule: UNKNOWN.to_owned(),
        })),
    }
}

/// What a text says in which nothing is wrong.
fn read_valid<T: DeserializeOwned>(text: &str) -> Option<T> {
    let mut json = serde_json::Deserializer::from_str(text);
    Distinct.deserialize(&mut json).and_then(|()| json.end()).ok()?;
    let mut known = true;
    let value = serde_ignored::deserialize(&mut serde_json::Deserializer::from_str(text), |_| known = false).ok()?;
    known.then_some(value)
}

/// JSON in which no key stands twice.
struct Distinct;

impl<'de> DeserializeSeed<'de> for Distinct {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        input.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Distinct {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = hashbrown::HashSet::new();
        while let Some(Key(key)) = map.next_key()? {
            if !seen.insert(key) {
                return Err(A::Error::custom(TWICE));
            }
            map.next_value_seed(Self)?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(Self)?.is_some() {}
        Ok(())
    }

    scalars!();
}

/// The key of a field, borrowed where nothing in it is escaped.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

const UNKNOWN: &str = "is not a field shipnote knows";
const TWICE: &str = "stands twice";

/// Walks the whole text, and fails at a repeated key, or at the key whose path is `target`.
fn walk(text: &str, target: Option<&str>) -> Result<(), InputError> {
    let found = RefCell::new(String::new());
    let mut json = serde_json::Deserializer::from_str(text);
    Walk { path: String::new(), target, found: &found }
        .deserialize(&mut json)
        .and_then(|()| json.end())
        .map_err(|error| input_error(found.into_inner(), &error))
}

fn input_error(path: String, error: &serde_json::Error) -> InputError {
    let text = error.to_string();
    let rule = text.rsplit_once(" at line ").map_or(text.as_str(), |(rule, _)| rule);
    let rule = in_plain_words(rule);
    let path = if path == "." { String::new() } else { path };
    InputError { path, line: error.line(), column: error.column(), rule }
}

/// What serde says of types, without Rust's names for them.
fn in_plain_words(rule: &str) -> String {
    let Some((found, expected)) = rule.rsplit_once(", expected ") else { return rule.to_owned() };
    let expected = match expected {
        "f64" => "a number",
        "u16" | "u32" | "u64" | "i32" | "i64" => "a whole number",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "an object",
        _ if expected.starts_with("struct ") => "an object",
        other => other,
    };
    format!("{found}, expected {expected}")
}

/// `checks.0.?.url` → `checks[0].url`: the two crates that track paths write them differently.
fn normal_path(path: &str) -> String {
    let mut normal = String::new();
    for part in path.split('.').filter(|part| !part.is_empty() && *part != "?") {
        if part.bytes().all(|byte| byte.is_ascii_digit()) {
            normal.push_str(&format!("[{part}]"));
        } else {
            if !normal.is_empty() {
                normal.push('.');
            }
            normal.push_str(part);
        }
    }
    normal
}

struct Walk<'a> {
    path: String,
    target: Option<&'a str>,
    /// The path of the key that ended the walk.
    found: &'a RefCell<String>,
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        input.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            let path = if self.path.is_empty() { key.clone() } else { format!("{}.{key}", self.path) };
            let wrong = if self.target == Some(path.as_str()) { Some(UNKNOWN) } else { None };
            let wrong = wrong.or_else(|| (!seen.insert(key)).then_some(TWICE));
            if let Some(rule) = wrong {
                self.found.replace(path);
                return Err(A::Error::custom(rule));
            }
            map.next_value_seed(Walk { path, ..self })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        for n in 0.. {
            let path = format!("{}[{n}]", self.path);
            if seq.next_element_seed(Walk { path, ..self })?.is_none() {
                break;
            }
        }
        Ok(())
    }

    scalars!();
}

/// Copies into `new` what `old` holds and `known` does not.
///
/// `old` is a stored document, `known` the same document read and written by this version, `new` its edited form. Entries
/// of lists are followed while they stand unchanged at the same place.
pub fn carry_unknown(old: &Value, known: &Value, new: &mut Value) {
    match (old, known, new) {
        (Value::Object(old), Value::Object(known), Value::Object(new)) => carry_fields(old, known, new),
        (Value::Array(old), Value::Array(known), Value::Array(new)) => {
            for ((old, known), new) in old.iter().zip(known).zip(new) {
                if known == new {
                    carry_unknown(old, known, new);
                }
            }
        }
        _ => {}
    }
}

fn carry_fields(old: &Map<String, Value>, known: &Map<String, Value>, new: &mut Map<String, Value>) {
    for (key, old_value) in old {
        match (known.get(key), new.get_mut(key)) {
            (None, None) => {
                new.insert(key.clone(), old_value.clone());
            }
            (Some(known_value), Some(new_value)) => carry_unknown(old_value, known_value, new_value),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Draft;

    fn refused(text: &str) -> InputError {
        read_strict::<Draft>(text).unwrap_err()
    }

    #[test]
    fn an_unknown_field_is_refused_with_path_and_position() {
        let error = refused("{\n  \"title\": \"t\",\n  \"ownr\": 1}");
        assert_eq!((error.path.as_str(), error.line), ("ownr", 3));
        let error = refused(r#"{"title": "t", "metrics": [{"name": "a"}, {"name": "b", "beforre": 1}]}"#);
        assert_eq!((error.path.as_str(), error.rule.as_str()), ("metrics[1].beforre", UNKNOWN));
        assert_eq!(refused(r#"{"title": "t", "baseline": {"rute": 1}}"#).path, "baseline.rute");
    }

    #[test]
    fn a_repeated_key_is_refused_wherever_it_stands() {
        assert_eq!(refused(r#"{"title": "a", "title": "b"}"#).rule, TWICE);
        let error = refused(r#"{"title": "a", "checks": [{"kind": "http", "json": {"a": [{"b": 1, "b": 2}]}}]}"#);
        assert_eq!((error.path.as_str(), error.rule.as_str()), ("checks[0].json.a[0].b", TWICE));
    }

    #[test]
    fn a_wrong_type_names_the_field() {
        let error = refused(r#"{"title": "t", "metrics": [{"name": "a", "before": "fast"}]}"#);
        assert_eq!(error.path, "metrics[0].before");
        assert_eq!(refused(r#"{"title": "t", "status": "done"}"#).path, "status");
        assert!(refused(r#"{"title": "t", "shipped_at": "2026-02-30"}"#).rule.contains("is not a date"));
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in ["", "{", "[1,", "{\"title\": NaN}", "{\"title\": 1e999}", "{} {}"] {
            assert!(read_strict::<Draft>(text).is_err(), "{text}");
        }
        let deep = format!("{{\"checks\": [{{\"json\": {}1{}}}]}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(refused(&deep).rule.contains("recursion"));
    }

    #[test]
    fn unknown_fields_survive_an_edit() {
        let old = json!({"title": "a", "mood": 1, "baseline": {"route": "r", "hue": 2}, "metrics": [{"n": 1, "x": 9}]});
        let known = json!({"title": "a", "baseline": {"route": "r"}, "metrics": [{"n": 1}]});
        let mut new = json!({"title": "b", "baseline": {"route": "s"}, "metrics": [{"n": 1}, {"n": 2}]});
        carry_unknown(&old, &known, &mut new);
        let expected = json!({"title": "b", "mood": 1, "baseline": {"route": "s", "hue": 2},
            "metrics": [{"n": 1, "x": 9}, {"n": 2}]});
        assert_eq!(new, expected);
    }
}
