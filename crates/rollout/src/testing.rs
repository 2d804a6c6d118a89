//! For unit tests over the tables of `fixtures/rollout`: plans from a few figures, and a line for each row, which
//! `cargo xtask test vectors` counts.

use std::fmt::Debug;
use std::sync::Arc;

use crd::{ReplicaSet, Rollout, names};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::observed::Observed;
use crate::plan::Plan;

/// Compares row by row; says at the end which are wrong.
#[derive(Default)]
pub(crate) struct Rows {
    wrong: Vec<String>,
}

impl Rows {
    pub(crate) fn row<T: PartialEq + Debug>(&mut self, id: &str, found: T, wanted: T) {
        if found == wanted {
            println!("VECTOR {id} passed");
        } else {
            let wrong = format!("{id}: {found:?} instead of {wanted:?}");
            println!("VECTOR {id} failed {wrong}");
            self.wrong.push(wrong);
        }
    }

    pub(crate) fn end(self) {
        assert!(self.wrong.is_empty(), "{}", self.wrong.join("\n"));
    }
}

/// Rows as they stand in a table.
pub(crate) fn read<T: DeserializeOwned>(table: &str) -> T {
    crd::yaml::from_str(table).unwrap()
}

/// What is observed of `rollout` with the stable and the new version, each as wanted and available pods.
pub(crate) fn observed(rollout: &Value, stable: Option<(i32, i32)>, new: Option<(i32, i32)>) -> Observed {
    let mut whole =
        json!({"status": {"currentPodHash": "new", "stableRS": "stable", "observedGeneration": "0"}});
    json_patch::merge(&mut whole, rollout);
    let rollout: Rollout = serde_json::from_value(whole).unwrap();
    let sets = [("stable", stable), ("new", new)];
    let sets = sets.into_iter().filter_map(|(hash, size)| Some(Arc::new(set(hash, size?)))).collect();
    Observed { rollout: Arc::new(rollout), replica_sets: sets, ..Observed::default() }
}

/// A ReplicaSet with wanted and available pods.
pub(crate) fn set(hash: &str, (wanted, available): (i32, i32)) -> ReplicaSet {
    let set = json!({
        "metadata": {"name": hash, "labels": {names::POD_TEMPLATE_HASH: hash}},
        "spec": {"replicas": wanted},
        "status": {"replicas": wanted, "availableReplicas": available},
    });
    serde_json::from_value(set).unwrap()
}

/// A canary's plan with these roles, before any phase.
pub(crate) fn plan(observed: &Observed) -> Plan<'_> {
    let canary = observed.rollout.canary().unwrap();
    let mut plan = Plan::new(observed, Arc::clone(&observed.rollout), canary, Timestamp::UNIX_EPOCH);
    plan.sets.all.clone_from(&observed.replica_sets);
    let new = plan.sets.all.iter().position(|set| set.hash() == observed.rollout.status.current_pod_hash);
    plan.sets.assign(new, &observed.rollout.status.stable_rs);
    plan
}
