//! Writing TOML values so that a person can edit them: short lists on one line, long ones one entry a line, texts of
//! several lines as they are. Every text reads back the same whatever it holds. <https://toml.io/en/v1.0.0>

use std::fmt::Write as _;

/// Columns a list may take on one line.
const WIDTH: usize = 100;

/// A text on one line, in quotes.
pub(super) fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        push_escaped(&mut out, c);
    }
    out.push('"');
    out
}

/// A text as it reads best: on one line, or between `"""` when it has several.
pub(super) fn text(text: &str) -> String {
    if !text.contains('\n') {
        return line(text);
    }
    let mut out = String::from("\"\"\"\n");
    let mut quotes = 0;
    for (n, line) in text.split('\n').enumerate() {
        if n > 0 {
            out.push('\n');
            quotes = 0;
        }
        // A line of +++ would end the front matter, and editors take white space off the ends of lines.
        let mut rest = line;
        if let Some(tail) = line.strip_prefix("+++") {
            out.push_str("\\u002B++");
            rest = tail;
        }
        let kept = rest.trim_end_matches([' ', '\t']);
        for c in kept.chars() {
            quotes = if c == '"' { quotes + 1 } else { 0 };
            match c {
                '"' if quotes % 3 != 0 => out.push('"'),
                '\t' => out.push('\t'),
                c => push_escaped(&mut out, c),
            }
        }
        push_white_space(&mut out, &rest[kept.len()..]);
    }
    if out.ends_with('"') && quotes % 3 != 0 {
        out.truncate(out.len() - 1);
        out.push_str("\\\"");
    }
    out + "\"\"\""
}

/// White space at the end of a line: its last character escaped, which protects those before it.
fn push_white_space(out: &mut String, white_space: &str) {
    let mut chars = white_space.chars();
    if let Some(last) = chars.next_back() {
        out.push_str(chars.as_str());
        out.push_str(if last == '\t' { "\\t" } else { "\\u0020" });
    }
}

fn push_escaped(out: &mut String, c: char) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        // C1 controls and the marks that reorder text are legal in TOML; written out, nobody overlooks them.
        c if c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}') => {
            let _ = write!(out, "\\u{:04X}", c as u32);
        }
        c => out.push(c),
    }
}

/// A key, in quotes where it needs them.
pub(super) fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if bare { name.to_owned() } else { line(name) }
}

/// A number that always has a point or an exponent.
pub(super) fn float(number: f64) -> String {
    match number {
        number if number.is_nan() => "nan".to_owned(),
        number => format!("{number:?}"),
    }
}

/// An inline table of the entries that are there.
pub(super) fn table<'a>(entries: impl IntoIterator<Item = (&'a str, Option<String>)>) -> String {
    let entries: Vec<_> =
        entries.into_iter().filter_map(|(name, value)| Some(format!("{} = {}", key(name), value?))).collect();
    if entries.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", entries.join(", ")) }
}

/// A list of values, on one line where they fit.
pub(super) fn list(values: &[String]) -> String {
    let length: usize = values.iter().map(|value| value.chars().count() + 2).sum();
    if length <= WIDTH {
        return format!("[{}]", values.join(", "));
    }
    values.iter().fold(String::from("[\n"), |out, value| out + "  " + value + ",\n") + "]"
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(toml: &str) -> String {
        let table: toml::Table = format!("a = {toml}\n").parse().unwrap_or_else(|error| panic!("{toml}\n{error}"));
        table["a"].as_str().unwrap().to_owned()
    }

    #[test]
    fn hard_texts_read_back() {
        for hard in [
            "",
            "\"",
            "a\n\"\"\"",
            "a\n\"\"\"\"\"\"\"b\"",
            "+++\n+++  \n",
            "a \n\t\n ",
            "\\\n\\",
            "\r\n\r",
            "\n",
            "\u{7f}\n\u{1b}",
        ] {
            assert_eq!(read(&text(hard)), hard);
            assert_eq!(read(&line(hard)), hard);
            assert!(!text(hard).lines().any(|line| line.starts_with("+++") || line.ends_with(' ')));
        }
    }

    #[test]
    fn lists_break_where_they_grow_long() {
        assert_eq!(list(&[line("a"), line("b")]), r#"["a", "b"]"#);
        assert_eq!(list(&[line(&"a".repeat(99)), line("b")]).lines().count(), 4);
    }

    proptest! {
        #[test]
        fn any_text_reads_back(any in "([\"\\\\+ \t\r\n`a]|\\PC){0,40}") {
            prop_assert_eq!(read(&text(&any)), any.as_str());
            prop_assert_eq!(read(&line(&any)), any);
        }

        #[test]
        fn any_number_reads_back(number in any::<f64>().prop_filter("a number", |n| n.is_finite())) {
            let table: toml::Table = format!("a = {}", float(number)).parse().unwrap();
            prop_assert_eq!(table["a"].as_float(), Some(number));
        }
    }
}
