//! Child processes.

use std::path::Path;
use std::process::{Command, ExitStatus};

use anyhow::{Context, Result};

/// Runs a program on the terminal it was called from, and waits for it.
///
/// # Errors
/// When it could not be started.
pub fn run(program: &str, args: &[String], folder: Option<&Path>) -> Result<ExitStatus> {
    let mut command = Command::new(program);
    command.args(args);
    if let Some(folder) = folder {
        command.current_dir(folder);
    }
    command.status().with_context(|| format!("cannot run {program}"))
}

/// The exit code of a program as a shell would say it: 128 + signal for one that was killed.
pub fn exit_code(status: ExitStatus) -> i32 {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal = None;
    status.code().or(signal.map(|signal| 128 + signal)).unwrap_or(1)
}
