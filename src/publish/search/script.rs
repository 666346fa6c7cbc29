//! The files of the index as scripts: `shipnoteSearch("NAME", DATA);`.
//!
//! A page opened from a folder may not fetch a file, but it may load a script. The data is JSON in ASCII, without `<`: no
//! text of a record can end the script, and the encoding of the server does not matter.

use std::fmt::Write as _;

const HEAD: &str = "shipnoteSearch(\"";
const TAIL: &str = ");\n";

/// The path of a file in the site.
pub(super) fn path(name: &str) -> String {
    format!("search/{name}.js")
}

/// The script that hands `json` to the page under `name`, which needs no escapes.
pub(super) fn wrap(name: &str, json: &str) -> Vec<u8> {
    let mut script = String::with_capacity(json.len() + name.len() + 32);
    script.push_str(HEAD);
    script.push_str(name);
    script.push_str("\",");
    push_ascii(&mut script, json);
    script.push_str(TAIL);
    script.into_bytes()
}

/// What [`wrap`] was given, with its escapes; `None` for any other file.
pub(super) fn unwrap<'a>(name: &str, script: &'a [u8]) -> Option<&'a str> {
    let script = std::str::from_utf8(script).ok()?;
    script.strip_prefix(HEAD)?.strip_prefix(name)?.strip_prefix("\",")?.strip_suffix(TAIL)
}

/// Appends JSON with everything escaped that is not plain ASCII; such characters stand in its strings only.
fn push_ascii(script: &mut String, json: &str) {
    let mut rest = json;
    while let Some(at) = rest.bytes().position(|byte| byte >= 0x7f || byte == b'<') {
        script.push_str(&rest[..at]);
        let Some(c) = rest[at..].chars().next() else { break };
        for unit in c.encode_utf16(&mut [0; 2]) {
            // Writing to a string cannot fail.
            let _ = write!(script, "\\u{unit:04x}");
        }
        rest = &rest[at + c.len_utf8()..];
    }
    script.push_str(rest);
}

/// Bytes that a text without quotes and control characters takes in a script.
pub(super) fn escaped_length(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    text.chars().map(|c| if c.is_ascii() { 1 } else { 6 * c.len_utf16() }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_ends_the_script() {
        let text = "</script><!-- \u{2028}\u{2029} \" \\ \u{7f} é 🚀";
        let json = serde_json::to_string(text).unwrap();
        let script = wrap("0/d-1", &json);
        let shown = std::str::from_utf8(&script).unwrap();
        assert!(shown.is_ascii() && !shown.contains('<'), "{shown}");
        assert_eq!(serde_json::from_str::<String>(unwrap("0/d-1", &script).unwrap()).unwrap(), text);
        assert_eq!(wrap("0/d-1", unwrap("0/d-1", &script).unwrap()), script);
        assert_eq!(unwrap("0/d-2", &script), None);
        assert_eq!(escaped_length("aé🚀"), 1 + 6 + 12);
    }
}
