//! One arm's proportion by itself.

use super::Interval;
use crate::bisect::boundary;
use crate::process::{Model, Side, limit_log_e};

/// The confidence sequence for one arm's proportion: the limits against which neither side of the limit process has
/// evidence of `2/alpha` (judge 2.5 and 2.6). `exposure` requests, `bad` of them; 0 to 1 before the first request.
#[must_use]
pub fn proportion(exposure: f64, bad: f64, alpha: f64) -> Interval {
    let threshold = (2.0 / alpha).ln();
    let refutes = |side, limit| limit_log_e(Model::Bernoulli, side, limit, exposure, bad) >= threshold;
    let too_low = |limit: f64| refutes(Side::Fail, limit);
    let not_too_high = |limit: f64| !refutes(Side::Pass, limit);
    let (least, most) = (1e-15, 1.0 - 1e-15);
    Interval {
        low: if too_low(least) { boundary(least, most, too_low) } else { 0.0 },
        high: if not_too_high(most) { 1.0 } else { boundary(least, most, not_too_high) },
    }
}
