use std::fs::File;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::{Context, Shared};
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
    let path = context.path(&args.file);
    let mut file = match args.file.as_os_str() == "-" {
        true => None,
        false => Some(File::open(&path).with_context(|| format!("cannot read {}", path.display()))?),
    };
    let mut store = context.open_to_write()?;
    let report = context.recorder(&mut store).import(&args.shared.options(), &mut |each| match file.take() {
        Some(file) => import::csv::read(file, &args.map, &args.source, each),
        None => import::csv::read(std::io::stdin().lock(), &args.map, &args.source, each),
    });
    let report = report.with_context(|| format!("{} was refused, nothing was stored", args.file.display()))?;
    args.shared.print(&report, context)?;
    Ok(0)
}
