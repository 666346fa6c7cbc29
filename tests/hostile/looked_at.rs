//! Everything that a command prints, looked at for what would steer a terminal.

use std::process::Output;

use serde_json::Value;

use crate::support::project::{Project, transcript};

/// Characters that steer a terminal or hide what stands there: none of a record may reach one.
pub(crate) fn steers(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t')
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The text without the colours that the command line itself puts into it.
fn without_colours(text: &str) -> String {
    regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap().replace_all(text, "").into_owned()
}

pub(crate) fn assert_steers_nothing(what: &str, output: &[u8]) {
    let text = String::from_utf8(output.to_vec()).unwrap_or_else(|error| panic!("{what}: {error}"));
    if let Some(at) = text.find(steers) {
        let around =
            text.floor_char_boundary(at.saturating_sub(80))..text.ceil_char_boundary((at + 80).min(text.len()));
        panic!("{what} prints {:?} in {:?}", text[at..].chars().next(), &text[around]);
    }
}

/// Runs a command line, which may fail but never crash, and looks at all it prints, with and without colours.
pub(crate) fn looked_at(project: &Project, args: &[&str]) -> Output {
    let coloured = project.shipnote(args).args(["--color", "always"]).output().unwrap();
    for part in [&coloured.stdout, &coloured.stderr] {
        let text = without_colours(&String::from_utf8_lossy(part));
        assert_steers_nothing(&format!("{args:?} in colours"), text.as_bytes());
    }
    let output = project.shipnote(args).output().unwrap();
    assert!(matches!(output.status.code(), Some(0..=2)), "{}", transcript(args, &output));
    assert_steers_nothing(&format!("{args:?}"), &output.stdout);
    assert_steers_nothing(&format!("{args:?}"), &output.stderr);
    if args.contains(&"--json") && !output.stdout.is_empty() {
        serde_json::from_slice::<Value>(&output.stdout).unwrap_or_else(|error| panic!("{args:?}: {error}"));
    }
    output
}

pub(crate) fn looked_at_input<const N: usize>(project: &Project, args: &[&str; N], input: &[u8]) {
    let output = project.with_input(*args, input);
    assert!(matches!(output.status.code(), Some(0..=2)), "{}", transcript(args, &output));
    assert_steers_nothing(&format!("{args:?} of {:?}", String::from_utf8_lossy(input)), &output.stdout);
    assert_steers_nothing(&format!("{args:?} of {:?}", String::from_utf8_lossy(input)), &output.stderr);
}
