//! The `shipnote` command. Everything is in the library; see `shipnote::cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    shipnote::cli::main()
}
