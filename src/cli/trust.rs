//! Which commands may run here: the digests of those that were written or looked at on this machine.
//!
//! They stand in a file of the user's own, outside every database: whoever can write to a shared database cannot say what
//! runs on the machines of the others.

use std::path::PathBuf;

use anyhow::Result;

use super::procedure::Procedure;
use super::report::Hinted;
use super::{Context, output};
use crate::model::{Change, Runbook, Timestamp, limit};
use crate::sys;

/// One line of the file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(super) struct Trusted {
    /// What its commands are, see [`Change::commands_digest`].
    pub(super) digest: String,
    /// When it was trusted.
    pub(super) at: Timestamp,
    /// The id of the change, or the name of the runbook.
    pub(super) name: String,
    /// What it was called then.
    pub(super) title: String,
}

/// The commands that may run here.
#[derive(Debug)]
pub(super) struct Trust {
    file: PathBuf,
    known: Vec<Trusted>,
}

impl Trust {
    /// Reads the file; one that is not there trusts nothing.
    pub(super) fn load() -> Result<Self> {
        let file = file()?;
        let text = if file.exists() { sys::files::read_text(&file, limit::TRUST)? } else { String::new() };
        let known = text.lines().filter_map(read).collect();
        Ok(Self { file, known })
    }

    /// What is trusted, oldest first.
    pub(super) fn known(&self) -> &[Trusted] {
        &self.known
    }

    /// Whether these commands may run; what runs nothing may.
    pub(super) fn allows(&self, digest: Option<&str>) -> bool {
        digest.is_none_or(|digest| self.known.iter().any(|trusted| trusted.digest == digest))
    }

    /// Lets these commands run from now on.
    pub(super) fn add(&mut self, trusted: Trusted) -> Result<()> {
        sys::files::append_line(&self.file, &write(&trusted))?;
        self.known.push(trusted);
        Ok(())
    }

    /// No longer lets run what `is_meant` says. Returns how many there were.
    pub(super) fn forget(&mut self, is_meant: impl Fn(&Trusted) -> bool) -> Result<usize> {
        let before = self.known.len();
        self.known.retain(|trusted| !is_meant(trusted));
        if self.known.len() < before {
            let text: String = self.known.iter().map(|trusted| write(trusted) + "\n").collect();
            sys::files::write_atomic(&self.file, text.as_bytes())?;
        }
        Ok(before - self.known.len())
    }
}

/// Trusts the commands of a change that the person at this machine wrote: all of it, or the edit of one trusted before
/// (`base`).
pub(super) fn own(change: &Change, base: Option<&Change>, context: &Context) {
    own_procedure(&Procedure::of(change), base.map(Procedure::of), context);
}

/// The same for a runbook.
pub(super) fn own_runbook(runbook: &Runbook, base: Option<&Runbook>, context: &Context) {
    own_procedure(&Procedure::of_runbook(runbook), base.map(Procedure::of_runbook), context);
}

/// Recording never fails for it.
fn own_procedure(written: &Procedure, base: Option<Procedure>, context: &Context) {
    let Some(digest) = &written.digest else { return };
    let base = base.map(|base| base.digest);
    if base.as_ref() == Some(&written.digest) {
        return;
    }
    let add = || {
        let mut trust = Trust::load()?;
        let foreign = base.is_some_and(|base| !trust.allows(base.as_deref()));
        if foreign || trust.allows(Some(digest)) {
            return Ok(());
        }
        let (name, title) = (written.name().to_owned(), written.title.clone());
        trust.add(Trusted { digest: digest.clone(), at: context.now, name, title })
    };
    if let Err(error) = add() {
        output::note(&format!("Its commands will not run before `shipnote trust {}`: {error:#}", written.name()));
    }
}

/// Where they stand.
pub(super) fn file() -> Result<PathBuf> {
    use etcetera::BaseStrategy;
    let folders = etcetera::choose_base_strategy().ok();
    let state = folders.map(|folders| folders.state_dir().unwrap_or_else(|| folders.data_dir()));
    state
        .map(|folder| folder.join("shipnote").join("trusted"))
        .ok_or_else(|| Hinted::new("there is no home folder to keep what is trusted in", "set HOME"))
}

/// Digest, time, name, title: the title comes last, it has spaces.
fn write(trusted: &Trusted) -> String {
    let Trusted { digest, at, name, title } = trusted;
    format!("{digest} {at} {name} {}", title.replace(['\n', '\r'], " "))
}

fn read(line: &str) -> Option<Trusted> {
    let mut words = line.splitn(4, ' ');
    let (digest, at, name) = (words.next()?, words.next()?, words.next()?);
    let title = words.next().unwrap_or_default().to_owned();
    Some(Trusted { digest: digest.to_owned(), at: at.parse().ok()?, name: name.to_owned(), title })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_comes_back_as_it_was_written() {
        let at = "2026-11-20T14:05:00Z".parse().unwrap();
        let line =
            |title: &str| Trusted { digest: "ab".repeat(16), at, name: "restart-api".into(), title: title.into() };
        assert_eq!(read(&write(&line("Restart the API"))), Some(line("Restart the API")));
        assert_eq!(read(&write(&line(""))), Some(line("")));
        assert_eq!(read("garbage"), None);
    }
}
