//! Scenarios as data: objects, an environment, what users do, and for how long to watch.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rollout::analysis::Outcome;
use serde::Deserialize;
use serde_json::Value;

use crate::environment::{Environment, PodRule};
use crate::error::Error;
use crate::faults::RandomFaults;
use crate::metrics::{Asked, empty, typed};
use crate::simulation::Simulation;
use crate::verbs::Verb;

/// A scenario, as its YAML says it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scenario {
    /// What it shows, in a sentence.
    pub about: String,
    /// When it begins; a day in 2026 when it does not matter.
    #[serde(default = "new_year")]
    pub start: Timestamp,
    /// Manifests.
    #[serde(default)]
    pub objects: Vec<Value>,
    /// How pods behave, by image.
    #[serde(default)]
    pub pods: Vec<Pods>,
    /// What metrics read, by name of the metric.
    #[serde(default)]
    pub metrics: BTreeMap<String, Vec<Reading>>,
    /// Faults of the API and the controller.
    #[serde(default)]
    pub faults: Option<FaultPlan>,
    /// What users do.
    #[serde(default)]
    pub users: Vec<Deed>,
    /// For how long to watch (Go duration).
    #[serde(rename = "for")]
    pub length: String,
}

/// How the pods with an image behave.
#[derive(Clone, Debug, Deserialize)]
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
#[derive(Clone, Debug, Deserialize)]
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
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FaultPlan {
    /// What they follow from.
    pub seed: u64,
    /// How many.
    pub count: u32,
    /// About one in so many occasions.
    pub one_in: u64,
}

/// What a user does.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Deed {
    /// Go duration since the start.
    pub at: String,
    /// Name of the Rollout.
    pub rollout: String,
    /// Its namespace.
    #[serde(default = "default_namespace")]
    pub namespace: String,
    /// `promote`, `promoteFull`, `abort`, `retry`, `pause`, `resume` or `restart`; empty with one of the others.
    #[serde(default)]
    pub verb: String,
    /// A new image for all containers.
    #[serde(default)]
    pub image: String,
    /// A new size.
    #[serde(default)]
    pub scale: Option<i32>,
}

fn new_year() -> Timestamp {
    // 2026-01-01T00:00:00Z
    Timestamp::from_second(1_767_225_600).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn default_namespace() -> String {
    "default".to_owned()
}

impl Scenario {
    /// Reads a scenario.
    pub fn parse(text: &str) -> Result<Self, Error> {
        crd::yaml::from_str(text).map_err(|why| Error::Scenario(why.to_string()))
    }

    /// The simulation that it describes, before anything happened.
    pub fn simulation(&self) -> Result<Simulation, Error> {
        let simulation = Simulation::new(self.objects.iter().cloned(), self.start)?;
        let mut simulation = simulation.with_environment(self.environment()?);
        if let Some(plan) = &self.faults {
            simulation = simulation.with_faults(RandomFaults::new(plan.seed, plan.count, plan.one_in));
        }
        for deed in &self.users {
            simulation.at(duration(&deed.at)?, &deed.namespace, &deed.rollout, deed.verb()?);
        }
        Ok(simulation)
    }

    /// Runs it to its end.
    pub fn run(&self) -> Result<Simulation, Error> {
        let mut simulation = self.simulation()?;
        simulation.run_for(duration(&self.length)?);
        Ok(simulation)
    }

    fn environment(&self) -> Result<Environment, Error> {
        let rule = |pods: &Pods| {
            let optional = |text: &str| match text {
                "" | "never" => Ok(None),
                text => duration(text).map(Some),
            };
            let (ready_after, dies_after) = (optional(&pods.ready_after)?, optional(&pods.dies_after)?);
            Ok(PodRule { image: pods.image.clone(), ready_after, dies_after })
        };
        let mut readings: BTreeMap<String, Vec<(Duration, Reading)>> = BTreeMap::new();
        for (metric, list) in &self.metrics {
            let dated = |reading: &Reading| Ok((duration(&reading.from)?, reading.clone()));
            readings.insert(metric.clone(), list.iter().map(dated).collect::<Result<_, Error>>()?);
        }
        let start = self.start;
        let metrics = move |asked: &Asked<'_>| {
            let since = asked.now.duration_since(start).unsigned_abs();
            let all = readings.get(&asked.metric.name).map(Vec::as_slice).unwrap_or_default();
            match all.iter().rev().find(|(from, _)| *from <= since).map(|(_, reading)| reading) {
                None => Outcome::Value(typed(asked.metric, 0.0)),
                Some(reading) if !reading.error.is_empty() => Outcome::Error(reading.error.clone()),
                Some(Reading { value: Some(value), .. }) => Outcome::Value(typed(asked.metric, *value)),
                Some(_) => Outcome::Value(empty(asked.metric)),
            }
        };
        let pods = self.pods.iter().map(rule).collect::<Result<_, Error>>()?;
        Ok(Environment { pods, metrics: Arc::new(metrics), ..Environment::default() })
    }
}

impl Deed {
    fn verb(&self) -> Result<Verb, Error> {
        if !self.image.is_empty() {
            return Ok(Verb::SetImage { container: "*".to_owned(), image: self.image.clone() });
        }
        if let Some(size) = self.scale {
            return Ok(Verb::Scale(size));
        }
        match self.verb.as_str() {
            "promote" => Ok(Verb::Promote),
            "promoteFull" => Ok(Verb::PromoteFull),
            "abort" => Ok(Verb::Abort),
            "retry" => Ok(Verb::Retry),
            "pause" => Ok(Verb::Pause),
            "resume" => Ok(Verb::Resume),
            "restart" => Ok(Verb::Restart),
            other => Err(Error::Scenario(format!(
                "users: at {}: verb {other:?} is none of promote, promoteFull, abort, retry, pause, resume, restart",
                self.at
            ))),
        }
    }
}

fn duration(text: &str) -> Result<Duration, Error> {
    if text.is_empty() {
        return Ok(Duration::ZERO);
    }
    crd::duration::parse(text).map_err(|why| Error::Scenario(why.to_string()))
}
