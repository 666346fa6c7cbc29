//! Writes made-up changes as JSON Lines, about 1.5 KB each, the same for the same seed:
//!
//! ```text
//! cargo bench --bench generate -- COUNT [SEED] > changes.jsonl
//! ```
//!
//! Words, files, tags and owners are drawn by Zipf's law, as they are in real records: the most common word stands in
//! nearly every record, most words in a handful. The benches compile this file with plain `rustc`, which takes two
//! seconds; it therefore uses the standard library only.

use std::fmt::Write as _;
use std::io::{self, BufWriter, Write};

const DAY: u64 = 24 * 60 * 60;
/// 2022-11-21, in seconds since 1970: records cover the four years after it.
const FIRST_DAY: u64 = 1_668_988_800;

fn main() -> io::Result<()> {
    // `cargo bench` passes a flag of its own.
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let Some(&count) = numbers.first() else {
        return Err(io::Error::other("usage: generate COUNT [SEED]"));
    };
    let mut world = World::new(numbers.get(1).copied().unwrap_or(1));
    let mut out = BufWriter::new(io::stdout().lock());
    for n in 0..count {
        let line = world.change(n);
        // A reader that has enough closes the pipe.
        match out.write_all(line.as_bytes()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            written => written?,
        }
    }
    out.flush()
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, quick, the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Things drawn by Zipf's law: the n-th is n times rarer than the first.
struct Zipf {
    names: Vec<String>,
    /// The sum of the weights up to each.
    sums: Vec<f64>,
}

impl Zipf {
    fn new(names: Vec<String>) -> Self {
        let mut sum = 0.0;
        let sums = (1..=names.len()).map(|rank| {
            sum += 1.0 / rank as f64;
            sum
        });
        Self { sums: sums.collect(), names }
    }

    fn draw(&self, random: &mut Random) -> &str {
        let all = self.sums.last().copied().unwrap_or_default();
        let at = random.unit() * all;
        let rank = self.sums.partition_point(|sum| *sum < at);
        &self.names[rank.min(self.names.len() - 1)]
    }
}

const COMMON: &str = "the request order client timeout response database query cache error connection retry route worker \
    index service payload header token session customer invoice pod queue page slow after when before with because under \
    load instead each every now never again failed returned waited closed opened moved removed added answer limit budget \
    latency memory restart deploy release version schema column lock pool socket proxy gateway certificate";
const ERRORS: [&str; 8] = [
    "requests.exceptions.ReadTimeout: HTTPConnectionPool(host='{s}', port=8000): Read timed out. (read timeout=0.5)",
    "ConnectionResetError: [Errno 104] Connection reset by peer",
    "pydantic_core._pydantic_core.ValidationError: 1 validation error for {w}",
    "psycopg.errors.DeadlockDetected: deadlock detected on relation {w}",
    "KeyError: '{w}'",
    "sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out",
    "thread 'main' panicked at src/{w}.rs:{n}: index out of bounds",
    "upstream prematurely closed connection while reading response header from upstream {s}",
];
const KINDS: [&str; 6] = ["feature", "fix", "performance", "security", "refactor", "operations"];
const METRICS: [(&str, &str); 4] =
    [("p95 latency", "ms"), ("error rate", "%"), ("queries per page", ""), ("pod restarts", "per day")];

struct World {
    random: Random,
    words: Zipf,
    files: Zipf,
    tags: Zipf,
    services: Zipf,
    owners: Zipf,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut random = Random(seed);
        let mut words: Vec<String> = COMMON.split_whitespace().map(str::to_owned).collect();
        words.extend(made_up(&mut random, 40_000));
        let files = (0..4_000).map(|n| {
            let at = |place: usize| &words[(n * 7 + place * 131) % 2_000];
            format!("services/{}/{}_{}.py", at(1), at(2), at(3))
        });
        Self {
            files: Zipf::new(files.collect()),
            tags: Zipf::new(words[..300].to_vec()),
            services: Zipf::new(words[..40].to_vec()),
            owners: Zipf::new((0..24).map(|n| format!("team-{}", words[n + 10])).collect()),
            words: Zipf::new(words),
            random,
        }
    }

    fn word(&mut self) -> &str {
        self.words.draw(&mut self.random)
    }

    fn sentence(&mut self, words: u64) -> String {
        let mut text = String::new();
        for n in 0..words {
            let word = self.words.draw(&mut self.random);
            if n > 0 {
                text.push(' ');
            }
            text.push_str(word);
        }
        text[..1].make_ascii_uppercase();
        text.push('.');
        text
    }

    fn error(&mut self) -> String {
        let text = ERRORS[self.random.below(ERRORS.len() as u64) as usize];
        let word = self.word().to_owned();
        let service = self.services.draw(&mut self.random).to_owned();
        let line = self.random.below(900).to_string();
        text.replace("{w}", &word).replace("{s}", &service).replace("{n}", &line)
    }

    /// One change as a line of JSON. Nothing in it needs escaping but the line breaks that are written escaped.
    fn change(&mut self, n: u64) -> String {
        let mut sentences = Vec::new();
        for _ in 0..6 {
            let words = 8 + self.random.below(8);
            sentences.push(self.sentence(words));
        }
        let title = self.sentence(7);
        let (service, route) = (self.services.draw(&mut self.random).to_owned(), self.word().to_owned());
        let (run, rollback) = (self.word().to_owned(), self.word().to_owned());
        let (metric, unit) = METRICS[self.random.below(METRICS.len() as u64) as usize];
        let before = 100 + self.random.below(900);
        let kind = KINDS[self.random.below(KINDS.len() as u64) as usize];
        let commit = format!("{:016x}{:016x}{:08x}", self.random.next(), self.random.next(), n as u32);
        let at = timestamp(FIRST_DAY + self.random.below(4 * 365 * DAY));
        let file_count = 1 + self.random.below(6);
        let (files, tags) = (list(&self.files, file_count, &mut self.random), list(&self.tags, 3, &mut self.random));
        let owner = self.owners.draw(&mut self.random).to_owned();
        let mut line = String::with_capacity(2_000);
        let _ = write!(
            line,
            "{{\"schema\": \"shipnote.change/1\", \"title\": \"{title}\", \"kind\": \"{kind}\", \"reason\": \"{} {} {}\\n\\n{} {}\", \
             \"baseline\": {{\"route\": \"GET /{service}/{route}/{{id}}\", \"command\": \"curl -i http://127.0.0.1:8000/{service}/{route}\", \
             \"symptom\": \"```text\\n{}\\n```\", \"location\": \"{}\"}}, ",
            sentences[0],
            sentences[1],
            sentences[2],
            sentences[3],
            sentences[4],
            self.error(),
            sentences[5],
        );
        let _ = writeln!(
            line,
            "\"files\": {files}, \"commands\": [{{\"run\": \"kubectl rollout restart deploy/{service}\"}}, {{\"run\": \"pytest -q tests/test_{run}.py\", \
             \"expect\": \"passed\"}}], \"metrics\": [{{\"name\": \"{metric}\", \"unit\": \"{unit}\", \"before\": {before}, \"after\": {}, \"better\": \"lower\"}}], \
             \"owner\": \"{owner}\", \"expected\": \"{metric} below {before}\", \"rollback\": {{\"command\": \"kubectl set env deploy/{service} {}=off\"}}, \
             \"service\": \"{service}\", \"environment\": \"production\", \"tags\": {tags}, \"commits\": [\"{commit}\"], \"shipped_at\": \"{at}\", \
             \"created_at\": \"{at}\", \"source\": {{\"kind\": \"bench\", \"key\": \"{n}\"}}}}",
            before / 2,
            rollback.to_uppercase(),
        );
        line
    }
}

/// Up to `count` different names as a list in JSON.
fn list(from: &Zipf, count: u64, random: &mut Random) -> String {
    let mut found: Vec<&str> = (0..count).map(|_| from.draw(random)).collect();
    found.sort_unstable();
    found.dedup();
    format!("[\"{}\"]", found.join("\", \""))
}

/// Pronounceable words, each once, longer ones last.
fn made_up(random: &mut Random, count: usize) -> Vec<String> {
    const BEGIN: [&str; 16] = ["b", "br", "d", "f", "g", "gr", "k", "l", "m", "n", "p", "pr", "s", "st", "t", "v"];
    const MIDDLE: [&str; 8] = ["a", "e", "i", "o", "u", "ai", "ea", "ou"];
    const END: [&str; 8] = ["", "l", "n", "r", "s", "t", "x", "m"];
    let mut seen = std::collections::HashSet::new();
    let mut words = Vec::with_capacity(count);
    while words.len() < count {
        let mut word = String::new();
        for _ in 0..2 + words.len() / 15_000 {
            word.push_str(BEGIN[random.below(16) as usize]);
            word.push_str(MIDDLE[random.below(8) as usize]);
            word.push_str(END[random.below(8) as usize]);
        }
        if seen.insert(word.clone()) {
            words.push(word);
        }
    }
    words
}

/// Seconds since 1970 as RFC 3339 (Howard Hinnant's days-to-civil algorithm).
fn timestamp(seconds: u64) -> String {
    let (days, time) = (seconds / DAY + 719_468, seconds % DAY);
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", time / 3_600, time / 60 % 60, time % 60)
}
