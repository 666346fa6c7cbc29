//! Paths as records hold them: from the root of the repository, with `/` between their parts.

use std::path::{Component, Path, PathBuf};

/// `path`, named in `folder`, from `root`; `None` outside of it, for `root` itself, and where a part is not UTF-8. The file
/// need not be there.
pub fn from_root(root: &Path, folder: &Path, path: &Path) -> Option<String> {
    let path = plain(&folder.join(path));
    below(root, &path).or_else(|| below(&std::fs::canonicalize(root).ok()?, &real(&path)?))
}

/// Whether `recorded` names another file of the folder `root` than the one that has these names. Records may hold more in
/// front of a path, or less: `docs/README.md` in a record is not the `README.md` that is asked for when it is there itself,
/// while `orders/README.md` is when nothing else has that name.
pub fn is_other_file(root: &Path, recorded: &str, names: &[String]) -> bool {
    let Some(path) = from_root(root, root, Path::new(recorded)) else { return false };
    let is_it =
        |name: &String| path.strip_prefix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    !names.iter().any(is_it) && root.join(&path).symlink_metadata().is_ok()
}

fn below(root: &Path, path: &Path) -> Option<String> {
    let parts: Option<Vec<_>> = path.strip_prefix(root).ok()?.iter().map(|part| part.to_str()).collect();
    parts.filter(|parts| !parts.is_empty()).map(|parts| parts.join("/"))
}

/// Without `.` and `..`, by their spelling: what was deleted has no other.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

/// With the links of its folders followed, as far as they are there; a link at the end is a file of its own.
fn real(path: &Path) -> Option<PathBuf> {
    let parents = path.ancestors().skip(1);
    let (folder, real) = parents.filter_map(|folder| Some((folder, std::fs::canonicalize(folder).ok()?))).next()?;
    Some(real.join(path.strip_prefix(folder).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_told_from_the_root() {
        let from = |path: &str| from_root(Path::new("/nowhere/repo"), Path::new("/nowhere/repo/src"), Path::new(path));
        for (path, expected) in [
            ("api.py", Some("src/api.py")),
            ("./deep//api.py/", Some("src/deep/api.py")),
            ("../README.md", Some("README.md")),
            ("/nowhere/repo/a b", Some("a b")),
            ("..", None),
            ("../../other/x", None),
            ("/nowhere/repository/x", None),
        ] {
            assert_eq!(from(path).as_deref(), expected, "{path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_to_the_repository_lead_into_it() {
        let place = tempfile::tempdir().unwrap();
        let place = std::fs::canonicalize(place.path()).unwrap();
        std::fs::create_dir_all(place.join("repo/src")).unwrap();
        std::os::unix::fs::symlink(place.join("repo"), place.join("link")).unwrap();
        let from = |root: &str, path: &str| from_root(&place.join(root), &place, Path::new(path));
        assert_eq!(from("repo", "link/src/gone/api.py").as_deref(), Some("src/gone/api.py"));
        assert_eq!(from("link", "repo/src/api.py").as_deref(), Some("src/api.py"));
        assert_eq!(from("repo", "elsewhere"), None);
    }

    #[test]
    fn another_file_is_one_that_is_there_under_another_name() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("docs")).unwrap();
        for file in ["README.md", "docs/README.md"] {
            std::fs::File::create(root.path().join(file)).unwrap();
        }
        let other = |recorded: &str, name: &str| is_other_file(root.path(), recorded, &[name.to_owned()]);
        assert!(other("docs/README.md", "README.md") && other("README.md", "docs/README.md"));
        for (recorded, name) in [
            ("./README.md", "README.md"),
            ("orders/README.md", "README.md"),
            ("/elsewhere/README.md", "README.md"),
            ("docs/README.md", "docs"),
            ("docs/../README.md", "README.md"),
        ] {
            assert!(!other(recorded, name), "{recorded} {name}");
        }
    }
}
