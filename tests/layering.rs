//! The module map of `src/lib.rs` holds: who imports whom, which crate stays in which room, and that rooms are explained.
//!
//! The sources are read as tokens, not compiled: enough to see every `crate::` and `super::` path, in groups too. Paths in
//! comments, documentation and strings are not imports.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Crates that one room alone may use.
const KEPT_IN: [(&str, &str); 12] = [
    ("clap", "cli"),
    ("clap_complete", "cli"),
    ("comfy_table", "cli"),
    ("indicatif", "cli"),
    ("inquire", "cli"),
    ("postgres", "store"),
    ("pulldown_cmark", "markup"),
    ("rusqlite", "store"),
    ("rustls", "store"),
    ("rustls_platform_verifier", "store"),
    ("tera", "render"),
    ("tokio_postgres_rustls", "store"),
];

/// Lines of a file before its tests.
const MOST_LINES: usize = 400;

/// A row of the module map.
#[derive(Debug, PartialEq)]
struct Room {
    layer: u32,
    /// `None`: all rooms.
    may_import: Option<BTreeSet<String>>,
}

type Map = BTreeMap<String, Room>;

fn read_map(lib: &str) -> Map {
    let mut map = Map::new();
    for line in lib.lines().filter_map(|line| line.strip_prefix("//! |")) {
        let cells: Vec<&str> = line.trim_end_matches('|').split('|').map(str::trim).collect();
        let [layer, name, _, may_import] = cells[..] else { continue };
        let Ok(layer) = layer.parse() else { continue };
        let may_import = match may_import {
            "all" => None,
            "–" => Some(BTreeSet::new()),
            list => Some(list.split(',').map(|room| room.trim().to_owned()).collect()),
        };
        let before = map.insert(name.trim_matches('`').to_owned(), Room { layer, may_import });
        assert!(before.is_none(), "two rows for {name}");
    }
    map
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    /// `::`
    Path,
    Sign(char),
}

/// Rust as tokens, without comments, strings and numbers' details.
fn tokens(source: &str) -> Vec<Token> {
    let chars: Vec<char> = source.chars().collect();
    let at = |n: usize| chars.get(n).copied().unwrap_or('\0');
    let mut tokens = Vec::new();
    let mut n = 0;
    while n < chars.len() {
        let c = chars[n];
        if c == '/' && at(n + 1) == '/' {
            n += chars[n..].iter().position(|c| *c == '\n').unwrap_or(chars.len() - n);
        } else if c == '/' && at(n + 1) == '*' {
            n = block_comment_end(&chars, n);
        } else if c == '"' {
            n = string_end(&chars, n + 1);
        } else if let Some(hashes) = raw_string(&chars, n) {
            n = raw_string_end(&chars, n, hashes);
        } else if c == '\'' && at(n + 1) == '\\' {
            n += 3 + chars[n + 3..].iter().position(|c| *c == '\'').map_or(0, |quote| quote + 1);
        } else if c == '\'' && at(n + 2) == '\'' {
            n += 3;
        } else if c.is_alphanumeric() || c == '_' {
            let end = n + chars[n..].iter().take_while(|c| c.is_alphanumeric() || **c == '_').count();
            tokens.push(Token::Word(chars[n..end].iter().collect()));
            n = end;
        } else if c == ':' && at(n + 1) == ':' {
            tokens.push(Token::Path);
            n += 2;
        } else {
            if !c.is_whitespace() {
                tokens.push(Token::Sign(c));
            }
            n += 1;
        }
    }
    tokens
}

fn block_comment_end(chars: &[char], start: usize) -> usize {
    let (mut depth, mut n) = (0, start);
    while n < chars.len() {
        match (chars[n], chars.get(n + 1)) {
            ('/', Some('*')) => (depth, n) = (depth + 1, n + 2),
            ('*', Some('/')) => (depth, n) = (depth - 1, n + 2),
            _ => n += 1,
        }
        if depth == 0 {
            break;
        }
    }
    n
}

fn string_end(chars: &[char], start: usize) -> usize {
    let mut n = start;
    while n < chars.len() && chars[n] != '"' {
        n += if chars[n] == '\\' { 2 } else { 1 };
    }
    n + 1
}

/// The hashes of the raw string that begins here: `r"`, `br#"`.
fn raw_string(chars: &[char], start: usize) -> Option<usize> {
    let behind_word = start > 0 && (chars[start - 1].is_alphanumeric() || chars[start - 1] == '_');
    let mut n = start + usize::from(chars[start] == 'b');
    if behind_word || chars.get(n) != Some(&'r') {
        return None;
    }
    n += 1;
    let hashes = chars[n..].iter().take_while(|c| **c == '#').count();
    (chars.get(n + hashes) == Some(&'"')).then_some(hashes)
}

fn raw_string_end(chars: &[char], start: usize, hashes: usize) -> usize {
    let open = start + chars[start..].iter().position(|c| *c == '"').unwrap_or_default();
    let mut n = open + 1;
    while n < chars.len()
        && !(chars[n] == '"' && chars[n + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes)
    {
        n += 1;
    }
    n + 1 + hashes
}

/// The modules of a file under `src`: `query/spans.rs` → `query`, `spans`.
fn module_of(file: &Path) -> Vec<String> {
    let mut parts: Vec<String> =
        file.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if matches!(parts.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        parts.pop();
    }
    parts
}

/// What a file reaches of the crate's root: names of rooms, or `*` for all of it.
fn reached(module: &[String], tokens: &[Token]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    // Inline modules: the number of braces open where each began.
    let mut inline: Vec<usize> = Vec::new();
    let mut depth = 0;
    let word = |n: usize| match tokens.get(n) {
        Some(Token::Word(word)) => word.as_str(),
        _ => "",
    };
    for (n, token) in tokens.iter().enumerate() {
        match token {
            Token::Sign('{') => {
                depth += 1;
                if n >= 2 && word(n - 2) == "mod" {
                    inline.push(depth);
                }
            }
            Token::Sign('}') => {
                if inline.last() == Some(&depth) {
                    inline.pop();
                }
                depth -= 1;
            }
            Token::Word(first) if n == 0 || tokens[n - 1] != Token::Path => {
                let mut level = module.len() + inline.len();
                let mut next = n;
                match first.as_str() {
                    "crate" | "shipnote" => level = 0,
                    "super" => level = level.saturating_sub(1),
                    _ => continue,
                }
                while tokens.get(next + 1) == Some(&Token::Path) && word(next + 2) == "super" {
                    level = level.saturating_sub(1);
                    next += 2;
                }
                if level == 0 {
                    names.extend(names_behind(&tokens[next + 1..]));
                }
            }
            _ => {}
        }
    }
    names
}

/// The names behind a path to the crate's root: one, or the first of each path in a group.
fn names_behind(tokens: &[Token]) -> Vec<String> {
    match tokens {
        [Token::Path, Token::Word(name), ..] => vec![name.clone()],
        [Token::Path, Token::Sign('{'), group @ ..] => {
            let (mut names, mut depth, mut first) = (Vec::new(), 0, true);
            for token in group {
                match token {
                    Token::Sign('{') => depth += 1,
                    Token::Sign('}') if depth == 0 => break,
                    Token::Sign('}') => depth -= 1,
                    Token::Sign(',') if depth == 0 => first = true,
                    Token::Word(name) if std::mem::take(&mut first) => names.push(name.clone()),
                    Token::Sign('*') if std::mem::take(&mut first) => names.push("*".to_owned()),
                    _ => {}
                }
            }
            names
        }
        // A glob; and `use crate as other` would hide what follows.
        [Token::Path, ..] => vec!["*".to_owned()],
        [Token::Word(word), ..] if word == "as" => vec!["*".to_owned()],
        // `pub(crate)` is no path.
        _ => Vec::new(),
    }
}

/// The kept crates that a file uses.
fn crates_used(tokens: &[Token]) -> BTreeSet<&'static str> {
    let mut used = BTreeSet::new();
    let mut importing = false;
    for (n, token) in tokens.iter().enumerate() {
        match token {
            Token::Word(word) if word == "use" || word == "extern" => importing = true,
            Token::Sign(';') => importing = false,
            Token::Word(word) if n == 0 || tokens[n - 1] != Token::Path => {
                let path = tokens.get(n + 1) == Some(&Token::Path) || importing;
                let attribute = n >= 2 && tokens[n - 2..n] == [Token::Sign('#'), Token::Sign('[')];
                used.extend(KEPT_IN.iter().map(|(name, _)| *name).filter(|name| (path || attribute) && word == name));
            }
            // `::clap::Parser`
            Token::Word(word)
                if tokens.get(n.wrapping_sub(2)).is_none_or(|before| !matches!(before, Token::Word(_))) =>
            {
                used.extend(KEPT_IN.iter().map(|(name, _)| *name).filter(|name| word == name));
            }
            _ => {}
        }
    }
    used
}

/// What is wrong with one file; its path is relative to `src`.
fn violations(map: &Map, file: &Path, source: &str) -> Vec<String> {
    let module = module_of(file);
    let tokens = tokens(source);
    // `main.rs` is the command line; `lib.rs` holds nothing but the map.
    let home = module.first().map_or("cli", String::as_str);
    let Some(room) = map.get(home) else { return vec![format!("{home} has no row in the module map")] };
    let mut wrong = Vec::new();
    for name in reached(&module, &tokens).into_iter().filter(|name| name != home) {
        if room.may_import.as_ref().is_some_and(|allowed| !allowed.contains(&name)) {
            wrong.push(format!("{home} may not import {name}"));
        }
    }
    for name in crates_used(&tokens) {
        let kept_in = KEPT_IN.iter().find(|(known, _)| *known == name).map(|(_, room)| *room);
        if kept_in != Some(home) {
            wrong.push(format!("{home} may not use the crate {name}"));
        }
    }
    wrong
}

fn source_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every Rust file under `src` with its path relative to it.
fn sources() -> Vec<(PathBuf, String)> {
    let root = source_folder();
    let mut folders = vec![root.clone()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                files.push((path.strip_prefix(&root).unwrap().to_owned(), text));
            }
        }
    }
    files.sort();
    files
}

fn lib() -> String {
    fs::read_to_string(source_folder().join("lib.rs")).unwrap()
}

#[test]
fn every_import_is_allowed_by_the_module_map() {
    let map = read_map(&lib());
    let sources = sources();
    assert!(sources.len() > 20, "the sources were not found");
    let wrong: Vec<String> = sources
        .iter()
        .flat_map(|(file, text)| {
            violations(&map, file, text).into_iter().map(move |wrong| format!("src/{}: {wrong}", file.display()))
        })
        .collect();
    assert!(wrong.is_empty(), "see the module map in src/lib.rs\n{}", wrong.join("\n"));
}

#[test]
fn the_map_has_a_row_for_every_room_and_points_downward() {
    let map = read_map(&lib());
    let rooms: BTreeSet<&str> = map.keys().map(String::as_str).collect();
    let lib = lib();
    let modules: BTreeSet<&str> =
        lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert_eq!(rooms, modules, "rows and `pub mod` differ");
    let on_disk: BTreeSet<String> = sources().iter().filter_map(|(file, _)| module_of(file).first().cloned()).collect();
    assert_eq!(rooms, on_disk.iter().map(String::as_str).collect(), "rows and folders differ");
    for (name, room) in &map {
        for other in room.may_import.iter().flatten() {
            let below = map.get(other).unwrap_or_else(|| panic!("{name} may import {other}, which has no row"));
            assert!(below.layer < room.layer, "{name} may import {other}, which is not below it");
        }
    }
}

#[test]
fn every_room_says_what_lives_there() {
    for name in read_map(&lib()).keys() {
        let text = fs::read_to_string(source_folder().join(name).join("mod.rs")).unwrap();
        let words = text.lines().take_while(|line| line.starts_with("//!")).flat_map(str::split_whitespace).count();
        assert!(words > 8, "src/{name}/mod.rs does not begin with a paragraph on what lives there and why");
    }
}

#[test]
fn files_stay_short() {
    let long: Vec<String> = sources()
        .iter()
        .filter_map(|(file, text)| {
            let code = text.split("\n#[cfg(test)]\nmod tests").next().unwrap_or(text);
            let lines = code.lines().count();
            (lines > MOST_LINES).then(|| format!("src/{}: {lines} lines before its tests", file.display()))
        })
        .collect();
    assert!(long.is_empty(), "at most {MOST_LINES}: there are two things in one place\n{}", long.join("\n"));
}

/// The scanner sees what it is there to see.
mod scanner {
    use super::*;

    const MAP: &str = "
//! | layer | module | lives there | may import |
//! | --- | --- | --- | --- |
//! | 0 | `model` | x | – |
//! | 1 | `query` | x | model |
//! | 2 | `store` | x | model, query |
//! | 4 | `cli` | x | all |
";

    fn check(file: &str, source: &str) -> Vec<String> {
        violations(&read_map(MAP), Path::new(file), source)
    }

    #[test]
    fn forbidden_imports_are_seen_however_they_are_written() {
        for (file, source) in [
            ("query/parse.rs", "use crate::store::Store;"),
            ("query/parse.rs", "use crate::{model::Change, store::{Store, Hit}};"),
            ("query/parse.rs", "use crate::{\n    model::{Change, Draft},\n    store,\n};"),
            ("query/parse.rs", "fn f() { let x = crate::store::open(); }"),
            ("query/parse.rs", "use super::super::store::Store;"),
            ("query/mod.rs", "use super::store::Store;"),
            ("query/mod.rs", "use super::{model, store};"),
            ("query/parse.rs", "mod tests { use super::super::super::store::Store; }"),
            ("query/parse.rs", "pub use crate::*;"),
            ("query/parse.rs", "use crate as other;"),
            ("query/parse.rs", "use shipnote::store::Store;"),
            ("query/deep/er.rs", "use super::super::super::store::Store;"),
            ("model/mod.rs", "use crate::query::Filter;"),
            ("query/parse.rs", "impl From<crate::store::Hit> for X {}"),
            ("query/parse.rs", "let a = '\"'; use crate::store::X; let b = '\"';"),
            ("query/parse.rs", "let a = '\\''; let b = r#\"\"\"#; crate::store::x()"),
            ("query/parse.rs", "/* /* a */ b */ use crate::store::X;"),
            ("unheard/mod.rs", ""),
        ] {
            assert_eq!(check(file, source).len(), 1, "{file}: {source}");
        }
    }

    #[test]
    fn crates_are_seen_outside_their_room() {
        for source in [
            "use clap::Parser;",
            "#[derive(clap::Args)] struct A;",
            "#[clap(long)] x: u8,",
            "use {serde::Serialize, clap};",
            "extern crate clap;",
            "use clap as c;",
            "fn f() { ::clap::x() }",
        ] {
            assert_eq!(check("query/parse.rs", source), ["query may not use the crate clap"], "{source}");
            assert!(check("cli/log.rs", source).is_empty() && check("main.rs", source).is_empty(), "{source}");
        }
        assert_eq!(check("cli/log.rs", "use rusqlite::Connection;").len(), 1);
        assert!(check("store/sqlite/rows.rs", "use rusqlite::Connection;").is_empty());
    }

    #[test]
    fn what_is_allowed_is_not_refused() {
        for (file, source) in [
            ("query/parse.rs", "use crate::model::Change; use super::Expr; use crate::query::Filter;"),
            ("query/parse.rs", "mod tests { use super::*; use super::super::Expr; fn f() { {} } } use super::Expr;"),
            ("query/parse.rs", "pub(crate) fn f() {} pub(super) struct S;"),
            ("query/parse.rs", "/// See [`crate::store::Store`].\n// crate::store\n/* crate::store */ fn f() {}"),
            ("query/parse.rs", "let a = \"crate::store \\\" crate::store\"; let b = r#\"crate::\"store\"#;"),
            ("query/parse.rs", "let tera = 1; self.clap.f(); x::tera"),
            ("query/mod.rs", "fn f<'a>(x: &'a str) -> &'a str { x } use super::model::Change;"),
            ("store/mod.rs", "use crate::{model::Change, query::{Filter, Expr}};"),
            ("cli/log.rs", "use crate::store::Store;"),
            ("main.rs", "fn main() { shipnote::cli::main() }"),
        ] {
            assert_eq!(check(file, source), Vec::<String>::new(), "{file}: {source}");
        }
    }

    #[test]
    fn the_map_is_read() {
        let map = read_map(MAP);
        assert_eq!(map.len(), 4);
        assert_eq!(map["store"].may_import, Some(["model", "query"].map(str::to_owned).into()));
        assert_eq!((map["cli"].may_import.as_ref(), map["model"].layer), (None, 0));
    }
}
