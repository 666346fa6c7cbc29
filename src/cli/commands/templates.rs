use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::json;

use super::Context;
use crate::cli::output;
use crate::cli::report::Hinted;
use crate::cli::text::escape;
use crate::cli::view::{BOLD, DIM};
use crate::publish;
use crate::render::{self, Problem, TemplateFile};
use crate::sys;

/// List, take over and check the templates that pages are made from
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  shipnote templates list\n  shipnote templates export change.html\n  \
    shipnote templates check\n\n\
    A file in templates/ beside shipnote.toml takes the place of the one that comes with shipnote; in it,\n\
    {% extends \"default/change.html\" %} builds on that one. What templates see: docs/templates.md.")]
pub(in crate::cli) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Show every file, and whether the project has one of its own
    #[command(after_help = "Examples:\n  shipnote templates list\n  shipnote templates list --json")]
    List {
        /// Print them as JSON
        #[arg(long)]
        json: bool,
    },
    /// Write files that come with shipnote into the project's templates, to start from
    #[command(
        after_help = "Examples:\n  shipnote templates export change.html\n  shipnote templates export assets/style.css\n  \
        shipnote templates export\n\n\
        A file that is there already stays as it is unless --force is given."
    )]
    Export {
        /// The file, for instance html/change.html or change.html; all of them when none is named
        name: Option<String>,
        /// Write over a file that is there
        #[arg(long)]
        force: bool,
    },
    /// Render every template on made-up views and say what is wrong with it
    #[command(after_help = "Examples:\n  shipnote templates check\n  shipnote templates check --json\n\n\
        Exit codes: 0 nothing is wrong, 1 something is, 2 it could not be checked.")]
    Check {
        /// Print what is wrong as JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    let folder = context.config.path("site.templates").ok_or_else(|| {
        Hinted::new("the setting `site.templates` is empty", "name a folder: templates = \"templates\" under [site]")
    })?;
    match &args.action {
        Action::List { json } => list(&folder, *json),
        Action::Export { name, force } => export(context, &folder, name.as_deref(), *force),
        Action::Check { json } => check(context, &folder, *json),
    }
}

fn list(folder: &Path, json: bool) -> Result<u8> {
    let own = publish::own_templates(folder)?;
    let embedded = render::embedded();
    let has = |files: &[TemplateFile], name: &str| files.iter().any(|file| file.name == name);
    let mut names: Vec<&str> = embedded.iter().chain(&own).map(|file| file.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let files: Vec<_> = names.iter().map(|name| (*name, has(&embedded, name), has(&own, name))).collect();
    if json {
        let files: Vec<_> = files
            .iter()
            .map(|(name, embedded, own)| json!({"name": name, "embedded": embedded, "project": own}))
            .collect();
        output::json(&json!({"schema": "shipnote.templates/1", "folder": folder, "templates": files}))?;
        return Ok(0);
    }
    let width = names.iter().map(|name| name.len()).max().unwrap_or(0);
    let lines = files.iter().map(|(name, embedded, own)| {
        let whose = match (embedded, own) {
            (true, true) => format!("{BOLD}the project's, in place of the one that comes with shipnote{BOLD:#}"),
            (true, false) => format!("{DIM}comes with shipnote{DIM:#}"),
            _ => format!("{BOLD}the project's{BOLD:#}"),
        };
        format!("{:width$}  {whose}", escape(name))
    });
    output::data(&lines.collect::<Vec<_>>().join("\n"))?;
    Ok(0)
}

fn export(context: &Context, folder: &Path, name: Option<&str>, force: bool) -> Result<u8> {
    let mut files = render::embedded();
    if let Some(name) = name {
        let of_format = |file: &TemplateFile| file.name == name || file.name.rsplit('/').next() == Some(name);
        files.retain(of_format);
        if files.is_empty() {
            return Err(Hinted::new(
                format!("no template is called `{}`", escape(name)),
                "shipnote templates list shows the names",
            ));
        }
    }
    let (there, new): (Vec<_>, Vec<_>) =
        files.into_iter().partition(|file| !force && folder.join(&file.name).symlink_metadata().is_ok());
    if let (Some(file), Some(_)) = (there.first(), name) {
        return Err(Hinted::new(
            format!("{} is there already", folder.join(&file.name).display()),
            "--force writes over it",
        ));
    }
    let mut written = Vec::new();
    for file in new {
        let path = folder.join(&file.name);
        let parent = path.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent).with_context(|| format!("cannot make the folder {}", parent.display()))?;
        sys::files::write_atomic(&path, &file.content)?;
        written.push(shown(context, &path));
    }
    if !written.is_empty() {
        output::data(&written.join("\n"))?;
    }
    if !context.globals.quiet {
        let stay = match there.len() {
            0 => String::new(),
            n => format!(" {n} were there already and stay; --force writes over them."),
        };
        output::note(&format!("Wrote {} of the templates.{stay}", written.len()));
    }
    Ok(0)
}

fn check(context: &Context, folder: &Path, json: bool) -> Result<u8> {
    let own = publish::own_templates(folder)?;
    let problems = render::check(&own, publish::WATCH);
    if json {
        let problems: Vec<_> = problems
            .iter()
            .map(|Problem { file, place, message }| {
                json!({"file": file, "line": place.map(|at| at.0), "column": place.map(|at| at.1), "message": message})
            })
            .collect();
        output::json(&json!({"schema": "shipnote.template-problems/1", "folder": folder, "problems": problems}))?;
    } else if !problems.is_empty() {
        let line = |problem: &Problem| {
            let at = problem.place.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default();
            let message = problem.message.lines().map(escape).collect::<Vec<_>>().join("\n  ");
            format!("{BOLD}{}{at}{BOLD:#}: {message}", shown(context, &folder.join(&problem.file)))
        };
        output::data(&problems.iter().map(line).collect::<Vec<_>>().join("\n"))?;
    } else if !context.globals.quiet {
        let all = own.len();
        output::note(&format!("Nothing is wrong with the templates; {all} of them are the project's own."));
    }
    Ok(u8::from(!problems.is_empty()))
}

/// A path as seen from where the command was called.
fn shown(context: &Context, path: &Path) -> String {
    let path: PathBuf = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    escape(&path.strip_prefix(context.directory()).unwrap_or(&path).display().to_string())
}
