//! JSON documents as people and programs send them, with messages that name the place.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeOwned, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Reads one document. A byte order mark is skipped; a key that an object has twice is refused, as one of its two values
/// would be dropped in silence; messages name line and column, and a NaN or infinity, which JSON does not have, by name.
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let text = text.trim_start_matches('\u{feff}');
    let wrong = |error: serde_json::Error| match no_number(text, &error) {
        Some(word) => {
            let (line, column) = (error.line(), error.column());
            format!("{word} is not a finite number at line {line} column {column}")
        }
        None => error.to_string(),
    };
    serde_json::from_str::<UniqueKeys>(text).map_err(wrong)?;
    serde_json::from_str(text).map_err(wrong)
}

/// The NaN or infinity that stands where the error is.
fn no_number<'a>(text: &'a str, error: &serde_json::Error) -> Option<&'a str> {
    if !error.is_syntax() {
        return None;
    }
    let line = text.lines().nth(error.line().checked_sub(1)?)?;
    // The column counts bytes from one, and may stand on the word's first letter or behind a sign.
    let from = error.column().saturating_sub(2);
    let rest = line.get(from..)?.trim_start_matches([' ', '\t', '[', ',', ':', '-']);
    let word = rest.split(|c: char| !c.is_ascii_alphabetic()).next()?;
    let known = ["nan", "inf", "infinity"].iter().any(|known| word.eq_ignore_ascii_case(known));
    known.then_some(word)
}

/// Any document in which no object has a key twice; keeps nothing of it.
struct UniqueKeys;

impl<'de> serde::Deserialize<'de> for UniqueKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueKeys)
    }
}

impl<'de> Visitor<'de> for UniqueKeys {
    type Value = Self;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON document")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        let mut keys = BTreeSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if keys.contains(&key) {
                return Err(A::Error::custom(format!("`{key}` is given twice")));
            }
            map.next_value::<Self>()?;
            keys.insert(key);
        }
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self, A::Error> {
        while seq.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_unit<E: Error>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn reads_what_is_sent() {
        let expected = json!({"a": [1, -2.5, "x", true, null, {"b": {}}]});
        for text in [
            "{\"a\":[1,-2.5,\"x\",true,null,{\"b\":{}}]}",
            "\u{feff}{\r\n\"a\":[1,-2.5,\"x\",true,null,{\"b\":{}}]}\r\n",
        ] {
            assert_eq!(parse::<Value>(text).unwrap(), expected);
        }
    }

    #[test]
    fn every_refusal_names_its_place() {
        for (text, expected) in [
            ("{\"a\":1,\"a\":2}", "`a` is given twice at line 1 column 10"),
            ("[{\"x\":{\"b\":1,\n\"b\":1}}]", "`b` is given twice at line 2"),
            ("[[0.1, NaN]]", "NaN is not a finite number at line 1 column 8"),
            ("[[0.1,\n  -Infinity]]", "Infinity is not a finite number at line 2"),
            ("[[0.1,nan]]", "nan is not a finite number"),
            ("[1e999]", "number out of range at line 1"),
            ("[1, name]", "expected ident at line 1 column 6"),
            ("", "EOF while parsing a value at line 1"),
            ("{} {}", "trailing characters at line 1 column 4"),
            ("{\"a\":", "EOF while parsing a value"),
        ] {
            let problem = parse::<Value>(text).unwrap_err();
            assert!(problem.contains(expected), "{text:?}: {problem:?} lacks {expected:?}");
        }
        // Deeper than any document that means something: refused, not a crash.
        assert!(parse::<Value>(&"[".repeat(100_000)).unwrap_err().contains("recursion limit"));
    }
}
