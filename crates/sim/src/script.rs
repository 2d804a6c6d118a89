//! What surrounds a release, as data: pods, metrics and other regions.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rollout::analysis::Outcome;
use rollout::{Question, RegionsAnswer};
use serde::{Deserialize, Serialize};

use crate::environment::{Environment, PodRule};
use crate::error::Error;
use crate::metrics::{Asked, MetricsFn, empty, typed};
use crate::traffic::Traffic;

/// What surrounds a release. Times are those since its start.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Script {
    /// How pods behave, by image.
    pub pods: Vec<Pods>,
    /// What metrics read, by name of the metric; `*` is all that have no line of their own. Of a comparison `METRIC/NAME`
    /// is one of those that it compares, and the number the canary's share of bad ones.
    pub metrics: BTreeMap<String, Vec<Reading>>,
    /// What users do: comparisons count it.
    pub traffic: Traffic,
    /// What the other regions say.
    pub regions: Vec<Regions>,
}

/// What the other regions say from a time on.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Regions {
    /// Go duration since the start.
    #[serde(default)]
    pub from: String,
    /// In a word.
    pub say: Say,
}

/// What the other regions say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Say {
    /// They have reached the step, verified.
    Passed,
    /// They have not yet.
    Waiting,
    /// One of them failed.
    Failed,
    /// Nothing.
    Silent,
}

/// How the pods with an image behave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pods {
    /// Part of the image's name.
    pub image: String,
    /// Ready after this Go duration; `never` is never.
    pub ready_after: String,
    /// Failed this Go duration after that; empty is not at all.
    #[serde(default)]
    pub dies_after: String,
}

/// What a metric reads from a time on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reading {
    /// Go duration since the start.
    #[serde(default)]
    pub from: String,
    /// The number; `null` is no data.
    #[serde(default)]
    pub value: Option<f64>,
    /// The error that the provider reports instead.
    #[serde(default)]
    pub error: String,
}

/// Random faults.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FaultPlan {
    /// What they follow from.
    pub seed: u64,
    /// How many.
    pub count: u32,
    /// About one in so many occasions.
    pub one_in: u64,
}

impl Script {
    /// The environment of a release that starts at this time; `otherwise` answers for metrics without a reading.
    pub fn environment(&self, start: Timestamp, otherwise: MetricsFn) -> Result<Environment, Error> {
        let pods = self.pods.iter().map(Pods::rule).collect::<Result<_, Error>>()?;
        let mut readings: BTreeMap<String, Vec<(Duration, Reading)>> = BTreeMap::new();
        for (metric, list) in &self.metrics {
            let dated = |reading: &Reading| Ok((duration(&reading.from)?, reading.clone()));
            readings.insert(metric.clone(), list.iter().map(dated).collect::<Result<_, Error>>()?);
        }
        let since = move |now: Timestamp| now.duration_since(start).unsigned_abs();
        let metrics = move |asked: &Asked<'_>| {
            let name = &asked.metric.name;
            let part = asked.part.and_then(|part| readings.get(&format!("{name}/{part}")));
            let all = part.or_else(|| readings.get(name)).or_else(|| readings.get("*"));
            let all = all.map(Vec::as_slice).unwrap_or_default();
            let now = since(asked.now);
            match all.iter().rev().find(|(from, _)| *from <= now).map(|(_, reading)| reading) {
                None => otherwise(asked),
                Some(reading) if !reading.error.is_empty() => Outcome::Error(reading.error.clone()),
                Some(Reading { value: Some(value), .. }) => Outcome::Value(typed(asked.metric, *value)),
                Some(_) => Outcome::Value(empty(asked.metric)),
            }
        };
        let mut said = Vec::new();
        for one in &self.regions {
            said.push((duration(&one.from)?, one.say));
        }
        let regions = move |_: &Question, now: Timestamp| {
            let now = since(now);
            answer(said.iter().rev().find(|(from, _)| *from <= now).map_or(Say::Passed, |(_, say)| *say))
        };
        Ok(Environment {
            pods,
            metrics: Arc::new(metrics),
            regions: Arc::new(regions),
            traffic: self.traffic.checked()?,
            ..Environment::default()
        })
    }
}

fn answer(say: Say) -> RegionsAnswer {
    let summary = "simulated".to_owned();
    match say {
        Say::Passed => RegionsAnswer::Passed { summary },
        Say::Waiting => RegionsAnswer::Waiting { summary },
        Say::Failed => RegionsAnswer::Failed { summary },
        Say::Silent => RegionsAnswer::Partitioned { summary },
    }
}

impl Pods {
    fn rule(&self) -> Result<PodRule, Error> {
        let optional = |text: &str| match text {
            "" | "never" => Ok(None),
            text => duration(text).map(Some),
        };
        let (ready_after, dies_after) = (optional(&self.ready_after)?, optional(&self.dies_after)?);
        Ok(PodRule { image: self.image.clone(), ready_after, dies_after })
    }
}

pub(crate) fn duration(text: &str) -> Result<Duration, Error> {
    if text.is_empty() {
        return Ok(Duration::ZERO);
    }
    crd::duration::parse(text).map_err(|why| Error::Scenario(why.to_string()))
}
