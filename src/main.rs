//! The `shipnote` command. Everything is in the library; see `shipnote::cli`.

use std::process::ExitCode;

/// An import of many records, and the words of their index, are a great many small strings: this takes a tenth off.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    shipnote::cli::main()
}
