//! Words with everything that is joined to them: which of their parts vary.

use super::class;
use super::words::WORDS;

/// A part of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// As it stands.
    Text(&'a str),
    /// Digits.
    Number(&'a str),
    /// Letters and digits mixed.
    Alphanumeric(&'a str),
    /// Something else that varies, by its placeholder.
    Place(&'static str),
}

/// What ends a chunk and is copied.
pub(super) fn is_delimiter(c: char) -> bool {
    c.is_whitespace() || "\"'`()[]{}<>,;|=".contains(c)
}

/// What joins the parts of a chunk.
pub(super) fn is_joiner(c: char) -> bool {
    "-_.:/@+#~".contains(c)
}

/// The chunk at the start of a text; an address goes on over signs that end other chunks.
pub(super) fn next(text: &str) -> &str {
    let end = text.find(is_delimiter).unwrap_or(text.len());
    let plain = &text[..end];
    let chunk = if plain.contains("://") {
        let end = text.find(|c: char| c.is_whitespace() || "\"'`()[]{}<>|".contains(c)).unwrap_or(text.len());
        &text[..end]
    } else {
        plain
    };
    let bare = chunk.trim_end_matches(['.', ':', ',', ';', '!', '?']);
    // Punctuation at the end is not part of it; alone it is all there is.
    if bare.is_empty() { &text[..plain.len().max(1)] } else { bare }
}

/// The address in square brackets at the start of a text, with its port: how long it is.
pub(super) fn bracketed_address(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('[')?;
    let end = inside.bytes().take(48).position(|byte| byte == b']')?;
    if !is_ipv6(&inside[..end]) {
        return None;
    }
    let port =
        inside[end + 1..].strip_prefix(':').map_or(0, |port| port.bytes().take_while(u8::is_ascii_digit).count());
    Some(end + 2 + if port > 0 { port + 1 } else { 0 })
}

/// What a whole chunk is, if it is a place or an address: its placeholder.
pub(super) fn place(chunk: &str) -> Option<&'static str> {
    if chunk.contains("://") {
        Some("<url>")
    } else if is_ipv4(chunk) || is_ipv6(chunk) {
        Some("<ip>")
    } else if is_email(chunk) {
        Some("<id>")
    } else if is_path(chunk) {
        Some("<path>")
    } else {
        None
    }
}

/// The parts of a chunk.
pub(super) fn pieces(chunk: &str) -> Vec<Piece<'_>> {
    if let Some(placeholder) = place(chunk) {
        return vec![Piece::Place(placeholder)];
    }
    if is_code(chunk) {
        return vec![Piece::Text(chunk)];
    }
    if let Some(name) = class::last_part(chunk) {
        return vec![Piece::Text(name)];
    }
    let mut pieces = Vec::new();
    let mut at = 0;
    let mut pod = false;
    while at < chunk.len() {
        let rest = &chunk[at..];
        if is_uuid(rest) {
            pieces.push(Piece::Place("<id>"));
            at += 36;
            continue;
        }
        let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        if end == 0 {
            let joiner = rest.chars().next().map_or(1, char::len_utf8);
            pieces.push(Piece::Text(&rest[..joiner]));
            at += joiner;
            continue;
        }
        let segment = &rest[..end];
        if pod && is_pod_suffix(segment) {
            pieces.push(Piece::Place("<id>"));
        } else {
            segment_pieces(segment, &mut pieces);
        }
        // The random part of a pod's name is followed by one of five letters that need not have a digit.
        pod = (8..=10).contains(&segment.len()) && has_digit(segment) && rest[end..].starts_with('-');
        at += end;
    }
    pieces
}

fn has_digit(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
}

/// A run of letters and digits.
fn segment_pieces<'a>(segment: &'a str, pieces: &mut Vec<Piece<'a>>) {
    if !has_digit(segment) {
        pieces.push(Piece::Text(segment));
        return;
    }
    let digits = segment.bytes().take_while(u8::is_ascii_digit).count();
    let letters = segment.find(|c: char| c.is_ascii_digit()).unwrap_or(segment.len());
    let address = segment.strip_prefix("0x").or_else(|| segment.strip_prefix("0X"));
    if digits == segment.len() {
        pieces.push(Piece::Number(segment));
    } else if address.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        pieces.push(Piece::Place("<addr>"));
    } else if digits > 0 {
        pieces.push(if is_quantity(segment) { Piece::Place("<n>") } else { Piece::Alphanumeric(segment) });
    } else if segment[letters..].bytes().all(|byte| byte.is_ascii_digit())
        && !(segment.len() >= 4 && segment[..letters].bytes().all(|byte| matches!(byte, b'a'..=b'f')))
    {
        // `worker7`, but not `abf3`: that is hexadecimal.
        pieces.extend([Piece::Text(&segment[..letters]), Piece::Place("<n>")]);
    } else {
        pieces.push(Piece::Alphanumeric(segment));
    }
}

/// `30s`, `1m30s`, `512MiB`, `2x`.
fn is_quantity(segment: &str) -> bool {
    let mut rest = segment;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let unit = rest[digits..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |at| digits + at);
        if digits == 0 || !WORDS.is_unit(&rest[digits..unit]) {
            return false;
        }
        rest = &rest[unit..];
    }
    true
}

/// The code of an error that is known by its prefix: `E0382`, `ORA-00001`, `TS2345`.
pub(super) fn is_code(chunk: &str) -> bool {
    let digits = chunk.bytes().rev().take_while(u8::is_ascii_digit).count();
    (3..=6).contains(&digits) && WORDS.code_prefixes.iter().any(|prefix| *prefix == chunk[..chunk.len() - digits])
}

/// Kubernetes makes the last part of a pod's name of these.
fn is_pod_suffix(segment: &str) -> bool {
    segment.len() == 5 && segment.bytes().all(|byte| b"bcdfghjklmnpqrstvwxz2456789".contains(&byte))
}

fn is_uuid(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 36
        && bytes[..36].iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
        && !bytes.get(36).is_some_and(u8::is_ascii_alphanumeric)
}

fn is_ipv4(chunk: &str) -> bool {
    let host = chunk.split([':', '/']).next().unwrap_or_default();
    let behind = &chunk[host.len()..];
    let mut parts = 0;
    let numbers = host.split('.').all(|part| {
        parts += 1;
        (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    });
    numbers && parts == 4 && behind.bytes().skip(1).all(|byte| byte.is_ascii_digit())
}

fn is_ipv6(chunk: &str) -> bool {
    let hexadecimal = chunk.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.'));
    let colons = chunk.bytes().filter(|byte| *byte == b':').count();
    // With a digit or an empty part in front: `a::b` is a path in Rust.
    (3..=45).contains(&chunk.len()) && hexadecimal && colons >= 2 && (has_digit(chunk) || chunk.starts_with("::"))
}

fn is_email(chunk: &str) -> bool {
    chunk.split_once('@').is_some_and(|(user, host)| {
        user.ends_with(char::is_alphanumeric)
            && host.starts_with(char::is_alphabetic)
            && host.contains('.')
            && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
    })
}

/// From a root, from here, or with a file name at its end.
fn is_path(chunk: &str) -> bool {
    let drive = |rest: &str| rest.starts_with([':']) && rest[1..].starts_with(['\\', '/']);
    if chunk.starts_with(|c: char| c.is_ascii_alphabetic()) && drive(&chunk[1..]) {
        return true;
    }
    let rooted = ["/", "./", "../", "~/"].iter().find_map(|root| chunk.strip_prefix(root));
    if let Some(rest) = rooted {
        return rest.starts_with(|c: char| c.is_alphanumeric() || "._@%{~-".contains(c));
    }
    let Some((folder, name)) = chunk.rsplit_once('/') else { return false };
    if !folder.starts_with(|c: char| c.is_alphanumeric() || "._@-".contains(c)) {
        return false;
    }
    // `src/main.rs:4:5`, `orders/4711`, but not `application/json`, `and/or`, `1/2`.
    let extension = name.split(':').next().and_then(|name| name.rsplit_once('.'));
    let named = extension.is_some_and(|(stem, extension)| {
        !stem.is_empty() && !extension.is_empty() && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    (named || has_digit(chunk)) && chunk.contains(|c: char| c.is_alphabetic())
}
