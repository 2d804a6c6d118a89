//! Go's ways of writing values: quoted strings, floats, and `%v`.

use crate::value::{Key, Value};

/// A string as Go's `%q` and `%#v` print it.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() && (c as u32) < 0x80 => out.extend(format!("\\x{:02x}", c as u32).chars()),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The shortest digits that read back as `number`, and the decimal exponent of the first of them.
fn shortest(number: f64) -> (String, i32) {
    let scientific = format!("{:e}", number.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    (mantissa.replace('.', ""), exponent.parse().unwrap_or(0))
}

/// A float as Go prints it: plain between 10^`low` and 10^21, else with an exponent.
fn float_between(number: f64, low: i32) -> String {
    if number.is_nan() {
        return "NaN".into();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf".into() } else { "-Inf".into() };
    }
    let (digits, exponent) = shortest(number);
    if number == 0.0 || (low..21).contains(&exponent) {
        return format!("{number}");
    }
    let sign = if number < 0.0 { "-" } else { "" };
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { String::new() } else { format!(".{rest}") };
    let exponent_sign = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{first}{point}e{exponent_sign}{:02}", exponent.abs())
}

/// A float as Go's `%v` prints it.
pub(crate) fn float(number: f64) -> String {
    float_between(number, -4)
}

/// A float as Go's `encoding/json` writes it.
pub(crate) fn json_float(number: f64) -> String {
    let text = float_between(number, -6);
    match text.split_once("e-0") {
        Some((mantissa, digit)) => format!("{mantissa}e-{digit}"),
        None => text,
    }
}

fn key(key: &Key) -> String {
    value(&key.to_value())
}

fn list(items: &[Value]) -> String {
    let items: Vec<String> = items.iter().map(value).collect();
    format!("[{}]", items.join(" "))
}

/// Any value as Go's `%v` prints it.
///
/// The caller answers for the size: a list that holds itself many times over is charged to the budget first.
pub(crate) fn value(v: &Value) -> String {
    match v {
        Value::Nil => "<nil>".into(),
        Value::Bool(b) => b.to_string(),
        Value::Int(i) | Value::Int64(i) => i.to_string(),
        Value::Uint64(u) => u.to_string(),
        Value::Uint8(u) => u.to_string(),
        Value::Float(f) => float(*f),
        Value::Text(s) => s.to_string(),
        Value::List(l) => list(l.items()),
        Value::Map(m) => {
            let pairs: Vec<String> =
                m.entries().iter().map(|(k, v)| format!("{}:{}", key(k), value(v))).collect();
            format!("map[{}]", pairs.join(" "))
        }
        Value::Record(r) => {
            let fields: Vec<String> = r.fields.iter().map(value).collect();
            format!("{{{}}}", fields.join(" "))
        }
        Value::Time(t) => t.to_string(),
        Value::Duration(d) => crate::time::duration::print(*d),
        Value::Zone(z) => z.name.to_string(),
        Value::Named(n) => n.to_string(),
    }
}
