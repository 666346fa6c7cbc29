//! Code fences: where one opens, where it closes, and how long one must be to hold a text.
//! The rules are CommonMark's, section 4.5: <https://spec.commonmark.org/0.31.2/#fenced-code-blocks>.

/// A line that opens a code fence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fence<'a> {
    marker: u8,
    length: usize,
    indent: usize,
    /// What stands behind the marks, for instance `sh` or `json`.
    pub info: &'a str,
}

impl<'a> Fence<'a> {
    /// Reads `line` as the opening of a fence.
    pub fn open(line: &'a str) -> Option<Self> {
        let (indent, marker, length) = marks(line)?;
        let info = line[indent + length..].trim();
        let code_span = marker == b'`' && info.contains('`');
        (!code_span).then_some(Self { marker, length, indent, info })
    }

    /// Whether `line` closes this fence.
    pub fn is_closed_by(&self, line: &str) -> bool {
        marks(line).is_some_and(|(indent, marker, length)| {
            marker == self.marker && length >= self.length && line[indent + length..].trim().is_empty()
        })
    }

    /// A line of the content, without the indentation the fence itself has.
    pub fn content<'b>(&self, line: &'b str) -> &'b str {
        let spaces = line.bytes().take(self.indent).take_while(|byte| *byte == b' ').count();
        &line[spaces..]
    }
}

/// The marks of a fence that holds `text`: longer than any inside it.
pub fn marks_around(text: &str) -> String {
    let longest = text.split('\n').filter_map(marks).filter(|(_, marker, _)| *marker == b'`').map(|(_, _, n)| n).max();
    "`".repeat(longest.map_or(3, |longest| longest + 1))
}

/// Indentation, mark and number of marks at the start of a line that has at least three.
fn marks(line: &str) -> Option<(usize, u8, usize)> {
    let bytes = line.as_bytes();
    let indent = bytes.iter().take_while(|byte| **byte == b' ').count();
    let marker = *bytes.get(indent).filter(|byte| matches!(byte, b'`' | b'~'))?;
    let length = bytes[indent..].iter().take_while(|byte| **byte == marker).count();
    (indent <= 3 && length >= 3).then_some((indent, marker, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_is_closed_by_its_own_mark_and_no_shorter() {
        let fence = Fence::open("````sh { exit = 0 }").unwrap();
        assert_eq!(fence.info, "sh { exit = 0 }");
        assert!(fence.is_closed_by("````") && fence.is_closed_by("  ````` "));
        assert!(!fence.is_closed_by("```") && !fence.is_closed_by("~~~~") && !fence.is_closed_by("```` x"));
    }

    #[test]
    fn what_is_no_fence() {
        for line in ["``", "    ```", "``` a`b", "text ```", ""] {
            assert_eq!(Fence::open(line), None, "{line}");
        }
        assert!(Fence::open("~~~ a`b").is_some());
    }

    #[test]
    fn marks_are_longer_than_any_inside() {
        assert_eq!(marks_around("a ```` b"), "```");
        assert_eq!(marks_around("a\n  ````\nb"), "`````");
    }

    #[test]
    fn content_loses_the_indentation_of_its_fence() {
        let fence = Fence::open("  ```").unwrap();
        assert_eq!((fence.content("    a"), fence.content(" b"), fence.content("c")), ("  a", "b", "c"));
    }
}
