//! What `trust`, `run` and `rollback --run` walk through: the commands of a change or a runbook, whoever wrote them.

use std::fmt::Write as _;

use anyhow::Result;

use super::Context;
use super::report::Hinted;
use super::text::escape;
use super::view::{BOLD, DIM, ID};
use crate::form::{self, RunbookStep};
use crate::model::{Change, ChangeId, Check, CommandCheck, Rollback, RunKind, Runbook, Subject, Variable, digest};
use crate::run::{Shell, Step};
use crate::store::Store;

/// Columns of the names on the left.
const NAMES: usize = 10;

/// Commands in order, with what has to be known before they are run.
pub(super) struct Procedure {
    /// The change or the runbook.
    pub(super) subject: Subject,
    pub(super) title: String,
    pub(super) owner: Option<String>,
    /// What is seen when it works.
    pub(super) expected: Option<String>,
    pub(super) steps: Vec<Step>,
    /// The way back of the whole.
    pub(super) rollback: Rollback,
    /// The checks that are commands.
    pub(super) checks: Vec<CommandCheck>,
    /// Variables that it declares.
    pub(super) variables: Vec<Variable>,
    /// Names what it runs; `None` where it runs nothing.
    pub(super) digest: Option<String>,
}

impl Procedure {
    /// The procedure that `name` means: a runbook by its name, else a change by the beginning of its id.
    pub(super) fn find(store: &dyn Store, name: &str, context: &Context) -> Result<Self> {
        if let Some(runbook) = store.runbook(name)? {
            return Ok(Self::of_runbook(&runbook));
        }
        if ChangeId::fold_prefix(name).is_err() {
            return Err(Hinted::new(
                format!("`{}` is neither the name of a runbook nor the beginning of an id", escape(name)),
                "shipnote runbook list and shipnote list show those there are",
            ));
        }
        Ok(Self::of(&context.find(store, name)?))
    }

    /// The steps of a runbook; its section Rollback is the way back.
    pub(super) fn of_runbook(runbook: &Runbook) -> Self {
        let (back, there): (Vec<_>, Vec<_>) =
            form::runbook_steps(&runbook.body).into_iter().partition(|step| step.back);
        let back: Vec<_> = back.into_iter().map(|step| step.run).collect();
        let step = |step: RunbookStep| Step {
            name: step.name,
            run: step.run,
            note: None,
            expect: step.expect,
            rollback: step.rollback,
            cwd: None,
            shell: if step.bash { Shell::Bash } else { Shell::Sh },
            confirm: step.confirm,
        };
        let steps: Vec<_> = there.into_iter().map(step).collect();
        let rollback = Rollback { command: (!back.is_empty()).then(|| back.join("\n")), note: None };
        let digest = (!steps.is_empty() || rollback.command.is_some()).then(|| {
            let runs: Vec<_> = steps.iter().map(|step| (&step.run, &step.rollback, step.shell)).collect();
            digest(&(runs, &rollback.command))
        });
        Self {
            subject: Subject::Runbook(runbook.name.clone()),
            title: runbook.title.clone(),
            owner: runbook.owner.clone(),
            expected: None,
            steps,
            rollback,
            checks: Vec::new(),
            variables: runbook.variables.clone(),
            digest,
        }
    }

    /// The commands of a change.
    pub(super) fn of(change: &Change) -> Self {
        let steps = change.commands.iter().enumerate().map(|(n, command)| Step {
            name: command.note.clone().unwrap_or_else(|| format!("step {}", n + 1)),
            run: command.run.clone(),
            note: None,
            expect: command.expect.clone(),
            rollback: None,
            cwd: command.cwd.clone(),
            shell: Shell::Sh,
            confirm: false,
        });
        let command = |check: &Check| match check {
            Check::Command(check) => Some(check.clone()),
            Check::Http(_) => None,
        };
        Self {
            subject: Subject::Change(change.id.clone()),
            title: change.title.clone(),
            owner: change.owner.clone(),
            expected: change.expected.clone(),
            steps: steps.collect(),
            rollback: change.rollback.clone(),
            checks: change.checks.iter().filter_map(command).collect(),
            variables: Vec::new(),
            digest: change.commands_digest(),
        }
    }

    /// What the command line calls it.
    pub(super) fn name(&self) -> &str {
        match &self.subject {
            Subject::Change(id) => id.as_str(),
            Subject::Runbook(name) => name,
        }
    }

    /// The way back as a step: of the whole, else that of single steps, which is empty where they have none.
    pub(super) fn back(&self, steps_back: &str) -> Option<Step> {
        let of_steps = || (!steps_back.is_empty()).then(|| steps_back.to_owned());
        let run = self.rollback.command.clone().or_else(of_steps)?;
        let expect = None;
        Some(Step {
            name: "rollback".to_owned(),
            run,
            note: None,
            expect,
            rollback: None,
            cwd: None,
            shell: Shell::Sh,
            confirm: false,
        })
    }

    /// Title and owner, in one line or two.
    pub(super) fn head(&self) -> String {
        let owner = self.owner.as_deref().unwrap_or("nobody");
        format!("{ID}{}{ID:#}  {BOLD}{}{BOLD:#}  {DIM}owner {}{DIM:#}", self.name(), escape(&self.title), escape(owner))
    }

    /// Everything it would run, as text for a terminal.
    pub(super) fn everything(&self) -> String {
        let mut text = self.head();
        for (n, step) in self.steps.iter().enumerate() {
            push_command(&mut text, &format!("step {}", n + 1), &step.run, step.cwd.as_deref());
            if let Some(back) = &step.rollback {
                push_command(&mut text, "  back", back, step.cwd.as_deref());
            }
        }
        if let Some(back) = &self.rollback.command {
            push_command(&mut text, "rollback", back, None);
        }
        for check in &self.checks {
            push_command(&mut text, "check", &check.run, check.cwd.as_deref());
        }
        text
    }

    /// One step with what has to be known before it is run: owner, expected result and rollback together.
    pub(super) fn card(&self, step: &Step, kind: RunKind, heading: &str) -> String {
        let mut text = format!("{BOLD}{}{BOLD:#}", escape(heading));
        push_command(&mut text, "command", &step.run, step.cwd.as_deref());
        let mut push = |name: &str, value: Option<&str>| {
            for (n, line) in value.unwrap_or_default().lines().enumerate() {
                let name = if n == 0 { name } else { "" };
                let _ = write!(text, "\n  {DIM}{name:<NAMES$}{DIM:#}{}", escape(line));
            }
        };
        push("note", step.note.as_deref());
        push("owner", Some(self.owner.as_deref().unwrap_or("nobody")));
        if kind != RunKind::Rollback {
            push("expected", step.expect.as_deref().or(self.expected.as_deref()));
            let back = step.rollback.as_deref().or(self.rollback.command.as_deref());
            push("rollback", back.or(self.rollback.note.as_deref()).or(Some("none")));
        } else {
            push("note", self.rollback.note.as_deref());
        }
        text
    }
}

/// A command, line by line and never broken, and the folder it runs in.
fn push_command(text: &mut String, name: &str, run: &str, folder: Option<&str>) {
    for (n, line) in run.lines().enumerate() {
        let name = if n == 0 { name } else { "" };
        let _ = write!(text, "\n  {DIM}{name:<NAMES$}{DIM:#}{}", escape(line));
    }
    if let Some(folder) = folder {
        let _ = write!(text, "\n  {DIM}{:<NAMES$}{DIM:#}{}", "  in", escape(folder));
    }
}
