//! The record of one shipped change, the centre of everything.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ChangeId, Check, Metric, Timestamp};

/// The name of the JSON form.
pub const SCHEMA: &str = "shipnote.change/1";

/// The record of one shipped change. Its JSON form is `shipnote.change/1`: every field is present, absent ones null.
///
/// Made only by [`super::Draft::validate`], or read back from a store; reading is tolerant, so that a record of a newer
/// version opens here (see [`super::carry_unknown`] for its unknown fields).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Its name, the same for ever.
    pub id: ChangeId,
    /// What was changed, in one line.
    pub title: String,
    /// Where it stands.
    pub status: Status,
    /// What sort of change it is.
    pub kind: Kind,
    /// Why it was made; Markdown.
    pub reason: Option<String>,
    /// What the system did before.
    pub baseline: Baseline,
    /// What should be seen when it works.
    pub expected: Option<String>,
    /// Paths touched; a rename lists both.
    pub files: Vec<String>,
    /// What was run to ship it, in order.
    pub commands: Vec<CommandRun>,
    /// What improved, or did not.
    pub metrics: Vec<Metric>,
    /// Who answers for it: a team or a role.
    pub owner: Option<String>,
    /// The way back.
    pub rollback: Rollback,
    /// Executable statements of the expected result.
    pub checks: Vec<Check>,
    /// Checklist name → item name → state.
    pub checklists: BTreeMap<String, BTreeMap<String, ListItem>>,
    /// What was taken for granted.
    pub assumptions: Vec<String>,
    /// The service changed.
    pub service: Option<String>,
    /// Where it shipped to, for instance `production`.
    pub environment: Option<String>,
    /// Free words to find it by.
    pub tags: Vec<String>,
    /// Addresses worth following.
    pub links: Vec<Link>,
    /// Commit hashes.
    pub commits: Vec<String>,
    /// The branch it shipped from.
    pub branch: Option<String>,
    /// How it relates to other changes.
    pub relations: Vec<Relation>,
    /// When it shipped; absent for a draft.
    pub shipped_at: Option<Timestamp>,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// When it was last edited.
    pub updated_at: Timestamp,
    /// 1 for the first recording, one more for every edit.
    pub revision: u64,
    /// Where the record came from.
    pub source: Source,
}

impl Change {
    /// When it happened, for ordering: when it shipped, else when it was recorded.
    pub fn at(&self) -> Timestamp {
        self.shipped_at.unwrap_or(self.created_at)
    }
}

/// What the system did before the change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Baseline {
    /// The route or entry point, for instance `GET /orders/{id}`.
    pub route: Option<String>,
    /// The input that shows it.
    pub input: Option<String>,
    /// The failing command or slow query.
    pub command: Option<String>,
    /// What went wrong, with the error text; Markdown.
    pub symptom: Option<String>,
    /// Where the user notices.
    pub location: Option<String>,
}

impl Baseline {
    /// Whether nothing was written down.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The way back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rollback {
    /// The command that undoes the change.
    pub command: Option<String>,
    /// What to know before running it; Markdown.
    pub note: Option<String>,
}

impl Rollback {
    /// Whether no way back was written down.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// One command that was run to ship the change.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CommandRun {
    /// The command line.
    pub run: String,
    /// What it is for.
    pub note: Option<String>,
    /// What its output should contain.
    pub expect: Option<String>,
    /// The folder to run it in, relative to the repository.
    pub cwd: Option<String>,
    /// Its exit code when it was recorded.
    pub exit: Option<i32>,
    /// How long it took then, in seconds.
    pub seconds: Option<f64>,
}

/// One item of a checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListItem {
    /// Where it stands.
    pub state: ItemState,
    /// Why, or how; required for an item that does not apply.
    #[serde(default)]
    pub note: Option<String>,
}

/// An address worth following.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// `http:`, `https:` or `mailto:`.
    pub url: String,
    /// What it leads to.
    #[serde(default)]
    pub title: Option<String>,
}

/// How a change relates to another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relation {
    /// What this change does to the other.
    pub kind: RelationKind,
    /// The other change; it need not be in the same database.
    pub id: ChangeId,
}

/// Where a record came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// `log`, `git`, `json`, …
    pub kind: String,
    /// The name of the change at its source; recording the same key twice records once.
    #[serde(default)]
    pub key: Option<String>,
}

impl Default for Source {
    fn default() -> Self {
        Self { kind: "log".to_owned(), key: None }
    }
}

/// Makes an enum of words: JSON, text and a list of all come from one table.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize, ::serde::Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every value, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word that JSON, flags and pages use.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text).ok_or_else(|| {
                    let words: Vec<_> = Self::ALL.iter().map(|value| value.as_str()).collect();
                    format!("is one of {}", words.join(", "))
                })
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Where a change stands.
    Status {
        /// Not shipped yet.
        Draft = "draft",
        /// Shipped and in force.
        Shipped = "shipped",
        /// Shipped, then undone.
        RolledBack = "rolled-back",
        /// Replaced by a later change.
        Superseded = "superseded",
    }
}

words! {
    /// What sort of change it is.
    Kind {
        /// Something new.
        Feature = "feature",
        /// Something mended.
        Fix = "fix",
        /// Something faster or smaller.
        Performance = "performance",
        /// Something safer.
        Security = "security",
        /// The same behaviour, written better.
        Refactor = "refactor",
        /// Words for people.
        Docs = "docs",
        /// Tests only.
        Test = "test",
        /// Build, dependencies, continuous integration.
        Build = "build",
        /// Configuration, infrastructure, chores.
        Operations = "operations",
        /// An earlier change taken back.
        Revert = "revert",
        /// None of these.
        Other = "other",
    }
}

impl Kind {
    /// The kind of a conventional-commit type (<https://www.conventionalcommits.org>, with the types of its usual lint
    /// rules); `None` for a type it does not know.
    pub fn from_commit_type(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "feat" | "feature" => Self::Feature,
            "fix" | "bugfix" | "hotfix" => Self::Fix,
            "perf" | "performance" => Self::Performance,
            "sec" | "security" => Self::Security,
            "refactor" | "style" => Self::Refactor,
            "docs" | "doc" => Self::Docs,
            "test" | "tests" => Self::Test,
            "build" | "ci" | "deps" => Self::Build,
            "chore" | "ops" | "infra" | "config" => Self::Operations,
            "revert" => Self::Revert,
            _ => return None,
        })
    }
}

words! {
    /// What a change does to another one.
    RelationKind {
        /// Takes it back.
        Reverts = "reverts",
        /// Mends what it broke.
        Fixes = "fixes",
        /// Replaces it.
        Supersedes = "supersedes",
        /// Has to do with it.
        Relates = "relates",
    }
}

impl RelationKind {
    /// What the relation is called in a sentence: this change … the other one.
    pub fn active(self) -> &'static str {
        match self {
            Self::Relates => "relates to",
            kind => kind.as_str(),
        }
    }

    /// What the relation is called from the other side.
    pub fn passive(self) -> &'static str {
        match self {
            Self::Reverts => "reverted by",
            Self::Fixes => "fixed by",
            Self::Supersedes => "superseded by",
            Self::Relates => "related to",
        }
    }
}

words! {
    /// Where a checklist item stands.
    ItemState {
        /// Done.
        Done = "done",
        /// Does not apply; its note says why.
        NotApplicable = "not-applicable",
        /// Still to do.
        Open = "open",
    }
}
