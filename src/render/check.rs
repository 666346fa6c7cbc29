//! Tries every template on made-up views and says everything that is wrong, each with its file and line.
//!
//! What can be seen without rendering comes first, all of it: syntax, bounds, unknown filters and components, fields that no
//! view has (`fields`). A file with such a mistake is left out, so that the others are still rendered; there each template
//! shows the first thing that stops it.

mod fields;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use tera::{Context, ErrorKind, Tera};

use super::source::{place, tags};
use super::view::sample::{self, HOSTILE, Sample};
use super::{Failure, Format, Renderer, STACK, TemplateError, TemplateFile, base, embedded_texts, limits, text, theme};
use crate::markup::Fence;

/// Something wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file below `templates/`.
    pub file: String,
    /// The line and the column, from 1, where they are known.
    pub place: Option<(usize, usize)>,
    /// What is wrong.
    pub message: String,
}

/// When a template that is being tried is given up.
#[derive(Debug, Clone, Copy)]
pub struct Watch {
    /// How long it may take.
    pub most: Duration,
    /// Bytes the process has in use, where that can be told.
    pub memory: fn() -> Option<u64>,
}

/// How often the watch looks.
const TICK: Duration = Duration::from_millis(20);

/// Bytes that rendering one sample may add to what the process uses.
const MOST_MEMORY: u64 = 512 * 1024 * 1024;

/// Everything that is wrong with the templates of `own`, on every sample; sorted by file and line. A template that runs away
/// is said to, and nothing after it is tried: its thread cannot be ended but by the end of the process.
pub fn check(own: &[TemplateFile], watch: Watch) -> Vec<Problem> {
    let mut problems: BTreeSet<Problem> = own.iter().filter_map(style_sheet).collect();
    for format in [Format::Html, Format::Markdown] {
        let (tera, found) = prepare(format, own);
        problems.extend(found);
        let Some(tera) = tera else { continue };
        let tera = Arc::new(tera);
        for sample in sample::all() {
            let name = sample.name;
            match try_one(&tera, format, sample, watch) {
                Ok(()) => {}
                Err((problem, Ended::Yes)) => {
                    problems.insert(problem.on(name));
                }
                Err((problem, Ended::No)) => {
                    problems.insert(problem.on(name));
                    return problems.into_iter().collect();
                }
            }
        }
    }
    // What every sample shows is said once.
    let all: Vec<Problem> = problems.into_iter().collect();
    let mut kept: Vec<Problem> = Vec::new();
    for problem in all {
        let same =
            |other: &Problem| other.file == problem.file && other.place == problem.place && other.place.is_some();
        if !kept.iter().any(same) {
            kept.push(problem);
        }
    }
    kept
}

impl Renderer {
    /// The first thing that is wrong with the templates on a view that has everything: such a template is wrong on every page.
    /// For before a site is touched.
    ///
    /// # Errors
    /// [`TemplateError`] that names the template.
    pub fn try_out(&self, formats: &[Format], watch: Watch) -> Result<(), TemplateError> {
        for format in formats {
            for sample in sample::all().into_iter().filter(|sample| sample.name == "full") {
                let Some(template) = sample.template(*format) else { continue };
                let reason = match render(self.templates(*format), *format, sample, watch) {
                    Tried::Page(_) => continue,
                    Tried::Failed(Failure::Tera(error)) => return Err(TemplateError::new(*format, &template, &error)),
                    Tried::Failed(Failure::TooLong) => TOO_LONG,
                    Tried::Failed(Failure::Panic) => STUMBLES,
                    Tried::RanAway => RAN_AWAY,
                };
                return Err(TemplateError::because(*format, &template, reason));
            }
        }
        Ok(())
    }
}

const UNESCAPED: &str = "text of a record reaches the page unescaped: take away the filter `safe`";
pub(super) const TOO_LONG: &str = "its page becomes longer than 256 MiB: does a loop end?";
pub(super) const STUMBLES: &str = "it makes the template engine stumble";
const RAN_AWAY: &str = "it takes too long or too much memory: does a loop end, does a text grow in it?";

impl Problem {
    fn new(format: Format, name: &str, place: Option<(usize, usize)>, message: impl Into<String>) -> Self {
        let name = name.strip_prefix(super::DEFAULT).unwrap_or(name);
        let message = message.into();
        Self { file: format!("{}{name}", format.folder()), place, message }
    }

    /// Says on which sample it showed, where that is not all of them.
    fn on(mut self, sample: &str) -> Self {
        if sample == "bare" {
            self.message += " (when what can be absent is absent)";
        }
        self
    }
}

/// A style sheet that loads something from elsewhere.
fn style_sheet(file: &TemplateFile) -> Option<Problem> {
    let text = std::str::from_utf8(&file.content).ok().filter(|_| file.name.ends_with(".css"))?;
    let error = theme::check_css(text).err()?;
    Some(Problem { file: file.name.clone(), place: error.line.map(|line| (line, 1)), message: error.to_string() })
}

/// The templates without those that cannot be used, and what is wrong with these.
fn prepare(format: Format, own: &[TemplateFile]) -> (Option<Tera>, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut mine: Vec<(&str, &str)> = Vec::new();
    for file in own {
        let Some(name) = file.name.strip_prefix(format.folder()) else { continue };
        match std::str::from_utf8(&file.content) {
            Ok(text) => mine.push((name, text)),
            Err(_) => problems.push(Problem::new(format, name, None, "it is not UTF-8")),
        }
    }
    for crossed in limits::crossed(&mine, &embedded_texts(format)) {
        mine.retain(|(name, _)| *name != crossed.file);
        problems.push(Problem::new(format, &crossed.file, crossed.place, crossed.reason));
    }
    mine.retain(|(name, text)| match Tera::new().add_raw_template(name, text).map_err(|error| error.kind().clone()) {
        Err(ErrorKind::SyntaxError(report)) => {
            problems.push(Problem::new(format, name, Some(start(report.span())), report.message()));
            false
        }
        _ => true,
    });
    let given = mine.iter().flat_map(|(_, text)| fields::given(text)).collect();
    for (name, text) in &mine {
        let unknown = fields::unknown(format, name, text, &given);
        problems.extend(unknown.into_iter().map(|(at, said)| Problem::new(format, name, Some(place(text, at)), said)));
    }
    let tera = match base(format) {
        Ok(base) => assemble(format, &base, mine, &mut problems),
        Err(error) => {
            problems.push(Problem::new(format, "", None, error.to_string()));
            None
        }
    };
    (tera, problems)
}

/// Puts templates together; those that do not fit are left out.
fn assemble(format: Format, base: &Tera, mut mine: Vec<(&str, &str)>, problems: &mut Vec<Problem>) -> Option<Tera> {
    let mut left_out: Vec<String> = Vec::new();
    loop {
        let mut tera = base.clone();
        let Err(error) = tera.add_raw_templates(mine.iter().copied()) else { return Some(tera) };
        let found = misfits(format, &error, &mine);
        let wrong: BTreeSet<String> = found.iter().map(|problem| problem.file.clone()).collect();
        let before = mine.len();
        mine.retain(|(name, _)| {
            let out = wrong.contains(&Problem::new(format, name, None, "").file);
            left_out.extend(out.then(|| format!("`{name}`")));
            !out
        });
        // What is missing only because it was left out is no mistake of who asks for it.
        problems.extend(
            found
                .into_iter()
                .filter(|problem| !left_out.iter().any(|name| problem.message.contains(&format!("template {name}")))),
        );
        if mine.len() == before {
            return None;
        }
    }
}

/// What an error of putting templates together says: for unknown names it is a text with many places in it.
fn misfits(format: Format, error: &tera::Error, mine: &[(&str, &str)]) -> Vec<Problem> {
    let text = error.to_string();
    let named = |name: &str| vec![Problem::new(format, name, None, text.clone())];
    match error.kind() {
        ErrorKind::CircularExtend { tpl, .. } | ErrorKind::CircularInclude { tpl, .. } => return named(tpl),
        ErrorKind::MissingParent { current, .. } => return named(current),
        _ => {}
    }
    let mut found = Vec::new();
    let mut message = "";
    for line in text.lines() {
        if let Some(said) = line.strip_prefix("error: ") {
            message = said;
        } else if let Some((_, at)) = line.split_once("--> ")
            && let [column, line, name] = at.rsplitn(3, ':').collect::<Vec<_>>()[..]
        {
            let place = line.parse().ok().zip(column.parse().ok());
            found.push(Problem::new(format, name, place, message));
        }
    }
    if found.is_empty() {
        let first = mine.iter().find(|(name, _)| text.contains(&format!("`{name}`"))).or(mine.first());
        found.extend(first.map(|(name, _)| Problem::new(format, name, None, text.clone())));
    }
    found
}

/// Whether the thread that rendered has ended.
enum Ended {
    Yes,
    No,
}

/// Renders one sample, and looks whether its texts stay texts.
fn try_one(tera: &Arc<Tera>, format: Format, sample: Sample, watch: Watch) -> Result<(), (Problem, Ended)> {
    let Some(template) = sample.template(format) else { return Ok(()) };
    let problem = |message: &str| Problem::new(format, &template, None, message);
    match render(tera, format, sample, watch) {
        Tried::Page(text) if acts(format, &text) => Err((problem(UNESCAPED), Ended::Yes)),
        Tried::Page(_) => Ok(()),
        Tried::Failed(Failure::Tera(error)) => Err((stopped(format, &template, &error), Ended::Yes)),
        Tried::Failed(Failure::TooLong) => Err((problem(TOO_LONG), Ended::Yes)),
        Tried::Failed(Failure::Panic) => Err((problem(STUMBLES), Ended::Yes)),
        Tried::RanAway => Err((problem(RAN_AWAY), Ended::No)),
    }
}

/// Whether a hostile text is more than text on a page. In Markdown it is text in code and in the quotes that `quote` makes.
fn acts(format: Format, page: &str) -> bool {
    if format == Format::Html {
        return page.contains(HOSTILE);
    }
    let mut fence: Option<Fence<'_>> = None;
    page.lines().any(|line| {
        match &fence {
            Some(open) if open.is_closed_by(line) => fence = None,
            Some(_) => {}
            None => {
                fence = Fence::open(line);
                return fence.is_none() && !line.starts_with('>') && !line.contains('`') && line.contains(HOSTILE);
            }
        }
        false
    })
}

/// What stopped a template, at the place in the file it stands in.
fn stopped(format: Format, template: &str, error: &tera::Error) -> Problem {
    match error.kind() {
        ErrorKind::RenderingError(report) | ErrorKind::SyntaxError(report) => {
            Problem::new(format, report.filename(), Some(start(report.span())), report.message())
        }
        _ => Problem::new(format, template, None, error.to_string()),
    }
}

fn start(span: &tera::Span) -> (usize, usize) {
    (span.start_line, span.start_col + 1)
}

enum Tried {
    Page(String),
    Failed(Failure),
    RanAway,
}

/// Renders a sample on a thread of its own.
fn render(tera: &Arc<Tera>, format: Format, sample: Sample, watch: Watch) -> Tried {
    let Some(template) = sample.template(format) else { return Tried::Page(String::new()) };
    let (done, wait) = channel();
    let tera = Arc::clone(tera);
    let before = (watch.memory)();
    let work = move || {
        let mut context = Context::new();
        context.insert("site", &sample.site);
        context.insert_value(sample.view, sample.value);
        if let Some(frame) = &sample.frame {
            context.insert("page", frame);
        }
        // Nobody waits any more when the watch gave up.
        let _ = done.send(text(&tera, &template, &context));
    };
    if thread::Builder::new().stack_size(STACK).spawn(work).is_err() {
        return Tried::RanAway;
    }
    let mut left = watch.most;
    loop {
        match wait.recv_timeout(TICK) {
            Ok(Ok(text)) => return Tried::Page(text),
            Ok(Err(failure)) => return Tried::Failed(failure),
            Err(RecvTimeoutError::Disconnected) => return Tried::Failed(Failure::Panic),
            Err(RecvTimeoutError::Timeout) => left = left.saturating_sub(TICK),
        }
        let grown = (watch.memory)().zip(before).map_or(0, |(now, before)| now.saturating_sub(before));
        if left.is_zero() || grown > MOST_MEMORY {
            return Tried::RanAway;
        }
    }
}

#[cfg(test)]
mod tests;
