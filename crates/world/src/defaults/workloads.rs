//! ReplicaSets, Deployments, StatefulSets and Jobs.

use serde_json::{Value, json};

use super::pod::pod_spec;
use crate::meta::{self, default};

pub(crate) fn replica_set(object: &mut Value) {
    default(object, &["spec", "replicas"], 1);
    default(object, &["status", "replicas"], 0);
    template(object);
}

pub(crate) fn deployment(object: &mut Value) {
    default(object, &["spec", "replicas"], 1);
    default(object, &["spec", "revisionHistoryLimit"], 10);
    default(object, &["spec", "progressDeadlineSeconds"], 600);
    default(object, &["spec", "strategy", "type"], "RollingUpdate");
    if object["spec"]["strategy"]["type"] == "RollingUpdate" {
        default(object, &["spec", "strategy", "rollingUpdate", "maxSurge"], "25%");
        default(object, &["spec", "strategy", "rollingUpdate", "maxUnavailable"], "25%");
    }
    default(object, &["status"], json!({}));
    template(object);
}

pub(crate) fn stateful_set(object: &mut Value) {
    default(object, &["spec", "replicas"], 1);
    default(object, &["spec", "revisionHistoryLimit"], 10);
    default(object, &["spec", "podManagementPolicy"], "OrderedReady");
    default(object, &["status", "replicas"], 0);
    template(object);
}

/// A Job gets a selector of its own unless it asks to choose it.
pub(crate) fn job(object: &mut Value) {
    default(object, &["spec", "completions"], 1);
    default(object, &["spec", "parallelism"], 1);
    default(object, &["spec", "backoffLimit"], 6);
    default(object, &["spec", "completionMode"], "NonIndexed");
    default(object, &["spec", "suspend"], false);
    default(object, &["status"], json!({}));
    if object["spec"]["manualSelector"] != true {
        let name = meta::name(object).to_owned();
        let labels = meta::map_at(object, &["spec", "template", "metadata", "labels"]);
        for key in ["batch.kubernetes.io/job-name", "job-name"] {
            labels.insert(key.to_owned(), name.clone().into());
        }
        default(
            object,
            &["spec", "selector"],
            json!({"matchLabels": {"batch.kubernetes.io/job-name": name}}),
        );
    }
    template(object);
}

fn template(object: &mut Value) {
    if let Some(spec) = meta::at_mut(object, &["spec", "template", "spec"]).filter(|spec| spec.is_object()) {
        pod_spec(spec);
    }
}
