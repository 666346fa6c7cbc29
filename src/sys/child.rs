//! A child process within bounds: its time, its output, its environment and everything it starts.
//!
//! The child leads a process group of its own, so that all it starts can be ended with it. It gets no standard input, and
//! of the environment only what it is handed. Standard output and standard error come by one pipe, in the order written.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};

use super::process::exit_code;

/// How long a child that was told to end may take before it is killed.
const GRACE: Duration = Duration::from_millis(500);

/// How long output is still read when the child is gone but something it started holds the pipe.
const REST: Duration = Duration::from_millis(500);

/// How often Ctrl-C is looked for.
const TICK: Duration = Duration::from_millis(20);

/// A program and its bounds.
#[derive(Debug, Clone)]
pub struct Bounded<'a> {
    /// The program; looked for on the PATH of `variables`.
    pub program: &'a str,
    /// Its arguments.
    pub args: &'a [String],
    /// The folder it runs in.
    pub folder: &'a Path,
    /// Its whole environment.
    pub variables: &'a [(String, String)],
    /// How long it may take.
    pub timeout: Duration,
    /// Bytes of output that are kept, from the beginning.
    pub keep: usize,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// By itself.
    Itself,
    /// It took too long and was ended.
    Timeout,
    /// Ctrl-C, or a request to end this process.
    Interrupt,
}

/// What is left of a child.
#[derive(Debug, Clone, PartialEq)]
pub struct Ended {
    /// How it ended.
    pub cause: Cause,
    /// Its exit code, 128 + signal for one that was killed.
    pub code: i32,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// The first bytes of what it printed.
    pub output: Vec<u8>,
    /// Whether it printed more than was kept.
    pub cut: bool,
}

/// Runs a program to its end; `live` is handed everything it prints as it comes. Something it started that lives on and
/// holds the pipe is not waited for. A second Ctrl-C ends this process.
///
/// # Errors
/// When it could not be started.
pub fn run(bounded: &Bounded<'_>, live: &mut dyn FnMut(&[u8])) -> Result<Ended> {
    let watch = Watch::begin()?;
    let began = Instant::now();
    let (mut child, pipe) = start(bounded).with_context(|| format!("cannot run {}", bounded.program))?;
    let mut output = Output { pipe: Some(pipe), kept: Vec::new(), keep: bounded.keep, cut: false, live };
    let deadline = began + bounded.timeout;
    let cause = loop {
        output.read_for(TICK);
        if watch.interrupted() {
            break Cause::Interrupt;
        }
        if child.has_ended()? {
            break Cause::Itself;
        }
        if Instant::now() >= deadline {
            break Cause::Timeout;
        }
    };
    if cause != Cause::Itself {
        child.end_group(false);
        let limit = Instant::now() + GRACE;
        while !child.has_ended()? && Instant::now() < limit {
            output.read_for(TICK);
        }
        child.end_group(true);
    }
    let status = child.0.wait().context("cannot wait for the command")?;
    let seconds = began.elapsed().as_secs_f64();
    let limit = Instant::now() + REST;
    while output.pipe.is_some() && Instant::now() < limit {
        output.read_for(TICK);
    }
    // One that came while it was ending is not lost.
    let cause = if watch.interrupted() { Cause::Interrupt } else { cause };
    Ok(Ended { cause, code: exit_code(status), seconds, output: output.kept, cut: output.cut })
}

/// What the child prints, as it comes.
struct Output<'a> {
    /// `None` once everything was read.
    pipe: Option<Receiver<Vec<u8>>>,
    kept: Vec<u8>,
    keep: usize,
    cut: bool,
    live: &'a mut dyn FnMut(&[u8]),
}

impl Output<'_> {
    /// Hands on what comes within a while; returns at the first that does.
    fn read_for(&mut self, while_: Duration) {
        let Some(pipe) = &self.pipe else {
            std::thread::sleep(while_);
            return;
        };
        match pipe.recv_timeout(while_) {
            Ok(bytes) => {
                let room = self.keep - self.kept.len();
                self.kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
                self.cut |= bytes.len() > room;
                (self.live)(&bytes);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => self.pipe = None,
        }
    }
}

/// A child and the group it leads.
struct Group(Child);

impl Group {
    #[cfg(unix)]
    fn has_ended(&mut self) -> Result<bool> {
        use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
        // It is left unreaped: its number, and so its group's, stays taken until nothing is sent to it any more.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let status = waitid(WaitId::Pid(Pid::from_child(&self.0)), options).context("cannot wait for the command")?;
        Ok(status.is_some())
    }

    #[cfg(not(unix))]
    fn has_ended(&mut self) -> Result<bool> {
        Ok(self.0.try_wait().context("cannot wait for the command")?.is_some())
    }

    #[cfg(unix)]
    fn end_group(&mut self, at_once: bool) {
        use rustix::process::{Pid, Signal, kill_process_group};
        // A group that is gone already is what is wanted.
        let signal = if at_once { Signal::KILL } else { Signal::TERM };
        let _ = kill_process_group(Pid::from_child(&self.0), signal);
    }

    #[cfg(not(unix))]
    fn end_group(&mut self, _: bool) {
        // A child that is gone already is what is wanted.
        let _ = self.0.kill();
    }
}

fn start(bounded: &Bounded<'_>) -> Result<(Group, Receiver<Vec<u8>>)> {
    let (reader, writer) = std::io::pipe()?;
    let mut command = Command::new(bounded.program);
    command
        .args(bounded.args)
        .current_dir(bounded.folder)
        .env_clear()
        .envs(bounded.variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let child = command.spawn()?;
    // The command holds the pipe's other end.
    drop(command);
    let (sender, receiver) = sync_channel(16);
    std::thread::spawn(move || forward(reader, &sender));
    Ok((Group(child), receiver))
}

fn forward(mut pipe: impl Read, sender: &SyncSender<Vec<u8>>) {
    let mut buffer = [0; 8192];
    loop {
        match pipe.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) if sender.send(buffer[..count].to_vec()).is_err() => return,
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

/// What Ctrl-C and the requests to end do.
struct Signals {
    /// Whether one came while children ran.
    interrupted: Arc<AtomicBool>,
    /// Whether the next does what it would have done without us: while no child runs, and after the first.
    ends: Arc<AtomicBool>,
    /// Children that run.
    children: Mutex<usize>,
}

/// Keeps the first request to end from ending this process, for as long as it lives.
struct Watch(&'static Signals);

impl Watch {
    fn begin() -> Result<Self> {
        let signals = signals()?;
        let mut children = signals.children.lock().unwrap_or_else(PoisonError::into_inner);
        if *children == 0 {
            signals.interrupted.store(false, Ordering::Relaxed);
            signals.ends.store(false, Ordering::Relaxed);
        }
        *children += 1;
        Ok(Self(signals))
    }

    fn interrupted(&self) -> bool {
        self.0.interrupted.load(Ordering::Relaxed)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut children = self.0.children.lock().unwrap_or_else(PoisonError::into_inner);
        *children -= 1;
        if *children == 0 {
            self.0.ends.store(true, Ordering::Relaxed);
        }
    }
}

fn signals() -> Result<&'static Signals> {
    static SIGNALS: OnceLock<std::io::Result<Signals>> = OnceLock::new();
    let signals = SIGNALS.get_or_init(watch_signals).as_ref();
    signals.map_err(|error| anyhow!("cannot watch Ctrl-C: {error}"))
}

fn watch_signals() -> std::io::Result<Signals> {
    let (interrupted, ends) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(true)));
    #[cfg(unix)]
    let signals = [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP];
    #[cfg(not(unix))]
    let signals = [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM];
    for signal in signals {
        // In this order: the first that comes while a child runs finds `ends` unset, and sets it for the second.
        signal_hook::flag::register_conditional_default(signal, Arc::clone(&ends))?;
        signal_hook::flag::register(signal, Arc::clone(&ends))?;
        signal_hook::flag::register(signal, Arc::clone(&interrupted))?;
    }
    Ok(Signals { interrupted, ends, children: Mutex::new(0) })
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn sh(script: &str, timeout: Duration) -> (Ended, String) {
        let args = ["-c".to_owned(), script.to_owned()];
        let variables = [("PATH".to_owned(), "/usr/bin:/bin".to_owned())];
        let folder = std::env::temp_dir();
        let bounded = Bounded { program: "sh", args: &args, folder: &folder, variables: &variables, timeout, keep: 64 };
        let mut live = Vec::new();
        let ended = run(&bounded, &mut |bytes| live.extend_from_slice(bytes)).unwrap();
        (ended, String::from_utf8_lossy(&live).into_owned())
    }

    fn is_alive(pid: &str) -> bool {
        // A zombie that nobody reaps yet is no more alive than one that was reaped.
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn output_comes_in_order_and_only_its_beginning_is_kept() {
        let (ended, live) = sh("echo out; echo err >&2; exit 3", LONG);
        assert_eq!((ended.cause, ended.code, live.as_str()), (Cause::Itself, 3, "out\nerr\n"));
        assert_eq!((ended.output.as_slice(), ended.cut), (b"out\nerr\n".as_slice(), false));
        let (ended, live) = sh("printf '%0100d' 7", LONG);
        assert_eq!((ended.output.len(), ended.cut, live.len()), (64, true, 100));
    }

    #[test]
    fn the_environment_is_what_it_is_handed_and_there_is_no_input() {
        let (ended, live) = sh("env | grep -vE '^(PWD|SHLVL|_)='; cat", LONG);
        assert_eq!((ended.code, live.as_str()), (0, "PATH=/usr/bin:/bin\n"));
    }

    #[test]
    fn a_child_that_ignores_the_request_to_end_is_killed_with_all_it_started() {
        let (ended, live) = sh("trap '' TERM; sleep 1000 & echo $$ $!; wait; sleep 1000", Duration::from_millis(300));
        assert_eq!(ended.cause, Cause::Timeout);
        assert!(ended.seconds < 30.0, "it ended by being killed, not by itself: {ended:?}");
        for pid in live.split_whitespace() {
            assert!(!is_alive(pid), "{pid} is still there");
        }
    }

    #[test]
    fn one_that_ends_when_asked_may_say_so() {
        let (ended, live) = sh("trap 'echo bye; exit 9' TERM; sleep 1000 & wait", Duration::from_millis(300));
        assert_eq!((ended.cause, ended.code, live.as_str()), (Cause::Timeout, 9, "bye\n"));
    }

    #[test]
    fn what_lives_on_and_holds_the_pipe_is_not_waited_for() {
        let (ended, live) = sh("sleep 1000 & echo $!", LONG);
        assert_eq!((ended.cause, ended.code), (Cause::Itself, 0));
        let pid = live.trim();
        assert!(is_alive(pid), "a service that was started goes on");
        sh(&format!("kill {pid}"), LONG);
    }

    #[test]
    fn one_that_is_not_there_is_named() {
        let folder = std::env::temp_dir();
        let (args, variables) = (&[], &[]);
        let bounded = Bounded { program: "no-such-program", args, folder: &folder, variables, timeout: LONG, keep: 1 };
        let error = run(&bounded, &mut |_| {}).unwrap_err();
        assert_eq!(error.to_string(), "cannot run no-such-program");
    }
}
