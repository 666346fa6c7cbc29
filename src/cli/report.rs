//! How a failure is said: one line what was wrong, the causes, and what to type next.

use std::fmt;

use anstyle::{AnsiColor, Style};

use super::output;
use super::text::{escape_lines, escape_styled};
use crate::form::FormError;
use crate::model::{CheckError, IdError, InputError};
use crate::publish::ForeignFolder;
use crate::record::RecordError;
use crate::render::TemplateError;
use crate::store::StoreError;
use crate::sys::files::TooLarge;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// Characters of a line of a message.
const MOST_CHARACTERS: usize = 1000;

/// A failure that knows what to type next.
#[derive(Debug)]
pub(super) struct Hinted {
    message: String,
    hint: String,
}

impl Hinted {
    /// The failure as an error.
    #[allow(clippy::new_ret_no_self, reason = "it is only ever wanted as an error")]
    pub(super) fn new(message: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
        anyhow::Error::new(Self { message: message.into(), hint: hint.into() })
    }
}

impl fmt::Display for Hinted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Hinted {}

/// Whether the reader of our output went away, which is no failure.
pub(super) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    })
}

/// Prints a failure to standard error.
pub(super) fn print(error: &anyhow::Error) {
    output::note(&format!("{ERROR}error:{ERROR:#} {}", shortened(&error.to_string())));
    let mut said = error.to_string();
    for cause in error.chain().skip(1) {
        let text = cause.to_string();
        if !said.contains(&text) {
            output::note(&format!("  because {}", shortened(&text)));
        }
        said = text;
    }
    if let Some(hint) = hint(error) {
        print_hint(&hint);
    }
}

/// Prints what is wrong with a command line, or the help that was asked for; returns the exit code.
pub(super) fn print_usage(error: &clap::Error) -> std::process::ExitCode {
    if !error.use_stderr() {
        error.exit();
    }
    // It quotes what was typed.
    output::note(escape_styled(&error.render().ansi().to_string()).trim_end());
    std::process::ExitCode::from(2)
}

/// Says what to type next.
pub(super) fn print_hint(hint: &str) {
    output::note(&format!("{HINT}hint:{HINT:#} {}", escape_lines(hint)));
}

/// A message with its long lines cut: some quote the input.
fn shortened(message: &str) -> String {
    let cut = |line: &str| match line.char_indices().nth(MOST_CHARACTERS) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    };
    escape_lines(&message.lines().map(cut).collect::<Vec<_>>().join("\n"))
}

/// What to type next, by the kind of failure.
pub(super) fn hint(error: &anyhow::Error) -> Option<String> {
    error.chain().find_map(|cause| {
        None.or_else(|| cause.downcast_ref::<Hinted>().map(|hinted| hinted.hint.clone()))
            .or_else(|| cause.downcast_ref().map(record_hint))
            .or_else(|| cause.downcast_ref().map(store_hint))
            .or_else(|| cause.downcast_ref::<FormError>().map(|_| "mend the form and run the command again".to_owned()))
            .or_else(|| cause.downcast_ref::<ForeignFolder>().map(|_| FOLDER_HINT.to_owned()))
            .or_else(|| cause.downcast_ref::<TooLarge>().map(|_| LARGE_HINT.to_owned()))
            .or_else(|| cause.downcast_ref::<TemplateError>().map(|_| TEMPLATE_HINT.to_owned()))
            .or_else(|| cause.downcast_ref::<InputError>().map(|_| INPUT_HINT.to_owned()))
            .or_else(|| cause.downcast_ref::<CheckError>().map(check_hint))
            .or_else(|| cause.downcast_ref::<IdError>().map(|_| "shipnote list shows the ids".to_owned()))
            .or_else(|| cause.downcast_ref::<std::io::Error>().and_then(file_hint))
    })
}

const FOLDER_HINT: &str = "name a new or an empty folder: shipnote publish --out DIR";

const TEMPLATE_HINT: &str =
    "shipnote templates check says all that is wrong; without the file, the one that comes with shipnote is used";

const LARGE_HINT: &str = "split it into smaller files; an import of a folder leaves it out with --keep-going";

const INPUT_HINT: &str = "mend the input; `shipnote show ID --json` prints a record as an example";

fn check_hint(error: &CheckError) -> String {
    format!("for instance: --check '{}'", error.example)
}

fn record_hint(error: &RecordError) -> String {
    match error {
        RecordError::Invalid(_) => "mend the field and run the command again; nothing was stored".to_owned(),
        RecordError::Secrets(_) => {
            "nothing was stored: take the secret out and name its variable instead ($TOKEN); or --redact stores the rest; \
             or --allow-secret REASON stores it all"
                .to_owned()
        }
        RecordError::Conflict { id, .. } => {
            format!(
                "shipnote show {id} prints what is there; shipnote edit {id} changes it; another --key records anew"
            )
        }
        RecordError::Deleted { id, .. } => {
            format!("shipnote show {id} --history prints what it was; record it under another key")
        }
    }
}

fn file_hint(error: &std::io::Error) -> Option<String> {
    match error.kind() {
        std::io::ErrorKind::NotFound => Some("check the path".to_owned()),
        std::io::ErrorKind::PermissionDenied => Some("check who may read and write there".to_owned()),
        std::io::ErrorKind::StorageFull => Some("make room on the disk and run the command again".to_owned()),
        _ => None,
    }
}

fn store_hint(error: &StoreError) -> String {
    match error {
        StoreError::NewerSchema { .. } => "install the newer shipnote; the file was left as it is".to_owned(),
        StoreError::Foreign { .. } => {
            "give another path: --database PATH or `database` in shipnote.toml; if it was one, shipnote db restore FILE takes a \
             backup"
                .to_owned()
        }
        StoreError::Damaged { .. } | StoreError::Unreadable { .. } => {
            "shipnote db restore FILE takes a backup; without one, shipnote export json saves the records before it".to_owned()
        }
        StoreError::Missing { .. } => "record the first change with `shipnote log`, or check --database".to_owned(),
        StoreError::LostUpdate { id, .. } => format!("look at it with `shipnote show {id}` and edit it again"),
        StoreError::ReadOnly { .. } => {
            "check who may write to the file and its folder, and that the disk is not mounted read-only".to_owned()
        }
        StoreError::Full { .. } => "make room on the disk and run the command again; nothing was stored".to_owned(),
        StoreError::Unreachable { .. } => {
            "check the address and that the server runs; a password comes from PGPASSWORD or ~/.pgpass".to_owned()
        }
        StoreError::Lost { .. } => "run the command again".to_owned(),
        StoreError::Uncertain { .. } => "look with `shipnote list` before you run the command again".to_owned(),
        StoreError::MayNotMigrate { .. } => {
            "have its owner run what `shipnote db migrate --print` prints, see docs/postgres.md".to_owned()
        }
        StoreError::NotGranted { .. } => "docs/postgres.md lists what a role must be granted".to_owned(),
        StoreError::Slow { .. } => {
            "ask for less, or give it longer: ?statement_timeout=MILLISECONDS at the end of the address".to_owned()
        }
        StoreError::Busy { .. } => {
            "run the command again; if it stays locked, look for a process that holds the file".to_owned()
        }
    }
}
