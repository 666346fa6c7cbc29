//! The outside world: clock, environment, randomness, files, processes, git.
//!
//! Every other room takes these values as arguments, so that tests inject them; this is the one place that asks. It holds
//! no knowledge of changes and never grows into a drawer of helpers. Imports nothing of shipnote.
#![allow(clippy::disallowed_methods, reason = "the one room that asks the operating system")]

pub mod child;
pub mod clock;
pub mod disk;
pub mod env;
pub mod files;
pub mod git;
pub mod process;
pub mod random;
