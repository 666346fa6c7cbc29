//! What pages are called. Names come from records, paths never do: they are made here, the same for the same name whatever
//! else there is, so that an address stays when a second name arrives that looks like it.

use crate::render::view::Named;

/// Characters of a path made from a name.
const MOST: usize = 60;

/// What no file may be called on Windows, whatever its ending, and what this site calls its own pages.
const RESERVED: [&str; 8] = ["index", "con", "prn", "aux", "nul", "com", "lpt", ""];

/// The page of a name of a section: the name itself where it can stand in an address as it is, else a readable form of it
/// with a short hash.
pub(super) fn named(section: &'static str, name: &str) -> Named {
    Named { name: name.to_owned(), path: format!("{section}/{}", slug(name)) }
}

/// The page of a change: its id, which is safe as it is.
pub(super) fn change(id: &str) -> String {
    format!("changes/{id}")
}

/// The folder-safe form of a name: lower-case ASCII letters, digits, `-`, `_` and `.`.
fn slug(name: &str) -> String {
    if is_plain(name) {
        return name.to_owned();
    }
    let mut readable = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            readable.push(c);
        } else if !readable.is_empty() && !readable.ends_with('-') {
            readable.push('-');
        }
        if readable.len() >= MOST {
            break;
        }
    }
    let hash = blake3::hash(name.as_bytes()).to_hex();
    let readable = readable.trim_end_matches('-');
    let between = if readable.is_empty() { "" } else { "-" };
    format!("{readable}{between}{}", &hash[..8])
}

/// Whether a name is its own slug: nothing is lost, and it cannot be taken for a slug with a hash.
fn is_plain(name: &str) -> bool {
    let characters =
        name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte));
    let stem = name.split('.').next().unwrap_or_default().trim_end_matches(|c: char| c.is_ascii_digit());
    let hashed = name.len() >= 8 && name.as_bytes()[name.len() - 8..].iter().all(u8::is_ascii_hexdigit);
    let ends = name.starts_with(['.', '-']) || name.ends_with(['.', '-']);
    characters && name.len() <= MOST && !ends && !hashed && !RESERVED.contains(&stem)
}

/// What leads from a page to the top of the site.
pub(super) fn root(path: &str) -> String {
    "../".repeat(path.matches('/').count())
}

/// `2026-11` as `November 2026`.
pub(super) fn month_title(month: &str) -> String {
    let first = chrono::NaiveDate::parse_from_str(&format!("{month}-01"), "%Y-%m-%d");
    first.map_or_else(|_| month.to_owned(), |day| day.format("%B %Y").to_string())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_names_are_their_own_addresses() {
        for name in ["orders", "team-orders", "python3.12", "api_clients", "2026-11"] {
            assert_eq!(slug(name), name);
        }
    }

    #[test]
    fn every_other_name_gets_one_that_is_safe() {
        for name in [
            "Orders",
            "../../x",
            "a/b",
            "CON",
            "con",
            "aux.txt",
            "lpt1",
            "",
            "index",
            ".hidden",
            "x.",
            "日本語",
            "a b",
            "C++",
            "order-deadbeef",
        ] {
            let slug = slug(name);
            assert_ne!(slug, name);
            assert!(is_safe(&slug), "{name}: {slug}");
        }
        assert!(slug("My Service!").starts_with("my-service-"));
        assert!(slug(&"x".repeat(300)).len() <= MOST + 9);
        assert_ne!(slug("Orders"), slug("ORDERS"));
        assert_ne!(slug("é"), slug("e\u{301}"));
    }

    fn is_safe(slug: &str) -> bool {
        !slug.is_empty()
            && !slug.starts_with('.')
            && slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte))
    }

    proptest! {
        #[test]
        fn two_names_never_share_an_address(names in proptest::collection::vec("[a-cA-C0-1./ _-]{0,10}|\\PC{0,12}", 0..40)) {
            let mut seen: HashMap<String, String> = HashMap::new();
            for name in names {
                let slug = slug(&name);
                prop_assert!(is_safe(&slug), "{name}: {slug}");
                if let Some(other) = seen.insert(slug, name.clone()) {
                    prop_assert_eq!(other, name);
                }
            }
        }
    }

    #[test]
    fn months_and_roots() {
        assert_eq!(month_title("2026-11"), "November 2026");
        assert_eq!((root("index"), root("tags/a"), root("tags/a/2026-11")), ("".into(), "../".into(), "../../".into()));
    }
}
