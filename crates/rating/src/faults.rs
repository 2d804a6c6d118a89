//! Switches that make a good service behave like a bad release. All are off unless asked for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::SignedDuration;
use parking_lot::RwLock;

/// What is to go wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FaultPlan {
    /// Share of API requests that are answered with 500, 0 to 1.
    pub errors: f64,
    /// Time added to every API request.
    pub latency: Duration,
    /// Whether `/healthz` and `/readyz` answer 503.
    pub unhealthy: bool,
    /// Whether `/healthz` and `/readyz` answer 200 and say `degraded`: the instance serves, but something that it
    /// leans on is wrong. Only who reads the body notices.
    pub degraded: bool,
    /// Chooses which requests fail: the same seed fails the same ones.
    pub seed: u64,
}

/// A fault setting that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}={value:?}: {reason}")]
pub struct InvalidFault {
    name: &'static str,
    value: String,
    reason: String,
}

impl FaultPlan {
    /// Environment variable of [`FaultPlan::errors`], such as `0.05`.
    pub const ERRORS: &'static str = "RATING_FAULT_ERRORS";
    /// Environment variable of [`FaultPlan::latency`], such as `150ms`.
    pub const LATENCY: &'static str = "RATING_FAULT_LATENCY";
    /// Environment variable of [`FaultPlan::unhealthy`]: `true` or `false`.
    pub const UNHEALTHY: &'static str = "RATING_FAULT_UNHEALTHY";
    /// Environment variable of [`FaultPlan::degraded`]: `true` or `false`.
    pub const DEGRADED: &'static str = "RATING_FAULT_DEGRADED";
    /// Environment variable of [`FaultPlan::seed`].
    pub const SEED: &'static str = "RATING_FAULT_SEED";

    /// This plan with what an environment says instead: the process' own, or that of a container in a pod.
    pub fn with_env(self, lookup: impl Fn(&str) -> Option<String>) -> Result<Self, InvalidFault> {
        let read = |name| lookup(name).filter(|value| !value.is_empty());
        Ok(Self {
            errors: parsed(Self::ERRORS, read(Self::ERRORS), parse_share)?.unwrap_or(self.errors),
            latency: parsed(Self::LATENCY, read(Self::LATENCY), parse_duration)?.unwrap_or(self.latency),
            unhealthy: parsed(Self::UNHEALTHY, read(Self::UNHEALTHY), str::parse)?.unwrap_or(self.unhealthy),
            degraded: parsed(Self::DEGRADED, read(Self::DEGRADED), str::parse)?.unwrap_or(self.degraded),
            seed: parsed(Self::SEED, read(Self::SEED), str::parse)?.unwrap_or(self.seed),
        })
    }

    /// Whether request number `request` (from 0) is one of those that fail.
    pub fn fails(&self, request: u64) -> bool {
        let uniform = (mix(self.seed ^ mix(request)) >> 11) as f64 / (1_u64 << 53) as f64;
        uniform < self.errors
    }
}

fn parsed<T, E: ToString>(
    name: &'static str,
    value: Option<String>,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<Option<T>, InvalidFault> {
    let Some(value) = value else { return Ok(None) };
    let read = parse(&value);
    read.map(Some).map_err(|error| InvalidFault { name, reason: error.to_string(), value })
}

/// Reads a share such as `0.05`; the error says what is expected.
pub fn parse_share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "a share is a number from 0 to 1, such as 0.05".to_owned())
}

/// Reads a duration such as `150ms`, `5s` or `1m 30s`; the error says what is expected.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let duration = text.parse::<SignedDuration>().ok().and_then(|duration| duration.try_into().ok());
    duration.ok_or_else(|| "a duration is a number and a unit, such as 150ms or 5s".to_owned())
}

/// SplitMix64: every bit of the result depends on every bit of `x`.
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// The switches of one running instance; clones turn the same ones.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    plan: Arc<RwLock<FaultPlan>>,
    requests: Arc<AtomicU64>,
}

impl Faults {
    /// Switches set to `plan`.
    pub fn new(plan: FaultPlan) -> Self {
        Self { plan: Arc::new(RwLock::new(plan)), requests: Arc::default() }
    }

    /// What is to go wrong now.
    pub fn plan(&self) -> FaultPlan {
        *self.plan.read()
    }

    /// From the next request on, `plan` goes wrong.
    pub fn set(&self, plan: FaultPlan) {
        *self.plan.write() = plan;
    }

    /// What the next API request suffers: whether it fails, and after how long.
    pub(crate) fn next(&self) -> (bool, Duration) {
        let plan = self.plan();
        let request = self.requests.fetch_add(1, Ordering::Relaxed);
        (plan.fails(request), plan.latency)
    }
}
