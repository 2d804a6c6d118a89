//! Whether a value is as expected: of objects only what is named counts, everything else must be equal. `null` is
//! absence, `*` anything but that; in a longer text `*` stands for any text; `{atMost: 1}` is a
//! number that is not greater.

use serde_json::Value;

/// Names each place at which `seen` is not as `wanted`.
pub(crate) fn compare(wanted: &Value, seen: &Value, at: &str, wrong: &mut Vec<String>) {
    match wanted {
        Value::Object(fields) if fields.contains_key("atMost") => {
            let most = fields["atMost"].as_f64().expect("a number");
            if !seen.as_f64().is_some_and(|seen| seen <= most) {
                wrong.push(format!("{at}: {seen}, at most {most}"));
            }
        }
        Value::Object(fields) => {
            for (key, wanted) in fields {
                compare(wanted, seen.get(key).unwrap_or(&Value::Null), &format!("{at}.{key}"), wrong);
            }
        }
        Value::String(any) if any == "*" => {
            if seen.is_null() {
                wrong.push(format!("{at}: nothing"));
            }
        }
        Value::String(pattern) if pattern.contains('*') => {
            let (head, tail) = pattern.split_once('*').unwrap_or_default();
            let fits = |text: &str| {
                text.len() >= head.len() + tail.len() && text.starts_with(head) && text.ends_with(tail)
            };
            if !seen.as_str().is_some_and(fits) {
                wrong.push(format!("{at}: {seen} instead of {wanted}"));
            }
        }
        Value::Number(number) if number.as_f64() == seen.as_f64() => {}
        wanted if wanted == seen => {}
        wanted => wrong.push(format!("{at}: {seen} instead of {wanted}")),
    }
}
