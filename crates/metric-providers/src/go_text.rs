//! Text as Go prints values by default, which is what stands in `measurement.value` of some (spec analysis-04).

use jiff::tz::TimeZone;

use crate::Item;
use crate::bounded::Bounded;

/// `[a b c]`
pub(crate) fn list<T>(out: &mut Bounded, items: impl IntoIterator<Item = T>, text: impl Fn(T) -> String) {
    out.list(["[", " ", "]"], items, |out, item| out.push(&text(item)));
}

/// One value of a table.
pub(crate) fn item(item: &Item) -> String {
    match item {
        Item::Nothing => "<nil>".to_owned(),
        Item::Bool(value) => value.to_string(),
        Item::Integer(value) => value.to_string(),
        Item::Unsigned(value) => value.to_string(),
        Item::Number(value) => float(*value),
        Item::Text(value) => value.clone(),
        Item::Time(value) => {
            value.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S%.f +0000 UTC").to_string()
        }
        Item::Duration(nanoseconds) => duration(*nanoseconds),
        Item::Bytes(bytes) => {
            let mut out = Bounded::new(usize::MAX);
            list(&mut out, bytes, u8::to_string);
            out.end()
        }
    }
}

/// The shortest digits, with an exponent (of at least two digits) below 1e-4 and from 1e6.
pub(crate) fn float(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "+Inf".to_owned() } else { "-Inf".to_owned() };
    }
    let size = value.abs();
    if value.is_nan() || size == 0.0 || (1e-4..1e6).contains(&size) {
        return value.to_string();
    }
    let scientific = format!("{value:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    format!("{digits}e{sign}{exponent:0>2}")
}

/// As `time.Duration` prints itself: `1h2m0.5s`, `1.5ms`, `0s`.
fn duration(nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let all = nanoseconds.unsigned_abs();
    let fraction = |per: u64| (all as f64 / per as f64).to_string();
    let text = match all {
        0 => "0s".to_owned(),
        1..1_000 => format!("{all}ns"),
        1_000..1_000_000 => format!("{}µs", fraction(1_000)),
        1_000_000..1_000_000_000 => format!("{}ms", fraction(1_000_000)),
        _ => {
            let minutes = all / 60_000_000_000;
            let seconds = (all % 60_000_000_000) as f64 / 1e9;
            match (minutes / 60, minutes % 60) {
                (0, 0) => format!("{seconds}s"),
                (0, minutes) => format!("{minutes}m{seconds}s"),
                (hours, minutes) => format!("{hours}h{minutes}m{seconds}s"),
            }
        }
    };
    format!("{sign}{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_go_prints_them() {
        for (value, expected) in [
            (0.1, "0.1"),
            (100_000.0, "100000"),
            (999_999.5, "999999.5"),
            (1_000_000.0, "1e+06"),
            (123_456_789.0, "1.23456789e+08"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (-1.5e300, "-1.5e+300"),
            (0.0, "0"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
        ] {
            assert_eq!(float(value), expected);
        }
    }

    #[test]
    fn other_values_are_written_as_go_prints_them() {
        let time = |text: &str| Item::Time(text.parse().unwrap());
        let items = [
            (Item::Nothing, "<nil>"),
            (Item::Bool(true), "true"),
            (Item::Integer(-5), "-5"),
            (Item::Unsigned(u64::MAX), "18446744073709551615"),
            (Item::Number(1e6), "1e+06"),
            (Item::Text("a b".to_owned()), "a b"),
            (time("2023-11-14T22:13:20Z"), "2023-11-14 22:13:20 +0000 UTC"),
            (time("2023-11-14T22:13:20.5Z"), "2023-11-14 22:13:20.5 +0000 UTC"),
            (Item::Duration(0), "0s"),
            (Item::Duration(1_500), "1.5µs"),
            (Item::Duration(1_500_000), "1.5ms"),
            (Item::Duration(-90_000_000_000), "-1m30s"),
            (Item::Duration(3_600_500_000_000), "1h0m0.5s"),
            (Item::Bytes(vec![1, 2]), "[1 2]"),
        ];
        for (value, expected) in items {
            assert_eq!(item(&value), expected);
        }
    }
}
