//! What can be said of a canary.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The verdict after a window (judge 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Not worse than the pass margin. Not sticky: it is read when the step asks.
    Pass,
    /// Worse than the fail margin. Sticky.
    Fail,
    /// Neither is proven yet.
    NeedMoreData,
    /// An arm shows nothing. Never a pass.
    NoData,
}

impl Verdict {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::NeedMoreData => "need-more-data",
            Self::NoData => "no-data",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What becomes of a release at its deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// It goes on.
    Pass,
    /// It is brought back.
    Fail,
    /// A person decides.
    Pause,
}
