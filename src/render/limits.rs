//! What keeps a template from running away where the engine does not.
//!
//! Tera 2.4 itself bounds nested expressions and statements (40), long expressions (256 parts), components in components (20)
//! and `range` (100,000), and refuses files that include or extend themselves. It does not bound chains of `elif`, of files,
//! of blocks that hold each other by inheritance, and what is written. A template is trusted code, so these bounds are against
//! mistakes: a record cannot reach them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Error, Write};

use super::source::{Tag, place, tags};

/// The stack of a thread that renders, in bytes: what the bounds here and in Tera can ask for.
pub const STACK: usize = 64 * 1024 * 1024;

/// Bytes of a page.
const MOST_WRITTEN: usize = 256 * 1024 * 1024;

/// Bytes of a template.
const MOST_BYTES: usize = 1024 * 1024;

/// Files, files that extend or include each other in a row, and `elif` of one `if`.
const MOST_FILES: usize = 500;
const MOST_CHAINED: usize = 20;
const MOST_BRANCHES: usize = 100;

/// A bound that a file crosses.
#[derive(Debug)]
pub(super) struct Crossed {
    pub(super) file: String,
    pub(super) place: Option<(usize, usize)>,
    pub(super) reason: String,
}

/// What a page is written to.
#[derive(Debug)]
pub(super) struct Page<'a> {
    pub(super) text: &'a mut Vec<u8>,
    /// Whether it became too long.
    pub(super) over: bool,
}

impl Write for Page<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.text.len() + bytes.len() > MOST_WRITTEN {
            self.over = true;
            return Err(Error::other("the page is too long"));
        }
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The bounds that the files of `own` cross, whose other half is `embedded`; both by name.
pub(super) fn crossed<'a>(own: &[(&'a str, &'a str)], embedded: &[(&'a str, &'a str)]) -> Vec<Crossed> {
    let mut found = Vec::new();
    let mut crossed = |file: &str, place, reason: String| found.push(Crossed { file: file.to_owned(), place, reason });
    if let Some((name, _)) = own.get(MOST_FILES) {
        crossed(name, None, format!("there are more than {MOST_FILES} files"));
        return found;
    }
    for (name, text) in own {
        if text.len() > MOST_BYTES {
            crossed(name, None, format!("it is larger than {} MiB", MOST_BYTES / 1024 / 1024));
        } else if let Some(tag) = long_branch(&tags(text)) {
            let reason = format!("an `if` has more than {MOST_BRANCHES} `elif`");
            crossed(name, Some(place(text, tag.start)), reason);
        }
    }
    let files = Files::new(own, embedded);
    for (name, _) in own {
        if let Some(block) = files.endless_block(name) {
            crossed(name, None, format!("the block `{block}` ends up inside itself"));
        }
        if files.depth(name, &mut BTreeMap::new()) > MOST_CHAINED {
            crossed(name, None, format!("more than {MOST_CHAINED} files include or extend each other in a row"));
        }
    }
    found
}

/// The `elif` that is one too many.
fn long_branch<'a>(tags: &[Tag<'a>]) -> Option<Tag<'a>> {
    let mut open = Vec::new();
    for tag in tags {
        match tag.keyword() {
            "if" => open.push(0),
            "endif" => {
                open.pop();
            }
            "elif" => {
                let branches = open.last_mut()?;
                *branches += 1;
                if *branches > MOST_BRANCHES {
                    return Some(*tag);
                }
            }
            _ => {}
        }
    }
    None
}

/// How files lead to each other.
struct Files<'a> {
    files: BTreeMap<String, File<'a>>,
}

#[derive(Default)]
struct File<'a> {
    extends: Option<&'a str>,
    includes: Vec<&'a str>,
    /// Blocks and the blocks that stand in them.
    blocks: Vec<(&'a str, &'a str)>,
}

impl<'a> Files<'a> {
    fn new(own: &[(&'a str, &'a str)], embedded: &[(&'a str, &'a str)]) -> Self {
        let own = own.iter().map(|(name, text)| ((*name).to_owned(), File::read(text)));
        let embedded = embedded.iter().map(|(name, text)| (format!("{}{name}", super::DEFAULT), File::read(text)));
        Self { files: own.chain(embedded).collect() }
    }

    /// As Tera resolves a name: the project's own first.
    fn get(&self, name: &str) -> Option<&File<'a>> {
        self.files.get(name).or_else(|| self.files.get(&format!("{}{name}", super::DEFAULT)))
    }

    /// Files in the longest row that begins here; a circle, which Tera refuses, counts once.
    fn depth(&self, name: &'a str, known: &mut BTreeMap<&'a str, usize>) -> usize {
        if let Some(depth) = known.get(name) {
            return *depth;
        }
        let Some(file) = self.get(name) else { return 0 };
        known.insert(name, 0);
        let next = file.includes.iter().chain(&file.extends);
        let depth = 1 + next.map(|next| self.depth(next, known)).max().unwrap_or(0);
        known.insert(name, depth);
        depth
    }

    /// A block that holds itself, by what the file and those it extends say together.
    fn endless_block(&self, name: &str) -> Option<&'a str> {
        let mut holds: BTreeMap<&str, BTreeSet<&'a str>> = BTreeMap::new();
        let mut next = self.get(name);
        for _ in 0..=MOST_CHAINED {
            let Some(file) = next else { break };
            for (outer, inner) in &file.blocks {
                holds.entry(outer).or_default().insert(inner);
            }
            next = file.extends.and_then(|name| self.get(name));
        }
        holds.values().flatten().copied().find(|start| {
            let mut reached = BTreeSet::new();
            let mut left: Vec<&str> = vec![start];
            while let Some(block) = left.pop() {
                left.extend(holds.get(block).into_iter().flatten().copied().filter(|inner| reached.insert(*inner)));
            }
            reached.contains(start)
        })
    }
}

impl<'a> File<'a> {
    fn read(text: &'a str) -> Self {
        let mut file = Self::default();
        let mut open: Vec<&str> = Vec::new();
        for tag in tags(text) {
            match tag.keyword() {
                "extends" => file.extends = tag.quoted(),
                "include" => file.includes.extend(tag.quoted()),
                "block" => {
                    file.blocks.extend(open.last().map(|outer| (*outer, tag.name())));
                    open.push(tag.name());
                }
                "endblock" => {
                    open.pop();
                }
                _ => {}
            }
        }
        file
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons(own: &[(&str, &str)], embedded: &[(&str, &str)]) -> Vec<String> {
        crossed(own, embedded).into_iter().map(|crossed| crossed.reason).collect()
    }

    #[test]
    fn what_tera_would_not_end_is_refused() {
        let branches = format!("{{% if a %}}{}{{% endif %}}", "{% elif a %}".repeat(50_000));
        assert_eq!(reasons(&[("a", &branches)], &[]), ["an `if` has more than 100 `elif`"]);
        let base = "{% block a %}{% block b %}{% endblock %}{% endblock %}";
        let child = "{% extends \"default/x\" %}{% block b %}{% block a %}{{ super() }}{% endblock %}{% endblock %}";
        assert_eq!(reasons(&[("x", child)], &[("x", base)]), ["the block `b` ends up inside itself"]);
        let names: Vec<_> = (0..60).map(|n| (format!("f{n}"), format!("{{% include \"f{}\" %}}", n + 1))).collect();
        let files: Vec<_> = names.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        assert!(reasons(&files, &[]).len() >= 39);
        assert!(reasons(&vec![("a", ""); 501], &[])[0].contains("more than 500 files"));
        assert!(reasons(&[("a", &"x".repeat(2_000_000))], &[])[0].contains("larger than"));
    }

    #[test]
    fn what_ends_is_not_refused() {
        let base = "{% block a %}{% block b %}{% endblock %}{% endblock %}";
        let child = "{% extends \"default/x\" %}{% block b %}{{ super() }}{% endblock %}";
        assert_eq!(reasons(&[("x", child)], &[("x", base)]), [] as [&str; 0]);
        let branches = format!("{{% if a %}}{}{{% endif %}}", "{% elif a %}".repeat(90)).repeat(3);
        assert_eq!(reasons(&[("a", &branches)], &[]), [] as [&str; 0]);
    }
}
