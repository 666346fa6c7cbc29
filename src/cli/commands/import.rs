use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::Context;
use crate::cli::output;
use crate::import;

/// Bring in changes from a file
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  shipnote import json changes.jsonl\n  shipnote export json | shipnote --database other.db import json -\n\n\
    All of it is stored or nothing. Importing the same file again changes nothing."
)]
pub(in crate::cli) struct Args {
    /// json: JSON Lines, or an array of changes
    #[arg(value_enum)]
    format: Format,
    /// The file; - is standard input
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    Json,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    let Format::Json = args.format;
    let path = context.path(&args.file);
    let stdin = args.file.as_os_str() == "-";
    let mut file = match stdin {
        true => None,
        false => Some(File::open(&path).with_context(|| format!("cannot read {}", path.display()))?),
    };
    let mut store = context.open_to_write()?;
    let report = context.recorder(&mut store).import(&mut |each| match file.take() {
        Some(file) => import::json::read(BufReader::new(file), each),
        None => import::json::read(std::io::stdin().lock(), each),
    });
    let name = if stdin { "standard input".to_owned() } else { args.file.display().to_string() };
    let report = report.with_context(|| format!("{name} was refused, nothing was stored"))?;
    if args.json {
        let skipped: Vec<_> =
            report.skipped.iter().map(|skip| serde_json::json!({"id": skip.id, "reason": skip.reason})).collect();
        output::json(&serde_json::json!({
            "imported": report.imported, "unchanged": report.unchanged, "masked": report.masked, "skipped": skipped,
        }))?;
    } else if !context.globals.quiet {
        output::note(&format!(
            "{} imported, {} unchanged, {} left out",
            report.imported,
            report.unchanged,
            report.skipped.len()
        ));
        if report.masked > 0 {
            output::note(&format!("{} had secrets, which were masked", report.masked));
        }
        for skip in &report.skipped {
            output::note(&format!("left out: {}", crate::cli::text::escape(&skip.reason)));
        }
    }
    Ok(0)
}
