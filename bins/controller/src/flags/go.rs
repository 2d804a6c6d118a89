//! Values as the flags of Go programs take them.

use std::time::Duration;

/// `true`, `false`, and their short forms.
pub(super) fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err("write true or false".to_owned()),
    }
}

/// `15s`, `1m30s`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    cluster::duration::parse(text).map_err(|error| format!("{error}; write a duration such as 15s or 1m30s"))
}
