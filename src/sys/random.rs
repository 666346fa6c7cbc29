//! Randomness.

use anyhow::{Context, Result};

/// 64 random bits from the operating system.
///
/// # Errors
/// When the operating system has none.
pub fn bits() -> Result<u64> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).context("cannot read random bytes from the operating system")?;
    Ok(u64::from_le_bytes(bytes))
}

/// 32 hexadecimal digits that nobody else has.
///
/// # Errors
/// As [`bits`].
pub fn name() -> Result<String> {
    Ok(format!("{:016x}{:016x}", bits()?, bits()?))
}
