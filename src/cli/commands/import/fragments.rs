use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use super::{Context, Each, Shared};
use crate::cli::text::escape;
use crate::cli::{markdown_files, output};
use crate::import::fragments::{self, Around, Read};
use crate::model::{Timestamp, limit};
use crate::record::Skipped;
use crate::repo::{self, Remote};
use crate::sys;

/// Settings of the tools that may name types.
const SETTINGS: [&str; 4] = [".changie.yaml", ".changie.yml", "towncrier.toml", "pyproject.toml"];

/// Changelog fragments of changie, changesets and towncrier: a draft for each
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  shipnote import fragments .changeset\n  shipnote import fragments newsfragments --dry-run\n  \
    shipnote import fragments .changes/unreleased --service orders\n\n\
    The files say whose they are. A fragment is of a change that is merged and not released: it becomes a draft, which\n\
    `shipnote ship` completes. Files that are no fragments are left out and listed."
)]
pub(super) struct Args {
    /// The folder with the fragments
    #[arg(value_hint = clap::ValueHint::DirPath)]
    folder: PathBuf,
    /// The service they are of
    #[arg(long)]
    service: Option<String>,
    /// Print what each file would become, and store nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    #[command(flatten)]
    shared: Shared,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    let root = context.path(&args.folder);
    ensure!(root.is_dir(), "{} is no folder: name the one with the fragments", root.display());
    let mut left_out = Vec::new();
    let read = read_all(&root, args, context, &mut left_out)?;
    if args.dry_run {
        let rows = read.iter().map(|(path, Read { draft, why })| {
            [&*path.to_string_lossy(), why, draft.title.as_deref().unwrap_or_default()].map(escape)
        });
        output::data(&output::columns(rows))?;
        left_out.iter().for_each(|line| output::note(&format!("left out: {}", escape(line))));
        return Ok(0);
    }
    let mut store = context.open_to_write()?;
    let name = |place: u64| {
        let found = usize::try_from(place).ok().and_then(|place| read.get(place.checked_sub(1)?));
        found.map_or_else(String::new, |(path, _)| path.display().to_string())
    };
    let hand_over = &mut |each: &mut Each<'_>| {
        (1..).zip(&read).try_for_each(|(place, (path, read))| {
            each(place, read.draft.clone())
                .with_context(|| format!("{} was refused, nothing was stored", path.display()))
        })
    };
    let mut report = args.shared.import(&mut store, &|_| read.len() as u64, hand_over, Some(&name), context)?;
    report.skipped.extend(left_out.into_iter().map(|reason| Skipped { id: None, reason }));
    args.shared.print(&report, context)?;
    Ok(0)
}

/// Every fragment with its path below the folder; what is none, or is refused and may be, is left out.
fn read_all(root: &Path, args: &Args, context: &Context, left_out: &mut Vec<String>) -> Result<Vec<(PathBuf, Read)>> {
    let mut files = Vec::new();
    gather(root, &mut files)?;
    // Where there is no repository, dates stand in the files alone.
    let dates = repo::first_commits(root).unwrap_or_default();
    let around = around(root, args, context)?;
    let mut read = Vec::new();
    for path in files {
        let name = path.strip_prefix(root).unwrap_or(&path).to_owned();
        // Whoever opened a pipe would wait for its other end.
        if !path.is_file() {
            left_out.push(format!("{}: it is no plain file", name.display()));
            continue;
        }
        match read_one(&path, root, &dates, &around, context) {
            Ok(Some(fragment)) => read.push((name, fragment)),
            Ok(None) => left_out.push(format!(
                "{}: it is no fragment of changie, changesets or towncrier, by its name and its first lines",
                name.display()
            )),
            Err(error) if args.shared.keep_going => left_out.push(format!("{}: {error:#}", name.display())),
            Err(error) => return Err(error.context(format!("{} was refused, nothing was stored", path.display()))),
        }
    }
    Ok(read)
}

/// The files below a folder, by name; settings, templates and links are none.
fn gather(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in sys::files::list(folder)? {
        let name = entry.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with(['_', '.']) || entry.is_symlink() {
            continue;
        }
        if entry.is_dir() {
            gather(&entry, files)?;
        } else {
            files.push(entry);
        }
    }
    Ok(())
}

/// What is known of all of them; settings are in the folder or in one around it, as far as the project goes.
fn around(root: &Path, args: &Args, context: &Context) -> Result<Around> {
    let mut types = HashMap::new();
    let inside = |folder: &&Path| folder.starts_with(context.base());
    let folders = [Some(root), root.parent()].into_iter().flatten().chain(root.ancestors().skip(2).take_while(inside));
    for path in folders.flat_map(|folder| SETTINGS.map(|name| folder.join(name))).filter(|path| path.is_file()) {
        let text = sys::files::read_text(&path, limit::FOREIGN_SETTINGS)?;
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let found = fragments::types(name, &text).with_context(|| path.display().to_string())?;
        found.into_iter().for_each(|(name, label)| _ = types.entry(name).or_insert(label));
    }
    Ok(Around { types, remote: Remote::of(root).unwrap_or_default(), service: args.service.clone() })
}

fn read_one(
    path: &Path,
    root: &Path,
    dates: &HashMap<PathBuf, Timestamp>,
    around: &Around,
    context: &Context,
) -> Result<Option<Read>> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if !fragments::may_be(name, around) {
        return Ok(None);
    }
    let text = sys::files::read_text(path, limit::INPUT as u64)?;
    let key = markdown_files::key(path, root, context);
    let committed = path.canonicalize().ok().and_then(|path| dates.get(&path)).copied();
    fragments::read(&text, &fragments::File { name, key: &key, committed }, around)
}
