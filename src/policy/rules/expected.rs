use super::super::{Facts, Judge, Judged, Level, Problem, Rule};

pub(super) const RULE: Rule = Rule {
    id: "no-expected-result",
    level: Level::Warn,
    wants: "Every change says what is seen when it works, in words or as a check.",
    about: "Who repeats a change, or takes it back, has to know when it is done. A check says it so that a machine can tell: \
            `--check \"http GET http://127.0.0.1:8000/health 200\"`.",
    judge: Judge::Change(judge),
};

fn judge(judged: &Judged<'_>, _: &Facts<'_>) -> Vec<Problem> {
    let change = judged.change;
    if change.expected.is_some() || !change.checks.is_empty() {
        return Vec::new();
    }
    vec![Problem::new("it does not say what is expected", format!("shipnote edit {} --expected TEXT", change.id))]
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Beside, said};

    #[test]
    fn nothing_is_expected() {
        let found = |draft: &mut crate::model::Draft| {
            draft.expected = None;
            draft.checks.clear();
        };
        let beside = Beside { verified: None, ..Beside::default() };
        assert_eq!(said("no-expected-result", found, &beside), "it does not say what is expected");
        assert_eq!(
            said("no-expected-result", |draft| draft.expected = None, &Beside::default()),
            "",
            "a check says it"
        );
    }
}
