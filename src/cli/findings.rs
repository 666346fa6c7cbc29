//! What the gate found, as text, JSON, SARIF, or annotations of GitHub.

use anstyle::AnsiColor;
use anyhow::Result;
use serde_json::{Value, json};

use super::output;
use super::text::escape;
use super::view::{BAD, BOLD, DIM, GOOD, ID};
use crate::policy::{Finding, Level, RULES};

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// For reading in a terminal
    Text,
    /// shipnote.findings/1
    Json,
    /// SARIF 2.1.0, which code hosts show beside the code
    Sarif,
    /// Annotations of GitHub Actions
    Github,
}

/// Prints findings; `looked_at` says how many commits and changes were judged.
pub(super) fn print(findings: &[Finding], format: Format, looked_at: (usize, usize)) -> Result<()> {
    match format {
        Format::Text => text(findings, looked_at),
        Format::Json => output::json(&json!({"schema": "shipnote.findings/1", "findings": findings})),
        Format::Sarif => output::json(&sarif(findings)),
        Format::Github => github(findings),
    }
}

fn text(findings: &[Finding], (commits, changes): (usize, usize)) -> Result<()> {
    let width = RULES.iter().map(|rule| rule.id.len()).max().unwrap_or_default();
    let mut subject = "";
    for finding in findings.iter().filter(|finding| finding.waived.is_none()) {
        let Finding { rule, level, title, message, hint, .. } = finding;
        if finding.subject != subject {
            subject = &finding.subject;
            let short = &subject[..subject.len().min(12)];
            output::data(&format!("{ID}{}{ID:#}  {BOLD}{}{BOLD:#}", escape(short), escape(title)))?;
        }
        let style = if *level == Level::Error { BAD } else { AnsiColor::Yellow.on_default() };
        output::data(&format!("  {style}{level:<5}{style:#}  {rule:<width$}  {}", escape(message)))?;
        output::data(&format!("  {:<5}  {:<width$}  {DIM}{}{DIM:#}", "", "", escape(hint)))?;
    }
    let count = |level| findings.iter().filter(|found| found.level == level && found.waived.is_none()).count();
    let (errors, warnings) = (count(Level::Error), count(Level::Warn));
    let waived = findings.iter().filter(|finding| finding.waived.is_some()).count();
    let mut said = vec![counted(errors, "error"), counted(warnings, "warning")];
    if waived > 0 {
        said.push(format!("{waived} waived"));
    }
    let style = if errors > 0 { BAD } else { GOOD };
    let looked_at = match commits {
        0 => counted(changes, "change"),
        commits => format!("{}, {} of them", counted(commits, "commit"), counted(changes, "record")),
    };
    output::data(&format!("{style}{}{style:#} in {looked_at}", said.join(", ")))
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// The log of a run in the Static Analysis Results Interchange Format
/// (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>).
fn sarif(findings: &[Finding]) -> Value {
    let level = |level: Level| match level {
        Level::Error => "error",
        Level::Warn => "warning",
        Level::Off => "none",
    };
    let rules = RULES.iter().map(|rule| {
        json!({
            "id": rule.id,
            "shortDescription": {"text": rule.wants},
            "fullDescription": {"text": rule.about},
            "defaultConfiguration": {"level": level(rule.level)},
        })
    });
    let results = findings.iter().map(|finding| {
        let Finding { rule, subject, title, file, message, hint, waived, .. } = finding;
        let mut result = json!({
            "ruleId": rule,
            "ruleIndex": RULES.iter().position(|known| known.id == *rule),
            "level": level(finding.level),
            "message": {"text": format!("{title} ({subject}): {message}. Type: {hint}")},
            "partialFingerprints": {"shipnote/1": format!("{rule}:{subject}:{message}")},
            "locations": [{
                "physicalLocation": {
                    "artifactLocation": {"uri": uri(file.as_deref().unwrap_or("shipnote.toml"))},
                    "region": {"startLine": 1},
                },
                "logicalLocations": [{"name": subject}],
            }],
        });
        if let Some(why) = waived {
            result["suppressions"] = json!([{"kind": "external", "justification": why}]);
        }
        result
    });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "shipnote",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.collect::<Vec<_>>(),
            }},
            "results": results.collect::<Vec<_>>(),
        }],
    })
}

/// A path as a relative reference (RFC 3986): what stands in none is percent-encoded.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    path.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// Workflow commands
/// (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-a-notice-message>).
fn github(findings: &[Finding]) -> Result<()> {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    for finding in findings {
        let command = match (&finding.waived, finding.level) {
            (Some(_), _) => "notice",
            (None, Level::Error) => "error",
            (None, _) => "warning",
        };
        let Finding { rule, subject, title, file, message, hint, .. } = finding;
        let file = file.as_ref().map(|file| format!("file={},line=1,", property(&escape(file)))).unwrap_or_default();
        let text = escape(&format!("{title} ({subject}): {message}. {hint}"));
        output::data(&format!("::{command} {file}title={}::{}", property(rule), data(&text)))?;
    }
    Ok(())
}
