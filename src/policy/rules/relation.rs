use super::super::{Facts, Judge, Judged, Level, Problem, Rule};

pub(super) const RULE: Rule = Rule {
    id: "relation-missing",
    level: Level::Warn,
    wants: "The changes that a change relates to are there.",
    about: "A relation to a record that is nowhere is a typing error, or the record stands in another database and was not \
            imported.",
    judge: Judge::Change(judge),
};

fn judge(judged: &Judged<'_>, _: &Facts<'_>) -> Vec<Problem> {
    let hint = format!("shipnote edit {} --clear relations, or import what is missing", judged.change.id);
    judged.lost.iter().map(|id| Problem::new(format!("it relates to {id}, which is not here"), hint.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Beside, said};
    use crate::model::ChangeId;

    #[test]
    fn a_record_that_is_nowhere() {
        let lost = vec![ChangeId::from_bits(9)];
        let expected = format!("it relates to {}, which is not here", lost[0]);
        assert_eq!(said("relation-missing", |_| {}, &Beside { lost, ..Beside::default() }), expected);
    }
}
