//! What cargo knows about the workspace: where packages are, which others they use by path, where output goes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process::{capture, cargo};

/// The workspace's packages.
pub struct Metadata {
    target_dir: PathBuf,
    packages: BTreeMap<String, Package>,
}

struct Package {
    dir: PathBuf,
    /// Dependencies by path that are part of the program; those of its tests are not.
    path_dependencies: Vec<PathBuf>,
}

impl Metadata {
    /// Asks cargo, without resolving anything and so without network.
    pub fn read(root: &Path) -> Result<Self> {
        let mut command = cargo();
        command.current_dir(root).args(["metadata", "--no-deps", "--offline", "--format-version", "1"]);
        Self::parse(&capture(&mut command, "cargo metadata")?)
            .context("cargo metadata printed something unexpected")
    }

    /// The folder for host builds, which the user may have moved.
    pub fn target_dir(&self) -> &Path {
        &self.target_dir
    }

    /// The folder of a package.
    pub fn package_dir(&self, name: &str) -> Result<&Path> {
        Ok(&self.packages.get(name).with_context(|| format!("no package `{name}` in the workspace"))?.dir)
    }

    /// The folders of a package and of everything it uses by path, in a fixed order.
    pub fn source_dirs(&self, name: &str) -> Result<BTreeSet<PathBuf>> {
        let mut dirs = BTreeSet::new();
        let mut queue = vec![self.package_dir(name)?.to_path_buf()];
        while let Some(dir) = queue.pop() {
            let used = self.packages.values().find(|package| package.dir == dir);
            if dirs.insert(dir) {
                queue.extend(used.into_iter().flat_map(|package| package.path_dependencies.iter().cloned()));
            }
        }
        Ok(dirs)
    }

    fn parse(text: &str) -> Result<Self> {
        let root: Value = serde_json::from_str(text)?;
        let target_dir = text_of(&root, "target_directory")?.into();
        let mut packages = BTreeMap::new();
        for package in root.get("packages").and_then(Value::as_array).context("packages")? {
            let manifest = PathBuf::from(text_of(package, "manifest_path")?);
            let dependencies =
                package.get("dependencies").and_then(Value::as_array).context("dependencies")?;
            let path_dependencies = dependencies
                .iter()
                .filter(|dependency| dependency.get("kind").is_none_or(|kind| kind != "dev"))
                .filter_map(|dependency| dependency.get("path").and_then(Value::as_str))
                .map(PathBuf::from)
                .collect();
            let dir = manifest.parent().context("manifest_path")?.to_path_buf();
            packages.insert(text_of(package, "name")?.to_owned(), Package { dir, path_dependencies });
        }
        Ok(Self { target_dir, packages })
    }
}

fn text_of<'a>(value: &'a Value, name: &str) -> Result<&'a str> {
    value.get(name).and_then(Value::as_str).with_context(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"target_directory": "/w/target", "packages": [
        {"name": "a", "manifest_path": "/w/a/Cargo.toml", "dependencies": [
            {"name": "b", "kind": null, "path": "/w/b"}, {"name": "t", "kind": "dev", "path": "/w/t"},
            {"name": "serde", "kind": null}]},
        {"name": "b", "manifest_path": "/w/b/Cargo.toml", "dependencies": [{"name": "c", "kind": "build", "path": "/w/c"}]},
        {"name": "c", "manifest_path": "/w/c/Cargo.toml", "dependencies": []}]}"#;

    #[test]
    fn sources_follow_path_dependencies_but_not_those_of_tests() -> Result<()> {
        let metadata = Metadata::parse(TEXT)?;
        let dirs: Vec<PathBuf> = metadata.source_dirs("a")?.into_iter().collect();
        assert_eq!(dirs, ["/w/a", "/w/b", "/w/c"].map(PathBuf::from));
        assert_eq!(metadata.target_dir(), Path::new("/w/target"));
        assert!(metadata.source_dirs("t").is_err());
        Ok(())
    }
}
