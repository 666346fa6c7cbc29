use super::super::{Facts, Judge, Judged, Level, Problem, Rule};

pub(super) const RULE: Rule = Rule {
    id: "owner-unknown",
    level: Level::Warn,
    wants: "The owner stands in CODEOWNERS.",
    about: "An owner nobody else knows is a typing error or a team that is gone. The rule is silent where the repository has \
            no CODEOWNERS; a team counts by its name without the organisation.",
    judge: Judge::Change(judge),
};

fn judge(judged: &Judged<'_>, facts: &Facts<'_>) -> Vec<Problem> {
    let change = judged.change;
    let (Some(owner), Some(known)) = (&change.owner, &facts.owners) else { return Vec::new() };
    if known.contains(owner) {
        return Vec::new();
    }
    let hint = format!("shipnote edit {} --owner NAME, or add {owner} to CODEOWNERS", change.id);
    vec![Problem::new(format!("its owner {owner} is not in CODEOWNERS"), hint)]
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Beside, said};

    #[test]
    fn an_owner_nobody_knows() {
        let spoil = |draft: &mut crate::model::Draft| draft.owner = Some("team-order".into());
        let found = said("owner-unknown", spoil, &Beside::default());
        assert_eq!(found, "its owner team-order is not in CODEOWNERS");
    }
}
