//! Durations as Go writes them: `30s`, `1h30m`, `1.5h`.

use std::time::Duration;

use crate::IntOrString;

/// Why a text is not a duration. The messages are those of Go, which users know from AnalysisRun statuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not of the form number-unit pairs.
    #[error("time: invalid duration {0:?}")]
    Invalid(String),
    /// A number without a unit.
    #[error("time: missing unit in duration {0:?}")]
    MissingUnit(String),
    /// A unit that does not exist.
    #[error("time: unknown unit {unit:?} in duration {text:?}")]
    UnknownUnit {
        /// The unit as written.
        unit: String,
        /// The whole text.
        text: String,
    },
}

/// Parses a duration: signed decimal numbers with units `ns us µs ms s m h`, or a bare `0`.
///
/// Negative durations are [`Error::Invalid`] here: nothing in a rollout lasts less than nothing.
pub fn parse(text: &str) -> Result<Duration, Error> {
    let invalid = || Error::Invalid(text.to_owned());
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    if rest.is_empty() || rest.starts_with('-') {
        return Err(invalid());
    }
    let mut total = 0f64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        if number.is_empty() || number == "." || number.matches('.').count() > 1 {
            return Err(invalid());
        }
        let end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, next) = tail.split_at(end);
        let nanoseconds = match unit {
            "" => return Err(Error::MissingUnit(text.to_owned())),
            "ns" => 1.0,
            "us" | "µs" | "μs" => 1e3,
            "ms" => 1e6,
            "s" => 1e9,
            "m" => 60e9,
            "h" => 3_600e9,
            _ => return Err(Error::UnknownUnit { unit: unit.to_owned(), text: text.to_owned() }),
        };
        total += number.parse::<f64>().map_err(|_| invalid())? * nanoseconds;
        rest = next;
    }
    if total > i64::MAX as f64 { Err(invalid()) } else { Ok(Duration::from_nanos(total as u64)) }
}

/// Whole seconds of a pause: a number, a string of digits, or a Go duration. `None` when it is none of these.
pub fn whole_seconds(value: &IntOrString) -> Option<i64> {
    match value {
        IntOrString::Int(seconds) => Some(i64::from(*seconds)),
        IntOrString::String(text) => text
            .parse()
            .ok()
            .or_else(|| parse(text).ok().and_then(|duration| duration.as_secs().try_into().ok())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_in_go() {
        assert_eq!(parse("1h30m"), Ok(Duration::from_secs(5_400)));
        assert_eq!(parse("1.5h"), Ok(Duration::from_secs(5_400)));
        assert_eq!(parse("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(parse("0"), Ok(Duration::ZERO));
    }

    #[test]
    fn errors_read_as_in_go() {
        let message = |text| parse(text).map_err(|error| error.to_string());
        assert_eq!(message("x"), Err(r#"time: invalid duration "x""#.to_owned()));
        assert_eq!(message("5"), Err(r#"time: missing unit in duration "5""#.to_owned()));
        assert_eq!(
            message("60s-typo"),
            Err(r#"time: unknown unit "s-typo" in duration "60s-typo""#.to_owned())
        );
    }

    #[test]
    fn a_pause_may_be_a_number_digits_or_a_duration() {
        assert_eq!(whole_seconds(&10.into()), Some(10));
        assert_eq!(whole_seconds(&"10".into()), Some(10));
        assert_eq!(whole_seconds(&"1m1500ms".into()), Some(61));
        assert_eq!(whole_seconds(&"soon".into()), None);
    }
}
