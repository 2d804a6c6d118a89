//! Text into numbers and numbers into one another, as Go does it.

/// Go's `strconv.ParseInt(text, 10, 64)`.
pub(crate) fn parse_int(text: &str) -> Result<i64, String> {
    use std::num::IntErrorKind::{NegOverflow, PosOverflow};
    text.parse::<i64>().map_err(|error| {
        let why = match error.kind() {
            PosOverflow | NegOverflow => "value out of range",
            _ => "invalid syntax",
        };
        format!("strconv.ParseInt: parsing {}: {why}", crate::go_text::quoted(text))
    })
}

/// Go's `strconv.ParseFloat(text, 64)`: decimal, hexadecimal (`0x1p4`), `inf`, `NaN`, digits parted by `_`.
pub(crate) fn parse_float(text: &str) -> Result<f64, String> {
    let failed = |why: &str| format!("strconv.ParseFloat: parsing {}: {why}", crate::go_text::quoted(text));
    let number = hexadecimal(text).or_else(|| decimal(text)).ok_or_else(|| failed("invalid syntax"))?;
    let names_infinity = text.to_ascii_lowercase().contains("inf");
    if number.is_infinite() && !names_infinity {
        return Err(failed("value out of range"));
    }
    Ok(number)
}

fn decimal(text: &str) -> Option<f64> {
    let digits = without_separators(text)?;
    let unsigned = digits.trim_start_matches(['+', '-']).to_ascii_lowercase();
    if unsigned == "nan" && unsigned.len() != digits.len() {
        return None;
    }
    digits.parse().ok()
}

/// `_` may stand between two digits and nowhere else.
fn without_separators(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let digit = |i: Option<usize>| i.and_then(|i| bytes.get(i)).is_some_and(u8::is_ascii_digit);
    let misplaced = |(i, c): (usize, &u8)| *c == b'_' && !(digit(i.checked_sub(1)) && digit(Some(i + 1)));
    if bytes.iter().enumerate().any(misplaced) {
        return None;
    }
    Some(text.replace('_', ""))
}

fn hexadecimal(text: &str) -> Option<f64> {
    let lower = text.to_ascii_lowercase();
    let (sign, rest) = match lower.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, lower.strip_prefix('+').unwrap_or(&lower)),
    };
    let (mantissa, exponent) = rest.strip_prefix("0x")?.split_once('p')?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value = 0.0_f64;
    for digit in whole.chars().chain(fraction.chars()) {
        value = value * 16.0 + f64::from(digit.to_digit(16)?);
    }
    let exponent = exponent.parse::<i32>().ok()?.checked_sub(4 * fraction.len() as i32)?;
    Some(sign * value * 2.0_f64.powi(exponent))
}

/// Go's conversion of a float to an integer on amd64: what does not fit is the smallest integer.
pub(crate) fn truncate(float: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&float) { float as i64 } else { i64::MIN }
}
