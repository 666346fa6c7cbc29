//! Files that are whole or not there.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};

/// Writes a file by a temporary one beside it that is renamed into place, so that a reader sees the old content or the
/// new one and a crash leaves no half of either.
///
/// # Errors
/// When the folder cannot be written to.
pub fn write_atomic(path: &Path, content: &[u8]) -> Result<()> {
    write_streaming(path, &mut |file| Ok(file.write_all(content)?))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// The same, for content that is made as it is written.
///
/// # Errors
/// When the folder cannot be written to, and what `write` reports; the file is then as it was.
pub fn write_streaming(path: &Path, write: &mut dyn FnMut(&mut dyn Write) -> Result<()>) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".shipnote-").tempfile_in(folder)?;
    let mut buffer = std::io::BufWriter::new(&mut file);
    write(&mut buffer)?;
    buffer.flush()?;
    drop(buffer);
    file.as_file().sync_all()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(path).map_or(0o644, |old| old.permissions().mode());
        file.as_file().set_permissions(std::fs::Permissions::from_mode(mode))?;
    }
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// What stands in a folder, by name.
///
/// # Errors
/// When it cannot be read.
pub fn list(folder: &Path) -> Result<Vec<std::path::PathBuf>> {
    let read = || -> std::io::Result<Vec<_>> { folder.read_dir()?.map(|entry| Ok(entry?.path())).collect() };
    let mut paths = read().with_context(|| format!("cannot read {}", folder.display()))?;
    paths.sort();
    Ok(paths)
}

/// The permissions of a file, as the nine bits of POSIX; `None` where it is not there, or the system has none.
pub fn mode(path: &Path) -> Option<u32> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::metadata(path).ok().map(|file| file.permissions().mode() & 0o777)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

/// Adds a line to a file of the user's own, which is made where there is none, with its folder. Two writers at once both
/// get their line in.
///
/// # Errors
/// When it cannot be written to.
pub fn append_line(path: &Path, line: &str) -> Result<()> {
    let append = || {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut options = std::fs::OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path)?.write_all(format!("{line}\n").as_bytes())
    };
    append().with_context(|| format!("cannot write {}", path.display()))
}

/// Writes a file as [`write_atomic`] does, but leaves it to the system when it reaches the disk: for what can be made again.
///
/// # Errors
/// When the folder cannot be written to.
pub fn replace(path: &Path, content: &[u8]) -> std::io::Result<()> {
    stage(path, content)?.persist(path).map_err(|error| error.error)
}

/// The first half of [`replace`]: the file beside its place. It goes away again unless it is put there.
///
/// # Errors
/// When the folder cannot be written to.
pub fn stage(path: &Path, content: &[u8]) -> std::io::Result<tempfile::TempPath> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".shipnote-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(content)?;
    Ok(file.into_temp_path())
}

/// Reads a text file.
///
/// # Errors
/// When it cannot be read, is larger than `most` bytes, or is not UTF-8 (with the offset).
pub fn read_text(path: &Path, most: u64) -> Result<String> {
    let file = std::fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    read_all(file, most).with_context(|| format!("cannot read {}", path.display()))
}

/// Reads a file.
///
/// # Errors
/// When it cannot be read or is larger than `most` bytes.
pub fn read_bytes(path: &Path, most: u64) -> Result<Vec<u8>> {
    let file = std::fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    bytes(file, most).with_context(|| format!("cannot read {}", path.display()))
}

/// Reads standard input as text, with the refusals of [`read_text`].
///
/// # Errors
/// As [`read_text`].
pub fn read_stdin(most: u64) -> Result<String> {
    read_all(std::io::stdin().lock(), most).context("cannot read standard input")
}

/// More than is read of a file.
#[derive(Debug, thiserror::Error)]
#[error("it is larger than {most} bytes")]
pub struct TooLarge {
    /// Bytes that are read.
    pub most: u64,
}

fn bytes(input: impl std::io::Read, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut input.take(most + 1), &mut bytes)?;
    match bytes.len() as u64 > most {
        true => Err(TooLarge { most }.into()),
        false => Ok(bytes),
    }
}

/// Calls `each` with every line of a file, or of standard input for none, as bytes without the line break. A line of more
/// than [`LONGEST_LINE`] bytes comes in pieces, so that memory is bounded whatever the file.
///
/// # Errors
/// When it cannot be read.
pub fn each_line(path: Option<&Path>, each: &mut dyn FnMut(&[u8])) -> Result<()> {
    let (mut input, name): (Box<dyn std::io::BufRead>, _) = match path {
        None => (Box::new(std::io::stdin().lock()), "standard input".to_owned()),
        Some(path) => {
            let name = path.display().to_string();
            let file = std::fs::File::open(path).with_context(|| format!("cannot read {name}"))?;
            (Box::new(std::io::BufReader::new(file)), name)
        }
    };
    let mut line = Vec::new();
    loop {
        line.clear();
        let most = LONGEST_LINE as u64;
        let read = std::io::BufRead::read_until(&mut std::io::Read::take(&mut input, most), b'\n', &mut line);
        if read.with_context(|| format!("cannot read {name}"))? == 0 {
            return Ok(());
        }
        each(line.strip_suffix(b"\n").unwrap_or(&line));
    }
}

/// See [`each_line`].
pub const LONGEST_LINE: usize = 64 * 1024;

fn read_all(input: impl std::io::Read, most: u64) -> Result<String> {
    String::from_utf8(bytes(input, most)?)
        .map_err(|error| anyhow::anyhow!("it is not UTF-8 at byte {}", error.utf8_error().valid_up_to()))
}
