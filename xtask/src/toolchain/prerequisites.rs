//! What the set-up needs from the machine. Everything that is missing is reported at once, each with its remedy.

use anyhow::{Result, bail};

use super::debian::Mirror;
use crate::process::find_on_path;

/// The only platform for which pinned packages exist.
pub fn platform() -> Result<()> {
    if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Ok(());
    }
    bail!(
        "the project's own SBPF tool-chain runs on x86_64 Linux only; on this machine install Solana's \
         platform tools so that `cargo build-sbf` is on PATH, then run this command again"
    )
}

/// The programs that the steps start, and somewhere to fetch packages from.
pub fn tools() -> Result<()> {
    let missing = missing_tools(|name| find_on_path(name).is_some(), Mirror::find().is_ok());
    match missing.as_slice() {
        [] => Ok(()),
        [one] => bail!("missing prerequisite: {one}"),
        several => bail!("missing prerequisites:\n  - {}", several.join("\n  - ")),
    }
}

fn missing_tools(has: impl Fn(&str) -> bool, mirror: bool) -> Vec<String> {
    let mut missing = Vec::new();
    if !has("curl") {
        missing.push("`curl`, to download packages (install the package `curl`)".into());
    }
    if !has("tar") {
        missing.push("`tar`, to unpack them (install the package `tar`)".into());
    }
    if !has("dpkg-deb") && !has("xz") {
        missing.push("`dpkg-deb` or `xz`, to read Debian packages (install `dpkg` or `xz-utils`)".into());
    }
    if !has("cc") {
        missing.push(
            "`cc`, a C linker, to build the linker program (install `gcc` or `build-essential`)".into(),
        );
    }
    if !mirror {
        missing.push(super::debian::NO_MIRROR.into());
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complete_machine_lacks_nothing() {
        assert!(missing_tools(|_| true, true).is_empty());
    }

    #[test]
    fn each_missing_tool_is_named_with_its_remedy() {
        for (tool, remedy) in
            [("curl", "package `curl`"), ("tar", "package `tar`"), ("cc", "build-essential")]
        {
            let missing = missing_tools(|name| name != tool, true);
            assert_eq!(missing.len(), 1, "{tool}: {missing:?}");
            assert!(missing.iter().all(|text| text.contains(remedy)), "{missing:?}");
        }
        assert_eq!(missing_tools(|_| true, false), [super::super::debian::NO_MIRROR]);
    }

    #[test]
    fn either_unpacker_will_do() {
        assert!(missing_tools(|name| name != "dpkg-deb", true).is_empty());
        assert!(missing_tools(|name| name != "xz", true).is_empty());
        assert_eq!(missing_tools(|name| name != "xz" && name != "dpkg-deb", true).len(), 1);
    }
}
