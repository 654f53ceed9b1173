//! The sweep file: what to run and over which parameters, in TOML or JSON.
//!
//! ```toml
//! command = ["backtest"]          # what follows the program; this is the default
//! args = ["--data", "history"]    # the same for every task
//!
//! [grid]                          # every combination is one task
//! policy = ["plain", "forecast"]  # --policy=plain, --policy=forecast
//! cost-bps = [0, 10, 25]          # --cost-bps=0 ...
//! no-flags = [false, true]        # true: --no-flags, false: nothing
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::SweepError;

/// A sweep as its file states it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SweepFile {
    /// Program to run; this one when not given.
    #[serde(default)]
    pub program: Option<PathBuf>,
    /// Its subcommand: what every argument list begins with.
    #[serde(default = "backtest", alias = "subcommand")]
    pub command: Vec<String>,
    /// Arguments that all tasks share.
    #[serde(default, alias = "base", alias = "base_args")]
    pub args: Vec<String>,
    /// Values to try of each parameter; none is a single task.
    #[serde(default, alias = "parameters", alias = "params")]
    pub grid: Grid,
}

fn backtest() -> Vec<String> {
    vec!["backtest".to_owned()]
}

/// Parameters by name, each with its values in the order to try them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grid(pub BTreeMap<String, Vec<Value>>);

/// A value of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Given or not.
    Flag(bool),
    /// Whole number.
    Integer(i64),
    /// Finite number.
    Number(f64),
    /// Text.
    Text(String),
}

impl SweepFile {
    /// Parses `text`; `place` is what messages call it. JSON when it begins with a brace, TOML otherwise.
    ///
    /// # Errors
    /// [`SweepError::File`] names the line and column, or the parameter.
    pub fn parse(text: &str, place: &str) -> Result<Self, SweepError> {
        let wrong = |problem: String| SweepError::File { place: place.to_owned(), problem };
        if text.trim().is_empty() {
            return Err(wrong("empty; a sweep needs a command and a grid".to_owned()));
        }
        if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|error| wrong(error.to_string()))
        } else {
            toml::from_str(text)
                .map_err(|error: toml::de::Error| wrong(error.to_string().trim_end().to_owned()))
        }
    }
}

/// Whole, finite, and written as short as it reads back.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            Self::Number(value) => value.fmt(f),
            Self::Text(value) => value.fmt(f),
        }
    }
}

impl<'de> Deserialize<'de> for Grid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = Grid;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table of parameters, each with a list of values")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Grid, A::Error> {
                let mut grid = BTreeMap::new();
                while let Some(name) = map.next_key::<String>()? {
                    let Values(values) = map.next_value()?;
                    check(&name, &values).map_err(A::Error::custom)?;
                    // serde_json would let the second silently replace the first.
                    if grid.insert(name.clone(), values).is_some() {
                        return Err(A::Error::custom(format!("grid.{name} is there twice")));
                    }
                }
                Ok(Grid(grid))
            }
        }
        deserializer.deserialize_map(Names)
    }
}

/// One value stands for a list of one.
struct Values(Vec<Value>);

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMany;
        impl<'de> Visitor<'de> for OneOrMany {
            type Value = Values;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of texts, numbers or booleans")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Values, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = seq.next_element()? {
                    values.push(value);
                }
                Ok(Values(values))
            }
            fn visit_bool<E: Error>(self, value: bool) -> Result<Values, E> {
                Single.visit_bool(value).map(|value| Values(vec![value]))
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<Values, E> {
                Single.visit_i64(value).map(|value| Values(vec![value]))
            }
            fn visit_u64<E: Error>(self, value: u64) -> Result<Values, E> {
                Single.visit_u64(value).map(|value| Values(vec![value]))
            }
            fn visit_f64<E: Error>(self, value: f64) -> Result<Values, E> {
                Single.visit_f64(value).map(|value| Values(vec![value]))
            }
            fn visit_str<E: Error>(self, value: &str) -> Result<Values, E> {
                Single.visit_str(value).map(|value| Values(vec![value]))
            }
        }
        deserializer.deserialize_any(OneOrMany)
    }
}

struct Single;

impl<'de> Visitor<'de> for Single {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number or a boolean")
    }
    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Flag(value))
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Integer(value))
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        i64::try_from(value).map(Value::Integer).map_err(|_| E::custom(format!("{value} is too large")))
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        if value.is_finite() {
            Ok(Value::Number(value))
        } else {
            Err(E::custom(format!("{value} is not finite")))
        }
    }
    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Single)
    }
}

fn check(name: &str, values: &[Value]) -> Result<(), String> {
    let named = name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if !named {
        return Err(format!(
            "grid.{name:?}: a parameter is named by letters, digits, - and _, without leading dashes"
        ));
    }
    if values.is_empty() {
        return Err(format!("grid.{name} has no values, so there would be no task"));
    }
    let mut written: Vec<String> = values.iter().map(Value::to_string).collect();
    if let Some(text) = written.iter().find(|text| text.contains('\0')) {
        return Err(format!("grid.{name}: {text:?} holds a zero character, which no argument can"));
    }
    written.sort_unstable();
    match written.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(format!("grid.{name} has the value {} twice", pair[0])),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> String {
        SweepFile::parse(text, "sweep.toml").unwrap_err().to_string()
    }

    #[test]
    fn toml_and_json_say_the_same() {
        let toml = "args = [\"--json\"]\n[grid]\nseed = [1, 2]\nrate = [0.5, 1.0]\n\
                    quick = [true, false]\npolicy = \"hold\"\n";
        let json = r#"{"command": ["backtest"], "args": ["--json"],
            "grid": {"policy": ["hold"], "quick": [true, false], "rate": [0.5, 1.0], "seed": [1, 2]}}"#;
        let sweep = SweepFile::parse(toml, "a").unwrap();
        assert_eq!(sweep, SweepFile::parse(json, "b").unwrap());
        assert_eq!(sweep.command, ["backtest"]);
        assert_eq!(sweep.grid.0["rate"], [Value::Number(0.5), Value::Number(1.0)]);
        assert_eq!(sweep.grid.0["policy"], [Value::Text("hold".into())]);
    }

    #[test]
    fn refuses_what_is_no_sweep_and_says_where() {
        assert!(problem(" \n").contains("sweep.toml: empty"));
        assert!(problem("{\n  \"grid\": [1]\n}").contains("line 2"));
        assert!(problem("grdi = 1").contains("unknown field `grdi`"));
        assert!(problem("[grid]\nseed = []").contains("grid.seed has no values"));
        assert!(problem("[grid]\nseed = [1, 2, 1]").contains("grid.seed has the value 1 twice"));
        assert!(problem("[grid]\nseed = [1, 1.0]").contains("twice"));
        assert!(problem("[grid]\nseed = [nan]").contains("not finite"));
        assert!(problem("[grid]\nseed = [[1]]").contains("expected a text, a number or a boolean"));
        assert!(problem("[grid]\nseed = [2023-01-01]").contains("expected a text, a number or a boolean"));
        assert!(problem("[grid]\n\"--seed\" = [1]").contains("without leading dashes"));
        assert!(problem("[grid]\nseed = [1]\nseed = [2]").contains("duplicate key"));
        assert!(problem(r#"{"grid": {"a": [1], "a": [2]}}"#).contains("grid.a is there twice"));
        assert!(problem(r#"{"grid": {"a": ["x\u0000"]}}"#).contains("zero character"));
        assert!(problem("command = \"backtest\"").contains("command"));
    }
}
