//! The flags that choose changes: the same for `list`, `search` and `export`.

use anyhow::Result;
use clap_complete::engine::ArgValueCompleter;

use super::{Context, complete, fields::date};
use crate::model::{Kind, Status, Timestamp};
use crate::query::{Condition, Expr, FilePattern, parse_end, stale_before};

/// One flag for every condition; all that are given must hold.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Filters (all must hold)")]
pub(super) struct Filters {
    /// Only changes of this owner
    #[arg(short, long, value_name = "NAME", add = ArgValueCompleter::new(complete::owners))]
    owner: Option<String>,
    /// Only changes that touched a file: a path, its end, a folder, or a glob
    #[arg(short, long, value_name = "PATH", value_hint = clap::ValueHint::AnyPath)]
    file: Option<String>,
    /// Only changes with this tag; may be repeated
    #[arg(short, long = "tag", value_name = "TAG", add = ArgValueCompleter::new(complete::tags))]
    tags: Vec<String>,
    /// Only changes of this service
    #[arg(short, long, value_name = "NAME", add = ArgValueCompleter::new(complete::services))]
    service: Option<String>,
    /// Only changes of this environment
    #[arg(long = "env", value_name = "NAME", add = ArgValueCompleter::new(complete::environments))]
    environment: Option<String>,
    /// Only changes of this kind
    #[arg(long, value_parser = kind, add = ArgValueCompleter::new(complete::kinds))]
    kind: Option<Kind>,
    /// Only draft, shipped, rolled-back or superseded ones
    #[arg(long, value_parser = status, add = ArgValueCompleter::new(complete::statuses))]
    status: Option<Status>,
    /// Only verified ones, whose checks all passed, failing ones, or stale ones, not all run in the last 30 days
    #[arg(long = "is", value_enum, value_name = "STATE")]
    state: Option<State>,
    /// Only since then: 2026-11-20, 2026-11, 30d, "last monday"
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
    /// Only until then, what it names included
    #[arg(long, value_name = "DATE")]
    until: Option<String>,
}

/// What the checks of a change said when they were last run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum State {
    Verified,
    Failing,
    Stale,
}

impl State {
    fn condition(self, now: Timestamp) -> Condition {
        match self {
            Self::Verified => Condition::Verified,
            Self::Failing => Condition::Failing,
            Self::Stale => Condition::Stale(stale_before(now)),
        }
    }
}

fn kind(text: &str) -> Result<Kind, String> {
    text.parse()
}

fn status(text: &str) -> Result<Status, String> {
    text.parse()
}

impl Filters {
    /// The conditions, without words: what `owner:NAME` and the like say in a query.
    pub(super) fn expr(&self, context: &Context) -> Result<Expr> {
        let since = self.since.as_deref().map(|text| date("--since", text, context.now)).transpose()?;
        let until = self.until.as_deref().map(|text| parse_end(text, context.now)).transpose();
        let until = until.map_err(|error| anyhow::anyhow!("--until: {error}"))?;
        let mut conditions = Vec::new();
        conditions.extend(self.owner.clone().map(Condition::Owner));
        conditions.extend(self.service.clone().map(Condition::Service));
        conditions.extend(self.environment.clone().map(Condition::Environment));
        conditions.extend(self.kind.map(Condition::Kind));
        conditions.extend(self.status.map(Condition::Status));
        conditions.extend(self.file.as_deref().map(FilePattern::new).map(Condition::File));
        conditions.extend(self.tags.iter().cloned().map(Condition::Tag));
        conditions.extend(self.state.map(|state| state.condition(context.now)));
        conditions.extend(since.map(Condition::Since));
        conditions.extend(until.map(Condition::Until));
        Ok(Expr::all(conditions.into_iter().map(Expr::Is)))
    }
}
