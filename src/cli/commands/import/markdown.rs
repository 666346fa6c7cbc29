use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::{Context, Each, Shared};
use crate::cli::commands::runbook::placed;
use crate::cli::text::escape;
use crate::cli::{markdown_files, output};
use crate::import::markdown::{self, Document, Place, Read};
use crate::model::{Draft, RunbookDraft, Timestamp, limit};
use crate::record::{ImportReport, Saved, Skipped};
use crate::{repo, sys};

/// Markdown files: our own form, decision records, notes, and runbooks by their sections
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  shipnote import markdown docs/adr\n  shipnote import markdown wiki --dry-run\n  \
    shipnote import markdown notes --service orders --keep-going\n\n\
    A document with two of the sections Meaning, Impact, Diagnosis and Mitigation becomes a runbook; one with a section\n\
    Decision a change with its status, date and what it supersedes; any other a change of kind operations.")]
pub(super) struct Args {
    /// Files, and folders with such files
    #[arg(required = true, value_hint = clap::ValueHint::AnyPath)]
    paths: Vec<PathBuf>,
    /// The service of what names none
    #[arg(long)]
    service: Option<String>,
    /// Print what each file would become, and store nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    #[command(flatten)]
    shared: Shared,
}

/// A file that was read.
struct File {
    path: PathBuf,
    root: PathBuf,
    read: Read,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    let mut left_out = Vec::new();
    let files = read_all(args, context, &mut left_out)?;
    if args.dry_run {
        return preview(&files, &left_out);
    }
    let mut drafts = Vec::new();
    let mut runbooks = Vec::new();
    for File { path, root, read } in files {
        match read.document {
            Document::Change(draft) => drafts.push((path, *draft)),
            Document::Runbook(draft) => runbooks.push((placed(*draft, &path, &root, context), path)),
        }
    }
    let mut store = context.open_to_write()?;
    let name = |place: u64| {
        let found = usize::try_from(place).ok().and_then(|place| drafts.get(place.checked_sub(1)?));
        found.map_or_else(String::new, |(path, _)| path.display().to_string())
    };
    let read = &mut |each: &mut Each<'_>| {
        (1..).zip(&drafts).try_for_each(|(place, (path, draft))| {
            let draft = Draft { service: draft.service.clone().or_else(|| args.service.clone()), ..draft.clone() };
            each(place, draft).with_context(|| format!("{} was refused, nothing was stored", path.display()))
        })
    };
    let mut report = args.shared.import(&mut store, &|_| drafts.len() as u64, read, Some(&name), context)?;
    report.skipped.extend(left_out.into_iter().map(|reason| Skipped { id: None, reason }));
    for (draft, path) in runbooks {
        let draft = RunbookDraft { service: draft.service.or_else(|| args.service.clone()), ..draft };
        count(context.recorder(&mut store).import_runbook(draft), &path, &mut report);
    }
    args.shared.print(&report, context)?;
    Ok(0)
}

fn count(saved: Result<Saved>, path: &Path, report: &mut ImportReport) {
    match saved {
        Ok(Saved::New(_)) => report.imported += 1,
        Ok(Saved::Same(_)) => report.unchanged += 1,
        Err(error) => {
            report.skipped.push(Skipped { id: None, reason: format!("{}: {error:#}", path.display()) });
        }
    }
}

/// Every file, read; those that cannot be are left out when that was asked for.
fn read_all(args: &Args, context: &Context, left_out: &mut Vec<String>) -> Result<Vec<File>> {
    let mut read = Vec::new();
    for path in &args.paths {
        let root = context.path(path);
        let mut files = Vec::new();
        markdown_files::gather(&root, &mut files)?;
        // Where there is no repository, dates stand in the files alone.
        let dates = repo::first_commits(if root.is_dir() { &root } else { context.directory() }).unwrap_or_default();
        for file in files {
            match read_one(&file, &root, &dates, context) {
                Ok(document) => read.push(File { path: file, root: root.clone(), read: document }),
                Err(error) if args.shared.keep_going => left_out.push(format!("{}: {error:#}", file.display())),
                Err(error) => {
                    return Err(error.context(format!("{} was refused, nothing was stored", file.display())));
                }
            }
        }
    }
    Ok(read)
}

fn read_one(file: &Path, root: &Path, dates: &HashMap<PathBuf, Timestamp>, context: &Context) -> Result<Read> {
    let text = sys::files::read_text(file, 2 * limit::RECORD as u64)?;
    let key = markdown_files::key(file, root, context);
    let below = file.strip_prefix(root).ok().and_then(Path::parent).map(Path::components);
    let folders: Vec<_> =
        below.into_iter().flatten().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    let committed = file.canonicalize().ok().and_then(|file| dates.get(&file)).copied();
    markdown::read(&text, &Place { key: &key, folders: &folders, committed })
}

fn preview(files: &[File], left_out: &[String]) -> Result<u8> {
    let rows = files.iter().map(|File { path, root, read }| {
        let (becomes, title) = match &read.document {
            Document::Change(draft) => ("change", draft.title.as_deref()),
            Document::Runbook(draft) => ("runbook", draft.title.as_deref()),
        };
        let path = path.strip_prefix(root).ok().filter(|path| !path.as_os_str().is_empty()).unwrap_or(path);
        [&*path.to_string_lossy(), becomes, title.unwrap_or_default(), read.why].map(escape)
    });
    output::data(&output::columns(rows))?;
    for line in left_out {
        output::note(&format!("left out: {}", escape(line)));
    }
    Ok(0)
}
