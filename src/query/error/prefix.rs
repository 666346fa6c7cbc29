//! What logs put before a message: time, level, logger, thread, host, container. All of it differs between two lines that
//! say the same.

use super::class;
use super::time::time;
use super::words::{Level, WORDS};

/// Pieces of a prefix; more of them are a message.
const MOST_PIECES: usize = 16;
/// Words between the time and the level.
const MOST_WORDS: usize = 6;
/// Bytes of what stands in brackets.
const LONGEST_GROUP: usize = 120;
const SHELLS: [&str; 7] = ["bash", "sh", "zsh", "dash", "ksh", "ash", "fish"];

/// A line without its prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stripped<'a> {
    /// The message.
    pub(super) rest: &'a str,
    /// The level it was logged with.
    pub(super) level: Option<Level>,
    /// The words that say it is an error, such as `Caused by: `.
    pub(super) opener: Option<&'static str>,
    /// The file that a compiler names in front.
    pub(super) file: Option<&'a str>,
    /// Whether the message is indented.
    pub(super) indented: bool,
    /// Whether there was a time.
    stamped: bool,
}

/// Takes the prefix off a line.
pub(super) fn strip(line: &str) -> Stripped<'_> {
    let mut stripped = Stripped { rest: line, level: None, opener: None, file: None, indented: false, stamped: false };
    stripped.unindent();
    for _ in 0..MOST_PIECES {
        if !stripped.piece() {
            break;
        }
        stripped.unindent();
    }
    stripped
}

impl<'a> Stripped<'a> {
    fn unindent(&mut self) {
        let rest = self.rest.trim_start();
        // One space belongs to the prefix.
        self.indented = self.rest.len() - rest.len() > 1 || self.rest.starts_with('\t');
        self.rest = rest;
    }

    /// Whether something of a log was in front.
    fn in_prefix(&self) -> bool {
        self.stamped || self.level.is_some()
    }

    /// Takes one piece off; says whether there was one.
    fn piece(&mut self) -> bool {
        let rest = self.rest;
        let Some(next) = self
            .time()
            .or_else(|| self.opener())
            .or_else(|| self.group())
            .or_else(|| self.level())
            .or_else(|| self.source())
            .or_else(|| self.klog())
            .or_else(|| self.mark())
            .or_else(|| self.shell())
            .or_else(|| self.place())
            .or_else(|| self.process())
            .or_else(|| self.logger())
            .or_else(|| self.far_level())
        else {
            return false;
        };
        self.rest = next;
        next.len() < rest.len()
    }

    fn time(&mut self) -> Option<&'a str> {
        let length = time(self.rest)?;
        self.stamped = true;
        Some(self.rest[length..].trim_start_matches([':', ',']))
    }

    fn opener(&mut self) -> Option<&'a str> {
        let opener = WORDS.openers.iter().find(|opener| self.rest.starts_with(opener.as_str()))?;
        self.opener = Some(opener);
        Some(&self.rest[opener.len()..])
    }

    /// `[2026-11-20 14:05:03]`, `[error]`, `[worker-7]`, `[pod/orders-1/orders]`, `(node:123)`, `<34>1`.
    fn group(&mut self) -> Option<&'a str> {
        let (open, close) =
            [("[", ']'), ("(node:", ')'), ("<", '>')].into_iter().find(|(open, _)| self.rest.starts_with(open))?;
        let inside = &self.rest[open.len()..];
        let end = inside.bytes().take(LONGEST_GROUP).position(|byte| byte == close as u8)?;
        let (inside, behind) = (&inside[..end], &inside[end + 1..]);
        let mut words = inside.split_whitespace();
        let level = words.clone().find_map(|word| WORDS.level(word));
        let timed = time(inside).is_some();
        // `[SSL: CERTIFICATE_VERIFY_FAILED]` and `[Errno 104]` belong to the message.
        let one_word = words.next().is_some() && words.next().is_none() && !inside.ends_with(':');
        let in_prefix = self.in_prefix() && !inside.contains(": ") && !inside.starts_with("Errno");
        let number = inside.trim().bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        match close {
            ']' if level.is_some() || timed || in_prefix || number || (one_word && behind.starts_with([' ', ':'])) => {}
            ')' => {}
            '>' if number && !inside.is_empty() => {
                return Some(behind.trim_start_matches(|c: char| c.is_ascii_digit()));
            }
            _ => return None,
        }
        self.stamped |= timed;
        self.level = level.or(self.level);
        Some(behind.strip_prefix(':').unwrap_or(behind))
    }

    /// `ERROR`, `ERROR:`, `error: `, `WARN |`, and what Python's `basicConfig` writes: `ERROR:orders.api:`.
    fn level(&mut self) -> Option<&'a str> {
        let end = self.rest.find(|c: char| !c.is_ascii_alphabetic())?;
        let (word, behind) = self.rest.split_at(end);
        let level = WORDS.level(word)?;
        let capitals = word.bytes().all(|byte| byte.is_ascii_uppercase());
        let colon = behind.strip_prefix(':');
        let spaced = behind.trim_start();
        if let Some(after) = colon {
            self.level = Some(level);
            let logger = after.find(':').filter(|_| capitals && !after.starts_with(' '));
            return Some(logger.map_or(after, |at| &after[at + 1..]));
        }
        // What MySQL prints: `ERROR 1062 (23000): `.
        let digits = spaced.bytes().take_while(u8::is_ascii_digit).count();
        let coded = digits == 4 && spaced[digits..].starts_with(" (");
        let tabbed = self.stamped && self.level.is_none() && behind.starts_with('\t');
        if tabbed || (capitals && behind.starts_with([' ', '\t', '|']) && !coded) {
            self.level = Some(level);
            return Some(behind);
        }
        None
    }

    /// `web-1  | `, `stderr F `, `stderr | `, `E       ` of pytest.
    fn source(&mut self) -> Option<&'a str> {
        if let Some(rest) = ["stderr F ", "stdout F ", "stderr P ", "stdout P ", "stderr: ", "stderr | ", "stdout | "]
            .iter()
            .find_map(|source| self.rest.strip_prefix(source))
        {
            return Some(rest);
        }
        if let Some(rest) = self.rest.strip_prefix("E  ") {
            self.level = Some(Level::Error);
            return Some(rest);
        }
        let end = self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || "_.-".contains(c)))?;
        let behind = self.rest[end..].trim_start_matches(' ').strip_prefix('|')?;
        // `12 | let x` is source code.
        let named = self.rest[..end].contains(|c: char| c.is_ascii_alphabetic());
        (named && self.rest[end..].starts_with(' ') && (behind.is_empty() || behind.starts_with(' '))).then_some(behind)
    }

    /// `E1120 14:05:03.123456       1 controller.go:42] `
    fn klog(&mut self) -> Option<&'a str> {
        let level = match self.rest.as_bytes().first()? {
            b'E' => Level::Error,
            b'F' => Level::Fatal,
            b'W' => Level::Warning,
            b'I' => Level::Low,
            _ => return None,
        };
        let day = self.rest.get(1..5)?;
        let behind = self.rest.get(5..)?.strip_prefix(' ')?;
        if !day.bytes().all(|byte| byte.is_ascii_digit()) || time(behind).is_none() {
            return None;
        }
        let end = behind.bytes().take(LONGEST_GROUP).position(|byte| byte == b']')?;
        (self.level, self.stamped) = (Some(level), true);
        Some(&behind[end + 1..])
    }

    /// Marks between pieces, of lists and quotes, and of `curl -v`.
    fn mark(&mut self) -> Option<&'a str> {
        ["- ", "-- ", "--- ", "| ", ": ", "* ", "> ", "< ", "+ ", "=> ", "-> ", "│ "]
            .iter()
            .find_map(|mark| self.rest.strip_prefix(mark))
    }

    /// `bash: line 3: `, `/bin/sh: 1: `, `./deploy.sh: line 12: `
    fn shell(&mut self) -> Option<&'a str> {
        let (program, behind) = self.rest.split_once(": ")?;
        let name = program.rsplit('/').next()?.trim_start_matches('-');
        if program.contains(' ') || !(SHELLS.contains(&name) || name.ends_with(".sh")) {
            return None;
        }
        self.level = self.level.or(Some(Level::Error));
        let line = behind.strip_prefix("line ").unwrap_or(behind);
        let digits = line.bytes().take_while(u8::is_ascii_digit).count();
        Some(if digits > 0 { line[digits..].strip_prefix(": ").unwrap_or(behind) } else { behind })
    }

    /// The place that a compiler names: `src/main.c:10:5: `, `src/a.ts(3,5): `.
    fn place(&mut self) -> Option<&'a str> {
        let end = self.rest.find([':', '(', ' '])?;
        let path = &self.rest[..end];
        let (_, extension) = path.rsplit('/').next()?.rsplit_once('.')?;
        let named = (1..=5).contains(&extension.len()) && extension.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let numbers = &self.rest[end + 1..];
        let length =
            numbers.bytes().take_while(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b',' | b')')).count();
        let behind = &numbers[length..];
        // `src/a.ts:3:5 - error TS2345: `
        let dashed = behind.starts_with(" - ");
        let ended = dashed || numbers[..length].ends_with([':', ')']);
        if !(named && ended && numbers.starts_with(|c: char| c.is_ascii_digit())) {
            return None;
        }
        self.file = Some(path);
        if extension == "go" {
            // Go's compiler says neither `error` nor anything else in front.
            self.level = self.level.or(Some(Level::Error));
        }
        let behind = if dashed { &behind[3..] } else { behind };
        Some(behind.strip_prefix(": ").unwrap_or(behind))
    }

    /// `host nginx[123]: `, `kernel: `, `31#31: *1234 `, `1 --- `, and the number of a process alone.
    fn process(&mut self) -> Option<&'a str> {
        if !self.in_prefix() {
            return None;
        }
        let (word, behind) = self.rest.split_once(' ')?;
        let number = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
        // `error[E0382]:` is none.
        let has_id = |name: &str| {
            name.strip_suffix(']').and_then(|open| open.rsplit_once('[')).is_some_and(|(_, id)| number(id))
        };
        let is_process = |word: &str| word.strip_suffix(':').is_some_and(|name| name == "kernel" || has_id(name));
        if is_process(word) {
            return Some(behind);
        }
        if let Some((second, rest)) = behind.split_once(' ')
            && is_process(second)
        {
            return Some(rest);
        }
        let nginx = word
            .strip_suffix(':')
            .and_then(|ids| ids.split_once('#'))
            .is_some_and(|(pid, id)| number(pid) && number(id));
        let connection = word.strip_prefix('*').is_some_and(number);
        let alone = number(word) && (behind.starts_with("--- ") || self.level.is_none());
        (nginx || connection || alone).then_some(behind)
    }

    /// `orders.api: `, `c.a.o.OrderController   : `, `orders - `, `orders::api: `
    fn logger(&mut self) -> Option<&'a str> {
        if !self.in_prefix() {
            return None;
        }
        let name = |c: char| c.is_ascii_alphanumeric() || "_.-$/".contains(c);
        let mut end = self.rest.find(|c| !name(c))?;
        while let Some(path) = self.rest[end..].strip_prefix("::") {
            end += 2 + path.find(|c| !name(c))?;
        }
        let (word, behind) = self.rest.split_at(end);
        if word.is_empty() || class::last_part(word).is_some() {
            return None;
        }
        let path = word.contains('.') || word.contains("::");
        let spaced = behind.trim_start_matches(' ');
        if path && let Some(rest) = behind.strip_prefix(": ").or_else(|| spaced.strip_prefix(": ")) {
            return Some(rest);
        }
        // `%(asctime)s - %(name)s - %(levelname)s - %(message)s`; without a level the name may be a word.
        let dash = spaced.strip_prefix("- ").filter(|_| path || self.level.is_none());
        // `[thread] ERROR com.acme.Orders - message` and the same with nothing between.
        dash.or_else(|| {
            (path && self.level.is_some() && word.matches('.').count() > 1 && !word.contains('/')).then_some(behind)
        })
    }

    /// Behind a time, everything up to a level in capitals.
    fn far_level(&mut self) -> Option<&'a str> {
        if !self.stamped || self.level.is_some() {
            return None;
        }
        let mut at = 0;
        for _ in 0..MOST_WORDS {
            at += self.rest[at..].find(' ')? + 1;
            at += self.rest[at..].len() - self.rest[at..].trim_start().len();
            let word = &self.rest[at..];
            let end = word.find(|c: char| !c.is_ascii_uppercase()).unwrap_or(word.len());
            if WORDS.level(&word[..end]).is_some()
                && (word[end..].is_empty() || word[end..].starts_with([' ', ':', '\t']))
            {
                return Some(word);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_of_logs() {
        let message = "ReadTimeout: timed out";
        for prefix in [
            "2026-11-20 14:05:03,123 ERROR [worker-7] orders.api: ",
            "2026-11-20 14:05:03,123 - orders.api - ERROR - ",
            "ERROR:orders.api:",
            "[2026-11-20 14:05:03 +0000] [31] [ERROR] ",
            "[2026-11-20T14:05:03Z ERROR orders::api] ",
            "2026-11-20T14:05:03.123456Z ERROR orders::api: ",
            "2026-11-20 14:05:03.123 ERROR 1 --- [nio-8080-exec-1] c.a.o.OrderController   : ",
            "14:05:03.123 [main] ERROR com.acme.orders.Api - ",
            "web-1  | ",
            "orders-1  | 2026-11-20 14:05:03 ERROR ",
            "[pod/orders-7d9f8b6c5-x2x7k/orders] ",
            "2026-11-20T14:05:03.123456789Z stderr F ",
            "Nov 20 14:05:03 web-3 orders[812]: ",
            "<34>1 2026-11-20T14:05:03Z web-3 orders[812]: ",
            "E1120 14:05:03.123456       1 controller.go:42] ",
            "2026-11-20 14:05:03.123 UTC [1234] orders@orders ERROR:  ",
            "Caused by: ",
            "(node:4711) ",
            "E       ",
            "    ",
            "- ",
            "stderr | ",
        ] {
            let line = format!("{prefix}{message}");
            assert_eq!(strip(&line).rest, message, "{line}");
        }
    }

    #[test]
    fn the_level_is_known() {
        assert_eq!(strip("2026/11/20 14:05:03 [crit] 31#31: *7 connect() failed").level, Some(Level::Fatal));
        assert_eq!(strip("2026/11/20 14:05:03 [error] 31#31: *7 connect() failed").rest, "connect() failed");
        assert_eq!(strip("error: no such thing").level, Some(Level::Error));
        assert_eq!(strip("INFO started").level, Some(Level::Low));
        assert_eq!(strip("src/main.c:10:5: error: x undeclared").file, Some("src/main.c"));
        assert_eq!(strip("src/main.c:10:5: error: x undeclared").rest, "x undeclared");
        assert_eq!(strip("src/a.ts(3,5): error TS2345: no").rest, "error TS2345: no");
        assert_eq!(strip("src/a.ts:3:5 - error TS2345: no").rest, "error TS2345: no");
        assert_eq!(strip("./main.go:10:2: undefined: x").level, Some(Level::Error));
    }

    #[test]
    fn messages_keep_their_words() {
        for line in [
            "requests.exceptions.ReadTimeout: timed out",
            "[Errno 104] Connection reset by peer",
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed",
            "Error handling request",
            "ERROR 1062 (23000): Duplicate entry",
            "connect ECONNREFUSED 127.0.0.1:5432",
            "error[E0382]: borrow of moved value",
            "panicked at src/main.rs",
        ] {
            assert_eq!(strip(line).rest, line);
        }
        let code = "error[E0382]: borrow of moved value";
        for prefix in ["2026-11-20T14:05:03Z stderr F ", "Nov 20 14:05:03 web-3 run.sh[2010]: "] {
            assert_eq!(strip(&format!("{prefix}{code}")).rest, code);
        }
        assert_eq!(strip("ERROR relation orders does not exist").rest, "relation orders does not exist");
        assert!(strip("    indented").indented && strip("web-1  |   File").indented && !strip("web-1  | x").indented);
    }
}
