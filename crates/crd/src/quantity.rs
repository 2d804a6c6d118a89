//! Kubernetes quantities: `500m`, `1Gi`, `0.5`, `1e3`.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

/// Why a text is not a quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a quantity: expected a number with an optional suffix such as m, k, Mi or e3")]
pub struct Error(String);

/// An amount with nine decimal places, and the notation in which it is written.
///
/// Finer amounts are rounded up, amounts beyond `i64::MAX` are cut off there. `to_string` gives the canonical
/// form of Kubernetes.
///
/// ```
/// use aviary_crd::quantity::Quantity;
/// let canonical = |text: &str| text.parse::<Quantity>().map(|quantity| quantity.to_string());
/// assert_eq!(canonical("0.5").as_deref(), Ok("500m"));
/// assert_eq!(canonical("1024Mi").as_deref(), Ok("1Gi"));
/// assert_eq!(canonical("8192M").as_deref(), Ok("8192M"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantity {
    billionths: i128,
    notation: Notation,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Notation {
    /// `m`, `k`, `M`
    Decimal,
    /// `Ki`, `Mi`
    Binary,
    /// `e3`
    Exponent,
}

const UNIT: i128 = 1_000_000_000;
const MAX: i128 = i64::MAX as i128 * UNIT;
/// Decimal suffixes with their powers of ten.
const DECIMAL: [(&str, i32); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
/// Binary suffixes; each is 1024 times the one before.
const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

impl Quantity {
    /// Reads a quantity from JSON, where it is a text or a number; `null` is zero.
    pub fn from_json(value: &Value) -> Result<Self, Error> {
        match value {
            Value::Null => Ok(Self { billionths: 0, notation: Notation::Decimal }),
            Value::String(text) => text.trim().parse(),
            Value::Number(number) => match number.as_f64() {
                Some(float) if !number.is_i64() && !number.is_u64() => float.to_string().parse(),
                _ => number.to_string().parse(),
            },
            other => Err(Error(other.to_string())),
        }
    }

    /// The amount in thousandths, rounded up: what two quantities are compared by.
    pub fn thousandths(self) -> i128 {
        -(-self.billionths).div_euclid(1_000_000)
    }
}

impl FromStr for Quantity {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let error = || Error(text.to_owned());
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        let (number, suffix) = rest.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return Err(error());
        }
        let (notation, factor, exponent) = suffix_of(suffix).ok_or_else(error)?;
        let amount = scaled(whole, fraction, factor, exponent + 9).min(MAX);
        Ok(Self { billionths: if negative { -amount } else { amount }, notation })
    }
}

/// Notation, binary factor and decimal exponent of a suffix.
fn suffix_of(suffix: &str) -> Option<(Notation, i128, i32)> {
    if let Some((_, exponent)) = DECIMAL.iter().find(|(name, _)| *name == suffix) {
        return Some((Notation::Decimal, 1, *exponent));
    }
    if let Some(power) = BINARY.iter().position(|name| *name == suffix) {
        return Some((Notation::Binary, 1 << (10 * (power + 1)), 0));
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    Some((Notation::Exponent, 1, exponent))
}

/// `whole.fraction * factor * 10^exponent`, rounded up; huge amounts saturate.
fn scaled(whole: &str, fraction: &str, factor: i128, exponent: i32) -> i128 {
    let digits = whole.trim_start_matches('0').chars().chain(fraction.chars());
    let mut places = i32::try_from(fraction.len()).unwrap_or(i32::MAX);
    let mut amount = 0i128;
    let mut lost = false;
    for digit in digits.filter_map(|digit| digit.to_digit(10)) {
        // Twenty places beyond the point are more than are kept; what follows only matters for rounding.
        if let Some(next) = amount.checked_mul(10).filter(|next| *next < 1 << 66) {
            amount = next + i128::from(digit);
        } else {
            lost |= digit > 0;
            places -= 1;
        }
    }
    amount = amount.saturating_mul(factor);
    let shift = exponent.saturating_sub(places);
    if shift >= 0 {
        let power = 10i128.checked_pow(shift.unsigned_abs());
        return if amount == 0 { 0 } else { power.map_or(MAX, |power| amount.saturating_mul(power)) };
    }
    let rounded_up = i128::from(lost || amount > 0);
    10i128
        .checked_pow(shift.unsigned_abs())
        .map_or(rounded_up, |power| amount / power + i128::from(amount % power != 0 || lost))
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.billionths % UNIT == 0;
        match self.notation {
            _ if self.billionths == 0 => f.write_str("0"),
            Notation::Binary if whole && (self.billionths / UNIT).abs() >= 1024 => self.binary(f),
            notation => self.decimal(f, notation),
        }
    }
}

impl Quantity {
    fn binary(self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut number = self.billionths / UNIT;
        let mut suffix = "";
        for name in BINARY {
            if number % 1024 != 0 {
                break;
            }
            number /= 1024;
            suffix = name;
        }
        write!(f, "{number}{suffix}")
    }

    /// The largest exponent that is a multiple of three and leaves a whole number.
    fn decimal(self, f: &mut fmt::Formatter<'_>, notation: Notation) -> fmt::Result {
        let mut number = self.billionths;
        let mut exponent = -9;
        while number % 1000 == 0 && exponent < 18 {
            number /= 1000;
            exponent += 3;
        }
        let suffix = DECIMAL.iter().find(|(_, power)| *power == exponent).map_or("", |(name, _)| *name);
        match notation {
            Notation::Exponent if exponent != 0 => write!(f, "{number}e{exponent}"),
            _ => write!(f, "{number}{suffix}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_take_their_canonical_form() {
        let canonical = |text: &str| text.parse::<Quantity>().unwrap().to_string();
        for (text, expected) in [
            ("0", "0"),
            ("0.5", "500m"),
            ("1000m", "1"),
            ("1024Mi", "1Gi"),
            ("2000m", "2"),
            ("0.15", "150m"),
            ("8192M", "8192M"),
            ("1.5Gi", "1536Mi"),
            ("0.5Ki", "512"),
            ("1.5", "1500m"),
            ("100", "100"),
            ("1000", "1k"),
            ("1e3", "1e3"),
            ("12e6", "12e6"),
            ("-1.5", "-1500m"),
            (".5", "500m"),
            ("5.", "5"),
            ("0.0000000001", "1n"),
            ("100000000000000000000E", "9223372036854775807"),
        ] {
            assert_eq!(canonical(text), expected, "{text}");
        }
    }

    #[test]
    fn amounts_written_differently_are_the_same_amount() {
        let amount = |text: &str| text.parse::<Quantity>().unwrap().thousandths();
        assert_eq!(amount("1Gi"), amount("1073741824"));
        assert_eq!(amount("0.15"), amount("150m"));
        assert_eq!(amount("0.0001"), amount("1m"));
        assert_ne!(amount("1G"), amount("1Gi"));
    }

    #[test]
    fn what_is_no_quantity_is_refused() {
        for text in ["", "-", ".", "1.2.3", "1 Gi", "Gi", "1gi", "1e", "one"] {
            assert_eq!(text.parse::<Quantity>(), Err(Error(text.to_owned())), "{text}");
        }
    }
}
