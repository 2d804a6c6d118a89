//! Numbers as people write them: `1%`, `0.1pp`, `30s`.

use super::node::Node;
use super::{Error, Field};
use std::fmt;
use std::time::Duration;

/// A number or a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar {
    Number(f64),
    Text(String),
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl Scalar {
    /// `None` of what is neither.
    pub(super) fn of(node: &Node) -> Option<Self> {
        match node {
            Node::Number(number) => Some(Self::Number(*number)),
            Node::Text(text) => Some(Self::Text(text.clone())),
            _ => None,
        }
    }

    /// A number, or one with one of these units, each with the exponent that it stands for.
    fn number(&self, units: &[(&str, &str)]) -> Option<f64> {
        let text = match self {
            Self::Number(number) => return number.is_finite().then_some(*number),
            Self::Text(text) => text.trim(),
        };
        let unit = units.iter().find_map(|(unit, exponent)| Some((text.strip_suffix(unit)?, *exponent)));
        // The unit is read as an exponent, so that 99.9% is 0.999 to the last bit.
        let shifted = match unit {
            Some((digits, exponent)) => format!("{}{exponent}", digits.trim()),
            None => text.to_owned(),
        };
        shifted.parse::<f64>().ok().filter(|number| number.is_finite())
    }

    fn read(
        &self,
        field: &Field,
        units: &[(&str, &str)],
        wanted: &'static str,
        remedy: &str,
    ) -> Result<f64, Error> {
        let error = || Error::Unreadable {
            field: field.clone(),
            value: self.to_string(),
            wanted,
            remedy: remedy.to_owned(),
        };
        self.number(units).ok_or_else(error)
    }

    /// `1%` or 0.01.
    pub(super) fn percent(&self, field: &Field) -> Result<f64, Error> {
        self.read(field, &[("%", "e-2")], "percentage", "write one such as `1%`, or 0.01")
    }

    /// `0.1pp` or 0.001. A percent sign would be read either way, so it is refused.
    pub(super) fn points(&self, field: &Field) -> Result<f64, Error> {
        self.read(
            field,
            &[("pp", "e-2")],
            "difference",
            "write percentage points such as `0.1pp`, or a number",
        )
    }

    /// `1%`, or a number of the metric's own unit.
    pub(super) fn amount(&self, field: &Field) -> Result<f64, Error> {
        self.read(field, &[("%", "e-2")], "number", "write a number, or a percentage such as `1%`")
    }

    /// `30s`, `5m`, `1h30m`, `500ms`; a bare number is seconds.
    pub(super) fn duration(&self, field: &Field) -> Result<Duration, Error> {
        let error = || Error::Unreadable {
            field: field.clone(),
            value: self.to_string(),
            wanted: "duration",
            remedy: "write one such as `30s`, `5m` or `1h30m`".to_owned(),
        };
        let seconds = match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => seconds(text.trim()),
        };
        seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).ok_or_else(error)
    }
}

/// Numbers with units, one after the other.
fn seconds(mut text: &str) -> Option<f64> {
    let mut sum = None;
    while !text.is_empty() {
        let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, rest) = text.split_at_checked(digits)?;
        let end = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (unit, rest) = rest.split_at_checked(end)?;
        let factor = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        sum = Some(sum.unwrap_or(0.0) + number.parse::<f64>().ok()? * factor);
        text = rest;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_points_and_durations_are_read_as_people_write_them() {
        let text = |text: &str| Scalar::Text(text.to_owned());
        let f = Field::default();
        assert_eq!(text("1%").percent(&f), Ok(0.01));
        assert_eq!(text("0.5 %").percent(&f), Ok(0.005));
        assert_eq!(Scalar::Number(0.02).percent(&f), Ok(0.02));
        assert_eq!(text("0.01pp").points(&f), Ok(0.0001));
        assert!(text("0.1%").points(&f).is_err());
        assert_eq!(text("1h30m").duration(&f), Ok(Duration::from_secs(5400)));
        assert_eq!(text("500ms").duration(&f), Ok(Duration::from_millis(500)));
        for wrong in ["", "5", "5 minutes", "m5", "-3s", "5x"] {
            let said = text(wrong).duration(&f.at("judge.window")).unwrap_err().to_string();
            assert!(said.starts_with(&format!("judge.window: `{wrong}` is no duration")), "{said}");
        }
        assert!(text("NaN").percent(&f).is_err() && text("inf%").percent(&f).is_err());
    }
}
