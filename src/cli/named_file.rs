//! A file that a person names, by all the names that records may have for it.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Context;
use crate::model::Change;
use crate::query::FilePattern;
use crate::repo::{TrackedFile, from_root, is_other_file};
use crate::store::{Store, Summary, Touching, touching};

/// A file and what it is called.
pub(super) struct NamedFile {
    tracked: Option<TrackedFile>,
    /// Where its names begin: the repository, else the project; absent where they begin anywhere.
    root: Option<PathBuf>,
    /// Its present name, then those it had before, newest first.
    names: Vec<String>,
    /// What records may have instead when none has those: its path from the project, and as it was typed.
    others: Vec<String>,
}

/// The changes that touched a file, newest first, and the same as rows.
pub(super) struct Touched {
    pub(super) changes: Vec<Change>,
    pub(super) rows: Vec<Summary>,
    /// Whether there are more than were asked for.
    pub(super) more: bool,
    /// The names they were found under, when those are none of the file's own.
    pub(super) otherwise: Option<Vec<String>>,
}

impl NamedFile {
    /// The file that is called `typed` in the working directory. It need not be there.
    pub(super) fn find(typed: &str, context: &Context) -> Result<Self> {
        let project = context.config.project();
        let in_project = project.and_then(|project| from_root(project, context.directory(), Path::new(typed)));
        let tracked = TrackedFile::find(context.directory(), Path::new(typed));
        let root = match &tracked {
            Some(tracked) => Some(tracked.root()),
            None => project.filter(|_| in_project.is_some()),
        };
        let mut names = match &tracked {
            Some(tracked) => vec![tracked.path().to_owned()],
            None => vec![in_project.clone().unwrap_or_else(|| typed.to_owned())],
        };
        if let Some(tracked) = &tracked {
            names.extend(tracked.earlier_names()?);
        }
        let mut others: Vec<_> = in_project.into_iter().chain([typed.to_owned()]).collect();
        others.retain(|other| !names.contains(other));
        others.dedup();
        Ok(Self { root: root.map(Path::to_owned), tracked, names, others })
    }

    /// The file as its repository knows it; `None` outside of one.
    pub(super) fn tracked(&self) -> Option<&TrackedFile> {
        self.tracked.as_ref()
    }

    /// Its present name.
    pub(super) fn path(&self) -> &str {
        &self.names[0]
    }

    /// Its present name, then those it had before, newest first.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The newest changes that touched it, at most `most`; all for 0.
    pub(super) fn touched_by(&self, store: &dyn Store, most: usize) -> Result<Touched> {
        let touched = self.found_under(&self.names, store, most)?;
        if !touched.changes.is_empty() || self.others.is_empty() {
            return Ok(touched);
        }
        let otherwise = Some(self.others.clone());
        Ok(Touched { otherwise, ..self.found_under(&self.others, store, most)? })
    }

    fn found_under(&self, names: &[String], store: &dyn Store, most: usize) -> Result<Touched> {
        let is_meant = |change: &Change| change.files.iter().any(|recorded| self.is_meant(recorded, names));
        let Touching { found, more } = touching(store, names, (most > 0).then_some(most), &is_meant)?;
        let (rows, changes) = found.into_iter().unzip();
        Ok(Touched { changes, rows, more, otherwise: None })
    }

    /// Whether a path in a record means this file: it ends with a name and is not that of another file.
    fn is_meant(&self, recorded: &str, names: &[String]) -> bool {
        names.iter().any(|name| FilePattern::literal(name).matches(recorded))
            && !self.root.as_ref().is_some_and(|root| is_other_file(root, recorded, &self.names))
    }
}
