//! Durations as Go reads and prints them.

const UNITS: [(&str, i64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// `1h30m`, `-1.5s`, `0`, in nanoseconds.
///
/// # Errors
/// Go's message for anything else, or what does not fit.
pub(crate) fn parse(text: &str) -> Result<i64, String> {
    let invalid = || format!("time: invalid duration {}", crate::go_text::quoted(text));
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total = 0_i128;
    while !rest.is_empty() {
        let number_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(number_end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') || number.len() > 30 {
            return Err(invalid());
        }
        let unit_end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_end);
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {}", crate::go_text::quoted(text)));
        }
        let Some((_, scale)) = UNITS.iter().find(|row| row.0 == unit) else {
            let (unit, text) = (crate::go_text::quoted(unit), crate::go_text::quoted(text));
            return Err(format!("time: unknown unit {unit} in duration {text}"));
        };
        let scale = i128::from(*scale);
        let digits = |digits: &str| if digits.is_empty() { Ok(0) } else { digits.parse::<i128>() };
        let (Ok(whole), Ok(part)) = (digits(whole), digits(fraction)) else { return Err(invalid()) };
        let part = part.saturating_mul(scale) / 10_i128.pow(fraction.len() as u32);
        total = total.saturating_add(whole.saturating_mul(scale)).saturating_add(part);
        rest = after;
    }
    i64::try_from(total.saturating_mul(sign)).map_err(|_| invalid())
}

/// As Go prints it: `1h30m0s`, `1.5s`, `250ms`, `0s`.
pub(crate) fn print(nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let size = nanoseconds.unsigned_abs();
    let decimal = |value: u64, unit: u64| {
        let (whole, part) = (value / unit, value % unit);
        if part == 0 {
            return whole.to_string();
        }
        let width = unit.ilog10() as usize;
        format!("{whole}.{}", format!("{part:0width$}").trim_end_matches('0'))
    };
    let text = match size {
        0 => "0s".to_owned(),
        1..1_000 => format!("{size}ns"),
        1_000..1_000_000 => format!("{}µs", decimal(size, 1_000)),
        1_000_000..1_000_000_000 => format!("{}ms", decimal(size, 1_000_000)),
        _ => {
            let minutes = size / 60_000_000_000;
            let seconds = decimal(size % 60_000_000_000, 1_000_000_000);
            match (minutes / 60, minutes % 60) {
                (0, 0) => format!("{seconds}s"),
                (0, minutes) => format!("{minutes}m{seconds}s"),
                (hours, minutes) => format!("{hours}h{minutes}m{seconds}s"),
            }
        }
    };
    format!("{sign}{text}")
}
