//! The configuration as it is written, before anything is checked.

use super::scalar::Scalar;
use super::{Error, Evidence, OnInconclusive, Source, check};
use crate::process::Model;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Config {
    pub(super) false_aborts: Option<Scalar>,
    pub(super) false_pass: Option<Scalar>,
    pub(super) regions: Option<u32>,
    pub(super) window: Option<Scalar>,
    pub(super) warmup: Option<Scalar>,
    pub(super) min_windows: Option<u32>,
    pub(super) min_requests: Option<Scalar>,
    pub(super) no_data_after: Option<u32>,
    pub(super) max_wait: Option<Scalar>,
    #[serde(default)]
    pub(super) on_inconclusive: OnInconclusive,
    pub(super) metrics: Option<Vec<Metric>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Metric {
    pub(super) name: String,
    pub(super) kind: KindName,
    pub(super) canary: Option<Source>,
    pub(super) stable: Option<Source>,
    pub(super) strata: Option<String>,
    #[serde(default)]
    pub(super) fail_above: Margin,
    #[serde(default)]
    pub(super) pass_below: Margin,
    pub(super) dispersion: Option<Scalar>,
    #[serde(default)]
    pub(super) evidence: Evidence,
    pub(super) weight: Option<Scalar>,
    pub(super) must_detect: Option<Scalar>,
    pub(super) edges: Option<Vec<f64>>,
    pub(super) bounds: Option<[f64; 2]>,
    pub(super) limit: Option<Scalar>,
    pub(super) model: Option<Model>,
    pub(super) objective: Option<Scalar>,
    pub(super) burn_rates: Option<Vec<BurnRate>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum KindName {
    Proportion,
    Rate,
    Latency,
    Gauge,
    Limit,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Margin {
    pub(super) relative: Option<Scalar>,
    pub(super) absolute: Option<Scalar>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BurnRate {
    pub(super) factor: Scalar,
    pub(super) long: Scalar,
    pub(super) short: Scalar,
}

impl TryFrom<Config> for super::Config {
    type Error = Error;

    fn try_from(raw: Config) -> Result<Self, Error> {
        check::config(raw)
    }
}
