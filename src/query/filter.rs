//! A query as data: the expression of the words, and the conditions of the flags.

use crate::model::{Kind, Status, Timestamp};

/// What the words of a query ask for. Tokens are the analyzer's: folded, split and stemmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    /// Every part matches. Never empty.
    All(Vec<Expr>),
    /// At least one part matches. Never empty.
    Any(Vec<Expr>),
    /// The part does not match.
    Not(Box<Expr>),
    /// The stems stand next to each other, in this order, in one text of one field (see
    /// [`index_terms`](super::index_terms)); a word is a phrase of one. Never empty.
    Phrase(Vec<String>),
    /// A word that begins with `prefix` stands in some field. With `stems`, they stand next to each other in the same
    /// field; not necessarily before that word, which no index of stems could tell. The prefix is compared with surface
    /// forms (folded, not stemmed).
    Prefix {
        /// Stems of the parts before the last one, for instance `get_us*` → `get`; often empty.
        stems: Vec<String>,
        /// The beginning of a word; never empty.
        prefix: String,
    },
    /// Nothing: the query had only punctuation.
    Nothing,
}

/// Which changes are asked for: every condition that is set must hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    /// The words.
    pub text: Option<Expr>,
    /// The owner, exactly.
    pub owner: Option<String>,
    /// The service, exactly.
    pub service: Option<String>,
    /// The environment, exactly.
    pub environment: Option<String>,
    /// The kind.
    pub kind: Option<Kind>,
    /// The status.
    pub status: Option<Status>,
    /// A file it touched.
    pub file: Option<FilePattern>,
    /// All of these tags.
    pub tags: Vec<String>,
    /// [`crate::model::Change::at`] is this or later.
    pub since: Option<Timestamp>,
    /// [`crate::model::Change::at`] is before this.
    pub until: Option<Timestamp>,
}

/// A file as people name it: a path, the end of a path, a folder, or a glob.
#[derive(Debug, Clone)]
pub struct FilePattern {
    text: String,
    glob: Option<globset::GlobMatcher>,
}

impl FilePattern {
    /// Reads `src/api.py`, `api.py`, `src/` or `src/**/*.py`. A text that is no valid glob is taken literally.
    pub fn new(text: &str) -> Self {
        let Self { text, .. } = Self::literal(text);
        let glob = text.contains(['*', '?', '[', '{']).then(|| {
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
        let literal = FilePattern::literal("./pages/[id].tsx");
        assert!(literal.matches("pages/[id].tsx") && literal.matches("web/pages/[id].tsx"));
        assert!(!literal.matches("pages/i.tsx"));
    }
}
