use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::{Context, Shared};
use crate::import;
use crate::model::Draft;

/// JSON Lines, or an array: what `export json` writes, or with --map another tool
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  shipnote import json changes.jsonl\n  shipnote export json | shipnote --database other.db import json -\n  \
    shipnote import json releases.json --map title=name,reason=body,owner=author.login,tags=tag_name,shipped_at=published_at,key=id\n\n\
    With --map, map `key` to what a record keeps for ever: the next import then knows it again."
)]
pub(super) struct Args {
    /// The file; - is standard input
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
    /// Records of another tool: which field of ours is which of theirs, by its path
    #[arg(long, value_name = "OURS=THEIRS,…")]
    map: Option<import::FieldMap>,
    /// With --map: what tells records of this tool from those of others
    #[arg(long, value_name = "NAME", default_value = "json", requires = "map")]
    source: String,
    #[command(flatten)]
    shared: Shared,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    let path = context.path(&args.file);
    let stdin = args.file.as_os_str() == "-";
    let mut file = match stdin {
        true => None,
        false => Some(File::open(&path).with_context(|| format!("cannot read {}", path.display()))?),
    };
    let mut store = context.open_to_write()?;
    let report = context.recorder(&mut store).import(&args.shared.options(), &mut |each| match file.take() {
        Some(file) => read(BufReader::new(file), args, each),
        None => read(std::io::stdin().lock(), args, each),
    });
    let name = if stdin { "standard input".to_owned() } else { args.file.display().to_string() };
    let report = report.with_context(|| format!("{name} was refused, nothing was stored"))?;
    args.shared.print(&report, context)?;
    Ok(0)
}

fn read(input: impl BufRead, args: &Args, each: &mut dyn FnMut(u64, Draft) -> Result<()>) -> Result<()> {
    match &args.map {
        Some(map) => import::json::read_mapped(input, map, &args.source, each),
        None => import::json::read(input, each),
    }
}
