//! The settings of the rules, as they stand in `shipnote.toml`:
//!
//! ```toml
//! [check.rules]
//! no-baseline = "off"
//!
//! [[check.except]]
//! rules = ["commit-without-record"]
//! level = "off"
//! when = { paths = ["docs/**", "*.md"] }
//!
//! [[check.waivers]]
//! rule = "no-rollback"
//! subject = "k7m2xq9dwv4p"
//! reason = "the migration is one way; agreed with oncall"
//! until = "2027-01-31"
//!
//! [[checklists.require]]
//! name = "security"
//! when = { kinds = ["security"] }
//! ```

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{RULES, Rule};
use crate::model::{Change, Timestamp, words};
use crate::query::FilePattern;

words! {
    /// How bad a finding is.
    Level {
        /// The rule is not applied.
        Off = "off",
        /// It is said, and the exit code stays 0.
        Warn = "warn",
        /// The exit code is 1.
        Error = "error",
    }
}

/// The settings `[check]` and `[checklists]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    check: Check,
    required: Vec<Requirement>,
}

/// `[check]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Check {
    rules: BTreeMap<String, Level>,
    except: Vec<Except>,
    waivers: Vec<Waiver>,
}

/// Another level for some commits and changes; the last one that fits counts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Except {
    /// The rules; every one when there is none.
    #[serde(default)]
    rules: Vec<String>,
    level: Level,
    #[serde(default)]
    when: Scope,
}

/// Which commits and changes are meant; what is not given does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Scope {
    /// Paths or globs.
    paths: Vec<String>,
    kinds: Vec<String>,
    services: Vec<String>,
    tags: Vec<String>,
}

/// A checklist that changes must have gone through.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// The name of the list.
    pub name: String,
    #[serde(default)]
    when: Scope,
}

/// A finding that is allowed for a while.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// The rule.
    pub rule: String,
    /// The id of a change or the hash of a commit, or the beginning of one with at least 7 characters.
    pub subject: String,
    /// Why.
    pub reason: String,
    /// The last day on which it holds.
    pub until: String,
}

/// Settings that make no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct OptionsError(String);

impl Options {
    /// Reads the tables `[check]` and `[checklists]`, as TOML; an absent one is empty.
    ///
    /// # Errors
    /// An unknown field or rule, a waiver without a reason or with a date that is none.
    pub fn read(check: &str, checklists: &str) -> Result<Self, OptionsError> {
        #[derive(Deserialize, Default)]
        #[serde(deny_unknown_fields, default)]
        struct Checklists {
            require: Vec<Requirement>,
        }
        let wrong = |table: &str, error: &toml::de::Error| OptionsError(format!("[{table}]: {}", error.message()));
        let check: Check = toml::from_str(check).map_err(|error| wrong("check", &error))?;
        let lists: Checklists = toml::from_str(checklists).map_err(|error| wrong("checklists", &error))?;
        let named = check.except.iter().flat_map(|except| &except.rules);
        for rule in check.rules.keys().chain(named).chain(check.waivers.iter().map(|waiver| &waiver.rule)) {
            if RULES.iter().all(|known| known.id != rule) {
                let known: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
                return Err(OptionsError(format!("[check]: `{rule}` is not a rule; there are {}", known.join(", "))));
            }
        }
        for waiver in &check.waivers {
            let Waiver { rule, reason, until, .. } = waiver;
            if reason.trim().is_empty() {
                return Err(OptionsError(format!("[[check.waivers]]: the waiver of {rule} has no reason")));
            }
            until.parse::<Timestamp>().map_err(|why| OptionsError(format!("[[check.waivers]]: until: {why}")))?;
        }
        Ok(Self { check, required: lists.require })
    }

    /// How bad it is when a rule finds something in a change, or in a commit with these files.
    pub(super) fn level(&self, rule: &Rule, change: Option<&Change>, files: &[String]) -> Level {
        let fits = |except: &&Except| {
            (except.rules.is_empty() || except.rules.iter().any(|id| id == rule.id)) && except.when.has(change, files)
        };
        let except = self.check.except.iter().rev().find(fits);
        except.map(|except| except.level).or(self.check.rules.get(rule.id).copied()).unwrap_or(rule.level)
    }

    /// Why a finding is allowed at this time.
    pub(super) fn waiver(&self, rule: &str, subject: &str, now: Timestamp) -> Option<String> {
        let holds = |waiver: &&Waiver| {
            let named = subject == waiver.subject || waiver.subject.len() >= 7 && subject.starts_with(&waiver.subject);
            waiver.rule == rule && named && now.day() <= waiver.until
        };
        let waiver = self.check.waivers.iter().find(holds)?;
        Some(format!("{} (until {})", waiver.reason, waiver.until))
    }

    /// The waivers that no longer hold.
    pub fn ended(&self, now: Timestamp) -> impl Iterator<Item = &Waiver> {
        self.check.waivers.iter().filter(move |waiver| now.day() > waiver.until)
    }

    /// The checklists that a change must have gone through.
    pub fn required<'a>(&'a self, change: &'a Change) -> impl Iterator<Item = &'a str> {
        let meant = |requirement: &&Requirement| requirement.when.has(Some(change), &change.files);
        self.required.iter().filter(meant).map(|requirement| requirement.name.as_str())
    }
}

impl Scope {
    /// Whether all that is given fits: of paths, every file must match one for a commit, one file for a change.
    fn has(&self, change: Option<&Change>, files: &[String]) -> bool {
        let one_of = |wanted: &[String], value: Option<&str>| {
            wanted.is_empty() || value.is_some_and(|value| wanted.iter().any(|wanted| wanted == value))
        };
        let patterns: Vec<_> = self.paths.iter().map(|path| FilePattern::new(path)).collect();
        let matches = |file: &String| patterns.iter().any(|pattern| pattern.matches(file));
        let paths = patterns.is_empty()
            || match change {
                Some(_) => files.iter().any(matches),
                None => !files.is_empty() && files.iter().all(matches),
            };
        let tags = |change: &Change| self.tags.is_empty() || change.tags.iter().any(|tag| self.tags.contains(tag));
        let of_change = match change {
            Some(change) => {
                one_of(&self.kinds, Some(change.kind.as_str()))
                    && one_of(&self.services, change.service.as_deref())
                    && tags(change)
            }
            None => self.kinds.is_empty() && self.services.is_empty() && self.tags.is_empty(),
        };
        paths && of_change
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::rules::sample;

    fn options(text: &str) -> Options {
        Options::read(text, "").unwrap()
    }

    #[test]
    fn the_last_exception_that_fits_counts() {
        let rule = RULES.iter().find(|rule| rule.id == "no-owner").unwrap();
        let change = sample::change(|draft| {
            draft.kind = Some(crate::model::Kind::Docs);
            draft.files = vec!["docs/a.md".into(), "src/a.py".into()];
        });
        let level = |text: &str| options(text).level(rule, Some(&change), &change.files);
        assert_eq!(level(""), Level::Error);
        assert_eq!(level("rules = { no-owner = \"warn\" }"), Level::Warn);
        assert_eq!(level("except = [{ when = { kinds = [\"docs\"] }, level = \"off\" }]"), Level::Off);
        assert_eq!(
            level(
                "except = [{ when = { kinds = [\"docs\"] }, level = \"off\" }, { when = { paths = [\"src/**\"] }, level = \"warn\" }]"
            ),
            Level::Warn
        );
        assert_eq!(level("except = [{ rules = [\"no-rollback\"], level = \"off\" }]"), Level::Error);
        // A commit is excepted when all of its files are.
        let commit = |files: &[&str]| {
            let files: Vec<_> = files.iter().map(|file| (*file).to_owned()).collect();
            options("except = [{ when = { paths = [\"docs/**\"] }, level = \"off\" }]").level(rule, None, &files)
        };
        assert_eq!([commit(&["docs/a.md"]), commit(&["docs/a.md", "src/a.py"])], [Level::Off, Level::Error]);
    }

    #[test]
    fn a_waiver_holds_to_the_end_of_its_last_day() {
        let text =
            "waivers = [{ rule = \"no-owner\", subject = \"9f2c1e7\", reason = \"agreed\", until = \"2026-11-20\" }]";
        let options = options(text);
        let waiver = |rule: &str, subject: &str, now: &str| options.waiver(rule, subject, now.parse().unwrap());
        assert_eq!(
            waiver("no-owner", "9f2c1e7aa", "2026-11-20T23:59:59Z").as_deref(),
            Some("agreed (until 2026-11-20)")
        );
        assert_eq!(waiver("no-owner", "9f2c1e7aa", "2026-11-21"), None);
        assert_eq!(waiver("no-rollback", "9f2c1e7aa", "2026-11-20"), None);
        assert_eq!(options.ended("2026-11-21".parse().unwrap()).count(), 1);
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (check, lists, said) in [
            ("rules = { no-ower = \"off\" }", "", "`no-ower` is not a rule"),
            ("rules = { no-owner = \"loud\" }", "", "unknown variant `loud`"),
            ("rule = {}", "", "unknown field `rule`"),
            (
                "waivers = [{ rule = \"no-owner\", subject = \"x\", reason = \" \", until = \"2026-01-01\" }]",
                "",
                "no reason",
            ),
            (
                "waivers = [{ rule = \"no-owner\", subject = \"x\", reason = \"y\", until = \"soon\" }]",
                "",
                "until: `soon`",
            ),
            ("", "require = [{ when = { kinds = [\"fix\"] } }]", "missing field `name`"),
        ] {
            let error = Options::read(check, lists).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
