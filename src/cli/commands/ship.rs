use anyhow::Result;
use clap_complete::engine::ArgValueCompleter;

use super::{Context, log};
use crate::cli::fields::{Fields, Lists};
use crate::cli::report::Hinted;
use crate::cli::{complete, trust};
use crate::model::{Draft, Status};
use crate::record::Recorded;
use crate::repo;
use crate::store::Store;

/// Finish a draft: fill in what is known now and set it shipped
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    shipnote ship k7m2 --from-git --metric \"p95 latency: 480 ms -> 190 ms\"\n  \
    shipnote ship k7m2 --rollback-command \"kubectl rollout undo deploy/orders\"\n\n\
    A metric with the name of one in the draft takes its place; other lists are added to.")]
pub(in crate::cli) struct Args {
    /// The draft, by the beginning of its id
    #[arg(add = ArgValueCompleter::new(complete::ids))]
    id: String,
    /// Another title
    #[arg(long)]
    title: Option<String>,
    #[command(flatten)]
    fields: Fields,
    /// Add files, commits, branch, links and time of a commit (HEAD when none is named) or a range A..B
    #[arg(long, value_name = "REV|A..B", num_args = 0..=1, default_missing_value = "HEAD")]
    from_git: Option<String>,
    /// Print the change as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: Args, context: &Context) -> Result<u8> {
    let mut store = context.open_to_write()?;
    let base = context.find(&store, &args.id)?;
    if base.status != Status::Draft {
        let hint = format!("shipnote edit {} changes it", base.id);
        return Err(Hinted::new(format!("{} is {}, not a draft", base.id, base.status), hint));
    }
    let mut draft = Draft::from(&base);
    draft.shipped_at = Some(context.now);
    if let Some(rev) = &args.from_git {
        add_known(&mut draft, repo::draft_from(context.directory(), Some(rev))?);
    }
    if let Some(title) = args.title {
        draft.title = Some(title);
    }
    let mut given = Draft::default();
    args.fields.apply(&mut given, Lists::Add, context, Some(&store as &dyn Store))?;
    merge_metrics(&mut draft, &given);
    let mut fields = args.fields;
    fields.metrics.clear();
    fields.apply(&mut draft, Lists::Add, context, Some(&store as &dyn Store))?;
    draft.status = Some(Status::Shipped);
    let (change, _) = context.recorder(&mut store).edit(&base, draft, "ship", None)?;
    trust::own(&change, Some(&base), context);
    log::tell(&Recorded::New(change), args.json, context)?;
    Ok(0)
}

/// What git knows, without taking the place of what the draft says.
fn add_known(draft: &mut Draft, known: Draft) {
    draft.reason = draft.reason.take().or(known.reason);
    draft.owner = draft.owner.take().or(known.owner);
    draft.branch = draft.branch.take().or(known.branch);
    draft.shipped_at = known.shipped_at.or(draft.shipped_at);
    add(&mut draft.files, known.files);
    add(&mut draft.commits, known.commits);
    add(&mut draft.links, known.links);
    add(&mut draft.tags, known.tags);
}

fn add<T: PartialEq>(list: &mut Vec<T>, more: Vec<T>) {
    for value in more {
        if !list.contains(&value) {
            list.push(value);
        }
    }
}

/// The draft has the value before; a metric given now completes it.
fn merge_metrics(draft: &mut Draft, given: &Draft) {
    for metric in &given.metrics {
        let mut metric = metric.clone();
        match draft.metrics.iter_mut().find(|known| known.name == metric.name) {
            Some(known) => {
                if metric.after.is_none() {
                    (metric.after, metric.before) = (metric.before, known.before);
                }
                metric.before = metric.before.or(known.before);
                metric.unit = metric.unit.or(known.unit.take());
                metric.better = metric.better.or(known.better);
                *known = metric;
            }
            None => draft.metrics.push(metric),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_given_now_completes_the_one_of_the_draft() {
        let metric = |text: &str| text.parse().unwrap();
        let mut draft = Draft { metrics: vec![metric("p95: 480 ms (lower)")], ..Draft::default() };
        let given = Draft { metrics: vec![metric("p95: 190 ms"), metric("rps: 1 -> 2")], ..Draft::default() };
        merge_metrics(&mut draft, &given);
        assert_eq!(draft.metrics, [metric("p95: 480 ms -> 190 ms (lower)"), metric("rps: 1 -> 2")]);
    }
}
