//! Other languages: texts, comments, numbers, keywords and the keys of data, which is most of what one sees at a glance.

use super::{Class, Parts};

/// What there is to know of a language.
#[derive(Debug)]
pub(in crate::markup) struct Rules {
    /// The names it goes by.
    names: &'static [&'static str],
    /// What begins a comment that ends with its line.
    line: &'static [&'static str],
    /// What begins and ends a comment.
    block: Option<(&'static str, &'static str)>,
    quotes: &'static [u8],
    /// Whether a text in three quotes goes over lines.
    triple: bool,
    /// Whether a quote is written by doubling it, not behind a backslash.
    doubled: bool,
    /// What stands behind a key.
    key: Option<u8>,
    /// Sorted; in lower case where case does not count.
    keywords: &'static [&'static str],
    any_case: bool,
}

const NONE: Rules = Rules {
    names: &[],
    line: &[],
    block: None,
    quotes: b"\"",
    triple: false,
    doubled: false,
    key: None,
    keywords: &["false", "null", "true"],
    any_case: false,
};

static ALL: [Rules; 7] = [
    Rules { names: &["json", "jsonl", "json5"], key: Some(b':'), ..NONE },
    Rules { names: &["yaml", "yml"], line: &["#"], quotes: b"\"'", key: Some(b':'), ..NONE },
    Rules { names: &["toml", "ini"], line: &["#"], quotes: b"\"'", triple: true, key: Some(b'='), ..NONE },
    Rules {
        names: &["python", "py"],
        line: &["#"],
        quotes: b"\"'",
        triple: true,
        keywords: &[
            "False", "None", "True", "and", "as", "async", "await", "break", "class", "continue", "def", "del", "elif",
            "else", "except", "finally", "for", "from", "if", "import", "in", "is", "lambda", "not", "or", "pass",
            "raise", "return", "try", "while", "with", "yield",
        ],
        ..NONE
    },
    Rules {
        names: &["sql", "postgresql", "sqlite"],
        line: &["--"],
        block: Some(("/*", "*/")),
        quotes: b"'\"",
        doubled: true,
        any_case: true,
        keywords: &[
            "add",
            "alter",
            "and",
            "as",
            "asc",
            "begin",
            "between",
            "by",
            "case",
            "column",
            "commit",
            "create",
            "delete",
            "desc",
            "distinct",
            "drop",
            "else",
            "end",
            "exists",
            "explain",
            "from",
            "group",
            "having",
            "in",
            "index",
            "inner",
            "insert",
            "into",
            "is",
            "join",
            "key",
            "left",
            "like",
            "limit",
            "not",
            "null",
            "on",
            "or",
            "order",
            "outer",
            "primary",
            "returning",
            "rollback",
            "select",
            "set",
            "table",
            "then",
            "union",
            "unique",
            "update",
            "using",
            "values",
            "view",
            "when",
            "where",
            "with",
        ],
        ..NONE
    },
    Rules {
        names: &["rust", "rs"],
        line: &["//"],
        block: Some(("/*", "*/")),
        keywords: &[
            "as", "async", "await", "break", "const", "continue", "crate", "else", "enum", "false", "fn", "for", "if",
            "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return", "self", "static",
            "struct", "super", "trait", "true", "type", "unsafe", "use", "where", "while",
        ],
        ..NONE
    },
    Rules {
        names: &["javascript", "js", "typescript", "ts"],
        line: &["//"],
        block: Some(("/*", "*/")),
        quotes: b"\"'`",
        keywords: &[
            "async",
            "await",
            "break",
            "case",
            "catch",
            "class",
            "const",
            "continue",
            "default",
            "delete",
            "else",
            "export",
            "extends",
            "false",
            "finally",
            "for",
            "from",
            "function",
            "if",
            "import",
            "in",
            "instanceof",
            "interface",
            "let",
            "new",
            "null",
            "of",
            "return",
            "static",
            "super",
            "switch",
            "this",
            "throw",
            "true",
            "try",
            "type",
            "typeof",
            "undefined",
            "var",
            "void",
            "while",
            "yield",
        ],
        ..NONE
    },
];

/// The rules of a language by one of its names.
pub(super) fn rules(name: &str) -> Option<&'static Rules> {
    ALL.iter().find(|rules| rules.names.contains(&name))
}

/// Reads code of a language.
pub(super) fn read(code: &str, rules: &Rules, out: &mut Parts<'_>) {
    let bytes = code.as_bytes();
    let mut at = 0;
    // Whether only white space and list marks were on this line.
    let mut fresh = true;
    while at < bytes.len() {
        let (length, class) = part(code, at, rules, fresh);
        let end = (at + length.max(1)).min(bytes.len());
        let text = &bytes[at..end];
        fresh = (fresh || text.contains(&b'\n')) && text.iter().all(|byte| byte.is_ascii_whitespace() || *byte == b'-');
        out.upto(end, class);
        at = end;
    }
}

/// The length and the class of the part that begins here.
fn part(code: &str, at: usize, rules: &Rules, fresh: bool) -> (usize, Class) {
    let rest = &code.as_bytes()[at..];
    let begins = |mark: &str| rest.starts_with(mark.as_bytes());
    let behind_space = at == 0 || code.as_bytes()[at - 1].is_ascii_whitespace();
    // In YAML a number sign inside a word is part of it.
    if rules.line.iter().any(|mark| begins(mark)) && (behind_space || rules.line != ["#"] || rules.key != Some(b':')) {
        return (rest.iter().take_while(|byte| **byte != b'\n').count(), Class::Comment);
    }
    if let Some((open, close)) = rules.block
        && begins(open)
    {
        let inside = &rest[open.len()..];
        let end = inside.windows(close.len()).position(|window| window == close.as_bytes());
        return (end.map_or(rest.len(), |end| open.len() + end + close.len()), Class::Comment);
    }
    let first = rest[0];
    if rules.quotes.contains(&first) {
        let length = text(rest, rules);
        let class = if is_key(rest, length, rules, true) { Class::Flag } else { Class::Text };
        return (length, class);
    }
    if first.is_ascii_digit() {
        let number = |byte: &u8| byte.is_ascii_alphanumeric() || b"._".contains(byte);
        return (rest.iter().take_while(|byte| number(byte)).count(), Class::Number);
    }
    let in_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii();
    let word = rest.iter().take_while(|byte| in_word(byte)).count();
    if word > 0 {
        let key = rest.iter().take_while(|byte| in_word(byte) || b"-.".contains(byte)).count();
        return if is_key(rest, key, rules, fresh) {
            (key, Class::Flag)
        } else if is_keyword(&rest[..word], rules) {
            (word, Class::Keyword)
        } else {
            (word, Class::Plain)
        };
    }
    (1, Class::Plain)
}

/// The length of a text in quotes.
fn text(rest: &[u8], rules: &Rules) -> usize {
    let quote = rest[0];
    if rules.triple && rest.starts_with(&[quote; 3]) {
        let end = rest[3..].windows(3).position(|window| window == [quote; 3]);
        return end.map_or(rest.len(), |end| end + 6);
    }
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' if !rules.doubled => at += 1,
            // A text in plain quotes that is not closed ends with its line.
            b'\n' if quote != b'`' && !rules.doubled => return at,
            byte if byte == quote && rules.doubled && rest.get(at + 1) == Some(&quote) => at += 1,
            byte if byte == quote => return at + 1,
            _ => {}
        }
        at += 1;
    }
    rest.len()
}

/// Whether what is `length` long is a key: its mark comes next.
fn is_key(rest: &[u8], length: usize, rules: &Rules, fresh: bool) -> bool {
    let mut behind = rest.get(length..).unwrap_or_default().iter().skip_while(|byte| **byte == b' ');
    fresh && rules.key.is_some_and(|mark| behind.next() == Some(&mark))
}

fn is_keyword(word: &[u8], rules: &Rules) -> bool {
    let Ok(word) = std::str::from_utf8(word) else { return false };
    if rules.any_case {
        return word.len() < 16 && rules.keywords.binary_search(&word.to_ascii_lowercase().as_str()).is_ok();
    }
    rules.keywords.binary_search(&word).is_ok()
}
