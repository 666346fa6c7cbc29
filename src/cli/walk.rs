//! Walking through a procedure: show a step, ask, run it with its output live, store what came of it, stop at a failure.

use anyhow::Result;

use super::procedure::Procedure;
use super::prompts::{self, Answer};
use super::report::Hinted;
use super::text::escape;
use super::view::{BAD, DIM, GOOD};
use super::{Context, output};
use crate::model::{Conclusion, Evidence, Outcome, RunKind, Variable, is_environment_name};
use crate::run::{self, Step};
use crate::sys;

/// How a walk ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Every step was run or skipped.
    Done,
    /// The person stopped.
    Stopped,
    /// A step failed.
    Failed,
}

/// One walk through the steps of a procedure.
pub(super) struct Walk<'a> {
    pub(super) procedure: &'a Procedure,
    pub(super) context: &'a Context,
    pub(super) options: run::Options,
    /// Whether every step is asked for.
    pub(super) asks: bool,
    /// What was run so far, in order.
    pub(super) evidence: Vec<Evidence>,
    /// The ways back of the steps that were run, in order.
    pub(super) undone_by: Vec<String>,
}

impl Walk<'_> {
    /// Walks through steps with their numbers.
    pub(super) fn steps(&mut self, steps: &[(usize, Step)], of: usize) -> Result<End> {
        for (n, (number, step)) in steps.iter().enumerate() {
            if n > 0 {
                output::note("");
            }
            // A step without a name of its own was named after its number.
            let unnamed = step.name == format!("step {number}");
            let name = if unnamed { String::new() } else { format!(": {}", escape(&step.name)) };
            let heading = format!("Step {number} of {of}{name}");
            let end = self.step(step, RunKind::Step, &heading)?;
            if end != End::Done {
                return Ok(end);
            }
        }
        Ok(End::Done)
    }

    /// One step, or the way back.
    pub(super) fn step(&mut self, step: &Step, kind: RunKind, heading: &str) -> Result<End> {
        output::note(&self.procedure.card(step, kind, heading));
        let mut step = step.clone();
        if step.confirm && !self.asks && !self.context.may_ask() {
            output::note("  It wants to be confirmed, and there is no terminal to ask on.");
            return Ok(End::Stopped);
        }
        if self.asks || step.confirm {
            match prompts::ask_step(&step.run)? {
                Answer::Run => {}
                Answer::Edited(command) => step.run = command,
                Answer::Skip => return Ok(End::Done),
                Answer::Quit => return Ok(End::Stopped),
            }
        }
        self.undone_by.extend(step.rollback.clone());
        let mut live = Live::default();
        let at = self.context.clock()?;
        let outcome = run::step(&step, &self.options, &mut |bytes| live.show(bytes));
        live.end();
        output::note(&said(&step.name, &outcome));
        let conclusion = outcome.conclusion;
        self.store(Evidence {
            subject: self.procedure.subject.clone(),
            kind,
            name: step.name.clone(),
            digest: step.digest(),
            at,
            actor: self.context.actor(),
            outcome,
        })?;
        Ok(if conclusion == Conclusion::Passed { End::Done } else { End::Failed })
    }

    fn store(&mut self, evidence: Evidence) -> Result<()> {
        let mut store = self.context.open_to_write()?;
        self.context.recorder(&mut store).add_evidence(vec![evidence.clone()])?;
        self.evidence.push(evidence);
        Ok(())
    }
}

/// What came of a check or step, in a line.
pub(super) fn said(name: &str, outcome: &Outcome) -> String {
    let (style, mark) = if outcome.conclusion == Conclusion::Passed { (GOOD, "✓") } else { (BAD, "✗") };
    let detail = outcome.detail.as_ref().map(|detail| format!("  {style}{}{style:#}", escape(detail)));
    let (name, seconds) = (escape(name), outcome.seconds);
    format!("  {style}{mark}{style:#} {name}{}  {DIM}{seconds:.1} s{DIM:#}", detail.unwrap_or_default())
}

/// Prints what a command says as it says it, line by line and escaped.
#[derive(Default)]
struct Live {
    line: Vec<u8>,
}

impl Live {
    fn show(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match byte {
                b'\n' | b'\r' => self.end(),
                byte => self.line.push(*byte),
            }
        }
    }

    fn end(&mut self) {
        if !self.line.is_empty() {
            output::note(&format!("  {DIM}│{DIM:#} {}", escape(&String::from_utf8_lossy(&self.line))));
            self.line.clear();
        }
    }
}

/// The environment that `--set` and `--set-env` name.
pub(super) fn variables(set: &[String], set_env: &[String]) -> Result<Vec<(String, String)>> {
    let mut variables = Vec::new();
    for assignment in set {
        let Some((name, value)) = assignment.split_once('=').filter(|(name, _)| is_environment_name(name)) else {
            return Err(Hinted::new(
                format!("--set {assignment} is not NAME=value"),
                "shipnote run ID --set REPLICAS=3",
            ));
        };
        variables.push((name.to_owned(), value.to_owned()));
    }
    for name in set_env {
        let Some(value) = sys::env::var(name)? else {
            return Err(Hinted::new(format!("--set-env {name}: it is not set"), format!("export {name}=… first")));
        };
        variables.push((name.clone(), value));
    }
    Ok(variables)
}

/// Adds the variables that a procedure declares and nobody gave: asked for where somebody is there, else their defaults.
pub(super) fn add_declared(procedure: &Procedure, asks: bool, given: &mut Vec<(String, String)>) -> Result<()> {
    for Variable { name, default, question } in &procedure.variables {
        if given.iter().any(|(known, _)| known == name) {
            continue;
        }
        let value = match asks {
            true => prompts::ask_variable(question.as_deref().unwrap_or(name), default.as_deref().unwrap_or_default())?,
            false => default.clone(),
        };
        let Some(value) = value else {
            let message = format!("{} needs a value for {name}", procedure.name());
            return Err(Hinted::new(message, format!("give one: --set {name}=…")));
        };
        given.push((name.clone(), value));
    }
    Ok(())
}
