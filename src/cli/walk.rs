//! Walking through a procedure: show a step, ask, run it with its output live, store what came of it, stop at a failure.

use anyhow::Result;

use super::procedure::Procedure;
use super::prompts::{self, Answer};
use super::report::Hinted;
use super::text::escape;
use super::view::{BAD, DIM, GOOD};
use super::{Context, output};
use crate::model::{Conclusion, Evidence, Outcome, RunKind, is_environment_name};
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
}

impl Walk<'_> {
    /// Walks through steps with their numbers.
    pub(super) fn steps(&mut self, steps: &[(usize, Step)], of: usize) -> Result<End> {
        for (n, (number, step)) in steps.iter().enumerate() {
            if n > 0 {
                output::note("");
            }
            let heading = format!("Step {number} of {of}: {}", escape(&step.name));
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
        if self.asks || step.confirm && self.context.may_ask() {
            match prompts::ask_step(&step.run)? {
                Answer::Run => {}
                Answer::Edited(command) => step.run = command,
                Answer::Skip => return Ok(End::Done),
                Answer::Quit => return Ok(End::Stopped),
            }
        }
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
