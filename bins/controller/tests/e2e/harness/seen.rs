//! The objects of a namespace at one moment, and what the tests ask of them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::{Entry, Kind};

static NOTHING: Value = Value::Null;

/// The objects of a namespace at one moment.
#[derive(Clone, Default)]
pub(crate) struct Seen(BTreeMap<(Kind, String), Arc<Value>>);

impl Seen {
    pub(crate) fn take(&mut self, entry: &Entry) {
        let key = (entry.kind, entry.name.clone());
        if entry.gone {
            self.0.remove(&key);
        } else {
            self.0.insert(key, Arc::clone(&entry.object));
        }
    }

    /// Takes an object that was listed.
    pub(crate) fn put(&mut self, kind: Kind, object: Value) {
        let name = text(&object["metadata"]["name"]).to_owned();
        self.0.insert((kind, name), Arc::new(object));
    }

    /// An object, or `null`.
    pub(crate) fn get(&self, kind: Kind, name: &str) -> &Value {
        self.0.get(&(kind, name.to_owned())).map_or(&NOTHING, |object| object)
    }

    pub(crate) fn all(&self, kind: Kind) -> impl Iterator<Item = &Value> {
        self.0.iter().filter(move |((of, _), _)| *of == kind).map(|(_, object)| &**object)
    }

    pub(crate) fn rollout(&self, name: &str) -> &Value {
        self.get(Kind::ROLLOUT, name)
    }

    pub(crate) fn status(&self, name: &str) -> &Value {
        &self.rollout(name)["status"]
    }

    pub(crate) fn phase(&self, name: &str) -> &str {
        text(&self.status(name)["phase"])
    }

    pub(crate) fn step(&self, name: &str) -> Option<i64> {
        self.status(name)["currentStepIndex"].as_i64()
    }

    /// Whether the status is about the newest spec.
    pub(crate) fn is_observed(&self, name: &str) -> bool {
        let rollout = self.rollout(name);
        let generation = rollout["metadata"]["generation"].to_string();
        text(&rollout["status"]["observedGeneration"]) == generation
    }

    /// Whether the version that the spec asks for is the stable one, and all is well.
    pub(crate) fn is_healthy(&self, name: &str) -> bool {
        let status = self.status(name);
        self.is_observed(name)
            && status["phase"] == "Healthy"
            && status["stableRS"] == status["currentPodHash"]
            && self.runs_the_spec(name)
    }

    /// Whether `currentPodHash` is of the template in the spec.
    fn runs_the_spec(&self, name: &str) -> bool {
        let rollout = self.rollout(name);
        let wanted = rollout.pointer("/spec/template/spec/containers/0/image");
        let hash = &rollout["status"]["currentPodHash"];
        wanted.is_none()
            || self.sets(name).any(|set| hash_of(set) == text(hash) && Some(&image_of(set)) == wanted)
    }

    /// Whether the Rollout waits at this step, for a user or for the time.
    pub(crate) fn is_paused_at(&self, name: &str, step: i64) -> bool {
        self.is_observed(name)
            && self.step(name) == Some(step)
            && self.phase(name) == "Paused"
            && self.runs_the_spec(name)
    }

    /// The ReplicaSets that a Rollout controls.
    pub(crate) fn sets<'a>(&'a self, rollout: &str) -> impl Iterator<Item = &'a Value> {
        self.all(Kind::REPLICA_SET).filter(move |set| owner(set) == ("Rollout", rollout))
    }

    /// The ReplicaSet of a Rollout's version, or `null`; versions are tags of images.
    pub(crate) fn set(&self, rollout: &str, version: &str) -> &Value {
        self.sets(rollout).find(|set| version_of(set) == version).unwrap_or(&NOTHING)
    }

    /// The hash of a Rollout's version.
    pub(crate) fn hash(&self, rollout: &str, version: &str) -> &str {
        hash_of(self.set(rollout, version))
    }

    /// How many pods a version of a Rollout is to have: 0 when there is none.
    pub(crate) fn size(&self, rollout: &str, version: &str) -> i64 {
        int(&self.set(rollout, version)["spec"]["replicas"])
    }

    /// How many pods of a version are available, as its ReplicaSet says.
    pub(crate) fn available(&self, rollout: &str, version: &str) -> i64 {
        int(&self.set(rollout, version)["status"]["availableReplicas"])
    }

    /// The pods of a Rollout that are there to stay.
    pub(crate) fn pods<'a>(&'a self, rollout: &str) -> impl Iterator<Item = &'a Value> {
        self.all(Kind::POD).filter(move |pod| {
            let (kind, set) = owner(pod);
            kind == "ReplicaSet"
                && pod["metadata"].get("deletionTimestamp").is_none()
                && owner(self.get(Kind::REPLICA_SET, set)) == ("Rollout", rollout)
        })
    }

    /// The pods of a version that are there to stay.
    pub(crate) fn pods_of<'a>(&'a self, rollout: &str, version: &str) -> Vec<&'a Value> {
        self.pods(rollout).filter(|pod| version_of_pod(pod) == version).collect()
    }

    /// Names of the pods of a version, sorted.
    pub(crate) fn names_of(&self, rollout: &str, version: &str) -> Vec<String> {
        self.pods_of(rollout, version).iter().map(|pod| text(&pod["metadata"]["name"]).to_owned()).collect()
    }

    /// Pods by version: `[("1", 3), ("2", 2)]`.
    pub(crate) fn versions(&self, rollout: &str) -> Vec<(String, usize)> {
        let mut versions = BTreeMap::new();
        for pod in self.pods(rollout) {
            *versions.entry(version_of_pod(pod).to_owned()).or_insert(0) += 1;
        }
        versions.into_iter().collect()
    }

    /// How many pods of a Rollout are ready and stay.
    pub(crate) fn ready(&self, rollout: &str) -> usize {
        self.pods(rollout).filter(|pod| is_ready(pod)).count()
    }

    /// The hash that a Service selects; empty when it selects none.
    pub(crate) fn selects(&self, service: &str) -> &str {
        text(&self.get(Kind::SERVICE, service)["spec"]["selector"]["rollouts-pod-template-hash"])
    }

    /// A condition of a Rollout, or `null`.
    pub(crate) fn condition(&self, rollout: &str, of: &str) -> &Value {
        let conditions = self.status(rollout)["conditions"].as_array();
        conditions.into_iter().flatten().find(|condition| condition["type"] == of).unwrap_or(&NOTHING)
    }

    /// Weights of canary and stable in the status.
    pub(crate) fn weights(&self, rollout: &str) -> (i64, i64) {
        let weights = &self.status(rollout)["canary"]["weights"];
        (int(&weights["canary"]["weight"]), int(&weights["stable"]["weight"]))
    }

    /// The messages of a Rollout's events with this reason.
    pub(crate) fn events(&self, rollout: &str, reason: &str) -> Vec<&str> {
        let about = |event: &&Value| {
            event["reason"] == reason
                && event["involvedObject"]["kind"] == "Rollout"
                && event["involvedObject"]["name"] == rollout
        };
        self.all(Kind::EVENT).filter(about).map(|event| text(&event["message"])).collect()
    }
}

/// What a failed test prints: everything that says how far the releases are.
impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for rollout in self.all(Kind::ROLLOUT) {
            let name = text(&rollout["metadata"]["name"]);
            let generation = &rollout["metadata"]["generation"];
            writeln!(f, "{name} generation {generation}, pods {:?}", self.versions(name))?;
            writeln!(f, "{name} {:#}", rollout["status"])?;
        }
        for set in self.all(Kind::REPLICA_SET) {
            let (name, size, status) = (&set["metadata"]["name"], &set["spec"]["replicas"], &set["status"]);
            let annotations = &set["metadata"]["annotations"];
            writeln!(f, "{name} version {} size {size} {status} {annotations}", version_of(set))?;
        }
        for run in self.all(Kind::ANALYSIS_RUN) {
            writeln!(f, "{} {}", run["metadata"]["name"], run["status"])?;
        }
        let mut events: Vec<&Value> = self.all(Kind::EVENT).collect();
        events.sort_by_key(|event| text(&event["lastTimestamp"]));
        for event in events.iter().filter(|event| event["involvedObject"]["kind"] == "Rollout") {
            writeln!(f, "{} {} {}", event["lastTimestamp"], event["reason"], event["message"])?;
        }
        Ok(())
    }
}

/// A text, or nothing.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A number, or 0.
pub(crate) fn int(value: &Value) -> i64 {
    value.as_i64().unwrap_or_default()
}

/// A time.
pub(crate) fn time(value: &Value) -> Timestamp {
    text(value).parse().unwrap_or_else(|error| panic!("{value}: {error}"))
}

/// When the old pods of a version are to go, as its ReplicaSet says.
pub(crate) fn deadline(set: &Value) -> &Value {
    &set["metadata"]["annotations"]["scale-down-deadline"]
}

/// Kind and name of the controller of an object.
fn owner(object: &Value) -> (&str, &str) {
    let owners = object["metadata"]["ownerReferences"].as_array();
    let owner = owners.into_iter().flatten().find(|owner| owner["controller"] == true);
    owner.map_or(("", ""), |owner| (text(&owner["kind"]), text(&owner["name"])))
}

pub(crate) fn hash_of(object: &Value) -> &str {
    text(&object["metadata"]["labels"]["rollouts-pod-template-hash"])
}

fn image_of(set: &Value) -> Value {
    set["spec"]["template"]["spec"]["containers"][0]["image"].clone()
}

fn version_of(set: &Value) -> &str {
    tag(&set["spec"]["template"]["spec"]["containers"][0]["image"])
}

fn version_of_pod(pod: &Value) -> &str {
    tag(&pod["spec"]["containers"][0]["image"])
}

fn tag(image: &Value) -> &str {
    text(image).rsplit(':').next().unwrap_or_default()
}

pub(crate) fn is_ready(pod: &Value) -> bool {
    let conditions = pod["status"]["conditions"].as_array();
    conditions.into_iter().flatten().any(|it| it["type"] == "Ready" && it["status"] == "True")
}
