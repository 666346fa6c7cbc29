//! A change with every field, and one with none that can be absent.

use super::{Texts, named, when};
use crate::render::view::{
    ChangeView, CheckView, ChecklistView, CommandView, EvidenceView, ItemView, LinkView, MetricView, Named,
    RelatedView, RevisionView, TouchedView, VerifiedView,
};

const ID: &str = "k7m2xq9dwv4p";

#[allow(clippy::too_many_lines, reason = "every field is written out, so that none is forgotten")]
pub(super) fn full(texts: &'static Texts) -> ChangeView<'static> {
    let line = Some(texts.line);
    let lines = || vec![texts.line.to_owned()].leak() as &'static [String];
    ChangeView {
        id: ID,
        title: texts.line,
        path: format!("changes/{ID}"),
        status: "rolled-back",
        kind: "fix",
        kind_page: named(texts),
        at: when(),
        month: named(texts),
        owner: Some(named(texts)),
        service: Some(named(texts)),
        environment: line,
        environment_page: Some(named(texts)),
        tags: vec![named(texts)],
        expected: Some(texts.markdown),
        rollback_command: Some(texts.command),
        rollback_note: Some(texts.markdown),
        has_baseline: true,
        route: Some(texts.path),
        input: line,
        baseline_command: Some(texts.command),
        symptom: Some(texts.markdown),
        location: line,
        reason: Some(texts.markdown),
        commands: vec![command(texts)],
        metrics: vec![metric(texts)],
        checks: vec![CheckView {
            name: texts.line,
            run: texts.command.to_owned(),
            expects: vec![texts.line.to_owned()],
            evidence: Some(evidence(texts)),
        }],
        verified: Some(VerifiedView { passed: false, at: when(), stale_days: 30 }),
        checklists: vec![ChecklistView {
            name: texts.line,
            items: vec![ItemView { name: texts.line, state: "done", note: line }],
        }],
        assumptions: lines(),
        files: lines(),
        touched: vec![TouchedView {
            name: texts.path,
            path: "files/src/index".to_owned(),
            anchor: "file-api.py".to_owned(),
        }],
        links: vec![LinkView { url: "https://example.com/", title: texts.line }],
        commits: lines(),
        branch: line,
        related: vec![RelatedView {
            what: "superseded by",
            id: ID.to_owned(),
            title: Some(texts.line.to_owned()),
            path: format!("changes/{ID}"),
        }],
        created_at: when(),
        updated_at: when(),
        revision: 2,
        history: vec![RevisionView {
            revision: 2,
            at: Some(when()),
            actor: Some(texts.line.to_owned()),
            action: Some("edit".to_owned()),
            detail: Some(texts.line.to_owned()),
        }],
    }
}

fn evidence(texts: &'static Texts) -> EvidenceView {
    EvidenceView {
        conclusion: "failed",
        at: when(),
        actor: texts.line.to_owned(),
        detail: Some(texts.line.to_owned()),
        took: "0.3 s".to_owned(),
        output: Some(texts.command.to_owned()),
        cut: true,
    }
}

fn command(texts: &'static Texts) -> CommandView<'static> {
    CommandView {
        run: texts.command,
        note: Some(texts.line),
        expect: Some(texts.line),
        cwd: Some(texts.path),
        outcome: Some("exit 0, 3.2 s".to_owned()),
    }
}

fn metric(texts: &'static Texts) -> MetricView<'static> {
    MetricView {
        name: texts.line,
        path: Some("metrics/p95".to_owned()),
        before: "480 ms".to_owned(),
        after: "190 ms".to_owned(),
        percent: Some("−60.4 %".to_owned()),
        verdict: Some("improved"),
        better: "lower",
        before_length: Some(100.0),
        after_length: Some(39.6),
    }
}

pub(super) fn bare() -> ChangeView<'static> {
    ChangeView {
        id: ID,
        title: "Title",
        path: format!("changes/{ID}"),
        status: "draft",
        kind: "other",
        kind_page: Named { name: "other".to_owned(), path: "kinds/other".to_owned() },
        at: when(),
        month: Named { name: "2026-11".to_owned(), path: "months/2026-11".to_owned() },
        owner: None,
        service: None,
        environment: None,
        environment_page: None,
        tags: Vec::new(),
        expected: None,
        rollback_command: None,
        rollback_note: None,
        has_baseline: false,
        route: None,
        input: None,
        baseline_command: None,
        symptom: None,
        location: None,
        reason: None,
        commands: vec![CommandView { run: "true", note: None, expect: None, cwd: None, outcome: None }],
        metrics: vec![MetricView {
            name: "p95",
            path: None,
            before: "unknown".to_owned(),
            after: "unknown".to_owned(),
            percent: None,
            verdict: None,
            better: "lower",
            before_length: None,
            after_length: None,
        }],
        checks: vec![CheckView { name: "health", run: "true".to_owned(), expects: Vec::new(), evidence: None }],
        verified: None,
        checklists: vec![ChecklistView {
            name: "security",
            items: vec![ItemView { name: "reviewed", state: "open", note: None }],
        }],
        assumptions: &[],
        files: &[],
        touched: Vec::new(),
        links: Vec::new(),
        commits: &[],
        branch: None,
        related: vec![RelatedView { what: "fixes", id: ID.to_owned(), title: None, path: format!("changes/{ID}") }],
        created_at: when(),
        updated_at: when(),
        revision: 1,
        history: vec![RevisionView { revision: 1, at: None, actor: None, action: None, detail: None }],
    }
}
