//! Whether what stands behind the name of a secret is one.

/// Bits of a letter in a text that nobody would write.
const RANDOM: f64 = 3.5;
/// Letters of a text that is judged by that.
const JUDGED: usize = 16;

/// Whether a value is nothing but what stands for a secret that was masked.
pub(super) fn is_mask(value: &str) -> bool {
    let inner = value.trim().strip_prefix("[masked").and_then(|rest| rest.strip_suffix(']'));
    inner.is_some_and(|rule| {
        rule.is_empty()
            || rule.starts_with(':') && rule[1..].bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    })
}

/// Whether a value only stands for a secret: a variable, a path, a template, a word such as `none`.
pub(super) fn is_placeholder(value: &str) -> bool {
    const WORDS: [&str; 16] = [
        "none",
        "null",
        "nil",
        "true",
        "false",
        "undefined",
        "redacted",
        "masked",
        "hidden",
        "changeme",
        "example",
        "password",
        "secret",
        "token",
        "stdin",
        "prompt",
    ];
    const SCHEMES: [&str; 9] = ["vault:", "ssm:", "arn:", "op:", "env:", "env.", "file:", "http:", "https:"];
    let lower = value.trim_matches(['"', '\'']).to_ascii_lowercase();
    let first = lower.chars().next();
    let same = first.is_none_or(|first| lower.chars().all(|c| c == first));
    same || lower.starts_with(['$', '<', '{', '*', '%', '(', '[', '/', '~', '@', '…', '\\'])
        || lower.starts_with("...")
        || lower.starts_with("./")
        || lower.contains(['(', '['])
        || lower.contains("process.env")
        || lower.contains("${")
        || WORDS.contains(&lower.as_str())
        || SCHEMES.iter().any(|scheme| lower.starts_with(scheme))
}

/// Whether a value is no word: letters and digits mixed, or so much mixed that nobody wrote it.
pub(super) fn is_random(value: &str) -> bool {
    let letters = value.chars().any(char::is_alphabetic);
    let digits = value.chars().any(|c| c.is_ascii_digit());
    let version = value.strip_prefix('v').unwrap_or(value).chars().all(|c| c.is_ascii_digit() || ".-:TZ".contains(c));
    let mixed = letters && digits && !version;
    let mixed_case = value.chars().any(char::is_lowercase) && value.chars().any(char::is_uppercase);
    mixed || (mixed_case && value.len() >= JUDGED && entropy(value) >= RANDOM)
}

/// Shannon's entropy of a text, in bits a byte.
fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    text.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let all = text.len() as f64;
    let share = |count: u32| f64::from(count) / all;
    counts.iter().filter(|count| **count > 0).map(|count| -share(*count) * share(*count).log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_for_a_secret_is_none() {
        for value in ["$TOKEN", "<token>", "****", "/run/secrets/db", "none", "vault:db#key", "os.environ[x", "xxxx"] {
            assert!(is_placeholder(value), "{value}");
        }
        for value in ["hunter2", "correct-horse-battery", "p@ss"] {
            assert!(!is_placeholder(value), "{value}");
        }
    }

    #[test]
    fn words_are_not_random() {
        for value in ["hunter2", "8f4a9c1e7b2d", "aBcDeFgHiJkLmNoPqRsT"] {
            assert!(is_random(value), "{value}");
        }
        for value in ["expired", "none-left-here", "2026-11-20", "v1.2.3", "Authorization"] {
            assert!(!is_random(value), "{value}");
        }
        assert!((entropy("aabb") - 1.0).abs() < 1e-9);
    }
}
