//! What reads text that nobody vouches for, each with what must hold for any text whatever. Two drive it: libFuzzer
//! (`tests/fuzz/fuzz_targets`) and the stable harness (`tests/fuzz.rs`).

use std::collections::HashMap;

use shipnote::model::{Change, ChangeId, CheckDraft, Defaults, Draft, Runbook, Timestamp, read_strict};
use shipnote::query::{ErrorReader, FilePattern, Grammar};
use shipnote::{form, import, markup, query, redact, repo};

use super::html::assert_harmless;

/// Reads bytes and panics where something does not hold.
pub(crate) type Entry = fn(&[u8]);

/// Every entry by its name: that of its target and of its folder below `regressions`.
pub(crate) const ENTRIES: [(&str, Entry); 12] = [
    ("query", query),
    ("json", json),
    ("form", form),
    ("line", line),
    ("runbook", runbook),
    ("checklist", checklist),
    ("front_matter", front_matter),
    ("git_log", git_log),
    ("changelog", changelog),
    ("redact", redact),
    ("markup", markup),
    ("error", error),
];

fn now() -> Timestamp {
    "2026-11-20T14:05:00Z".parse().unwrap()
}

fn defaults() -> Defaults {
    Defaults { id: ChangeId::from_bits(7), now: now() }
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// A change that says this wherever it may.
fn change_of(text: &str) -> Option<Change> {
    let line = || Some(text.to_owned());
    let draft = Draft { title: Some("t".to_owned()), reason: line(), expected: line(), ..Draft::default() };
    draft.validate(&defaults()).ok()
}

/// A query is read or refused. What it highlights are parts of the text, and a text finds itself.
pub(crate) fn query(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let mut grammar = Grammar::at(now());
    grammar.saved = ["a", "slow"].map(|name| (name.to_owned(), text.to_owned())).into();
    let read = grammar.read(text);
    assert_eq!(read, grammar.read(text));
    let change = change_of(text);
    if let Ok(query) = &read {
        assert!(query.words.iter().all(|word| text.get(word.clone()).is_some_and(|word| !word.is_empty())));
        assert!(query.expr.explain().lines().count() < 2000);
        assert_spans(&query::spans(&query.expr, text), text);
        if let Some(change) = &change {
            query::matches(&query.expr, change, None);
            let snippet = query::snippet(&query.expr, change, 60);
            assert_spans(&snippet.spans, &snippet.text);
        }
    }
    if let (Some(expr), Some(change)) = (query::plain(text), &change)
        && !query::is_cut(&[text.to_owned()])
    {
        assert!(query::matches(&expr, change, None), "it does not find itself: {expr:?}");
        assert!(!query::spans(&expr, text).is_empty());
    }
    let pattern = FilePattern::new(text);
    if let Some(regex) = pattern.regex() {
        let regex = regex::bytes::Regex::new(regex).expect("a pattern for paths is a regular expression");
        assert_eq!(regex.is_match(text.as_bytes()), pattern.matches(text));
    }
    // No path is recorded with this in front.
    let path = text.strip_prefix("./").unwrap_or(text);
    assert!(FilePattern::literal(text).matches(path) || path.is_empty(), "{text:?}");
    let dates = [query::parse_date(text, now()), query::parse_end(text, now())];
    assert_eq!(dates[0].is_ok(), dates[1].is_ok());
}

fn assert_spans(spans: &[std::ops::Range<usize>], text: &str) {
    assert!(spans.iter().all(|span| text.get(span.clone()).is_some_and(|part| !part.is_empty())), "{spans:?} {text:?}");
    assert!(spans.windows(2).all(|pair| pair[0].end <= pair[1].start), "{spans:?}");
}

/// What is read as a record is written as the same again; what is refused names its place.
pub(crate) fn json(bytes: &[u8]) {
    let mut drafts = Vec::new();
    let each = &mut |_: u64, draft: Draft| {
        drafts.push(draft);
        Ok(())
    };
    let _ = import::json::read(bytes, each, &mut |_, runbook| {
        let line = shipnote::export::json::runbook_line(&runbook);
        assert_eq!(serde_json::from_str::<Runbook>(&line).unwrap(), runbook);
        Ok(())
    });
    if let Some(text) = text(bytes) {
        match read_strict::<Draft>(text) {
            Ok(draft) => drafts.push(draft),
            Err(error) => assert!(error.line <= text.lines().count() + 1 && !error.rule.is_empty(), "{error}"),
        }
        if let Ok(map) = text.parse::<import::FieldMap>() {
            let _ = map.draft(&serde_json::json!({"a": [{"b": text}], "title": text}), "mapped");
        }
    }
    let map = "title=title,tags=labels.name,links=url,key=id".parse().unwrap();
    let _ = import::json::read_mapped(bytes, &map, "mapped", &mut |_, _| Ok(()));
    let _ = import::csv::read(bytes, &map, "mapped", &mut |_, _| Ok(()));
    drafts.into_iter().for_each(through_json_and_form);
}

fn through_json_and_form(draft: Draft) {
    let Ok((change, json)) = draft.validate_as_json(&defaults()) else { return };
    let again = read_strict::<Draft>(&json).unwrap_or_else(|error| panic!("{error}\n{json}"));
    assert_eq!(again.validate(&defaults()).as_ref(), Ok(&change));
    let written = form::write(&change);
    let read = form::read(&written).unwrap_or_else(|error| panic!("{error}\n{written}"));
    assert_eq!(read.validate(&defaults()).as_ref(), Ok(&change), "{written}");
    let mut quoted = false;
    let ends = |c: &char| {
        quoted ^= *c == '"';
        !quoted && *c == '\n'
    };
    assert_eq!(shipnote::export::csv::row(&change).chars().filter(ends).count(), 1, "{change:?}");
}

/// A form is read or refused with its line, and says so in itself without other changes; what it says is written as the same.
pub(crate) fn form(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    match form::read(text) {
        Ok(draft) => {
            form::template(&draft);
            assert_eq!(form::read(&form::with_error(text, "x")).as_ref(), Ok(&draft));
            through_json_and_form(draft);
        }
        Err(error) => {
            assert!(error.line <= text.split('\n').count() && !error.message.contains('\n'), "{error}");
            let marked = form::with_form_error(text, &error);
            assert_eq!(form::with_error(&marked, "x"), form::with_error(text, "x"));
        }
    }
}

/// The lines that flags take: a check, a quantity, a time, the beginning of an id.
pub(crate) fn line(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    if let Ok(check) = text.parse::<CheckDraft>() {
        let draft = Draft { title: Some("t".to_owned()), checks: vec![check], ..Draft::default() };
        if let Ok(change) = draft.validate(&defaults()) {
            let line = change.checks[0].to_string();
            let again = line.parse::<CheckDraft>().unwrap_or_else(|error| panic!("{error}\n{line}"));
            let draft = Draft { checks: vec![again], ..Draft::from(&change) };
            assert_eq!(draft.validate(&defaults()).unwrap().checks, change.checks, "{line}");
        }
    }
    if let Ok(metric) = text.parse::<shipnote::model::MetricDraft>() {
        let draft = Draft { title: Some("t".to_owned()), metrics: vec![metric], ..Draft::default() };
        through_json_and_form(draft);
    }
    let _ = shipnote::model::quantity(text);
    let _ = ChangeId::fold_prefix(text);
    if let Ok(time) = text.parse::<Timestamp>() {
        assert_eq!(time.to_string().parse::<Timestamp>(), Ok(time));
    }
    let slug = shipnote::model::slug(text);
    assert_eq!(shipnote::model::slug(&slug), slug);
}

/// A runbook is read or refused; what was read is written as the same. Its steps run what stands in it.
pub(crate) fn runbook(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    for step in form::runbook_steps(text) {
        assert!(!step.run.trim().is_empty() && !step.name.contains('\n'), "{step:?}");
    }
    let Ok(draft) = form::read_runbook(text) else { return };
    let written = form::write_runbook_draft(&draft);
    assert_eq!(form::read_runbook(&written).as_ref(), Ok(&draft), "{written}");
    let Ok(runbook) = draft.validate(now()) else { return };
    let again = form::read_runbook(&form::write_runbook(&runbook)).unwrap().validate(now()).unwrap();
    assert_eq!((again.title, again.tags, again.extra, again.body), {
        let Runbook { title, tags, extra, body, .. } = runbook;
        (title, tags, extra, body)
    });
}

/// A checklist has items, each with a key of its own.
pub(crate) fn checklist(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    if let Ok(list) = form::Checklist::read("mine", text) {
        assert!(list.open().len() == list.items.len() && !list.items.is_empty());
    }
}

/// YAML and TOML in front of documents of other tools: read or refused, in bounded memory.
pub(crate) fn front_matter(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    if let Ok(fields) = form::yaml(text) {
        assert!(nodes(&serde_json::Value::Object(fields)) <= 4000);
    }
    let place = import::markdown::Place { key: "docs/notes/a.md", folders: &[], committed: None };
    for text in [text.to_owned(), format!("---\n{text}\n---\n# T\n"), format!("+++\n{text}\n+++\n# T\n")] {
        if let Ok(import::markdown::Read { document: import::markdown::Document::Change(draft), .. }) =
            import::markdown::read(&text, &place)
        {
            through_json_and_form(*draft);
        }
    }
    let around = import::fragments::Around::default();
    for name in ["a.yaml", "brave-dogs.md", "123.bugfix.rst"] {
        let file = import::fragments::File { name, key: name, committed: None };
        if let Ok(Some(read)) = import::fragments::read(text, &file, &around) {
            through_json_and_form(read.draft);
        }
        let _ = import::fragments::types(name, text);
    }
}

fn nodes(value: &serde_json::Value) -> usize {
    match value {
        serde_json::Value::Array(values) => 1 + values.iter().map(nodes).sum::<usize>(),
        serde_json::Value::Object(fields) => 1 + fields.values().map(nodes).sum::<usize>(),
        _ => 1,
    }
}

/// Whatever a commit says, it is a record, and never one that holds more than a record may.
pub(crate) fn git_log(bytes: &[u8]) {
    let read = repo::read_printed(bytes, &mut |_, draft| {
        let hash = draft.commits.first().cloned().unwrap_or_default();
        if (4..=64).contains(&hash.len()) && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let change = draft.validate(&defaults()).unwrap_or_else(|invalid| panic!("{invalid}"));
            assert_eq!(change.commits.len(), 1);
        }
        Ok(())
    });
    assert!(read.is_ok());
}

/// Every entry of a changelog is a record with the line it stands in.
pub(crate) fn changelog(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let dates = HashMap::from([("1.2.3".to_owned(), now())]);
    let origin = import::changelog::Origin { key: "CHANGELOG.md", service: Some("orders"), dates: &dates };
    let lines = text.split('\n').count() as u64;
    let read = import::changelog::read(text, &origin, &mut |line, draft| {
        assert!((1..=lines).contains(&line), "line {line} of {lines}");
        // What has a NUL is refused, wherever it comes from.
        if !text.contains('\0') {
            draft.validate(&defaults()).unwrap_or_else(|invalid| panic!("{invalid}"));
        }
        Ok(())
    });
    assert!(read.is_ok());
    assert!(markup::web_addresses(text).len() <= text.len());
}

/// What is found is masked, what is masked is not found again, and a finding does not repeat it.
pub(crate) fn redact(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let findings = redact::scan_any(&text);
    let Some(masked) = redact::mask(text) else {
        assert_eq!(findings, []);
        return;
    };
    assert!(!findings.is_empty());
    assert_eq!(redact::scan_any(&masked), [], "{masked:?}");
    assert_eq!(redact::mask(&masked), None);
    assert!(findings.iter().all(|finding| finding.masked.contains("[masked")), "{findings:?}");
    if let Some(mut change) = change_of(text) {
        assert!(redact::mask_change(&mut change) && redact::scan(&change).is_empty());
    }
}

/// Markdown becomes HTML and Markdown that do nothing, whatever reads them.
pub(crate) fn markup(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    for html in [markup::to_html(text), markup::to_plain_html(text), markup::shell(text)] {
        assert_harmless(html.as_str());
    }
    let line = text.lines().next().unwrap_or_default();
    for quoted in [
        markup::quote(text),
        markup::code_block(text, "sh"),
        markup::code_span(text),
        markup::inline(text),
        markup::inline(&markup::plain(text, 200)),
        markup::inline(&markup::line(line, 200)),
    ] {
        let page = format!("before\n\n{quoted}\n\nafter\n");
        let mut html = String::new();
        let options = pulldown_cmark::Options::ENABLE_TABLES | pulldown_cmark::Options::ENABLE_STRIKETHROUGH;
        pulldown_cmark::html::push_html(&mut html, pulldown_cmark::Parser::new_ext(&page, options));
        // Nothing ours nests that deep; the parser of the test would take long.
        if html.matches("<blockquote>").count() < 1000 {
            assert_harmless(&html);
        }
        assert!(html.ends_with("<p>after</p>\n"), "{html:?} of {page:?}");
    }
    assert!(markup::plain(text, 50).chars().count() <= 51 && !markup::line(text, 50).contains('\n'));
    let (blocks, _) = markup::blocks(text);
    let lines = text.split('\n').count() as u64;
    assert!(blocks.iter().all(|block| (1..=lines).contains(&block.line)));
    markup::languages(text);
    markup::promoted(text, |title| title.len() % 2 == 0);
    markup::links(text);
}

/// Error text is read in bounds, the same line by line, and what identifies it is its own template.
pub(crate) fn error(bytes: &[u8]) {
    let read = query::read_error_bytes(bytes);
    assert!(read.headlines.len() <= 32 && read.features.len() <= 48);
    for headline in &read.headlines {
        assert!(headline.text.len() <= 600 && headline.template.len() <= 400 && !headline.template.is_empty());
        assert_eq!(query::error_template(&headline.template), headline.template);
    }
    assert!(read.features.iter().all(|feature| !feature.text.trim().is_empty() && feature.text.len() <= 4096));
    let mut reader = ErrorReader::default();
    bytes.split_inclusive(|byte| *byte == b'\n').for_each(|line| reader.line(line));
    assert_eq!(reader.finish(), read);
    if let Some(text) = text(bytes) {
        let once = query::error_template(text);
        assert_eq!(query::error_template(&once), once);
        if let Some(change) = change_of(text) {
            assert!(query::fingerprints(&change).len() <= 1000);
        }
    }
}
