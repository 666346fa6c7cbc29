//! What a commit message says: title, reason, kind, scope, pull requests.

use crate::model::{Kind, limit};

/// Records that are read from one message.
const MOST_RECORDS: usize = 16;

/// A commit message, read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) title: String,
    pub(super) body: Option<String>,
    pub(super) kind: Option<Kind>,
    /// The scope of a conventional commit.
    pub(super) scope: Option<String>,
    pub(super) requests: Vec<Request>,
}

/// A pull or merge request that a message names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Request {
    /// A pull request by number.
    Pull(u64),
    /// A merge request by number, with its project where it is named.
    Merge(Option<String>, u64),
}

impl Message {
    pub(super) fn read(message: &str) -> Self {
        let message = message.replace("\r\n", "\n");
        let (subject, rest) = message.trim_start_matches('\n').split_once('\n').unwrap_or((message.trim(), ""));
        let mut requests: Vec<_> = subject_request(subject).into_iter().collect();
        requests.extend(rest.lines().filter_map(merge_request));
        let mut rest = rest.trim_matches('\n');
        let mut subject = subject.trim();
        // What a merge button writes is no title where the line below it is one.
        if subject.starts_with("Merge pull request #") || subject.starts_with("Merge branch ") {
            let (first, behind) = rest.split_once('\n').unwrap_or((rest, ""));
            if !first.trim().is_empty() && merge_request(first).is_none() {
                (subject, rest) = (first.trim(), behind);
            }
        }
        let (kind, scope, title) = conventional(subject);
        let body = without_trailers(rest);
        Self {
            title: shortened(title),
            body: (!body.is_empty()).then(|| body.chars().take(limit::TEXT / 4).collect()),
            kind,
            scope,
            requests,
        }
    }
}

/// The records that a commit message names in trailers `Change-Record: <id>`, the last one first, at most a few: a squashed
/// commit carries those of its parts anywhere in its body.
pub(super) fn records(message: &str) -> Vec<String> {
    let value = |line: &str| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("Change-Record").then(|| value.trim().to_owned())
    };
    message
        .lines()
        .skip(1)
        .filter_map(value)
        .filter(|id| !id.is_empty())
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .take(MOST_RECORDS)
        .collect()
}

/// What a message says it mends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reference {
    /// `Fixes #12`, `Closes: #12`.
    Issue(u64),
    /// `Fixes: 1f2e3d4 ("its subject")`.
    Commit(String),
}

/// The hashes of the commits that a message takes back, as `git revert` writes it.
pub(super) fn reverted(message: &str) -> impl Iterator<Item = &str> {
    let hashes = message.split("This reverts commit ").skip(1);
    hashes.map(|rest| &rest[..hex_digits(rest)]).filter(|hash| matches!(hash.len(), 40 | 64))
}

fn hex_digits(text: &str) -> usize {
    text.bytes().take_while(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte)).count()
}

/// What a message says it mends, each once
/// (<https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue>).
pub(super) fn references(message: &str) -> Vec<Reference> {
    const WORDS: [&str; 9] = ["fix", "fixes", "fixed", "close", "closes", "closed", "resolve", "resolves", "resolved"];
    let mut found = Vec::new();
    for line in message.lines() {
        let mut words = line.split_whitespace();
        let mut begins = true;
        while let Some(word) = words.next() {
            let name = word.trim_end_matches(':');
            if WORDS.iter().any(|known| name.eq_ignore_ascii_case(known)) {
                let next = words.clone().next().unwrap_or_default();
                let trailer = begins && word.ends_with(':');
                found.extend(reference(next, trailer).filter(|reference| !found.contains(reference)));
            }
            begins = false;
        }
    }
    found.truncate(MOST_RECORDS);
    found
}

fn reference(word: &str, trailer: bool) -> Option<Reference> {
    match word.strip_prefix('#') {
        Some(number) => {
            let end = number.bytes().take_while(u8::is_ascii_digit).count();
            number[..end].parse().ok().map(Reference::Issue)
        }
        None => {
            let hash = trailer && hex_digits(word) == word.len() && (7..=64).contains(&word.len());
            hash.then(|| Reference::Commit(word.to_owned()))
        }
    }
}

/// Who reviewed or wrote together, by the trailers, each as one line without the address.
pub(super) fn people(message: &str) -> Vec<String> {
    let person = |line: &str| {
        let (name, value) = line.split_once(':')?;
        let shown = ["Reviewed-by", "Co-authored-by"].into_iter().find(|known| name.eq_ignore_ascii_case(known))?;
        let who = value.split('<').next()?.trim();
        (!who.is_empty()).then(|| format!("{shown}: {who}"))
    };
    message.lines().skip(1).filter_map(person).take(MOST_RECORDS).collect()
}

/// A title within its limit.
pub(super) fn shortened(title: &str) -> String {
    let title = title.replace('\0', "\u{fffd}");
    if title.len() <= limit::TITLE {
        return title;
    }
    let end = (0..=limit::TITLE - 4).rev().find(|end| title.is_char_boundary(*end)).unwrap_or(0);
    format!("{}…", &title[..end])
}

/// `perf(orders)!: cache the lookup` → performance, `orders`, `cache the lookup`
/// (<https://www.conventionalcommits.org/en/v1.0.0/>). A subject whose type nobody knows stays as it is.
fn conventional(subject: &str) -> (Option<Kind>, Option<String>, &str) {
    if subject.starts_with("Revert \"") {
        return (Some(Kind::Revert), None, subject);
    }
    let parsed = subject.split_once(": ").and_then(|(prefix, title)| {
        let prefix = prefix.strip_suffix('!').unwrap_or(prefix);
        let (word, scope) = match prefix.strip_suffix(')') {
            Some(open) => open.split_once('(').map(|(word, scope)| (word, Some(scope)))?,
            None => (prefix, None),
        };
        let kind = Kind::from_commit_type(word)?;
        let scope = scope.map(str::trim).filter(|scope| !scope.is_empty()).map(str::to_owned);
        (!title.trim().is_empty()).then_some((Some(kind), scope, title.trim()))
    });
    parsed.unwrap_or((None, None, subject))
}

/// `… (#123)` and `Merge pull request #123 from …`.
fn subject_request(subject: &str) -> Option<Request> {
    let merged = subject.strip_prefix("Merge pull request #").and_then(|rest| rest.split(' ').next());
    let squashed =
        || subject.trim_end().strip_suffix(')').and_then(|open| open.rsplit_once("(#")).map(|(_, number)| number);
    merged.or_else(squashed)?.parse().ok().map(Request::Pull)
}

/// `See merge request group/project!45`.
fn merge_request(line: &str) -> Option<Request> {
    let (project, number) = line.trim().strip_prefix("See merge request ")?.rsplit_once('!')?;
    let project = (!project.is_empty()).then(|| project.to_owned());
    Some(Request::Merge(project, number.parse().ok()?))
}

/// The body without the trailers at its end, when its last paragraph is nothing but trailers
/// (<https://git-scm.com/docs/git-interpret-trailers>), and without what a merge button writes.
fn without_trailers(body: &str) -> String {
    let body = body.trim();
    let (before, last) = body.rsplit_once("\n\n").unwrap_or(("", body));
    let all_trailers = last.lines().all(|line| is_trailer(line) || merge_request(line).is_some());
    let kept = if all_trailers { before } else { body };
    kept.trim().to_owned()
}

fn is_trailer(line: &str) -> bool {
    const NAMES: &[&str] = &[
        "cc",
        "change-id",
        "change-record",
        "bug",
        "closes",
        "fixes",
        "issue",
        "link",
        "refs",
        "resolves",
        "see-also",
        "pr-url",
    ];
    let lower = line.to_ascii_lowercase();
    if lower.starts_with("(cherry picked from commit ") {
        return true;
    }
    let Some((name, value)) = lower.split_once(':') else { return false };
    !value.trim().is_empty() && (name.ends_with("-by") && !name.contains(' ') || NAMES.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conventional_subject_gives_kind_scope_and_title() {
        for (subject, expected) in [
            ("perf(orders): cache the lookup", (Some(Kind::Performance), Some("orders"), "cache the lookup")),
            ("feat!: drop /v1", (Some(Kind::Feature), None, "drop /v1")),
            ("fix(api)!: Keep-alive", (Some(Kind::Fix), Some("api"), "Keep-alive")),
            ("Note: this is no type", (None, None, "Note: this is no type")),
            ("fix:no space", (None, None, "fix:no space")),
            ("feat: ", (None, None, "feat:")),
            ("Revert \"feat: drop /v1\"", (Some(Kind::Revert), None, "Revert \"feat: drop /v1\"")),
            ("Cache the lookup", (None, None, "Cache the lookup")),
        ] {
            let message = Message::read(subject);
            assert_eq!((message.kind, message.scope.as_deref(), message.title.as_str()), expected, "{subject}");
        }
    }

    #[test]
    fn trailers_are_no_part_of_the_reason() {
        let body = |text: &str| Message::read(text).body;
        let text = "subject\n\nWhy: it was slow.\n\nSigned-off-by: Team Orders <t@example.com>\nFixes: #12\n";
        assert_eq!(body(text).as_deref(), Some("Why: it was slow."));
        assert_eq!(body("subject\n\nWhy: it was slow.").as_deref(), Some("Why: it was slow."));
        assert_eq!(body("subject\n\nCo-authored-by: A <a@example.com>"), None);
        assert_eq!(body("subject"), None);
        assert_eq!(body("subject\r\n\r\nfirst\r\nsecond").as_deref(), Some("first\nsecond"));
    }

    #[test]
    fn requests_are_read_from_what_buttons_write() {
        let merge =
            Message::read("Merge pull request #812 from team-orders/cache\n\nfix: cache the lookup\n\nBecause.");
        assert_eq!((merge.title.as_str(), merge.kind), ("cache the lookup", Some(Kind::Fix)));
        assert_eq!((merge.requests, merge.body.as_deref()), (vec![Request::Pull(812)], Some("Because.")));
        assert_eq!(Message::read("Cache (#7)").requests, [Request::Pull(7)]);
        assert_eq!(Message::read("Cache (#7) again").requests, []);
        let text = "Merge branch 'cache' into 'main'\n\nCache the lookup\n\nSee merge request shop/orders!45";
        let merge = Message::read(text);
        assert_eq!((merge.title.as_str(), merge.body), ("Cache the lookup", None));
        assert_eq!(merge.requests, [Request::Merge(Some("shop/orders".into()), 45)]);
    }

    #[test]
    fn the_records_a_message_names_are_its_trailers() {
        let text = "Change-Record: subject\n\nNo Change-Record: prose\nChange-Record: k7m2xq9dwv4p\n\nBecause.\n\n\
            Signed-off-by: T <t@example.com>\nchange-record:  g4ch00000000 \r\nChange-Record:\n";
        assert_eq!(records(text), ["g4ch00000000", "k7m2xq9dwv4p"]);
        assert_eq!(records("subject"), [""; 0]);
    }

    #[test]
    fn reverts_references_and_people_are_read() {
        let hash = "0123456789abcdef0123456789abcdef01234567";
        let text = format!("Revert \"Cache\"\n\nThis reverts commit {hash}.\nThis reverts commit 0123.\n");
        assert_eq!(reverted(&text).collect::<Vec<_>>(), [hash]);
        let text = "fix: it\n\nFixes #12, closes: #13; resolves #12.\nFixes: 1f2e3d4a (\"Cache\")\nprefixes #9 fix abcdef1\n\
            Reviewed-by: Team Orders <t@example.com>\nco-authored-by: oncall\nReviewed-by: <t@example.com>";
        let commit = Reference::Commit("1f2e3d4a".into());
        assert_eq!(references(text), [Reference::Issue(12), Reference::Issue(13), commit]);
        assert_eq!(people(text), ["Reviewed-by: Team Orders", "Co-authored-by: oncall"]);
    }

    #[test]
    fn a_long_subject_is_shortened_at_a_character() {
        let message = Message::read(&"é".repeat(400));
        assert!(message.title.len() <= limit::TITLE && message.title.ends_with('…'));
    }
}
