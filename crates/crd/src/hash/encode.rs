//! JSON as Go writes a typed object.

use std::fmt::Write as _;

use serde_json::Value;

use super::fields::{Field, Kind, Table};
use crate::quantity::Quantity;

/// What the text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// To be hashed: the bytes that Go writes.
    Go,
    /// To be compared: quantities as their value, rounded up to thousandths as Kubernetes does on storing.
    Semantic,
}

/// Writes `value` as an object of the type `name`.
pub(super) fn object(table: &Table, name: &str, value: &Value, form: Form) -> String {
    let mut encoder = Encoder { table, form, out: String::new() };
    encoder.object(name, value);
    encoder.out
}

/// Writes a list of objects of the type `name`.
pub(super) fn objects(
    table: &Table,
    name: &str,
    values: impl IntoIterator<Item = Value>,
    form: Form,
) -> String {
    let mut encoder = Encoder { table, form, out: "[".to_owned() };
    for (index, value) in values.into_iter().enumerate() {
        if index > 0 {
            encoder.out.push(',');
        }
        encoder.object(name, &value);
    }
    encoder.out.push(']');
    encoder.out
}

struct Encoder<'a> {
    table: &'a Table,
    form: Form,
    out: String,
}

impl Encoder<'_> {
    fn object(&mut self, name: &str, value: &Value) {
        let table = self.table;
        let fields = table.get(name).map_or(&[][..], Vec::as_slice);
        self.out.push('{');
        let (mut first, mut known) = (true, 0);
        for field in fields {
            let member = value.get(field.name);
            known += usize::from(member.is_some());
            let member = member.filter(|member| !member.is_null());
            if field.always || member.is_some_and(|member| field.pointer || !is_zero(member)) {
                self.key(field.name, &mut first);
                self.member(field, member);
            }
        }
        // Mostly there is none.
        let members = value.as_object().filter(|members| members.len() > known);
        let unknown = members.into_iter().flatten().filter(|(key, value)| {
            !value.is_null() && !is_zero(value) && fields.iter().all(|field| field.name != *key)
        });
        for (key, value) in unknown {
            self.key(key, &mut first);
            self.plain(value);
        }
        self.out.push('}');
    }

    fn key(&mut self, key: &str, first: &mut bool) {
        if !std::mem::take(first) {
            self.out.push(',');
        }
        self.string(key);
        self.out.push(':');
    }

    fn member(&mut self, field: &Field, member: Option<&Value>) {
        match (field.kind, member) {
            (Kind::Object(_), None) if field.pointer => self.out.push_str("null"),
            (Kind::Object(name), member) => self.object(name, member.unwrap_or(&Value::Null)),
            (Kind::Quantity, member) => self.quantity(member.unwrap_or(&Value::Null)),
            (_, None) if field.pointer => self.out.push_str("null"),
            (Kind::Objects(name), Some(Value::Array(items))) => self.objects(name, items),
            (Kind::MapOf(name), Some(Value::Object(members))) => {
                self.map(members, |encoder, value| encoder.object(name, value));
            }
            (Kind::MapOfQuantity, Some(Value::Object(members))) => self.map(members, Self::quantity),
            (_, Some(value)) => self.plain(value),
            (Kind::Int, None) => self.out.push('0'),
            (Kind::Plain, None) => self.out.push_str("\"\""),
            (_, None) => self.out.push_str("null"),
        }
    }

    fn objects(&mut self, name: &str, items: &[Value]) {
        self.list(items, |encoder, item| encoder.object(name, item));
    }

    fn list(&mut self, items: &[Value], item: impl Fn(&mut Self, &Value)) {
        self.out.push('[');
        for (index, value) in items.iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            item(self, value);
        }
        self.out.push(']');
    }

    fn map(&mut self, members: &serde_json::Map<String, Value>, member: impl Fn(&mut Self, &Value)) {
        self.out.push('{');
        let mut first = true;
        for (key, value) in members {
            self.key(key, &mut first);
            member(self, value);
        }
        self.out.push('}');
    }

    /// An unreadable quantity is written as it is: the server will refuse the pod, and say why.
    fn quantity(&mut self, value: &Value) {
        match (Quantity::from_json(value), self.form) {
            (Ok(quantity), Form::Go) => self.string(&quantity.to_string()),
            (Ok(quantity), Form::Semantic) => {
                let _ = write!(self.out, "{}", quantity.thousandths());
            }
            (Err(_), _) => self.plain(value),
        }
    }

    fn plain(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.string(text),
            Value::Array(items) => self.list(items, Self::plain),
            Value::Object(members) => self.map(members, Self::plain),
            Value::Null | Value::Bool(_) | Value::Number(_) => {
                let _ = write!(self.out, "{value}");
            }
        }
    }

    /// Go escapes what could end a script element, and two line separators that JavaScript stumbles over.
    fn string(&mut self, text: &str) {
        self.out.push('"');
        let plain =
            |byte: u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\' | b'<' | b'>' | b'&');
        if text.bytes().all(plain) {
            self.out.push_str(text);
        } else {
            self.escaped(text);
        }
        self.out.push('"');
    }

    fn escaped(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                '\u{8}' => self.out.push_str("\\b"),
                '\u{c}' => self.out.push_str("\\f"),
                '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                    let _ = write!(self.out, "\\u{:04x}", u32::from(character));
                }
                other => self.out.push(other),
            }
        }
    }
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
    }
}
