//! Edits to other people's sources, as data: each names its file and must match exactly as often as it says, so
//! that an unexpected version of the sources is an error and never a silently different tool-chain.
//!
//! ```text
//! # comment (outside of texts only)
//! @@ file std/build.rs            the file that the next hunks edit; `@@ dir PATH` means every .rs file in PATH
//! @@ hunk what it is for
//! @@ times 2                      optional, 1 when absent: how often the text occurs
//! @@ find
//! text to find; its lines are joined by line breaks, there is none at the end
//! @@ replace
//! text to put there
//! @@ end
//! @@ create std/src/new.rs        a new file (`@@ append PATH`: text at the end of a file)
//! text
//! @@ end
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

#[derive(Debug, PartialEq, Eq)]
enum Edit {
    Replace { place: Place, hunk: String, times: usize, find: String, replace: String },
    Create { file: String, text: String },
    Append { file: String, text: String },
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    File(String),
    Folder(String),
}

/// Applies the edits in `text` (named `name` in errors) to the sources in `root`.
pub fn apply(text: &str, name: &str, root: &Path) -> Result<()> {
    for edit in parse(text).with_context(|| name.to_owned())? {
        match &edit {
            Edit::Replace { place, hunk, times, find, replace } => {
                replace_in(root, place, *times, find, replace)
                    .with_context(|| format!("{name}, hunk `{hunk}`, {}", place.path()))?
            }
            Edit::Create { file, text } => {
                let path = root.join(file);
                ensure!(!path.exists(), "{name}: {file} exists already");
                fs::write(&path, text).with_context(|| format!("{name}, {file}"))?;
            }
            Edit::Append { file, text } => {
                let path = root.join(file);
                let before = fs::read_to_string(&path).with_context(|| format!("{name}, {file}"))?;
                fs::write(&path, before + text)?;
            }
        }
    }
    Ok(())
}

impl Place {
    fn path(&self) -> &str {
        match self {
            Self::File(path) | Self::Folder(path) => path,
        }
    }

    fn files(&self, root: &Path) -> Result<Vec<PathBuf>> {
        let path = root.join(self.path());
        match self {
            Self::File(_) => Ok(vec![path]),
            Self::Folder(_) => {
                let mut files = Vec::new();
                for entry in fs::read_dir(&path)? {
                    let file = entry?.path();
                    if file.extension().is_some_and(|extension| extension == "rs") {
                        files.push(file);
                    }
                }
                Ok(files)
            }
        }
    }
}

fn replace_in(root: &Path, place: &Place, times: usize, find: &str, replace: &str) -> Result<()> {
    let mut found = 0;
    let mut edited = Vec::new();
    for file in place.files(root)? {
        let text = fs::read_to_string(&file)?;
        let here = text.matches(find).count();
        if here > 0 {
            found += here;
            edited.push((file, text.replace(find, replace)));
        }
    }
    ensure!(
        found == times,
        "the text occurs {found} times instead of {times}: not the sources this edit was made for"
    );
    for (file, text) in edited {
        fs::write(&file, text)?;
    }
    Ok(())
}

fn parse(text: &str) -> Result<Vec<Edit>> {
    let mut edits = Vec::new();
    let mut place = None;
    let mut hunk = String::new();
    let mut times = 1;
    let mut lines = (1..).zip(text.lines());
    while let Some((number, line)) = lines.next() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let directive =
            line.strip_prefix("@@ ").with_context(|| format!("line {number}: text outside of an edit"))?;
        let (verb, rest) = directive.split_once(' ').unwrap_or((directive, ""));
        match verb {
            "file" => place = Some(Place::File(rest.into())),
            "dir" => place = Some(Place::Folder(rest.into())),
            "hunk" => {
                hunk = rest.into();
                times = 1;
            }
            "times" => times = rest.parse().with_context(|| format!("line {number}: times"))?,
            "find" => edits.push(Edit::Replace {
                place: place.clone().with_context(|| format!("line {number}: which file?"))?,
                hunk: hunk.clone(),
                times,
                find: text_until("replace", &mut lines)?,
                replace: text_until("end", &mut lines)?,
            }),
            "create" => {
                edits.push(Edit::Create { file: rest.into(), text: text_until("end", &mut lines)? + "\n" })
            }
            "append" => {
                edits.push(Edit::Append { file: rest.into(), text: text_until("end", &mut lines)? + "\n" })
            }
            other => bail!("line {number}: unknown directive `{other}`"),
        }
    }
    Ok(edits)
}

fn text_until<'a>(verb: &str, lines: &mut impl Iterator<Item = (usize, &'a str)>) -> Result<String> {
    let mut text = Vec::new();
    for (_, line) in lines {
        match line.strip_prefix("@@ ") {
            Some(found) if found == verb => return Ok(text.join("\n")),
            Some(other) => bail!("`@@ {verb}` expected, `@@ {other}` found"),
            None => text.push(line),
        }
    }
    bail!("`@@ {verb}` expected, end of file found")
}

#[cfg(test)]
mod tests {
    use super::*;

    const EDITS: &str = "# why\n@@ file a.rs\n@@ hunk first\n@@ find\n  one\n  two\n@@ replace\n#[x]\n@@ end\n\
                         @@ hunk second\n@@ times 2\n@@ find\nthree\n@@ replace\n3\n@@ end\n\
                         @@ create b.rs\nnew\n@@ end\n@@ append a.rs\nlast\n@@ end\n";

    fn applied(source: &str) -> Result<(String, String)> {
        // Tests run in parallel: one folder for each source text.
        let name = format!("xtask-hunks-{}-{}", std::process::id(), source.len());
        let dir = std::env::temp_dir().join(name);
        fs::create_dir_all(&dir)?;
        fs::write(dir.join("a.rs"), source)?;
        let result = apply(EDITS, "test.hunks", &dir).and_then(|()| {
            Ok((fs::read_to_string(dir.join("a.rs"))?, fs::read_to_string(dir.join("b.rs"))?))
        });
        fs::remove_dir_all(&dir)?;
        result
    }

    #[test]
    fn edits_apply_in_order() -> Result<()> {
        let (edited, created) = applied("  one\n  two\nthree three\n")?;
        assert_eq!(edited, "#[x]\n3 3\nlast\n");
        assert_eq!(created, "new\n");
        Ok(())
    }

    #[test]
    fn a_hunk_that_does_not_match_names_itself() {
        let error = applied("  one\n  two\nthree only once\n").map_err(|e| format!("{e:#}"));
        assert!(error.is_err_and(|text| {
            text.contains("test.hunks, hunk `second`, a.rs: the text occurs 1 times")
        }));
    }

    #[test]
    fn malformed_edits_are_errors() {
        for bad in
            ["text", "@@ find\nx\n@@ replace\ny\n@@ end", "@@ file a\n@@ find\nx\n@@ end", "@@ create a\nx"]
        {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_committed_edits_parse() -> Result<()> {
        assert_eq!(parse(super::super::std_source::EDITS)?.len(), 16);
        assert_eq!(parse(super::super::builtins::EDITS)?.len(), 13);
        Ok(())
    }
}
