//! The real SPL stake pool program: its registry crate, built in a workspace of its own with the crate's own lock.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::registry::Crate;

/// The published source (Apache-2.0). Its dependencies are pinned by the lock file it ships.
pub const SOURCE: Crate = Crate {
    name: "spl-stake-pool",
    version: "2.0.3",
    sha256: "6f0db03f091f43b5766296e80088718491b50949cd3eb4cce3e0cfed58fe2c18",
};

/// Makes the crate a workspace of its own, gives it the profile of our programs and silences warnings that are
/// not ours to act on.
pub const MANIFEST_ADDITION: &str = r#"
[workspace]

[lints.rust.warnings]
level = "allow"
priority = 1

[profile.release]
opt-level = 3
lto = "fat"
codegen-units = 1
overflow-checks = true
"#;

/// Unpacks the source below `dir` and returns its folder.
pub fn unpack(dir: &Path) -> Result<PathBuf> {
    SOURCE.unpack(dir, MANIFEST_ADDITION)
}
