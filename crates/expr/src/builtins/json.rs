//! JSON and base64.

use std::fmt::{self, Write as _};

use super::{Builtin, Call, Check, Given, Sort};
use crate::budget::{NO_MEMORY, Writer};
use crate::go_text;
use crate::value::{Key, Value};

const TEXT: Check = Check::Signatures(&[(&[Sort::Text], Sort::Text)]);

pub(super) const TABLE: &[Builtin] = &[
    Builtin { name: "toJSON", check: Check::Signatures(&[(&[Sort::Any], Sort::Text)]), run: to_json },
    Builtin { name: "fromJSON", check: Check::Signatures(&[(&[Sort::Text], Sort::Any)]), run: from_json },
    Builtin { name: "toBase64", check: TEXT, run: to_base64 },
    Builtin { name: "fromBase64", check: TEXT, run: from_base64 },
];

fn to_json(call: &mut Call<'_>) -> Given {
    let value = call.argument(0).clone();
    call.budget.walk(&value)?;
    let mut out = Writer::new(call.budget);
    match write(&value, 0, &mut out) {
        Ok(()) => Ok(Value::text(out.text)),
        Err(Stop::Full) => Err(NO_MEMORY.into()),
        Err(Stop::Unsupported(number)) => Err(format!("json: unsupported value: {number}")),
    }
}

/// Why no JSON is written.
enum Stop {
    /// There is no room for it.
    Full,
    /// It has no such number.
    Unsupported(String),
}

impl From<fmt::Error> for Stop {
    fn from(_: fmt::Error) -> Self {
        Self::Full
    }
}

fn line(indent: usize, out: &mut Writer<'_>) -> fmt::Result {
    out.write_str("\n")?;
    (0..indent).try_for_each(|_| out.write_str("  "))
}

/// Text as Go writes it into JSON: `<`, `>` and `&` are escaped.
fn quoted(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

fn write(value: &Value, indent: usize, out: &mut Writer<'_>) -> Result<(), Stop> {
    match value {
        Value::Nil => out.write_str("null")?,
        Value::Float(f) if !f.is_finite() => return Err(Stop::Unsupported(go_text::float(*f))),
        Value::Float(f) => out.write_str(&go_text::json_float(*f))?,
        Value::Text(text) => out.write_str(&quoted(text))?,
        Value::Duration(nanoseconds) => write!(out, "{nanoseconds}")?,
        Value::Time(time) => out.write_str(&quoted(&time.rfc3339()))?,
        Value::Named(crate::value::Named::Weekday(n) | crate::value::Named::Month(n)) => {
            write!(out, "{n}")?;
        }
        Value::Named(_) | Value::Zone(_) => out.write_str(&quoted(&go_text::value(value)))?,
        Value::List(list) => {
            let items = list.items().iter().map(|item| (None, item));
            return block(items, ["[", "]"], indent, out);
        }
        Value::Map(map) => {
            let entries = map.entries().iter().map(|(key, value)| (Some(name(key)), value));
            return block(entries, ["{", "}"], indent, out);
        }
        Value::Record(record) => {
            let fields = record.of.fields.iter().map(|field| Some(field.0.to_owned())).zip(&record.fields);
            return block(fields, ["{", "}"], indent, out);
        }
        Value::Bool(_) | Value::Int(_) | Value::Int64(_) | Value::Uint64(_) | Value::Uint8(_) => {
            go_text::write(value, out)?;
        }
    }
    Ok(())
}

fn name(key: &Key) -> String {
    go_text::value(&key.to_value())
}

fn block<'v>(
    items: impl Iterator<Item = (Option<String>, &'v Value)>,
    [open, close]: [&str; 2],
    indent: usize,
    out: &mut Writer<'_>,
) -> Result<(), Stop> {
    out.write_str(open)?;
    let mut some = false;
    for (name, value) in items {
        if some {
            out.write_str(",")?;
        }
        some = true;
        line(indent + 1, out)?;
        if let Some(name) = name {
            out.write_str(&quoted(&name))?;
            out.write_str(": ")?;
        }
        write(value, indent + 1, out)?;
    }
    if some {
        line(indent, out)?;
    }
    Ok(out.write_str(close)?)
}

/// The values in a JSON document.
fn count(json: &serde_json::Value) -> u64 {
    let mut open = vec![json];
    let mut values = 0;
    while let Some(json) = open.pop() {
        values += 1;
        match json {
            serde_json::Value::Array(items) => open.extend(items),
            serde_json::Value::Object(fields) => open.extend(fields.values()),
            _ => {}
        }
    }
    values
}

fn from_json(call: &mut Call<'_>) -> Given {
    call.read(0)?;
    let text = call.text(0)?;
    let parsed: Result<serde_json::Value, _> = serde_json::from_str(text);
    match parsed {
        Ok(json) => {
            let length = text.len();
            call.budget.make(count(&json))?;
            call.budget.cut(length)?;
            Ok(Value::from(&json))
        }
        Err(_) if text.trim().is_empty() => Err("unexpected end of JSON input".into()),
        Err(error) if error.is_eof() => Err("unexpected end of JSON input".into()),
        Err(error) => Err(no_json(text.trim_start()).unwrap_or_else(|| format!("invalid JSON: {error}"))),
    }
}

/// What Go says of a text that does not begin like JSON, or like one of its three words, which is the usual case.
fn no_json(text: &str) -> Option<String> {
    let first = text.chars().next()?;
    if !first.is_ascii_digit() && !"{[\"-tfn".contains(first) {
        return Some(format!("invalid character {first:?} looking for beginning of value"));
    }
    let word = ["true", "false", "null"].into_iter().find(|word| word.starts_with(first))?;
    let (given, wanted) = text.chars().zip(word.chars()).find(|(given, wanted)| given != wanted)?;
    Some(format!("invalid character {given:?} in literal {word} (expecting {wanted:?})"))
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn to_base64(call: &mut Call<'_>) -> Given {
    let length = call.text(0)?.len();
    call.budget.make(length.div_ceil(3) as u64 * 4)?;
    let mut out = String::new();
    for chunk in call.text(0)?.as_bytes().chunks(3) {
        let bits =
            chunk.iter().fold(0_u32, |bits, byte| (bits << 8) | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            let sextet = (bits >> (18 - 6 * i)) & 63;
            let letter = ALPHABET.get(sextet as usize).map_or('=', |byte| char::from(*byte));
            out.push(if i <= chunk.len() { letter } else { '=' });
        }
    }
    Ok(Value::text(out))
}

fn from_base64(call: &mut Call<'_>) -> Given {
    call.read(0)?;
    // Each letter is looked for in the alphabet.
    let length = call.text(0)?.len() as u64;
    call.budget.work(length)?;
    call.budget.make(length / 4 * 3)?;
    let text: String = call.text(0)?.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    let illegal = |place: usize| format!("illegal base64 data at input byte {place}");
    let body = text.trim_end_matches('=');
    let padding = text.len() - body.len();
    let mut bytes = Vec::new();
    let mut bits = 0_u32;
    for (i, letter) in body.bytes().enumerate() {
        let sextet = ALPHABET.iter().position(|known| *known == letter).ok_or_else(|| illegal(i))?;
        bits = (bits << 6) | sextet as u32;
        if i % 4 != 0 {
            bytes.push((bits >> (6 - 2 * (i % 4))) as u8);
        }
    }
    // Letters come first: as Go reads them, four by four.
    if !text.len().is_multiple_of(4) || padding > 2 {
        return Err(illegal(text.len() - text.len() % 4));
    }
    Ok(Value::text(String::from_utf8_lossy(&bytes)))
}
