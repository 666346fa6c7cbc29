use super::super::{Facts, Judge, Judged, Level, Problem, Rule};
use crate::model::{Conclusion, Status};

pub(super) const RULE: Rule = Rule {
    id: "check-failing",
    level: Level::Error,
    wants: "No check failed when it was last run.",
    about: "What counts is the latest evidence of each check as it is worded now. Only changes in force are looked at.",
    judge: Judge::Change(judge),
};

fn judge(judged: &Judged<'_>, _: &Facts<'_>) -> Vec<Problem> {
    let change = judged.change;
    match judged.verified {
        Some(verified) if verified.conclusion != Conclusion::Passed && change.status == Status::Shipped => {
            let message = format!("one of its checks failed on {}", verified.at.day());
            vec![Problem::new(message, format!("shipnote verify {}", change.id))]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Beside, now, said};
    use crate::model::{Conclusion, Status, Verified};

    #[test]
    fn a_check_failed() {
        let verified = Some(Verified { conclusion: Conclusion::Failed, at: now() });
        let beside = Beside { verified, ..Beside::default() };
        assert_eq!(said("check-failing", |_| {}, &beside), "one of its checks failed on 2026-11-20");
        assert_eq!(said("check-failing", |draft| draft.status = Some(Status::RolledBack), &beside), "");
    }
}
