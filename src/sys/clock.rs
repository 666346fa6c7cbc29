//! The time.

use std::time::Instant;

use chrono::{DateTime, Utc};

/// The present time; `SHIPNOTE_NOW` (RFC 3339) fixes it, for reproducible output.
///
/// # Errors
/// When `SHIPNOTE_NOW` is set and is not a time.
pub fn now() -> anyhow::Result<DateTime<Utc>> {
    match super::env::var("SHIPNOTE_NOW")? {
        None => Ok(Utc::now()),
        Some(text) => DateTime::parse_from_rfc3339(&text)
            .map(|at| at.with_timezone(&Utc))
            .map_err(|error| anyhow::anyhow!("SHIPNOTE_NOW={text}: {error}; write 2026-11-20T14:05:00Z or unset it")),
    }
}

/// Starts a stopwatch.
pub fn start() -> Instant {
    Instant::now()
}
