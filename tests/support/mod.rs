//! What several test files share.
#![allow(dead_code, unused_imports, reason = "every test file uses another part")]

pub(crate) mod project;
