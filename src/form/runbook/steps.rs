//! The steps of a runbook: its fenced shell blocks.

use crate::markup::{Fence, SHELLS};

/// One fenced shell block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunbookStep {
    /// What it is called: its attribute `name`, else the heading above it; a second one below that has a number.
    pub name: String,
    /// What is run: of a block with prompts the lines behind them, else all of it.
    pub run: String,
    /// Text that its output must contain, its attribute `expect`.
    pub expect: Option<String>,
    /// The command that undoes it, its attribute `rollback`.
    pub rollback: Option<String>,
    /// Whether it is asked for even where the others are not, its attribute `confirm`.
    pub confirm: bool,
    /// Whether it is written for bash rather than for any shell.
    pub bash: bool,
    /// Whether it stands in the section Rollback: it is the way back and no step of the way there.
    pub back: bool,
}

/// The steps in the body of a runbook, in order.
pub fn runbook_steps(body: &str) -> Vec<RunbookStep> {
    let mut steps: Vec<RunbookStep> = Vec::new();
    let mut heading = "Steps".to_owned();
    // The level of the heading Rollback while its section lasts.
    let mut back = None;
    let mut lines = body.lines();
    while let Some(line) = lines.next() {
        if let Some(fence) = Fence::open(line) {
            let content: Vec<&str> =
                lines.by_ref().take_while(|line| !fence.is_closed_by(line)).map(|line| fence.content(line)).collect();
            let step = step(fence.info, &content, &heading);
            steps.extend(step.map(|step| RunbookStep { back: back.is_some(), ..step }));
        } else if let Some((level, text)) = heading_of(line) {
            if back.is_some_and(|open| level <= open) {
                back = None;
            }
            if back.is_none() && text.eq_ignore_ascii_case("rollback") {
                back = Some(level);
            }
            text.clone_into(&mut heading);
        }
    }
    for n in 1..steps.len() {
        let name = steps[n].name.clone();
        let earlier = steps[..n].iter().filter(|step| step.name == name || is_numbered(&step.name, &name)).count();
        if earlier > 0 {
            steps[n].name = format!("{name} {}", earlier + 1);
        }
    }
    steps
}

fn is_numbered(name: &str, of: &str) -> bool {
    let number = name.strip_prefix(of).and_then(|rest| rest.strip_prefix(' '));
    number.is_some_and(|number| number.parse::<usize>().is_ok())
}

/// The level and the text of a heading.
fn heading_of(line: &str) -> Option<(usize, &str)> {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    ((1..=6).contains(&level) && text.starts_with(' ')).then(|| (level, text.trim().trim_end_matches('#').trim()))
}

fn step(info: &str, content: &[&str], heading: &str) -> Option<RunbookStep> {
    let (language, rest) = info.split_once(char::is_whitespace).unwrap_or((info, ""));
    if !SHELLS.contains(&language) {
        return None;
    }
    let prompted = content.iter().find(|line| !line.trim().is_empty()).is_some_and(|line| line.starts_with("$ "));
    let run = if prompted || language == "console" { prompts(content) } else { content.join("\n").trim().to_owned() };
    if run.trim().is_empty() {
        return None;
    }
    let mut step = RunbookStep {
        name: heading.to_owned(),
        run,
        expect: None,
        rollback: None,
        confirm: false,
        bash: language == "bash",
        back: false,
    };
    for (name, value) in attributes(rest) {
        match name {
            "name" => step.name = value.replace(['\r', '\n'], " "),
            "expect" => step.expect = Some(value),
            "rollback" => step.rollback = Some(value),
            "confirm" => step.confirm = true,
            _ => {}
        }
    }
    Some(step)
}

/// The lines behind `$ `, with those that continue them.
fn prompts(content: &[&str]) -> String {
    let mut run: Vec<&str> = Vec::new();
    let mut open = false;
    for line in content {
        let typed = match line.strip_prefix("$ ") {
            Some(typed) => typed,
            None if open => line.strip_prefix("> ").unwrap_or(line),
            None => continue,
        };
        open = typed.ends_with('\\');
        run.push(typed);
    }
    run.join("\n")
}

/// `name="Restart it" confirm expect=done` as names and values.
fn attributes(text: &str) -> Vec<(&str, String)> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let (name, behind) = rest.split_at(end);
        let Some(value) = behind.strip_prefix('=') else {
            found.push((name, String::new()));
            rest = behind.trim_start();
            continue;
        };
        let mut quoted = serde_json::Deserializer::from_str(value).into_iter::<String>();
        let (text, end) = match value.starts_with('"').then(|| quoted.next()) {
            Some(Some(Ok(text))) => (text, quoted.byte_offset()),
            _ => {
                let end = value.find(char::is_whitespace).unwrap_or(value.len());
                (value[..end].to_owned(), end)
            }
        };
        found.push((name, text));
        rest = value[end..].trim_start();
    }
    found
}
