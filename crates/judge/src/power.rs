//! What a release can find out before it is made (judge 4).

mod plan;

pub use plan::{Figures, Plan, PlanStep};

use crate::bisect::boundary;
use crate::dispersion::Dispersion;
use crate::margin::Margin;
use crate::normal::{quantile, scaled_tail, upper_tail};

/// The alternatives reach from here to there; effects beyond are found as these are.
const MULTIPLIERS: (f64, f64) = (1.2, 32.0);
/// The power of what is told: nine of ten regressions of that size are found.
pub(crate) const POWER: f64 = 0.9;
/// A rate is looked for up to so many doublings.
const DOUBLINGS: i32 = 64;

/// What not knowing the effect, and tempering, cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tempering {
    /// Nats for the mixture, and for looking now and then only.
    pub price: f64,
    /// By what evidence is divided.
    pub phi: f64,
}

impl Tempering {
    /// 2 nats for independent events: by arithmetic the mixture costs 0.7 (few events) to 3 (many), dealing anew up to
    /// 0.3 in some minutes, and a walk that is looked at after each window is a half of a window's spread short of its
    /// highest. Where dispersion is estimated, another nat and 1.15 for what the estimate wavers, which is calibrated.
    /// And what dispersion was found or set where it is more.
    #[must_use]
    pub fn of(dispersion: Dispersion, found: f64) -> Self {
        match dispersion {
            Dispersion::Independent => Self { price: 2.0, phi: 1.0 },
            Dispersion::Bursts(size) => Self { price: 2.0, phi: size },
            Dispersion::Auto | Dispersion::Robust => Self { price: 3.0, phi: found.max(1.15) },
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

/// The test whose power is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Test {
    /// The chance of a false abort: evidence of `1/alpha` fails.
    pub alpha: f64,
    /// What is tolerated of the canary before anything counts against it.
    pub margin: Margin,
    /// What not knowing costs.
    pub tempering: Tempering,
}

impl Test {
    /// Nats that it takes, before tempering.
    fn needed(&self) -> f64 {
        self.tempering.price - self.alpha.ln()
    }

    /// Drift and variance of the evidence per canary request, for a canary at `p1`: that of the alternative which is
    /// as far beyond the margin as the canary.
    fn drift(&self, p0: f64, p1: f64, odds: f64) -> (f64, f64) {
        let (least, most) = MULTIPLIERS;
        let Margin { relative, absolute } = self.margin;
        let tolerated = self.margin.at(p0);
        let rho = if tolerated > 0.0 { (p1 / tolerated).clamp(least, most) } else { most };
        // Of a number near 1, so that a stable with a million times the traffic does not lose its digits.
        let stable = (-(rho - 1.0) * relative / (rho * relative + odds)).ln_1p();
        let canary = rho.ln() + stable;
        let mean = p1 * canary + p0 * odds * stable - absolute * canary.exp_m1();
        (mean, p1 * canary * canary + p0 * odds * stable * stable)
    }

    /// Whether a canary at `p1` is failed with the given power within these steps.
    fn catches(&self, p0: f64, p1: f64, steps: &[Exposure], power: f64) -> bool {
        let (mut sum, mut variance) = (0.0, 0.0);
        for step in steps {
            let (d, v) = self.drift(p0, p1, step.stable_per_canary);
            sum += step.canary * d;
            variance += step.canary * v;
        }
        reaches(sum, variance, self.tempering.phi * self.needed()) >= power
    }
}

/// The chance that evidence has been at `level` by the time at which it has this mean and this variance: a fail stays, so
/// what counts is not where the evidence is at the end, but whether it ever was high enough. As of a Brownian motion with
/// drift, whose time to the first passage is inverse Gaussian.
fn reaches(mean: f64, variance: f64, level: f64) -> f64 {
    if mean <= 0.0 || variance <= 0.0 {
        return 0.0;
    }
    let spread = variance.sqrt();
    let lacking = (level - mean) / spread;
    // exp(2 mean level / variance) P(Z > (level + mean) / spread), whose factors leave what a double can hold.
    let fell_back = (-lacking * lacking / 2.0).exp() * scaled_tail((level + mean) / spread);
    upper_tail(lacking) + fell_back
}

/// Canary requests after which a canary at `p1` beside a stable at `p0` has been failed with 90 % probability.
/// `odds` is stable's requests for each of the canary's. Infinite for what is never found.
#[must_use]
pub fn n90(p0: f64, p1: f64, odds: f64, test: &Test) -> f64 {
    requests(p0, p1, odds, POWER, test)
}

/// The same for any power.
#[must_use]
pub fn requests(p0: f64, p1: f64, odds: f64, power: f64, test: &Test) -> f64 {
    let (d, v) = test.drift(p0, p1, odds);
    if d <= 0.0 {
        return f64::INFINITY;
    }
    let (z, needed) = (quantile(power), test.needed());
    // So many lie beyond with that power at the end; fewer do if it is enough to have been there once.
    let root = (z * v.sqrt() + (z * z * v + 4.0 * d * needed).sqrt()) / (2.0 * d);
    let most = root * root;
    if !most.is_finite() {
        return f64::INFINITY;
    }
    test.tempering.phi * boundary(0.0, most, |n| reaches(n * d, n * v, needed) < power)
}

/// The smallest rate of the canary that these steps fail with the given power; `None` when not even 1 is.
#[must_use]
pub fn detectable(p0: f64, steps: &[Exposure], power: f64, test: &Test) -> Option<f64> {
    smallest(p0, 1.0, steps, power, test)
}

/// The same for events of which there may be more than one for each unit of exposure.
#[must_use]
pub fn detectable_events(p0: f64, steps: &[Exposure], power: f64, test: &Test) -> Option<f64> {
    let exposure: f64 = steps.iter().map(|step| step.canary).sum();
    let first = p0.max(1.0 / exposure);
    let most = (0..DOUBLINGS)
        .map(|times| first * 2_f64.powi(times))
        .find(|p1| test.catches(p0, *p1, steps, power))?;
    smallest(p0, most, steps, power, test)
}

fn smallest(p0: f64, most: f64, steps: &[Exposure], power: f64, test: &Test) -> Option<f64> {
    let missed = |p1: f64| !test.catches(p0, p1, steps, power);
    (!missed(most)).then(|| boundary(p0, most, missed))
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
