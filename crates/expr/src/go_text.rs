//! Go's ways of writing values: quoted strings, floats, and `%v`.

use std::fmt::Write;

use crate::value::Value;

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

/// A float as Go prints it: plain while its decimal exponent is in `plain`, else with an exponent.
fn float_within(number: f64, plain: std::ops::Range<i32>) -> String {
    if number.is_nan() {
        return "NaN".into();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf".into() } else { "-Inf".into() };
    }
    let (digits, exponent) = shortest(number);
    if number == 0.0 || plain.contains(&exponent) {
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
    float_within(number, -4..6)
}

/// A float as Go's `encoding/json` writes it.
pub(crate) fn json_float(number: f64) -> String {
    let text = float_within(number, -6..21);
    match text.split_once("e-0") {
        Some((mantissa, digit)) => format!("{mantissa}e-{digit}"),
        None => text,
    }
}

/// Any value as Go's `%v` prints it.
///
/// The caller answers for the size: a list that holds itself many times over is [written](write) to something with a
/// bound.
pub(crate) fn value(v: &Value) -> String {
    let mut out = String::new();
    // A text takes everything.
    let _ = write(v, &mut out);
    out
}

/// As [`value`], in a message: one that is large is not shown whole.
pub(crate) fn shown(v: &Value) -> String {
    let mut out = Short(String::new());
    if write(v, &mut out).is_err() {
        out.0.push_str("...");
    }
    out.0
}

/// The most that a message shows of a value, in bytes.
const SHOWN: usize = 1_024;

struct Short(String);

impl Write for Short {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let room = SHOWN.saturating_sub(self.0.len());
        self.0.push_str(text.get(..text.floor_char_boundary(room)).unwrap_or_default());
        if text.len() > room { Err(std::fmt::Error) } else { Ok(()) }
    }
}

/// Writes a value as [`value`] gives it, until `out` takes no more.
pub(crate) fn write(v: &Value, out: &mut impl Write) -> std::fmt::Result {
    match v {
        Value::Nil => out.write_str("<nil>"),
        Value::Bool(b) => write!(out, "{b}"),
        Value::Int(i) | Value::Int64(i) => write!(out, "{i}"),
        Value::Uint64(u) => write!(out, "{u}"),
        Value::Uint8(u) => write!(out, "{u}"),
        Value::Float(f) => out.write_str(&float(*f)),
        Value::Text(s) => out.write_str(s),
        Value::List(l) => items(["[", "]"], l.items(), out),
        Value::Map(m) => {
            out.write_str("map[")?;
            for (i, (key, value)) in m.entries().iter().enumerate() {
                out.write_str(if i > 0 { " " } else { "" })?;
                write(&key.to_value(), out)?;
                out.write_str(":")?;
                write(value, out)?;
            }
            out.write_str("]")
        }
        Value::Record(r) => items(["{", "}"], &r.fields, out),
        Value::Time(t) => write!(out, "{t}"),
        Value::Duration(d) => out.write_str(&crate::time::duration::print(*d)),
        Value::Zone(z) => out.write_str(&z.name),
        Value::Named(n) => write!(out, "{n}"),
    }
}

fn items([open, close]: [&str; 2], items: &[Value], out: &mut impl Write) -> std::fmt::Result {
    out.write_str(open)?;
    for (i, item) in items.iter().enumerate() {
        out.write_str(if i > 0 { " " } else { "" })?;
        write(item, out)?;
    }
    out.write_str(close)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `fmt.Sprint` and `json.Marshal` of Go 1.26 print them.
    #[test]
    fn floats_are_printed_as_go_prints_them() {
        for (number, default, json) in [
            (1e5, "100000", "100000"),
            (123_456.5, "123456.5", "123456.5"),
            (1e6, "1e+06", "1000000"),
            (12_345_678.9, "1.23456789e+07", "12345678.9"),
            (-123_456_789.0, "-1.23456789e+08", "-123456789"),
            (1e20, "1e+20", "100000000000000000000"),
            (1e21, "1e+21", "1e+21"),
            (0.0001, "0.0001", "0.0001"),
            (0.000_01, "1e-05", "0.00001"),
            (1.5e-7, "1.5e-07", "1.5e-7"),
            (0.0, "0", "0"),
        ] {
            assert_eq!((float(number).as_str(), json_float(number).as_str()), (default, json));
        }
    }
}
