//! What users do, as flags say it.

/// Requests per second.
pub(crate) fn rate(text: &str) -> Result<f64, String> {
    let rate = text.trim().parse().ok().filter(|rate| (0.0..1e9).contains(rate));
    rate.ok_or_else(|| "write a number of requests per second from 0 to 1e9, such as 250".to_owned())
}

/// A share of the requests: `1%`, as configurations have it, or 0.01.
pub(crate) fn share(text: &str) -> Result<f64, String> {
    // The sign is read as an exponent, so that 0.1% is 0.001 to the last bit.
    let plain = match text.trim().strip_suffix('%') {
        Some(digits) => format!("{}e-2", digits.trim()),
        None => text.trim().to_owned(),
    };
    let share = plain.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "write a share from 0 to 1, such as 1% or 0.01".to_owned())
}
