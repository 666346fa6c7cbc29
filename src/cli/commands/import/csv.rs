use std::path::PathBuf;

use anyhow::Result;

use super::input::Input;
use super::{Context, Each, Shared};
use crate::import::{self, FieldMap};

/// A table of another tool, with a first row of names
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  shipnote import csv tickets.csv --map title=Summary,owner=Assignee,shipped_at=Resolved,key=Key\n\n\
    Map `key` to what a row keeps for ever: the next import then knows it again."
)]
pub(super) struct Args {
    /// The file; - is standard input
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
    /// Which field of ours is which column
    #[arg(long, value_name = "OURS=COLUMN,…")]
    map: FieldMap,
    /// What tells records of this tool from those of others
    #[arg(long, value_name = "NAME", default_value = "csv")]
    source: String,
    #[command(flatten)]
    shared: Shared,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    let input = Input::open(&args.file, context)?;
    let mut store = context.open_to_write()?;
    let read = &mut |each: &mut Each<'_>| import::csv::read(input.reader(), &args.map, &args.source, each);
    let report = input.refused(args.shared.import(&mut store, &|done| input.total(done), read, None, context))?;
    args.shared.print(&report, context)?;
    Ok(0)
}
