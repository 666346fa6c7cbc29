//! Executes commands and checks and says what came of it; never stores.
//!
//! Whoever calls has asked whether a command may run. What it is given, how long it may take, and where a request may go,
//! stands in [`Options`]; no environment is read here. Imports `model` and `sys`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::model::{Check, OUTPUT, Outcome};

mod address;
mod command;
mod http;
mod json;
mod step;

pub use step::{Shell, Step, step};

/// What commands and requests may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The folder that the folders of commands are relative to.
    pub folder: PathBuf,
    /// The whole environment of a command.
    pub variables: Vec<(String, String)>,
    /// The values of the variables that headers name.
    pub headers: BTreeMap<String, String>,
    /// How long a step may take.
    pub timeout: Duration,
    /// Bytes of output that are kept, at most [`OUTPUT`].
    pub keep: usize,
    /// Hosts that requests may go to, lower case; `*.example.com` stands for every host below.
    pub hosts: Vec<String>,
    /// Whether requests may go to this machine.
    pub loopback: bool,
    /// Redirects that are followed.
    pub redirects: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            folder: PathBuf::from("."),
            variables: Vec::new(),
            headers: BTreeMap::new(),
            timeout: Duration::from_secs(60),
            keep: OUTPUT,
            hosts: Vec::new(),
            loopback: true,
            redirects: 0,
        }
    }
}

/// Runs a check; what differed from what it expects is the detail of the outcome.
pub fn check(check: &Check, options: &Options) -> Outcome {
    match check {
        Check::Http(check) => http::check(check, options),
        Check::Command(check) => command::check(check, options),
    }
}

/// The beginning of bytes as text, and whether there was more.
fn kept(bytes: &[u8], most: usize) -> (String, bool) {
    let end = bytes.len().min(most);
    (String::from_utf8_lossy(&bytes[..end]).into_owned(), end < bytes.len())
}
