//! Files as people name them.

/// A file as people name it: a path, the end of a path, a folder, or a glob.
#[derive(Debug, Clone)]
pub struct FilePattern {
    text: String,
    glob: Option<globset::GlobMatcher>,
}

/// Bytes of a glob.
const LONGEST_GLOB: usize = 1024;

impl FilePattern {
    /// Reads `src/api.py`, `api.py`, `src/` or `src/**/*.py`. A text that is no valid glob, or longer than one may be, is taken
    /// literally.
    pub fn new(text: &str) -> Self {
        let Self { text, .. } = Self::literal(text);
        // `globset` panics at one whose automaton is too large.
        let may_be = text.len() <= LONGEST_GLOB && text.contains(['*', '?', '[', '{']);
        let glob = may_be.then(|| {
            globset::GlobBuilder::new(&text).literal_separator(true).build().ok().map(|glob| glob.compile_matcher())
        });
        Self { text, glob: glob.flatten() }
    }

    /// The path of one file or folder, or the end of it: `pages/[id].tsx` is no glob here.
    pub fn literal(path: &str) -> Self {
        Self { text: path.strip_prefix("./").unwrap_or(path).trim_end_matches('/').to_owned(), glob: None }
    }

    /// The pattern as it was written, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is a glob.
    pub fn is_glob(&self) -> bool {
        self.glob.is_some()
    }

    /// The glob as a regular expression over bytes, as the crate `regex` has it; `None` for one that is no glob.
    pub fn regex(&self) -> Option<&str> {
        self.glob.as_ref().map(|glob| glob.glob().regex())
    }

    /// Whether `path` is the path, ends with it (whole parts), lies in it, or matches the glob.
    pub fn matches(&self, path: &str) -> bool {
        if let Some(glob) = &self.glob {
            return glob.is_match(path);
        }
        let text = self.text.as_str();
        path == text
            || path.strip_suffix(text).is_some_and(|before| before.ends_with('/'))
            || path.strip_prefix(text).is_some_and(|behind| behind.starts_with('/'))
    }
}

impl PartialEq for FilePattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.is_glob() == other.is_glob()
    }
}

#[cfg(test)]
mod tests {
    use super::FilePattern;

    #[test]
    fn a_file_is_named_by_path_end_folder_or_glob() {
        for (pattern, path, expected) in [
            ("src/api.py", "src/api.py", true),
            ("api.py", "src/api.py", true),
            ("pi.py", "src/api.py", false),
            ("src/", "src/api.py", true),
            ("sr", "src/api.py", false),
            ("./src", "src/api.py", true),
            ("src/*.py", "src/api.py", true),
            ("src/*.py", "src/deep/api.py", false),
            ("src/**", "src/deep/api.py", true),
            ("file[", "file[", true),
        ] {
            assert_eq!(FilePattern::new(pattern).matches(path), expected, "{pattern} {path}");
        }
        assert!(!FilePattern::new(&"\"*".repeat(100_000)).is_glob());
        assert!(FilePattern::new(&"*?".repeat(500)).is_glob());
        let literal = FilePattern::literal("./pages/[id].tsx");
        assert!(literal.matches("pages/[id].tsx") && literal.matches("web/pages/[id].tsx"));
        assert!(!literal.matches("pages/i.tsx"));
    }
}
