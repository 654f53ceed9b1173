use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The fields of a JSON object, taken out one by one so that messages name them and leftovers can be refused.
pub struct Fields {
    place: String,
    map: Map<String, Value>,
    known: Vec<&'static str>,
}

impl Fields {
    /// `place` goes before every message; empty for the document itself.
    pub fn new(place: &str, value: Value) -> Result<Self, String> {
        let place = if place.is_empty() { String::new() } else { format!("{place}: ") };
        match value {
            Value::Object(map) => Ok(Self { place, map, known: Vec::new() }),
            _ => Err(format!("{place}an object is expected")),
        }
    }

    /// Moves the fields of the object `name`, if there is one, up to this level.
    pub fn lift(&mut self, name: &'static str) -> Result<(), String> {
        for (key, value) in self
            .value(&[name])
            .map(|value| Self::new(name, value))
            .transpose()?
            .map(|f| f.map)
            .into_iter()
            .flatten()
        {
            if self.map.insert(key.clone(), value).is_some() {
                return Err(format!("{}`{key}` is given twice, once in `{name}`", self.place));
            }
        }
        Ok(())
    }

    /// The first of several spellings that is present and not null. Two spellings at once are refused by [`Self::done`].
    pub fn value(&mut self, names: &[&'static str]) -> Option<Value> {
        self.take_nullable(names).filter(|value| !value.is_null())
    }

    /// Like [`Self::value`], but a null that is written down is a null.
    pub fn take_nullable(&mut self, names: &[&'static str]) -> Option<Value> {
        self.known.extend(names.first());
        let name = names.iter().find(|name| self.map.contains_key(**name))?;
        self.map.remove(*name)
    }

    /// A value of a plain type.
    pub fn take<T: DeserializeOwned>(&mut self, names: &[&'static str]) -> Result<Option<T>, String> {
        let place = self.label(names);
        let value = self.value(names);
        value
            .map(|value| serde_json::from_value(value).map_err(|error| format!("{place}: {error}")))
            .transpose()
    }

    /// A list of numbers; the message names the entry that is none.
    pub fn numbers(&mut self, names: &[&'static str]) -> Result<Option<Vec<f64>>, String> {
        let place = self.label(names);
        self.value(names).map(|value| numbers(&place, value)).transpose()
    }

    /// A list of lists of numbers; the message names row and column.
    pub fn matrix(&mut self, names: &[&'static str]) -> Result<Option<Vec<Vec<f64>>>, String> {
        let place = self.label(names);
        let Some(value) = self.value(names) else { return Ok(None) };
        let Value::Array(rows) = value else {
            return Err(format!("{place}: a list of rows is expected"));
        };
        let rows = rows.into_iter().enumerate();
        rows.map(|(row, value)| numbers(&format!("{place}: row {}", row + 1), value))
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// What to say of a field that is in none of `all`, if there is one.
    pub fn misspelt(&self, all: &[&str]) -> Option<String> {
        let key = self.map.keys().find(|key| !all.contains(&key.as_str()))?;
        Some(format!("{}`{key}` is not known; fields are: {}", self.place, all.join(", ")))
    }

    /// Refuses whatever was not asked for.
    pub fn done(self) -> Result<(), String> {
        match self.map.keys().next() {
            None => Ok(()),
            Some(key) => Err(format!(
                "{}`{key}` is not known or given twice; fields are: {}",
                self.place,
                self.known.join(", ")
            )),
        }
    }

    fn label(&self, names: &[&'static str]) -> String {
        let found = names.iter().find(|name| self.map.contains_key(**name)).or(names.first());
        format!("{}{}", self.place, found.copied().unwrap_or_default())
    }
}

/// A list of numbers.
pub fn numbers(place: &str, value: Value) -> Result<Vec<f64>, String> {
    let Value::Array(entries) = value else {
        return Err(format!("{place}: a list of numbers is expected"));
    };
    let entries = entries.into_iter().enumerate();
    entries
        .map(|(at, entry)| {
            entry.as_f64().ok_or_else(|| format!("{place}, column {}: {entry} is not a number", at + 1))
        })
        .collect()
}

/// One number for all, or a list in which null is `none`.
pub fn spread(place: &str, value: Value, count: usize, none: f64) -> Result<Vec<f64>, String> {
    let one = |at: Option<usize>, value: &Value| match value {
        Value::Null => Ok(none),
        value => value.as_f64().ok_or_else(|| {
            let entry = at.map(|at| format!(", entry {}", at + 1)).unwrap_or_default();
            format!("{place}{entry}: {value} is not a number")
        }),
    };
    match &value {
        Value::Array(values) if values.len() != count => {
            Err(format!("{place}: {} entries for {count} assets", values.len()))
        }
        Value::Array(values) => values.iter().enumerate().map(|(at, value)| one(Some(at), value)).collect(),
        value => Ok(vec![one(None, value)?; count]),
    }
}
