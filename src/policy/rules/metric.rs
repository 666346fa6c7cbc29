use super::super::{Facts, Judge, Judged, Level, Problem, Rule};
use crate::model::{Kind, Status};

pub(super) const RULE: Rule = Rule {
    id: "no-metric",
    level: Level::Warn,
    wants: "A speed-up names a metric, before and after.",
    about: "Only changes of the kind performance are looked at, and a draft may lack the value after: \
            `shipnote ship ID --metric \"p95 latency: 480 ms -> 190 ms\"`.",
    judge: Judge::Change(judge),
};

fn judge(judged: &Judged<'_>, _: &Facts<'_>) -> Vec<Problem> {
    let change = judged.change;
    if change.kind != Kind::Performance || change.status == Status::Draft {
        return Vec::new();
    }
    if change.metrics.iter().any(|metric| metric.before.is_some() && metric.after.is_some()) {
        return Vec::new();
    }
    let hint = format!("shipnote edit {} --metric \"p95 latency: 480 ms -> 190 ms\"", change.id);
    vec![Problem::new("it has no metric with a value before and after", hint)]
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Beside, said};
    use crate::model::{Draft, Kind};

    #[test]
    fn nothing_was_measured() {
        let message = "it has no metric with a value before and after";
        assert_eq!(said("no-metric", |draft| draft.metrics.clear(), &Beside::default()), message);
        assert_eq!(said("no-metric", |draft| draft.metrics[0].after = None, &Beside::default()), message);
        let fix = |draft: &mut Draft| (draft.metrics, draft.kind) = (Vec::new(), Some(Kind::Fix));
        assert_eq!(said("no-metric", fix, &Beside::default()), "");
    }
}
