use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Parser;
use include_dir::{Dir, include_dir};

use super::Context;
use crate::cli::report::Hinted;
use crate::cli::view::{BOLD, DIM};
use crate::cli::{Cli, output};
use crate::config::PROJECT_FILE;
use crate::sys;

/// The records of the tour, embedded by enumerating the folder.
static RECORDS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/data/demo");

/// The runbooks of the tour.
static RUNBOOKS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/data/runbooks");

/// See the whole job in one go: records, searches and publishes a dozen sample changes
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  shipnote demo\n\n\
    Everything stays in the folder ./shipnote-demo; delete it when you are done. Running it again makes nothing twice.")]
pub(in crate::cli) struct Args {
    /// The folder to work in
    #[arg(long, value_name = "DIR", default_value = "shipnote-demo", value_hint = clap::ValueHint::DirPath)]
    dir: PathBuf,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    let folder = context.path(&args.dir);
    make_folder(&folder)?;
    let demo = Demo { context, folder: &folder };
    let shown = folder.strip_prefix(context.directory()).unwrap_or(&folder).display().to_string();

    demo.say(&format!("A team that keeps Python API clients stable has shipped {} changes.", RECORDS.files().count()));
    demo.show(&format!("mkdir -p {shown}/changes && cd {shown}"));
    demo.run("shipnote init")?;
    demo.say("Each change is recorded once, from a file here; from git or by flags when it is yours:");
    let mut names = Vec::new();
    for file in RECORDS.files() {
        let name = Path::new("changes").join(file.path());
        sys::files::write_atomic(&folder.join(&name), file.contents())?;
        names.push(name.display().to_string());
    }
    names.sort_unstable();
    for name in &names {
        demo.run(&format!("shipnote log --from {name}"))?;
    }
    demo.say("What has been shipped lately?");
    demo.run("shipnote list -n 5")?;
    demo.say("A client times out. Have we seen this before?");
    demo.run("shipnote search ReadTimeout")?;
    demo.say("What was done about it, how was it proven, and how does one go back?");
    demo.run("shipnote show k7m2")?;
    demo.say("Procedures that are followed again are runbooks, whose shell blocks are steps:");
    for file in RUNBOOKS.files() {
        sys::files::write_atomic(&folder.join("runbooks").join(file.path()), file.contents())?;
    }
    demo.run("shipnote runbook import runbooks")?;
    demo.run("shipnote run orders-read-timeouts --dry-run")?;
    demo.say("And all of it as pages for the team:");
    demo.run("shipnote publish")?;
    demo.say(&format!("Open {shown}/site/index.html in a browser, and go on from here:"));
    for line in [
        &format!("cd {shown}"),
        "shipnote search '\"connection reset\" NOT staging'",
        "shipnote log \"What you just shipped\" -m \"why\" --rollback-command \"how back\"",
    ] {
        demo.show(line);
    }
    Ok(0)
}

fn make_folder(folder: &Path) -> Result<()> {
    let foreign =
        folder.read_dir().is_ok_and(|mut entries| entries.next().is_some()) && !folder.join(PROJECT_FILE).exists();
    if foreign {
        let message = format!("{} is there already and is not a demo of shipnote", folder.display());
        return Err(Hinted::new(message, "name another folder: shipnote demo --dir DIR"));
    }
    for name in ["changes", "runbooks"] {
        std::fs::create_dir_all(folder.join(name))
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    Ok(())
}

struct Demo<'a> {
    context: &'a Context,
    folder: &'a Path,
}

impl Demo<'_> {
    fn say(&self, text: &str) {
        output::note(&format!("\n{BOLD}{text}{BOLD:#}"));
    }

    fn show(&self, line: &str) {
        output::note(&format!("{DIM}$ {line}{DIM:#}"));
    }

    /// Prints a command line and runs it as if it had been typed in the folder of the demo.
    fn run(&self, line: &str) -> Result<u8> {
        self.show(line);
        let words = shlex::split(line).unwrap_or_default();
        let mut cli = Cli::try_parse_from(words).with_context(|| format!("the demo cannot run `{line}`"))?;
        cli.globals = self.context.globals.clone();
        // The demo has a database of its own, whatever the environment names.
        cli.globals.database = Some(".shipnote/shipnote.db".to_owned());
        cli.command.run(&Context::in_directory(cli.globals, self.folder.to_owned())?)
    }
}
