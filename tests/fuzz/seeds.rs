//! What each entry begins with: files of this repository and a few texts, and the words that its grammar knows.

use std::path::{Path, PathBuf};

/// The texts that an entry reads, each with its name.
pub(crate) fn seeds(name: &str) -> Vec<(String, Vec<u8>)> {
    let own = match name {
        "changelog" => vec![CHANGELOG],
        "git_log" => vec![GIT_LOG],
        "error" => vec![TRACEBACK, JAVA],
        "query" => vec![QUERY, "p95 (orders OR invoices) -retries \"read timed out\" api* @slow"],
        "line" => vec![
            "http GET https://example.com/orders?limit=2 => 200 json {\"a\": 1} < 300 ms",
            "run pytest -q => exit 0 contains \"2 passed\"",
            "p95 latency: 480 ms -> 190 ms (lower)",
            "2026-11-20T16:05:00.75+02:00",
        ],
        "json" => vec![
            "id,title,labels.name,url\n1,\"T\n2\",=a,https://example.com\n",
            "[{\"title\": \"a\"}, {\"title\": \"b\"}]",
        ],
        "front_matter" => vec![
            "a: &a [x, *a]\nstatus: accepted\ndate: 2025-02-03\ndecision-makers: [oncall]\ntags: a, b\n",
            "kind: Fixed\nbody: The lookup\ntime: 2026-11-20T14:05:00Z\ncustom:\n  Issue: 12\n",
            "---\n\"orders\": minor\n---\n\nCache the lookup\n",
        ],
        "markup" => vec![MARKUP],
        _ => Vec::new(),
    };
    let own = own.into_iter().enumerate().map(|(n, text)| (format!("{name} {n}"), text.as_bytes().to_vec()));
    own.chain(files(name).into_iter().map(|path| (path.display().to_string(), std::fs::read(path).unwrap()))).collect()
}

/// Files of this repository.
fn files(name: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // The targets of cargo-fuzz are a package of their own, two folders down.
    let root = if root.join("data").is_dir() { root.to_owned() } else { root.join("../..") };
    let places: &[&str] = match name {
        "json" => &["data/demo", "tests/fixtures/change.json", "tests/browser/hostile.jsonl"],
        "form" => &["tests/fixtures/change.md"],
        "runbook" => &["data/runbooks", "README.md"],
        "checklist" => &["data/checklists"],
        "front_matter" => &["data/runbooks", "tests/fixtures/change.md"],
        "redact" => &["tests/fixtures/secrets.toml", "data/secrets.toml"],
        "markup" => &["README.md", "docs/CONTRIBUTING.md"],
        _ => &[],
    };
    let mut files = Vec::new();
    for place in places.iter().map(|place| root.join(place)) {
        match std::fs::read_dir(&place) {
            Ok(folder) => files.extend(folder.map(|file| file.unwrap().path())),
            Err(_) => files.push(place),
        }
    }
    files.sort();
    files
}

/// What an entry looks for.
#[rustfmt::skip]
pub(crate) fn words(name: &str) -> &'static [&'static str] {
    match name {
        "query" => &[
            " ", " OR ", " AND ", "NOT ", "-", "(", ")", "\"", "*", "@slow", "owner:", "tag:", "file:src/**", "file:", "metric:p95<",
            "is:stale", "has:", "since:30d", "until:2026-W47", "id:", "commit:", "title:", "ReadTimeout", "get_user_by_id",
            "東京", "İ", "ß", "é", "naïve", "'", ":", "a", "k8s", "2026-02-30", "last monday", "**/", "{a,b}", "[", "?", "\\",
        ],
        "json" => &[
            "{", "}", "[", "]", ",", ":", "\"title\": \"t\"", "\"reason\": ", "\"metrics\": [{\"name\": \"a\", \"before\": 1}]",
            "\"checks\": [{\"kind\": \"http\", \"url\": \"https://a.example\"}]", "\"\\u0000\"", "\"\\ud800\"", "1e999", "-0", "null",
            "\"+++\"", "\"## Reason\"", "\n", "\"baseline\": {\"route\": \"a\"}", "\"source\": {\"kind\": \"a\"}", "\"=1\"",
        ],
        "form" => &[
            "+++\n", "title = \"t\"\n", "\n", "## Reason\n", "## reason\n", "\\## Reason\n", "## Commands\n", "## Metrics\n",
            "## Checks\n", "## Baseline\n", "## Rollback\n", "```sh\n", "```", "```json\n{\"kind\": \"http\"}\n```\n", "- ", "route: ",
            "p95: 480 ms -> 190 ms\n", "<!-- hint: a -->\n", "# error: a\n", "\r\n", "\r", "\u{feff}", "## Comands\n", "\"\"\"", "[x]\n",
        ],
        "line" => &[
            "http ", "GET ", "https://a.example/", " => ", "run ", "200", "json ", "{}", "contains ", "\"", "'", "exit ", "matches ",
            "(", ")", "[", "\\d+", "{9}", "<= ", "ms", "p95: ", "480", " -> ", "%", "1e308", "1.2k", "(lower)", "2026-02-28", "T", "+02:00",
        ],
        "runbook" => &[
            "+++\n", "---\n", "title = \"t\"\n", "title: t\n", "# T\n", "## Rollback\n", "```sh\n", "```sh name=\"a\" expect=b confirm\n",
            "```console\n", "$ a\n", "> b\n", "```\n", "~~~\n", "\\\n", "\r\n", "\u{feff}", "[extra]\n", "a = 1979-05-27\n", "- &a [*a]\n", "    ",
        ],
        "checklist" => &["title = \"t\"\n", "[[items]]\n", "key = \"a\"\n", "text = \"b\"\n", "how = \"c\"\n", "\"\"\"", "{", "}", "[", "]", "=", ",", "."],
        "front_matter" => &[
            "---\n", "+++\n", "title: t\n", "a: ", "&a ", "*a", "<<: ", "- ", "[", "]", "{", "}", ", ", "\n", "  ", "? ", ": ", "|\n", ">\n", "!!binary ",
            "2025-02-03", "0x1f", ".inf", ".nan", "~", "'", "\"", "\\u0041", "\t", "status: superseded\n", "date: 2024-01-31\n", "kind: Fixed\n",
            "body: b\n", "\u{feff}", "# ADR-0005: Q\n", "## Decision\n", "## Meaning\n## Impact\n", "Supersedes [a](../b.md)\n", "schema = 1\n", "title = \"t\"\n",
        ],
        "git_log" => &[
            "\0", "\0/", "0123456789abcdef0123456789abcdef01234567", "\n", "\n\n", "fix(orders)!: a", "feat: ", "Revert \"", "Merge pull request #1 from a/b\n\n",
            "This reverts commit ", "Fixes: 1f2e3d4a", "Fixes #12", "Change-Record: k7m2xq9dwv4p", "Co-authored-by: A <a@b.c>", "See merge request a!1",
            "2026-11-20T14:05:00+02:00", "src/a.rs", "p95: 480 ms -> 190 ms", "\r\n", "\u{e9}", "(#7)", ": ", " took 480 ms instead of 190 ms",
        ],
        "changelog" => &[
            "# Changelog\n", "## [1.2.3] - 2024-01-31\n", "## 1.2.3 (2024-01-31)\n", "## Unreleased\n", "### Fixed\n", "### Features\n", "- ", "* ", "1. ", "  ",
            "**scope:** ", "a ([#1](https://example.com/pull/1))", " by @a in https://github.com/a/b/pull/1", "1f2e3d4: ", "\n", "\n\n", "**1.2.3**\n",
            "[1.2.3]: https://example.com\n", "[YANKED]", "```\n", "> ", "| a |\n|-|\n", "<!-- ", " -->", "\r\n", "&amp;", "<details>\n", "===\n", "---\n", "é",
        ],
        "redact" => &[
            "ghp_", "AKIA", "a1B2c3D4", "password=", "PASSWORD: ", "token", "secret", "Authorization: Bearer ", "://a:", "@", "-p", " -u a:", "curl ", "mysql ",
            "\"", "'", "-----BEGIN RSA PRIVATE KEY-----\n", "-----END RSA PRIVATE KEY-----", "eyJ", ".", "xoxb-", "sk_live_", "[masked:", "]", "[masked]", "glpat-",
            "npm_", "=", ": ", " ", "\n", "$", "<", "é", "hunter2", "hunter2hunter2", "Zm9vYmFyYmF6cXV4", "0123456789", "api_key", "&", ",", ";", "--token ",
        ],
        "markup" => &[
            "<script>", "</script>", "<img src=x onerror=alert(1)>", "<", ">", "[a](javascript:x)", "[a](JaVa&#9;ScRiPt:x)", "<javascript:x>", "[a]: vbscript:x\n",
            "[a]", "![a](//b)", "`", "```", "```sh\n", "~~~", "> ", "- ", "1. ", "    ", "\t", "\n", "\n\n", "|", "|-|\n", "# ", "*", "_", "~~", "\\", "&lt;", "&#0;",
            "&Tab;", "<!--", "-->", "<![CDATA[", "]]>", "<?", "\0", "\u{202e}", "\u{200b}", "\r", "</div>", "<b", "[a][b]", "data:text/html,x", "a@b.c", "=\n", "$", "{#a onclick=b}",
        ],
        _ => &[
            "Error: ", "ReadTimeout: ", "'", "\"", "`", "\\\"", "<n>", "<", ">", "Caused by: ", "(Caused by ", "0x1f", "1.2.3.4", "http://", "/tmp/", "a.py", ":", "-",
            "\n", "\r\n", "\t", "  ", "[", "]", "(", ")", "{", "}", "Traceback (most recent call last):\n", "  File \"a\", line 1, in f\n", "panicked at ", "panicked at '",
            "2026-11-20 14:05:03", "ERROR ", "E1120 ", "status ", "HTTP/1.1 ", "\x1b[", "\x1b]", "é", "東", "SQLSTATE ", "level=error msg=\"", "{\"msg\":\"", "\\n", "1", "42 ms",
            "::", "@", "exit code ", "npm ERR! ", "| ", "--> ", "\tat a.b(", "0c8e9b1e-56b8-4a3e-9a55-0f4c2a1b7d10",
        ],
    }
}

const QUERY: &str =
    "ReadTimeout OR (owner:team-orders file:src/api/** -tag:\"two words\") NOT metric:\"p95 latency\"<200 since:30d";

const CHANGELOG: &str = "\
# Changelog

## [Unreleased]

## [1.2.3] - 2024-01-31

### Fixed

- **orders:** cache the lookup ([#12](https://example.com/pull/12), closes [#3](https://example.com/issues/3)) (1f2e3d4a)
  - with a part of its own
* Retry once. By @oncall in https://github.com/team-orders/orders/pull/7

### Security

Tokens are masked.

## v1.2.2 [YANKED]

1. one
2. two

**1.2.1**

Released 2024-01-02

- ```sh
  code
  ```

[1.2.3]: https://example.com/compare/1.2.2...1.2.3
";

const GIT_LOG: &str = "/0123456789abcdef0123456789abcdef01234567\x00Team Orders\x002026-11-20T14:05:00+01:00\0perf(orders)!: cache the lookup (#12)\n\n\
    p95 went from 480 ms to 190 ms.\n\nFixes #3\nChange-Record: k7m2xq9dwv4p\nReviewed-by: oncall <o@example.com>\n\0\nsrc/orders.rs\0src/a b.rs\0\
    /1123456789abcdef0123456789abcdef01234567\0\x002026-11-20T14:06:00Z\0Revert \"cache\"\n\n\
    This reverts commit 0123456789abcdef0123456789abcdef01234567.\nFixes: 0123456789ab\n\0\nsrc/orders.rs\0";

const TRACEBACK: &str = "\
2026-11-20 14:05:03,123 ERROR [worker-3] orders.api: request 0c8e9b1e-56b8-4a3e-9a55-0f4c2a1b7d10 failed
Traceback (most recent call last):
  File \"/home/ada/src/orders/api.py\", line 41, in lookup
    return self.session.get(url, timeout=3)
requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='10.0.0.7', port=443): Read timed out. (read timeout=3)
{\"level\": \"error\", \"msg\": \"KeyError: 'next_page'\", \"status\": 502}
thread 'main' panicked at src/main.rs:4:5:
index out of bounds: the len is 3 but the index is 7
";

const JAVA: &str = "\
com.acme.orders.LookupException: order 4711 was not found
\tat com.acme.orders.Lookup.find(Lookup.java:42)
Caused by: java.net.SocketTimeoutException: connect timed out
\t... 12 more
npm ERR! code ECONNRESET
error[E0382]: borrow of moved value: `x`
  --> src/main.rs:4:5
";

const MARKUP: &str = "\
# A *title* <b>

| a | b |
|:-:|---|
| `x|y` | [l](https://example.com \"t\") |

> - [x] done
>   ```sh
>   kubectl get pods | grep '<x>' && echo \"$HOME\" # why
>   ```

![p](//host/p.gif) <javascript:x> <team@example.com> ~~no~~ https://example.com/a_(b)

<details onclick=\"x\">
<script>alert(1)</script>
</details>

[ref]: javascript:alert(1) 'x'
[ref]
";
