//! Messages into JSON, by the table.

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use serde_json::{Map, Value, json};

use super::Malformed;
use super::reader::{Field, Fields};
use crate::kinds::{Kind, Layout, Message, Schema, Shape};

/// How deep messages may nest; a CustomResourceDefinition's schema is the deepest there is.
const DEEPEST: usize = 128;

/// One message as a JSON object.
pub(super) fn message(
    schema: &Schema,
    of: &Message,
    bytes: &[u8],
    depth: usize,
) -> Result<Map<String, Value>, Malformed> {
    if depth > DEEPEST {
        return Err(Malformed::TooDeep(DEEPEST));
    }
    let mut object = Map::new();
    for field in Fields::of(bytes) {
        let (number, field) = field?;
        let Some(layout) = of.fields.get(&number) else { continue };
        let here = Place { schema, of: of.name, number, depth };
        match layout.shape {
            Shape::One => {
                let value = here.value(layout.kind, field)?;
                put(&mut object, layout, value);
            }
            Shape::List => {
                let value = here.value(layout.kind, field)?;
                let list = object.entry(layout.name.unwrap_or_default()).or_insert_with(|| json!([]));
                if let Value::Array(items) = list {
                    items.push(value);
                }
            }
            Shape::Map => {
                let (key, value) = here.entry(layout.kind, field)?;
                let map = object.entry(layout.name.unwrap_or_default()).or_insert_with(|| json!({}));
                if let Value::Object(entries) = map {
                    entries.insert(key, value);
                }
            }
        }
    }
    Ok(object)
}

/// Writes a field as Go's JSON would: an empty value only where the field is a pointer or always written. Go writes
/// empty structs too, but they say nothing that their absence does not.
fn put(object: &mut Map<String, Value>, layout: &Layout, value: Value) {
    let embedded = layout.name.is_none();
    if let (true, Value::Object(fields)) = (embedded, &value) {
        object.extend(fields.clone());
        return;
    }
    let empty = match &value {
        Value::Null => return,
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
    };
    if let Some(name) = layout.name.filter(|_| layout.keep_empty || !empty) {
        object.insert(name.to_owned(), value);
    }
}

/// Where the reader stands: for messages about what is wrong, and for nested ones.
#[derive(Clone, Copy)]
struct Place<'a> {
    schema: &'a Schema,
    of: &'static str,
    number: u64,
    depth: usize,
}

impl Place<'_> {
    fn value(self, kind: Kind, field: Field<'_>) -> Result<Value, Malformed> {
        Ok(match (kind, field) {
            (Kind::Bool, Field::Varint(number)) => Value::Bool(number != 0),
            // Signed numbers are written in two's complement.
            (Kind::Int32 | Kind::Int64, Field::Varint(number)) => json!(number as i64),
            (Kind::Double, Field::Fixed64(bytes)) => json!(f64::from_le_bytes(bytes)),
            (Kind::Text, Field::Bytes(bytes)) => Value::String(self.text(bytes)?),
            (Kind::Bytes, Field::Bytes(bytes)) => Value::String(base64(bytes)),
            (Kind::Time, Field::Bytes(bytes)) => time(bytes, 0)?,
            (Kind::MicroTime, Field::Bytes(bytes)) => time(bytes, 6)?,
            (Kind::IntOrString, Field::Bytes(bytes)) => self.int_or_string(bytes)?,
            (Kind::Wrapped, Field::Bytes(bytes)) => self.wrapped(bytes)?,
            (Kind::Texts, Field::Bytes(bytes)) => self.texts(bytes)?,
            (Kind::Json, Field::Bytes(bytes)) => self.raw_json(bytes)?,
            (Kind::SchemaOrBool, Field::Bytes(bytes)) => self.schema_or_bool(bytes)?,
            (Kind::SchemaOrList, Field::Bytes(bytes)) => self.schema_or(bytes, Self::props)?,
            (Kind::SchemaOrTexts, Field::Bytes(bytes)) => {
                self.schema_or(bytes, |place, item| place.text(item).map(Value::String))?
            }
            (Kind::Message(name), Field::Bytes(bytes)) => self.nested(name, bytes)?,
            (_, field) => return Err(Malformed::WireType(self.number, self.of, field.wire_type())),
        })
    }

    /// One entry of a map: a message of key (1) and value (2).
    fn entry(self, kind: Kind, field: Field<'_>) -> Result<(String, Value), Malformed> {
        let Field::Bytes(bytes) = field else {
            return Err(Malformed::WireType(self.number, self.of, field.wire_type()));
        };
        let (mut key, mut value) = (String::new(), None);
        for field in Fields::of(bytes) {
            match field? {
                (1, Field::Bytes(bytes)) => key = self.text(bytes)?,
                (2, field) => value = Some(self.value(kind, field)?),
                _ => {}
            }
        }
        let value = value.map_or_else(|| self.value(kind, Field::Bytes(&[])), Ok)?;
        Ok((key, value))
    }

    fn nested(self, name: &'static str, bytes: &[u8]) -> Result<Value, Malformed> {
        match self.schema.message(name) {
            Some(of) => message(self.schema, of, bytes, self.depth + 1).map(Value::Object),
            None => Ok(json!({})),
        }
    }

    fn props(self, bytes: &[u8]) -> Result<Value, Malformed> {
        self.nested("apiextensions.v1.JSONSchemaProps", bytes)
    }

    fn text(self, bytes: &[u8]) -> Result<String, Malformed> {
        let text = std::str::from_utf8(bytes).map_err(|_| Malformed::NotText(self.number, self.of))?;
        Ok(text.to_owned())
    }

    /// 1 = which of the two, 2 = the number, 3 = the text.
    fn int_or_string(self, bytes: &[u8]) -> Result<Value, Malformed> {
        let (mut is_text, mut number, mut text) = (false, 0, String::new());
        for field in Fields::of(bytes) {
            match field? {
                (1, Field::Varint(value)) => is_text = value != 0,
                (2, Field::Varint(value)) => number = value as i32,
                (3, Field::Bytes(value)) => text = self.text(value)?,
                _ => {}
            }
        }
        Ok(if is_text { text.into() } else { number.into() })
    }

    fn wrapped(self, bytes: &[u8]) -> Result<Value, Malformed> {
        match first(bytes)? {
            Some(text) => self.text(text).map(Value::String),
            None => Ok("0".into()),
        }
    }

    fn texts(self, bytes: &[u8]) -> Result<Value, Malformed> {
        let mut texts = Vec::new();
        for field in Fields::of(bytes) {
            if let (1, Field::Bytes(text)) = field? {
                texts.push(Value::String(self.text(text)?));
            }
        }
        Ok(Value::Array(texts))
    }

    fn raw_json(self, bytes: &[u8]) -> Result<Value, Malformed> {
        match first(bytes)? {
            Some(raw) => serde_json::from_slice(raw).map_err(|_| Malformed::NotJson(self.number, self.of)),
            None => Ok(Value::Null),
        }
    }

    /// 1 = whether anything is allowed, 2 = the schema.
    fn schema_or_bool(self, bytes: &[u8]) -> Result<Value, Malformed> {
        let mut allows = false;
        for field in Fields::of(bytes) {
            match field? {
                (1, Field::Varint(value)) => allows = value != 0,
                (2, Field::Bytes(bytes)) => return self.props(bytes),
                _ => {}
            }
        }
        Ok(Value::Bool(allows))
    }

    /// 1 = the schema, 2 = the items of the list in its place.
    fn schema_or(
        self,
        bytes: &[u8],
        item: impl Fn(Self, &[u8]) -> Result<Value, Malformed>,
    ) -> Result<Value, Malformed> {
        let mut items = Vec::new();
        for field in Fields::of(bytes) {
            match field? {
                (1, Field::Bytes(bytes)) => return self.props(bytes),
                (2, Field::Bytes(bytes)) => items.push(item(self, bytes)?),
                _ => {}
            }
        }
        Ok(Value::Array(items))
    }
}

/// The bytes of field 1, if it is there.
fn first(bytes: &[u8]) -> Result<Option<&[u8]>, Malformed> {
    for field in Fields::of(bytes) {
        if let (1, Field::Bytes(bytes)) = field? {
            return Ok(Some(bytes));
        }
    }
    Ok(None)
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits =
            chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let letter = LETTERS.get((bits >> (18 - 6 * place) & 63) as usize).copied().unwrap_or(b'=');
            text.push(if place > chunk.len() { '=' } else { char::from(letter) });
        }
    }
    text
}

/// A time with so many digits after the second. The zero time of Go is written as an empty message and means "not set".
fn time(bytes: &[u8], digits: u8) -> Result<Value, Malformed> {
    let (mut seconds, mut nanos) = (None, 0);
    for field in Fields::of(bytes) {
        match field? {
            (1, Field::Varint(value)) => seconds = Some(value as i64),
            (2, Field::Varint(value)) => nanos = value as i32,
            _ => {}
        }
    }
    let time = seconds.and_then(|seconds| Timestamp::new(seconds, nanos).ok());
    let printer = DateTimePrinter::new().precision(Some(digits));
    Ok(time.map_or(Value::Null, |time| printer.timestamp_to_string(&time).into()))
}
