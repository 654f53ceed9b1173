//! Packages from a Debian archive: pinned by checksum, else the suite's current version from its index.

use std::env;
use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::digest::file_sha256;
use crate::process::{capture, command, find_on_path, run};
use crate::progress::say;

/// What to do when no archive is known.
pub const NO_MIRROR: &str = "a Debian archive: apt names none here, so set DEBIAN_MIRROR to the base address of one \
                             that carries the suite `sid` (the folder that contains `dists` and `pool`)";

/// Curl's exit codes for "the server answered that there is no such file" (HTTP, and file addresses).
const CURL_NOT_FOUND: [i32; 2] = [22, 37];

/// A Debian archive.
pub struct Mirror {
    base: String,
}

/// One package file: where it is in the archive, and what it must contain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    sha256: String,
    path: String,
}

impl Mirror {
    /// `DEBIAN_MIRROR`, else the Debian archive that this machine's apt is configured for.
    pub fn find() -> Result<Self> {
        if let Ok(base) = env::var("DEBIAN_MIRROR")
            && !base.is_empty()
        {
            return Ok(Self { base: base.trim_end_matches('/').into() });
        }
        let sites = capture(
            command("apt-get").args(["indextargets", "--format", "$(SITE)", "Identifier: Packages"]),
            "apt-get indextargets",
        )
        .unwrap_or_default();
        let base =
            sites.lines().map(|line| line.trim_end_matches('/')).find(|site| site.ends_with("/debian"));
        Ok(Self { base: base.context(NO_MIRROR)?.into() })
    }

    /// Downloads `pin` into `dir`. When the archive no longer has it, takes what the index of the first of
    /// `suites` that has an acceptable version of the package says now.
    pub fn fetch(&self, pin: &Pin, dir: &Path, suites: &[&str], version_prefix: &str) -> Result<PathBuf> {
        if let Some(file) = self.download(pin, dir)? {
            return Ok(file);
        }
        let package = pin.package();
        for suite in suites {
            let Some(index) = self.index(suite, dir)? else {
                continue;
            };
            let Some(current) = find_in_index(&index, package, version_prefix) else {
                continue;
            };
            say(format!(
                "pinned {} is gone from the archive; {suite} now has {}",
                pin.path,
                current.file_name()
            ));
            if let Some(file) = self.download(&current, dir)? {
                return Ok(file);
            }
        }
        bail!(
            "the archive has neither the pinned {} nor a current `{package}` in {}",
            pin.path,
            suites.join(" or ")
        )
    }

    /// The verified file, or nothing when the archive does not have it.
    fn download(&self, pin: &Pin, dir: &Path) -> Result<Option<PathBuf>> {
        let file = dir.join(pin.file_name());
        if file.is_file() && file_sha256(&file)? == pin.sha256 {
            return Ok(Some(file));
        }
        let partial = dir.join(format!("{}.partial", pin.file_name()));
        if !self.curl(&pin.path, &partial)? {
            return Ok(None);
        }
        let found = file_sha256(&partial)?;
        if found != pin.sha256 {
            fs::remove_file(&partial)?;
            bail!("{}: checksum {found}, expected {}; nothing was kept, try again", pin.path, pin.sha256);
        }
        fs::rename(&partial, &file).with_context(|| file.display().to_string())?;
        Ok(Some(file))
    }

    /// The uncompressed package index of a suite, or nothing when the archive lacks the suite.
    fn index(&self, suite: &str, dir: &Path) -> Result<Option<String>> {
        if find_on_path("xz").is_none() {
            bail!("missing prerequisite: `xz`, to read the archive's index (install the package `xz-utils`)");
        }
        let file = dir.join(format!("Packages-{suite}.xz"));
        if !self.curl(&format!("dists/{suite}/main/binary-amd64/Packages.xz"), &file)? {
            return Ok(None);
        }
        capture(command("xz").arg("-dc").arg(&file), "xz -dc").map(Some)
    }

    /// Downloads to `target`; false when the archive says that it has no such file.
    fn curl(&self, path: &str, target: &Path) -> Result<bool> {
        fs::create_dir_all(target.parent().unwrap_or(target))?;
        let mut curl = command("curl");
        curl.args(["--fail", "--location", "--retry", "3", "--connect-timeout", "30"]);
        curl.arg(if std::io::stderr().is_terminal() { "--progress-bar" } else { "--silent" });
        curl.arg("--output").arg(target).arg(format!("{}/{path}", self.base));
        let status = curl.status().context("could not start curl")?;
        match status.code() {
            Some(0) => Ok(true),
            Some(code) if CURL_NOT_FOUND.contains(&code) => Ok(false),
            Some(code) => bail!(
                "could not download {path} from {} (curl exit code {code}); check the network, or name another \
                 archive with DEBIAN_MIRROR",
                self.base
            ),
            None => bail!("download of {path} interrupted"),
        }
    }
}

impl Pin {
    /// Reads a list: one `sha256 path` a line, `#` starts a comment line.
    pub fn parse_list(text: &str) -> Vec<Self> {
        text.lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once(' '))
            .map(|(sha256, path)| Self { sha256: sha256.into(), path: path.trim().into() })
            .collect()
    }

    fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Debian's file names are `package_version_architecture.deb`.
    fn package(&self) -> &str {
        self.file_name().split('_').next().unwrap_or_default()
    }
}

/// The entry of `package` in an index, if its version begins with `version_prefix`.
fn find_in_index(index: &str, package: &str, version_prefix: &str) -> Option<Pin> {
    index
        .split("\n\n")
        .filter(|stanza| field(stanza, "Package") == Some(package))
        .find(|stanza| field(stanza, "Version").is_some_and(|version| version.starts_with(version_prefix)))
        .and_then(|stanza| {
            Some(Pin { sha256: field(stanza, "SHA256")?.into(), path: field(stanza, "Filename")?.into() })
        })
}

fn field<'a>(stanza: &'a str, name: &str) -> Option<&'a str> {
    stanza.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// Unpacks `members` (everything when empty) of a package file into `dir`.
pub fn unpack(deb: &Path, dir: &Path, members: &[&str]) -> Result<()> {
    fs::create_dir_all(dir)?;
    let tarball = super::archive::data_tarball(deb)?;
    let mut tar = command("tar");
    tar.args(["--extract", "--no-same-owner", "--file"]).arg(&tarball).arg("-C").arg(dir).args(members);
    run(&mut tar, &format!("unpacking {}", deb.display()))?;
    fs::remove_file(&tarball).with_context(|| tarball.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const INDEX: &str = "Package: libx-dev\nVersion: 2\nFilename: pool/libx-dev_2_amd64.deb\nSHA256: 00\n\n\
                         Package: libx\nVersion: 1:2.1-3\nFilename: pool/libx_2.1-3_amd64.deb\nSHA256: ab\n";

    #[test]
    fn a_list_of_pins_is_read_without_its_comments() {
        let pins = Pin::parse_list("# why\nab pool/main/libx_1_amd64.deb\n");
        assert_eq!(pins, [Pin { sha256: "ab".into(), path: "pool/main/libx_1_amd64.deb".into() }]);
        assert_eq!(pins.first().map(Pin::package), Some("libx"));
    }

    #[test]
    fn the_index_is_searched_by_exact_name_and_version() {
        let found = find_in_index(INDEX, "libx", "");
        assert_eq!(found, Some(Pin { sha256: "ab".into(), path: "pool/libx_2.1-3_amd64.deb".into() }));
        assert_eq!(find_in_index(INDEX, "libx", "1:2.1"), found);
        assert_eq!(find_in_index(INDEX, "libx", "1:2.2"), None);
        assert_eq!(find_in_index(INDEX, "lib", ""), None);
    }

    fn archive_in(dir: &Path) -> Mirror {
        Mirror { base: format!("file://{}", dir.display()) }
    }

    #[test]
    fn a_download_is_verified_before_it_counts() -> Result<()> {
        let dir = env::temp_dir().join(format!("xtask-mirror-{}", std::process::id()));
        fs::create_dir_all(dir.join("pool"))?;
        fs::write(dir.join("pool/a_1_all.deb"), "abc")?;
        let good = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let pin = |sha: &str, path: &str| Pin { sha256: sha.into(), path: path.into() };
        let downloads = dir.join("downloads");

        let wrong = archive_in(&dir).download(&pin("00", "pool/a_1_all.deb"), &downloads);
        let gone = archive_in(&dir).download(&pin(good, "pool/b_1_all.deb"), &downloads);
        let right = archive_in(&dir).download(&pin(good, "pool/a_1_all.deb"), &downloads);
        let left_over = fs::read_dir(&downloads)?.count();
        fs::remove_dir_all(&dir)?;

        assert!(wrong.is_err_and(|error| error.to_string().contains("checksum")));
        assert_eq!(gone?, None);
        assert_eq!(right?, Some(downloads.join("a_1_all.deb")));
        assert_eq!(left_over, 1);
        Ok(())
    }
}
