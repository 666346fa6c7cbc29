//! A whole history, commit by commit.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Result, bail};

use super::commit::{one_line, place};
use super::message::{self, Message, Reference};
use super::owners::Owners;
use super::remote::Remote;
use super::words;
use crate::model::{ChangeId, Draft, RelationDraft, RelationKind, Source, Status, Timestamp, limit};
use crate::sys::git::{self, Answer};

/// The source kind of a record that was made from a commit; its key is the hash.
pub const SOURCE: &str = "git";

/// Begins the words of a commit in git's output: no path does that.
const MARK: char = '/';
/// Prints every commit as such words: no settings of the repository's change that, or make git run something.
const LOG: &[&str] = &[
    "log",
    "-z",
    "--reverse",
    "--name-only",
    "--no-renames",
    "--no-relative",
    "--no-ext-diff",
    "--no-textconv",
    "--no-show-signature",
    "--no-color",
    "--full-diff",
    "--diff-merges=first-parent",
    "--format=/%H%x00%aN%x00%cI%x00%B",
];
/// Words before the paths: hash, author, date, message.
const HEADER: usize = 4;
/// Short hashes that git itself is asked about.
const MOST_ASKED: usize = 256;

/// Which commits of a repository.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Up to this revision.
    pub rev: String,
    /// Committed since then.
    pub since: Option<Timestamp>,
    /// That touched one of these paths; all when empty.
    pub paths: Vec<String>,
    /// That touched something else than these.
    pub exclude: Vec<String>,
    /// One for each merged branch instead of one for each commit: only first parents are followed.
    pub first_parent: bool,
}

/// A history that is ready to be read.
pub struct History {
    folder: PathBuf,
    selection: Selection,
    tip: String,
    remote: Option<Remote>,
    owners: Owners,
    services: Owners,
    name: String,
    /// The records that messages name, by the hash of the commit, until somebody asks.
    named: Mutex<HashMap<String, Vec<ChangeId>>>,
}

impl History {
    /// The history of the repository around `folder`. `services` are patterns as in CODEOWNERS, each with the service that
    /// the paths belong to.
    ///
    /// # Errors
    /// No git, no repository, no such revision: each says what to do about it.
    pub fn open(folder: &Path, selection: Selection, services: &[(String, String)]) -> Result<Self> {
        let rev = &selection.rev;
        if rev.is_empty() || rev.starts_with('-') || rev.contains("..") {
            bail!("`{rev}` is not a revision: name a commit, a tag or a branch, for instance main");
        }
        let root = place(folder)?.root;
        let wanted = format!("{rev}^{{commit}}");
        let verify = ["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted];
        let Some(tip) = git::run(folder, &verify)?.text() else {
            bail!("git knows no revision `{rev}`, or there is no commit yet: `git log` lists those there are");
        };
        let remote = Remote::of(folder)?;
        let place = remote.as_ref().map_or_else(|| root.display().to_string(), |remote| remote.web().to_owned());
        let Selection { since, paths, exclude, first_parent, .. } = &selection;
        let name = format!("{place} {since:?} {paths:?} {exclude:?} {first_parent}");
        Ok(Self {
            folder: folder.to_owned(),
            tip: tip.trim().to_owned(),
            remote,
            owners: Owners::read(&root),
            services: services.iter().cloned().collect(),
            name: blake3::hash(name.as_bytes()).to_hex()[..32].to_owned(),
            selection,
            named: Mutex::default(),
        })
    }

    /// The newest commit.
    pub fn tip(&self) -> &str {
        &self.tip
    }

    /// A name of this repository and what was selected of it: the same for each clone of the same remote.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many commits [`History::each`] will find.
    ///
    /// # Errors
    /// No git.
    pub fn count(&self, after: Option<&str>) -> Result<u64> {
        let counted = git::run(&self.folder, &refs(&self.arguments(&["rev-list", "--count"], after)))?.text();
        Ok(counted.and_then(|text| text.trim().parse().ok()).unwrap_or(0))
    }

    /// The records that the commit of a draft names in trailers `Change-Record: <id>`: somebody told of it before it was
    /// made. It answers once for each draft that [`History::each`] handed over.
    pub fn recorded_as(&self, draft: &Draft) -> Vec<ChangeId> {
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        draft.commits.first().and_then(|hash| named.remove(hash)).unwrap_or_default()
    }

    /// Whether the repository has this commit.
    ///
    /// # Errors
    /// No git.
    pub fn knows(&self, hash: &str) -> Result<bool> {
        let commit = format!("{hash}^{{commit}}");
        let verify = ["rev-parse", "--verify", "--quiet", "--end-of-options", &commit];
        Ok(matches!(git::run(&self.folder, &verify)?, Answer::Printed(_)))
    }

    /// Calls `each` with a draft of every commit, oldest first, without what is reachable from the commit `after`. Memory
    /// holds one commit, and the hash of each. A commit that a later one took back is rolled back from the start.
    ///
    /// # Errors
    /// What git says when it fails, and what `each` returns.
    pub fn each(&self, after: Option<&str>, each: &mut dyn FnMut(u64, Draft) -> Result<()>) -> Result<()> {
        std::thread::scope(|scope| {
            // While git walks the history for what is read here.
            let taken_back = scope.spawn(|| self.taken_back(after));
            let mut reading =
                Reading { history: self, taken_back: None, hashes: BTreeSet::new(), asked: 0, place: 0, each };
            let mut words = Words::default();
            let mut taken_back = Some(taken_back);
            let args = self.arguments(LOG, after);
            let said = git::stream(&self.folder, &refs(&args), limit::TEXT, &mut |word| {
                if let Some(thread) = taken_back.take() {
                    reading.taken_back = Some(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
                }
                match words.take(word) {
                    Some(commit) => reading.commit(&commit),
                    None => Ok(()),
                }
            })?;
            match said {
                Some(said) => bail!("git could not read the history: {said}"),
                None => reading.commit(&words),
            }
        })
    }

    fn arguments(&self, first: &[&str], after: Option<&str>) -> Vec<String> {
        let Selection { since, paths, exclude, first_parent, .. } = &self.selection;
        let mut args: Vec<String> = first.iter().map(|arg| (*arg).to_owned()).collect();
        args.push(if *first_parent { "--first-parent" } else { "--no-merges" }.to_owned());
        args.extend(since.map(|since| format!("--since={since}")));
        args.extend(["--end-of-options".to_owned(), self.tip.clone()]);
        args.extend(after.map(|after| format!("^{after}")));
        args.push("--".to_owned());
        args.extend(paths.iter().map(|path| format!(":(glob){path}")));
        if !exclude.is_empty() && paths.is_empty() {
            args.push(":(top)".to_owned());
        }
        args.extend(exclude.iter().map(|path| format!(":(exclude,glob){path}")));
        args
    }

    /// The commits that others took back, each with whether that holds: what took them back may be taken back itself.
    fn taken_back(&self, after: Option<&str>) -> Result<HashMap<String, bool>> {
        let mut holds = HashMap::<String, bool>::new();
        let grep = ["log", "-z", "--no-patch", "--no-show-signature", "--grep=This reverts commit", "--format=%H%n%B"];
        let said = git::stream(&self.folder, &refs(&self.arguments(&grep, after)), limit::TEXT, &mut |word| {
            let text = String::from_utf8_lossy(word);
            let (hash, message) = text.trim_start_matches('\n').split_once('\n').unwrap_or((&text, ""));
            // Newest first: whoever takes a commit back has been looked at.
            let stands = !holds.get(hash).copied().unwrap_or(false);
            for taken in message::reverted(message) {
                let known = holds.entry(taken.to_owned()).or_default();
                *known |= stands;
            }
            Ok(())
        })?;
        match said {
            Some(said) => bail!("git could not read the history: {said}"),
            None => Ok(holds),
        }
    }
}

fn refs(args: &[String]) -> Vec<&str> {
    args.iter().map(String::as_str).collect()
}

/// The drafts of what `git log` printed in the format of this module, of a repository that nothing else is known of: what a
/// fuzzer reads.
pub fn read_printed(printed: &[u8], each: &mut dyn FnMut(u64, Draft) -> Result<()>) -> Result<()> {
    let history = History {
        folder: PathBuf::new(),
        selection: Selection::default(),
        tip: String::new(),
        remote: Remote::read("https://github.com/team-orders/orders"),
        owners: std::iter::once(("*.rs".to_owned(), "team-orders".to_owned())).collect(),
        services: Owners::default(),
        name: String::new(),
        named: Mutex::default(),
    };
    // Git is not asked: there is none.
    let mut reading =
        Reading { history: &history, taken_back: None, hashes: BTreeSet::new(), asked: MOST_ASKED, place: 0, each };
    let mut words = Words::default();
    for word in printed.split(|byte| *byte == 0) {
        if let Some(commit) = words.take(&word[..word.len().min(limit::TEXT)]) {
            reading.commit(&commit)?;
        }
    }
    reading.commit(&words)
}

/// What stands before the message of a commit.
struct Header<'w> {
    hash: &'w str,
    author: &'w str,
    at: &'w str,
}

/// The words of one commit.
#[derive(Default)]
struct Words {
    /// The header, and the paths that are kept.
    kept: Vec<Vec<u8>>,
    /// How many paths there are.
    paths: usize,
}

impl Words {
    /// Takes the next word; returns the commit that ended before it.
    fn take(&mut self, word: &[u8]) -> Option<Self> {
        let begins = self.kept.len() >= HEADER && word.first() == Some(&(MARK as u8));
        let ended = begins.then(|| std::mem::take(self));
        if self.kept.len() < HEADER {
            self.kept.push(word.to_vec());
        } else if !word.is_empty() {
            self.paths += 1;
            if self.kept.len() < HEADER + limit::FILES {
                self.kept.push(word.to_vec());
            }
        }
        ended
    }
}

/// A history while it is read.
struct Reading<'h> {
    history: &'h History,
    /// See [`History::taken_back`].
    taken_back: Option<HashMap<String, bool>>,
    /// Of the commits so far, for references by short hashes.
    hashes: BTreeSet<String>,
    asked: usize,
    place: u64,
    each: &'h mut dyn FnMut(u64, Draft) -> Result<()>,
}

impl Reading<'_> {
    /// Hands over a commit.
    fn commit(&mut self, words: &Words) -> Result<()> {
        let [hash, author, at, text, paths @ ..] = words.kept.as_slice() else { return Ok(()) };
        let hash = String::from_utf8_lossy(hash).trim_start_matches(MARK).to_owned();
        let message = String::from_utf8_lossy(text);
        self.place += 1;
        let header = Header { hash: &hash, author: &String::from_utf8_lossy(author), at: &String::from_utf8_lossy(at) };
        let draft = self.draft(&header, &message, paths, words.paths)?;
        self.hashes.insert(hash);
        (self.each)(self.place, draft)
    }

    fn draft(&mut self, header: &Header<'_>, text: &str, paths: &[Vec<u8>], touched: usize) -> Result<Draft> {
        let Header { hash, author, at } = header;
        let history = self.history;
        let named: Vec<_> = message::records(text).iter().filter_map(|id| id.parse().ok()).collect();
        if !named.is_empty() {
            history.named.lock().unwrap_or_else(PoisonError::into_inner).insert((*hash).to_owned(), named);
        }
        let message = Message::read(text);
        let files: Vec<String> = paths
            .iter()
            .enumerate()
            // Git begins the paths on a line of their own.
            .map(|(n, path)| one_line(if n == 0 { path.strip_prefix(b"\n").unwrap_or(path) } else { path }))
            .filter(|path| path.len() <= limit::LINE)
            .collect();
        let author = plain(author);
        let title = plain(&message.title);
        let title = if title.is_empty() { format!("Commit {hash:.12}") } else { title };
        let owner = history.owners.of_most(&files).or_else(|| (!author.is_empty()).then_some(author));
        let references = message::references(text);
        let taken_back = self.taken_back.as_ref().and_then(|known| known.get(*hash)).copied().unwrap_or(false);
        Ok(Draft {
            kind: message.kind.or_else(|| words::kind(&title)),
            title: Some(title),
            status: Some(if taken_back { Status::RolledBack } else { Status::Shipped }),
            reason: reason(&message, text, touched.saturating_sub(files.len())),
            service: history.services.of_most(&files),
            tags: message.scope.iter().map(|scope| plain(scope)).filter(|tag| tag.len() <= limit::LINE).collect(),
            metrics: words::metrics(message.body.as_deref().unwrap_or_default()),
            links: self.links(&message, &references),
            relations: self.relations(hash, text, &references)?,
            commits: vec![(*hash).to_owned()],
            // A clock that was not set says nothing.
            shipped_at: at.parse::<Timestamp>().ok().filter(|at| at.is_since_1970()),
            source: Some(Source { kind: SOURCE.to_owned(), key: Some((*hash).to_owned()) }),
            owner,
            files,
            ..Draft::default()
        })
    }

    /// The pages of the requests and issues that a message names.
    fn links(&self, message: &Message, references: &[Reference]) -> Vec<crate::model::Link> {
        let Some(remote) = &self.history.remote else { return Vec::new() };
        let mut links = Vec::new();
        let requests = message.requests.iter().filter_map(|request| remote.page(request));
        let issues = references.iter().filter_map(|reference| match reference {
            Reference::Issue(number) => Some(remote.issue(*number)),
            Reference::Commit(_) => None,
        });
        for link in requests.chain(issues) {
            if !links.contains(&link) && links.len() < limit::ENTRIES {
                links.push(link);
            }
        }
        links
    }

    /// What it takes back, and what it mends.
    fn relations(&mut self, hash: &str, text: &str, references: &[Reference]) -> Result<Vec<RelationDraft>> {
        let relation = |kind, hash: &str| RelationDraft { kind, id: ChangeId::from_key(SOURCE, hash).to_string() };
        let mut relations: Vec<_> = message::reverted(text).map(|hash| relation(RelationKind::Reverts, hash)).collect();
        for reference in references {
            let Reference::Commit(short) = reference else { continue };
            if let Some(whole) = self.whole_hash(short)? {
                relations.push(relation(RelationKind::Fixes, &whole));
            }
        }
        let own = ChangeId::from_key(SOURCE, hash).to_string();
        relations.retain(|relation| relation.id != own);
        relations.truncate(limit::ENTRIES);
        Ok(relations)
    }

    fn whole_hash(&mut self, short: &str) -> Result<Option<String>> {
        let mut found = self.hashes.range(short.to_owned()..).take_while(|hash| hash.starts_with(short));
        if let (Some(hash), None) = (found.next(), found.next()) {
            return Ok(Some(hash.clone()));
        }
        self.asked += 1;
        if self.asked > MOST_ASKED {
            return Ok(None);
        }
        let commit = format!("{short}^{{commit}}");
        let verify = ["rev-parse", "--verify", "--quiet", "--end-of-options", &commit];
        Ok(git::run(&self.history.folder, &verify)?.text().map(|hash| hash.trim().to_owned()))
    }
}

/// The body of a message, who took part, and how many paths are not listed.
fn reason(message: &Message, text: &str, left_out: usize) -> Option<String> {
    let mut parts: Vec<String> = message.body.iter().cloned().collect();
    let people = message::people(text);
    if !people.is_empty() {
        parts.push(people.join("\n"));
    }
    if left_out > 0 {
        parts.push(format!("({left_out} more files were touched.)"));
    }
    (!parts.is_empty()).then(|| parts.join("\n\n"))
}

/// A text as one line.
fn plain(text: &str) -> String {
    text.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}
