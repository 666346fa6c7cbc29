use super::super::{Facts, Judge, Judged, Level, Problem, Rule};
use crate::model::Verdict;

pub(super) const RULE: Rule = Rule {
    id: "metric-regressed",
    level: Level::Error,
    wants: "A metric that got worse is explained in the reason.",
    about: "A change may cost something; then it says so. The reason has to name the metric, as the metric is called.",
    judge: Judge::Change(judge),
};

fn judge(judged: &Judged<'_>, _: &Facts<'_>) -> Vec<Problem> {
    let change = judged.change;
    let reason = change.reason.as_deref().unwrap_or_default().to_lowercase();
    let unexplained = change
        .metrics
        .iter()
        .filter(|metric| metric.verdict() == Some(Verdict::Regressed) && !reason.contains(&metric.name.to_lowercase()));
    let problem = |metric: &crate::model::Metric| {
        let (name, before, after) = (&metric.name, metric.value(metric.before), metric.value(metric.after));
        let message = format!("{name} got worse, {before} to {after}, and the reason does not name it");
        Problem::new(message, format!("shipnote edit {} --reason \"… {name} …\"", change.id))
    };
    unexplained.map(problem).collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Beside, said};

    #[test]
    fn what_got_worse_is_explained() {
        let worse = |name: &'static str| {
            move |draft: &mut crate::model::Draft| {
                draft.metrics.push(format!("{name}: 1 % -> 4 % (lower)").parse().unwrap());
            }
        };
        let found = said("metric-regressed", worse("timeouts"), &Beside::default());
        assert_eq!(found, "timeouts got worse, 1% to 4%, and the reason does not name it");
        assert_eq!(said("metric-regressed", worse("Error rate"), &Beside::default()), "");
    }
}
