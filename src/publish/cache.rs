//! What the last publication wrote: the digest of every file, so that one that would be the same is not even opened.
//!
//! The cache sees opaque bytes; deleting it is always safe. It is one file: what the site was made from, then for each file
//! the digests of its path and of its content, by path, then a digest of all of that, which a damaged file does not pass.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;

use crate::sys;

const HEAD: &[u8; 16] = b"shipnote pages 1";
/// Bytes of a digest that are kept: with 96 bits, two of a billion files are the same by chance once in 10^11 sites.
const SHORT: usize = 12;
const ENTRY: usize = 2 * SHORT;
/// More than a site of a hundred million files.
const MOST: u64 = 4 << 30;

/// The beginning of a BLAKE3 digest.
pub(super) type Digest = [u8; SHORT];

/// The digest of a path or of a file's content.
pub(super) fn digest(bytes: &[u8]) -> Digest {
    let mut short = [0; SHORT];
    short.copy_from_slice(&blake3::hash(bytes).as_bytes()[..SHORT]);
    short
}

/// What a site was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    /// The digest of everything but the records: version, settings, templates, rules.
    pub(super) inputs: [u8; 32],
    /// The database.
    pub(super) identity: String,
    /// The number of its last write.
    pub(super) seq: u64,
}

/// The files of a site.
#[derive(Debug)]
pub(super) struct Cache {
    pub(super) stamp: Stamp,
    /// Entries in order, one after the other.
    entries: Vec<u8>,
}

impl Cache {
    /// Reads a cache; `None` when there is none, or it is damaged or of another version.
    pub(super) fn read(path: &Path) -> Option<Self> {
        let mut bytes = sys::files::read_bytes(path, MOST).ok()?;
        let body = bytes.len().checked_sub(32)?;
        if blake3::hash(&bytes[..body]).as_bytes() != &bytes[body..] {
            return None;
        }
        bytes.truncate(body);
        let rest = bytes.strip_prefix(HEAD.as_slice())?;
        let (inputs, rest) = rest.split_first_chunk()?;
        let (seq, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first()?;
        let (identity, entries) = rest.split_at_checked(usize::from(*length))?;
        let stamp = Stamp {
            inputs: *inputs,
            identity: String::from_utf8(identity.to_vec()).ok()?,
            seq: u64::from_le_bytes(*seq),
        };
        let start = bytes.len() - entries.len();
        (entries.len() % ENTRY == 0).then(|| Self { stamp, entries: bytes.split_off(start) })
    }

    /// The digest of the file with this digest of its path.
    pub(super) fn get(&self, path: &Digest) -> Option<Digest> {
        let (entries, _) = self.entries.as_chunks::<ENTRY>();
        let at = entries.binary_search_by(|entry| entry[..SHORT].cmp(path)).ok()?;
        Some(second(&entries[at]))
    }

    /// How many files are none of `pages`.
    pub(super) fn gone(&self, pages: &Changed) -> u64 {
        let (entries, _) = self.entries.as_chunks::<ENTRY>();
        let gone = |entry: &&[u8; ENTRY]| entry.first_chunk::<SHORT>().is_some_and(|path| !pages.contains_key(path));
        entries.iter().filter(gone).count() as u64
    }

    /// Files there are.
    pub(super) fn len(&self) -> u64 {
        (self.entries.len() / ENTRY) as u64
    }
}

fn second(entry: &[u8; ENTRY]) -> Digest {
    let mut digest = [0; SHORT];
    digest.copy_from_slice(&entry[SHORT..]);
    digest
}

/// What a publication changes: by digest of the path, the digest of the new content, or nothing for a file that is removed.
pub(super) type Changed = BTreeMap<Digest, Option<Digest>>;

/// Writes the cache of a site that was made from `stamp`: the files of `before` with what was `changed`. Returns how many.
pub(super) fn write(path: &Path, stamp: &Stamp, before: Option<&Cache>, changed: &Changed) -> Result<u64> {
    let mut bytes = HEAD.to_vec();
    bytes.extend_from_slice(&stamp.inputs);
    bytes.extend_from_slice(&stamp.seq.to_le_bytes());
    let identity = stamp.identity.as_bytes();
    anyhow::ensure!(identity.len() < 256, "the identity of the database is longer than 255 bytes");
    bytes.push(identity.len() as u8);
    bytes.extend_from_slice(identity);
    let start = bytes.len();
    let old = before.map_or(&[][..], |before| &before.entries);
    bytes.reserve(old.len() + changed.len() * ENTRY + 32);
    let (old, _) = old.as_chunks::<ENTRY>();
    let mut from = 0;
    for (path, content) in changed {
        let to = from + old[from..].partition_point(|entry| entry[..SHORT] < path[..]);
        bytes.extend_from_slice(old[from..to].as_flattened());
        let replaced = old.get(to).is_some_and(|entry| entry[..SHORT] == path[..]);
        from = to + usize::from(replaced);
        if let Some(content) = content {
            bytes.extend_from_slice(path);
            bytes.extend_from_slice(content);
        }
    }
    bytes.extend_from_slice(old[from..].as_flattened());
    let files = (bytes.len() - start) / ENTRY;
    let sum = blake3::hash(&bytes);
    bytes.extend_from_slice(sum.as_bytes());
    sys::files::replace(path, &bytes)?;
    Ok(files as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(seq: u64) -> Stamp {
        Stamp { inputs: [7; 32], identity: "a database".to_owned(), seq }
    }

    fn files(list: &[(&str, Option<&str>)]) -> Changed {
        list.iter()
            .map(|(path, content)| (digest(path.as_bytes()), content.map(|content| digest(content.as_bytes()))))
            .collect()
    }

    #[test]
    fn what_was_written_is_read_and_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pages");
        assert!(Cache::read(&path).is_none());
        let first = files(&[("a", Some("1")), ("b", Some("2")), ("c", Some("3"))]);
        assert_eq!(write(&path, &stamp(4), None, &first).unwrap(), 3);
        let cache = Cache::read(&path).unwrap();
        assert_eq!((&cache.stamp, cache.len()), (&stamp(4), 3));
        let second = files(&[("a", Some("9")), ("b", None), ("d", Some("4")), ("e", None)]);
        assert_eq!(write(&path, &stamp(5), Some(&cache), &second).unwrap(), 3);
        let cache = Cache::read(&path).unwrap();
        let get = |name: &str| cache.get(&digest(name.as_bytes()));
        assert_eq!(cache.stamp, stamp(5));
        assert_eq!(
            ["a", "b", "c", "d", "e"].map(get),
            ["9", "", "3", "4", ""].map(|content| { (!content.is_empty()).then(|| digest(content.as_bytes())) })
        );
    }

    #[test]
    fn a_damaged_cache_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pages");
        write(&path, &stamp(4), None, &files(&[("a", Some("1"))])).unwrap();
        let whole = sys::files::read_bytes(&path, MOST).unwrap();
        for damaged in [&whole[..whole.len() - 1], &whole[..40], &[], b"shipnote pages 1"] {
            sys::files::replace(&path, damaged).unwrap();
            assert!(Cache::read(&path).is_none());
        }
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            sys::files::replace(&path, &damaged).unwrap();
            assert!(Cache::read(&path).is_none(), "byte {at}");
        }
    }
}
