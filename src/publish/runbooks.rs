//! The pages of runbooks. There are few of them and they depend on many records, so all are made at every publication; those
//! that came out as they were are not written.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use regex::{Captures, Regex};

use super::workers::Queue;
use super::{front, names, row_of};
use crate::model::Runbook;
use crate::query::Expr;

use crate::render::view::{
    Named, RunbookEntryView, RunbookGroupView, RunbooksView, VariableView, WrittenRunbookView, body_of, has_steps,
};
use crate::store::{Facet, Store, stale_because};

/// The page of all runbooks.
pub(super) fn index() -> Named {
    front("Runbooks", "runbooks/index")
}

/// The page of a runbook.
pub(super) fn page(name: &str) -> Named {
    names::named("runbooks", name)
}

/// The runbooks of a service.
pub(super) fn of_service(store: &dyn Store, service: &str) -> Result<Vec<Named>> {
    let found = store.search_runbooks(&Expr::service(service), usize::MAX)?;
    Ok(found.into_iter().map(|runbook| front(&runbook.title, &page(&runbook.name).path)).collect())
}

/// Makes the pages of all runbooks, and takes away those of runbooks that are gone.
pub(super) fn write(store: &dyn Store, queue: &Queue<'_>) -> Result<()> {
    let runbooks = store.runbooks()?;
    let paths: BTreeSet<String> = runbooks.iter().map(|runbook| page(&runbook.name).path).collect();
    for file in queue.pages.output.names_in("runbooks") {
        let path = format!("runbooks/{}", file.rsplit_once('.').map_or(file.as_str(), |(stem, _)| stem));
        if !paths.contains(&path) && (path != index().path || runbooks.is_empty()) {
            queue.pages.remove(&path);
        }
    }
    if runbooks.is_empty() {
        return Ok(());
    }
    let links = Links::new(&runbooks)?;
    let mut stale = BTreeSet::new();
    for runbook in &runbooks {
        let reasons = stale_because(store, runbook)?;
        if !reasons.is_empty() {
            stale.insert(runbook.name.clone());
        }
        let view = view(store, runbook, reasons, &links)?;
        let path = page(&runbook.name).path;
        queue.add(move |pages| pages.write(&view.title, &path, &view))?;
    }
    let view = all(store, &runbooks, &stale)?;
    queue.add(move |pages| pages.write("Runbooks", &index().path, &view))
}

fn view(store: &dyn Store, runbook: &Runbook, stale: Vec<String>, links: &Links) -> Result<WrittenRunbookView> {
    let mut changes = Vec::new();
    for id in &runbook.changes {
        changes.extend(store.get(id)?.map(|change| row_of(&change)));
    }
    let variables = runbook.variables.iter().cloned();
    Ok(WrittenRunbookView {
        name: runbook.name.clone(),
        title: runbook.title.clone(),
        up: index(),
        owner_page: there(store, Facet::Owner, "owners", runbook.owner.as_deref())?,
        owner: runbook.owner.clone(),
        service_page: there(store, Facet::Service, "services", runbook.service.as_deref())?,
        service: runbook.service.clone(),
        tags: runbook.tags.clone(),
        alerts: runbook.alerts.clone(),
        stale,
        has_steps: has_steps(&runbook.body),
        variables: variables.map(|v| VariableView { name: v.name, default: v.default, question: v.question }).collect(),
        body: links.apply(&body_of(runbook)),
        changes,
        updated_at: runbook.updated_at.into(),
        revision: runbook.revision,
    })
}

/// The page of a name, where changes have it: else there is none.
fn there(store: &dyn Store, facet: Facet, section: &'static str, name: Option<&str>) -> Result<Option<Named>> {
    let Some(name) = name else { return Ok(None) };
    Ok((!store.months(facet, name)?.is_empty()).then(|| names::named(section, name)))
}

fn all(store: &dyn Store, runbooks: &[Runbook], stale: &BTreeSet<String>) -> Result<RunbooksView> {
    // Those of no service stand last.
    let mut groups: BTreeMap<(bool, Option<&str>), Vec<RunbookEntryView>> = BTreeMap::new();
    let mut alerts = Vec::new();
    for runbook in runbooks {
        let path = page(&runbook.name).path;
        alerts.extend(runbook.alerts.iter().map(|alert| front(alert, &path)));
        let service = runbook.service.as_deref();
        let entry = RunbookEntryView { title: runbook.title.clone(), path, stale: stale.contains(&runbook.name) };
        groups.entry((service.is_none(), service)).or_default().push(entry);
    }
    alerts.sort_by_cached_key(|alert| (alert.name.to_lowercase(), alert.path.clone()));
    let mut services = Vec::new();
    for ((_, service), mut runbooks) in groups {
        runbooks.sort_by_cached_key(|runbook| (runbook.title.to_lowercase(), runbook.path.clone()));
        let service_page = there(store, Facet::Service, "services", service)?;
        services.push(RunbookGroupView { service: service.map(str::to_owned), service_page, runbooks });
    }
    Ok(RunbooksView { total: runbooks.len(), services, alerts })
}

/// Links from one runbook to another, by the names of their files.
struct Links {
    pattern: Regex,
    known: BTreeMap<String, String>,
}

impl Links {
    fn new(runbooks: &[Runbook]) -> Result<Self> {
        // Hugo's `{{< ref "./Other.md" >}}`, and a plain relative path.
        let pattern = Regex::new(
            r#"\]\((?:\{\{<\s*(?:rel)?ref\s+"([^"]+)"\s*>\}\}|((?:\.{0,2}/)*[A-Za-z0-9_./-]+\.md))(#[^)\s]*)?\)"#,
        )?;
        let mut known = BTreeMap::new();
        for runbook in runbooks {
            let path = page(&runbook.name).path;
            let name = path.strip_prefix("runbooks/").unwrap_or(&path).to_owned();
            let file = runbook.source.key.as_deref().unwrap_or(&runbook.name);
            known.insert(stem(file), name.clone());
            known.insert(runbook.name.clone(), name);
        }
        Ok(Self { pattern, known })
    }

    fn apply(&self, body: &str) -> String {
        let replaced = self.pattern.replace_all(body, |found: &Captures<'_>| {
            let file = found.get(1).or_else(|| found.get(2)).map_or("", |file| file.as_str());
            match self.known.get(&stem(file)) {
                Some(name) => format!("]({name}.html)"),
                None => found[0].to_owned(),
            }
        });
        replaced.into_owned()
    }
}

/// The name of a file without folders and ending, folded.
fn stem(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(".md").unwrap_or(name).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_to_other_runbooks_lead_to_their_pages() {
        let draft = crate::model::RunbookDraft {
            title: Some("RAID".into()),
            name: Some("noderaiddegraded".into()),
            ..crate::model::RunbookDraft::default()
        };
        let links = Links::new(&[draft.validate("2026-11-20".parse().unwrap()).unwrap()]).unwrap();
        let text = "[a]({{< ref \"./NodeRAIDDegraded.md\" >}}) [b](../node/NodeRAIDDegraded.md#x) [c](./Other.md)";
        assert_eq!(links.apply(text), "[a](noderaiddegraded.html) [b](noderaiddegraded.html) [c](./Other.md)");
    }
}
