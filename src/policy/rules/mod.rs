//! The rules, one a file, in the order in which they are applied and documented.

use super::Rule;

mod baseline;
mod check_failing;
mod check_stale;
mod checklist;
mod commit;
mod expected;
mod metric;
mod metric_regressed;
mod owner;
mod owner_unknown;
mod relation;
mod rollback;
#[cfg(test)]
pub(super) mod sample;
mod secret;

/// Every rule.
pub const RULES: &[&Rule] = &[
    &commit::RULE,
    &owner::RULE,
    &owner_unknown::RULE,
    &expected::RULE,
    &rollback::RULE,
    &baseline::RULE,
    &metric::RULE,
    &metric_regressed::RULE,
    &checklist::RULE,
    &check_failing::RULE,
    &check_stale::RULE,
    &secret::RULE,
    &relation::RULE,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_file_is_a_rule_and_every_rule_has_a_name_of_its_own() {
        let folder = include_dir::include_dir!("$CARGO_MANIFEST_DIR/src/policy/rules");
        let files = folder.files().filter_map(|file| file.path().file_stem()?.to_str());
        let files: BTreeSet<_> = files.filter(|name| !["mod", "sample"].contains(name)).collect();
        let names: BTreeSet<_> = RULES.iter().map(|rule| rule.id).collect();
        assert_eq!((files.len(), names.len()), (RULES.len(), RULES.len()), "{files:?}");
    }

    #[test]
    fn every_rule_passes_what_is_complete() {
        let change = sample::change(|_| {});
        let found = sample::found(&change, &sample::Beside::default());
        assert!(found.is_empty(), "{found:?}");
    }
}
