//! Lines of a file, and where a line of the work tree stands in the committed version.
//!
//! Git could tell this itself, but to read the work tree it runs the filter programs that the repository's configuration
//! names; committed versions it reads without.

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Lines that two versions may differ in, both counted; beyond that no line of the difference is looked for.
const MOST_DIFFERING: usize = 10_000;

/// The lines as git counts them, without their ends: a checkout may have turned `\n` into `\r\n`.
pub(super) fn split(text: &[u8]) -> Vec<&[u8]> {
    let mut lines: Vec<_> = text.split(|byte| *byte == b'\n').collect();
    if lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    lines.iter().map(|line| line.strip_suffix(b"\r").unwrap_or(line)).collect()
}

/// Where line `number` (from 1) of `present` stands in `committed`; `None` when it is new or changed.
pub(super) fn committed_line(committed: &[&[u8]], present: &[&[u8]], number: usize) -> Option<usize> {
    let at = number.checked_sub(1).filter(|at| *at < present.len())?;
    let before = committed.iter().zip(present).take_while(|(old, new)| old == new).count();
    if at < before {
        return Some(number);
    }
    let (old, new) = (&committed[before..], &present[before..]);
    let behind = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    let from_end = present.len() - at;
    if from_end <= behind {
        return Some(committed.len() - from_end + 1);
    }
    let (old, new) = (&old[..old.len() - behind], &new[..new.len() - behind]);
    if old.len() + new.len() > MOST_DIFFERING {
        return None;
    }
    let at = at - before;
    capture_diff_slices(Algorithm::Myers, old, new).into_iter().find_map(|op| match op {
        DiffOp::Equal { old_index, new_index, len } if (new_index..new_index + len).contains(&at) => {
            Some(before + old_index + (at - new_index) + 1)
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(committed: &str, present: &str) -> Vec<Option<usize>> {
        let (committed, present) = (split(committed.as_bytes()), split(present.as_bytes()));
        (1..=present.len()).map(|number| committed_line(&committed, &present, number)).collect()
    }

    #[test]
    fn lines_are_counted_as_git_counts_them() {
        let count = |text: &str| split(text.as_bytes()).len();
        assert_eq!(["", "\n", "a", "a\n", "a\nb", "a\n\n", "a\r\nb\r\n"].map(count), [0, 1, 1, 1, 2, 2, 2]);
    }

    #[test]
    fn a_line_of_the_work_tree_is_found_in_the_committed_version() {
        assert_eq!(found("a\nb\nc\n", "a\nb\nc\n"), [Some(1), Some(2), Some(3)]);
        assert_eq!(found("a\nb\n", "new\na\r\nb"), [None, Some(1), Some(2)]);
        assert_eq!(found("a\nb\nc\nd\n", "a\nd\n"), [Some(1), Some(4)]);
        assert_eq!(found("a\nb\nc\nd\ne\n", "a\nB\nc\nD\ne\nf\n"), [Some(1), None, Some(3), None, Some(5), None]);
        assert_eq!(found("a\na\n", "a\na\na\n"), [Some(1), Some(2), None]);
        assert_eq!(found("", "a\n"), [None]);
        assert_eq!(committed_line(&[], &[], 1), None);
        assert_eq!(committed_line(&[b"a"], &[b"a"], 0), None);
    }

    #[test]
    fn what_differs_beyond_measure_is_changed() {
        let (committed, present) = ("old\n".repeat(MOST_DIFFERING), "new\n".repeat(MOST_DIFFERING));
        let found = found(&format!("a\n{committed}z\n"), &format!("a\n{present}z\n"));
        assert_eq!((found[0], found[1]), (Some(1), None));
        assert_eq!(found.last(), Some(&Some(MOST_DIFFERING + 2)));
    }
}
