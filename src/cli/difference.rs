//! What differs between two revisions, as lines for a terminal.

use similar::TextDiff;

use super::text::escape;

/// The lines that differ, each with one around it, apart from the two that differ in every revision.
pub(super) fn lines(before: &str, after: &str) -> String {
    let strip = |text: &str| -> String {
        text.lines().filter(|line| !line.starts_with("revision = ") && !line.starts_with("updated_at = ")).fold(
            String::new(),
            |mut kept, line| {
                kept.push_str(line);
                kept.push('\n');
                kept
            },
        )
    };
    let (before, after) = (strip(before), strip(after));
    let diff = TextDiff::from_lines(&before, &after);
    let text = diff.unified_diff().context_radius(1).to_string();
    let lines: Vec<_> = text
        .lines()
        .filter(|line| !line.starts_with("@@"))
        .map(|line| {
            let style = match line.as_bytes().first() {
                Some(b'+') => anstyle::AnsiColor::Green.on_default(),
                Some(b'-') => anstyle::AnsiColor::Red.on_default(),
                _ => anstyle::Style::new().dimmed(),
            };
            format!("  {style}{}{style:#}", escape(line))
        })
        .collect();
    lines.join("\n")
}
