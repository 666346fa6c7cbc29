use super::super::{Facts, Judge, Judged, Level, Problem, Rule};

pub(super) const RULE: Rule = Rule {
    id: "no-owner",
    level: Level::Error,
    wants: "Every change has an owner.",
    about: "When it breaks at night, somebody has to be asked. Name a team or a role, not a person who may have left.",
    judge: Judge::Change(judge),
};

fn judge(judged: &Judged<'_>, _: &Facts<'_>) -> Vec<Problem> {
    let change = judged.change;
    let hint = format!("shipnote edit {} --owner NAME", change.id);
    change.owner.is_none().then(|| Problem::new("it has no owner", hint)).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Beside, said};

    #[test]
    fn nobody_answers_for_it() {
        assert_eq!(said("no-owner", |draft| draft.owner = None, &Beside::default()), "it has no owner");
    }
}
