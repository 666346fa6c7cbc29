//! Command lines of a POSIX shell, as bash and zsh read them too.

use super::{Class, Parts};

/// Words that come before a command and are none.
const OPENING: [&str; 9] = ["if", "then", "else", "elif", "while", "until", "do", "time", "coproc"];
const KEYWORDS: [&str; 10] = ["fi", "for", "done", "case", "esac", "in", "select", "function", "return", "break"];

/// Commands whose first argument is a command.
const WRAPPERS: [&str; 8] = ["sudo", "env", "exec", "nohup", "xargs", "watch", "command", "doas"];

/// Bytes that a placeholder or `${…}` may have: what is longer is something else.
const LONGEST_NAME: usize = 80;

/// Reads commands.
pub(super) fn read(code: &str, out: &mut Parts<'_>) {
    Lexer { bytes: code.as_bytes(), at: 0, command: true, target: false, heredoc: None, out }.run(code.len());
}

/// Reads commands behind `$ `, `# ` or `> `, with their continuations; other lines are what was printed.
pub(super) fn read_session(code: &str, out: &mut Parts<'_>) {
    let (mut start, mut continued) = (0, false);
    for line in code.split_inclusive('\n') {
        let end = start + line.len();
        let prompt = ["$ ", "# ", "> "].iter().any(|prompt| line.starts_with(prompt));
        if prompt || continued {
            let at = if prompt { start + 2 } else { start };
            out.upto(at, Class::Prompt);
            Lexer { bytes: &code.as_bytes()[..end], at, command: !continued, target: false, heredoc: None, out }
                .run(end);
            continued = line.trim_end_matches(['\n', '\r']).ends_with('\\');
        } else {
            out.upto(end - usize::from(line.ends_with('\n')), Class::Output);
            out.upto(end, Class::Plain);
        }
        start = end;
    }
}

struct Lexer<'a, 'b> {
    bytes: &'a [u8],
    at: usize,
    /// Whether the next word is a command.
    command: bool,
    /// Whether the next word is what a redirection leads to.
    target: bool,
    /// The word that ends a text that begins on the next line.
    heredoc: Option<Vec<u8>>,
    out: &'a mut Parts<'b>,
}

impl Lexer<'_, '_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(b'\n')
    }

    /// The next `length` bytes are of this class.
    fn take(&mut self, length: usize, class: Class) {
        self.at = (self.at + length).min(self.bytes.len());
        self.out.upto(self.at, class);
    }

    fn run(&mut self, end: usize) {
        while self.at < end {
            match self.peek(0) {
                b'\n' => {
                    self.take(1, Class::Plain);
                    (self.command, self.target) = (true, false);
                    self.here_document();
                }
                b' ' | b'\t' | b'\r' => self.take(1, Class::Plain),
                b'#' => self.take(self.line(), Class::Comment),
                b'\\' if matches!(self.peek(1), b'\n' | b'\r') && self.at + 1 < end => {
                    self.take(1, Class::Operator);
                    self.take(if self.peek(0) == b'\r' { 2 } else { 1 }, Class::Plain);
                }
                b'<' if self.placeholder(b'>').is_some() => {
                    self.take(self.placeholder(b'>').unwrap_or(1), Class::Placeholder);
                    self.command = false;
                }
                b'|' | b'&' | b';' | b'(' | b')' | b'<' | b'>' | b'`' => self.operator(),
                b'!' | b'{' | b'}' if self.peek(1).is_ascii_whitespace() => self.take(1, Class::Operator),
                _ => self.word(),
            }
        }
    }

    /// Bytes to the end of the line.
    fn line(&self) -> usize {
        self.bytes[self.at..].iter().take_while(|byte| **byte != b'\n').count()
    }

    fn operator(&mut self) {
        let redirects = matches!(self.peek(0), b'<' | b'>');
        let length = self.bytes[self.at..].iter().take(3).take_while(|byte| b"|&;<>".contains(byte)).count().max(1);
        let here = &self.bytes[self.at..self.at + length] == b"<<";
        self.take(length, Class::Operator);
        if !redirects {
            self.command = true;
            return;
        }
        self.target = true;
        if here {
            self.take(usize::from(self.peek(0) == b'-'), Class::Operator);
            let word: Vec<u8> =
                self.bytes[self.at..].iter().copied().take_while(|byte| !b" \t\r\n;|&<>".contains(byte)).collect();
            self.take(word.len(), Class::Text);
            self.heredoc = Some(word.into_iter().filter(|byte| !b"'\"\\".contains(byte)).collect());
            self.target = false;
        }
    }

    /// The lines up to the one that ends them, if one was announced.
    fn here_document(&mut self) {
        let Some(end) = self.heredoc.take().filter(|end| !end.is_empty()) else { return };
        while self.at < self.bytes.len() {
            let line = &self.bytes[self.at..self.at + self.line()];
            let last = line.trim_ascii() == end;
            self.take(line.len(), Class::Text);
            if last {
                return;
            }
            self.take(1, Class::Text);
        }
    }

    /// The length of `<name>` or `{id}` here.
    fn placeholder(&self, close: u8) -> Option<usize> {
        let inside = self.bytes.get(self.at + 1..)?;
        let name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-. +".contains(byte);
        let length = inside.iter().take(LONGEST_NAME).take_while(|byte| name(byte)).count();
        let starts = inside.first().is_some_and(u8::is_ascii_alphabetic);
        (starts && inside.get(length) == Some(&close) && inside[length - 1] != b' ').then_some(length + 2)
    }

    /// One word, up to white space or an operator: its class goes by its beginning, quotes and variables stand out.
    fn word(&mut self) {
        let start = self.at;
        let length = self.bytes[start..].iter().take_while(|byte| !ends_word(**byte)).count();
        let text = &self.bytes[start..start + length];
        let assigned = assignment(text).filter(|_| self.command);
        let (class, command) = self.class_of(text);
        if let Some(length) = assigned {
            self.take(length, Class::Variable);
            self.take(1, Class::Operator);
            self.rest(Class::Plain);
            return;
        }
        self.command = command;
        self.target = false;
        if class == Class::Flag
            && let Some(length) = text.iter().position(|byte| *byte == b'=')
        {
            self.take(length, Class::Flag);
            self.take(1, Class::Operator);
            let value = value_class(&text[length + 1..]);
            self.rest(value);
        } else {
            self.rest(class);
        }
        if self.at == start {
            self.take(1, Class::Plain);
        }
    }

    /// What a word is, and whether a command is expected behind it.
    fn class_of(&self, text: &[u8]) -> (Class, bool) {
        let is = |words: &[&str]| words.iter().any(|word| word.as_bytes() == text);
        match text {
            _ if self.target => (
                if text.iter().all(u8::is_ascii_digit) && !text.is_empty() { Class::Number } else { Class::Path },
                self.command,
            ),
            [b'-', ..] if text.len() > 1 => (Class::Flag, false),
            // `2>&1`
            [digit] if digit.is_ascii_digit() && matches!(self.peek(1), b'<' | b'>') => (Class::Number, self.command),
            _ if self.command && is(&OPENING) => (Class::Keyword, true),
            _ if self.command && is(&KEYWORDS) => (Class::Keyword, false),
            _ if self.command => (Class::Command, is(&WRAPPERS)),
            _ => (value_class(text), false),
        }
    }

    /// The rest of a word.
    fn rest(&mut self, class: Class) {
        while self.at < self.bytes.len() {
            match self.peek(0) {
                b'\'' => self.take(self.quoted(1), Class::Text),
                b'"' => self.text(),
                b'$' if self.peek(1) == b'(' => {
                    self.take(2, Class::Operator);
                    self.command = true;
                    return;
                }
                b'$' => self.variable(class),
                b'{' if self.placeholder(b'}').is_some() => {
                    self.take(self.placeholder(b'}').unwrap_or(1), Class::Placeholder);
                }
                b'\\' if !matches!(self.peek(1), b'\n' | b'\r') => self.take(2, class),
                b'\\' => return,
                byte if ends_word(byte) => return,
                _ => {
                    let plain = |byte: &u8| !ends_word(*byte) && !b"'\"$`{\\".contains(byte);
                    let length = self.bytes[self.at..].iter().take_while(|byte| plain(byte)).count();
                    self.take(length.max(1), class);
                }
            }
        }
    }

    /// The length of a text in single quotes; the one that opens it is `opening` bytes long.
    fn quoted(&self, opening: usize) -> usize {
        let inside = self.bytes.get(self.at + opening..).unwrap_or_default();
        inside.iter().position(|byte| *byte == b'\'').map_or(inside.len() + opening, |end| end + opening + 1)
    }

    /// A text in double quotes, with its variables.
    fn text(&mut self) {
        self.take(1, Class::Text);
        while self.at < self.bytes.len() {
            match self.peek(0) {
                b'"' => return self.take(1, Class::Text),
                b'\\' => self.take(2, Class::Text),
                b'$' if self.peek(1) != b'(' => self.variable(Class::Text),
                b'{' if self.placeholder(b'}').is_some() => {
                    self.take(self.placeholder(b'}').unwrap_or(1), Class::Placeholder);
                }
                _ => self.take(1, Class::Text),
            }
        }
    }

    /// `$NAME`, `${NAME:-x}`, `$1`, `$'text'`, or a dollar that is only that.
    fn variable(&mut self, class: Class) {
        let behind = self.bytes.get(self.at + 1..).unwrap_or_default();
        let name = behind.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        match behind.first() {
            Some(b'\'') => self.take(self.quoted(2), Class::Text),
            Some(b'{') => {
                let end = behind.iter().take(LONGEST_NAME).position(|byte| matches!(byte, b'}' | b'\n'));
                match end.filter(|end| behind[*end] == b'}') {
                    Some(end) => self.take(end + 2, Class::Variable),
                    None => self.take(1, class),
                }
            }
            Some(_) if name > 0 => self.take(name + 1, Class::Variable),
            Some(b'?' | b'@' | b'*' | b'#' | b'!' | b'$') => self.take(2, Class::Variable),
            _ => self.take(1, class),
        }
    }
}

fn ends_word(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'|' | b'&' | b';' | b'(' | b')' | b'<' | b'>' | b'`')
}

/// The length of the name in `NAME=value`.
fn assignment(text: &[u8]) -> Option<usize> {
    let length = text.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    let starts = text.first().is_some_and(|byte| !byte.is_ascii_digit());
    (length > 0 && starts && text.get(length) == Some(&b'=')).then_some(length)
}

/// An argument: a number with its unit, a path or an address, or a word.
fn value_class(text: &[u8]) -> Class {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    let unit = &text[digits..];
    if digits > 0 && unit.len() <= 2 && unit.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'%') {
        Class::Number
    } else if text.contains(&b'/') && text.first().is_some_and(|byte| !b"'\"$".contains(byte)) {
        Class::Path
    } else {
        Class::Plain
    }
}
