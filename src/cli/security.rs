//! What commands and requests may do, by the `[security]` settings.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;

use super::context::Context;
use super::report::Hinted;
use super::text::escape;
use crate::model::{Check, is_environment_name};
use crate::run::Options;
use crate::sys;

/// Variables that every command is handed.
pub(super) const ALWAYS: &[&str] = &["PATH", "HOME", "LANG", "TZ"];

/// Reads the settings; `variables` are handed to commands besides the ones that the settings name.
pub(super) fn options(context: &Context, variables: Vec<(String, String)>) -> Result<Options> {
    let config = &context.config;
    let number = |name| -> Result<u32> {
        let value = config.get(name).unwrap_or_default();
        value.parse().map_err(|_| wrong(context, name, "a whole number", "\"60\""))
    };
    let loopback = match config.get("security.loopback") {
        Some("true") => true,
        Some("false") => false,
        _ => return Err(wrong(context, "security.loopback", "true or false", "\"true\"")),
    };
    let timeout = Duration::from_secs(u64::from(number("security.timeout")?));
    let lines = |name| config.get(name).unwrap_or_default().lines().map(str::trim).filter(|line| !line.is_empty());
    let mut handed = Vec::new();
    for name in ALWAYS.iter().copied().chain(lines("security.environment")) {
        if !is_environment_name(name) {
            return Err(wrong(context, "security.environment", "a list of names of variables", "[\"KUBECONFIG\"]"));
        }
        if let Some(value) = sys::env::var(name)? {
            handed.push((name.to_owned(), value));
        }
    }
    handed.retain(|(name, _)| variables.iter().all(|(given, _)| given != name));
    handed.extend(variables);
    Ok(Options {
        folder: context.base().to_owned(),
        variables: handed,
        timeout,
        hosts: lines("security.hosts").map(str::to_lowercase).collect(),
        loopback,
        redirects: number("security.redirects")?,
        ..Options::default()
    })
}

/// The values of the variables that the headers of a check name, as far as they are set.
pub(super) fn headers(check: &Check) -> Result<BTreeMap<String, String>> {
    let Check::Http(check) = check else { return Ok(BTreeMap::new()) };
    let mut values = BTreeMap::new();
    for name in check.headers.values() {
        if let Some(value) = sys::env::var(name)? {
            values.insert(name.clone(), value);
        }
    }
    Ok(values)
}

fn wrong(context: &Context, name: &str, what: &str, example: &str) -> anyhow::Error {
    let origin = escape(&context.config.setting(name).origin.to_string());
    let (_, short) = name.split_once('.').unwrap_or(("", name));
    Hinted::new(
        format!("`{name}` from {origin} must be {what}"),
        format!("write {short} = {example} under [security] in shipnote.toml"),
    )
}
