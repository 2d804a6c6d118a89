//! The canary alone against a number: the sound form of "errors below 1 %" (judge 2.6).

use super::{Pool, Rules, pool};
use crate::config::{Kind, Metric};
use crate::dispersion::{Dispersion, PhiEstimate, single_chi_square};
use crate::exact;
use crate::log_sum::{log_mean_exp, log_sum_exp};
use crate::nodes::{FAIL, NODES, Node, PASS};
use crate::portfolio::Portfolio;
use serde::{Deserialize, Serialize};

/// What is counted against a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Model {
    /// Bad events out of requests.
    Bernoulli,
    /// Events per unit of exposure.
    Poisson,
}

/// Which question is asked about a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Is the canary above it?
    Fail,
    /// Is the canary below it?
    Pass,
}

impl Side {
    fn nodes(self) -> &'static [Node; NODES] {
        match self {
            Self::Fail => &FAIL,
            Self::Pass => &PASS,
        }
    }
}

/// The static mixture of the limit process: log evidence that the canary is above (or below) `limit`, after
/// `exposure` with `bad` events (judge 2.6). It depends on the sums only.
#[must_use]
pub fn limit_log_e(model: Model, side: Side, limit: f64, exposure: f64, bad: f64) -> f64 {
    let logs = side.nodes().each_ref().map(|node| log_e(model, node.m, limit, exposure, bad));
    log_mean_exp(logs.iter().copied())
}

fn log_e(model: Model, m: f64, limit: f64, exposure: f64, bad: f64) -> f64 {
    match model {
        Model::Poisson => times(bad, m.ln()) - exposure * limit * (m - 1.0),
        Model::Bernoulli => {
            // A large multiple of a large limit would be no probability: halfway to 1 at most.
            let q = (m * limit).min(f64::midpoint(1.0, limit));
            times(bad, (q / limit).ln()) + times((exposure - bad).max(0.0), (-q).ln_1p() - (-limit).ln_1p())
        }
    }
}

/// Nothing times anything is nothing, also times infinity.
fn times(count: f64, log: f64) -> f64 {
    if count > 0.0 { count * log } else { 0.0 }
}

/// Everything that is kept of a limit.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Limit {
    fail: Portfolio,
    pass: PassSums,
    pub(crate) estimate: PhiEstimate,
    #[serde(with = "exact::array")]
    last: [f64; 2],
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct PassSums {
    #[serde(with = "exact::array")]
    logs: [f64; NODES],
}

impl Limit {
    pub(crate) fn observe(&mut self, exposure: f64, bad: f64, rules: &Rules<'_>, into: Option<&mut Pool>) {
        let Kind::Limit { limit, model } = rules.metric.kind else { return };
        let phi = match rules.metric.dispersion {
            Dispersion::Independent => 1.0,
            Dispersion::Bursts(size) => size,
            Dispersion::Auto | Dispersion::Robust => self.estimate.phi(rules.prior),
        };
        let increments = FAIL.each_ref().map(|node| log_e(model, node.m, limit, exposure, bad) / phi);
        self.fail.observe(&increments, rules.share, rules.cap);
        pool(into, 0, &increments);
        for (sum, node) in self.pass.logs.iter_mut().zip(PASS.iter()) {
            *sum += log_e(model, node.m, limit, exposure, bad) / phi;
        }
        let now = [exposure, bad];
        self.estimate.add(single_chi_square(self.last, now));
        self.last = now;
    }

    pub(crate) const fn log_e_fail(&self) -> f64 {
        self.fail.log_e()
    }

    pub(crate) fn log_e_pass(&self, factor: f64) -> f64 {
        log_sum_exp(self.pass.logs.iter().map(|log| log * factor)) - (NODES as f64).ln()
    }

    pub(crate) fn forget_pass(&mut self) {
        self.pass = PassSums::default();
    }
}

/// The limit of a metric, where it has one.
pub(crate) fn limit_of(metric: &Metric) -> Option<f64> {
    match metric.kind {
        Kind::Limit { limit, .. } => Some(limit),
        _ => None,
    }
}
