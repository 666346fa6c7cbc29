use super::super::{Facts, Judge, Judged, Level, Problem, Rule};
use crate::model::Kind;

pub(super) const RULE: Rule = Rule {
    id: "no-baseline",
    level: Level::Warn,
    wants: "A fix or a speed-up says what the system did before.",
    about: "The symptom is what the next one who has it searches for. Write it down before it is gone: \
            `shipnote start \"Orders page is slow\" --symptom \"…\"`. Only changes of the kinds fix and performance are looked \
            at.",
    judge: Judge::Change(judge),
};

fn judge(judged: &Judged<'_>, _: &Facts<'_>) -> Vec<Problem> {
    let change = judged.change;
    if !change.baseline.is_empty() || !matches!(change.kind, Kind::Fix | Kind::Performance) {
        return Vec::new();
    }
    vec![Problem::new("it does not say what was wrong before", format!("shipnote edit {} --symptom TEXT", change.id))]
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Beside, said};
    use crate::model::{Baseline, Draft, Kind};

    #[test]
    fn nobody_knows_what_was_wrong() {
        let spoil = |draft: &mut Draft| draft.baseline = Baseline::default();
        assert_eq!(said("no-baseline", spoil, &Beside::default()), "it does not say what was wrong before");
        let docs = |draft: &mut Draft| (draft.baseline, draft.kind) = (Baseline::default(), Some(Kind::Docs));
        assert_eq!(said("no-baseline", docs, &Beside::default()), "");
    }
}
