"""Writes the changes of a JSON Lines file as notes for Hugo, with layouts that make the same kinds of pages.

    python3 hugo_site.py CHANGES.jsonl FOLDER

Each note has the texts of its change; owners, services, tags, kinds, environments, metrics, months and files are
taxonomies. Pages come as HTML and Markdown, lists with pages of 100, feeds as RSS, and one JSON file holds what a search in
the pages would need.
"""

import json
import sys
from pathlib import Path

CONFIG = """
baseURL = "https://runbooks.example.com/"
title = "Changes and runbooks"
disableKinds = ["robotstxt"]
[pagination]
pagerSize = 100
[taxonomies]
owner = "owners"
service = "services"
tag = "tags"
kind = "kinds"
environment = "environments"
metric = "metrics"
month = "months"
file = "files"
[outputs]
home = ["html", "rss", "md", "json"]
section = ["html", "md"]
taxonomy = ["html", "md"]
term = ["html", "rss", "md"]
page = ["html", "md"]
[mediaTypes."text/markdown"]
suffixes = ["md"]
[outputFormats.md]
mediaType = "text/markdown"
isPlainText = true
"""

BASE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{{ .Title }}</title><link rel="stylesheet" href="/style.css"></head>
<body><header><a href="/">{{ site.Title }}</a> <nav><a href="/services/">Services</a> <a href="/files/">Files</a>
<a href="/metrics/">Metrics</a> <a href="/tags/">Tags</a> <a href="/owners/">Owners</a> <a href="/months/">Months</a></nav></header>
<main>{{ block "main" . }}{{ end }}</main></body></html>
"""

SINGLE = """{{ define "main" }}
<p>{{ .Params.status }} {{ range .GetTerms "kinds" }}<a href="{{ .RelPermalink }}">{{ .Title }}</a>{{ end }}
<time>{{ .Date.Format "2 January 2006" }}</time>
{{ range .GetTerms "services" }}<a href="{{ .RelPermalink }}">{{ .Title }}</a>{{ end }}
{{ range .GetTerms "environments" }}<a href="{{ .RelPermalink }}">{{ .Title }}</a>{{ end }}</p>
<h1>{{ .Title }}</h1>
<section><h2>Owner</h2>{{ range .GetTerms "owners" }}<a href="{{ .RelPermalink }}">{{ .Title }}</a>{{ end }}</section>
<section><h2>Expected result</h2>{{ .Params.expected | markdownify }}</section>
<section><h2>Rollback</h2><pre><code>{{ .Params.rollback }}</code></pre></section>
{{ .Content }}
<h2>Prove it</h2>
{{ range .Params.measured }}<p>{{ .name }}: {{ .before }} {{ .unit }} to {{ .after }} {{ .unit }}</p>{{ end }}
<h2>Files touched</h2><ul>{{ range .GetTerms "files" }}<li><a href="{{ .RelPermalink }}">{{ .Title }}</a></li>{{ end }}</ul>
<p>{{ range .GetTerms "tags" }}<a href="{{ .RelPermalink }}">{{ .Title }}</a> {{ end }}</p>
{{ end }}
"""

LIST = """{{ define "main" }}
<h1>{{ .Title }}</h1><p>{{ len .Pages }} changes</p>
<ul>{{ range (.Paginate .Pages).Pages }}<li><a href="{{ .RelPermalink }}">{{ .Title }}</a>
<time>{{ .Date.Format "2006-01-02" }}</time> {{ delimit (.Params.kinds | default slice) " " }}
{{ delimit (.Params.services | default slice) " " }} {{ delimit (.Params.owners | default slice) " " }}</li>{{ end }}</ul>
{{ with .Paginator.Prev }}<a href="{{ .URL }}">newer</a>{{ end }}
{{ with .Paginator.Next }}<a href="{{ .URL }}">older</a>{{ end }}
{{ end }}
"""

TAXONOMY = """{{ define "main" }}
<h1>{{ .Title }}</h1>
<ul>{{ range .Data.Terms.ByCount }}<li><a href="{{ .Page.RelPermalink }}">{{ .Page.Title }}</a> {{ .Count }}</li>{{ end }}</ul>
{{ end }}
"""

SINGLE_MD = """# {{ .Title }}

{{ .Params.status }} {{ .Date.Format "2 January 2006" }}

Expected result: {{ .Params.expected }}

Rollback: {{ .Params.rollback }}

{{ .RawContent }}
"""

LIST_MD = """# {{ .Title }}

{{ range first 100 .Pages }}- {{ .Date.Format "2006-01-02" }} [{{ .Title }}]({{ .RelPermalink }})
{{ end }}
"""

TAXONOMY_MD = """# {{ .Title }}

{{ range .Data.Terms.Alphabetical }}- [{{ .Page.Title }}]({{ .Page.RelPermalink }}) ({{ .Count }})
{{ end }}
"""

# Title, address, facets and the text of every change: what a search index is made of.
INDEX = """[{{ range $n, $page := site.RegularPages }}{{ if $n }},{{ end }}
{{ dict "title" .Title "path" .RelPermalink "owner" .Params.owners "tags" .Params.tags "text" .Plain | jsonify }}{{ end }}]
"""


def note(change):
    baseline = change["baseline"]
    commands = "\n".join(command["run"] for command in change["commands"])
    front = {
        "title": change["title"],
        "date": change["shipped_at"],
        "status": "shipped",
        "expected": change["expected"],
        "rollback": change["rollback"]["command"],
        "owners": [change["owner"]],
        "services": [change["service"]],
        "environments": [change["environment"]],
        "kinds": [change["kind"]],
        "months": [change["shipped_at"][:7]],
        "metrics": [metric["name"] for metric in change["metrics"]],
        "measured": change["metrics"],
        "tags": change["tags"],
        "files": change["files"],
    }
    body = (
        f"## What was wrong\n\n{baseline['symptom']}\n\n{baseline['location']}\n\n`{baseline['route']}`\n\n"
        f"```sh\n{baseline['command']}\n```\n\n## Why\n\n{change['reason']}\n\n## Repeat it\n\n```sh\n{commands}\n```\n"
    )
    return f"{json.dumps(front)}\n\n{body}"


def main():
    changes, folder = Path(sys.argv[1]), Path(sys.argv[2])
    layouts = folder / "layouts" / "_default"
    content = folder / "content" / "changes"
    layouts.mkdir(parents=True)
    content.mkdir(parents=True)
    (folder / "static").mkdir()
    (folder / "static" / "style.css").write_text("body { max-width: 60rem; margin: auto }\n")
    (folder / "hugo.toml").write_text(CONFIG)
    for name, text in {
        "baseof.html": BASE, "single.html": SINGLE, "list.html": LIST, "taxonomy.html": TAXONOMY, "term.html": LIST,
        "home.html": LIST, "single.md": SINGLE_MD, "list.md": LIST_MD, "term.md": LIST_MD, "taxonomy.md": TAXONOMY_MD,
        "home.md": LIST_MD, "home.json": INDEX,
    }.items():
        (layouts / name).write_text(text)
    with changes.open() as lines:
        for number, line in enumerate(lines):
            (content / f"{number}.md").write_text(note(json.loads(line)))


main()
