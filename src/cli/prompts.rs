//! The questions of `log` on a terminal: three are enough, the rest can be skipped.

use std::collections::BTreeMap;

use anyhow::Result;
use inquire::autocompletion::Replacement;
use inquire::validator::Validation;
use inquire::{Autocomplete, Confirm, CustomUserError, InquireError, Select, Text};

use super::text::escape;
use crate::form::Checklist;
use crate::model::{CommandRun, Draft, ItemState, ListItem, MetricDraft};
use crate::store::{Facet, Store};

/// Values offered while typing.
#[derive(Clone, Default)]
struct Known(Vec<String>);

impl Autocomplete for Known {
    fn get_suggestions(&mut self, input: &str) -> Result<Vec<String>, CustomUserError> {
        let input = input.to_lowercase();
        Ok(self.0.iter().filter(|value| value.to_lowercase().contains(&input)).take(8).cloned().collect())
    }

    fn get_completion(&mut self, _: &str, highlighted: Option<String>) -> Result<Replacement, CustomUserError> {
        Ok(highlighted)
    }
}

/// Asks for what a record needs, with what is known filled in. Escape skips a question, Ctrl-C leaves without recording.
/// Returns whether the person went through.
pub(super) fn ask(draft: &mut Draft, store: Option<&dyn Store>) -> Result<bool> {
    let known = |facet| {
        let values = store.and_then(|store| store.facet(facet).ok()).unwrap_or_default();
        Known(values.into_iter().map(|(value, _)| value).collect())
    };
    match questions(draft, &known(Facet::Owner), &known(Facet::Service), &known(Facet::Tag)) {
        Ok(()) => Ok(true),
        Err(InquireError::OperationInterrupted) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn questions(draft: &mut Draft, owners: &Known, services: &Known, tags: &Known) -> Result<(), InquireError> {
    let none = Known::default();
    loop {
        ask_text("What changed?", "one line", &mut draft.title, &none)?;
        if draft.title.is_some() {
            break;
        }
    }
    ask_text("Why?", "the reason; Markdown", &mut draft.reason, &none)?;
    ask_text("How back?", "the command that undoes it; Esc skips", &mut draft.rollback.command, &none)?;
    let more = Confirm::new("More?")
        .with_default(false)
        .with_help_message("owner, service, expected result, metric, command, tags; Enter records it as it is");
    if !more.prompt_skippable()?.unwrap_or(false) {
        return Ok(());
    }
    ask_text("Owner?", "a team or a role", &mut draft.owner, owners)?;
    ask_text("Service?", "the service changed", &mut draft.service, services)?;
    ask_text("Expected?", "what is seen when it works", &mut draft.expected, &none)?;
    ask_metric(draft)?;
    let mut command = None;
    ask_text("Command?", "what was run to ship it", &mut command, &none)?;
    draft.commands.extend(command.map(|run| CommandRun { run, ..CommandRun::default() }));
    let mut words = (!draft.tags.is_empty()).then(|| draft.tags.join(" "));
    ask_text("Tags?", "words apart by spaces", &mut words, tags)?;
    draft.tags = words.unwrap_or_default().split([' ', ',']).filter(|tag| !tag.is_empty()).map(str::to_owned).collect();
    Ok(())
}

fn ask_text(question: &str, help: &str, field: &mut Option<String>, known: &Known) -> Result<(), InquireError> {
    let initial = field.clone().unwrap_or_default();
    // A text of several lines cannot be edited in one; it stays as it is, `--edit` opens it.
    if initial.contains('\n') {
        return Ok(());
    }
    let prompt = Text::new(question).with_help_message(help).with_initial_value(&initial);
    let prompt = if known.0.is_empty() { prompt } else { prompt.with_autocomplete(known.clone()) };
    if let Some(answer) = prompt.prompt_skippable()? {
        *field = Some(answer.trim().to_owned()).filter(|answer| !answer.is_empty());
    }
    Ok(())
}

fn ask_metric(draft: &mut Draft) -> Result<(), InquireError> {
    let mut help = "p95 latency: 480 ms -> 190 ms".to_owned();
    loop {
        let Some(answer) = Text::new("Metric?").with_help_message(&help).prompt_skippable()? else { return Ok(()) };
        if answer.trim().is_empty() {
            return Ok(());
        }
        match answer.parse::<MetricDraft>() {
            Ok(metric) if metric.direction().is_some() => {
                draft.metrics.push(metric);
                return Ok(());
            }
            Ok(metric) => help = format!("which way is better? write \"{}: … (lower)\" or \"(higher)\"", metric.name),
            Err(error) => help = error.to_string(),
        }
    }
}

/// A yes-or-no question whose default is no; Escape and Ctrl-C are no.
pub(super) fn confirm(question: &str) -> Result<bool> {
    match Confirm::new(question).with_default(false).prompt() {
        Ok(answer) => Ok(answer),
        Err(InquireError::OperationCanceled | InquireError::OperationInterrupted) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// What to do with a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// Run it as it is.
    Run,
    /// Go on without it.
    Skip,
    /// Run this instead.
    Edited(String),
    /// Stop here.
    Quit,
}

/// Asks what to do with a step; Enter, Escape and Ctrl-C stop.
pub(super) fn ask_step(command: &str) -> Result<Answer> {
    let one_line = !command.contains('\n');
    let known = move |answer: &str| {
        Ok(match answer.trim() {
            "" | "y" | "yes" | "n" | "no" | "s" | "skip" | "q" | "quit" => Validation::Valid,
            "e" | "edit" if one_line => Validation::Valid,
            "e" | "edit" => Validation::Invalid("it has several lines: q, then shipnote edit".into()),
            _ => Validation::Invalid("answer y, s, e or q".into()),
        })
    };
    let question = Text::new("Run it? [y/N/s/e/q]")
        .with_help_message("y runs it, s skips it, e edits it first, q stops; Enter does not run it")
        .with_validator(known);
    match skippable(question.prompt())?.as_deref().map(str::trim) {
        Some("y" | "yes") => Ok(Answer::Run),
        Some("s" | "skip") => Ok(Answer::Skip),
        Some("e" | "edit") => {
            let edited = skippable(Text::new("Command:").with_initial_value(command).prompt())?;
            Ok(edited.filter(|edited| !edited.trim().is_empty()).map_or(Answer::Quit, Answer::Edited))
        }
        _ => Ok(Answer::Quit),
    }
}

/// Asks for the value of a variable; `None` when it was left.
pub(super) fn ask_variable(question: &str, default: &str) -> Result<Option<String>> {
    skippable(Text::new(&escape(question)).with_initial_value(default).prompt())
}

/// The answer, or `None` when it was left by Escape or Ctrl-C.
fn skippable(answer: Result<String, InquireError>) -> Result<Option<String>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(InquireError::OperationCanceled | InquireError::OperationInterrupted) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Goes through the items of a list that are open. Escape leaves an item open, Ctrl-C leaves without recording; returns
/// whether the person went through.
pub(super) fn go_through(list: &Checklist, items: &mut BTreeMap<String, ListItem>) -> Result<bool> {
    for (n, item) in list.items.iter().enumerate() {
        let place = items.entry(item.key.clone()).or_insert(ListItem { state: ItemState::Open, note: None });
        if place.state != ItemState::Open {
            continue;
        }
        let question = format!("{} {}/{}: {}", escape(&list.title), n + 1, list.items.len(), escape(&item.text));
        let how = item.how.as_deref().map(escape).unwrap_or_default();
        let choices = vec!["done", "does not apply", "leave open"];
        let answer = match Select::new(&question, choices).with_help_message(&how).prompt_skippable() {
            Ok(answer) => answer.unwrap_or("leave open"),
            Err(InquireError::OperationInterrupted) => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        *place = match answer {
            "done" => ListItem { state: ItemState::Done, note: note("What was seen?", "Enter or Esc for no note")? },
            "does not apply" => match note("Why not?", "in a few words; Esc leaves the item open")? {
                Some(why) => ListItem { state: ItemState::NotApplicable, note: Some(why) },
                None => continue,
            },
            _ => continue,
        };
    }
    Ok(true)
}

fn note(question: &str, help: &str) -> Result<Option<String>> {
    let answer = skippable(Text::new(question).with_help_message(help).prompt())?;
    Ok(answer.map(|answer| answer.trim().to_owned()).filter(|answer| !answer.is_empty()))
}
