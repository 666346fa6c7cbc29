//! The `## ` sections of the form: where they begin and end, and how free text keeps clear of their headings.
//!
//! A line of free text that reads like one of our headings, or nearly, is written with a backslash in front (one that
//! already has backslashes gets one more), and reading takes one off again. Fences are not looked into: what a heading is
//! never depends on a fence that somebody forgot to close.

use super::FormError;

/// How a hint of the template begins; such lines are dropped on reading.
const HINT: &str = "<!-- hint:";
/// Letters in which a heading may differ from ours and still be taken for a slip.
const SLIP: usize = 2;

/// A section of the form, in the order they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Reason,
    Baseline,
    Commands,
    Expected,
    Rollback,
    Metrics,
    Checks,
    Assumptions,
}

impl Section {
    pub(super) const ALL: [Self; 8] = [
        Self::Reason,
        Self::Baseline,
        Self::Commands,
        Self::Expected,
        Self::Rollback,
        Self::Metrics,
        Self::Checks,
        Self::Assumptions,
    ];

    /// What stands behind `## `.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Reason => "Reason",
            Self::Baseline => "Baseline",
            Self::Commands => "Commands",
            Self::Expected => "Expected",
            Self::Rollback => "Rollback",
            Self::Metrics => "Metrics",
            Self::Checks => "Checks",
            Self::Assumptions => "Assumptions",
        }
    }
}

/// A line of a body and where it stands in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub(super) number: usize,
    pub(super) text: &'a str,
}

/// A section as it stands in the file, hints and escapes taken away.
#[derive(Debug)]
pub(super) struct Body<'a> {
    pub(super) section: Section,
    /// The line of its heading.
    pub(super) number: usize,
    pub(super) lines: Vec<Line<'a>>,
}

/// What a line is that begins with no backslash.
enum Reserved {
    Heading(Section),
    /// Nearly the heading of this section.
    Slip(Section),
    Hint,
}

fn reserved(line: &str) -> Option<Reserved> {
    if line.starts_with(HINT) && line.trim_end().ends_with("-->") {
        return Some(Reserved::Hint);
    }
    let name = line.strip_prefix("## ")?.trim();
    // No name of ours is that long; comparing letters takes its time.
    if name.len() > 20 {
        return None;
    }
    let name = name.to_lowercase();
    Section::ALL.into_iter().find_map(|section| {
        let distance = strsim::damerau_levenshtein(&name, &section.name().to_lowercase());
        match distance {
            0 => Some(Reserved::Heading(section)),
            1..=SLIP => Some(Reserved::Slip(section)),
            _ => None,
        }
    })
}

/// The body with a backslash in front of every line that would be taken for something else.
pub(super) fn escape(body: &str) -> String {
    let lines = body.split('\n').map(|line| {
        let escape = reserved(line.trim_start_matches('\\')).is_some();
        format!("{}{line}", if escape { "\\" } else { "" })
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn unescape(line: &str) -> &str {
    match line.strip_prefix('\\') {
        Some(rest) if reserved(rest.trim_start_matches('\\')).is_some() => rest,
        _ => line,
    }
}

/// The lines of a body that is not in a file.
pub(super) fn lines(body: &str) -> Vec<Line<'_>> {
    body.split('\n').map(|text| Line { number: 0, text }).collect()
}

/// The hint line that says `text`.
pub(super) fn hint(text: &str) -> String {
    format!("{HINT} {text} -->\n")
}

/// Splits what stands behind the front matter; `first` is the number of its first line.
pub(super) fn split(text: &str, first: usize) -> Result<Vec<Body<'_>>, FormError> {
    let mut bodies: Vec<Body<'_>> = Vec::new();
    for (n, text) in text.split('\n').enumerate() {
        let number = first + n;
        match reserved(text) {
            Some(Reserved::Hint) => {}
            Some(Reserved::Heading(section)) => {
                if let Some(body) = bodies.iter().find(|body| body.section == section) {
                    return Err(FormError::new(number, twice(section, body.number)));
                }
                bodies.push(Body { section, number, lines: Vec::new() });
            }
            Some(Reserved::Slip(section)) => {
                let text = text.trim_end();
                let rule = format!(
                    "`{text}` is not a section: did you mean `## {}`? Write `\\{text}` to keep it as text",
                    section.name()
                );
                return Err(FormError::new(number, rule));
            }
            None => match bodies.last_mut() {
                Some(body) => body.lines.push(Line { number, text: unescape(text) }),
                None if text.trim().is_empty() => {}
                None => return Err(FormError::new(number, outside(text))),
            },
        }
    }
    Ok(bodies)
}

fn twice(section: Section, first: usize) -> String {
    let name = section.name();
    format!("`## {name}` stands twice, first in line {first}: join them, or write `\\## {name}` to keep it as text")
}

fn outside(text: &str) -> String {
    if text.starts_with("# ") {
        return "the title stands in the front matter: write title = \"…\" between the +++ lines".to_owned();
    }
    let names: Vec<_> = Section::ALL.iter().map(|section| section.name()).collect();
    let shown: String = text.trim().chars().take(40).collect();
    format!("`{shown}` stands under no section: put it below `## Reason` or another of {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_come_off_as_they_went_on() {
        let text =
            "## Reason\n\\## reason \n\\\\## Comands\n## Details\n### Reason\n\\n\n<!-- hint: x -->\n <!-- hint: x -->";
        let escaped = escape(text);
        assert_eq!(escaped.lines().next(), Some("\\## Reason"));
        assert_eq!(escaped.lines().nth(3), Some("## Details"));
        let file = format!("## Reason\n{escaped}");
        let bodies = split(&file, 1).unwrap();
        let read: Vec<_> = bodies[0].lines.iter().map(|line| line.text).collect();
        assert_eq!(read.join("\n"), text);
    }

    #[test]
    fn a_slip_and_a_section_that_stands_twice_name_line_and_way_out() {
        let error = split("## Reason\n\n## Comands\n", 5).unwrap_err().to_string();
        assert_eq!(
            error,
            "line 7: `## Comands` is not a section: did you mean `## Commands`? Write `\\## Comands` to keep it as text"
        );
        let error = split("## Reason\n## reason\n", 1).unwrap_err().to_string();
        assert!(error.starts_with("line 2: `## Reason` stands twice, first in line 1"), "{error}");
        assert!(split("\n# Title\n", 1).unwrap_err().to_string().contains("title stands in the front matter"));
        assert!(split("words\n", 1).unwrap_err().to_string().contains("stands under no section"));
    }
}
