use super::super::{Facts, Judge, Judged, Level, Problem, Rule};
use crate::model::{STALE_DAYS, Status};
use crate::query::stale_before;

pub(super) const RULE: Rule = Rule {
    id: "check-stale",
    level: Level::Warn,
    wants: "Checks were run within the last 30 days.",
    about: "A check that nobody runs proves nothing. Run them all now and then: `shipnote verify --stale 30d`. Only changes in \
            force are looked at.",
    judge: Judge::Change(judge),
};

fn judge(judged: &Judged<'_>, facts: &Facts<'_>) -> Vec<Problem> {
    let change = judged.change;
    if change.checks.is_empty() || change.status != Status::Shipped {
        return Vec::new();
    }
    let message = match judged.verified {
        None => "not all of its checks were run yet".to_owned(),
        Some(verified) if verified.at < stale_before(facts.now) => {
            format!("its checks were last run on {}, more than {STALE_DAYS} days ago", verified.at.day())
        }
        Some(_) => return Vec::new(),
    };
    vec![Problem::new(message, format!("shipnote verify {}", change.id))]
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Beside, said};
    use crate::model::{Conclusion, Verified};

    #[test]
    fn checks_that_nobody_runs() {
        let run = |at: Option<&str>| {
            let passed = |at: &str| Verified { conclusion: Conclusion::Passed, at: at.parse().unwrap() };
            said("check-stale", |_| {}, &Beside { verified: at.map(passed), ..Beside::default() })
        };
        assert_eq!(run(Some("2026-10-22")), "");
        assert_eq!(run(Some("2026-10-20")), "its checks were last run on 2026-10-20, more than 30 days ago");
        assert_eq!(run(None), "not all of its checks were run yet");
    }
}
