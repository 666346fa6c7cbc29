//! What came of running a check or a command.

use serde::{Deserialize, Serialize};

use super::{Change, ChangeId, Check, Timestamp, words};

/// Bytes of output that are kept of one run.
pub const OUTPUT: usize = 64 << 10;

words! {
    /// How a run ended.
    Conclusion {
        /// What was expected came back.
        Passed = "passed",
        /// Something else came back.
        Failed = "failed",
        /// It could not be run to its end: refused, not found, timed out or interrupted.
        Error = "error",
    }
}

words! {
    /// What was run.
    RunKind {
        /// A check.
        Check = "check",
        /// A command of the change, or a step of the runbook.
        Step = "step",
        /// The way back.
        Rollback = "rollback",
    }
}

/// What came of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// How it ended.
    pub conclusion: Conclusion,
    /// What differed from what was expected, or why it could not be run; one line.
    pub detail: Option<String>,
    /// The exit code of a command, the status of an answer.
    pub code: Option<i32>,
    /// How long it took.
    pub seconds: f64,
    /// What came back: the first [`OUTPUT`] bytes, as text.
    pub output: String,
    /// Whether more came back than was kept.
    pub cut: bool,
}

/// What was run: a change, or a runbook by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// A change.
    Change(ChangeId),
    /// A runbook, by its name.
    Runbook(String),
}

/// The stored outcome of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// What it belongs to.
    pub subject: Subject,
    /// What was run.
    pub kind: RunKind,
    /// The name of the check or step.
    pub name: String,
    /// The digest of what was run, see [`Check::digest`]: evidence for an earlier wording of a check says nothing of it now.
    pub digest: String,
    /// When it began.
    pub at: Timestamp,
    /// Who ran it.
    pub actor: String,
    /// What came of it.
    pub outcome: Outcome,
}

impl Check {
    /// Tells whether two checks ask the same, whatever they are called.
    pub fn digest(&self) -> String {
        let mut check = self.clone();
        match &mut check {
            Check::Http(check) => check.name.clear(),
            Check::Command(check) => check.name.clear(),
        }
        digest(&check)
    }
}

impl Change {
    /// Tells whether two changes would run the same: their commands, the way back, and the checks that are commands.
    /// `None` for a change that runs nothing.
    pub fn commands_digest(&self) -> Option<String> {
        let commands: Vec<_> = self.commands.iter().map(|command| (&command.run, &command.cwd)).collect();
        let checks: Vec<_> =
            self.checks.iter().filter(|check| matches!(check, Check::Command(_))).map(Check::digest).collect();
        let back = &self.rollback.command;
        (!commands.is_empty() || !checks.is_empty() || back.is_some()).then(|| digest(&(commands, back, checks)))
    }
}

/// 32 hexadecimal digits that stand for a value.
fn digest(value: &impl Serialize) -> String {
    let bytes = serde_json::to_vec(value).unwrap_or_default();
    blake3::hash(&bytes).to_hex()[..32].to_owned()
}

/// What the latest evidence says of a change's checks as they are now; `None` where a check has none, or there is no check.
///
/// `latest` is asked for the latest evidence of a digest.
pub fn conclusion<'a>(
    change: &Change,
    latest: impl Fn(&str) -> Option<&'a Evidence>,
) -> Option<(Conclusion, Timestamp)> {
    let evidence: Vec<&Evidence> = change.checks.iter().filter_map(|check| latest(&check.digest())).collect();
    if let Some(bad) = evidence.iter().find(|evidence| evidence.outcome.conclusion != Conclusion::Passed) {
        return Some((Conclusion::Failed, bad.at));
    }
    let all = !evidence.is_empty() && evidence.len() == change.checks.len();
    all.then(|| evidence.iter().map(|evidence| evidence.at).min().map(|at| (Conclusion::Passed, at))).flatten()
}
