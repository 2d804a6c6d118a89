//! A tiny cluster: it carries actions out, and its pods are available at once unless a version is broken.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aviary_rollout::{Action, Answer, Decision, Observed, PatchBody, Settings, Templates, Timestamp};
use crd::{AnalysisRun, Experiment, Kind, ObjectKey, Pod, ReplicaSet, Rollout, RolloutStatus, Service};
use jiff::SignedDuration;
use serde_json::{Value, json};

/// Objects, and the time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cluster {
    pub(crate) rollout: Rollout,
    pub(crate) sets: Vec<ReplicaSet>,
    pub(crate) services: BTreeMap<String, Service>,
    pub(crate) runs: Vec<AnalysisRun>,
    pub(crate) experiments: Vec<Experiment>,
    /// Names that somebody else's objects have.
    pub(crate) taken: BTreeSet<ObjectKey>,
    pub(crate) templates: Templates,
    pub(crate) routes: BTreeMap<ObjectKey, Value>,
    pub(crate) pods: Vec<Pod>,
    pub(crate) answers: Vec<Answer>,
    pub(crate) settings: Settings,
    pub(crate) now: Timestamp,
    /// Images whose pods never become available.
    pub(crate) broken: BTreeSet<String>,
    created: u32,
}

/// Reads YAML into a value.
pub(crate) fn yaml<T: serde::de::DeserializeOwned>(text: &str) -> T {
    crd::yaml::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Merges as RFC 7386 says.
pub(crate) fn merge(into: &mut Value, patch: &Value) {
    json_patch::merge(into, patch);
}

impl Cluster {
    /// A Rollout named `demo` in namespace `ns` with one container, and `spec` on top.
    pub(crate) fn new(spec: &str) -> Self {
        let mut rollout = json!({
            "metadata": {"name": "demo", "namespace": "ns", "uid": "rollout-uid", "generation": 1},
            "spec": {
                "selector": {"matchLabels": {"app": "demo"}},
                "template": {
                    "metadata": {"labels": {"app": "demo"}},
                    "spec": {"containers": [{"name": "demo", "image": "demo:v1"}]},
                },
            },
        });
        merge(&mut rollout, &json!({ "spec": yaml::<Value>(spec) }));
        let mut cluster = Self {
            rollout: serde_json::from_value(rollout).expect("a rollout"),
            now: "2026-01-31T12:00:00Z".parse().expect("a time"),
            ..Self::default()
        };
        cluster.provide();
        cluster
    }

    /// The Services and the route that the Rollout names.
    fn provide(&mut self) {
        for name in aviary_rollout::reads(&self.rollout).services {
            let service = json!({"metadata": {"name": name}, "spec": {"selector": {"app": "demo"}}});
            self.services.insert(name, serde_json::from_value(service).expect("a service"));
        }
        for router in traffic::selected(&self.rollout) {
            for key in router.reads(&self.rollout) {
                let route = json!({
                    "metadata": {"name": key.name, "generation": 1},
                    "spec": {"rules": [{"backendRefs": [
                        {"name": "stable", "port": 80}, {"name": "canary", "port": 80},
                    ]}]},
                });
                self.routes.insert(key, route);
            }
        }
    }

    pub(crate) fn observe(&self) -> Observed {
        let reads = aviary_rollout::reads(&self.rollout);
        let arc = |value: &Value| Arc::new(value.clone());
        let routes: BTreeMap<ObjectKey, Arc<Value>> =
            reads.routes.iter().filter_map(|key| Some((key.clone(), arc(self.routes.get(key)?)))).collect();
        let resolved = aviary_rollout::with_workload(&Arc::new(self.rollout.clone()), &routes);
        let next = aviary_rollout::next_replica_set(&resolved);
        Observed {
            rollout: Arc::new(self.rollout.clone()),
            replica_sets: self.sets.iter().cloned().map(Arc::new).collect(),
            same_name: self.sets.iter().find(|set| set.metadata.name == next).cloned().map(Arc::new),
            services: self
                .services
                .iter()
                .map(|(name, service)| (name.clone(), Arc::new(service.clone())))
                .collect(),
            analysis_runs: self.runs.iter().cloned().map(Arc::new).collect(),
            experiments: self.experiments.iter().cloned().map(Arc::new).collect(),
            taken: self.taken.clone(),
            templates: self.templates.clone(),
            routes,
            pods: self.pods.iter().cloned().map(Arc::new).collect(),
            answers: self.answers.clone(),
            settings: Arc::new(self.settings.clone()),
        }
    }

    pub(crate) fn decide(&self) -> Decision {
        aviary_rollout::reconcile(&self.observe(), self.now)
    }

    /// One pass with a router that applies and shows every weight within the pass.
    pub(crate) fn decide_with_instant_router(&mut self) -> Decision {
        let first = self.decide();
        let edits: Vec<Action> = first.actions.into_iter().filter(|action| self.is_route(action)).collect();
        for edit in &edits {
            self.apply(edit);
        }
        self.decide()
    }

    fn is_route(&self, action: &Action) -> bool {
        matches!(action, Action::Patch { key, .. } if key.kind != Kind::CONFIG_MAP && self.routes.contains_key(key))
    }

    /// Carries a whole decision out.
    pub(crate) fn carry_out(&mut self, decision: &Decision) {
        for action in &decision.actions {
            self.apply(action);
        }
        if let Some(status) = &decision.status {
            self.write_status(status);
        }
    }

    /// Writes status the way the adapter does: as a merge patch.
    pub(crate) fn write_status(&mut self, status: &RolloutStatus) {
        if let Some(patch) = aviary_rollout::status_patch(&self.rollout.status, status) {
            let mut rollout = serde_json::to_value(&self.rollout).expect("JSON");
            merge(&mut rollout, &patch);
            self.rollout = serde_json::from_value(rollout).expect("a rollout");
        }
        assert_eq!(self.rollout.status, *status, "the patch carries the whole status");
    }

    pub(crate) fn apply(&mut self, action: &Action) {
        match action {
            Action::Create { key, object } => self.create(key, object),
            Action::Patch { key, patch } => self.patch(key, patch),
            Action::Scale { key, replicas, annotations } => {
                let set = self.set_mut(&key.name);
                set.spec.replicas = Some(*replicas);
                for (name, value) in annotations {
                    match value {
                        Some(value) => set.metadata.annotations.insert(name.clone(), value.clone()),
                        None => set.metadata.annotations.remove(name),
                    };
                }
            }
            Action::Delete { key, .. } if key.kind == Kind::REPLICA_SET => {
                self.sets.retain(|set| set.metadata.name != key.name);
            }
            Action::Delete { key, .. } if key.kind == Kind::EXPERIMENT => {
                self.experiments.retain(|experiment| experiment.metadata.name != key.name);
            }
            Action::Delete { key, .. } => self.runs.retain(|run| run.metadata.name != key.name),
            Action::Evict { key } => self.pods.retain(|pod| pod.metadata.name != key.name),
        }
    }

    fn create(&mut self, key: &ObjectKey, object: &Value) {
        self.created += 1;
        let mut object = object.clone();
        object["metadata"]["uid"] = json!(format!("uid-{}", self.created));
        object["metadata"]["creationTimestamp"] = json!(crd::Time::from(self.now));
        if key.kind == Kind::REPLICA_SET {
            assert!(self.sets.iter().all(|set| set.metadata.name != key.name), "created twice: {key}");
            self.sets.push(serde_json::from_value(object).expect("a ReplicaSet"));
        } else if key.kind == Kind::ANALYSIS_RUN {
            self.runs.push(serde_json::from_value(object).expect("an AnalysisRun"));
        } else if key.kind == Kind::EXPERIMENT {
            self.experiments.push(serde_json::from_value(object).expect("an Experiment"));
        } else {
            self.routes.insert(key.clone(), object);
        }
    }

    fn patch(&mut self, key: &ObjectKey, patch: &PatchBody) {
        fn patched<T: serde::Serialize + serde::de::DeserializeOwned>(object: &mut T, patch: &PatchBody) {
            let mut value = serde_json::to_value(&*object).expect("JSON");
            patch_value(&mut value, patch);
            *object = serde_json::from_value(value).expect("still an object of its kind");
        }
        match key.kind.kind.as_ref() {
            "Rollout" => patched(&mut self.rollout, patch),
            "ReplicaSet" => patched(self.set_mut(&key.name), patch),
            "Service" => patched(self.services.get_mut(&key.name).expect("a service"), patch),
            "AnalysisRun" => {
                let run = self.runs.iter_mut().find(|run| run.metadata.name == key.name);
                patched(run.expect("a run"), patch);
            }
            "Experiment" => {
                let found = self.experiments.iter_mut().find(|found| found.metadata.name == key.name);
                patched(found.expect("an Experiment"), patch);
            }
            "Pod" => {
                let pod = self.pods.iter_mut().find(|pod| pod.metadata.name == key.name);
                patched(pod.expect("a pod"), patch);
            }
            _ => patch_value(self.routes.get_mut(key).expect("a route"), patch),
        }
    }

    fn set_mut(&mut self, name: &str) -> &mut ReplicaSet {
        self.sets.iter_mut().find(|set| set.metadata.name == name).expect("a ReplicaSet")
    }

    /// Time passes, and every pod of a version that is not broken becomes available.
    pub(crate) fn settle(&mut self) {
        self.now += SignedDuration::from_secs(1);
        for set in &mut self.sets {
            let pods = set.replicas();
            let broken = set.spec.template.images().any(|image| self.broken.contains(&image));
            set.status.replicas = pods;
            set.status.ready_replicas = if broken { 0 } else { pods };
            set.status.available_replicas = set.status.ready_replicas;
        }
    }

    /// A user changes the spec.
    pub(crate) fn edit(&mut self, patch: &Value) {
        let mut rollout = serde_json::to_value(&self.rollout).expect("JSON");
        merge(&mut rollout, patch);
        self.rollout = serde_json::from_value(rollout).expect("a rollout");
        if patch.get("spec").is_some() {
            let generation = self.rollout.metadata.generation.get_or_insert(0);
            *generation += 1;
        }
    }

    /// A user releases another image.
    pub(crate) fn set_image(&mut self, image: &str) {
        let container = json!({"name": "demo", "image": image});
        self.edit(&json!({"spec": {"template": {"spec": {"containers": [container]}}}}));
    }
}

fn patch_value(value: &mut Value, patch: &PatchBody) {
    match patch {
        PatchBody::Merge(patch) => merge(value, patch),
        PatchBody::Json(patch) => {
            let patch: json_patch::Patch = serde_json::from_value(patch.clone()).expect("a JSON patch");
            json_patch::patch(value, &patch).expect("the patch applies");
        }
    }
}
