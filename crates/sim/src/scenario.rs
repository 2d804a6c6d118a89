//! Scenarios as data: objects, an environment, what users do, and for how long to watch.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::environment::Environment;
use crate::error::Error;
use crate::faults::RandomFaults;
use crate::metrics::constant;
use crate::script::{FaultPlan, Pods, Reading, Script, duration};
use crate::simulation::Simulation;
use crate::verbs::Verb;

/// A scenario, as its YAML says it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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

/// What a user does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Deed {
    /// Go duration since the start.
    #[serde(default)]
    pub at: String,
    /// Name of the Rollout; empty where only one is meant.
    #[serde(default)]
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
        let script = Script { pods: self.pods.clone(), metrics: self.metrics.clone(), ..Script::default() };
        script.environment(self.start, constant(0.0))
    }
}

impl Deed {
    /// What is done.
    pub fn verb(&self) -> Result<Verb, Error> {
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
