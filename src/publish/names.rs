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

/// Steps of a path that have a folder each; what is deeper shares one.
const DEEPEST: usize = 20;

/// The page of a folder that changes touched; `folder` is empty or ends with `/`.
pub(super) fn folder(folder: &str) -> String {
    let mut path = "files/".to_owned();
    for step in steps(folder.strip_suffix('/')) {
        let taken = step.ends_with(".html") || step.ends_with(".md");
        path += &if taken { hashed(&step) } else { self::step(&step) };
        path.push('/');
    }
    path + "index"
}

/// The page of a file that changes touched.
pub(super) fn file(path: &str) -> String {
    let (folder, name) = split(path);
    let above = self::folder(folder);
    format!("{}{}", above.strip_suffix("index").unwrap_or_default(), step(name))
}

/// Where a file stands on the page of its folder.
pub(super) fn anchor(name: &str) -> String {
    format!("file-{}", slug(name))
}

/// The folder of a path, empty or with its `/`, and the name in it.
pub(super) fn split(path: &str) -> (&str, &str) {
    path.rfind('/').map_or(("", path), |at| path.split_at(at + 1))
}

/// Whether a name is that of the page of a month.
pub(super) fn is_month(name: &str) -> bool {
    let bytes = name.as_bytes();
    bytes.len() == 7 && bytes[4] == b'-' && bytes.iter().enumerate().all(|(at, byte)| at == 4 || byte.is_ascii_digit())
}

/// One step of a path: never the name of the page of a month, which a long list of a file has below it.
fn step(name: &str) -> String {
    if is_month(name) { hashed(name) } else { slug(name) }
}

/// The steps of a path; the last one of a very deep path is all that is left of it.
fn steps(path: Option<&str>) -> Vec<String> {
    let Some(path) = path else { return Vec::new() };
    path.splitn(DEEPEST, '/').map(str::to_owned).collect()
}

/// The folder-safe form of a name: lower-case ASCII letters, digits, `-`, `_` and `.`.
fn slug(name: &str) -> String {
    if is_plain(name) { name.to_owned() } else { hashed(name) }
}

/// A readable form of a name with a short hash of it.
fn hashed(name: &str) -> String {
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
    fn files_have_pages_as_they_stand_in_their_folders() {
        assert_eq!(folder(""), "files/index");
        assert_ne!(folder("/"), "files/index");
        assert_eq!(folder("src/orders/"), "files/src/orders/index");
        assert_eq!(file("src/orders/api.py"), "files/src/orders/api.py");
        assert_eq!(file("cargo.toml"), "files/cargo.toml");
        assert!(file("README.md").starts_with("files/readme-md-"));
        assert!(folder("docs.md/").starts_with("files/docs-md-"));
        assert_ne!(file("a.py/2026-11"), "files/a.py/2026-11");
        assert!(!file("../../etc/passwd").contains(".."));
        assert!(file(&"deep/".repeat(3000)).len() < 300);
        assert_ne!(file(&("deep/".repeat(3000) + "a")), file(&("deep/".repeat(2999) + "a")));
    }

    #[test]
    fn months_and_roots() {
        assert_eq!(month_title("2026-11"), "November 2026");
        assert_eq!((root("index"), root("tags/a"), root("tags/a/2026-11")), ("".into(), "../".into(), "../../".into()));
    }
}
