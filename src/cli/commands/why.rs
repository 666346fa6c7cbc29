use std::path::Path;

use anyhow::Result;

use super::{Context, list};
use crate::cli::named_file::{NamedFile, Touched};
use crate::cli::report::{self, Hinted};
use crate::cli::text::escape;
use crate::cli::{output, view};
use crate::model::{Change, ChangeId};
use crate::repo::{LastChange, LineOrigin};
use crate::store::Store;

/// Digits of a commit hash that are shown.
const SHORT: usize = 12;

/// Why a file, or a line of it, is the way it is
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    shipnote why src/api.py\n  \
    shipnote why src/api.py:120\n  \
    shipnote why src/api.py --json -n 0\n\n\
    Lists the changes that touched the file, newest first, also under the names it had before.\n\
    With :LINE, shows the change whose commit last changed that line.\n\
    Exit code 1: nothing is recorded.")]
pub(in crate::cli) struct Args {
    /// The file, and perhaps a line of it
    #[arg(value_name = "PATH[:LINE]", value_hint = clap::ValueHint::FilePath)]
    path: String,
    /// How many changes at most; 0 for all
    #[arg(short = 'n', long = "limit", default_value_t = 20, value_name = "COUNT")]
    limit: usize,
    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    let store = context.open()?;
    let exists = |path: &str| context.path(Path::new(path)).symlink_metadata().is_ok();
    let (typed, line) = split(&args.path, exists);
    let file = NamedFile::find(typed, context)?;
    let mut commit = None;
    if let Some(line) = line {
        commit = last_change(&file, line)?;
        if let Some(commit) = &commit {
            let changes = holding(&store, commit)?;
            if !changes.is_empty() {
                return show(&changes, args, &json(&changes, &file, Some(line), Some(commit)));
            }
            not_recorded(&file, line, commit);
        }
    }
    let touched = file.touched_by(&store, args.limit)?;
    if args.json {
        output::json(&json(&touched.changes, &file, None, commit.as_ref()))?;
    } else {
        list_file(&touched, &file, context)?;
    }
    Ok(u8::from(touched.changes.is_empty()))
}

/// The path and the line of `PATH:LINE` or, as compilers say it, `PATH:LINE:COLUMN`. A file that has such a name wins.
fn split(typed: &str, exists: impl Fn(&str) -> bool) -> (&str, Option<usize>) {
    let cut = |text: &str| -> Option<(usize, usize)> {
        let (path, number) = text.rsplit_once(':')?;
        let digits = !path.is_empty() && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        // A number that is too large is out of every range.
        digits.then(|| (path.len(), number.parse().unwrap_or(usize::MAX)))
    };
    let Some((end, line)) = cut(typed).filter(|_| !exists(typed)) else { return (typed, None) };
    let path = &typed[..end];
    match cut(path).filter(|(end, _)| !exists(path) && exists(&path[..*end])) {
        Some((end, line)) => (&path[..end], Some(line)),
        None => (path, Some(line)),
    }
}

/// The commit that last changed the line; where there is none, that is said.
fn last_change(file: &NamedFile, line: usize) -> Result<Option<LastChange>> {
    let path = escape(file.path());
    let Some(tracked) = file.tracked() else {
        output::note(&format!(
            "There is no git repository with {path}: which commit changed line {line} is not known."
        ));
        return Ok(None);
    };
    match tracked.origin(line)? {
        LineOrigin::Commit(commit) => return Ok(Some(commit)),
        LineOrigin::Uncommitted => output::note(&format!("Line {line} of {path} is not committed yet.")),
        LineOrigin::NoFile => output::note(&format!("There is no {path}, neither here nor in the last commit.")),
        LineOrigin::OutOfRange(lines) => {
            let lines = if lines == 1 { "1 line".to_owned() } else { format!("{lines} lines") };
            return Err(Hinted::new(
                format!("{path} has {lines}, there is no line {line}"),
                "give a line that is there, or leave it out for the changes of the whole file",
            ));
        }
    }
    Ok(None)
}

/// The changes that a commit belongs to: what its message says, else those that hold its hash.
fn holding(store: &dyn Store, commit: &LastChange) -> Result<Vec<Change>> {
    for id in commit.records.iter().filter_map(|id| id.parse::<ChangeId>().ok()) {
        if let Some(change) = store.get(&id)? {
            return Ok(vec![change]);
        }
    }
    let held = store.by_commit(&commit.hash)?;
    held.iter().filter_map(|summary| store.get(&summary.id).transpose()).collect()
}

fn not_recorded(file: &NamedFile, line: usize, commit: &LastChange) {
    let hash = commit.hash.get(..SHORT).unwrap_or(&commit.hash);
    let day = commit.at.map(|at| format!(" of {}", at.day())).unwrap_or_default();
    let (path, subject) = (escape(file.path()), escape(&commit.subject));
    output::note(&format!("Line {line} of {path} was last changed by commit {hash}{day}: {subject}"));
    output::note("No record holds that commit.");
    report::print_hint(&format!("shipnote log --from-git {hash}"));
}

/// `line` is the line that the changes are of; absent where they are those of the whole file.
fn json(changes: &[Change], file: &NamedFile, line: Option<usize>, commit: Option<&LastChange>) -> serde_json::Value {
    serde_json::json!({
        "schema": "shipnote.changes/1",
        "changes": changes,
        "path": file.path(),
        "names": file.names(),
        "line": line,
        "commit": commit.map(|commit| &commit.hash),
    })
}

fn show(changes: &[Change], args: &Args, json: &serde_json::Value) -> Result<u8> {
    if args.json {
        output::json(json)?;
    } else {
        let tops: Vec<_> = changes.iter().map(|change| view::top(change, output::prose_width())).collect();
        output::data(&tops.join("\n\n"))?;
    }
    Ok(0)
}

fn list_file(touched: &Touched, file: &NamedFile, context: &Context) -> Result<()> {
    let said = |names: &[String]| names.iter().map(|name| escape(name)).collect::<Vec<_>>().join(", ");
    if touched.changes.is_empty() {
        output::note(&format!("No recorded change touched {}.", said(file.names())));
        return Ok(());
    }
    output::data(&list::table(&touched.rows, output::width()))?;
    if context.globals.quiet {
        return Ok(());
    }
    if let [_, earlier @ ..] = file.names()
        && !earlier.is_empty()
    {
        output::note(&format!("also known as {}", said(earlier)));
    }
    if let Some(names) = &touched.otherwise {
        output::note(&format!("none names {}; these name {}", said(file.names()), said(names)));
    }
    if touched.more {
        output::note("there are more; -n 0 lists all");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_line_stands_behind_the_path() {
        let there = ["api.py", "odd:12", "odd:12:3"];
        for (typed, expected) in [
            ("api.py", ("api.py", None)),
            ("api.py:12", ("api.py", Some(12))),
            ("api.py:12:5", ("api.py", Some(12))),
            ("gone.py:12", ("gone.py", Some(12))),
            ("gone.py:12:5", ("gone.py:12", Some(5))),
            ("odd:12", ("odd:12", None)),
            ("odd:12:7", ("odd:12", Some(7))),
            ("odd:12:3", ("odd:12:3", None)),
            ("api.py:", ("api.py:", None)),
            ("api.py:x", ("api.py:x", None)),
            ("api.py:+1", ("api.py:+1", None)),
            (":12", (":12", None)),
            ("api.py:99999999999999999999999", ("api.py", Some(usize::MAX))),
        ] {
            assert_eq!(split(typed, |path| there.contains(&path)), expected, "{typed}");
        }
    }
}
