//! The tags of a template, read without the engine: where each stands and what is in it.

/// What stands between `{{` and `}}` or between `{%` and `%}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    /// Whether it is a statement, not a value.
    pub(super) statement: bool,
    /// What is in it, without the marks and their dashes.
    pub(super) text: &'a str,
    /// Where that begins, in bytes.
    pub(super) start: usize,
}

impl<'a> Tag<'a> {
    /// The keyword of a statement, else nothing.
    pub(super) fn keyword(&self) -> &'a str {
        if self.statement { self.text.split_whitespace().next().unwrap_or_default() } else { "" }
    }

    /// The word behind the keyword: the name of a block or a component.
    pub(super) fn name(&self) -> &'a str {
        let rest = self.text.trim_start().strip_prefix(self.keyword()).unwrap_or_default().trim_start();
        rest.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).next().unwrap_or_default()
    }

    /// The text in quotes behind `extends` or `include`.
    pub(super) fn quoted(&self) -> Option<&'a str> {
        let rest = &self.text[self.text.find(['"', '\'', '`'])?..];
        let quote = rest.chars().next()?;
        rest[1..].split(quote).next()
    }
}

/// Every tag, in order. Comments and what is between `raw` and `endraw` are none.
pub(super) fn tags(source: &str) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
    let mut at = 0;
    let mut raw = false;
    while let Some(found) = source[at..].find('{').map(|found| at + found) {
        let (close, statement) = match source.as_bytes().get(found + 1) {
            Some(b'{') if !raw => ("}}", false),
            Some(b'%') => ("%}", true),
            Some(b'#') if !raw => {
                at = source[found..].find("#}").map_or(source.len(), |end| found + end + 2);
                continue;
            }
            _ => {
                at = found + 1;
                continue;
            }
        };
        let inside = found + 2;
        let end = inside + end_of_tag(&source[inside..], close);
        let dashed = &source[inside..end];
        let text = dashed.strip_prefix('-').unwrap_or(dashed);
        let tag =
            Tag { statement, text: text.strip_suffix('-').unwrap_or(text), start: inside + dashed.len() - text.len() };
        at = (end + 2).min(source.len());
        match tag.keyword() {
            "raw" => raw = true,
            "endraw" => raw = false,
            // Text that looks like a tag: go on behind its first mark.
            _ if raw => at = found + 1,
            _ => tags.push(tag),
        }
        while !source.is_char_boundary(at) {
            at += 1;
        }
    }
    tags
}

/// Where `close` stands outside quotes, else the end.
fn end_of_tag(text: &str, close: &str) -> usize {
    let bytes = text.as_bytes();
    let mut quote = None;
    let mut at = 0;
    while at < bytes.len() {
        match (quote, bytes[at]) {
            (None, byte @ (b'"' | b'\'' | b'`')) => quote = Some(byte),
            (Some(_), b'\\') => at += 1,
            (Some(open), byte) if byte == open => quote = None,
            (None, _) if bytes[at..].starts_with(close.as_bytes()) => return at,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// The line and the column, from 1, of a place.
pub(super) fn place(source: &str, at: usize) -> (usize, usize) {
    let before = &source[..at.min(source.len())];
    let line = before.rfind('\n').map_or(before, |end| &before[end + 1..]);
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_found_where_the_engine_finds_them() {
        let source = "a {{- b.c -}} {# {{ no }} #} {% if \"%}\" %}{% raw %}{{ no }}{% no %}{% endraw %}\n{%- block x %}{{ 'é}}' }}";
        let found: Vec<_> =
            tags(source).into_iter().map(|tag| (tag.statement, tag.text.trim(), tag.keyword())).collect();
        let expected =
            [(false, "b.c", ""), (true, "if \"%}\"", "if"), (true, "block x", "block"), (false, "'é}}'", "")];
        assert_eq!(found, expected);
        let last = tags(source)[2];
        assert_eq!((last.name(), place(source, last.start)), ("x", (2, 4)));
        assert_eq!(tags("{% include \"a.html\" %}")[0].quoted(), Some("a.html"));
        for broken in ["{{", "{%", "{{ \"", "{{ é", "{#", "{% raw %}{{", "{{-}}", "{%-%}", "{{ \\"] {
            tags(broken);
        }
    }
}
