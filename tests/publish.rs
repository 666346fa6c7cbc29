//! The published site: every link leads somewhere, nothing from a record acts, and the same records give the same bytes.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

mod support;

use std::collections::BTreeSet;
use std::path::Path;

use proptest::prelude::*;
use pulldown_cmark::{Event, Parser, Tag};
use shipnote::model::{Change, Draft};
use shipnote::publish::{Options, Report, publish};
use shipnote::query::Expr;
use shipnote::record::Recorder;
use shipnote::render::Format;
use shipnote::store::{SqliteStore, Store};
use support::arbitrary::{arb_change, defaults};
use support::files;
use support::project::Project;

fn store_of(folder: &Path, changes: &[Change]) -> SqliteStore {
    let mut store = SqliteStore::open_or_create(&folder.join("shipnote.db")).unwrap();
    let mut recorder = Recorder::new(&mut store, "oncall".into(), defaults().now);
    let mut source = |each: &mut dyn FnMut(u64, Draft) -> anyhow::Result<()>| {
        for (place, change) in (1..).zip(changes) {
            each(place, Draft::from(change))?;
        }
        Ok(())
    };
    recorder.import(&shipnote::record::ImportOptions::default(), &mut source).unwrap();
    store
}

fn options() -> Options {
    Options { title: "Changes & runbooks".into(), formats: vec![Format::Html, Format::Markdown], ..Options::default() }
}

fn write_site(store: &SqliteStore, folder: &Path) -> Report {
    publish(store, &options(), folder, &mut |_, _| {}).unwrap()
}

/// Where a relative link on a page leads.
fn target(page: &str, link: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in link.split('#').next().unwrap().split('/') {
        match part {
            ".." => assert!(parts.pop().is_some(), "{link} on {page} leads out of the site"),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Names of elements, and the attributes with their values, as a browser would read them from our pages: every `<` begins
/// a tag and every value is quoted.
fn tags(html: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        let end = rest[start..].find('>').expect("a tag is closed") + start;
        let tag = rest[start + 1..end].trim_end_matches('/');
        rest = &rest[end + 1..];
        if tag.starts_with('/') || tag.starts_with('!') {
            continue;
        }
        let (name, mut attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut found = Vec::new();
        while !attributes.trim().is_empty() {
            let attribute = attributes.trim_start();
            let (key, value) = match attribute.split_once('=') {
                Some((key, value)) if !key.contains(' ') => {
                    let (value, behind) = value.strip_prefix('"').expect("a quoted value").split_once('"').unwrap();
                    attributes = behind;
                    (key, value)
                }
                _ => {
                    let (key, behind) = attribute.split_once(' ').unwrap_or((attribute, ""));
                    attributes = behind;
                    (key, "")
                }
            };
            found.push((key.to_owned(), value.to_owned()));
        }
        tags.push((name.to_owned(), found));
    }
    tags
}

fn check_html(name: &str, html: &str, known: &BTreeSet<&str>) {
    for (tag, attributes) in tags(html) {
        for banned in ["iframe", "object", "embed", "base", "form", "style", "img", "input", "audio", "video"] {
            assert_ne!(tag, banned, "{name}");
        }
        for (key, value) in attributes {
            assert!(!key.starts_with("on") && key != "style" && key != "srcset", "{name}: {key} on {tag}");
            if key == "src" {
                assert!(value.ends_with(".js") && known.contains(target(name, &value).as_str()), "{name}: {value}");
            }
            if key == "href" {
                // The address of a record's own Markdown link within the site is the author's.
                let scheme = value.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
                match scheme.as_deref() {
                    Some("http" | "https" | "mailto") => {}
                    Some(other) => panic!("{name}: a link to {other}:"),
                    None if value.starts_with('#') => {
                        assert!(html.contains(&format!("id=\"{}\"", &value[1..])), "{name}: {value}");
                    }
                    None => assert!(known.contains(target(name, &value).as_str()), "{name}: {value}"),
                }
            }
        }
    }
}

fn check_markdown(name: &str, text: &str, known: &BTreeSet<&str>) {
    for event in Parser::new(text) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => panic!("{name}: raw HTML {html}"),
            Event::Start(Tag::Image { dest_url, .. }) => panic!("{name}: a picture {dest_url}"),
            Event::Start(Tag::Link { dest_url, .. }) => {
                let scheme = dest_url.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
                match scheme.as_deref() {
                    Some("http" | "https" | "mailto") => {}
                    Some(other) => panic!("{name}: a link to {other}:"),
                    None => assert!(known.contains(target(name, &dest_url).as_str()), "{name}: {dest_url}"),
                }
            }
            _ => {}
        }
    }
}

/// A piece of the index is one call with data: whatever a record says, it is a string in it.
fn check_index(name: &str, script: &str) {
    let data = script.strip_prefix(&format!("shipnoteSearch(\"{name}\",")).and_then(|rest| rest.strip_suffix(");\n"));
    let data = data.unwrap_or_else(|| panic!("{name}: {script}"));
    serde_json::from_str::<serde_json::Value>(data).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(script.is_ascii() && !script.contains('<'), "{name}: {script}");
}

fn check_site(folder: &Path) {
    let files = files(folder);
    let known: BTreeSet<&str> = files.keys().map(String::as_str).collect();
    assert!(known.contains("index.html") && known.contains("index.md") && known.contains("assets/style.css"));
    for (name, content) in &files {
        let text = String::from_utf8(content.clone()).unwrap();
        if name.ends_with(".html") {
            check_html(name, &text, &known);
            let twin = format!("{}.md", name.trim_end_matches(".html"));
            assert!(name == "404.html" || known.contains(twin.as_str()), "{name} has a twin");
        } else if name.ends_with(".md") {
            check_markdown(name, &text, &known);
        } else if name.ends_with(".xml") || name.ends_with(".svg") {
            roxmltree::Document::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        } else if let Some(piece) = name.strip_prefix("search/") {
            check_index(piece.trim_end_matches(".js"), &text);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Over adversarial text in every field: links lead to pages, records bring no markup, writing again changes nothing
    /// and gives what a new folder gets.
    #[test]
    fn a_site_holds_anything(changes in proptest::collection::vec(arb_change(), 0..6)) {
        let work = tempfile::tempdir().unwrap();
        let mut changes = changes;
        changes.dedup_by(|one, other| one.id == other.id || one.source.key == other.source.key);
        let mut ids = BTreeSet::new();
        changes.retain(|change| ids.insert(change.id.clone()));
        let mut keys = BTreeSet::new();
        changes.retain(|change| change.source.key.is_none() || keys.insert(change.source.clone().key));
        let store = store_of(work.path(), &changes);
        let (site, cold) = (work.path().join("site"), work.path().join("cold"));
        let first = write_site(&store, &site);
        prop_assert_eq!(first.changes, changes.len() as u64);
        check_site(&site);
        let second = write_site(&store, &site);
        prop_assert_eq!(second.written.changed, 0);
        write_site(&store, &cold);
        prop_assert_eq!(files(&site), files(&cold));
    }
}

fn demo() -> (Project, SqliteStore) {
    let project = Project::new();
    let mut names: Vec<_> = std::fs::read_dir("data/demo").unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    for name in names {
        let path = std::path::absolute(name).unwrap();
        project.ok(["log", "--quiet", "--from", path.to_str().unwrap()]);
    }
    let store = SqliteStore::open(&project.path(".shipnote/shipnote.db")).unwrap();
    (project, store)
}

#[test]
fn the_site_of_the_demo_holds_together() {
    let (project, store) = demo();
    write_site(&store, &project.path("site"));
    check_site(&project.path("site"));
    let change = project.read("site/changes/k7m2xq9dwv4p.html");
    let place = |text: &str| change.find(text).unwrap_or_else(|| panic!("{text} is on the page"));
    // Owner, expected result and rollback stand together, before everything else.
    let order = [
        "id=\"owner\"",
        "id=\"expected\"",
        "id=\"rollback\"",
        "id=\"before\"",
        "id=\"repeat\"",
        "id=\"prove\"",
        "id=\"undo\"",
    ];
    assert!(order.is_sorted_by_key(|text| place(text)), "{order:?}");
    // Without tags: commands are told into their parts.
    let runbook = project.read("site/services/orders.html");
    let runbook: String = runbook.split('<').filter_map(|piece| Some(piece.split_once('>')?.1)).collect();
    for text in ["ReadTimeout", "Cured by", "alembic upgrade head", "pytest -q", "ORDER_CACHE=off"] {
        assert!(runbook.contains(text), "{text}");
    }
    insta::assert_snapshot!("a_change_page_as_markdown", project.read("site/changes/k7m2xq9dwv4p.md"));
    insta::assert_snapshot!("a_runbook_page_as_markdown", project.read("site/services/gateway.md"));
    insta::assert_snapshot!("the_home_page_as_markdown", project.read("site/index.md"));
}

#[test]
fn an_edit_touches_the_pages_it_is_on_and_a_deletion_removes_them() {
    let (project, store) = demo();
    let site = project.path("site");
    write_site(&store, &site);
    let before = files(&site);
    project.ok(["edit", "k7m2xq9dwv4p", "--tag", "orders-api", "--expected", "p95 under 150 ms"]);
    write_site(&store, &site);
    let after = files(&site);
    let mut differing: Vec<_> =
        after.keys().filter(|name| before.get(*name) != after.get(*name)).map(String::as_str).collect();
    // The new tag is a facet of search; which files have its terms is a matter of size.
    assert!(differing.contains(&"search/0/f-0.js"));
    differing.retain(|name| !name.ends_with(".md") && !name.starts_with("search/"));
    let expected = [
        "atom.xml",
        "changes/k7m2xq9dwv4p.html",
        "feed.json",
        "index.html",
        "services/orders.xml",
        "tags/index.html",
        "tags/orders-api.html",
    ];
    assert_eq!(differing, expected);
    project.ok(["delete", "k7m2xq9dwv4p", "--reason", "a test"]);
    write_site(&store, &site);
    check_site(&site);
    assert!(!site.join("changes/k7m2xq9dwv4p.html").exists() && !site.join("tags/orders-api.html").exists());
}

#[test]
fn a_long_list_has_a_page_per_month() {
    let project = Project::new();
    let lines: Vec<String> = (0..260)
        .map(|n| {
            let month = 1 + n % 6;
            format!(r#"{{"title": "change {n}", "owner": "oncall", "shipped_at": "2026-{month:02}-03"}}"#)
        })
        .collect();
    project.write("changes.jsonl", &lines.join("\n"));
    project.ok(["import", "json", "changes.jsonl"]);
    project.ok(["publish"]);
    check_site(&project.path("site"));
    let front = project.read("site/owners/oncall.html");
    assert_eq!(front.matches("<li class=\"row").count(), 50);
    let months: usize = (1..=6)
        .map(|month| {
            project.read(&format!("site/owners/oncall/2026-{month:02}.html")).matches("<li class=\"row").count()
        })
        .sum();
    assert_eq!(months, 260);
}

#[test]
fn a_base_url_makes_the_feed_and_the_pages_say_where_they_are() {
    let (project, _) = demo();
    project.ok(["publish", "--base-url", "https://runbooks.example.com/team"]);
    let feed = project.read("site/atom.xml");
    let feed = roxmltree::Document::parse(&feed).unwrap();
    let links: Vec<_> = feed.descendants().filter_map(|node| node.attribute("href")).collect();
    assert!(
        links.len() > 10 && links.iter().all(|link| link.starts_with("https://runbooks.example.com/team/")),
        "{links:?}"
    );
    let page = project.read("site/owners/oncall.html");
    assert!(page.contains(r#"<link rel="canonical" href="https://runbooks.example.com/team/owners/oncall.html">"#));
}

/// The feeds as a feed reader reads them.
#[test]
fn feeds_are_read_by_a_feed_reader() {
    let (project, _) = demo();
    for address in ["", "https://runbooks.example.com/team/"] {
        match address {
            "" => project.ok(["publish"]),
            address => project.ok(["publish", "--base-url", address]),
        };
        for (name, entries) in [("atom.xml", 9), ("feed.json", 9), ("services/orders.xml", 4)] {
            let text = project.read(&format!("site/{name}"));
            let parser = feed_rs::parser::Builder::new().base_uri(Some("https://runbooks.example.com/here/")).build();
            let feed = parser.parse(text.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(feed.entries.len(), entries, "{name}");
            assert!(feed.title.is_some(), "{name}");
            for entry in &feed.entries {
                assert!(entry.title.is_some() && entry.published.is_some() && entry.updated.is_some(), "{name}");
                let link = &entry.links[0].href;
                assert!(link.contains("changes/") && link.ends_with(".html"), "{name}: {link}");
                assert!(address.is_empty() || link.starts_with(address), "{name}: {link}");
                let content = entry.content.as_ref().and_then(|content| content.body.as_deref()).unwrap_or_default();
                assert!(content.contains("<p>") && !content.contains("<script"), "{name}: {content}");
            }
        }
    }
}

/// <https://www.sitemaps.org/protocol.html>: an index of maps, each of whole addresses that have a page, every change once.
#[test]
fn site_maps_lead_to_every_change() {
    let (project, store) = demo();
    project.ok(["publish"]);
    assert!(!project.path("site/sitemap.xml").exists(), "there is none without a base URL");
    project.ok(["publish", "--base-url", "https://runbooks.example.com/team"]);
    let read = |name: &str, element: &str, entry: &str| -> Vec<String> {
        let text = project.read(&format!("site/{name}"));
        let map = roxmltree::Document::parse(&text).unwrap();
        let space = "http://www.sitemaps.org/schemas/sitemap/0.9";
        assert!(map.root_element().has_tag_name((space, element)), "{name}");
        let entries = map.root_element().children().filter(roxmltree::Node::is_element);
        let location = |node: roxmltree::Node<'_, '_>| {
            assert!(node.has_tag_name((space, entry)), "{name}");
            let location = node.children().find(|child| child.has_tag_name((space, "loc"))).unwrap().text().unwrap();
            location.strip_prefix("https://runbooks.example.com/team/").unwrap().to_owned()
        };
        entries.map(location).collect()
    };
    let maps = read("sitemap.xml", "sitemapindex", "sitemap");
    let pages: Vec<String> = maps.iter().flat_map(|map| read(map, "urlset", "url")).collect();
    assert!(pages.iter().all(|page| project.path(&format!("site/{page}")).is_file()));
    assert_eq!(
        pages.iter().filter(|page| page.starts_with("changes/")).count() as u64,
        store.count(&Expr::Everything).unwrap()
    );
    assert!(
        ["index.html", "services/orders.html", "tags/index.html"]
            .iter()
            .all(|page| pages.iter().any(|other| other == page))
    );
}

#[test]
fn only_the_form_that_was_asked_for_is_written() {
    let (project, _) = demo();
    project.ok(["publish", "--format", "markdown", "--out", "wiki"]);
    assert!(
        files(&project.path("wiki"))
            .keys()
            .all(|name| name.ends_with(".md") || name == ".shipnote-site" || name == "llms.txt")
    );
    project.ok(["publish", "--format", "html", "--out", "html"]);
    let html = files(&project.path("html"));
    assert!(!html.keys().any(|name| name.ends_with(".md")));
    assert!(!String::from_utf8_lossy(&html["index.html"]).contains(".md"));
    // The other form goes away when it is no longer asked for.
    project.ok(["publish", "--format", "markdown", "--out", "html"]);
    assert!(!project.path("html/index.html").exists() && project.path("html/index.md").exists());
}

#[test]
fn a_project_can_have_templates_of_its_own() {
    let (project, _) = demo();
    project.write(
        "templates/html/change.html",
        "{% extends \"default/change.html\" %}{% block content %}{{ super() }}<p>Ask {{ change.owner.name }}.</p>{% endblock %}",
    );
    project.write("templates/assets/style.css", "body { color: teal }");
    project.ok(["publish"]);
    check_site(&project.path("site"));
    let page = project.read("site/changes/k7m2xq9dwv4p.html");
    assert!(page.contains("<p>Ask team-orders.</p>") && page.contains("id=\"rollback\""));
    assert_eq!(project.read("site/assets/style.css"), "body { color: teal }");
    assert!(project.path("site/assets/shipnote.js").exists());
}

#[test]
fn a_template_that_is_wrong_is_named_and_the_site_stays_as_it_was() {
    let (project, _) = demo();
    project.ok(["publish"]);
    let before = files(&project.path("site"));
    let mut said = String::new();
    for text in [
        "{{ change.titel }}",
        "{% if %}",
        "{{ get_env(name=\"HOME\") }}",
        "{% include \"change.html\" %}",
        "{% extends \"change.html\" %}",
        "{{ <again id={change.id} /> }}{% component again(id) %}{{ <again id={id} /> }}{% endcomponent again %}",
    ] {
        project.write("templates/html/change.html", text);
        said += &project.run(["publish"]);
    }
    insta::assert_snapshot!("templates_that_are_wrong", said);
    let deep = format!("{{{{ {}1{} }}}}", "(".repeat(10_000), ")".repeat(10_000));
    project.write("templates/html/change.html", &deep);
    let error = project.refused(["publish"]);
    assert!(error.contains("html/change.html") && error.len() < 5_000, "{}", &error[..1000]);
    assert_eq!(files(&project.path("site")), before);
}

#[test]
fn what_cannot_be_published_to_is_refused() {
    let (project, _) = demo();
    project.write("docs/thesis.md", "years of work");
    let mut said = String::new();
    said += &project.run(["publish", "--out", "docs"]);
    said += &project.run(["publish", "--out", "."]);
    said += &project.run(["publish", "--out", "docs/thesis.md"]);
    said += &project.run(["publish", "--out", "/"]);
    said += &project.run(["publish", "--out", "docs/../"]);
    std::fs::create_dir_all(project.path("other/.git")).unwrap();
    said += &project.run(["publish", "--out", "other"]);
    #[cfg(unix)]
    {
        std::fs::create_dir_all(project.path("elsewhere")).unwrap();
        std::os::unix::fs::symlink(project.path("elsewhere"), project.path("link")).unwrap();
        said += &project.run(["publish", "--out", "link"]);
        said += &project.run(["publish", "--out", "link/site"]);
        assert!(project.path("elsewhere").read_dir().unwrap().next().is_none());
    }
    said += &project.run(["publish", "--base-url", "runbooks.example.com"]);
    said += &project.run(["publish", "--format", "pdf"]);
    insta::assert_snapshot!("folders_that_are_not_ours", said);
    assert_eq!(project.read("docs/thesis.md"), "years of work");
}

/// What somebody pastes into a record to see whether a page runs it.
#[test]
fn hostile_text_is_text() {
    let project = Project::new();
    let hostile = [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "\"><svg onload=alert(1)>",
        "{{ get_env(name=\"HOME\") }}",
        "{% include \"/etc/passwd\" %}",
        "]]></title><script>",
        "</code></pre><script>",
        "\u{202e}gnp.exe",
        "' onmouseover='x",
    ];
    for (n, text) in hostile.iter().enumerate() {
        let key = n.to_string();
        let mut command =
            project.shipnote(["log", text, "--key", &key, "--metric", &format!("{text} p95: 1 ms -> 2 ms")]);
        for flag in [
            "--reason",
            "--owner",
            "--expected",
            "--rollback",
            "--rollback-command",
            "--route",
            "--input",
            "--symptom",
            "--location",
            "--baseline-command",
            "--assumption",
            "--service",
            "--env",
            "--tag",
            "--file",
            "--command",
        ] {
            command.args([flag, text]);
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    project.ok(["publish"]);
    let site = project.path("site");
    check_site(&site);
    for (name, content) in files(&site) {
        let text = String::from_utf8(content).unwrap();
        assert!(!text.contains('\u{202e}'), "{name} hides a mark");
        assert!(!text.contains("root:x:"), "{name}");
    }
    let home = project.read("site/index.html");
    assert!(home.contains("{{ get_env(name=&quot;HOME&quot;) }}"), "shown as it is");
}
