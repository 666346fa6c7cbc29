//! The rules behind `check`: one rule a file, pure, each returns findings.
//!
//! Imports `model`, `query`, `repo` and `redact`.
