//! Threads that render and write pages while the records are read: the store is read by one thread, as it must be.

use std::num::NonZero;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result, anyhow};

use super::Pages;
use crate::render::STACK;

/// Pages that wait to be made; reading pauses when there are so many, which bounds memory.
const WAITING: usize = 64;

/// Makes one page or several.
type Job = Box<dyn FnOnce(&Pages) -> Result<()> + Send>;

/// Where pages to be made are handed in.
pub(super) struct Queue<'a> {
    jobs: SyncSender<Job>,
    failure: &'a Mutex<Option<anyhow::Error>>,
}

impl Queue<'_> {
    /// Hands in a page.
    ///
    /// # Errors
    /// When an earlier one failed; [`run`] returns that failure.
    pub(super) fn add(&self, job: impl FnOnce(&Pages) -> Result<()> + Send + 'static) -> Result<()> {
        let failed = self.failure.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if failed || self.jobs.send(Box::new(job)).is_err() {
            return Err(anyhow!("an earlier page could not be made"));
        }
        Ok(())
    }
}

/// Runs `read`, which hands in pages, and the threads that make them; returns when all are made.
///
/// # Errors
/// The first failure of a page, else that of `read`.
pub(super) fn run(pages: &Pages, read: impl FnOnce(&Queue<'_>) -> Result<()>) -> Result<()> {
    let (jobs, waiting) = sync_channel(WAITING);
    let waiting = Mutex::new(waiting);
    let failure = Mutex::new(None);
    let threads = thread::available_parallelism().map_or(2, NonZero::get);
    let read = thread::scope(|scope| {
        for _ in 0..threads {
            let thread = thread::Builder::new().stack_size(STACK);
            thread.spawn_scoped(scope, || work(pages, &waiting, &failure)).context("cannot start a thread")?;
        }
        // The queue ends with this statement, and with it the threads.
        read(&Queue { jobs, failure: &failure })
    });
    match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => read,
    }
}

fn work(pages: &Pages, waiting: &Mutex<Receiver<Job>>, failure: &Mutex<Option<anyhow::Error>>) {
    loop {
        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        if let Err(error) = job(pages) {
            failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        }
    }
}
