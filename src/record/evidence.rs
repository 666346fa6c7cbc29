//! What came of runs, on its way into the store.

use anyhow::Result;

use super::{RecordError, Recorder};
use crate::model::{Evidence, Invalid, OUTPUT, Outcome, Refusal};
use crate::redact;

impl Recorder<'_> {
    /// Stores what came of runs, all of it or nothing. Secrets that the rules know are masked in what came back, and more
    /// output than [`OUTPUT`] bytes is cut. The rows say who ran what and when, so the event log does not say it again.
    ///
    /// # Errors
    /// [`RecordError::Invalid`]; what the store reports, for instance that a change was deleted meanwhile.
    pub fn add_evidence(&mut self, evidence: Vec<Evidence>) -> Result<()> {
        let evidence: Vec<_> = evidence.into_iter().map(checked).collect::<Result<_, _>>()?;
        self.store.write(&mut |writer| evidence.iter().try_for_each(|evidence| writer.add_evidence(evidence)))
    }
}

/// What is stored of a run.
fn checked(run: Evidence) -> Result<Evidence, RecordError> {
    let refused = [
        ("name", run.name.trim().is_empty(), "is missing"),
        ("digest", run.digest.is_empty(), "is missing"),
        ("actor", run.actor.user.is_empty(), "is missing"),
        ("seconds", !run.outcome.seconds.is_finite() || run.outcome.seconds < 0.0, "must be a duration"),
    ];
    let refusals: Vec<_> = refused
        .into_iter()
        .filter(|(_, refused, _)| *refused)
        .map(|(field, _, rule)| Refusal { field: format!("evidence.{field}"), rule: rule.to_owned() })
        .collect();
    if !refusals.is_empty() {
        return Err(Invalid { refusals }.into());
    }
    let Outcome { detail, output, cut, .. } = run.outcome;
    let (output, cut) = kept(&output, cut);
    let outcome = Outcome { detail: detail.map(|detail| clean(&detail)), output: clean(output), cut, ..run.outcome };
    Ok(Evidence { name: clean(&run.name), outcome, ..run })
}

/// What is kept of an output, and whether that is not all. The last word of what was cut is left out: it may be the
/// beginning of a secret, too little for a rule to know it.
fn kept(output: &str, cut: bool) -> (&str, bool) {
    let first = &output[..output.floor_char_boundary(OUTPUT)];
    if !cut && first.len() == output.len() {
        return (output, false);
    }
    let end = first.rfind(char::is_whitespace).unwrap_or(0);
    (&first[..end], true)
}

/// Without secrets, and without NUL, which no text here has.
fn clean(text: &str) -> String {
    let text = text.replace('\0', "\u{fffd}");
    redact::mask(&text).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ChangeId, Conclusion, RunKind, Subject};

    const TOKEN: &str = "ghp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    fn run(output: &str) -> Evidence {
        Evidence {
            subject: Subject::Change(ChangeId::from_bits(1)),
            kind: RunKind::Check,
            name: "GET /health".to_owned(),
            digest: "d".to_owned(),
            at: "2026-11-20".parse().unwrap(),
            actor: "oncall".into(),
            outcome: Outcome {
                conclusion: Conclusion::Passed,
                detail: Some(format!("found {TOKEN}")),
                code: Some(200),
                seconds: 0.1,
                output: output.to_owned(),
                cut: false,
            },
        }
    }

    #[test]
    fn secrets_and_nul_are_not_stored() {
        let stored = checked(run(&format!("a\0b {TOKEN}"))).unwrap();
        assert_eq!(stored.outcome.output, "a\u{fffd}b [masked:github-token]");
        assert_eq!(stored.outcome.detail.as_deref(), Some("found [masked:github-token]"));
    }

    #[test]
    fn long_output_ends_with_a_whole_word() {
        // The token stands across the end.
        let text = format!("{} {TOKEN} more", "é".repeat(OUTPUT / 2 - 5));
        let outcome = checked(run(&text)).unwrap().outcome;
        assert!(outcome.cut && outcome.output.len() <= OUTPUT);
        assert!(outcome.output.ends_with('é'), "{:?}", &outcome.output[outcome.output.len() - 8..]);
        let whole = checked(run("all of it")).unwrap().outcome;
        assert_eq!((whole.output.as_str(), whole.cut), ("all of it", false));
    }

    #[test]
    fn what_no_run_can_say_is_refused() {
        let mut bad = run("");
        bad.name = " ".to_owned();
        bad.outcome.seconds = f64::NAN;
        let error = checked(bad).unwrap_err().to_string();
        assert!(error.contains("evidence.name: is missing") && error.contains("evidence.seconds"), "{error}");
    }
}
