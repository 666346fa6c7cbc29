//! Checks, and what came of running them.

use serde::Serialize;

use super::When;
use crate::model::{Change, Check, Conclusion, Evidence, HttpCheck, STALE_DAYS, Verified};

/// Characters of output that a page shows.
const SHOWN: usize = 4000;

/// An executable statement of the expected result.
#[derive(Debug, Clone, Serialize)]
pub struct CheckView<'a> {
    /// What it is called.
    pub name: &'a str,
    /// A command line that does it by hand.
    pub run: String,
    /// What must come back, each a sentence without its full stop.
    pub expects: Vec<String>,
    /// What came of it when it was last run; absent when it was not, and on the page of a service.
    pub evidence: Option<EvidenceView>,
}

impl<'a> CheckView<'a> {
    /// The view of a check.
    pub fn new(check: &'a Check) -> Self {
        let mut expects = Vec::new();
        let run = match check {
            Check::Http(check) => {
                expects.extend(check.status.map(|status| format!("status {status}")));
                expects.extend(check.json.as_ref().map(|json| format!("JSON with {json}")));
                expects.extend(check.contains.as_ref().map(|text| format!("an answer with “{text}”")));
                expects.extend(check.max_ms.map(|most| format!("within {most} ms")));
                request(check)
            }
            Check::Command(check) => {
                expects.push(format!("exit code {}", check.exit));
                expects.extend(check.contains.as_ref().map(|text| format!("output with “{text}”")));
                expects.extend(check.matches.as_ref().map(|pattern| format!("output that matches /{pattern}/")));
                expects.extend(check.compare.as_ref().map(|compare| {
                    let value = crate::model::format_number(compare.value);
                    format!("the number found by /{}/ {} {value}", compare.pattern, compare.op)
                }));
                check.run.clone()
            }
        };
        Self { name: check.name(), run, expects, evidence: None }
    }
}

/// The request as a command line; a header's value stays a variable.
fn request(check: &HttpCheck) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    let mut line = "curl -sS".to_owned();
    if check.method != "GET" {
        line += &format!(" -X {}", check.method);
    }
    for (name, variable) in &check.headers {
        line += &format!(" -H \"{name}: ${variable}\"");
    }
    if let Some(body) = &check.body {
        line += &format!(" --data {}", quoted(body));
    }
    let plain = check.url.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~:/%@+=,".contains(&byte));
    line + " " + &if plain { check.url.clone() } else { quoted(&check.url) }
}

/// The checks of a change with what came of each, in their order.
pub(super) fn checks(change: &Change, evidence: Vec<Option<Evidence>>) -> Vec<CheckView<'_>> {
    let view = |(check, evidence): (_, Option<Evidence>)| CheckView {
        evidence: evidence.map(EvidenceView::new),
        ..CheckView::new(check)
    };
    change.checks.iter().zip(evidence).map(view).collect()
}

/// What came of the latest run of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EvidenceView {
    /// `passed`, `failed` or `error`.
    pub conclusion: &'static str,
    /// When it ran.
    pub at: When,
    /// Who ran it.
    pub actor: String,
    /// What differed from what was expected, or why it could not be run.
    pub detail: Option<String>,
    /// How long it took, for instance `0.3 s`.
    pub took: String,
    /// The beginning of what came back; absent when nothing did.
    pub output: Option<String>,
    /// Whether more came back than is shown.
    pub cut: bool,
}

impl EvidenceView {
    /// The view of a run.
    pub fn new(evidence: Evidence) -> Self {
        let outcome = evidence.outcome;
        let mut output = outcome.output;
        let shown = output.char_indices().nth(SHOWN).map_or(output.len(), |(at, _)| at);
        let cut = outcome.cut || shown < output.len();
        output.truncate(shown);
        Self {
            conclusion: outcome.conclusion.as_str(),
            at: evidence.at.into(),
            actor: evidence.actor.user,
            detail: outcome.detail,
            took: super::change::duration(outcome.seconds),
            output: (!output.trim().is_empty()).then_some(output),
            cut,
        }
    }
}

/// What the latest runs of all checks say of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerifiedView {
    /// Whether every check passed.
    pub passed: bool,
    /// Since when that is known.
    pub at: When,
    /// Days after which that is stale: who reads the page knows the present day, the page does not.
    pub stale_days: u32,
}

impl From<Verified> for VerifiedView {
    fn from(verified: Verified) -> Self {
        Self { passed: verified.conclusion == Conclusion::Passed, at: verified.at.into(), stale_days: STALE_DAYS }
    }
}
