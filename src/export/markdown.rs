//! The Markdown form, one file a change: what `shipnote log --from` reads and people keep in a repository.

use crate::form;
use crate::model::{Change, ChangeId};

/// The ending of the files' names.
const ENDING: &str = ".md";

/// The name of a change's file. It is made of the id alone: nothing that a person wrote becomes a path.
pub fn file_name(id: &ChangeId) -> String {
    format!("{id}{ENDING}")
}

/// The change that a file of this name is of, when it is a name of [`file_name`].
pub fn id_of(name: &str) -> Option<ChangeId> {
    let id: ChangeId = name.strip_suffix(ENDING)?.parse().ok()?;
    (file_name(&id) == name).then_some(id)
}

/// What stands in the file: [`form::read`] gives the same change back.
pub fn text(change: &Change) -> String {
    form::write(change)
}

/// Whether a text is the form of this change, and not something of a person's own under its name.
pub fn is_of(text: &str, id: &ChangeId) -> bool {
    form::read(text).is_ok_and(|draft| draft.id.as_deref() == Some(id.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_made_here() {
        let id: ChangeId = "p4w9c2m6xtr8".parse().unwrap();
        assert_eq!(id_of(&file_name(&id)), Some(id));
        for name in [
            "P4W9C2M6XTR8.md",
            "p4w9c2m6xtr8",
            "p4w9c2m6xtr8.txt",
            "README.md",
            "dependencies.md",
            "../p4w9c2m6xtr8.md",
            "p4w9.md",
        ] {
            assert_eq!(id_of(name), None, "{name}");
        }
    }

    #[test]
    fn a_file_is_ours_by_what_it_says() {
        let change: Change = serde_json::from_str(include_str!("../../tests/fixtures/change.json")).unwrap();
        let other = "3h8t0n5vbq1s".parse().unwrap();
        assert!(is_of(&text(&change), &change.id) && !is_of(&text(&change), &other));
        assert!(!is_of("# A note\n", &change.id) && !is_of("", &change.id));
    }
}
