//! JSON text as Go writes it, which is what stands in `measurement.value` (spec analysis-04).

use serde_json::{Number, Value as Json};

use crate::bounded::Bounded;
use crate::http;

/// Compact, keys sorted, numbers as `float64`, and `<`, `>`, `&` escaped.
pub(crate) fn text(json: &Json) -> String {
    let mut out = Bounded::new(usize::MAX);
    write(&mut out, json);
    out.end()
}

/// The same into a text with a limit.
pub(crate) fn write(out: &mut Bounded, json: &Json) {
    match json {
        Json::Null => out.push("null"),
        Json::Bool(value) => out.push(if *value { "true" } else { "false" }),
        Json::Number(value) => out.push(&number(value.as_f64().unwrap_or(f64::NAN))),
        Json::String(text) => quoted(out, text),
        Json::Array(items) => out.list(["[", ",", "]"], items, write),
        Json::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(key, _)| *key);
            out.list(["{", ",", "}"], members, |out, (key, value)| {
                quoted(out, key);
                out.push(":");
                write(out, value);
            });
        }
    }
}

/// As written, but with `<`, `>`, `&` escaped: what substituting arguments makes of a body.
pub(crate) fn escaped(json: &Json) -> String {
    escape(&json.to_string())
}

/// The same value with every number a `float64`, as Go reads JSON.
pub(crate) fn floats(json: Json) -> Json {
    match json {
        Json::Number(value) => {
            value.as_f64().and_then(Number::from_f64).map_or(Json::Number(value), Json::Number)
        }
        Json::Array(items) => items.into_iter().map(floats).collect(),
        Json::Object(members) => members.into_iter().map(|(key, value)| (key, floats(value))).collect(),
        other => other,
    }
}

/// Why a text is not JSON: in Go's words where it does not begin like JSON, which is the usual case.
pub(crate) fn fault(body: &[u8], error: &serde_json::Error) -> String {
    let text = String::from_utf8_lossy(body);
    match text.trim_start().chars().next() {
        None => "unexpected end of JSON input".to_owned(),
        Some(first) if !first.is_ascii_digit() && !"{[\"-tfn".contains(first) => {
            format!("invalid character {first:?} looking for beginning of value")
        }
        Some(_) => http::unread(error),
    }
}

/// The shortest digits; with an exponent below 1e-6 and from 1e21.
fn number(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 || (1e-6..1e21).contains(&size) {
        return value.to_string();
    }
    let text = format!("{value:e}");
    if size < 1.0 { text } else { text.replace('e', "e+") }
}

fn quoted(out: &mut Bounded, text: &str) {
    // No character becomes shorter.
    let text = out.beginning(text);
    out.push(&escape(&Json::from(text).to_string()));
}

fn escape(json: &str) -> String {
    // None of these can stand outside a string, or be part of another escape.
    [('<', "\\u003c"), ('>', "\\u003e"), ('&', "\\u0026"), ('\u{2028}', "\\u2028"), ('\u{2029}', "\\u2029")]
        .into_iter()
        .fold(json.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_go_writes_them() {
        for (json, expected) in [
            ("1234567890123456789", "1234567890123456800"),
            ("0.0000001", "1e-7"),
            ("0.000001", "0.000001"),
            ("1e21", "1e+21"),
            ("1.5e300", "1.5e+300"),
            ("1e20", "100000000000000000000"),
            ("-1.10", "-1.1"),
            (r#"{"b": 1, "a": [true, null, "<&>"]}"#, r#"{"a":[true,null,"\u003c\u0026\u003e"],"b":1}"#),
        ] {
            assert_eq!(text(&serde_json::from_str(json).unwrap()), expected);
        }
    }
}
