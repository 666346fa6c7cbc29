//! Headings and fences of a Markdown text, line by line.

use super::Fence;

/// Languages of fenced blocks that are commands to run.
pub const SHELLS: [&str; 4] = ["sh", "bash", "shell", "console"];

/// The languages of the fenced blocks of a text, in order.
pub fn languages(markdown: &str) -> Vec<&str> {
    outline(markdown).1
}

/// The text without a first heading that `is_title`, and with its highest headings at level one.
pub fn promoted(markdown: &str, is_title: impl Fn(&str) -> bool) -> String {
    let mut lines: Vec<&str> = markdown.lines().collect();
    let first = lines.iter().position(|line| !line.trim().is_empty());
    if let Some(at) = first.filter(|at| lines[*at].strip_prefix("# ").is_some_and(&is_title)) {
        lines.drain(..=at);
    }
    let rest = lines.join("\n");
    let mut lines: Vec<&str> = rest.lines().collect();
    let headings = outline(&rest).0;
    let highest = headings.iter().map(|at| level(lines[*at])).min().unwrap_or(1);
    for at in headings {
        lines[at] = &lines[at][highest - 1..];
    }
    lines.join("\n")
}

fn level(line: &str) -> usize {
    line.bytes().take_while(|byte| *byte == b'#').count()
}

/// The numbers of the lines that are headings, and the languages of fences.
fn outline(markdown: &str) -> (Vec<usize>, Vec<&str>) {
    let (mut headings, mut languages) = (Vec::new(), Vec::new());
    let mut open: Option<Fence<'_>> = None;
    for (at, line) in markdown.lines().enumerate() {
        match open {
            Some(fence) => open = (!fence.is_closed_by(line)).then_some(fence),
            None => {
                open = Fence::open(line);
                if let Some(fence) = open {
                    languages.push(fence.info.split_whitespace().next().unwrap_or_default());
                } else if (1..=6).contains(&level(line)) && line[level(line)..].starts_with(' ') {
                    headings.push(at);
                }
            }
        }
    }
    (headings, languages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_begin_at_the_top_and_the_title_is_said_once() {
        let text = "\n# Title\n\n## Meaning\n\n```sh x\n# a comment\n```\n\n### More\n#no heading\n";
        let promoted = |text: &str| promoted(text, |heading| heading == "Title");
        assert_eq!(promoted(text).trim(), "# Meaning\n\n```sh x\n# a comment\n```\n\n## More\n#no heading");
        assert_eq!(promoted("# Other\n## A"), "# Other\n## A");
        assert_eq!(promoted(""), "");
        assert_eq!(languages(text), ["sh"]);
    }
}
