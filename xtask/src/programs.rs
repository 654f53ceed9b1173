//! The programs that the project builds to bytecode.

use anyhow::{Context, Result};

/// A program; its bytecode is `target/deploy/NAME.so`.
pub struct Program {
    /// The library's name, and so the file's.
    pub name: &'static str,
    /// Where its source comes from.
    pub source: Source,
}

/// Where a program's source comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A package of this workspace.
    Workspace {
        /// The package's name.
        package: &'static str,
    },
    /// The real SPL stake pool, from its registry crate.
    StakePoolCrate,
}

/// Every program, in the order in which they are reported.
pub const ALL: [Program; 6] = [
    Program { name: BALLAST, source: Source::Workspace { package: "ballast" } },
    Program { name: "kamino_lend", source: Source::Workspace { package: "venue-kamino-lend" } },
    Program { name: "raydium_cpmm", source: Source::Workspace { package: "venue-raydium-cpmm" } },
    Program { name: "malicious", source: Source::Workspace { package: "venue-malicious" } },
    Program { name: "pass_through", source: Source::Workspace { package: "venue-pass-through" } },
    Program { name: "spl_stake_pool", source: Source::StakePoolCrate },
];

/// The program whose interface description is generated.
pub const BALLAST: &str = "ballast";

/// The programs with these names; all of them when there are no names.
pub fn named(names: &[String]) -> Result<Vec<&'static Program>> {
    if names.is_empty() {
        return Ok(ALL.iter().collect());
    }
    names
        .iter()
        .map(|name| {
            ALL.iter().find(|program| program.name == name).with_context(|| {
                let known: Vec<&str> = ALL.iter().map(|program| program.name).collect();
                format!("no program `{name}`; there are {}", known.join(", "))
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_names_means_all_and_a_wrong_one_lists_them() -> Result<()> {
        assert_eq!(named(&[])?.len(), ALL.len());
        assert_eq!(named(&["kamino_lend".into()])?.len(), 1);
        let error = named(&["kamino".into()]).map(|_| ()).map_err(|e| e.to_string());
        assert!(error.is_err_and(|text| text.contains("kamino_lend")));
        Ok(())
    }
}
