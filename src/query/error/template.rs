//! A line of error text without what varies.
//!
//! One pass from left to right copies words and puts placeholders where something stands that is different the next time:
//! times, addresses, ids, paths, numbers, what was quoted. Quotes themselves go, because the same message is printed with
//! and without them. A pass that changes nothing has no digit, no quote and no path left to change, so repeating it ends;
//! the result is a fixed point.

use super::chunk::{self, Piece};
use super::clean::cut;
use super::time::time;
use super::words::WORDS;

/// Bytes of a template.
const LONGEST: usize = 400;
/// Passes after which a template is taken as it is; real text needs two.
const MOST_PASSES: usize = 16;
/// Bytes in which the closing quote is looked for.
const LONGEST_QUOTE: usize = 512;
/// Longer words in quotes are data.
const LONGEST_NAME: usize = 64;

/// The placeholders.
const PLACEHOLDERS: [&str; 8] = ["<n>", "<id>", "<addr>", "<time>", "<path>", "<url>", "<ip>", "<s>"];

/// The template of a line.
pub fn template(line: &str) -> String {
    let mut template = line.to_owned();
    for _ in 0..MOST_PASSES {
        let next = trim(cut(&pass(&template), LONGEST)).to_owned();
        if next == template {
            break;
        }
        template = next;
    }
    template
}

/// 16 hexadecimal digits for a template. The kinds of the placeholders do not count: an id of digits alone is a number.
pub(super) fn fingerprint(template: &str) -> String {
    let plain = replaced(&template.to_lowercase(), "<>");
    blake3::hash(plain.as_bytes()).to_hex()[..16].to_owned()
}

/// A template with something else for its placeholders.
pub(super) fn replaced(template: &str, with: &str) -> String {
    let mut replaced = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find('<') {
        let (before, behind) = rest.split_at(at);
        replaced.push_str(before);
        let found = placeholder(behind);
        replaced.push_str(if found.is_some() { with } else { "<" });
        rest = &behind[found.map_or(1, str::len)..];
    }
    replaced + rest
}

/// Whether a template says enough to be recognised by: the name of an exception, or two words.
pub(super) fn is_telling(template: &str, class: Option<&str>) -> bool {
    let plain = replaced(template, " ");
    let words = plain.split(|c: char| !c.is_alphabetic()).filter(|word| word.chars().nth(1).is_some()).count();
    class.is_some() || words >= 2 || (words == 1 && plain.bytes().any(|byte| byte.is_ascii_digit()))
}

/// Where a sentence ends says nothing of the error; neither does a bracket whose partner is elsewhere.
fn trim(text: &str) -> &str {
    let ends = |c: char| c.is_whitespace() || ".,;:!-".contains(c);
    let mut text = text.trim_matches(ends);
    let count = |sign: char| text.matches(sign).count();
    let mut surplus =
        [('(', ')'), ('[', ']'), ('{', '}')].map(|(open, close)| (close, count(close).saturating_sub(count(open))));
    loop {
        let closing = surplus.iter_mut().find(|(close, surplus)| *surplus > 0 && text.ends_with(*close));
        let Some((_, surplus)) = closing else { return text };
        *surplus -= 1;
        text = text[..text.len() - 1].trim_end_matches(ends);
    }
}

/// The placeholder at the start of a text.
fn placeholder(text: &str) -> Option<&'static str> {
    // Every step of a pass asks.
    let begins = text.starts_with('<');
    PLACEHOLDERS.into_iter().filter(|_| begins).find(|placeholder| text.starts_with(placeholder))
}

fn pass(text: &str) -> String {
    let mut pass =
        Pass { text, at: 0, out: String::with_capacity(text.len() + 16), closing: Vec::new(), unclosed: [0; 2] };
    // What is behind the cut is not read.
    while pass.at < text.len() && pass.out.len() <= LONGEST {
        pass.step();
    }
    pass.out
}

struct Pass<'t> {
    text: &'t str,
    at: usize,
    out: String,
    /// Where the quotes close that are open.
    closing: Vec<usize>,
    /// Up to where no double and no single quote closes.
    unclosed: [usize; 2],
}

impl Pass<'_> {
    fn step(&mut self) {
        let rest = &self.text[self.at..];
        let Some(c) = rest.chars().next() else { return };
        if let Some(placeholder) = placeholder(rest) {
            self.put(placeholder);
            self.at += placeholder.len();
        } else if c.is_whitespace() {
            if !self.out.is_empty() && !self.out.ends_with(' ') {
                self.out.push(' ');
            }
            self.at += c.len_utf8();
        } else if c == '`' || (c == '\\' && rest[1..].starts_with(['"', '\'', '`'])) {
            self.at += 1;
        } else if c == '"' || c == '\'' {
            self.quote(c);
        } else if let Some(length) = time(rest).filter(|_| !self.is_behind_word()) {
            self.put("<time>");
            self.at += length;
        } else if let Some(length) = chunk::bracketed_address(rest) {
            self.put("<ip>");
            self.at += length;
        } else if chunk::is_delimiter(c) {
            self.out.push(c);
            self.at += c.len_utf8();
        } else {
            self.chunk();
        }
    }

    /// Whether the character before belongs to a word.
    fn is_behind_word(&self) -> bool {
        self.text[..self.at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
    }

    /// A quote: the mark goes, and what it holds too if it is a value.
    fn quote(&mut self, mark: char) {
        if self.closing.last() == Some(&self.at) {
            self.closing.pop();
            self.at += 1;
            return;
        }
        let next_is_word = self.text[self.at + 1..].starts_with(char::is_alphanumeric);
        if self.is_behind_word() {
            // An apostrophe.
            if mark == '\'' && next_is_word {
                self.out.push(mark);
            }
            self.at += 1;
            return;
        }
        let start = self.at + 1;
        let Some(close) = self.closing_quote(mark, start) else {
            self.at = start;
            return;
        };
        if self.is_value(&self.text[start..close]) {
            self.put("<s>");
            self.at = close + 1;
        } else {
            self.closing.push(close);
            self.at = start;
        }
    }

    /// Where the quote closes that opened before `start`, within the one around it.
    fn closing_quote(&mut self, mark: char, start: usize) -> Option<usize> {
        let unclosed = &mut self.unclosed[usize::from(mark == '\'')];
        let limit = self.closing.last().copied().unwrap_or(self.text.len());
        let end = self.text.floor_char_boundary(limit.min(start + LONGEST_QUOTE));
        let from = start.max(*unclosed).min(end.max(start));
        let marks = self.text[from..end.max(from)].match_indices(mark).map(|(at, _)| from + at);
        let close = marks.into_iter().find(|&at| {
            let escaped = self.text[start..at].ends_with('\\');
            !escaped && !self.text[at + 1..].starts_with(char::is_alphanumeric)
        });
        if close.is_none() {
            *unclosed = end.max(*unclosed);
        }
        close
    }

    /// Whether what is quoted varies. A phrase is part of the message, a plain word is a name in the code, and what is read
    /// as a path or an address is better told by that.
    fn is_value(&self, quoted: &str) -> bool {
        if quoted.is_empty() || self.out.ends_with('=') || self.is_behind_varying() {
            return placeholder(quoted).is_none_or(|placeholder| placeholder != quoted);
        }
        if quoted.contains(char::is_whitespace) || placeholder(quoted).is_some() || chunk::place(quoted).is_some() {
            return false;
        }
        let in_names = |c: char| c.is_alphabetic() || "_.$@/:-*[]()&".contains(c);
        quoted.len() > LONGEST_NAME || !quoted.contains(char::is_alphabetic) || !quoted.chars().all(in_names)
    }

    fn is_behind_varying(&self) -> bool {
        let before = self.out.trim_end();
        let tail = before.as_bytes();
        WORDS.varying_after.iter().any(|phrase| {
            let start = tail.len().checked_sub(phrase.len());
            start.is_some_and(|start| {
                tail[start..].eq_ignore_ascii_case(phrase.as_bytes())
                    && !before[..before.floor_char_boundary(start)].ends_with(char::is_alphanumeric)
            })
        })
    }

    /// A run of characters without white space, quotes and brackets.
    fn chunk(&mut self) {
        let rest = &self.text[self.at..];
        let chunk = chunk::next(rest);
        self.at += chunk.len();
        if let Some(version) = chunk.strip_prefix("HTTP/")
            && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        {
            // The status is what counts, not the version that it came in.
            self.out.push_str("HTTP");
            return;
        }
        let behind = &self.text[self.at..];
        let mut number = false;
        for piece in chunk::pieces(chunk) {
            number = false;
            match piece {
                Piece::Text(text) => self.out.push_str(text),
                Piece::Number(digits) if self.is_code(digits, behind) => self.out.push_str(digits),
                Piece::Number(_) => {
                    self.put("<n>");
                    number = true;
                }
                Piece::Alphanumeric(code) if self.follows("sqlstate") && code.len() == 5 => self.out.push_str(code),
                Piece::Alphanumeric(_) => self.put("<id>"),
                Piece::Place(placeholder) => self.put(placeholder),
            }
        }
        if number {
            self.skip_unit();
        }
    }

    /// The unit of the number that was just replaced.
    fn skip_unit(&mut self) {
        let rest = self.text[self.at..].trim_start_matches(' ');
        let end = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
        let followed =
            rest[end..].starts_with(|c: char| c.is_alphanumeric() || "_-/.".contains(c) && rest.len() > end + 1);
        if WORDS.is_unit(&rest[..end]) && (!followed || rest[end..].starts_with(". ")) {
            self.at = self.text.len() - rest.len() + end;
        }
    }

    /// Whether digits say which error it is, rather than how many or which one.
    fn is_code(&self, digits: &str, behind: &str) -> bool {
        if digits.len() > 5 {
            return false;
        }
        let reason = digits.len() == 3
            && digits.starts_with(['4', '5'])
            && !self.out.ends_with(chunk::is_joiner)
            && behind
                .strip_prefix(' ')
                .is_some_and(|next| WORDS.http_reasons.iter().any(|reason| next.starts_with(reason.as_str())));
        // `os error 104`, and what MySQL prints: `ERROR 1062 (23000)`.
        let error = (self.out == "ERROR " && behind.starts_with(" (")) || self.out.ends_with("os error ");
        reason || error || WORDS.code_words.iter().any(|word| self.follows(word))
    }

    /// Whether this is the last word, with no more than punctuation behind it.
    fn follows(&self, word: &str) -> bool {
        let before = self.out.trim_end_matches([' ', ':', '=', '(', '[']);
        let between = self.out.len() - before.len();
        let start = before
            .rfind(|c: char| !(c.is_ascii_alphabetic() || c == '_'))
            .map_or(0, |at| before.ceil_char_boundary(at + 1));
        (1..=3).contains(&between) && word.eq_ignore_ascii_case(&before[start..])
    }

    /// Appends a placeholder; with no more than a joiner behind another one it is part of the same value.
    fn put(&mut self, placeholder: &str) {
        let joined = self.out.strip_suffix(|c| chunk::is_joiner(c) || c == ',').unwrap_or(&self.out);
        if joined.ends_with('>') && PLACEHOLDERS.iter().any(|before| joined.ends_with(before)) {
            self.out.truncate(joined.len());
        } else {
            self.out.push_str(placeholder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_vary_and_names_that_do_not() {
        for (line, expected) in [
            ("order 7f3a9c21 of 0c8e9b1e-56b8-4a3e-9a55-0f4c2a1b7d10", "order <id> of <id>"),
            ("pod orders-7d9f8b6c5-x2x7k and orders-7d9f8b6c5-bcdfg", "pod orders-<id> and orders-<id>"),
            ("worker7 at 0x7ffdeadbeef on [::1]:8080", "worker<n> at <addr> on <ip>"),
            ("open /tmp/tmp8a_x/file.txt: no", "open <path>: no"),
            (r"open C:\Users\ada\x.txt failed", "open <path> failed"),
            ("after 30s, 1m30s, 0.5 s, 500 ms, 12,345 bytes and 50%", "after <n>, <n>, <n>, <n>, <n> and <n>%"),
            ("at 2026-11-20T14:05:03Z or 14:05:03.123", "at <time> or <time>"),
            ("ada@example.com cannot log in", "<id> cannot log in"),
            ("column \"address\" of 'orders'", "column address of orders"),
            ("can't don't", "can't don't"),
            ("req_8f3a9c ord_81f3 ord_4711", "req_<id> ord_<id> ord_<n>"),
            ("content-type application/json and/or I/O 1/2", "content-type application/json and/or I/O <n>"),
            ("[Errno 104] exit status 2, code: 137", "[Errno 104] exit status 2, code: 137"),
            ("token='abc', id=12, name=\"x\"", "token=<s>, id=<n>, name=<s>"),
            ("std::io::Error and a::b", "Error and a::b"),
        ] {
            assert_eq!(template(line), expected, "{line}");
            assert_eq!(template(expected), expected, "{expected}");
        }
    }
}
