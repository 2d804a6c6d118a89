//! What is tolerated of a canary.

use serde::{Deserialize, Serialize};

/// A line `g(p0) = r p0 + d`: what the canary may show when stable shows `p0` (judge 1).
///
/// A sum of both parts, not the larger of them: the test stays exact while stable moves.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Margin {
    /// r, at least 1: 1.5 tolerates half as much again.
    pub relative: f64,
    /// d, at least 0: in units of the metric, 0.001 tolerates 0.1 percentage points.
    pub absolute: f64,
}

impl Margin {
    /// Tolerates nothing.
    pub const NONE: Self = Self { relative: 1.0, absolute: 0.0 };

    /// The margin `r p0 + d`.
    #[must_use]
    pub const fn new(relative: f64, absolute: f64) -> Self {
        Self { relative, absolute }
    }

    /// What the canary may show when stable shows `stable`.
    #[must_use]
    pub fn at(&self, stable: f64) -> f64 {
        self.relative * stable + self.absolute
    }
}
