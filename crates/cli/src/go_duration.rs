//! Durations on the command line, in Go's syntax.

use std::time::Duration;

use crate::Error;

/// Reads `10s`, `5m`, `1h30m`, `0`.
pub(crate) fn parse(text: &str) -> Result<Duration, Error> {
    crd::duration::parse(text).map_err(|_| Error::new(format!("time: invalid duration {text:?}")))
}
