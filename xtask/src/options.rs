//! Command-line options: a few flags and repeatable values, without a parser crate to compile first.

use anyhow::{Context, Result, bail};

/// The arguments after the command. Each accessor takes out what it recognises; [`Options::finish`] refuses the rest.
pub struct Options {
    rest: Vec<String>,
}

impl Options {
    /// Wraps the arguments that follow the command's name.
    pub fn new(rest: Vec<String>) -> Self {
        Self { rest }
    }

    /// Whether `name` was given.
    pub fn flag(&mut self, name: &str) -> bool {
        let before = self.rest.len();
        self.rest.retain(|arg| arg != name);
        self.rest.len() != before
    }

    /// Every value given as `name VALUE` or `name=VALUE`, in order.
    pub fn values(&mut self, name: &str) -> Result<Vec<String>> {
        let mut found = Vec::new();
        let mut kept = Vec::new();
        let mut args = std::mem::take(&mut self.rest).into_iter();
        while let Some(arg) = args.next() {
            if arg == name {
                found.push(args.next().with_context(|| format!("{name} needs a value"))?);
            } else if let Some(value) = arg.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')) {
                found.push(value.to_owned());
            } else {
                kept.push(arg);
            }
        }
        self.rest = kept;
        Ok(found)
    }

    /// Refuses what nobody asked for.
    pub fn finish(self) -> Result<()> {
        match self.rest.first() {
            None => Ok(()),
            Some(arg) => bail!("unexpected argument `{arg}`; see `cargo xtask help`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(args: &[&str]) -> Options {
        Options::new(args.iter().map(|arg| (*arg).to_owned()).collect())
    }

    #[test]
    fn takes_flags_and_values_in_any_order() {
        let mut options = options(&["--only", "fmt", "--keep-going", "--only=build"]);
        assert_eq!(options.values("--only").ok(), Some(vec!["fmt".into(), "build".into()]));
        assert!(options.flag("--keep-going"));
        assert!(!options.flag("--keep-going"));
        assert!(options.finish().is_ok());
    }

    #[test]
    fn refuses_a_missing_value_and_a_stray_argument() {
        assert!(options(&["--only"]).values("--only").is_err());
        let refusal = options(&["--onyl"]).finish().map_err(|e| e.to_string());
        assert_eq!(refusal, Err("unexpected argument `--onyl`; see `cargo xtask help`".into()));
    }
}
