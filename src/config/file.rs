//! One file of settings.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use toml::Value;

use super::{KEYS, LISTS, TABLES};
use crate::sys;

/// Bytes a file of settings may have.
const MOST_BYTES: u64 = 1024 * 1024;

/// The table of saved searches, whose names are free.
pub(super) const SEARCHES: &str = "searches";

/// What stands in a file.
pub(super) struct Settings {
    /// The values by name, `[site] title` as `site.title`.
    pub(super) values: BTreeMap<String, String>,
    /// Each of [`TABLES`] that is there, as TOML.
    pub(super) tables: BTreeMap<String, String>,
}

/// Reads a file.
pub(super) fn read(path: &Path) -> Result<Settings> {
    let text = sys::files::read_text(path, MOST_BYTES)?;
    let mut table: toml::Table =
        toml::from_str(&text).with_context(|| format!("{} is not valid TOML", path.display()))?;
    let mut tables = BTreeMap::new();
    for name in TABLES {
        if let Some(Value::Table(inner)) = table.remove(*name) {
            tables.insert((*name).to_owned(), toml::to_string(&inner)?);
        }
    }
    let mut values = BTreeMap::new();
    flatten(&table, "", &mut values).with_context(|| format!("{} has a wrong setting", path.display()))?;
    Ok(Settings { values, tables })
}

fn flatten(table: &toml::Table, prefix: &str, values: &mut BTreeMap<String, String>) -> Result<()> {
    for (key, value) in table {
        let name = format!("{prefix}{key}");
        match value {
            Value::Table(inner) if prefix.is_empty() && key == SEARCHES => {
                for (name, query) in inner {
                    let Value::String(query) = query else { bail!("`{SEARCHES}.{name}` must be a text in quotes") };
                    values.insert(format!("{SEARCHES}.{name}"), query.clone());
                }
            }
            Value::Table(inner) if KEYS.iter().any(|key| key.name.starts_with(&format!("{name}."))) => {
                flatten(inner, &format!("{name}."), values)?;
            }
            _ if !KEYS.iter().any(|key| key.name == name) => {
                let known: Vec<_> = KEYS.iter().map(|key| key.name).collect();
                bail!("`{name}` is not a setting; there are {}", known.join(", "));
            }
            Value::String(text) => {
                values.insert(name, text.clone());
            }
            Value::Array(texts) if LISTS.contains(&name.as_str()) => {
                let line = |text: &Value| text.as_str().filter(|text| !text.contains('\n')).map(str::to_owned);
                let lines: Option<Vec<_>> = texts.iter().map(line).collect();
                let Some(lines) = lines else { bail!("`{name}` must be a list of texts in quotes") };
                values.insert(name, lines.join("\n"));
            }
            _ if LISTS.contains(&name.as_str()) => bail!("`{name}` must be a list of texts in quotes"),
            _ => bail!("`{name}` must be a text in quotes"),
        }
    }
    Ok(())
}
