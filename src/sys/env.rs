//! The environment and the working directory.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context, Result};

/// The value of an environment variable; an empty one counts as unset.
///
/// # Errors
/// When it is not valid UTF-8.
pub fn var(name: &str) -> Result<Option<String>> {
    match std::env::var_os(name).filter(|value| !value.is_empty()).map(OsString::into_string) {
        None => Ok(None),
        Some(Ok(value)) => Ok(Some(value)),
        Some(Err(_)) => anyhow::bail!("the environment variable {name} is not valid UTF-8"),
    }
}

/// The value of a variable that names a path.
pub fn path_var(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// The working directory.
///
/// # Errors
/// When it was removed or cannot be read.
pub fn current_dir() -> Result<PathBuf> {
    std::env::current_dir().context("cannot read the working directory")
}

/// The user of the operating system.
pub fn user() -> String {
    whoami::username().unwrap_or_else(|_| "unknown".to_owned())
}
