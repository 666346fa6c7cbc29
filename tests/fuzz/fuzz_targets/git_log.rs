#![no_main]

#[path = "../entry.rs"]
#[allow(dead_code, reason = "each target runs its entry")]
mod entry;
#[path = "../html.rs"]
#[allow(dead_code, reason = "not every entry makes HTML")]
mod html;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entry::git_log(bytes));
