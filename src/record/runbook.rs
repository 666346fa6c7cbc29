//! Runbooks, on their way into the store.

use anyhow::Result;

use super::{RecordError, Recorder};
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
    /// Secrets are masked.
    ///
    /// # Errors
    /// As [`Recorder::save_runbook`], without secrets.
    pub fn import_runbook(&mut self, mut draft: RunbookDraft) -> Result<Saved> {
        if let Some(masked) = redact::mask(&draft.body) {
            draft.body = masked;
        }
        let runbook = checked(draft, self.now)?;
        let mut known = None;
        self.store.write(&mut |writer| {
            known = writer.runbook_by_key(&runbook.source)?;
            Ok(())
        })?;
        let mut runbook = runbook;
        if let Some(known) = &known {
            // What it does not say itself was said here.
            runbook.owner = runbook.owner.or_else(|| known.owner.clone());
            runbook.service = runbook.service.or_else(|| known.service.clone());
        }
        self.store_runbook(runbook, known, "import")
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
    let texts = [("title", draft.title.as_deref().unwrap_or_default()), ("body", &draft.body)];
    let found = texts.into_iter().find(|(_, text)| redact::mask(text).is_some());
    match found {
        Some((field, _)) => anyhow::bail!("{field}: it holds a secret; name its variable instead ($TOKEN)"),
        None => Ok(()),
    }
}
