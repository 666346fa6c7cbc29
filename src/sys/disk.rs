//! What is under a file: room, and where it is.

use std::path::Path;

/// Bytes that are free for us on the disk of a file; `None` where nobody says.
pub fn free(path: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(path).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Whether this user may write to a file or a folder.
pub fn may_write(path: &Path) -> bool {
    rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok()
}

/// The name of the network file system that a file is on, by its number (<https://man7.org/linux/man-pages/man2/statfs.2.html>).
#[cfg(target_os = "linux")]
pub fn network_file_system(path: &Path) -> Option<&'static str> {
    const KNOWN: [(i64, &str); 7] = [
        (0x6969, "NFS"),
        (0x517b, "SMB"),
        (0xff53_4d42, "CIFS"),
        (0xfe53_4d42, "SMB2"),
        (0x5346_414f, "AFS"),
        (0x0102_1997, "9P"),
        (0x00c3_6400, "Ceph"),
    ];
    let number = rustix::fs::statfs(path).ok()?.f_type & 0xffff_ffff;
    KNOWN.iter().find(|(known, _)| *known == number).map(|(_, name)| *name)
}

/// Elsewhere nobody says.
#[cfg(not(target_os = "linux"))]
pub fn network_file_system(_: &Path) -> Option<&'static str> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_disk_of_a_file_has_room() {
        let folder = tempfile::tempdir().unwrap();
        assert!(free(folder.path()).unwrap() > 0);
        assert!(may_write(folder.path()) && !may_write(&folder.path().join("missing")));
        assert_eq!(free(&folder.path().join("missing")), None);
    }
}
