//! Objects as the peer leaves them: its hashes, its annotations, its status.

use serde_json::{Map, Value, json};

use crate::harness::{Case, DEMO, Kind, Process, Seen, hash_of, image, rollout, template, text, with};

/// A hash that is not what we would compute: ReplicaSets are known by their templates, too.
pub(crate) fn hash(version: &str) -> String {
    format!("9d5f4c8b7{version}")
}

/// The hash of canary steps that have one number or nothing in them (spec rollout-hash-appendix A).
pub(crate) fn steps_hash(steps: &Value) -> String {
    let fnv = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(16_777_619);
    let number = steps.to_string().bytes().fold(2_166_136_261, fnv);
    let digits = "456789bcdf".as_bytes();
    number.to_string().bytes().map(|digit| char::from(digits[usize::from(digit - b'0')])).collect()
}

/// A Rollout that the peer looked after until now.
pub(crate) struct Left<'c> {
    pub(crate) case: &'c Case<'c>,
    uid: Value,
    revision: u32,
    instance: &'static str,
    began: usize,
}

impl<'c> Left<'c> {
    /// The Rollout with this version in its spec.
    pub(crate) fn new(
        case: &'c Case<'c>,
        instance: &'static str,
        replicas: i64,
        strategy: Value,
        version: &str,
    ) -> Self {
        let object = rollout(DEMO, replicas, strategy);
        let object = with(
            object,
            "/metadata/labels",
            json!({"argo-rollouts.argoproj.io/controller-instance-id": instance}),
        );
        let object = case.create(Kind::ROLLOUT, with(object, "/spec/template", template(DEMO, version)));
        Self { case, uid: object["metadata"]["uid"].clone(), revision: 0, instance, began: 0 }
    }

    fn owner(&self) -> Value {
        json!([{
            "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": DEMO, "uid": self.uid,
            "controller": true, "blockOwnerDeletion": true,
        }])
    }

    /// The next revision's ReplicaSet.
    pub(crate) fn set(&mut self, version: &str, size: i64, annotations: Value) {
        self.revision += 1;
        let replicas = self.case.get(Kind::ROLLOUT, DEMO)["spec"]["replicas"].to_string();
        let mut all = annotations.as_object().cloned().unwrap_or_default();
        all.insert("rollout.argoproj.io/revision".to_owned(), json!(self.revision.to_string()));
        all.insert("rollout.argoproj.io/desired-replicas".to_owned(), json!(replicas));
        let labels = json!({"app": DEMO, "rollouts-pod-template-hash": hash(version)});
        let template = json!({
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": "main", "image": image(version)}]},
        });
        self.case.create(
            Kind::REPLICA_SET,
            json!({
                "apiVersion": "apps/v1", "kind": "ReplicaSet",
                "metadata": {
                    "name": format!("{DEMO}-{}", hash(version)), "labels": labels, "annotations": all,
                    "ownerReferences": self.owner(),
                },
                "spec": {"replicas": size, "selector": {"matchLabels": labels}, "template": template},
            }),
        );
    }

    /// An object that the Rollout controls.
    pub(crate) fn owned(&self, kind: Kind, object: Value) {
        self.case.create(kind, with(object, "/metadata/ownerReferences", self.owner()));
    }

    /// Writes the status as the peer did, once the pods are there, and starts our controller.
    pub(crate) fn hand_over(&mut self, status: Value) -> Process {
        let seen = self.case.until("the pods are available", |seen| {
            seen.sets(DEMO).all(|set| {
                let size = set["spec"]["replicas"].as_i64();
                size == Some(0) || size == set["status"]["availableReplicas"].as_i64()
            })
        });
        let revision = json!({"metadata": {"annotations": {
            "rollout.argoproj.io/revision": self.revision.to_string(),
        }}});
        self.case.merge(Kind::ROLLOUT, DEMO, revision);
        let mut all = counted(&seen, text(&status["currentPodHash"]));
        all.extend(status.as_object().cloned().unwrap_or_default());
        self.case.merge(Kind::ROLLOUT, &format!("{DEMO}/status"), json!({"status": all}));
        self.began = self.case.entries().len();
        self.case.controller(self.instance)
    }

    /// Since our controller started there were never other ReplicaSets, fewer ready pods, or a step back.
    pub(crate) fn goes_on(&self, least: usize) {
        let names = |seen: &Seen| seen.sets(DEMO).map(|set| hash_of(set).to_owned()).collect::<Vec<_>>();
        let (mut number, mut sets, mut step) = (0, vec![], None);
        self.case.replay(|seen, _| {
            number += 1;
            if number == self.began {
                (sets, step) = (names(seen), seen.step(DEMO));
            } else if number > self.began {
                assert_eq!(names(seen), sets, "another ReplicaSet");
                assert!(seen.step(DEMO) >= step, "from step {step:?} to {:?}", seen.step(DEMO));
                assert!(seen.ready(DEMO) >= least, "only {} pods were ready", seen.ready(DEMO));
                step = seen.step(DEMO);
            }
        });
    }
}

/// What the status counts, and what never changes.
fn counted(seen: &Seen, current: &str) -> Map<String, Value> {
    let count = |hash: Option<&str>| -> i64 {
        let sets = seen.sets(DEMO).filter(|set| hash.is_none_or(|hash| hash_of(set) == hash));
        sets.filter_map(|set| set["spec"]["replicas"].as_i64()).sum()
    };
    let all = count(None);
    let status = json!({
        "observedGeneration": seen.rollout(DEMO)["metadata"]["generation"].to_string(),
        "replicas": all, "readyReplicas": all, "availableReplicas": all, "HPAReplicas": all,
        "updatedReplicas": count(Some(current)),
        "selector": format!("app={DEMO}"),
    });
    status.as_object().cloned().unwrap_or_default()
}

/// Conditions as the peer writes them: type, status, reason, message.
pub(crate) fn conditions(all: &[(&str, &str, &str, &str)]) -> Value {
    let at = "2026-01-31T12:00:00Z";
    all.iter()
        .map(|(of, status, reason, message)| {
            json!({
                "type": of, "status": status, "reason": reason, "message": message,
                "lastUpdateTime": at, "lastTransitionTime": at,
            })
        })
        .collect()
}

pub(crate) const AVAILABLE: (&str, &str, &str, &str) =
    ("Available", "True", "AvailableReason", "Rollout has minimum availability");
pub(crate) const COMPLETED: (&str, &str, &str, &str) =
    ("Completed", "True", "RolloutCompleted", "RolloutCompleted");
pub(crate) const NOT_COMPLETED: (&str, &str, &str, &str) =
    ("Completed", "False", "RolloutCompleted", "RolloutCompleted");
pub(crate) const HEALTHY: (&str, &str, &str, &str) =
    ("Healthy", "True", "RolloutHealthy", "Rollout is healthy");
pub(crate) const NOT_HEALTHY: (&str, &str, &str, &str) =
    ("Healthy", "False", "RolloutHealthy", "Rollout is not healthy");
pub(crate) const PAUSED: (&str, &str, &str, &str) = ("Paused", "True", "RolloutPaused", "Rollout is paused");
pub(crate) const NOT_PAUSED: (&str, &str, &str, &str) =
    ("Paused", "False", "RolloutPaused", "Rollout is paused");
pub(crate) const STANDS: (&str, &str, &str, &str) =
    ("Progressing", "Unknown", "RolloutPaused", "Rollout is paused");
