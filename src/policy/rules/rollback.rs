use super::super::{Facts, Judge, Judged, Level, Problem, Rule};
use crate::model::Status;

pub(super) const RULE: Rule = Rule {
    id: "no-rollback",
    level: Level::Error,
    wants: "Every change that shipped has its way back.",
    about: "A command is best, because it can be run; a note is enough where there is none, also one that says why there is no \
            way back. A draft may still be without.",
    judge: Judge::Change(judge),
};

fn judge(judged: &Judged<'_>, _: &Facts<'_>) -> Vec<Problem> {
    let change = judged.change;
    if !change.rollback.is_empty() || change.status == Status::Draft {
        return Vec::new();
    }
    vec![Problem::new("it has no way back", format!("shipnote edit {} --rollback-command COMMAND", change.id))]
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Beside, said};
    use crate::model::{Draft, Rollback, Status};

    #[test]
    fn there_is_no_way_back() {
        let without = |draft: &mut Draft| draft.rollback = Rollback::default();
        assert_eq!(said("no-rollback", without, &Beside::default()), "it has no way back");
        let draft = |draft: &mut Draft| (draft.rollback, draft.status) = (Rollback::default(), Some(Status::Draft));
        assert_eq!(said("no-rollback", draft, &Beside::default()), "");
    }
}
