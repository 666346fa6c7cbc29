//! The reference of what templates see, from the doc comments of `src/render/view`: no build of shipnote has to carry it.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use shipnote::render::{FILTERS, Format, view};

struct View {
    name: String,
    meaning: String,
    /// The variable that holds it, of a page.
    variable: Option<String>,
    /// Name, type, meaning.
    fields: Vec<[String; 3]>,
}

/// Every struct of the view files, in the order of the files.
fn read() -> Vec<View> {
    let folder = PathBuf::from("src/render/view");
    let mut files: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.is_file() && !path.ends_with("sample.rs"));
    files.sort();
    files.insert(0, PathBuf::from("src/render/view.rs"));
    let mut views = Vec::new();
    for file in files {
        read_file(&fs::read_to_string(file).unwrap(), &mut views);
    }
    views
}

fn read_file(source: &str, views: &mut Vec<View>) {
    let mut docs = String::new();
    let mut open = false;
    let mut shown = String::new();
    for line in source.split("#[cfg(test)]").next().unwrap().lines() {
        let trimmed = line.trim();
        if let Some(said) = trimmed.strip_prefix("///") {
            docs += said;
        } else if let Some(rest) = line.strip_prefix("pub struct ") {
            let name = rest.split(['<', ' ']).next().unwrap().to_owned();
            views.push(View { name, meaning: meaning(&docs), variable: None, fields: Vec::new() });
            open = rest.ends_with('{');
            docs.clear();
        } else if open && line == "}" {
            open = false;
        } else if open && let Some((name, kind)) = trimmed.strip_prefix("pub ").and_then(|field| field.split_once(": "))
        {
            assert!(!docs.is_empty(), "{name} says what it is");
            let field = [name.to_owned(), kind_of(kind.trim_end_matches(',')), meaning(&docs)];
            views.last_mut().unwrap().fields.push(field);
            docs.clear();
        } else if let Some(name) = line.strip_prefix("impl View for ") {
            shown = name.split(['<', ' ']).next().unwrap().to_owned();
        } else if let Some(name) = trimmed.strip_prefix("const NAME: &'static str = \"") {
            if let Some(view) = views.iter_mut().find(|view| view.name == shown) {
                view.variable = Some(name.trim_end_matches("\";").to_owned());
            }
        } else if !trimmed.starts_with("#[") {
            docs.clear();
        }
    }
}

fn meaning(docs: &str) -> String {
    docs.trim().replace('|', "\\|")
}

/// A type in words; the name of a struct as it stands.
fn kind_of(kind: &str) -> String {
    let inside = |kind: &str, before: &str| Some(kind.strip_prefix(before)?.strip_suffix('>')?.to_owned());
    let kind = kind.replace("&'static ", "").replace("&'a ", "");
    let kind = kind.replace("<'a>", "");
    if let Some(inner) = inside(&kind, "Arc<") {
        return kind_of(&inner);
    }
    if let Some(inner) = inside(&kind, "Option<") {
        return format!("{}, or none", kind_of(&inner));
    }
    if let Some(inner) = inside(&kind, "Vec<").or_else(|| Some(kind.strip_prefix('[')?.strip_suffix(']')?.to_owned())) {
        return format!("list of {}", kind_of(&inner));
    }
    match kind.as_str() {
        "String" | "str" => "text".to_owned(),
        "bool" => "true or false".to_owned(),
        "u32" | "u64" | "usize" | "f64" => "number".to_owned(),
        name => {
            assert!(name.chars().all(char::is_alphanumeric), "the type {name} needs words in tests/docs/views.rs");
            format!("[{name}](#{})", name.to_lowercase())
        }
    }
}

/// The reference, as it stands below the mark in `docs/templates.md`.
pub(crate) fn reference() -> String {
    let views = read();
    let mut text = format!(
        "\n## Pages\n\nVersion {} of the views.\n\n| template | variable | view |\n| --- | --- | --- |\n",
        view::VERSION
    );
    for view in &views {
        if let Some(variable) = &view.variable {
            let files =
                ["html", "markdown"].map(|folder| format!("{folder}/{variable}.{}", &folder.replace("markdown", "md")));
            let there: Vec<_> = files
                .iter()
                .filter(|file| PathBuf::from("templates").join(file).exists())
                .map(|file| format!("`{file}`"))
                .collect();
            let anchor = view.name.to_lowercase();
            writeln!(text, "| {} | `{variable}` | [{}](#{anchor}) |", there.join(", "), view.name).unwrap();
        }
    }
    for [file, variable, view] in [
        ["`html/atom.xml`", "feed", "Feed"],
        ["`html/feed_content.html`, an entry of a JSON Feed", "change", "ChangeView"],
        ["`html/sitemap.xml`", "sitemap", "Sitemap"],
        ["all of them", "site", "Site"],
        ["all pages", "page", "Frame"],
    ] {
        writeln!(text, "| {file} | `{variable}` | [{view}](#{}) |", view.to_lowercase()).unwrap();
    }
    text += "\n## Filters\n\nOurs; those of Tera are there besides.\n\n| filter | in | makes |\n| --- | --- | --- |\n";
    for filter in FILTERS {
        let format = if filter.format == Format::Html { "HTML, Atom" } else { "Markdown" };
        writeln!(text, "| `{}` | {format} | {} |", filter.name, filter.help).unwrap();
    }
    text += "\n## Views\n";
    for view in &views {
        write!(text, "\n### {}\n\n{}\n\n| field | type | meaning |\n| --- | --- | --- |\n", view.name, view.meaning)
            .unwrap();
        for [name, kind, meaning] in &view.fields {
            writeln!(text, "| `{name}` | {kind} | {meaning} |").unwrap();
        }
    }
    text
}
