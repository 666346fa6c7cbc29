//! A project's own templates and the look of its site: what the commands say, what is refused, and that the site stays.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

mod support;

use shipnote::render::embedded;
use support::files;
use support::project::Project;

fn demo() -> Project {
    let project = Project::new();
    project.write("change.json", include_str!("../data/demo/01-health-endpoint.json"));
    project.ok(["log", "--quiet", "--from", "change.json"]);
    project.write("restart.md", include_str!("../data/runbooks/billing-certificate.md"));
    project.ok(["runbook", "import", "restart.md"]);
    project
}

/// The settings of a site.
fn site(project: &Project, settings: &str) {
    project.write("shipnote.toml", &format!("[site]\n{settings}\n"));
}

#[test]
fn templates_are_listed_exported_and_checked() {
    let project = demo();
    let mut said = String::new();
    said += &project.run(["templates", "export", "change.html"]);
    said += &project.run(["templates", "export", "change.html"]);
    said += &project.run(["templates", "export", "html/nothing.html"]);
    project.write("templates/html/home.html", "mine");
    said += &project.run(["templates", "export", "home.html", "--force"]);
    project.write("templates/assets/logo.svg", "<svg/>");
    said += &project.run(["templates", "check"]);
    project.write("templates/html/list.html", "{{ list.nme }}\n{{ list.name | shuot }}");
    project.write("templates/markdown/home.md", "{% if home.total %}");
    said += &project.run(["templates", "check"]);
    said += &project.run(["templates", "check", "--json"]);
    insta::assert_snapshot!("templates_are_exported_and_checked", said);
    let list = project.json(["templates", "list", "--json"]);
    let file = |name: &str| list["templates"].as_array().unwrap().iter().find(|file| file["name"] == name).unwrap();
    assert_eq!(
        (&file("html/change.html")["project"], &file("html/change.html")["embedded"]),
        (&true.into(), &true.into())
    );
    assert_eq!(file("html/base.html")["project"], false);
    assert_eq!(file("assets/logo.svg")["embedded"], false);
    assert!(project.ok(["templates", "list"]).contains("assets/style.css"));
}

#[test]
#[cfg(unix)]
fn a_link_that_leads_out_of_the_templates_is_refused() {
    let project = demo();
    project.write("secret.html", "{{ site.title }}");
    project.write("templates/html/home.html", "mine");
    std::os::unix::fs::symlink(project.path("secret.html"), project.path("templates/html/list.html")).unwrap();
    for args in [["templates", "check"], ["templates", "list"], ["publish", "--quiet"]] {
        let error = project.refused(args);
        assert!(error.contains("list.html leads out of") && error.contains("put the file itself there"), "{error}");
    }
}

#[test]
fn exporting_everything_changes_nothing_and_keeps_what_is_there() {
    let project = demo();
    project.ok(["publish"]);
    let before = files(&project.path("site"));
    project.write("templates/html/base.html", "mine");
    project.ok(["templates", "export"]);
    assert_eq!(project.read("templates/html/base.html"), "mine");
    project.ok(["templates", "export", "--force"]);
    for file in embedded() {
        assert_eq!(project.read(&format!("templates/{}", file.name)).as_bytes(), file.content, "{}", file.name);
    }
    project.ok(["templates", "check"]);
    project.ok(["publish"]);
    assert_eq!(files(&project.path("site")), before);
}

#[test]
fn every_template_can_be_replaced() {
    let project = demo();
    for file in embedded() {
        let mark = format!("MARK {}", file.name);
        match file.name.as_str() {
            "html/components.html" => project.write(
                "templates/html/components.html",
                "{% component status(name: string) %}<b>MARK html/components.html</b>{% endcomponent status %}",
            ),
            "markdown/components.md" => project.write(
                "templates/markdown/components.md",
                "{% component rows(rows: array, root: string) %}MARK markdown/components.md{% endcomponent rows %}",
            ),
            "html/base.html" => project.write(
                "templates/html/base.html",
                &format!("{{% extends \"default/base.html\" %}}{{% block footer %}}{mark}{{% endblock %}}"),
            ),
            name if name.ends_with(".xml") || name.starts_with("assets/") => {
                project.write(&format!("templates/{name}"), &mark);
            }
            // An include shows the file alone, without what it extends.
            name if name.starts_with("html/") && !name.ends_with("feed_content.html") => project.write(
                &format!("templates/{name}"),
                &format!(
                    "{{% extends \"default/{}\" %}}{{% block content %}}{mark}{{{{ super() }}}}{{% endblock %}}",
                    &name["html/".len()..]
                ),
            ),
            name => project.write(
                &format!("templates/{name}"),
                &format!("{mark}{{% include \"default/{}\" %}}", name.split_once('/').unwrap().1),
            ),
        }
    }
    project.ok(["templates", "check"]);
    project.ok(["publish", "--base-url", "https://runbooks.example.com/"]);
    let all: String = files(&project.path("site"))
        .into_values()
        .map(|content| String::from_utf8_lossy(&content).into_owned())
        .collect();
    for file in embedded() {
        assert!(all.contains(&format!("MARK {}", file.name)), "{}", file.name);
    }
}

#[test]
fn colour_style_sheet_and_links_come_from_the_settings() {
    let project = demo();
    project.write("brand.css", "h1 { letter-spacing: 0 } a { background: url(logo.svg) }");
    site(
        &project,
        "accent = \"#d4e157\"\ncss = \"brand.css\"\nlinks = [\"Wiki & more = https://wiki.example.com/?a=b\", \"Map = map.html\"]",
    );
    project.ok(["publish"]);
    let page = project.read("site/tags/index.html");
    let sheets = ["../assets/style.css", "../assets/shipnote-accent.css", "../assets/shipnote-extra.css"];
    let places: Vec<_> = sheets.iter().map(|sheet| page.find(sheet).unwrap_or_else(|| panic!("{sheet}"))).collect();
    assert!(places.is_sorted(), "the project's own comes last");
    assert!(page.contains("<a href=\"https://wiki.example.com/?a=b\">Wiki &amp; more</a>"));
    assert!(page.contains("<a href=\"../map.html\">Map</a>"));
    let accent = project.read("site/assets/shipnote-accent.css");
    assert!(accent.contains(", #d4e157); --accent-ground"), "{accent}");
    assert!(!page.contains(" style="));
    let shown = project.ok(["config"]);
    assert!(shown.contains("site.accent = #d4e157") && shown.contains("Map = map.html"), "{shown}");
    assert_eq!(project.json(["config", "--json"])["site.links"]["value"][1], "Map = map.html");
    site(&project, "");
    project.ok(["publish"]);
    assert!(!project.path("site/assets/shipnote-accent.css").exists());
    assert!(!project.read("site/tags/index.html").contains("shipnote-accent"));
}

#[test]
fn a_setting_that_cannot_be_used_is_named_with_its_file() {
    let project = demo();
    project.write("far.css", "p {}\n@import url(https://example.com/a.css);");
    let mut said = String::new();
    for settings in [
        "accent = \"teal\"",
        "css = \"far.css\"",
        "css = \"none.css\"",
        "links = [\"Wiki = javascript:alert(1)\"]",
        "links = [\"https://wiki.example.com/\"]",
        "links = [1]",
        "links = 1",
    ] {
        site(&project, settings);
        said += &project.run(["publish"]);
    }
    insta::assert_snapshot!("settings_that_cannot_be_used", said);
    assert!(!project.path("site").exists());
}

#[test]
fn what_runs_away_leaves_the_site_as_it_was() {
    let project = demo();
    project.ok(["publish"]);
    let before = files(&project.path("site"));
    let loops = "{% set xs = range(end=100000) %}{% for a in xs %}{% for b in xs %}";
    for (text, reason) in [
        (format!("{loops}0123456789012345678901234567890123456789{{% endfor %}}{{% endfor %}}"), "longer than 256 MiB"),
        ("{% for a in range(end=1000000000) %}{% endfor %}".to_owned(), "exceeds the limit"),
        ("{% include \"home.html\" %}".to_owned(), "Circular include"),
        ("{% extends \"default/home.html\" %}{% block content %}{{ super() }}{% block x %}{% block content %}{% endblock %}{% endblock %}{% endblock %}".to_owned(), "home.html"),
        (format!("{{% if site %}}{}{{% endif %}}", "{% elif site %}".repeat(50_000)), "more than 100 `elif`"),
        (format!("{{{{ {}1{} }}}}", "(".repeat(10_000), ")".repeat(10_000)), "too complex"),
        ("{{ home.totl }}".to_owned(), "Field `totl`"),
        ("{% include \"/etc/passwd\" %}".to_owned(), "Unknown template"),
        ("{% include \"../../shipnote.toml\" %}".to_owned(), "Unknown template"),
    ] {
        project.write("templates/html/home.html", &text);
        let error = project.refused(["publish"]);
        assert!(error.contains(reason) && error.contains("hint:"), "{reason}: {}", &error[..error.len().min(1000)]);
        assert_eq!(files(&project.path("site")), before, "{reason}");
    }
}

/// A text that grows in a loop, and one that is gathered where no page is written: memory is watched.
#[test]
#[cfg(target_os = "linux")]
fn what_eats_memory_is_given_up() {
    let project = demo();
    let doubled = "{% set s = site.title %}{% for i in range(end=60) %}{% set_global s = s ~ s %}{% endfor %}";
    project.write("templates/html/home.html", doubled);
    let output = project.shipnote(["publish"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("too much memory"), "{said}");
}
