//! Reads event bytes by the program's own interface description, so that a field added there is read here.

use std::collections::BTreeMap;

use ballast_engine::hex;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::base58;

/// What the program of this tree describes itself as.
const OWN: &str = include_str!("../../../../idl/ballast.json");
/// Nesting beyond this is a description that contains itself.
const DEEPEST: usize = 16;

/// Why bytes could not be read as an event.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum InterfaceError {
    /// The description is not JSON of the expected shape.
    #[error("the interface description cannot be read: {0}")]
    Description(String),
    /// No event has these first eight bytes.
    #[error("no event has the discriminator {0}")]
    UnknownEvent(String),
    /// Too few bytes.
    #[error("{event}: the bytes end within `{field}`")]
    Short {
        /// Event.
        event: String,
        /// Field.
        field: String,
    },
    /// A byte that the type does not allow.
    #[error("{event}: `{field}` holds {byte}, which its type does not allow")]
    BadByte {
        /// Event.
        event: String,
        /// Field.
        field: String,
        /// The byte.
        byte: u8,
    },
    /// Too many bytes.
    #[error("{event}: {count} bytes are left over")]
    LeftOver {
        /// Event.
        event: String,
        /// How many.
        count: usize,
    },
    /// The description uses a type that events here do not have.
    #[error("{event}: no way to read a {what}")]
    Unsupported {
        /// Event.
        event: String,
        /// The type.
        what: String,
    },
}

/// An event with its fields by name. Keys are base58, byte arrays hexadecimal.
#[derive(Clone, Debug, PartialEq)]
pub struct DecodedEvent {
    /// Its name, as in the program.
    pub name: String,
    /// Its fields.
    pub fields: Map<String, Value>,
}

impl DecodedEvent {
    /// An unsigned field; none if absent.
    pub fn unsigned(&self, field: &str) -> Option<u64> {
        self.fields.get(field)?.as_u64()
    }

    /// A text field; none if absent.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field)?.as_str()
    }
}

/// A program's events and types.
#[derive(Clone, Debug)]
pub struct Interface {
    address: String,
    events: BTreeMap<[u8; 8], String>,
    types: BTreeMap<String, Vec<Field>>,
}

#[derive(Deserialize)]
struct Description {
    address: String,
    events: Vec<EventName>,
    types: Vec<NamedType>,
}

#[derive(Deserialize)]
struct EventName {
    name: String,
    discriminator: [u8; 8],
}

#[derive(Deserialize)]
struct NamedType {
    name: String,
    #[serde(rename = "type")]
    body: TypeBody,
}

#[derive(Deserialize)]
struct TypeBody {
    kind: String,
    #[serde(default)]
    fields: Option<Value>,
}

#[derive(Clone, Debug, Deserialize)]
struct Field {
    name: String,
    #[serde(rename = "type")]
    kind: Kind,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Bool,
    U8,
    U16,
    U32,
    U64,
    I64,
    Pubkey,
    Array(Box<Kind>, usize),
    Option(Box<Kind>),
    Defined {
        name: String,
    },
    #[serde(untagged)]
    Other(Value),
}

impl Interface {
    /// The program of this tree.
    pub fn own() -> Result<Self, InterfaceError> {
        Self::parse(OWN)
    }

    /// Reads an Anchor interface description (format 0.30 and later).
    pub fn parse(text: &str) -> Result<Self, InterfaceError> {
        let wrong = |error: serde_json::Error| InterfaceError::Description(error.to_string());
        let description: Description = serde_json::from_str(text).map_err(wrong)?;
        let mut types = BTreeMap::new();
        for named in description.types.into_iter().filter(|named| named.body.kind == "struct") {
            // Tuple structs and enums have fields of another shape; no event has them.
            let fields = named.body.fields.unwrap_or_else(|| Value::Array(Vec::new()));
            if let Ok(fields) = serde_json::from_value(fields) {
                types.insert(named.name, fields);
            }
        }
        let events = description.events.into_iter().map(|event| (event.discriminator, event.name)).collect();
        Ok(Self { address: description.address, events, types })
    }

    /// The program's address, base58.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Reads an event: eight bytes of discriminator, then Borsh.
    pub fn decode(&self, bytes: &[u8]) -> Result<DecodedEvent, InterfaceError> {
        let unknown = || InterfaceError::UnknownEvent(hex::encode(bytes.get(..8).unwrap_or(bytes)));
        let (discriminator, body) = bytes.split_first_chunk::<8>().ok_or_else(unknown)?;
        let name = self.events.get(discriminator).ok_or_else(unknown)?;
        let mut reader = Reader { event: name, bytes: body, types: &self.types };
        let fields = reader.structure(name, 0)?;
        if !reader.bytes.is_empty() {
            return Err(InterfaceError::LeftOver { event: name.clone(), count: reader.bytes.len() });
        }
        Ok(DecodedEvent { name: name.clone(), fields })
    }
}

struct Reader<'a> {
    event: &'a str,
    bytes: &'a [u8],
    types: &'a BTreeMap<String, Vec<Field>>,
}

impl Reader<'_> {
    fn structure(&mut self, name: &str, depth: usize) -> Result<Map<String, Value>, InterfaceError> {
        let types = self.types;
        let fields = types.get(name).filter(|_| depth < DEEPEST).ok_or_else(|| self.unsupported(name))?;
        fields
            .iter()
            .map(|field| Ok((field.name.clone(), self.value(&field.kind, &field.name, depth + 1)?)))
            .collect()
    }

    fn value(&mut self, kind: &Kind, field: &str, depth: usize) -> Result<Value, InterfaceError> {
        Ok(match kind {
            Kind::Bool => Value::Bool(self.flag(field)?),
            Kind::U8 => u8::from_le_bytes(self.take(field)?).into(),
            Kind::U16 => u16::from_le_bytes(self.take(field)?).into(),
            Kind::U32 => u32::from_le_bytes(self.take(field)?).into(),
            Kind::U64 => u64::from_le_bytes(self.take(field)?).into(),
            Kind::I64 => i64::from_le_bytes(self.take(field)?).into(),
            Kind::Pubkey => base58::encode(&self.take::<32>(field)?).into(),
            Kind::Array(inner, count) if matches!(**inner, Kind::U8) => {
                hex::encode(self.slice(*count, field)?).into()
            }
            Kind::Array(inner, count) => {
                let items = (0..*count).map(|_| self.value(inner, field, depth));
                Value::Array(items.collect::<Result<_, _>>()?)
            }
            Kind::Option(inner) if self.flag(field)? => self.value(inner, field, depth)?,
            Kind::Option(_) => Value::Null,
            Kind::Defined { name } => Value::Object(self.structure(name, depth)?),
            Kind::Other(other) => return Err(self.unsupported(&other.to_string())),
        })
    }

    fn flag(&mut self, field: &str) -> Result<bool, InterfaceError> {
        match u8::from_le_bytes(self.take(field)?) {
            0 => Ok(false),
            1 => Ok(true),
            byte => Err(InterfaceError::BadByte { event: self.event.into(), field: field.into(), byte }),
        }
    }

    fn take<const N: usize>(&mut self, field: &str) -> Result<[u8; N], InterfaceError> {
        let (taken, rest) = self.bytes.split_first_chunk().ok_or_else(|| self.short(field))?;
        self.bytes = rest;
        Ok(*taken)
    }

    fn slice(&mut self, count: usize, field: &str) -> Result<&[u8], InterfaceError> {
        let (taken, rest) = self.bytes.split_at_checked(count).ok_or_else(|| self.short(field))?;
        self.bytes = rest;
        Ok(taken)
    }

    fn short(&self, field: &str) -> InterfaceError {
        InterfaceError::Short { event: self.event.into(), field: field.into() }
    }

    fn unsupported(&self, what: &str) -> InterfaceError {
        InterfaceError::Unsupported { event: self.event.into(), what: what.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deposited() -> Vec<u8> {
        let mut bytes = vec![111, 141, 26, 45, 161, 35, 100, 57];
        bytes.extend([1; 32]);
        bytes.extend([2; 32]);
        for figure in [1_000_000u64, 1_000_000_000, 5_000_000, 42] {
            bytes.extend(figure.to_le_bytes());
        }
        bytes
    }

    #[test]
    fn an_event_is_read_by_name() {
        let event = Interface::own().unwrap().decode(&deposited()).unwrap();
        assert_eq!(event.name, "Deposited");
        assert_eq!(
            (event.unsigned("atoms"), event.unsigned("gross_high")),
            (Some(1_000_000), Some(5_000_000))
        );
        assert_eq!(event.text("vault"), Some(base58::encode(&[1; 32]).as_str()));
    }

    #[test]
    fn every_event_of_the_program_can_be_read() {
        let own = Interface::own().unwrap();
        assert!(own.events.len() >= 19);
        for (discriminator, name) in &own.events {
            // Zeros are valid for every type that events use; the length is found by trying.
            let mut bytes = discriminator.to_vec();
            let event = loop {
                match own.decode(&bytes) {
                    Ok(event) => break event,
                    Err(InterfaceError::Short { .. }) => bytes.push(0),
                    Err(error) => panic!("{name}: {error}"),
                }
            };
            assert_eq!(event.name, *name);
            assert!(!event.fields.is_empty());
            if name == "DecisionRecorded" {
                assert_eq!(bytes.len(), 8 + 954);
                assert_eq!(event.fields["snapshot"]["slots"].as_array().unwrap().len(), 8);
                assert_eq!(event.fields["input_hash"].as_str().unwrap().len(), 64);
            }
        }
    }

    #[test]
    fn wrong_bytes_are_named() {
        let own = Interface::own().unwrap();
        let mut bytes = deposited();
        let error = |bytes: &[u8]| own.decode(bytes).unwrap_err().to_string();
        assert_eq!(error(&bytes[..100]), "Deposited: the bytes end within `slot`");
        bytes.extend([0, 0]);
        assert_eq!(error(&bytes), "Deposited: 2 bytes are left over");
        assert_eq!(error(&[7; 9]), "no event has the discriminator 0707070707070707");
        assert_eq!(error(&[7]), "no event has the discriminator 07");
        let mut withdrawn = vec![20, 89, 223, 198, 194, 124, 219, 13];
        withdrawn.extend([0; 88]);
        withdrawn.extend([9; 30]);
        assert_eq!(error(&withdrawn), "Withdrawn: `unwound` holds 9, which its type does not allow");
        assert!(matches!(Interface::parse("{}"), Err(InterfaceError::Description(_))));
    }
}
