//! The objects of a case, one by one.

use std::collections::BTreeMap;
use std::sync::Arc;

use crd::{AnalysisRun, AnalysisTemplate, Experiment, Pod, PodTemplate, ReplicaSet, names};
use serde_json::{Value, json};

use crate::harness::{Cluster, merge, yaml};

/// The number of a version: 2 for `v2`.
pub(super) fn number(version: &str) -> i64 {
    version.trim_start_matches('v').parse().unwrap_or_else(|_| panic!("no version: {version}"))
}

/// `10/90` as two numbers.
pub(super) fn pair(text: &str) -> Option<(i32, i32)> {
    let (one, other) = text.split_once('/')?;
    Some((one.parse().expect("a number"), other.parse().expect("a number")))
}

/// The template of a version.
fn template(cluster: &Cluster, version: &str) -> PodTemplate {
    let mut value = serde_json::to_value(&cluster.rollout.spec.template).expect("JSON");
    if let Some(image) = value.pointer_mut("/spec/containers/0/image") {
        *image = json!(format!("demo:{version}"));
    }
    serde_json::from_value(value).expect("a template")
}

/// The hash of a version's template; empty for `-`.
pub(super) fn hash(cluster: &Cluster, version: &str) -> String {
    if version == "-" {
        return String::new();
    }
    let marked = cluster.sets.iter().find(|set| super::view::version(set) == version);
    marked.map_or_else(
        || crd::hash::pod_template(&template(cluster, version), None),
        |set| set.hash().to_owned(),
    )
}

/// The revision that a ReplicaSet is given, its number when nothing else is said.
pub(super) fn revision(version: &str, given: &Value) -> String {
    given.get("revision").and_then(Value::as_str).map_or_else(|| number(version).to_string(), str::to_owned)
}

/// A ReplicaSet: `wanted/available`, or `{is, revision, desired, deadline, patch}` with a merge patch of the object.
pub(super) fn set(cluster: &Cluster, version: &str, given: &Value) -> ReplicaSet {
    let text = |field: &str| given.get(field).and_then(Value::as_str);
    let (wanted, available) =
        pair(given.as_str().or(text("is")).expect("wanted/available")).expect("two numbers");
    let hash = hash(cluster, version);
    let mut template = template(cluster, version);
    template.metadata.labels.insert(names::POD_TEMPLATE_HASH.to_owned(), hash.clone());
    let labels = json!({"app": "demo", names::POD_TEMPLATE_HASH: hash});
    let age = -1_000 + 10 * number(version);
    let replicas = cluster.rollout.replicas().to_string();
    let annotations = json!({
        names::REVISION: revision(version, given),
        names::DESIRED_REPLICAS: text("desired").unwrap_or(&replicas),
        names::SCALE_DOWN_DEADLINE: text("deadline"),
    });
    let mut object = json!({
        "metadata": {
            "name": format!("demo-{hash}"), "namespace": "ns", "uid": format!("uid-{version}"),
            "creationTimestamp": crd::Time::from(cluster.now).plus_seconds(age),
            "labels": labels,
            "ownerReferences": [{"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "demo",
                "uid": "rollout-uid", "controller": true, "blockOwnerDeletion": true}],
        },
        "spec": {"replicas": wanted, "selector": {"matchLabels": labels}, "template": template},
        "status": {"replicas": wanted.max(available), "readyReplicas": available, "availableReplicas": available},
    });
    merge(&mut object, &json!({"metadata": {"annotations": annotations}}));
    merge(&mut object, given.get("patch").unwrap_or(&json!({})));
    serde_json::from_value(object.clone()).unwrap_or_else(|error| panic!("{error}: {object}"))
}

/// The figures that a status at rest has.
pub(super) fn counts(cluster: &Cluster, current: &str) -> Value {
    let sum = |count: fn(&ReplicaSet) -> i32| cluster.sets.iter().map(count).sum::<i32>();
    let updated =
        cluster.sets.iter().filter(|set| set.hash() == current).map(|set| set.status.replicas).sum::<i32>();
    let replicas = sum(|set| set.status.replicas);
    json!({
        "replicas": replicas, "HPAReplicas": replicas, "updatedReplicas": updated,
        "readyReplicas": sum(|set| set.status.ready_replicas),
        "availableReplicas": sum(|set| set.status.available_replicas),
    })
}

/// The conditions that a status at rest has, with those of the case over them; `null` takes one away.
pub(super) fn conditions(cluster: &Cluster, status: &Value, given: &BTreeMap<String, Value>) -> Value {
    let count = |field: &str| status.get(field).and_then(Value::as_i64).unwrap_or(0);
    let word = |holds: bool| if holds { "True" } else { "False" };
    let enough = count("availableReplicas") >= i64::from(cluster.rollout.replicas());
    let completed = status["stableRS"] == status["currentPodHash"];
    let paused =
        cluster.rollout.spec.paused || status.get("pauseConditions").is_some_and(|list| !list.is_null());
    let condition = |kind: &str, status: &str, reason: &str, message: &str| {
        let at = |seconds| crd::Time::from(cluster.now).plus_seconds(seconds);
        json!({"type": kind, "status": status, "reason": reason, "message": message,
            "lastUpdateTime": at(-10), "lastTransitionTime": at(-60)})
    };
    let minimum = if enough { "has" } else { "does not have" };
    let mut list = vec![
        condition(
            "Available",
            word(enough),
            "AvailableReason",
            &format!("Rollout {minimum} minimum availability"),
        ),
        condition("Completed", word(completed), "RolloutCompleted", "RolloutCompleted"),
    ];
    if paused {
        list.push(condition("Progressing", "Unknown", "RolloutPaused", "Rollout is paused"));
        list.push(condition("Paused", "True", "RolloutPaused", "Rollout is paused"));
    } else {
        list.push(condition("Progressing", "True", "ReplicaSetUpdated", "ReplicaSet is progressing."));
    }
    for (kind, change) in given {
        let position = list.iter().position(|condition| condition["type"] == json!(kind));
        match (position, change) {
            (Some(position), Value::Null) => drop(list.remove(position)),
            (Some(position), change) => merge(&mut list[position], change),
            (None, Value::Null) => {}
            (None, change) => {
                let mut added = condition(kind, "True", "", "");
                merge(&mut added, change);
                list.push(added);
            }
        }
    }
    Value::Array(list)
}

/// A pod: `version age remarks`, where the age is a Go duration before now, and remarks are `unavailable`,
/// `terminating` and `foreign` (controlled by somebody else).
pub(super) fn pod(cluster: &Cluster, text: &str) -> Pod {
    let words: Vec<&str> = text.split(' ').collect();
    let (version, age, remarks) = (words[0], words[1], &words[2..]);
    let age = crd::duration::parse(age).expect("an age").as_secs().cast_signed();
    let at = |seconds: i64| crd::Time::from(cluster.now).plus_seconds(seconds);
    let is = |remark: &str| remarks.contains(&remark);
    let owner = if is("foreign") { "uid-of-somebody".to_owned() } else { format!("uid-{version}") };
    let template = template(cluster, version);
    let mut object = json!({
        "metadata": {
            "name": format!("pod-{}", cluster.pods.len()), "namespace": "ns", "creationTimestamp": at(-age),
            "labels": template.metadata.labels,
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "set", "uid": owner,
                "controller": true}],
        },
        "status": {"conditions": [{"type": "Ready", "status": if is("unavailable") { "False" } else { "True" },
            "lastTransitionTime": at(-age)}]},
    });
    if is("terminating") {
        object["metadata"]["deletionTimestamp"] = json!(at(0));
    }
    serde_json::from_value(object).expect("a pod")
}

/// An AnalysisRun with a merge patch over the usual one.
pub(super) fn run(cluster: &Cluster, given: &Value) -> AnalysisRun {
    let mut object = json!({
        "metadata": {"namespace": "ns", "uid": "uid-of-the-run", "creationTimestamp": crd::Time::from(cluster.now)},
        "spec": {"metrics": []},
    });
    merge(&mut object, given);
    serde_json::from_value(object).expect("an AnalysisRun")
}

/// An Experiment.
pub(super) fn experiment(cluster: &Cluster, given: &Value) -> Experiment {
    let mut object = json!({
        "metadata": {"namespace": "ns", "uid": "uid-of-the-experiment", "creationTimestamp": crd::Time::from(cluster.now)},
        "spec": {"templates": []},
    });
    merge(&mut object, given);
    serde_json::from_value(object).expect("an Experiment")
}

/// An analysis template with one metric.
pub(super) fn analysis_template(name: &str) -> Arc<AnalysisTemplate> {
    Arc::new(yaml(&format!("{{metadata: {{name: {name}}}, spec: {{metrics: [{{name: rate, count: 1}}]}}}}")))
}

/// The names of the stable and the canary Service in routes: two that take turns when no role is fixed.
pub(super) fn backends(cluster: &Cluster) -> (String, String) {
    let Some(canary) = cluster.rollout.canary() else { return (String::new(), String::new()) };
    let fixed = !canary.stable_service.is_empty() || !canary.canary_service.is_empty();
    match canary.ping_pong.as_ref().filter(|_| !fixed) {
        Some(pair) if cluster.rollout.status.canary.stable_ping_pong == "ping" => {
            (pair.ping_service.clone(), pair.pong_service.clone())
        }
        Some(pair) => (pair.pong_service.clone(), pair.ping_service.clone()),
        None => (canary.stable_service.clone(), canary.canary_service.clone()),
    }
}

/// Moves template and selector of the Rollout into the Deployment that it refers to.
pub(super) fn refer_to_deployment(cluster: &mut Cluster, pods: i32) {
    let spec = &mut cluster.rollout.spec;
    let (template, selector) = (std::mem::take(&mut spec.template), spec.selector.take());
    let deployment = json!({
        "metadata": {"name": "work", "namespace": "ns", "generation": 1},
        "spec": {"replicas": pods, "selector": selector, "template": template},
    });
    cluster.routes.insert(crd::ObjectKey::new(crd::Kind::DEPLOYMENT, "ns", "work"), deployment);
}
