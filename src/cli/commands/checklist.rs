use anyhow::Result;
use clap_complete::engine::ArgValueCompleter;

use super::Context;
use crate::cli::report::Hinted;
use crate::cli::text::escape;
use crate::cli::view::{BOLD, DIM, ID};
use crate::cli::{checklists, complete, output, view};
use crate::form::Checklist;
use crate::model::{Change, Draft, ItemState, ListItem};
use crate::store::Store;

/// Checklists: list them, put them on changes, tick their items
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  shipnote checklist list\n  shipnote checklist add k7m2 security\n  \
    shipnote checklist tick k7m2 secrets --note \"none in the diff\"\n\n\
    A file checklists/NAME.toml beside shipnote.toml adds a list, or takes the place of one. Which lists a change needs is\n\
    a setting, see docs/gate.md.")]
pub(in crate::cli) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Print the names of the lists
    #[command(after_help = "Example:\n  shipnote checklist list")]
    List {
        /// Print the lists with their items as JSON
        #[arg(long)]
        json: bool,
    },
    /// Print a list, or the lists of a change
    #[command(after_help = "Examples:\n  shipnote checklist show security\n  shipnote checklist show k7m2")]
    Show {
        /// The name of a list, or a change by the beginning of its id
        #[arg(value_name = "NAME|ID", add = ArgValueCompleter::new(complete::ids))]
        what: String,
    },
    /// Put a list on a change, with all items open
    #[command(after_help = "Example:\n  shipnote checklist add k7m2 security")]
    Add {
        /// The change, by the beginning of its id
        #[arg(add = ArgValueCompleter::new(complete::ids))]
        id: String,
        /// The name of the list
        name: String,
    },
    /// Say that an item is done, or does not apply
    #[command(after_help = "Examples:\n  shipnote checklist tick k7m2 secrets --note \"none in the diff\"\n  \
        shipnote checklist tick k7m2 upload-limits --not-applicable \"it takes no uploads\"\n  \
        shipnote checklist tick k7m2 secrets --open")]
    Tick {
        /// The change, by the beginning of its id
        #[arg(add = ArgValueCompleter::new(complete::ids))]
        id: String,
        /// The item
        item: String,
        /// The list, where two have an item of this name
        #[arg(long, value_name = "NAME")]
        list: Option<String>,
        /// What was seen
        #[arg(long, value_name = "TEXT", conflicts_with = "not_applicable")]
        note: Option<String>,
        /// It does not apply, and why
        #[arg(long, value_name = "WHY")]
        not_applicable: Option<String>,
        /// It is open again
        #[arg(long, conflicts_with = "not_applicable")]
        open: bool,
    },
}

pub(super) fn run(args: Args, context: &Context) -> Result<u8> {
    match args.action {
        Action::List { json } => list(json, context),
        Action::Show { what } => show(&what, context),
        Action::Add { id, name } => add(&id, &name, context),
        Action::Tick { id, item, list, note, not_applicable, open } => {
            let state = match (open, &not_applicable) {
                (true, _) => ItemState::Open,
                (false, Some(_)) => ItemState::NotApplicable,
                (false, None) => ItemState::Done,
            };
            tick(&id, &item, list.as_deref(), ListItem { state, note: note.or(not_applicable) }, context)
        }
    }
}

fn list(json: bool, context: &Context) -> Result<u8> {
    let lists = checklists::all(context)?;
    if json {
        output::json(&serde_json::json!({"schema": "shipnote.checklists/1", "checklists": lists}))?;
        return Ok(0);
    }
    let width = lists.iter().map(|list| list.name.len()).max().unwrap_or_default();
    for list in &lists {
        let about = list.about.as_deref().unwrap_or(&list.title);
        output::data(&format!("{BOLD}{:<width$}{BOLD:#}  {DIM}{}{DIM:#}", escape(&list.name), escape(about)))?;
    }
    Ok(0)
}

fn show(what: &str, context: &Context) -> Result<u8> {
    if let Some(list) = checklists::all(context)?.iter().find(|list| list.name == what) {
        output::data(&described(list))?;
        return Ok(0);
    }
    let store = context.open()?;
    let change = context.find(&store, what)?;
    output::data(&format!("{ID}{}{ID:#}  {BOLD}{}{BOLD:#}", change.id, escape(&change.title)))?;
    if change.checklists.is_empty() {
        output::note(&format!("It has no checklist: shipnote checklist add {} security", change.id));
        return Ok(1);
    }
    output::data(&view::checklists(&change, output::prose_width()))?;
    let open = change.checklists.values().flat_map(|items| items.values()).any(|item| item.state == ItemState::Open);
    Ok(u8::from(open))
}

fn described(list: &Checklist) -> String {
    let mut text = format!("{BOLD}{}{BOLD:#}", escape(&list.title));
    if let Some(about) = &list.about {
        text += &format!("\n{}", escape(about));
    }
    for item in &list.items {
        text += &format!("\n  {BOLD}{}{BOLD:#}  {}", escape(&item.key), escape(&item.text));
        if let Some(how) = &item.how {
            text += &format!("\n    {DIM}{}{DIM:#}", escape(how));
        }
    }
    text
}

fn add(id: &str, name: &str, context: &Context) -> Result<u8> {
    let list = checklists::find(name, context)?;
    let mut store = context.open_to_write()?;
    let base = context.find(&store, id)?;
    let mut draft = Draft::from(&base);
    let items = draft.checklists.entry(list.name.clone()).or_default();
    for (key, item) in list.open() {
        items.entry(key).or_insert(item);
    }
    save(&mut store, &base, draft, context)
}

fn tick(id: &str, item: &str, list: Option<&str>, state: ListItem, context: &Context) -> Result<u8> {
    let mut store = context.open_to_write()?;
    let base = context.find(&store, id)?;
    let mut draft = Draft::from(&base);
    let wanted = |name: &str| list.is_none_or(|list| list == name);
    let mut found: Vec<_> =
        draft.checklists.iter_mut().filter(|(name, items)| wanted(name) && items.contains_key(item)).collect();
    match found.as_mut_slice() {
        [(_, items)] => _ = items.insert(item.to_owned(), state),
        [] => return Err(no_item(&base, item)),
        several => {
            let names: Vec<_> = several.iter().map(|(name, _)| name.as_str()).collect();
            let message = format!("`{item}` stands in several lists: {}", names.join(", "));
            return Err(Hinted::new(message, format!("name one: --list {}", names[0])));
        }
    }
    save(&mut store, &base, draft, context)
}

fn no_item(base: &Change, item: &str) -> anyhow::Error {
    let items: Vec<_> = base.checklists.values().flat_map(|items| items.keys()).map(String::as_str).collect();
    let hint = match items.is_empty() {
        true => format!("it has no checklist: shipnote checklist add {} security", base.id),
        false => format!("there are {}", items.join(", ")),
    };
    Hinted::new(format!("{} has no item `{item}`", base.id), hint)
}

fn save(store: &mut dyn Store, base: &Change, draft: Draft, context: &Context) -> Result<u8> {
    let (change, changed) = context.recorder(store).edit(base, draft, "checklist", None)?;
    if !changed {
        output::note("Nothing was changed.");
    }
    output::data(&view::checklists(&change, output::prose_width()))?;
    Ok(0)
}
