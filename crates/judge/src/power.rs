//! What a release can find out before it is made (judge 4).

mod plan;

pub use plan::{Figures, Plan, PlanStep};

use crate::bisect::boundary;
use crate::dispersion::Dispersion;
use crate::margin::Margin;
use crate::nodes::NODES;
use crate::normal::{quantile, scaled_tail, upper_tail};
use crate::portfolio::CASH;
use std::f64::consts::TAU;

/// The alternatives reach from here to there; effects beyond are found as these are.
const MULTIPLIERS: (f64, f64) = (1.2, 32.0);
/// The power of what is told: nine of ten regressions of that size are found.
pub(crate) const POWER: f64 = 0.9;
/// A rate, or a number of requests, is looked for up to so many doublings.
const DOUBLINGS: i32 = 64;

/// What not knowing the effect, and tempering, cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tempering {
    /// Nats for the mixture and the overshoot, in the closed form ([`requests`]).
    pub price: f64,
    /// Nats beside those of the mixture, where they are reckoned ([`n90`], [`detectable`]): a walk that is looked at after
    /// whole windows only is seldom seen at its highest, and the portfolio is dealt anew.
    pub looking: f64,
    /// By what evidence is divided.
    pub phi: f64,
}

impl Tempering {
    /// Calibrated figures: for the closed form those of judge 4; a nat of looking, and another where dispersion is
    /// estimated, since the estimate wavers; 1.15 where it finds none, and what dispersion was found or set where it is
    /// more.
    #[must_use]
    pub fn of(dispersion: Dispersion, found: f64) -> Self {
        match dispersion {
            Dispersion::Independent => Self { price: 1.0, looking: 1.0, phi: 1.0 },
            Dispersion::Bursts(size) => Self { price: 1.0, looking: 1.0, phi: size },
            Dispersion::Auto | Dispersion::Robust => Self { price: 1.5, looking: 2.0, phi: found.max(1.15) },
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

/// What a canary request adds to the evidence, and stable's requests with it.
#[derive(Debug, Clone, Copy, Default)]
struct Gain {
    mean: f64,
    variance: f64,
    /// What is learnt about the logarithm of the canary's multiple of the margin (Fisher's information).
    information: f64,
}

impl Gain {
    fn times(self, requests: f64) -> Self {
        Self {
            mean: self.mean * requests,
            variance: self.variance * requests,
            information: self.information * requests,
        }
    }

    /// Evidence is divided by phi, and what is known as well.
    fn tempered(self, phi: f64) -> Self {
        Self {
            mean: self.mean / phi,
            variance: self.variance / (phi * phi),
            information: self.information / phi,
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            mean: self.mean + other.mean,
            variance: self.variance + other.variance,
            information: self.information + other.information,
        }
    }
}

impl Test {
    /// The canary's multiple of what is tolerated.
    fn multiple(&self, p0: f64, p1: f64) -> f64 {
        let tolerated = self.margin.at(p0);
        if tolerated > 0.0 { p1 / tolerated } else { MULTIPLIERS.1 }
    }

    /// What each canary request gives, for a canary at `p1`: by the alternative which is as far beyond the margin as it.
    fn gain(&self, p0: f64, p1: f64, odds: f64) -> Gain {
        let (least, most) = MULTIPLIERS;
        let Margin { relative, absolute } = self.margin;
        let rho = self.multiple(p0, p1).clamp(least, most);
        let all = rho * relative + odds;
        // Of a number near 1, so that a stable with a million times the traffic does not lose its digits.
        let stable = (-(rho - 1.0) * relative / all).ln_1p();
        let canary = rho.ln() + stable;
        let likely = (p1 + p0 * odds) * rho * relative * odds / (all * all);
        let granted = absolute * (relative + odds) * rho * odds * (odds - rho * relative) / all.powi(3);
        Gain {
            mean: p1 * canary + p0 * odds * stable - absolute * canary.exp_m1(),
            variance: p1 * canary * canary + p0 * odds * stable * stable,
            information: likely + granted,
        }
    }

    /// The chance that a release which gives so much (already tempered) fails a canary at that multiple of the margin.
    fn power(&self, multiple: f64, gain: Gain, z: f64) -> f64 {
        let beyond = (multiple / MULTIPLIERS.1).ln();
        let needed = self.tempering.looking - self.alpha.ln() + mixed(gain.information, beyond, z);
        reaches(gain.mean, gain.variance, needed)
    }

    /// Whether a canary at `p1` is failed with the given power within these steps.
    fn catches(&self, p0: f64, p1: f64, steps: &[Exposure], power: f64) -> bool {
        let each = steps.iter().map(|step| self.gain(p0, p1, step.stable_per_canary).times(step.canary));
        let tempered = each.fold(Gain::default(), Gain::plus).tempered(self.tempering.phi);
        self.power(self.multiple(p0, p1), tempered, quantile(power)) >= power
    }
}

/// Nats by which the mixture of alternatives is behind the one that is right, by Laplace's method: it has the better part
/// of its weight on those within what is known, `information`. In a release that is `z` deviations unlucky, an
/// alternative that lies as much lower fits better. If the canary is `beyond` the last one, there are none further up.
fn mixed(information: f64, beyond: f64, z: f64) -> f64 {
    let (least, most) = MULTIPLIERS;
    let spacing = (most / least).ln() / (NODES - 1) as f64;
    let one = (1.0 - CASH) / NODES as f64;
    let known = information.max(f64::MIN_POSITIVE);
    let spread = (spacing / one).ln() + 0.5 * (known / TAU).ln();
    let within = z - beyond * known.sqrt();
    let fit = if beyond > 0.0 && within < 0.0 {
        -scaled_tail(-within).ln()
    } else {
        let lower = if beyond > 0.0 { within } else { z };
        -lower * lower / 2.0 - upper_tail(-within).ln()
    };
    // It has what is not cash at most.
    (spread + fit).max(-(1.0 - CASH).ln())
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
    let gain = test.gain(p0, p1, odds).tempered(test.tempering.phi);
    if gain.mean <= 0.0 {
        return f64::INFINITY;
    }
    let (multiple, z) = (test.multiple(p0, p1), quantile(POWER));
    let missed = |requests: f64| test.power(multiple, gain.times(requests), z) < POWER;
    let most = (0..DOUBLINGS).map(|times| 2_f64.powi(times)).find(|requests| !missed(*requests));
    most.map_or(f64::INFINITY, |most| boundary(0.0, most, missed))
}

/// The same for any power, in the closed form of judge 4: by where the evidence is at the end, with one price for the
/// mixture whatever is known. [`n90`] is nearer to what is simulated.
#[must_use]
pub fn requests(p0: f64, p1: f64, odds: f64, power: f64, test: &Test) -> f64 {
    let Gain { mean, variance, .. } = test.gain(p0, p1, odds);
    if mean <= 0.0 {
        return f64::INFINITY;
    }
    let (z, needed) = (quantile(power), test.tempering.price - test.alpha.ln());
    let root = (z * variance.sqrt() + (z * z * variance + 4.0 * mean * needed).sqrt()) / (2.0 * mean);
    test.tempering.phi * root * root
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
