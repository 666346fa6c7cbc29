//! The project's own templates.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::model::limit;
use crate::render::TemplateFile;

/// The folders of `templates/` that are read; what else is there belongs to the project.
const FOLDERS: [&str; 3] = ["html", "markdown", "assets"];

/// Folders that may lie in each other: fonts, parts.
const MOST_DEEP: usize = 4;

/// Every file of a project's `templates/`, by name. Nothing when there is no such folder.
///
/// # Errors
/// A file that cannot be read or is too large, folders that lie too deep, and a link that leads out of the folder.
pub fn read(templates: &Path) -> Result<Vec<TemplateFile>> {
    let mut files = Vec::new();
    if !templates.is_dir() {
        return Ok(files);
    }
    let top = templates.canonicalize().with_context(|| format!("cannot read {}", templates.display()))?;
    for folder in FOLDERS {
        let path = templates.join(folder);
        if path.exists() {
            read_folder(&path, folder, &top, &mut files)?;
        }
    }
    files.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    Ok(files)
}

/// Reads a folder, called `name`, whose files all lie in `top`.
fn read_folder(folder: &Path, name: &str, top: &Path, files: &mut Vec<TemplateFile>) -> Result<()> {
    let cannot_read = |path: &Path| format!("cannot read {}", path.display());
    if name.split('/').count() > MOST_DEEP {
        bail!("{} lies too deep: put its files further up", folder.display());
    }
    for entry in folder.read_dir().with_context(|| cannot_read(folder))? {
        let path = entry.with_context(|| cannot_read(folder))?.path();
        let Some(own) = path.file_name().and_then(|name| name.to_str()) else {
            bail!("the name of {} is not UTF-8", path.display());
        };
        // What editors and version control leave behind.
        if own.starts_with('.') || own.ends_with('~') {
            continue;
        }
        let name = format!("{name}/{own}");
        let real = path.canonicalize().with_context(|| cannot_read(&path))?;
        if !real.starts_with(top) {
            bail!("{} leads out of {}: put the file itself there", path.display(), top.display());
        }
        if real.is_dir() {
            read_folder(&path, &name, top, files)?;
            continue;
        }
        let size = real.metadata().with_context(|| cannot_read(&path))?.len();
        if size > limit::ASSET {
            bail!("{} is larger than {} MiB", path.display(), limit::ASSET / 1024 / 1024);
        }
        let content = fs::read(&real).with_context(|| cannot_read(&path))?;
        files.push(TemplateFile { name, content });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys;

    #[test]
    fn files_are_read_by_name_and_links_lead_nowhere() {
        let work = tempfile::tempdir().unwrap();
        assert_eq!(read(&work.path().join("none")).unwrap(), []);
        let templates = work.path().join("templates");
        fs::create_dir_all(templates.join("html")).unwrap();
        fs::create_dir_all(templates.join("emails")).unwrap();
        fs::create_dir_all(templates.join("assets/fonts")).unwrap();
        for name in ["html/base.html", "html/.swp", "emails/welcome.html", "assets/fonts/a.woff2"] {
            sys::files::replace(&templates.join(name), b"x").unwrap();
        }
        let names: Vec<_> = read(&templates).unwrap().into_iter().map(|file| file.name).collect();
        assert_eq!(names, ["assets/fonts/a.woff2", "html/base.html"]);
        #[cfg(unix)]
        {
            sys::files::replace(&work.path().join("secret"), b"x").unwrap();
            std::os::unix::fs::symlink(work.path().join("secret"), templates.join("html/home.html")).unwrap();
            assert!(read(&templates).unwrap_err().to_string().contains("leads out"));
            fs::remove_file(templates.join("html/home.html")).unwrap();
            std::os::unix::fs::symlink(templates.join("assets"), templates.join("assets/again")).unwrap();
            assert!(read(&templates).unwrap_err().to_string().contains("too deep"));
        }
    }
}
