use anyhow::Result;

use super::{Context, log};
use crate::cli::fields::{Fields, Lists};
use crate::cli::trust;
use crate::model::{Draft, Status};
use crate::store::Store;

/// Begin a change: write down what the system does now, before it is touched
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    shipnote start \"Orders page is slow\" --route \"GET /orders/{id}\" --symptom \"p95 of 480 ms, clients time out\" \\\n      \
    --baseline-command \"curl -s -w '%{time_total}' localhost:8000/orders/4711\" --metric \"p95 latency: 480 ms\"\n\n\
    Finish it with `shipnote ship ID`.")]
pub(in crate::cli) struct Args {
    /// What is going to change, in one line
    title: String,
    #[command(flatten)]
    fields: Fields,
    /// Print the change as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: Args, context: &Context) -> Result<u8> {
    let mut store = context.open_to_write()?;
    let mut draft = Draft { title: Some(args.title), status: Some(Status::Draft), ..Draft::default() };
    args.fields.apply(&mut draft, Lists::Replace, context, Some(&store as &dyn Store))?;
    log::fill(&mut draft, context);
    let recorded = context.recorder(&mut store).log(draft, "start")?;
    trust::own(recorded.change(), None, context);
    log::tell(&recorded, args.json, context)?;
    if !context.globals.quiet {
        crate::cli::output::note(&format!("When it shipped: shipnote ship {}", recorded.change().id));
    }
    Ok(0)
}
