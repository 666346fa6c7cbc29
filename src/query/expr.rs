//! A query as data: what the grammar and the flags of the command line both become, and what an engine compiles.

use super::analyze::{Found, scan};
use super::{Field, FilePattern};
use crate::model::{Kind, Metric, Status, Timestamp, Verdict};

/// Which changes are asked for. Tokens are the analyzer's: folded, split and stemmed.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Expr {
    /// Every change.
    #[default]
    Everything,
    /// No change: a query of punctuation only.
    Nothing,
    /// Every part matches. Never empty.
    All(Vec<Expr>),
    /// At least one part matches. Never empty.
    Any(Vec<Expr>),
    /// The part does not match.
    Not(Box<Expr>),
    /// The stems stand next to each other, in this order, in one text of one field (see
    /// [`index_terms`](super::index_terms)); a word is a phrase of one.
    Phrase {
        /// The field; any when absent.
        field: Option<Field>,
        /// Never empty.
        stems: Vec<String>,
    },
    /// A word that begins with `prefix` stands in some field. With `stems`, they stand next to each other in the same
    /// field; not necessarily before that word, which no index of stems could tell. The prefix is compared with the word
    /// (folded) and with its stem: `hope*` finds "hoping" too.
    Prefix {
        /// The field; any when absent.
        field: Option<Field>,
        /// Stems of the parts before the last one, for instance `get_us*` → `get`; often empty.
        stems: Vec<String>,
        /// The beginning of a word; never empty.
        prefix: String,
    },
    /// The change fulfils the condition.
    Is(Condition),
}

/// What is asked of a change apart from its words.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// The owner, exactly.
    Owner(String),
    /// The service, exactly.
    Service(String),
    /// The environment, exactly.
    Environment(String),
    /// One of the tags, exactly.
    Tag(String),
    /// The kind.
    Kind(Kind),
    /// The status.
    Status(Status),
    /// The id begins with this, see [`crate::model::ChangeId::fold_prefix`].
    Id(String),
    /// The hash of a commit begins with this: lower-case hexadecimal digits.
    Commit(String),
    /// A file it touched.
    File(FilePattern),
    /// A metric of it.
    Metric(MetricCondition),
    /// It has such a part.
    Has(Part),
    /// Its checks all passed when they were last run.
    Verified,
    /// One of its checks failed when it was last run.
    Failing,
    /// It has checks, and not all of them were run at this time or later.
    Stale(Timestamp),
    /// [`crate::model::Change::at`] is this or later.
    Since(Timestamp),
    /// [`crate::model::Change::at`] is before this.
    Until(Timestamp),
}

/// What is asked of one metric of a change.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricCondition {
    /// The stems of its name that must stand in it next to each other; none for any name.
    pub name: Vec<String>,
    /// What its values must be.
    pub test: MetricTest,
}

/// What the values of a metric must be.
#[derive(Debug, Clone, PartialEq)]
pub enum MetricTest {
    /// Anything.
    Any,
    /// This verdict.
    Verdict(Verdict),
    /// The value after, compared; in this unit where one is given.
    After(Comparison, Option<String>),
    /// The relative change in percent, compared.
    Percent(Comparison),
}

/// A comparison with a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// How.
    pub op: crate::model::CompareOp,
    /// With what.
    pub value: f64,
}

impl Comparison {
    fn holds(self, value: f64) -> bool {
        use crate::model::CompareOp;
        match self.op {
            CompareOp::Less => value < self.value,
            CompareOp::AtMost => value <= self.value,
            CompareOp::More => value > self.value,
            CompareOp::AtLeast => value >= self.value,
            CompareOp::Equal => value == self.value,
            CompareOp::NotEqual => value != self.value,
        }
    }
}

impl MetricCondition {
    /// Whether a metric is as asked.
    pub fn matches(&self, metric: &Metric) -> bool {
        if self.name.is_empty() {
            return self.test.holds(metric);
        }
        let mut stems = Vec::new();
        scan(&metric.name, &mut |found, token| {
            if found == Found::Part {
                stems.push(token.stem.to_owned());
            }
        });
        stems.windows(self.name.len()).any(|window| window == self.name) && self.test.holds(metric)
    }
}

impl MetricTest {
    fn holds(&self, metric: &Metric) -> bool {
        match self {
            Self::Any => true,
            Self::Verdict(verdict) => metric.verdict() == Some(*verdict),
            Self::After(comparison, unit) => {
                metric.after.is_some_and(|after| comparison.holds(after))
                    && unit.as_ref().is_none_or(|unit| metric.unit.as_ref() == Some(unit))
            }
            Self::Percent(comparison) => metric.percent().is_some_and(|percent| comparison.holds(percent)),
        }
    }
}

crate::model::words! {
    /// A part a change can have or lack.
    Part {
        /// An owner.
        Owner = "owner",
        /// A service.
        Service = "service",
        /// An environment.
        Environment = "env",
        /// A reason.
        Reason = "reason",
        /// An expected result.
        Expected = "expected",
        /// A way back.
        Rollback = "rollback",
        /// What went wrong before.
        Symptom = "symptom",
        /// Commands.
        Command = "command",
        /// Files.
        File = "file",
        /// Metrics.
        Metric = "metric",
        /// Checks.
        Check = "check",
        /// Checklists.
        Checklist = "checklist",
        /// Tags.
        Tag = "tag",
        /// Links.
        Link = "link",
        /// Commits.
        Commit = "commit",
        /// Relations to other changes.
        Relation = "relation",
    }
}

impl Expr {
    /// Everything that matches all of `parts`.
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut kept = Vec::new();
        for part in parts {
            match part {
                Self::Everything => {}
                Self::All(inner) => kept.extend(inner),
                part => kept.push(part),
            }
        }
        match kept.len() {
            0 => Self::Everything,
            1 => kept.swap_remove(0),
            _ => Self::All(kept),
        }
    }

    /// What `self` and `other` both match.
    pub fn and(self, other: Self) -> Self {
        Self::all([self, other])
    }

    /// Changes of this owner.
    pub fn owner(name: impl Into<String>) -> Self {
        Self::Is(Condition::Owner(name.into()))
    }

    /// Changes of this service.
    pub fn service(name: impl Into<String>) -> Self {
        Self::Is(Condition::Service(name.into()))
    }

    /// Changes with this tag.
    pub fn tag(name: impl Into<String>) -> Self {
        Self::Is(Condition::Tag(name.into()))
    }

    /// Changes of this status.
    pub fn status(status: Status) -> Self {
        Self::Is(Condition::Status(status))
    }

    /// Changes that touched a file.
    pub fn file(pattern: &str) -> Self {
        Self::Is(Condition::File(FilePattern::new(pattern)))
    }

    /// Changes from `since` on and before `until`.
    pub fn between(since: Option<Timestamp>, until: Option<Timestamp>) -> Self {
        let since = since.map(Condition::Since);
        let until = until.map(Condition::Until);
        Self::all(since.into_iter().chain(until).map(Self::Is))
    }
}
