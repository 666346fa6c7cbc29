use anyhow::Result;

use super::Context;
use crate::cli::output;
use crate::cli::text::escape;
use crate::cli::view::{BOLD, DIM};
use crate::config::{KEYS, LISTS, Setting};

/// Show every setting and where its value came from
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  shipnote config\n  SHIPNOTE_OWNER=oncall shipnote config --json\n\n\
    Flags win over SHIPNOTE_* in the environment, over shipnote.toml, over the user's file, over the defaults.")]
pub(in crate::cli) struct Args {
    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    let settings = context.config.settings();
    if args.json {
        let all: serde_json::Map<_, _> = settings
            .iter()
            .map(|setting| {
                let value = serde_json::json!({"value": value(setting), "origin": setting.origin.to_string()});
                (setting.name.to_owned(), value)
            })
            .collect();
        output::json(&all)?;
        return Ok(0);
    }
    let mut lines = Vec::new();
    for (setting, key) in settings.iter().zip(KEYS) {
        let value = match value(setting) {
            serde_json::Value::String(text) => escape(&text),
            serde_json::Value::Null => "(not set)".to_owned(),
            list => escape(&list.to_string()),
        };
        let origin = escape(&setting.origin.to_string());
        lines.push(format!("{BOLD}{} = {value}{BOLD:#}", setting.name));
        lines.push(format!("  {DIM}{}; from {origin}{DIM:#}", key.help));
    }
    output::data(&lines.join("\n"))?;
    Ok(0)
}

/// A text, or the list that a setting is.
fn value(setting: &Setting) -> serde_json::Value {
    match &setting.value {
        Some(lines) if LISTS.contains(&setting.name) => lines.lines().collect(),
        // An address may hold a password.
        Some(address) if address.contains("://") && setting.name == "database" => {
            serde_json::json!(crate::store::without_password(address))
        }
        value => serde_json::json!(value),
    }
}
