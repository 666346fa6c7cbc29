//! The Markdown form of a change, both ways: what `log --edit` and `edit` open, what `export markdown` writes and
//! `import markdown` reads.
//!
//! TOML front matter stands between two lines of `+++`, then sections `## Reason`, `## Baseline`, `## Commands`,
//! `## Expected`, `## Rollback`, `## Metrics`, `## Checks`, `## Assumptions`, any of which may be missing. The front
//! matter is the draft itself in TOML: **a section is used where it reads back equal, any other value stays in the front
//! matter**, so that the form is pleasant for what people write and lossless for everything else. Imports `model` and
//! `markup`.

mod body;
mod checklist;
mod front;
mod runbook;
mod section;
mod toml_text;

pub use checklist::{Checklist, ChecklistItem};
pub use runbook::{RunbookStep, read_runbook, runbook_steps, write_runbook, write_runbook_draft, yaml};

use std::borrow::Cow;

use section::{Body, Section};

use crate::model::{Baseline, Change, Draft};

/// Why a form cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct FormError {
    /// The line of the form, from 1.
    pub line: usize,
    /// What is wrong and what to do about it, in one line.
    pub message: String,
}

impl FormError {
    fn new(line: usize, message: impl Into<String>) -> Self {
        // What it names may have lines of its own.
        Self { line, message: message.into().replace(['\r', '\n'], " ") }
    }
}

/// The fence of the front matter.
const FENCE: &str = "+++";
/// How a line begins that says what was wrong with the form.
const ERROR: &str = "# error:";

/// The Markdown form of a change. [`read`] gives the same change back, and writing that gives the same text.
pub fn write(change: &Change) -> String {
    write_draft(Draft::from(change), false)
}

/// The form to open in an editor: every section stands in it, empty ones with a hint that is dropped on reading.
/// A draft that breaks rules is written too, for its author to mend.
pub fn template(draft: &Draft) -> String {
    write_draft(draft.clone(), true)
}

fn write_draft(mut draft: Draft, hints: bool) -> String {
    let mut sections = String::new();
    for section in Section::ALL {
        let body = take(&mut draft, section);
        if body.is_empty() && !hints {
            continue;
        }
        sections += &format!("\n## {}\n\n", section.name());
        if body.is_empty() {
            sections += &section::hint(hint(section));
        } else {
            sections += &section::escape(&body);
        }
    }
    let front = front::write(&draft, hints);
    format!("{FENCE}\n{front}{FENCE}\n{sections}")
}

/// Takes out of the draft what reads back from this section, and returns the section's body.
fn take(draft: &mut Draft, section: Section) -> String {
    match section {
        Section::Reason => take_text(&mut draft.reason),
        Section::Expected => take_text(&mut draft.expected),
        Section::Baseline => take_baseline(&mut draft.baseline),
        Section::Rollback => take_rollback(draft),
        Section::Commands => {
            let bodies: Vec<_> = draft.commands.iter().map(body::command).collect();
            take_list(&mut draft.commands, bodies.join("\n"), body::commands)
        }
        Section::Metrics => {
            let body = draft.metrics.iter().map(|metric| body::bullet(&body::metric(metric))).collect();
            take_list(&mut draft.metrics, body, body::metrics)
        }
        Section::Assumptions => {
            let body = draft.assumptions.iter().map(|text| body::bullet(text)).collect();
            take_list(&mut draft.assumptions, body, assumptions)
        }
        // JSON holds anything, and TOML has no null: checks never go to the front matter.
        Section::Checks => {
            let checks = std::mem::take(&mut draft.checks);
            checks.iter().map(body::check).collect::<Vec<_>>().join("\n")
        }
    }
}

/// Whether the body can stand in a file: carriage returns do not survive editors.
fn stands(body: &str) -> bool {
    !body.contains('\r')
}

fn take_text(field: &mut Option<String>) -> String {
    let fits = |text: &mut String| stands(text) && body::free_text(&section::lines(text)).as_ref() == Some(text);
    field.take_if(fits).map(|text| text + "\n").unwrap_or_default()
}

fn take_list<T: PartialEq>(
    field: &mut Vec<T>,
    body: String,
    read: impl Fn(&[section::Line<'_>]) -> Result<Vec<T>, FormError>,
) -> String {
    let fits = stands(&body) && read(&section::lines(&body)).is_ok_and(|read| read == *field);
    if !fits {
        return String::new();
    }
    field.clear();
    body
}

fn assumptions(lines: &[section::Line<'_>]) -> Result<Vec<String>, FormError> {
    Ok(body::bullets(lines)?.into_iter().map(|bullet| bullet.text).collect())
}

/// The fields of a baseline by the name they have in their section.
fn baseline_fields(baseline: &mut Baseline) -> [(&'static str, &mut Option<String>); 5] {
    [
        ("route", &mut baseline.route),
        ("input", &mut baseline.input),
        ("command", &mut baseline.command),
        ("symptom", &mut baseline.symptom),
        ("location", &mut baseline.location),
    ]
}

fn take_baseline(baseline: &mut Baseline) -> String {
    let mut body = String::new();
    for (name, field) in baseline_fields(baseline) {
        let bullet = body::bullet(&format!("{name}: {}", field.as_deref().unwrap_or_default()));
        let read = body::bullets(&section::lines(&bullet)).unwrap_or_default();
        let reads_back = |text: &mut String| {
            let [read] = read.as_slice() else { return false };
            baseline_entry(read).is_ok_and(|(_, value)| value == *text)
        };
        if stands(&bullet) && field.take_if(reads_back).is_some() {
            body += &bullet;
        }
    }
    body
}

fn baseline_entry(bullet: &body::Bullet) -> Result<(String, String), FormError> {
    let (name, value) = bullet.text.split_once(':').ok_or_else(|| {
        FormError::new(bullet.number, "write `- route: …`, or one of input, command, symptom, location")
    })?;
    Ok((name.trim().to_lowercase(), value.trim().to_owned()))
}

fn take_rollback(draft: &mut Draft) -> String {
    let (command, note) = (draft.rollback.command.as_deref(), draft.rollback.note.as_deref());
    let fits = |(command, note): &(Option<&str>, Option<&str>)| {
        let body = body::rollback_text(*command, *note);
        let read = body::rollback(&section::lines(&body)).unwrap_or_default();
        stands(&body) && (read.0.as_deref(), read.1.as_deref()) == (*command, *note)
    };
    let most = [(command, note), (command, None), (None, note)].into_iter().find(fits).unwrap_or_default();
    let body = body::rollback_text(most.0, most.1);
    let taken = (most.0.is_some(), most.1.is_some());
    draft.rollback.command.take_if(|_| taken.0);
    draft.rollback.note.take_if(|_| taken.1);
    body
}

/// Reads the Markdown form. CRLF line ends are read as LF; what is left out is absent.
///
/// # Errors
/// [`FormError`] with the line for a form without front matter, TOML that is wrong, a field or section that is unknown
/// or stands twice, and entries that do not read as what their section holds.
pub fn read(text: &str) -> Result<Draft, FormError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = if text.contains("\r\n") { Cow::Owned(text.replace("\r\n", "\n")) } else { Cow::Borrowed(text) };
    let mut lines = text.split('\n').enumerate().skip_while(|(_, line)| line.starts_with(ERROR));
    let offset = |at: usize| text.split('\n').take(at).map(|line| line.len() + 1).sum::<usize>().min(text.len());
    let begin = match lines.next() {
        Some((n, line)) if line.trim_end() == FENCE => n,
        found => {
            let line = found.map_or(1, |(n, _)| n + 1);
            return Err(FormError::new(line, "the form begins with a line of +++: write +++, title = \"…\", +++"));
        }
    };
    let Some((end, _)) = lines.find(|(_, line)| line.trim_end() == FENCE) else {
        return Err(FormError::new(begin + 1, "the front matter has no end: add a line of +++ below it"));
    };
    let mut draft = front::read(&text[offset(begin + 1)..offset(end)], begin + 2)?;
    draft.title.take_if(|title| title.is_empty());
    for body in section::split(&text[offset(end + 1)..], end + 2)? {
        put(&mut draft, &body)?;
    }
    Ok(draft)
}

/// Puts into the draft what its section says.
fn put(draft: &mut Draft, body: &Body<'_>) -> Result<(), FormError> {
    let lines = &body.lines;
    match body.section {
        Section::Reason => put_text(&mut draft.reason, body::free_text(lines), "reason", body),
        Section::Expected => put_text(&mut draft.expected, body::free_text(lines), "expected", body),
        Section::Baseline => put_baseline(&mut draft.baseline, body),
        Section::Rollback => {
            let (command, note) = body::rollback(lines)?;
            put_text(&mut draft.rollback.command, command, "rollback.command", body)?;
            put_text(&mut draft.rollback.note, note, "rollback.note", body)
        }
        Section::Commands => put_list(&mut draft.commands, body::commands(lines)?, "commands", body),
        Section::Metrics => put_list(&mut draft.metrics, body::metrics(lines)?, "metrics", body),
        Section::Checks => put_list(&mut draft.checks, body::checks(lines)?, "checks", body),
        Section::Assumptions => put_list(&mut draft.assumptions, assumptions(lines)?, "assumptions", body),
    }
}

fn put_baseline(baseline: &mut Baseline, body: &Body<'_>) -> Result<(), FormError> {
    let mut seen = Vec::new();
    for bullet in body::bullets(&body.lines)? {
        let (name, value) = baseline_entry(&bullet)?;
        let field = baseline_fields(baseline).into_iter().find(|(known, _)| *known == name);
        let Some((known, field)) = field else {
            let shown: String = name.chars().take(40).collect();
            let rule = format!("`{shown}` is not part of a baseline: use route, input, command, symptom or location");
            return Err(FormError::new(bullet.number, rule));
        };
        if seen.contains(&known) {
            return Err(FormError::new(bullet.number, format!("`{known}` stands twice in the baseline: join them")));
        }
        seen.push(known);
        let value = Some(value).filter(|value| !value.is_empty());
        put_text(field, value, &format!("baseline.{known}"), body)?;
    }
    Ok(())
}

fn put_text(field: &mut Option<String>, value: Option<String>, name: &str, body: &Body<'_>) -> Result<(), FormError> {
    if value.is_some() {
        if field.is_some() {
            return Err(in_both(name, body));
        }
        *field = value;
    }
    Ok(())
}

fn put_list<T>(field: &mut Vec<T>, values: Vec<T>, name: &str, body: &Body<'_>) -> Result<(), FormError> {
    if !values.is_empty() {
        if !field.is_empty() {
            return Err(in_both(name, body));
        }
        *field = values;
    }
    Ok(())
}

fn in_both(name: &str, body: &Body<'_>) -> FormError {
    let heading = body.section.name();
    FormError::new(body.number, format!("{name} stands in the front matter and below `## {heading}`: keep one of them"))
}

/// What a section is for, shown in the template where it is empty.
fn hint(section: Section) -> &'static str {
    match section {
        Section::Reason => "why it was changed",
        Section::Baseline => "what the system did before: `- route: …`, input, command, symptom, location",
        Section::Commands => "what was run to ship it: a note, then the command in a ```sh fence",
        Section::Expected => "what should be seen when it works",
        Section::Rollback => "the way back: the command in a ```sh fence, then what to know before running it",
        Section::Metrics => "`- p95 latency: 480 ms -> 190 ms`; add (lower) or (higher), whichever is better",
        Section::Checks => {
            "a ```json fence each, for instance {\"kind\": \"http\", \"url\": \"https://…\", \"status\": 200}"
        }
        Section::Assumptions => "what was taken for granted, `- …` each",
    }
}

/// The form with a comment that says what was wrong, in place of the comment of an earlier attempt. Nothing else in it
/// changes.
pub fn with_error(text: &str, error: &str) -> String {
    let (before, after) = around_errors(text);
    let end = if text.contains("\r\n") || before.ends_with('\r') { "\r\n" } else { "\n" };
    let printable = |line: &str| line.chars().filter(|c| !c.is_control()).collect::<String>();
    let comment: String =
        error.lines().filter(|l| !l.trim().is_empty()).map(|l| format!("{ERROR} {}{end}", printable(l))).collect();
    let open = if before.contains(FENCE) && !before.ends_with('\n') { "\n" } else { "" };
    format!("{before}{open}{comment}{after}")
}

/// [`with_error`] for a form that could not be read: the line in the comment is counted in the text returned.
pub fn with_form_error(text: &str, error: &FormError) -> String {
    let (before, after) = around_errors(text);
    let count = |part: &str| part.split_inclusive('\n').count();
    let old = count(&text[before.len()..text.len() - after.len()]);
    let moved = if error.line > count(before) { (error.line + 1).saturating_sub(old) } else { error.line };
    with_error(text, &FormError::new(moved, error.message.as_str()).to_string())
}

/// What stands before and after the error comments: they are at the very top, or just below the first line of `+++`.
fn around_errors(text: &str) -> (&str, &str) {
    let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let first = text[mark..].split_inclusive('\n').next().unwrap_or_default();
    let start = if first.trim_end() == FENCE { mark + first.len() } else { mark };
    let errors = text[start..].split_inclusive('\n').take_while(|line| line.starts_with(ERROR));
    let length: usize = errors.map(str::len).sum();
    (&text[..start], &text[start + length..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        read(text).unwrap_err().to_string()
    }

    #[test]
    fn what_a_person_writes_is_read() {
        let text = "+++\ntitle = \"Cache lookups\"\nshipped_at = 2026-11-20T14:05:00Z # today\n+++\n\n## reason\n\
                    <!-- hint: why -->\nSlow.\n\n## Details\n\\## Metrics\n\n## Metrics\n* p95: 480 ms → 190 ms\n\n## Checks\n\n## Rollback\nTell the team.\n";
        let draft = read(text).unwrap();
        assert_eq!(draft.reason.as_deref(), Some("Slow.\n\n## Details\n## Metrics"));
        assert_eq!(draft.metrics[0].after, Some(190.0));
        assert_eq!(draft.rollback.note.as_deref(), Some("Tell the team."));
        assert_eq!(draft.shipped_at.unwrap().to_string(), "2026-11-20T14:05:00Z");
        assert_eq!(read(&format!("\u{feff}{}", text.replace('\n', "\r\n"))), Ok(draft));
    }

    #[test]
    fn a_refusal_names_the_line_and_the_way_out() {
        for (text, said) in [
            ("", "line 1: the form begins with a line of +++"),
            ("## Reason\n", "line 1: the form begins with a line of +++"),
            ("+++\ntitle = \"t\"\n", "line 1: the front matter has no end: add a line of +++"),
            (
                "+++\ntitle = \"t\"\nownr = \"a\"\n+++\n",
                "line 3: ownr is not a field shipnote knows; correct or remove it",
            ),
            ("+++\ntitle = \"t\"\ntitle = \"u\"\n+++\n", "line 3: duplicate key"),
            ("+++\ntitle = t\n+++\n", "line 2: "),
            ("+++\n\ntags = [\"a\",\n  1]\n+++\n", "line 4: tags[1]: invalid type: integer `1`, expected a string"),
            ("+++\nshipped_at = \"2026-02-30\"\n+++\n", "line 2: shipped_at: `2026-02-30` is not a date"),
            ("+++\nmetrics = [{ name = \"a\", before = inf }]\n+++\n", "line 2: must be a finite number"),
            ("+++\nbaseline.rute = \"a\"\n+++\n", "line 2: baseline.rute is not a field"),
            (
                "+++\nreason = \"a\"\n+++\n\n## Reason\nb\n",
                "line 5: reason stands in the front matter and below `## Reason`",
            ),
            ("+++\n+++\n## Baseline\n- rute: a\n", "line 4: `rute` is not part of a baseline"),
            ("+++\n+++\n## Baseline\n- route: a\n- route: b\n", "line 5: `route` stands twice"),
            ("+++\n+++\n## Checks\n```json\n{\n \"nme\": 1}\n```\n", "line 6: nme is not a field"),
            ("+++\n+++\n## Commands\n\n```sh { exit = \"no\" }\nls\n```\n", "line 5: exit: invalid type"),
        ] {
            assert!(refused(text).starts_with(said), "{text}\n{}", refused(text));
        }
    }

    #[test]
    fn bombs_are_refused() {
        for key in
            ["[".repeat(100_000), format!("a{} = 1", ".a".repeat(100_000)), format!("[a{}]", ".a".repeat(100_000))]
        {
            refused(&format!("+++\n{key}\n+++\n"));
        }
        refused(&format!("+++\n+++\n## Checks\n```json\n{}\n```\n", "[".repeat(100_000)));
        refused(&format!("+++\n+++\n## Commands\n```sh {}\n```\n", "{a=".repeat(100_000)));
    }

    #[test]
    fn the_template_shows_every_section_and_no_hint_is_read() {
        let text = template(&Draft { title: Some("t".into()), ..Draft::default() });
        for section in Section::ALL {
            assert!(text.contains(&format!("\n## {}\n\n<!-- hint: ", section.name())), "{text}");
        }
        assert!(text.contains("\n# owner = \"team-orders\""), "{text}");
        assert_eq!(read(&text), Ok(Draft { title: Some("t".into()), ..Draft::default() }));
        let uncommented = text.replace("\n# ", "\n");
        assert_eq!(read(&uncommented).unwrap().service.as_deref(), Some("orders"));
        assert_eq!(read(&template(&Draft::default())), Ok(Draft::default()));
    }

    #[test]
    fn an_error_stands_below_the_first_line_and_counts_itself() {
        let text = "+++\ntitle = 1\n+++\n";
        let once = with_form_error(text, &read(text).unwrap_err());
        assert!(once.starts_with("+++\n# error: line 3: title: invalid type"), "{once}");
        assert_eq!(with_form_error(&once, &read(&once).unwrap_err()), once);
        assert_eq!(with_error("words\r\n", "a\nb"), "# error: a\r\n# error: b\r\nwords\r\n");
        let lost = with_form_error("words\n", &read("words\n").unwrap_err());
        assert!(lost.starts_with("# error: line 2: the form begins"), "{lost}");
        assert_eq!(read(&with_error("+++\n+++\n", "x")), Ok(Draft::default()));
        assert_eq!(with_error("+++", "x"), "+++\n# error: x\n");
    }
}
