//! Timestamps as Kubernetes writes them.

use std::fmt;

use jiff::{SignedDuration, Timestamp, Unit};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment with second precision, written as RFC 3339 in UTC (`2026-01-31T12:00:00Z`).
///
/// Kubernetes truncates to whole seconds on writing; doing it on construction keeps a value equal to itself after a
/// round trip.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(Timestamp);

impl Time {
    /// The moment itself, on a whole second.
    pub fn timestamp(self) -> Timestamp {
        self.0
    }

    /// This moment plus a (possibly negative) number of seconds; saturates at the ends of time.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(self.0))
    }
}

impl From<Timestamp> for Time {
    fn from(moment: Timestamp) -> Self {
        // Floors: `round` to whole seconds could step past `now`, and a time in the future would be a lie.
        let whole = Timestamp::from_second(moment.as_second()).unwrap_or(moment);
        debug_assert_eq!(whole, whole.round(Unit::Second).unwrap_or(whole));
        Self(whole)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Timestamp::deserialize(deserializer).map(Self::from)
    }
}
