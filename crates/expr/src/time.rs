//! Points in time, zones and durations, as Go has them.
//!
//! The zones known are UTC and fixed offsets: the zone database is a file of the machine, which a pure crate must not
//! read. A named zone is an error, never a wrong hour.

pub(crate) mod duration;
mod layout;
pub(crate) mod method;

use std::fmt;
use std::sync::Arc;

use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

pub(crate) use layout::{format, parse};

/// A time zone: a name and a fixed distance from UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// As Go prints it; empty for a bare offset.
    pub name: Arc<str>,
    /// Seconds east of UTC.
    pub offset: i32,
}

impl Zone {
    /// Coordinated universal time.
    pub fn utc() -> Self {
        Self { name: Arc::from("UTC"), offset: 0 }
    }

    pub(crate) fn named(name: &str) -> Result<Self, String> {
        match name {
            "" | "UTC" | "Local" => Ok(Self::utc()),
            other => Err(format!("unknown time zone {other}")),
        }
    }

    fn civil(&self, at: Timestamp) -> DateTime {
        Offset::from_seconds(self.offset).unwrap_or(Offset::UTC).to_datetime(at)
    }
}

/// A point in time, shown in a zone.
#[derive(Clone, Debug, PartialEq)]
pub struct Time {
    /// When.
    pub at: Timestamp,
    /// Where its clock is read.
    pub zone: Zone,
}

impl Time {
    /// A point in time, shown in UTC.
    pub fn utc(at: Timestamp) -> Self {
        Self { at, zone: Zone::utc() }
    }

    /// When, wherever its clock is read.
    pub fn timestamp(&self) -> Timestamp {
        self.at
    }

    pub(crate) fn civil(&self) -> DateTime {
        self.zone.civil(self.at)
    }

    pub(crate) fn plus(&self, nanoseconds: i64) -> Result<Self, String> {
        let at = self.at.checked_add(SignedDuration::from_nanos(nanoseconds));
        let at = at.map_err(|_| "time out of range".to_owned())?;
        Ok(Self { at, zone: self.zone.clone() })
    }

    /// Nanoseconds since `earlier`; as much as fits, as Go gives it.
    pub(crate) fn since(&self, earlier: &Self) -> i64 {
        let nanoseconds = self.at.as_nanosecond() - earlier.at.as_nanosecond();
        i64::try_from(nanoseconds).unwrap_or(if nanoseconds < 0 { i64::MIN } else { i64::MAX })
    }

    pub(crate) fn rfc3339(&self) -> String {
        format(self, "2006-01-02T15:04:05.999999999Z07:00")
    }
}

/// As Go's `%v` prints it.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format(self, "2006-01-02 15:04:05.999999999 -0700 MST"))
    }
}
