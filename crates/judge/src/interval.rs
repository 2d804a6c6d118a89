//! Confidence sequences: intervals that hold at all times at once (judge 2.5).

mod difference;
mod proportion;
mod quantile;
mod ratio;

pub(crate) use difference::Differences;
pub use proportion::proportion;
pub use quantile::quantile;
pub(crate) use ratio::Ratios;

use serde::{Deserialize, Serialize};

/// From where to where; an end may be infinite.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// Whether the value is in it.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}
