//! Runbooks, on their way into the store.

use anyhow::{Result, bail};

use super::{ImportReport, RecordError, Recorder, Skipped};
use crate::model::{Runbook, RunbookDraft, Timestamp};
use crate::redact;
use crate::store::Entry;

/// What became of a runbook that was handed in.
#[derive(Debug, Clone, PartialEq)]
pub enum Saved {
    /// It is stored, as a first revision or a later one.
    New(Runbook),
    /// It was there and says the same.
    Same(Runbook),
}

impl Saved {
    /// The runbook as it is stored.
    pub fn runbook(&self) -> &Runbook {
        match self {
            Self::New(runbook) | Self::Same(runbook) => runbook,
        }
    }
}

impl Recorder<'_> {
    /// Stores a new runbook, or with `base` its next revision under the same name; `action` names the command. Secrets that
    /// the rules know are refused.
    ///
    /// # Errors
    /// [`RecordError::Invalid`], a secret, a name that is taken, an edit by somebody else in between.
    pub fn save_runbook(&mut self, draft: RunbookDraft, base: Option<&Runbook>, action: &str) -> Result<Saved> {
        refuse_secrets(&draft)?;
        self.store_runbook(checked(draft, self.now)?, base.cloned(), action)
    }

    /// The same for one that comes from elsewhere and has a source key: it is stored once, and again when it changed there.
    /// Secrets are masked. What was edited or deleted here since stays so.
    ///
    /// # Errors
    /// As [`Recorder::save_runbook`], without secrets; when it changed there and was edited here, or was deleted here.
    pub fn import_runbook(&mut self, mut draft: RunbookDraft) -> Result<Saved> {
        redact::mask_any(&mut draft);
        let mut runbook = checked(draft, self.now)?;
        let known = self.store.runbook_by_key(&runbook.source)?;
        if let Some(known) = &known {
            // What it does not say itself was said here.
            runbook.owner = runbook.owner.or_else(|| known.owner.clone());
            runbook.service = runbook.service.or_else(|| known.service.clone());
        }
        let history = self.store.runbook_history(known.as_ref().map_or(&runbook.name, |known| &known.name))?;
        match (known, history.last()) {
            (None, Some(last)) if last.action == "delete" && last.runbook.source == runbook.source => {
                bail!("{} was deleted on {} by {}", last.name, last.at.day(), last.actor.user)
            }
            (Some(known), _) => {
                let imported = history.iter().rev().find(|revision| revision.action == "import");
                if imported.is_some_and(|imported| says_the_same(&imported.runbook, &runbook)) {
                    return Ok(Saved::Same(known));
                }
                let edited = history.last().is_some_and(|last| last.action != "import");
                if edited && !says_the_same(&known, &runbook) {
                    bail!(
                        "{} was edited here and changed there: shipnote runbook edit {} --file FILE decides",
                        known.name,
                        known.name
                    )
                }
                self.store_runbook(runbook, Some(known), "import")
            }
            (None, _) => self.store_runbook(runbook, None, "import"),
        }
    }

    /// Stores copies of runbooks as they are elsewhere, with their dates and revisions, all of them in one transaction; which
    /// of them were there already and say the same is told, and so is why others were left out. Secrets are masked.
    ///
    /// # Errors
    /// [`RecordError::Invalid`], with the place of the runbook; then none is stored.
    pub fn import_copies(&mut self, copies: &[Runbook]) -> Result<ImportReport> {
        let mut report = ImportReport::default();
        let mut new: Vec<Runbook> = Vec::new();
        for copy in copies {
            let mut copy = copy.clone();
            report.masked += u64::from(redact::mask_any(&mut copy));
            match self.store.runbook(&copy.name)? {
                Some(known) if known == copy => report.unchanged += 1,
                Some(known) => report.skipped.push(Skipped {
                    id: None,
                    reason: format!("the runbook {} is there already and says something else", known.name),
                }),
                None if new.iter().any(|other| other.name == copy.name) => report
                    .skipped
                    .push(Skipped { id: None, reason: format!("the runbook {} stands there twice", copy.name) }),
                None => new.push(copy),
            }
        }
        report.imported = new.len() as u64;
        let (actor, at) = (self.actor.clone(), self.now);
        let by = Entry { at, actor: &actor, action: "import", detail: None };
        if !new.is_empty() {
            self.store.write(&mut |writer| new.iter().try_for_each(|runbook| writer.put_runbook(runbook, &by)))?;
        }
        Ok(report)
    }

    /// Deletes a runbook; its revisions stay.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn delete_runbook(&mut self, name: &str, reason: &str) -> Result<()> {
        let (actor, at) = (self.actor.clone(), self.now);
        let by = Entry { at, actor: &actor, action: "delete", detail: Some(reason) };
        self.store.write(&mut |writer| writer.delete_runbook(name, &by))
    }

    fn store_runbook(&mut self, mut runbook: Runbook, base: Option<Runbook>, action: &str) -> Result<Saved> {
        if let Some(base) = base {
            runbook.name.clone_from(&base.name);
            runbook.source = base.source.clone();
            (runbook.created_at, runbook.updated_at, runbook.revision) =
                (base.created_at, base.updated_at, base.revision);
            if runbook == base {
                return Ok(Saved::Same(base));
            }
            (runbook.updated_at, runbook.revision) = (self.now, base.revision + 1);
        }
        let (actor, at) = (self.actor.clone(), self.now);
        let by = Entry { at, actor: &actor, action, detail: None };
        self.store.write(&mut |writer| writer.put_runbook(&runbook, &by))?;
        Ok(Saved::New(runbook))
    }
}

fn checked(draft: RunbookDraft, now: Timestamp) -> Result<Runbook> {
    Ok(draft.validate(now).map_err(RecordError::from)?)
}

fn refuse_secrets(draft: &RunbookDraft) -> Result<()> {
    let secrets = redact::scan_any(draft);
    if secrets.is_empty() { Ok(()) } else { Err(RecordError::Secrets(secrets).into()) }
}

/// Whether two runbooks say the same, apart from who owns them and when they were written.
fn says_the_same(one: &Runbook, other: &Runbook) -> bool {
    let content =
        |runbook: &Runbook| RunbookDraft { name: None, owner: None, service: None, ..RunbookDraft::from(runbook) };
    content(one) == content(other)
}
