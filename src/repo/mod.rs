//! What git knows of a change: commits, files, code owners, links.
//!
//! [`draft_from`] reads a commit or a range into a draft, so that recording a change costs one word. [`TrackedFile`] knows
//! the names a file had and which commit last changed a line; [`History`] reads
//! every commit. Git is run through `sys::git` alone, which keeps a hostile
//! repository from executing anything. Imports `model` and `sys`.

mod commit;
mod dates;
mod history;
mod lines;
mod log;
mod message;
mod owners;
mod path;
mod remote;
mod since;
mod words;

use std::path::Path;

use anyhow::Result;

use crate::model::{Draft, Kind, Timestamp, limit};

pub use dates::{first_commits, tag_dates};
pub use history::{LastChange, LineOrigin, TrackedFile};
#[doc(hidden)]
pub use log::read_printed;
pub use log::{History, SOURCE, Selection};
pub use path::{from_root, is_other_file};
pub use remote::Remote;
pub use since::{Shipped, known_owners, shipped_since, staged, upstream};
pub use words::kind as kind_of;

use commit::Commit;
use message::Message;

/// A draft of what a revision (HEAD when none is named) or a range `A..B` shipped.
///
/// Title and reason are the message of the commit: its subject without a conventional-commit prefix (that becomes kind
/// and tag), its body without trailers. Files are those the commit touched, against its first parent for a merge; a
/// rename lists both paths. The owner is who owns most of them by CODEOWNERS, else the author by `.mailmap`.
///
/// # Errors
/// No git, no repository, no commits, no such revision, an empty range: each says what to do about it.
pub fn draft_from(folder: &Path, rev: Option<&str>) -> Result<Draft> {
    let rev = rev.unwrap_or("HEAD");
    let place = commit::place(folder)?;
    let commits = commit::read(folder, rev)?;
    let mut files = commit::files(folder, rev)?;
    let messages: Vec<Message> = commits.iter().map(|commit| Message::read(&commit.message)).collect();
    let owner = owners::Owners::read(&place.root)
        .of_most(&files)
        .or_else(|| newest(&commits).map(|commit| commit.author.clone()));

    let mut draft = told(&messages);
    let left_out = files.len().saturating_sub(limit::FILES);
    if left_out > 0 {
        files.truncate(limit::FILES);
        let reason = draft.reason.take().map(|reason| format!("{reason}\n\n")).unwrap_or_default();
        draft.reason = Some(format!("{reason}({left_out} more files were touched.)"));
    }
    draft.files = files;
    draft.owner = owner.filter(|owner| !owner.is_empty());
    draft.branch = place.branch;
    draft.commits = commits.iter().rev().take(limit::FILES).rev().map(|commit| commit.hash.clone()).collect();
    draft.shipped_at = newest(&commits).and_then(|commit| commit.at.parse::<Timestamp>().ok());
    let requests: Vec<_> = messages.iter().flat_map(|message| &message.requests).take(limit::ENTRIES).collect();
    draft.links = remote::links(folder, &requests)?;
    Ok(draft)
}

/// Commits are oldest first.
fn newest(commits: &[Commit]) -> Option<&Commit> {
    commits.last()
}

/// What the messages say: of one commit all of it, of several a list.
fn told(messages: &[Message]) -> Draft {
    let tags = |draft: &mut Draft| {
        for scope in messages.iter().filter_map(|message| message.scope.as_ref()) {
            if !draft.tags.contains(scope) && draft.tags.len() < limit::TAGS {
                draft.tags.push(scope.clone());
            }
        }
    };
    let mut draft = match messages {
        [message] => Draft {
            title: Some(message.title.clone()),
            reason: message.body.clone(),
            kind: message.kind,
            ..Draft::default()
        },
        _ => {
            let newest = messages.last().map(|message| message.title.as_str()).unwrap_or_default();
            let list: Vec<_> = messages.iter().map(|message| format!("- {}", message.title)).collect();
            Draft {
                title: Some(message::shortened(&format!("{} commits: {newest}", messages.len()))),
                reason: Some(bounded(list)),
                kind: common(messages.iter().map(|message| message.kind)),
                ..Draft::default()
            }
        }
    };
    tags(&mut draft);
    draft
}

/// A list of lines within the limit of a text; of a longer one the newest lines.
fn bounded(mut lines: Vec<String>) -> String {
    let mut bytes: usize = lines.iter().map(|line| line.len() + 1).sum();
    let mut left_out = 0;
    while bytes > limit::TEXT / 2 && !lines.is_empty() {
        bytes -= lines.remove(0).len() + 1;
        left_out += 1;
    }
    if left_out > 0 {
        lines.insert(0, format!("- ({left_out} earlier commits)"));
    }
    lines.join("\n")
}

/// The kind that all have.
fn common(mut kinds: impl Iterator<Item = Option<Kind>>) -> Option<Kind> {
    let first = kinds.next()??;
    kinds.all(|kind| kind == Some(first)).then_some(first)
}
