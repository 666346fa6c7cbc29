//! Names of exceptions in a line.

use super::clean::cut;
use super::words::WORDS;

/// Bytes of the arguments of an exception that is printed as a call.
const LONGEST_CALL: usize = 1024;

/// Bytes of the code behind the name of an exception.
const LONGEST_CODE: usize = 64;

/// An exception that a line states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Class<'a> {
    /// Where its qualified name begins in the line.
    pub(super) start: usize,
    /// Its name without the module.
    pub(super) name: &'a str,
    /// What it says, without brackets and a number in front.
    pub(super) message: &'a str,
    /// Where all of it ends in the line.
    pub(super) end: usize,
    /// Whether it is printed as a call, within another message.
    pub(super) call: bool,
}

/// The name at the end of a qualified name, if it names an exception: `requests.exceptions.ReadTimeout` → `ReadTimeout`.
pub(super) fn last_part(word: &str) -> Option<&str> {
    let joint = word.bytes().rposition(|byte| matches!(byte, b'.' | b':' | b'$'));
    let (qualified, name) = word.split_at(joint.map_or(0, |at| at + 1));
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let known = is_class(name) || (!qualified.is_empty() && WORDS.lower_case_classes.iter().any(|class| class == name));
    (known && name.chars().all(plain) && qualified.chars().all(|c| plain(c) || ".:$".contains(c))).then_some(name)
}

/// Whether a name is one of an exception.
fn is_class(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && WORDS.class_endings.iter().any(|ending| name.ends_with(ending.as_str()))
}

/// Whether it says no more than that something is an error.
pub(super) fn is_generic(name: &str) -> bool {
    WORDS.generic_classes.iter().any(|generic| generic == name)
}

/// The exceptions that a line states, at most `most`: each with a message, with arguments, or alone in its line.
pub(super) fn classes(line: &str, most: usize) -> Vec<Class<'_>> {
    let mut classes = Vec::new();
    let mut at = 0;
    while let Some((start, end)) = next_word(line, at) {
        at = end;
        if let Some(name) = last_part(&line[start..end])
            && let Some(class) = stated(line, start, end, name)
        {
            classes.push(class);
            if classes.len() == most {
                break;
            }
        }
    }
    classes
}

/// The next qualified name.
fn next_word(line: &str, from: usize) -> Option<(usize, usize)> {
    let bytes = line.as_bytes();
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'$');
    let start = from + bytes[from..].iter().position(|byte| byte.is_ascii_alphabetic())?;
    let mut end = start;
    while let Some(byte) = bytes.get(end) {
        let path = *byte == b':'
            && bytes.get(end + 1) == Some(&b':')
            && bytes.get(end + 2).is_some_and(u8::is_ascii_alphabetic);
        match byte {
            _ if is_word(*byte) => end += 1,
            b':' if path => end += 2,
            _ => break,
        }
    }
    let trimmed = line[start..end].trim_end_matches('.').len();
    Some((start, start + trimmed.max(1)))
}

/// Reads what follows the name of a class.
fn stated<'a>(line: &'a str, start: usize, end: usize, name: &'a str) -> Option<Class<'a>> {
    let behind = &line[end..];
    let class = |message: &'a str, end, call| Class { start, name, message, end, call };
    if behind.trim().is_empty() {
        return line[..start].trim().is_empty().then(|| class("", line.len(), false));
    }
    // `Error [ERR_HTTP_HEADERS_SENT]: Cannot set headers`
    let code =
        behind.strip_prefix(" [").and_then(|rest| cut(rest, LONGEST_CODE).find("]: ")).map_or(0, |close| close + 3);
    if let Some(message) = behind[code..].strip_prefix(':') {
        let spaced = message.is_empty() || message.starts_with([' ', '\t']);
        return spaced.then(|| class(message.trim(), line.len(), false));
    }
    // `(psycopg2.errors.UniqueViolation) duplicate key value`
    if line[..start].ends_with('(')
        && let Some(message) = behind.strip_prefix(") ")
    {
        return Some(class(message.trim(), line.len(), false));
    }
    let arguments = behind.strip_prefix('(')?;
    let close = closing(arguments)?;
    let message = arguments[..close].trim();
    // A call without text is code, not an error.
    let quote = message.find(['\'', '"'])?;
    let number = message[..quote].trim_end_matches([',', ' ']);
    let only_number = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let message = if only_number { &message[quote..] } else { message };
    Some(class(message, end + 1 + close + 1, true))
}

/// The bracket that closes, or the end of what is there.
fn closing(arguments: &str) -> Option<usize> {
    let within = cut(arguments, LONGEST_CALL);
    let mut depth = 0_usize;
    for (at, byte) in within.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 0 => return Some(at),
            b')' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &str) -> Vec<(&str, &str)> {
        classes(line, 8).into_iter().map(|class| (class.name, class.message)).collect()
    }

    #[test]
    fn exceptions_of_a_line() {
        assert_eq!(found("requests.exceptions.ReadTimeout: timed out"), [("ReadTimeout", "timed out")]);
        assert_eq!(found("KeyboardInterrupt"), [("KeyboardInterrupt", "")]);
        assert_eq!(found("the ReadTimeout came back"), []);
        assert_eq!(
            found("ConnectionError: ('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))"),
            [
                ("ConnectionError", "('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))"),
                ("ConnectionResetError", "'Connection reset by peer'"),
            ]
        );
        assert_eq!(found("TypeError [ERR_X]: no"), [("TypeError", "no")]);
        assert_eq!(found("com.acme.Orders$LateException: late"), [("LateException", "late")]);
        assert_eq!(found("raise ValueError(x)"), []);
    }

    #[test]
    fn qualified_names() {
        assert_eq!(last_part("requests.exceptions.ReadTimeout"), Some("ReadTimeout"));
        assert_eq!(last_part("sqlx::Error"), Some("Error"));
        assert_eq!(last_part("orders.api"), None);
        assert_eq!(last_part("a/b.ReadTimeout"), None);
    }
}
