//! The records shipnote keeps and the rules they obey.
//!
//! A [`Draft`] is what somebody handed in: anything may be missing. [`Draft::validate`] turns it into a [`Change`], which
//! is complete and within every limit. Nothing here knows SQL, HTML, files or the command line, and nothing asks the time
//! or for randomness: the caller passes both in. Imports nothing of shipnote.

mod actor;
mod change;
mod check;
mod check_text;
mod draft;
mod evidence;
mod id;
mod json;
mod limits;
mod metric;
mod runbook;
mod time;

pub use actor::Actor;
pub(crate) use change::words;
pub use change::{
    Baseline, Change, CommandRun, ItemState, Kind, Link, ListItem, Relation, RelationKind, Rollback, SCHEMA, Source,
    Status,
};
pub use check::{Check, CheckDraft, CommandCheck, Compare, CompareOp, HttpCheck, is_environment_name};
pub use check_text::CheckError;
pub use draft::{Defaults, Draft, RelationDraft};
pub use evidence::{Conclusion, Evidence, OUTPUT, Outcome, RunKind, STALE_DAYS, Subject, Verified, conclusion};
pub(crate) use evidence::{INTERRUPTED, digest};
pub use id::{ChangeId, IdError};
pub use json::{InputError, carry_unknown, read_strict};
pub use limits::{Invalid, Refusal, limit};
pub use metric::{Direction, Metric, MetricDraft, MetricError, Verdict, format_number, quantity};
pub use runbook::{RUNBOOK_SCHEMA, Runbook, RunbookDraft, Variable, slug};
pub use time::Timestamp;
