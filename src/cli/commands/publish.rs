use super::Context;
use anyhow::Result;
/// stub
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {}
pub(super) fn run(_args: &Args, _context: &Context) -> Result<u8> {
    anyhow::bail!("stub")
}
