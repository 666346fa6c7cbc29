//! What came of running a check or a command.

use serde::{Deserialize, Serialize};

use super::{Actor, Change, ChangeId, Check, Timestamp, words};

/// Days after which evidence is stale: it says little of the present day.
pub const STALE_DAYS: u32 = 30;

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

/// What [`Outcome::detail`] says of a run that was stopped by Ctrl-C.
pub(crate) const INTERRUPTED: &str = "interrupted";

impl Outcome {
    /// Whether it was stopped by Ctrl-C: that says nothing of what was run.
    pub fn is_interrupted(&self) -> bool {
        self.conclusion == Conclusion::Error && self.detail.as_deref() == Some(INTERRUPTED)
    }
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
    #[serde(flatten)]
    pub actor: Actor,
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
pub(crate) fn digest(value: &impl Serialize) -> String {
    let bytes = serde_json::to_vec(value).unwrap_or_default();
    blake3::hash(&bytes).to_hex()[..32].to_owned()
}

/// What the evidence says of a change: how its checks ended when they were last run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// [`Conclusion::Passed`] when every check did, else [`Conclusion::Failed`].
    pub conclusion: Conclusion,
    /// Since when: the time of the oldest run that counts.
    pub at: Timestamp,
}

/// What the latest evidence of each check, in their order, says of a change; `None` where there is no check, or none failed
/// and one was not run yet.
pub fn conclusion(latest: &[Option<Evidence>]) -> Option<Verified> {
    let run = latest.iter().flatten();
    if let Some(bad) = run.clone().find(|evidence| evidence.outcome.conclusion != Conclusion::Passed) {
        return Some(Verified { conclusion: Conclusion::Failed, at: bad.at });
    }
    let all = latest.iter().all(Option::is_some);
    let oldest = run.map(|evidence| evidence.at).min().filter(|_| all)?;
    Some(Verified { conclusion: Conclusion::Passed, at: oldest })
}
