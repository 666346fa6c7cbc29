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

/// Opens a file with what the desktop opens such files with; does not wait for it.
///
/// # Errors
/// When there is nothing to open it with.
pub fn open(path: &Path) -> Result<()> {
    open::that_detached(path).with_context(|| format!("cannot open {}", path.display()))
}

/// The exit code of a program as a shell would say it: 128 + signal for one that was killed.
pub fn exit_code(status: ExitStatus) -> i32 {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal = None;
    status.code().or(signal.map(|signal| 128 + signal)).unwrap_or(1)
}

/// Bytes of memory that this process has in use; `None` where the system does not say (it is asked on Linux only).
pub fn memory() -> Option<u64> {
    // proc_pid_status(5): `VmRSS:      1234 kB`.
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    kilobytes.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
}
