//! How long ago, as `kubectl` says it: two figures at most, the finer the younger.

use jiff::Timestamp;
use serde_json::Value;

/// The age of something that happened at `since` (RFC 3339).
pub(super) fn age(since: &Value, now: Timestamp) -> Value {
    let Some(since) = since.as_str() else { return "<unknown>".into() };
    match since.parse::<Timestamp>() {
        Ok(since) => words(now.duration_since(since).as_secs()).into(),
        Err(_) => "<invalid>".into(),
    }
}

pub(super) fn words(seconds: i64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    let two = |large: i64, unit: &str, small: i64, sub: &str| {
        if small == 0 { format!("{large}{unit}") } else { format!("{large}{unit}{small}{sub}") }
    };
    // Clocks of server and client may differ by a second.
    if seconds < -1 {
        return "<invalid>".to_owned();
    }
    match seconds.max(0) {
        s if s < 120 => format!("{s}s"),
        s if minutes < 10 => two(minutes, "m", s % 60, "s"),
        _ if minutes < 180 => format!("{minutes}m"),
        _ if hours < 8 => two(hours, "h", minutes % 60, "m"),
        _ if hours < 48 => format!("{hours}h"),
        _ if hours < 192 => two(days, "d", hours % 24, "h"),
        _ if days < 730 => format!("{days}d"),
        _ if days < 8 * 365 => two(days / 365, "y", days % 365, "d"),
        _ => format!("{}y", days / 365),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn ages_are_said_as_kubectl_says_them() {
        let said =
            [0, 119, 120, 599, 600, 10_799, 10_860, 28_800, 172_799, 172_800, 691_200].map(super::words);
        assert_eq!(said, ["0s", "119s", "2m", "9m59s", "10m", "179m", "3h1m", "8h", "47h", "2d", "8d"]);
    }
}
