//! What a build without the default features is made of.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

use std::process::Command;

/// Crates a build with these arguments has in it.
fn crates(arguments: &[&str]) -> Vec<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

/// What belongs to PostgreSQL or to TLS.
const OPTIONAL: [&str; 8] = ["postgres", "tokio", "rustls", "ring", "native-tls", "openssl", "aws-lc", "webpki"];

fn optional(crates: &[String]) -> Vec<&str> {
    let is_one = |name: &&str| OPTIONAL.iter().any(|one| name == one || name.split('-').any(|part| part == *one));
    crates.iter().map(String::as_str).filter(is_one).collect()
}

#[test]
fn without_features_there_is_no_postgresql_and_no_tls() {
    let least = crates(&["--no-default-features"]);
    assert!(least.contains(&"rusqlite".to_owned()));
    assert_eq!(optional(&least), [""; 0]);
    let https = crates(&["--no-default-features", "--features", "https"]);
    assert!(optional(&https).contains(&"rustls") && !https.iter().any(|name| name.contains("postgres")));
    let all = crates(&[]);
    assert!(["postgres", "tokio-postgres", "rustls", "ring"].iter().all(|name| optional(&all).contains(name)));
}
