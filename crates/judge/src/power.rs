//! What a release can find out before it is made (judge 4).

mod plan;

pub use plan::{Figures, Plan, PlanStep};

use crate::bisect::boundary;
use crate::dispersion::Dispersion;
use crate::margin::Margin;
use crate::normal::quantile;

/// The alternatives reach from here to there; effects beyond are found as these are.
const MULTIPLIERS: (f64, f64) = (1.2, 32.0);

/// What not knowing the effect, and tempering, cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tempering {
    /// Nats for the mixture and the overshoot.
    pub price: f64,
    /// By what evidence is divided.
    pub phi: f64,
}

impl Tempering {
    /// Calibrated figures (judge 4): 1.0 and 1 for independent events, 1.5 and 1.15 for an estimate that finds none
    /// dependent, and what was found or set where it is more.
    #[must_use]
    pub fn of(dispersion: Dispersion, found: f64) -> Self {
        match dispersion {
            Dispersion::Independent => Self { price: 1.0, phi: 1.0 },
            Dispersion::Bursts(size) => Self { price: 1.0, phi: size },
            Dispersion::Auto | Dispersion::Robust => Self { price: 1.5, phi: found.max(1.15) },
        }
    }
}

/// Canary requests and stable's for each of them, in one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exposure {
    /// n.
    pub canary: f64,
    /// o, stable requests for each.
    pub stable_per_canary: f64,
}

/// Drift and variance of the evidence per canary request, for a canary at `p1`.
fn drift(p0: f64, p1: f64, odds: f64) -> (f64, f64) {
    let (least, most) = MULTIPLIERS;
    let rho = if p0 > 0.0 { (p1 / p0).clamp(least, most) } else { most };
    let b = ((1.0 + odds) / (rho + odds)).ln();
    let a = rho.ln() + b;
    (p1 * a + p0 * odds * b, p1 * a * a + p0 * odds * b * b)
}

/// Canary requests after which a canary at `p1` beside a stable at `p0` has been failed with 90 % probability.
/// `odds` is stable's requests for each of the canary's. Infinite for what is never found.
#[must_use]
pub fn n90(p0: f64, p1: f64, odds: f64, alpha: f64, tempering: Tempering) -> f64 {
    requests(p0, p1, odds, alpha, 0.9, tempering)
}

/// The same for any power.
#[must_use]
pub fn requests(p0: f64, p1: f64, odds: f64, alpha: f64, power: f64, tempering: Tempering) -> f64 {
    let (d, v) = drift(p0, p1, odds);
    if d <= 0.0 {
        return f64::INFINITY;
    }
    let z = quantile(power);
    let needed = tempering.price - alpha.ln();
    let root = (z * v.sqrt() + (z * z * v + 4.0 * d * needed).sqrt()) / (2.0 * d);
    tempering.phi * root * root
}

/// Whether a canary at `p1` is failed with the given power within these steps.
fn caught(p0: f64, p1: f64, steps: &[Exposure], alpha: f64, power: f64, tempering: Tempering) -> bool {
    let (mut sum, mut variance) = (0.0, 0.0);
    for step in steps {
        let (d, v) = drift(p0, p1, step.stable_per_canary);
        sum += step.canary * d;
        variance += step.canary * v;
    }
    sum - quantile(power) * variance.sqrt() >= tempering.phi * (tempering.price - alpha.ln())
}

/// The smallest rate of the canary that these steps fail with the given power; `None` when not even 1 is.
#[must_use]
pub fn detectable(p0: f64, steps: &[Exposure], alpha: f64, power: f64, tempering: Tempering) -> Option<f64> {
    let missed = |p1: f64| !caught(p0, p1, steps, alpha, power, tempering);
    (!missed(1.0)).then(|| boundary(p0, 1.0, missed))
}

/// About how many canary requests it takes to pass when both arms are equal at `p0` (judge 4): within a factor of
/// 0.6 to 1.7 of simulations. Infinite when it never passes.
#[must_use]
pub fn requests_to_pass(p0: f64, odds: f64, margin: Margin, beta: f64, dispersion: Dispersion) -> f64 {
    let phi = match dispersion {
        Dispersion::Independent => 1.0,
        Dispersion::Bursts(size) => size,
        Dispersion::Auto | Dispersion::Robust => 1.35,
    };
    let r = margin.relative;
    let gain = |m: f64| {
        let b = (r + odds) / (m * r + odds);
        let canary = if p0 > 0.0 { p0 * (m * b).ln() } else { 0.0 };
        canary + p0 * odds * b.ln() - margin.absolute * (m * b - 1.0)
    };
    let best = [0.0, 0.25, 0.5, 0.75, 0.9].map(gain).into_iter().fold(0.0, f64::max);
    if best > 0.0 { phi * (1.0 - beta.ln()) / best } else { f64::INFINITY }
}
