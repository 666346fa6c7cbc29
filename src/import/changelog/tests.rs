use proptest::prelude::*;

use super::*;

fn drafts(text: &str) -> Vec<Draft> {
    let mut found = Vec::new();
    let day = "2020-02-03T00:00:00Z".parse().unwrap();
    read(
        text,
        &Origin { key: "CHANGELOG.md", service: None, dates: &HashMap::from([("0.9.0".to_owned(), day)]) },
        &mut |_, draft| {
            found.push(draft);
            Ok(())
        },
    )
    .unwrap();
    found.reverse();
    found
}

fn date_of(draft: &Draft) -> Option<String> {
    draft.shipped_at.map(|at| at.day())
}

fn titles(text: &str) -> Vec<String> {
    drafts(text).into_iter().map(|draft| draft.title.unwrap()).collect()
}

#[test]
fn keep_a_changelog() {
    let text = "# Changelog\n\nAll notable changes.\n\n## [Unreleased]\n### Added\n- Soon\n\n## [1.1.0] - 2024-01-31\n\
        ### Fixed\n- Retries ([#75])\n  of reads\n  - nested\n- **Breaking**: no more\n\n## 1.0.0\n- First\n\n[#75]: https://example.com/75\n";
    let found = drafts(text);
    assert_eq!(titles(text), ["Soon", "Retries (#75) of reads", "Breaking: no more", "First"]);
    assert_eq!((found[0].status, found[0].tags.join(" ").as_str()), (Some(Status::Draft), "unreleased"));
    assert_eq!((found[1].kind, date_of(&found[1]).as_deref()), (Some(Kind::Fix), Some("2024-01-31")));
    assert_eq!(found[1].links[0].url, "https://example.com/75");
    assert!(found[1].reason.as_ref().unwrap().ends_with("- nested"));
    assert_eq!(found[2].tags, ["1.1.0", "breaking"]);
    assert_eq!(date_of(&found[3]).as_deref(), Some("2024-01-31"), "undated: the nearest newer one");
}

#[test]
fn what_other_tools_write() {
    let conventional = "## [1.2.3](https://example.com/c) (2024-01-31)\n\n### Bug Fixes\n\n* **orders:** retry \
        ([#1](https://example.com/1)) ([abc1234](https://example.com/commit/abc1234))\n";
    let found = drafts(conventional);
    assert_eq!(found[0].title.as_deref(), Some("retry (#1) (abc1234)"));
    assert_eq!((found[0].tags.join(" ").as_str(), found[0].commits.join(" ").as_str()), ("1.2.3 orders", "abc1234"));

    let changesets = "# @shop/orders\n\n## 2.0.0\n\n### Minor Changes\n\n- 1f2e3d4: Add retries\n\n  More of it.\n";
    let found = drafts(changesets);
    assert_eq!((found[0].title.as_deref(), found[0].kind), (Some("Add retries"), Some(Kind::Feature)));
    assert_eq!(found[0].commits, ["1f2e3d4"]);

    let towncrier = "orders 1.2 (2024-01-31)\n=======================\n\nBugfixes\n--------\n\n- Fixed it (#12)\n";
    assert_eq!(titles(towncrier), ["Fixed it (#12)"]);
    let github =
        "## What's Changed\n# 1.2.0\n\n* Retry by @oncall in https://git.example.com/shop/pull/7\n* Sort by @name\n";
    assert_eq!(titles(github), ["Retry", "Sort by @name"]);
    assert_eq!(drafts(github)[0].links[0].url, "https://git.example.com/shop/pull/7");
    assert_eq!(drafts("# orders-1.2.0\n- a\n")[0].tags, ["1.2.0", "orders"]);
    assert_eq!(titles("# 1.2.0\n\n## Yanked\n\nIt was yanked.\n\n## Added\n- a\n"), ["a"]);
    assert_eq!(titles("## 1.2.0 [YANKED]\nNote: this was yanked.\n\n### Added\n- a\n"), ["a"]);
    let prose = "## 3.27.0\n\nThis release adds `x`. It is long.\n\n```rust\nx()\n```\n\n### A larger change\n\nIt is larger.\n";
    assert_eq!(titles(prose), ["This release adds x. It is long.", "A larger change"]);
    assert_eq!(titles("**1.0.1**\n\n- one\n\n**1.0.0**\n\nThe changes:\n\n1. two\n"), ["one", "two"]);
}

#[test]
fn what_is_no_entry_is_left_out_and_lines_can_be_headings() {
    let text = "## 1.1.0\n\nText one.\n\nText two.\n\nBug fixes:\n\n* [#1](https://example.com/1):\nFix it.\n\n\
        **Performance**\n\n* Faster\n\n## New Contributors\n* @oncall made their first contribution\n\n\
        **Full Changelog**: https://example.com\n\n## 0.9.0\n- a\n";
    let found = drafts(text);
    assert_eq!(titles(text), ["Text one.", "#1: Fix it.", "Faster", "a"]);
    assert_eq!((found[1].kind, found[2].kind), (Some(Kind::Fix), Some(Kind::Performance)));
    assert_eq!(date_of(&found[3]).as_deref(), Some("2020-02-03"));
}

#[test]
fn an_entry_keeps_its_key_when_another_one_comes() {
    let key = |draft: &Draft| draft.source.clone().unwrap().key.unwrap();
    let one = drafts("## 1.0.0\n- a\n- a\n- b\n");
    let more = drafts("## 1.1.0\n- a\n\n## 1.0.0\n- c\n- a\n- a\n- b\n");
    let (one, more): (Vec<_>, Vec<_>) = (one.iter().map(key).collect(), more.iter().map(key).collect());
    assert_eq!(one[..], more[2..]);
    assert_eq!(more.iter().collect::<HashSet<_>>().len(), 5);
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(text in "(## |- |\\* |\\[|\\]|1\\.2|\\n|é|:|`|\\*\\*| |20-1|x){0,60}") {
        drafts(&text);
    }
}

#[test]
fn deep_nesting_ends_soon() {
    drafts(&format!("## 1.0.0\n{}x\n", "> ".repeat(10_000)));
    drafts(&format!("## 1.0.0\n{}x\n", "- ".repeat(10_000)));
}
