//! Threads that render and write pages while the records are read: the store is read by one thread, as it must be.

use std::num::NonZero;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Condvar, Mutex, PoisonError};
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
    shared: &'a Shared,
    /// The pages, for what is asked of the site as it was.
    pub(super) pages: &'a Pages,
}

/// What the threads tell each other.
#[derive(Default)]
struct Shared {
    failure: Mutex<Option<anyhow::Error>>,
    /// Jobs that were handed in and not done.
    open: Mutex<usize>,
    done: Condvar,
}

impl Queue<'_> {
    /// Hands in a page.
    ///
    /// # Errors
    /// When an earlier one failed; [`run`] returns that failure.
    pub(super) fn add(&self, job: impl FnOnce(&Pages) -> Result<()> + Send + 'static) -> Result<()> {
        *lock(&self.shared.open) += 1;
        if lock(&self.shared.failure).is_some() || self.jobs.send(Box::new(job)).is_err() {
            return Err(anyhow!("an earlier page could not be made"));
        }
        Ok(())
    }

    /// Waits until every page that was handed in is written.
    pub(super) fn wait(&self) {
        let mut open = lock(&self.shared.open);
        while *open > 0 && lock(&self.shared.failure).is_none() {
            open = self.shared.done.wait(open).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `read`, which hands in pages, and the threads that make them; returns when all are made.
///
/// # Errors
/// The first failure of a page, else that of `read`.
pub(super) fn run(pages: &Pages, read: impl FnOnce(&Queue<'_>) -> Result<()>) -> Result<()> {
    let (jobs, waiting) = sync_channel(WAITING);
    let waiting = Mutex::new(waiting);
    let shared = Shared::default();
    let threads = thread::available_parallelism().map_or(2, NonZero::get);
    let read = thread::scope(|scope| {
        for _ in 0..threads {
            let thread = thread::Builder::new().stack_size(STACK);
            thread.spawn_scoped(scope, || work(pages, &waiting, &shared)).context("cannot start a thread")?;
        }
        // The queue ends with this statement, and with it the threads.
        read(&Queue { jobs, shared: &shared, pages })
    });
    match shared.failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => read,
    }
}

fn work(pages: &Pages, waiting: &Mutex<Receiver<Job>>, shared: &Shared) {
    loop {
        let next = lock(waiting).recv();
        let Ok(job) = next else { return };
        let _done = Done(shared);
        if let Err(error) = job(pages) {
            lock(&shared.failure).get_or_insert(error);
        }
    }
}

/// Counts a job as done, whatever became of it: who waits must not wait for ever.
struct Done<'a>(&'a Shared);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        *lock(&self.0.open) -= 1;
        self.0.done.notify_all();
    }
}
