//! Commands: run within bounds, and what they printed compared with what was expected.

use std::path::{Component, Path};
use std::time::Duration;

use regex::Regex;

use super::{Options, Shell, kept};
use crate::model::{CommandCheck, Compare, CompareOp, Conclusion, INTERRUPTED, Outcome, format_number, limit};
use crate::sys::child::{self, Bounded, Cause, Ended};

/// A command to run.
pub(super) struct Line<'a> {
    pub(super) run: &'a str,
    pub(super) shell: Shell,
    pub(super) cwd: Option<&'a str>,
    pub(super) timeout: Duration,
}

/// Runs a check that is a command.
pub(super) fn check(check: &CommandCheck, options: &Options) -> Outcome {
    let timeout = Duration::from_secs(u64::from(check.timeout_s));
    let shell = if check.shell { Shell::Sh } else { Shell::None };
    let line = Line { run: &check.run, shell, cwd: check.cwd.as_deref(), timeout };
    run(&line, options, &mut |_| {}, |ended, output| differs(check, ended.code, output))
}

/// Runs a command line; `differs` says in one line what was not as expected of one that came to its end.
pub(super) fn run(
    line: &Line<'_>,
    options: &Options,
    live: &mut dyn FnMut(&[u8]),
    differs: impl FnOnce(&Ended, &str) -> Option<String>,
) -> Outcome {
    let ended = match start(line, options, live) {
        Ok(ended) => ended,
        Err(why) => return refused(why),
    };
    let output = String::from_utf8_lossy(&ended.output);
    let (conclusion, detail) = match ended.cause {
        Cause::Timeout => {
            (Conclusion::Error, Some(format!("took longer than {} s and was ended", line.timeout.as_secs_f64())))
        }
        Cause::Interrupt => (Conclusion::Error, Some(INTERRUPTED.to_owned())),
        Cause::Itself => match differs(&ended, &output) {
            None => (Conclusion::Passed, None),
            Some(detail) => (Conclusion::Failed, Some(detail)),
        },
    };
    let (output, cut) = kept(&ended.output, options.keep);
    Outcome { conclusion, detail, code: Some(ended.code), seconds: ended.seconds, output, cut: cut || ended.cut }
}

/// What could not be run at all.
pub(super) fn refused(why: String) -> Outcome {
    Outcome {
        conclusion: Conclusion::Error,
        detail: Some(why),
        code: None,
        seconds: 0.0,
        output: String::new(),
        cut: false,
    }
}

fn start(line: &Line<'_>, options: &Options, live: &mut dyn FnMut(&[u8])) -> Result<Ended, String> {
    if let Some(hidden) = line.run.chars().find(|c| is_hidden(*c)) {
        return Err(format!("it holds U+{:04X}, which hides what it does: type it anew", u32::from(hidden)));
    }
    let by = |shell: &str| vec![shell.to_owned(), "-c".to_owned(), line.run.to_owned()];
    let words = match line.shell {
        Shell::Sh => by("sh"),
        Shell::Bash => by("bash"),
        Shell::None => shlex::split(line.run).ok_or("its quotes do not match")?,
    };
    let (program, args) = words.split_first().ok_or("it is empty")?;
    let folder = match line.cwd {
        None => options.folder.clone(),
        Some(cwd) if is_inside(Path::new(cwd)) => options.folder.join(cwd),
        Some(cwd) => return Err(format!("its folder {cwd} is not inside the project")),
    };
    if !folder.is_dir() {
        return Err(format!("there is no folder {}", folder.display()));
    }
    let (variables, timeout) = (options.variables.as_slice(), line.timeout);
    let bounded = Bounded { program, args, folder: &folder, variables, timeout, keep: limit::ANSWER };
    child::run(&bounded, live).map_err(|error| format!("{error:#}"))
}

fn is_inside(folder: &Path) -> bool {
    folder.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

/// Characters that turn the direction of text (Unicode Standard Annex 9) or cannot be seen: what is read is not what runs.
/// Line breaks and tabs are seen.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn differs(check: &CommandCheck, code: i32, output: &str) -> Option<String> {
    if code != check.exit {
        return Some(format!("exit {code}, expected {}", check.exit));
    }
    if let Some(text) = &check.contains
        && !output.contains(text)
    {
        return Some(format!("its output does not contain {text:?}"));
    }
    if let Some(pattern) = &check.matches {
        match Regex::new(pattern) {
            Err(_) => return Some(format!("`matches` is no regular expression: {pattern}")),
            Ok(regex) if !regex.is_match(output) => return Some(format!("its output does not match /{pattern}/")),
            Ok(_) => {}
        }
    }
    check.compare.as_ref().and_then(|compare| compared(compare, output))
}

fn compared(compare: &Compare, output: &str) -> Option<String> {
    let Compare { pattern, op, value } = compare;
    let Ok(regex) = Regex::new(pattern) else {
        return Some(format!("`compare` has no regular expression: {pattern}"));
    };
    let text = regex.captures(output).and_then(|groups| groups.get(1)).map(|group| group.as_str());
    let Some(text) = text else { return Some(format!("its output has no number for /{pattern}/")) };
    let Ok(number) = text.parse::<f64>() else { return Some(format!("{text:?} is not a number")) };
    let holds = match op {
        CompareOp::Less => number < *value,
        CompareOp::AtMost => number <= *value,
        CompareOp::More => number > *value,
        CompareOp::AtLeast => number >= *value,
        CompareOp::Equal => number == *value,
        CompareOp::NotEqual => number != *value,
    };
    (!holds).then(|| format!("{} is not {op} {}", format_number(number), format_number(*value)))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use crate::run;

    fn outcome(edit: impl FnOnce(&mut CommandCheck)) -> Outcome {
        let mut check = CommandCheck {
            name: "it".into(),
            run: "echo p95 190 ms".into(),
            cwd: None,
            shell: false,
            exit: 0,
            contains: None,
            matches: None,
            compare: None,
            timeout_s: 60,
        };
        edit(&mut check);
        let variables = vec![("PATH".to_owned(), "/usr/bin:/bin".to_owned()), ("WHO".to_owned(), "a b".to_owned())];
        let folder = std::env::temp_dir();
        run::check(&crate::model::Check::Command(check), &Options { variables, folder, ..Options::default() })
    }

    fn detail(edit: impl FnOnce(&mut CommandCheck)) -> String {
        let outcome = outcome(edit);
        assert_ne!(outcome.conclusion, Conclusion::Passed);
        outcome.detail.unwrap()
    }

    #[test]
    fn what_is_as_expected_passes() {
        let less = |value| Some(Compare { pattern: r"p95 (\d+)".into(), op: CompareOp::Less, value });
        let passed = outcome(|check| {
            check.contains = Some("p95".into());
            check.matches = Some(r"\d+ ms".into());
            check.compare = less(200.0);
        });
        assert_eq!(
            (passed.conclusion, passed.detail, passed.output.as_str()),
            (Conclusion::Passed, None, "p95 190 ms\n")
        );
        assert_eq!(detail(|check| check.compare = less(190.0)), "190 is not < 190");
    }

    #[test]
    fn what_comes_after_the_kept_output_counts() {
        let passed = outcome(|check| {
            (check.run, check.shell) = ("printf '%070000d' 7; echo; echo 12 passed".into(), true);
            check.contains = Some("12 passed".into());
        });
        assert_eq!((passed.conclusion, passed.detail), (Conclusion::Passed, None));
        assert_eq!((passed.output.len(), passed.cut), (crate::model::OUTPUT, true));
    }

    #[test]
    fn what_differs_is_said() {
        assert_eq!(detail(|check| check.exit = 2), "exit 0, expected 2");
        assert_eq!(detail(|check| check.contains = Some("p99".into())), "its output does not contain \"p99\"");
        assert_eq!(detail(|check| check.matches = Some("^p99".into())), "its output does not match /^p99/");
        let compare = |pattern: &str| Some(Compare { pattern: pattern.into(), op: CompareOp::Less, value: 1.0 });
        assert_eq!(detail(|check| check.compare = compare("(p99)")), "its output has no number for /(p99)/");
        assert_eq!(detail(|check| check.compare = compare("(p95)")), "\"p95\" is not a number");
    }

    #[test]
    fn what_cannot_run_says_why() {
        assert_eq!(detail(|check| check.run = "echo 'a".into()), "its quotes do not match");
        assert_eq!(detail(|check| check.cwd = Some("../..".into())), "its folder ../.. is not inside the project");
        assert!(detail(|check| check.cwd = Some("no/such".into())).starts_with("there is no folder "));
        assert!(detail(|check| check.run = "echo \u{202e}dcba".into()).starts_with("it holds U+202E"));
        assert!(detail(|check| check.run = "no-such-program".into()).starts_with("cannot run no-such-program"));
        let slow = |check: &mut CommandCheck| (check.run, check.timeout_s) = ("sleep 1000".into(), 1);
        assert_eq!(detail(slow), "took longer than 1 s and was ended");
    }

    #[test]
    fn words_are_split_and_only_a_shell_reads_variables() {
        let echo = |shell| {
            move |check: &mut CommandCheck| (check.run, check.shell) = ("echo '{{.Names}}' \"$WHO\"".into(), shell)
        };
        assert_eq!(outcome(echo(false)).output, "{{.Names}} $WHO\n");
        assert_eq!(outcome(echo(true)).output, "{{.Names}} a b\n");
    }
}
