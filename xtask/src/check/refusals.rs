//! Whether every refusal of the program was raised by a test that ran. Assertions of a refusal leave its name in a
//! folder (`tests/support/refusal.rs`); after the tests the folder is compared with the program's errors.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::workspace::Workspace;

/// The variable that names the folder to the tests.
pub const VARIABLE: &str = "BALLAST_RAISED_DIR";

/// An empty folder for the names.
pub fn empty_folder(workspace: &Workspace) -> Result<PathBuf> {
    let dir = workspace.root().join("target/raised");
    if dir.exists() {
        fs::remove_dir_all(&dir).with_context(|| format!("cannot empty {}", dir.display()))?;
    }
    fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
    Ok(dir)
}

/// Fails with the names of refusals that no test raised.
pub fn require_all(workspace: &Workspace, dir: &Path) -> Result<()> {
    let path = workspace.committed_idl_file();
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let declared = declared(&text).with_context(|| format!("{} lists no errors", path.display()))?;
    let entries = fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))?;
    let raised: BTreeSet<String> =
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    let missing: Vec<&String> = declared.difference(&raised).collect();
    ensure!(missing.is_empty(), "no test raised {missing:?}");
    Ok(())
}

/// Names of the errors in an interface description.
fn declared(idl: &str) -> Option<BTreeSet<String>> {
    let idl: Value = serde_json::from_str(idl).ok()?;
    let errors = idl.get("errors")?.as_array()?;
    errors.iter().map(|error| Some(error.get("name")?.as_str()?.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_read_from_the_interface_description() {
        let names = declared(r#"{"errors": [{"code": 6000, "name": "A"}, {"code": 6001, "name": "B"}]}"#);
        assert_eq!(
            names.map(|names| names.into_iter().collect()),
            Some(vec!["A".to_owned(), "B".to_owned()])
        );
        assert_eq!(declared("{}"), None);
    }
}
