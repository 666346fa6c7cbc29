//! Names in a template that nothing stands behind, found without rendering: `{{ change.titel }}` in a branch that no sample
//! takes, or in an `if`, where the engine takes it for false.
//!
//! Knows what the views have, and what `for` makes of them. What it cannot follow it takes for right.

use std::collections::{BTreeMap, BTreeSet};

use tera::Value;

use super::{Format, sample, tags};
use crate::render::source::Tag;

/// Words of the language.
const WORDS: [&str; 16] = [
    "and", "or", "not", "in", "is", "if", "else", "true", "false", "True", "False", "none", "None", "null", "loop",
    "for",
];

/// Values by name; `None` for one that cannot be followed.
type Scope = BTreeMap<String, Option<Value>>;

/// Names that a file gives a value, which the files it includes or extends see too.
pub(super) fn given(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for tag in tags(text) {
        match tag.keyword() {
            "set" | "set_global" => drop(names.insert(tag.name().to_owned())),
            "for" => names.extend(loop_of(&tag).into_iter().flat_map(|(bound, _)| bound).map(str::to_owned)),
            _ => {}
        }
    }
    names
}

/// Places, in bytes, with what is wrong there; `given` are the names that any file gives a value.
pub(super) fn unknown(format: Format, name: &str, text: &str, given: &BTreeSet<String>) -> Vec<(usize, String)> {
    let mut scope = roots(format, name);
    scope.extend(given.iter().map(|name| (name.clone(), None)));
    let tags = tags(text);
    for tag in tags.iter().filter(|tag| tag.keyword() == "component") {
        scope.extend(words(tag.text).map(|(_, word)| (word.to_owned(), None)));
    }
    let mut found = Vec::new();
    let mut loops: Vec<Scope> = Vec::new();
    for tag in &tags {
        match tag.keyword() {
            "for" => {
                let Some((bound, behind)) = loop_of(tag) else { continue };
                let container = &tag.text[behind..];
                look(container, tag.start + behind, &scope, &mut found);
                let each = path_value(container.trim(), &scope).and_then(|value| value.as_array()?.first().cloned());
                let each = each.filter(|_| bound.len() == 1);
                let before = bound.into_iter().map(|name| {
                    let before = scope.insert(name.to_owned(), each.clone()).flatten();
                    (name.to_owned(), before)
                });
                loops.push(before.collect());
            }
            // The name stays known, without what it stood for.
            "endfor" => scope.extend(loops.pop().into_iter().flatten()),
            "if" | "elif" | "set" | "set_global" => {
                let skipped = behind_keyword(tag);
                look(&tag.text[skipped..], tag.start + skipped, &scope, &mut found);
            }
            // A value, or a component with a body.
            keyword if !tag.statement || keyword.starts_with('<') => look(tag.text, tag.start, &scope, &mut found),
            _ => {}
        }
    }
    found
}

/// The names that a loop gives values, and where what it goes over begins.
fn loop_of<'a>(tag: &Tag<'a>) -> Option<(Vec<&'a str>, usize)> {
    let mut bound = Vec::new();
    for (at, word) in words(tag.text).skip(1) {
        if word == "in" {
            return Some((bound, at + word.len()));
        }
        bound.push(word);
    }
    None
}

/// What the engine hands in: `site`, `page`, and the view of this template; a file that is no page of its own may be part of
/// any.
fn roots(format: Format, name: &str) -> Scope {
    let full: Vec<_> = sample::all().into_iter().filter(|sample| sample.name == "full").collect();
    let mine = full.iter().any(|sample| sample.template(format).as_deref() == Some(name));
    let mut scope = Scope::new();
    for sample in full {
        scope.insert("site".to_owned(), Some(Value::from_serializable(&sample.site)));
        if let Some(frame) = &sample.frame {
            scope.insert("page".to_owned(), Some(Value::from_serializable(frame)));
        }
        if !mine || sample.template(format).as_deref() == Some(name) {
            scope.insert(sample.view.to_owned(), Some(sample.value));
        }
    }
    scope.extend(["body", "__tera_context"].map(|name| (name.to_owned(), None)));
    scope
}

/// Where the expression begins: behind the keyword, and for `set` behind the sign.
fn behind_keyword(tag: &Tag<'_>) -> usize {
    let keyword = tag.keyword();
    if keyword.starts_with("set") {
        return tag.text.find('=').map_or(tag.text.len(), |sign| sign + 1);
    }
    tag.text.find(keyword).unwrap_or(0) + keyword.len()
}

/// Every path in an expression: `change.owner.name`.
fn look(text: &str, start: usize, scope: &Scope, found: &mut Vec<(usize, String)>) {
    // A list comprehension uses its name before it says what it stands for.
    if words(text).any(|(_, word)| word == "for") {
        return;
    }
    for (at, path) in words(text) {
        let before = text[..at].trim_end();
        let behind = text[at + path.len()..].trim_start();
        let root = path.split('.').next().unwrap_or_default();
        // The name of an argument, of a function, of a key, of a filter, a test or a component.
        let named = behind.starts_with(['(', ':']) || behind.starts_with('=') && !behind.starts_with("==");
        let of_engine = before.ends_with(['|', '@', '.', '<', '?'])
            || ["is", "is not"].iter().any(|word| ends_with_word(before, word));
        let tested = ["is ", "| default", "|default", "?"].iter().any(|test| behind.starts_with(test));
        if named || of_engine || tested || WORDS.contains(&root) {
            continue;
        }
        if let Some((offset, said)) = wrong(path, scope) {
            found.push((start + at + offset, said));
        }
    }
}

fn ends_with_word(text: &str, word: &str) -> bool {
    text.strip_suffix(word)
        .is_some_and(|before| !before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.'))
}

/// What is wrong with a path, and how far in.
fn wrong(path: &str, scope: &Scope) -> Option<(usize, String)> {
    let mut parts = path.split('.');
    let root = parts.next()?;
    let Some(value) = scope.get(root) else {
        return Some((0, format!("Variable `{root}` is not defined")));
    };
    let mut value = value.clone()?;
    let mut offset = root.len() + 1;
    for part in parts {
        let map = value.as_map()?;
        let Some(next) = map.get(&part.to_owned().into()) else {
            let mut fields: Vec<String> = map.keys().map(ToString::to_string).collect();
            fields.sort_unstable();
            return Some((offset, format!("Field `{part}` is not defined. Available fields: {}", fields.join(", "))));
        };
        value = next.clone();
        offset += part.len() + 1;
    }
    None
}

/// The value that a path alone leads to.
fn path_value(path: &str, scope: &Scope) -> Option<Value> {
    let mut parts = path.split('.');
    let mut value = scope.get(parts.next()?)?.clone()?;
    for part in parts {
        value = value.as_map()?.get(&part.to_owned().into())?.clone();
    }
    Some(value)
}

/// Names with their fields, outside quotes, with where they begin.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let bytes = text.as_bytes();
        while at < bytes.len() {
            let byte = bytes[at];
            if matches!(byte, b'"' | b'\'' | b'`') {
                at += 1;
                while at < bytes.len() && bytes[at] != byte {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at += 1;
            } else if byte.is_ascii_alphanumeric() || byte == b'_' {
                let start = at;
                let name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
                while at < bytes.len()
                    && (name(bytes[at]) || bytes[at] == b'.' && bytes.get(at + 1).is_some_and(|next| name(*next)))
                {
                    at += 1;
                }
                if !byte.is_ascii_digit() {
                    return Some((start, &text[start..at]));
                }
            } else {
                at += 1;
            }
        }
        None
    })
}
