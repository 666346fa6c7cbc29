//! The rules behind `check`: one rule a file, pure, each says what is wrong.
//!
//! A rule judges a commit or a change by the [`Facts`] it is handed; it asks nothing itself. [`judge`] applies every rule
//! that [`Options`] leave on, and takes out what a waiver allows. Imports `model`, `query`, `repo` and `redact`.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::model::{Change, ChangeId, Timestamp, Verified};

mod options;
mod rules;

pub use options::{Level, Options, OptionsError, Requirement, Waiver};
pub use rules::RULES;

/// What the rules are told.
#[derive(Debug)]
pub struct Facts<'a> {
    /// Commits that should have a record.
    pub commits: Vec<Commit>,
    /// Changes to be judged.
    pub changes: Vec<Judged<'a>>,
    /// The day it is.
    pub now: Timestamp,
    /// The names in CODEOWNERS; absent where there is no such file.
    pub owners: Option<BTreeSet<String>>,
    /// The settings.
    pub options: &'a Options,
}

/// A commit, or what is staged for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its hash; `staged` for what is not committed yet.
    pub hash: String,
    /// The first line of its message.
    pub title: String,
    /// Paths it touched.
    pub files: Vec<String>,
    /// Records that tell of it: by a trailer, its hash, or its files.
    pub records: Vec<ChangeId>,
}

/// A change and what is known beside it.
#[derive(Debug, Clone)]
pub struct Judged<'a> {
    /// The change.
    pub change: &'a Change,
    /// What the evidence says of it.
    pub verified: Option<Verified>,
    /// Changes that it relates to and that are not there.
    pub lost: Vec<ChangeId>,
}

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name in settings and reports.
    pub id: &'static str,
    /// How bad it is when nobody says otherwise.
    pub level: Level,
    /// What it wants, in one line.
    pub wants: &'static str,
    /// Why, and how to do it; Markdown.
    pub about: &'static str,
    /// What it looks at.
    pub judge: Judge,
}

/// What a rule looks at.
#[derive(Debug)]
pub enum Judge {
    /// Every commit.
    Commit(fn(&Commit, &Facts<'_>) -> Vec<Problem>),
    /// Every change.
    Change(fn(&Judged<'_>, &Facts<'_>) -> Vec<Problem>),
}

/// What a rule finds wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, in one line.
    pub message: String,
    /// What to type next.
    pub hint: String,
}

impl Problem {
    fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into() }
    }
}

/// What was found wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule.
    pub rule: &'static str,
    /// How bad it is here.
    pub level: Level,
    /// The hash of a commit, or the id of a change.
    pub subject: String,
    /// What that is called.
    pub title: String,
    /// A file it is about: the first that the commit or change touched.
    pub file: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What to type next.
    pub hint: String,
    /// Why it is allowed for now, and until when; such a finding counts for nothing.
    pub waived: Option<String>,
}

/// What the rules say of the facts, commits first.
pub fn judge(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for commit in &facts.commits {
        let place = Place { subject: &commit.hash, title: &commit.title, files: &commit.files, change: None };
        for rule in RULES {
            if let Judge::Commit(judge) = rule.judge {
                place.add(rule, judge(commit, facts), facts, &mut findings);
            }
        }
    }
    for judged in &facts.changes {
        let change = judged.change;
        let subject = change.id.as_str();
        let place = Place { subject, title: &change.title, files: &change.files, change: Some(change) };
        for rule in RULES {
            if let Judge::Change(judge) = rule.judge {
                place.add(rule, judge(judged, facts), facts, &mut findings);
            }
        }
    }
    findings
}

/// What a rule looked at.
struct Place<'a> {
    subject: &'a str,
    title: &'a str,
    files: &'a [String],
    change: Option<&'a Change>,
}

impl Place<'_> {
    fn add(&self, rule: &Rule, problems: Vec<Problem>, facts: &Facts<'_>, findings: &mut Vec<Finding>) {
        let level = facts.options.level(rule, self.change, self.files);
        if level == Level::Off {
            return;
        }
        for Problem { message, hint } in problems {
            findings.push(Finding {
                rule: rule.id,
                level,
                subject: self.subject.to_owned(),
                title: self.title.to_owned(),
                file: self.files.first().cloned(),
                message,
                hint,
                waived: facts.options.waiver(rule.id, self.subject, facts.now),
            });
        }
    }
}
