//! Numbers for people.

/// `12,345`; below ten with one decimal.
pub(crate) fn count(value: f64) -> String {
    if value < 9.95 && value.fract() > 0.05 {
        return format!("{value:.1}");
    }
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `2.5 %`: a share with as many decimals as it needs for two digits.
pub(crate) fn percent(share: f64) -> String {
    let value = share * 100.0;
    let decimals = match value.abs() {
        v if v >= 9.95 || v == 0.0 => 1,
        v if v >= 0.995 => 1,
        v if v >= 0.0995 => 2,
        _ => 3,
    };
    let text = format!("{value:.decimals$}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{} %", if text.is_empty() { "0" } else { text })
}

/// `00:21:30`.
pub(crate) fn clock(seconds: u64) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(count(1_234_567.4), "1,234,567");
        assert_eq!(count(0.5), "0.5");
        assert_eq!(count(30.0), "30");
        assert_eq!(percent(0.2), "20 %");
        assert_eq!(percent(0.0), "0 %");
        assert_eq!(percent(0.0234), "2.3 %");
        assert_eq!(percent(0.0005), "0.05 %");
        assert_eq!(clock(5_025), "01:23:45");
    }
}
