//! Publishing again: it costs what changed, and gives what a site made anew from the same records gives, byte for byte.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use shipnote::model::{
    Change, Conclusion, Draft, Evidence, MetricDraft, Outcome, RelationDraft, RelationKind, RunKind, RunbookDraft,
    Status, Subject, Timestamp,
};
use shipnote::publish::{Options, Report, publish};
use shipnote::record::Recorder;
use shipnote::render::Format;
use shipnote::store::{Order, Page, SqliteStore, Store};
use support::files;
use support::project::Project;

/// A database and the site of it, on which steps are taken.
struct Team {
    work: tempfile::TempDir,
    store: SqliteStore,
    options: Options,
    clock: i64,
}

/// What a team does between two publications.
#[derive(Debug, Clone)]
enum Step {
    Log(Sketch),
    Edit(usize, Sketch),
    Delete(usize),
    /// The check of a change is run; whether it passes.
    Verify(usize, bool),
    /// A runbook is written, or another revision of it; for a service, and built on a change.
    Runbook(u8, Option<u8>, usize),
    DropRunbook(u8),
    /// Nobody changed anything.
    Wait,
    Title(u8),
    BaseUrl(bool),
    Template(u8),
    /// Another form is wanted, or both.
    Format(u8),
    /// The cache is cut off, altered or gone.
    SpoilCache(u8),
    /// A publisher was ended when it had changed some files.
    EndHalfWay(u8),
}

/// A change of few words, so that changes meet on the same pages.
#[derive(Debug, Clone)]
struct Sketch {
    title: u8,
    owner: Option<u8>,
    service: Option<u8>,
    tags: Vec<u8>,
    files: Vec<u8>,
    metric: Option<(u8, u8)>,
    month: u8,
    draft: bool,
    related: Option<(usize, u8)>,
}

const FILES: [&str; 7] = ["README.md", "src/a.py", "src/b.py", "src/deep/c.py", "src", "a.py/2026-01", "../x"];

fn sketch() -> impl Strategy<Value = Sketch> {
    let names = (0..4_u8, proptest::option::of(0..2_u8), proptest::option::of(0..2_u8));
    let lists = (proptest::collection::vec(0..3_u8, 0..3), proptest::collection::vec(0..7_u8, 0..4));
    let rest = (
        proptest::option::of((0..2_u8, 0..9_u8)),
        0..3_u8,
        proptest::bool::weighted(0.2),
        proptest::option::of((0..8_usize, 0..4_u8)),
    );
    (names, lists, rest).prop_map(|((title, owner, service), (tags, files), (metric, month, draft, related))| Sketch {
        title,
        owner,
        service,
        tags,
        files,
        metric,
        month,
        draft,
        related,
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => sketch().prop_map(Step::Log),
        4 => (0..8_usize, sketch()).prop_map(|(which, sketch)| Step::Edit(which, sketch)),
        2 => (0..8_usize).prop_map(Step::Delete),
        2 => (0..8_usize, any::<bool>()).prop_map(|(which, passes)| Step::Verify(which, passes)),
        2 => (0..2_u8, proptest::option::of(0..2_u8), 0..8_usize).prop_map(|(n, service, which)| Step::Runbook(n, service, which)),
        1 => (0..2_u8).prop_map(Step::DropRunbook),
        1 => Just(Step::Wait),
        1 => (0..2_u8).prop_map(Step::Title),
        1 => any::<bool>().prop_map(Step::BaseUrl),
        1 => (0..3_u8).prop_map(Step::Template),
        1 => (0..3_u8).prop_map(Step::Format),
        1 => any::<u8>().prop_map(Step::SpoilCache),
        1 => any::<u8>().prop_map(Step::EndHalfWay),
    ]
}

fn evidence(change: &Change, passes: bool, at: Timestamp) -> Evidence {
    let conclusion = if passes { Conclusion::Passed } else { Conclusion::Failed };
    let (detail, output) = ((!passes).then(|| "exit 1".to_owned()), "what came back".to_owned());
    Evidence {
        subject: Subject::Change(change.id.clone()),
        kind: RunKind::Check,
        name: change.checks[0].name().to_owned(),
        digest: change.checks[0].digest(),
        at,
        actor: "oncall".into(),
        outcome: Outcome { conclusion, detail, code: Some(1), seconds: 0.5, output, cut: false },
    }
}

impl Team {
    fn new() -> Self {
        let work = tempfile::tempdir().unwrap();
        let store = SqliteStore::open_or_create(&work.path().join("shipnote.db")).unwrap();
        let options = Options {
            title: "Changes".into(),
            formats: vec![Format::Html, Format::Markdown],
            templates: Some(work.path().join("templates")),
            ..Options::default()
        };
        Self { work, store, options, clock: 1_790_000_000 }
    }

    fn site(&self) -> PathBuf {
        self.work.path().join("site")
    }

    fn publish(&self) -> Report {
        publish(&self.store, &self.options, &self.site(), &mut |_, _| {}).unwrap()
    }

    /// The site that the same records make in a folder that was not there.
    fn anew(&self) -> BTreeMap<String, Vec<u8>> {
        let cold = self.work.path().join("cold");
        publish(&self.store, &self.options, &cold, &mut |_, _| {}).unwrap();
        let files = files(&cold);
        std::fs::remove_dir_all(&cold).unwrap();
        files
    }

    fn all(&self) -> Vec<shipnote::model::Change> {
        let mut all = Vec::new();
        self.store
            .each(&shipnote::query::Expr::Everything, Order::Id, Page::ALL, &mut |change| {
                all.push(change);
                Ok(true)
            })
            .unwrap();
        all
    }

    fn draft(&self, sketch: &Sketch) -> Draft {
        let all = self.all();
        let kinds = [RelationKind::Supersedes, RelationKind::Reverts, RelationKind::Fixes, RelationKind::Relates];
        let related = sketch.related.and_then(|(which, kind)| Some((all.get(which)?, kinds[usize::from(kind)])));
        let month = |month: u8| format!("2026-0{}-03T10:00:00Z", month + 1).parse().unwrap();
        Draft {
            title: Some(format!("change {}", sketch.title)),
            status: Some(if sketch.draft { Status::Draft } else { Status::Shipped }),
            owner: sketch.owner.map(|owner| format!("team-{owner}")),
            service: sketch.service.map(|service| format!("service {service}")),
            tags: sketch.tags.iter().map(|tag| format!("tag{tag}")).collect(),
            files: sketch.files.iter().map(|file| FILES[usize::from(*file)].to_owned()).collect(),
            metrics: sketch
                .metric
                .iter()
                .map(|(name, after)| MetricDraft {
                    name: format!("p9{name}"),
                    unit: Some("ms".into()),
                    before: Some(5.0),
                    after: Some(f64::from(*after)),
                    better: Some(shipnote::model::Direction::Lower),
                })
                .collect(),
            relations: related
                .iter()
                .map(|(other, kind)| RelationDraft { kind: *kind, id: other.id.to_string() })
                .collect(),
            checks: sketch.owner.map(|n| format!("run true => {n}").parse().unwrap()).into_iter().collect(),
            shipped_at: (!sketch.draft).then(|| month(sketch.month)),
            created_at: Some(month(sketch.month)),
            ..Draft::default()
        }
    }

    fn take(&mut self, step: &Step) {
        self.clock += 1000;
        let now = Timestamp::new(chrono::DateTime::from_timestamp(self.clock, 0).unwrap()).unwrap();
        let all = self.all();
        match step {
            Step::Log(sketch) => {
                let draft = self.draft(sketch);
                Recorder::new(&mut self.store, "oncall".into(), now).log(draft, "log").unwrap();
            }
            Step::Edit(which, sketch) => {
                let draft = self.draft(sketch);
                if let Some(change) = all.get(*which)
                    && draft.relations.iter().all(|relation| relation.id != change.id.as_str())
                {
                    let mut recorder = Recorder::new(&mut self.store, "oncall".into(), now);
                    recorder.edit(change, draft, "edit", Some("why not")).unwrap();
                }
            }
            Step::Delete(which) => {
                if let Some(change) = all.get(*which) {
                    Recorder::new(&mut self.store, "oncall".into(), now).delete(change, "a test").unwrap();
                }
            }
            Step::Verify(which, passes) => {
                if let Some(change) = all.get(*which).filter(|change| !change.checks.is_empty()) {
                    let run = evidence(change, *passes, now);
                    Recorder::new(&mut self.store, "oncall".into(), now).add_evidence(vec![run]).unwrap();
                }
            }
            Step::Runbook(n, service, which) => self.write_runbook(*n, *service, all.get(*which), now),
            Step::DropRunbook(n) => {
                let name = format!("runbook-{n}");
                if self.store.runbook(&name).unwrap().is_some() {
                    Recorder::new(&mut self.store, "oncall".into(), now).delete_runbook(&name, "a test").unwrap();
                }
            }
            Step::Wait => {}
            Step::Title(n) => self.options.title = format!("Changes {n}"),
            Step::BaseUrl(on) => self.options.base_url = on.then(|| "https://runbooks.example.com/".to_owned()),
            Step::Template(n) => {
                let text = format!("{{% extends \"default/list.html\" %}}{{% block class %}}list-{n}{{% endblock %}}");
                put(&self.work.path().join("templates/html/list.html"), text.as_bytes());
            }
            Step::Format(n) => {
                let all = [vec![Format::Html, Format::Markdown], vec![Format::Html], vec![Format::Markdown]];
                self.options.formats.clone_from(&all[usize::from(*n)]);
            }
            Step::SpoilCache(n) => self.spoil_cache(*n),
            Step::EndHalfWay(n) => self.end_half_way(*n),
        }
    }

    fn write_runbook(&mut self, n: u8, service: Option<u8>, change: Option<&Change>, now: Timestamp) {
        let draft = RunbookDraft {
            name: Some(format!("runbook-{n}")),
            title: Some(format!("Runbook {n}")),
            service: service.map(|service| format!("service {service}")),
            owner: Some("team-0".to_owned()),
            alerts: vec![format!("Alert{n}")],
            changes: change.map(|change| change.id.to_string()).into_iter().collect(),
            body: format!("# Runbook {n}\n\n[other](runbook-1.md)\n\n```sh\necho {n}\n```\n"),
            ..RunbookDraft::default()
        };
        let base = self.store.runbook(&format!("runbook-{n}")).unwrap();
        Recorder::new(&mut self.store, "oncall".into(), now).save_runbook(draft, base.as_ref(), "new").unwrap();
    }

    fn spoil_cache(&self, how: u8) {
        let cache = self.site().join(".shipnote-pages");
        let Ok(mut bytes) = std::fs::read(&cache) else { return };
        match how % 3 {
            0 => std::fs::remove_file(&cache).unwrap(),
            1 => put(&cache, &bytes[..bytes.len() / 2]),
            _ => {
                let at = usize::from(how) * bytes.len() / 256;
                bytes[at] ^= 0x55;
                put(&cache, &bytes);
            }
        }
    }

    /// What is left when a publisher ends while it brings the site up to date, or while it makes one anew.
    fn end_half_way(&self, how: u8) {
        let site = self.site();
        let Ok(home) = std::fs::read(site.join("index.html")) else { return };
        if how.is_multiple_of(2) {
            let _ = std::fs::remove_file(site.join(".shipnote-pages"));
            put(&site.join("index.html"), &home[..home.len() / 2]);
            put(&site.join("changes/aaaaaaaaaaaa.html"), b"of a change that is gone");
            put(&site.join(".shipnote-a1b2c3"), b"half of a file");
        } else {
            let beside = self.work.path().join(".site.shipnote-new");
            put(&beside.join(".shipnote-site"), b"shipnote site");
            put(&beside.join("changes/aaaaaaaaaaaa.html"), b"half of a new site");
        }
    }
}

fn put(path: &Path, content: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

fn assert_same(site: &BTreeMap<String, Vec<u8>>, cold: &BTreeMap<String, Vec<u8>>) {
    for name in site.keys().chain(cold.keys()) {
        let text =
            |files: &BTreeMap<String, Vec<u8>>| files.get(name).map(|file| String::from_utf8_lossy(file).into_owned());
        assert_eq!(text(site), text(cold), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, ..ProptestConfig::default() })]

    #[test]
    fn a_site_that_was_brought_up_to_date_is_the_one_made_anew(
        steps in proptest::collection::vec(proptest::collection::vec(step(), 1..4), 1..7)
    ) {
        let mut team = Team::new();
        team.publish();
        for step in steps {
            step.iter().for_each(|step| team.take(step));
            team.publish();
            assert_same(&files(&team.site()), &team.anew());
            prop_assert_eq!(team.publish().written.changed, 0);
            prop_assert!(team.store.drift().unwrap().is_empty());
        }
    }
}

fn plain(title: u8) -> Sketch {
    Sketch {
        title,
        owner: Some(0),
        service: Some(0),
        tags: vec![0],
        files: vec![1],
        metric: Some((0, 3)),
        month: title % 3,
        draft: false,
        related: None,
    }
}

/// A list gets pages of months when it grows long, and loses them when it shrinks.
#[test]
fn a_list_that_becomes_long_and_short_again_is_the_one_made_anew() {
    let mut team = Team::new();
    for n in 0..199 {
        team.take(&Step::Log(plain(n)));
    }
    team.publish();
    let month = team.site().join("tags/tag0/2026-01.html");
    for (step, long) in [
        (Step::Log(plain(7)), false),
        (Step::Log(plain(8)), true),
        (Step::Log(plain(9)), true),
        (Step::Edit(3, plain(1)), true),
        (Step::Delete(0), true),
        (Step::Delete(0), false),
        (Step::Delete(0), false),
    ] {
        team.take(&step);
        let report = team.publish();
        assert!(!report.anew);
        assert_eq!(month.exists(), long, "{step:?}");
        assert_same(&files(&team.site()), &team.anew());
    }
}

#[test]
fn one_new_change_touches_the_pages_that_mention_it() {
    let mut team = Team::new();
    for n in 0..60 {
        team.take(&Step::Log(Sketch { owner: Some(n % 2), tags: vec![n % 3], files: vec![n % 7], ..plain(n) }));
    }
    team.publish();
    let touched = |site: &Path| -> BTreeMap<String, std::time::SystemTime> {
        files(site)
            .into_keys()
            .map(|name| (name.clone(), site.join(name).metadata().unwrap().modified().unwrap()))
            .collect()
    };
    let before = touched(&team.site());
    team.take(&Step::Log(Sketch { tags: vec![2], files: vec![4], ..plain(1) }));
    let report = team.publish();
    let after = touched(&team.site());
    let differ: Vec<&String> =
        after.iter().filter(|(name, at)| before.get(*name) != Some(*at)).map(|(name, _)| name).collect();
    assert_eq!(report.written.changed, differ.len() as u64);
    assert!(
        differ.iter().all(|name| !name.starts_with("tags/tag0") && !name.starts_with("owners/team-1")),
        "{differ:?}"
    );
    assert!(differ.len() < 50, "{differ:?}");
}

/// `anew` trusts nothing that is there, not even a file that the cache says is the same.
#[test]
fn a_site_made_anew_has_none_of_what_somebody_changed_in_it() {
    let mut team = Team::new();
    team.take(&Step::Log(plain(1)));
    team.publish();
    let whole = files(&team.site());
    put(&team.site().join("index.html"), b"changed by hand");
    std::fs::remove_file(team.site().join("tags/tag0.html")).unwrap();
    team.options.anew = true;
    team.publish();
    assert_same(&files(&team.site()), &whole);
}

/// Publishers of one site wait for each other; whoever is last, the site is that of the records.
#[test]
fn several_publishers_at_once_leave_one_whole_site() {
    let mut team = Team::new();
    for n in 0..40 {
        team.take(&Step::Log(plain(n)));
    }
    team.publish();
    for round in 0..4 {
        team.take(&Step::Log(plain(round)));
        let (options, site) = (&team.options, team.site());
        let database = team.work.path().join("shipnote.db");
        std::thread::scope(|scope| {
            for n in 0..3 {
                let (database, site) = (&database, &site);
                scope.spawn(move || {
                    let store = SqliteStore::open(database).unwrap();
                    let options = Options { anew: n == 1, ..options.clone() };
                    publish(&store, &options, site, &mut |_, _| {}).unwrap();
                });
            }
        });
        assert_same(&files(&team.site()), &team.anew());
    }
    let left: Vec<_> = team.work.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with(".site")), "{left:?}");
}

/// What is in the folder besides the site is the user's.
#[test]
fn what_the_user_put_there_stays() {
    let mut team = Team::new();
    team.publish();
    put(&team.site().join("CNAME"), b"runbooks.example.com");
    put(&team.site().join(".git/HEAD"), b"ref: refs/heads/pages");
    team.take(&Step::Log(plain(1)));
    team.publish();
    team.options.anew = true;
    assert!(team.publish().anew);
    assert_eq!(std::fs::read(team.site().join("CNAME")).unwrap(), b"runbooks.example.com");
    assert!(team.site().join(".git/HEAD").exists());
    // A publisher that was ended between the exchange and its end had them beside the site.
    std::fs::rename(team.site().join("CNAME"), team.work.path().join("CNAME")).unwrap();
    put(&team.work.path().join(".site.shipnote-new/.shipnote-site"), b"shipnote site");
    std::fs::rename(team.work.path().join("CNAME"), team.work.path().join(".site.shipnote-new/CNAME")).unwrap();
    team.publish();
    assert!(team.site().join("CNAME").exists() && !team.work.path().join(".site.shipnote-new").exists());
}

/// A publisher that was ended before it had marked its new folder, and one that had begun to take an old one away.
#[test]
fn a_folder_that_was_left_half_made_is_not_in_the_way() {
    let mut team = Team::new();
    team.publish();
    let beside = team.work.path().join(".site.shipnote-new");
    for name in [".shipnote-a1b2c3", ".shipnote-site"] {
        team.take(&Step::Log(plain(1)));
        put(&beside.join(name), b"shipnote site");
        team.publish();
        assert!(!beside.exists());
        assert_same(&files(&team.site()), &team.anew());
    }
    put(&beside.join("thesis.txt"), b"of somebody else");
    assert!(publish(&team.store, &team.options, &team.site(), &mut |_, _| {}).is_err());
    assert!(beside.join("thesis.txt").exists());
}

/// What leads from the first page to others: every page that can be reached is there.
fn dead_links(site: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let mut dead = Vec::new();
    let mut seen = BTreeSet::from(["index.html".to_owned()]);
    let mut open = vec!["index.html".to_owned()];
    while let Some(page) = open.pop() {
        let html = String::from_utf8_lossy(&site[&page]).into_owned();
        for link in html.split("href=\"").skip(1).filter_map(|rest| rest.split(['"', '#', '?']).next()) {
            if link.is_empty() || link.contains(':') {
                continue;
            }
            let mut parts: Vec<&str> = page.split('/').collect();
            parts.pop();
            for part in link.split('/') {
                if part == ".." {
                    parts.pop();
                } else {
                    parts.push(part);
                }
            }
            let target = parts.join("/");
            if !site.contains_key(&target) {
                dead.push(format!("{target} on {page}"));
            } else if target.ends_with(".html") && seen.insert(target.clone()) {
                open.push(target);
            }
        }
    }
    dead
}

/// Killed wherever it stands, a publisher leaves whole files and no dead link, and the next one makes the site that a new
/// folder gets. The gate kills it 20 times, `SHIPNOTE_TEST_FULL=1` 200 times.
#[test]
fn a_publisher_that_is_killed_leaves_whole_pages_and_the_next_one_completes_them() {
    let kills = if std::env::var_os("SHIPNOTE_TEST_FULL").is_some() { 200 } else { 20 };
    let project = Project::new();
    let change = |number: u32| {
        let (file, tag) = (format!("src/{}.py", number % 7), format!("tag{}", number % 3));
        let title = format!("change {number}");
        project.ok(["log", &title, "--owner", "oncall", "--file", &file, "--tag", &tag, "--json"])
    };
    let id = |json: &str| serde_json::from_str::<serde_json::Value>(json).unwrap()["id"].as_str().unwrap().to_owned();
    let mut ids: Vec<String> = (0..30).map(|number| id(&change(number))).collect();
    let cold = || {
        project.ok(["publish", "--quiet", "--out", "cold"]);
        let files = files(&project.path("cold"));
        std::fs::remove_dir_all(project.path("cold")).unwrap();
        files
    };
    project.ok(["publish", "--quiet"]);
    let mut before = cold();
    let (mut random, mut interrupted) = (1_u64, 0);
    for kill in 0..kills {
        ids.push(id(&change(100 + kill)));
        if kill % 2 == 0 {
            let gone = ids.remove(0);
            project.ok(["delete", &gone, "--reason", "noise"]);
        } else {
            project.ok(["edit", &ids[0], "--expected", &format!("as fast as {kill}")]);
        }
        let began = std::time::Instant::now();
        let after = cold();
        let whole = began.elapsed();
        let anew: &[&str] = if kill % 4 == 3 { &["publish", "--quiet", "--anew"] } else { &["publish", "--quiet"] };
        let mut child = project.shipnote(anew).stdout(std::process::Stdio::null()).spawn().unwrap();
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(whole * ((random >> 33) % 1_000) as u32 / 1_000);
        child.kill().unwrap();
        interrupted += u32::from(!child.wait().unwrap().success());
        let site = files(&project.path("site"));
        for (name, content) in
            site.iter().filter(|(name, _)| !name.starts_with(".shipnote-") && !name.contains("/.shipnote-"))
        {
            let whole = [&before, &after].iter().any(|state| state.get(name) == Some(content));
            assert!(whole, "kill {kill}: {name} is neither the old page nor the new one");
        }
        assert_eq!(dead_links(&site), [""; 0], "kill {kill}");
        project.ok(["publish", "--quiet"]);
        assert_same(&files(&project.path("site")), &after);
        before = after;
    }
    assert!(interrupted > kills / 4, "{interrupted} of {kills} were still at work");
}
