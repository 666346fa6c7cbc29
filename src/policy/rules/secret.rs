use super::super::{Facts, Judge, Judged, Level, Problem, Rule};
use crate::redact;

pub(super) const RULE: Rule = Rule {
    id: "secret-found",
    level: Level::Error,
    wants: "No record holds a secret.",
    about: "Recording refuses secrets that its rules know; a record from before a rule was added may still hold one. Take it \
            out, and change the secret: whoever could read the record has it.",
    judge: Judge::Change(judge),
};

fn judge(judged: &Judged<'_>, _: &Facts<'_>) -> Vec<Problem> {
    let hint = format!("shipnote edit {}, and change the secret itself", judged.change.id);
    let problem = |finding: redact::Finding| {
        Problem::new(format!("{} looks like {}", finding.field, finding.description), hint.clone())
    };
    redact::scan(judged.change).into_iter().map(problem).collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Beside, said};

    #[test]
    fn a_secret_in_a_record() {
        let key = ["AKIA", "Q3EGRZTQHWJ4XN2M"].concat();
        let found = said("secret-found", |draft| draft.assumptions.push(format!("key {key}")), &Beside::default());
        assert!(found.starts_with("assumptions[0] looks like ") && !found.contains(&key), "{found}");
    }
}
