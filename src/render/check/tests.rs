use std::time::Duration;

use super::*;
use crate::render::{embedded, view};

const WATCH: Watch = Watch { most: Duration::from_secs(20), memory: || None };

/// `html/change.html:1:4 what` for files given as name and text.
fn found(files: &[(&str, &str)]) -> Vec<String> {
    let own: Vec<_> = files
        .iter()
        .map(|(name, text)| TemplateFile { name: (*name).to_owned(), content: text.as_bytes().to_owned() })
        .collect();
    let shown = |problem: Problem| {
        let (line, column) = problem.place.unwrap_or_default();
        let message: String = problem.message.chars().take(60).collect();
        format!("{}:{line}:{column} {message}", problem.file)
    };
    check(&own, WATCH).into_iter().map(shown).collect()
}

#[test]
fn the_embedded_templates_pass_alone_and_as_a_projects_own() {
    assert_eq!(check(&[], WATCH), []);
    assert_eq!(check(&embedded(), WATCH), []);
    Renderer::new(&embedded()).unwrap().try_out(&[Format::Html, Format::Markdown], WATCH).unwrap();
}

#[test]
fn every_template_has_a_sample() {
    let samples = view::sample::all();
    for format in [Format::Html, Format::Markdown] {
        for (name, _) in embedded_texts(format) {
            let shown = samples.iter().filter(|sample| sample.template(format).as_deref() == Some(name)).count();
            let part = name.starts_with("base.") || name.starts_with("components.");
            assert!(part || shown >= 3, "{name} has no sample in render::view::sample::all");
        }
    }
}

#[test]
fn every_mistake_is_said_with_its_line() {
    let said = found(&[
        (
            "html/change.html",
            "{{ change.titel }}\n{% if change.oner %}{{ change.owner.nam }}{% endif %}\n{{ chnge.title }}",
        ),
        ("html/home.html", "{% for row in home.latest %}{{ row.titel }}\n{{ row.day | shuot }}{{ fly() }}{% endfor %}"),
        ("html/list.html", "a\n{% if list.name %}"),
        ("html/facets.html", "{{ <no_such_component /> }}{% include \"no-such.html\" %}"),
        ("html/runbook.html", "{% extends \"no-such.html\" %}"),
        ("html/atom.xml", "\n\n{{ feed.chnges }}"),
        ("markdown/change.md", "{{ change.title | markdown }}"),
        ("assets/style.css", "p {}\n@import url(https://example.com/x.css);"),
    ]);
    let expected = [
        "assets/style.css:2:1 @import loads another style sheet; published pages load noth",
        "html/atom.xml:3:9 Field `chnges` is not defined. Available fields: changes, pa",
        "html/change.html:1:11 Field `titel` is not defined. Available fields: assumptions,",
        "html/change.html:2:14 Field `oner` is not defined. Available fields: assumptions, ",
        "html/change.html:2:37 Field `nam` is not defined. Available fields: name, path",
        "html/change.html:3:4 Variable `chnge` is not defined",
        "html/facets.html:1:4 Unknown component `no_such_component`",
        "html/facets.html:1:39 Unknown template `no-such.html`",
        "html/home.html:1:36 Field `titel` is not defined. Available fields: day, id, kin",
        "html/home.html:2:14 Unknown filter `shuot`",
        "html/home.html:2:25 Unknown function `fly`",
        "html/list.html:2:19 Unexpected end of input",
        "html/runbook.html:0:0 Template 'runbook.html' is inheriting from 'no-such.html', w",
        "markdown/change.md:1:19 Unknown filter `markdown`",
    ];
    assert_eq!(said, expected);
}

#[test]
fn what_shows_only_on_some_records_is_found() {
    let said = found(&[("html/change.html", "{{ change.owner.name }}")]);
    assert_eq!(said.len(), 1);
    assert!(said[0].starts_with("html/change.html:1:17 Field `name` is not defined"), "{said:?}");
    let said = found(&[("html/change.html", "{{ change.title | safe }}")]);
    assert!(said[0].starts_with("html/change.html:0:0 text of a record reaches the page unescaped"), "{said:?}");
}

#[test]
fn what_is_right_is_not_refused() {
    let change = r#"{% extends "default/change.html" %}
{% block content %}{{ super() }}{% set n = change.tags | length %}{% set_global m = n %}{{ m + 1 }}
{% for tag in change.tags %}{{ tag.name }} {{ loop.index }}{% else %}none{% endfor %}
{% if change.owner and change.owner.name == "x" or not change.tags %}{{ [t.name for t in change.tags] | join(sep=", ") }}{% endif %}
{{ change.from_the_future is defined }} {{ change.also | default(value="-") }} {{ change.owner?.name | default(value="") }}
{% for key, value in site %}{{ key }}{% endfor %}{{ <mine title={change.title} /> }}{{ site.views }}{% endblock %}"#;
    let base = r#"{% extends "default/base.html" %}{% block head %}{% for  a
in site.links %}{% include "part.html" %}{% endfor %}{% set n = 1 %}{% include "part.html" %}{% endblock %}"#;
    let part = "{% if n is defined %}{{ n }}{% endif %}{% if a is defined %}{{ a.title }}{% endif %}";
    let shared = "{% component mine(title: string, extra: string = \"a.b\") %}{{ title | upper }}{{ extra }}{% endcomponent mine %}";
    assert_eq!(
        found(&[
            ("html/change.html", change),
            ("html/mine.html", shared),
            ("html/base.html", base),
            ("html/part.html", part)
        ]),
        [] as [&str; 0]
    );
}

#[test]
fn what_runs_away_is_given_up() {
    let quick = Watch { most: Duration::from_millis(300), memory: || None };
    let endless = "{% set xs = range(end=100000) %}{% for a in xs %}{% for b in xs %}{% for c in xs %}{% endfor %}{% endfor %}{% endfor %}";
    let own = [TemplateFile { name: "html/change.html".to_owned(), content: endless.into() }];
    let problems = check(&own, quick);
    assert_eq!(problems.len(), 1);
    assert!(problems[0].message.contains("does a loop end"), "{problems:?}");
    let renderer = Renderer::new(&own).unwrap();
    assert!(renderer.try_out(&[Format::Html], quick).is_err());
    renderer.try_out(&[Format::Markdown], quick).unwrap();
}

#[test]
fn what_is_too_long_is_refused_and_what_recurs_ends() {
    let long = "{% set xs = range(end=100000) %}{% for a in xs %}{% for b in xs %}0123456789012345678901234567890123456789012345678901234567890123456789{% endfor %}{% endfor %}";
    let again = "{{ <again id={change.id} /> }}{% component again(id) %}{{ <again id={id} /> }}{{ <again id={id} /> }}{% endcomponent again %}";
    let deep = format!("{{{{ {}1{} }}}}", "(".repeat(10_000), ")".repeat(10_000));
    let not = format!("{{% if {} a %}}{{% endif %}}", "not ".repeat(10_000));
    let nested = "{% if site %}".repeat(10_000);
    let range = "{% for a in range(end=1000000000) %}{% endfor %}";
    let myself = "{% include \"change.html\" %}";
    for (text, reason) in [
        (long, "longer than 256 MiB"),
        (again, "recursion depth"),
        (&deep, "too complex"),
        (&not, "consecutively"),
        (&nested, "too deep"),
        (range, "exceeds the limit"),
        (myself, "Circular include"),
    ] {
        let own = [TemplateFile { name: "html/change.html".to_owned(), content: text.into() }];
        let problems = check(&own, WATCH);
        assert!(problems.iter().any(|problem| problem.message.contains(reason)), "{reason}: {problems:?}");
    }
}

/// Rows of everything the language can chain: the thread that reads them must not run out of stack.
#[test]
fn long_rows_of_anything_end() {
    let many = 50_000;
    for (before, piece, after) in [
        ("{{ site", ".b", " }}"),
        ("{{ site", "[0]", " }}"),
        ("{{ site.title", " | upper", " }}"),
        ("{{ 1", " ~ 1", " }}"),
        ("{{ 1", " ** 1", " }}"),
        ("{{ 1", " if 1 else 1", " }}"),
        ("{{ ", "- ", "1 }}"),
        ("{{ ", "[", " }}"),
        ("{{ ", "{\"a\": ", " }}"),
        ("{{ ", "range(end=", " }}"),
        ("{{ 1 ", "is ", " }}"),
        ("", "{% set x %}", ""),
        ("", "{% filter upper %}", ""),
        ("", "{% for a in b %}", ""),
        ("", "{% raw %}", ""),
        ("", "{% <status> %}", ""),
        ("{% block a %}", "{% block b %}", ""),
        ("", "{#", ""),
    ] {
        let text = format!("{before}{}{after}", piece.repeat(many));
        let own = [TemplateFile { name: "html/change.html".to_owned(), content: text.into() }];
        check(&own, WATCH);
        drop(Renderer::new(&own));
    }
}

/// As deep as the bounds let a template go: components within components, each behind a row of files.
#[test]
fn the_deepest_there_can_be_fits_the_stack() {
    let mut files: Vec<(String, String)> =
        (0..18).map(|n| (format!("html/f{n}.html"), format!("{{% include \"f{}.html\" %}}", n + 1))).collect();
    files.push(("html/f18.html".to_owned(), "{{ <again /> }}".to_owned()));
    let again = "{% component again() %}{% include \"f0.html\" %}{% endcomponent again %}";
    files.push(("html/again.html".to_owned(), again.to_owned()));
    files.push(("html/home.html".to_owned(), "{{ <again /> }}".to_owned()));
    let own: Vec<_> = files.into_iter().map(|(name, text)| TemplateFile { name, content: text.into_bytes() }).collect();
    let problems = check(&own, WATCH);
    assert!(problems.iter().all(|problem| problem.message.contains("recursion depth")), "{problems:?}");
    assert!(!problems.is_empty());
}
