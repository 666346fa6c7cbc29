use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, Result};

use super::Context;

/// The file or standard input that records are read from, and how much of it was.
pub(super) struct Input {
    file: Option<File>,
    name: String,
    size: u64,
    read: AtomicU64,
}

impl Input {
    /// The file; `-` is standard input.
    pub(super) fn open(file: &Path, context: &Context) -> Result<Self> {
        let read = AtomicU64::new(0);
        if file.as_os_str() == "-" {
            return Ok(Self { file: None, name: "standard input".to_owned(), size: 0, read });
        }
        let path = context.path(file);
        let opened = File::open(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let size = opened.metadata().map_or(0, |metadata| metadata.len());
        Ok(Self { file: Some(opened), name: file.display().to_string(), size, read })
    }

    /// What to read; once.
    pub(super) fn reader(&self) -> BufReader<Counted<'_>> {
        let input: Box<dyn Read> = match &self.file {
            Some(file) => Box::new(file),
            None => Box::new(std::io::stdin()),
        };
        BufReader::with_capacity(1 << 16, Counted { input, read: &self.read })
    }

    /// How many records there are in all, going by those so far; 0 where nobody knows how much there is.
    pub(super) fn total(&self, done: u64) -> u64 {
        let read = self.read.load(Ordering::Relaxed).max(1);
        let expected = u128::from(done) * u128::from(self.size) / u128::from(read);
        if self.size == 0 { 0 } else { u64::try_from(expected).unwrap_or(done).max(done) }
    }

    /// Names the input where it was refused.
    pub(super) fn refused<T>(&self, report: Result<T>) -> Result<T> {
        report.with_context(|| format!("{} was refused, nothing was stored", self.name))
    }
}

/// Counts what is read.
pub(super) struct Counted<'r> {
    input: Box<dyn Read + 'r>,
    read: &'r AtomicU64,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
