//! Debian package files: an `ar` archive that contains a compressed tar archive of the files.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::process::{command, find_on_path, run};

const AR_MAGIC: &[u8] = b"!<arch>\n";
/// name 16, time 12, owner 6, group 6, mode 8, size 10, end mark 2
const AR_HEADER_LEN: usize = 60;

/// Writes the tar archive inside `deb` next to it and returns its path. The caller removes it.
pub fn data_tarball(deb: &Path) -> Result<PathBuf> {
    if find_on_path("dpkg-deb").is_some() {
        let path = deb.with_extension("data.tar");
        let output = File::create(&path).with_context(|| path.display().to_string())?;
        let mut dpkg = command("dpkg-deb");
        dpkg.arg("--fsys-tarfile").arg(deb).stdout(output);
        run(&mut dpkg, &format!("dpkg-deb --fsys-tarfile {}", deb.display()))?;
        return Ok(path);
    }
    let bytes = fs::read(deb).with_context(|| deb.display().to_string())?;
    let (name, content) =
        data_member(&bytes).with_context(|| format!("{} is not a Debian package", deb.display()))?;
    let path = deb.with_extension(name);
    fs::write(&path, content).with_context(|| path.display().to_string())?;
    Ok(path)
}

/// The member `data.tar.*` of an `ar` archive, which tar itself can read.
fn data_member(archive: &[u8]) -> Result<(&str, &[u8])> {
    let mut rest = archive.strip_prefix(AR_MAGIC).context("no `ar` header")?;
    while !rest.is_empty() {
        let (header, body) = rest.split_at_checked(AR_HEADER_LEN).context("cut short in a header")?;
        let header = std::str::from_utf8(header).context("unreadable header")?;
        let name = header.get(..16).unwrap_or_default().trim_end().trim_end_matches('/');
        let size: usize = header.get(48..58).unwrap_or_default().trim().parse().context("unreadable size")?;
        let (content, after) = body.split_at_checked(size).context("cut short in a member")?;
        if name.starts_with("data.tar") {
            return Ok((name, content));
        }
        // Members begin at even offsets.
        rest = after.get(size % 2..).unwrap_or_default();
    }
    bail!("no member `data.tar`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, content: &str) -> String {
        let padding = if content.len() % 2 == 1 { "\n" } else { "" };
        format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n{content}{padding}", 0, 0, 0, 100644, content.len())
    }

    #[test]
    fn finds_the_data_behind_odd_sized_members() {
        let archive =
            format!("!<arch>\n{}{}", member("debian-binary", "2.0"), member("data.tar.xz/", "files"));
        assert_eq!(data_member(archive.as_bytes()).ok(), Some(("data.tar.xz", b"files".as_slice())));
    }

    #[test]
    fn damaged_archives_are_errors() {
        let archive = format!("!<arch>\n{}", member("data.tar.xz", "files"));
        for damaged in
            ["", "!<arch>\n", archive.get(..40).unwrap_or_default(), archive.get(..70).unwrap_or_default()]
        {
            assert!(data_member(damaged.as_bytes()).is_err(), "{damaged:?}");
        }
    }
}
