//! Experiments by the rows of spec experiment-02 4, as a table (fixtures/analysis/cases/x-experiments.yaml).

use std::collections::BTreeMap;
use std::sync::Arc;

use aviary_rollout::experiment::{self, Decision, Observed, Refusal};
use aviary_rollout::{Action, Timestamp};
use crd::{Experiment, Kind, ObjectKey, ReplicaSet, Time};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::harness::{Cluster, merge, yaml};
use crate::vectors::{matches, report};

const TABLE: &str = include_str!("../../../../fixtures/analysis/cases/x-experiments.yaml");

/// One case: an Experiment that runs, but for what it says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Case {
    id: String,
    part: String,
    #[serde(rename = "about")]
    _about: String,
    deviates: String,
    /// Names of templates; `bar` when absent.
    templates: Vec<String>,
    /// The Service of each template.
    service: Value,
    /// The ports of each container.
    ports: Value,
    /// More of the spec.
    spec: Value,
    analyses: Value,
    /// Analyses `a0`, `a1`, ... that must succeed, by phase.
    required: Vec<String>,
    /// The same, and they need not.
    optional: Vec<String>,
    /// Whether nothing was reconciled yet.
    fresh: bool,
    phase: String,
    /// Where each template stands.
    codes: String,
    /// For how long all templates have been available.
    available: String,
    /// More of the status.
    status: Value,
    /// ReplicaSets by template: `wanted/available`.
    sets: BTreeMap<String, String>,
    /// The hash that they carry.
    hash: String,
    /// When their pods may go.
    deadline: String,
    /// Whether each is there twice.
    twice: bool,
    /// Services by name, with their template.
    services: BTreeMap<String, String>,
    /// AnalysisRuns as the case's analyses would create them, by phase.
    runs: BTreeMap<String, String>,
    /// What the API server refuses: `Kind/name`, and why.
    refused: BTreeMap<String, String>,
    expect: Value,
    then: Vec<Pass>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Pass {
    sets: BTreeMap<String, String>,
    expect: Value,
}

fn now() -> Timestamp {
    "2026-01-31T12:00:00Z".parse().unwrap()
}

/// `@-10s` is ten seconds before the pass.
fn times(value: &mut Value) {
    match value {
        Value::String(text) if text.starts_with('@') => {
            let (back, length) = match text.trim_start_matches('@').split_at_checked(1) {
                Some(("-", length)) => (true, length),
                Some(("+", length)) => (false, length),
                _ => (false, "0"),
            };
            let seconds = crd::duration::parse(length).unwrap().as_secs().cast_signed();
            let moment = now() + SignedDuration::from_secs(if back { -seconds } else { seconds });
            *text = Time::from(moment).to_string();
        }
        Value::Array(items) => items.iter_mut().for_each(times),
        Value::Object(fields) => fields.values_mut().for_each(times),
        _ => {}
    }
}

fn lay(into: &mut Value, patch: &Value) {
    if !patch.is_null() {
        merge(into, patch);
    }
}

impl Case {
    fn names(&self) -> Vec<&str> {
        if self.templates.is_empty() {
            vec!["bar"]
        } else {
            self.templates.iter().map(String::as_str).collect()
        }
    }

    fn experiment(&self) -> Experiment {
        let template = |name: &&str| {
            let mut template = json!({
                "name": name, "selector": {"matchLabels": {"app": name}},
                "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}},
            });
            let port = json!([{"containerPort": 8080}]);
            let ports = if self.ports.is_null() { &port } else { &self.ports };
            template["template"]["spec"]["containers"][0]["ports"].clone_from(ports);
            if !self.service.is_null() {
                template["service"] = self.service.clone();
            }
            template
        };
        let templates: Vec<Value> = self.names().iter().map(template).collect();
        let mut experiment = json!({
            "metadata": {"name": "foo", "namespace": "ns", "uid": "uid-of-foo"},
            "spec": {"templates": templates},
        });
        lay(&mut experiment["spec"], &self.spec);
        let analyses = self.given().map(|(name, _, required)| {
            json!({"name": name, "templateName": "rates", "requiredForCompletion": required})
        });
        let analyses: Vec<Value> =
            analyses.chain(self.analyses.as_array().cloned().into_iter().flatten()).collect();
        experiment["spec"]["analyses"] = json!(analyses);
        let mut status = if self.fresh { json!({}) } else { self.running() };
        lay(&mut status, &self.status);
        experiment["status"] = status;
        serde_json::from_value(experiment.clone()).unwrap_or_else(|error| panic!("{error}: {experiment}"))
    }

    /// The analyses that have a run: name, phase, and whether they are required.
    fn given(&self) -> impl Iterator<Item = (String, &str, bool)> {
        let required = self.required.iter().map(|phase| (phase, true));
        let all = required.chain(self.optional.iter().map(|phase| (phase, false)));
        all.enumerate().map(|(index, (phase, required))| (format!("a{index}"), phase.as_str(), required))
    }

    fn running(&self) -> Value {
        let code = if self.codes.is_empty() { "Running" } else { &self.codes };
        let of = |name: &&str| {
            let set = self.sets.get(*name).map_or("0/0", String::as_str);
            let (wanted, available) = set.split_once('/').unwrap();
            let [wanted, available] = [wanted, available].map(|count| count.parse::<i32>().unwrap());
            json!({
                "name": name, "status": code, "lastTransitionTime": Time::from(now() - SignedDuration::from_secs(60)),
                "replicas": wanted, "updatedReplicas": wanted, "readyReplicas": available, "availableReplicas": available,
            })
        };
        let available = if self.available.is_empty() { "10s" } else { &self.available };
        let available = crd::duration::parse(available).unwrap();
        let runs = self.given().map(
            |(name, phase, _)| json!({"name": name, "analysisRun": format!("foo-{name}"), "phase": phase}),
        );
        json!({
            "phase": if self.phase.is_empty() { "Running" } else { &self.phase },
            "availableAt": Time::from(now() - SignedDuration::try_from(available).unwrap()),
            "templateStatuses": self.names().iter().map(of).collect::<Vec<_>>(),
            "analysisRuns": runs.collect::<Vec<_>>(),
            "conditions": [{"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable",
                "message": "", "lastUpdateTime": "2026-01-31T11:00:00Z", "lastTransitionTime": "2026-01-31T11:00:00Z"}],
        })
    }

    fn owned(&self, template: &str) -> Value {
        json!({
            "namespace": "ns", "uid": format!("uid-of-{template}"),
            "annotations": {"experiment.argoproj.io/name": "foo", "experiment.argoproj.io/template-name": template},
            "ownerReferences": [{"kind": "Experiment", "name": "foo", "uid": "uid-of-foo", "controller": true}],
        })
    }

    fn set(&self, experiment: &Experiment, template: &str, size: &str) -> Arc<ReplicaSet> {
        let (wanted, available) = size.split_once('/').unwrap();
        let [wanted, available] = [wanted, available].map(|count| count.parse::<i32>().unwrap());
        let mut metadata = self.owned(template);
        metadata["name"] = json!(format!("foo-{template}"));
        let hash = if self.hash.is_empty() { "hash" } else { &self.hash };
        metadata["labels"] = json!({"app": template, crd::names::POD_TEMPLATE_HASH: hash});
        if !self.deadline.is_empty() {
            metadata["annotations"][crd::names::SCALE_DOWN_DEADLINE] = json!(self.deadline);
        }
        let pods =
            experiment.spec.templates.iter().find(|known| known.name == template).map(|it| &it.template);
        let status = json!({"replicas": wanted, "readyReplicas": available, "availableReplicas": available});
        let set =
            json!({"metadata": metadata, "spec": {"replicas": wanted, "template": pods}, "status": status});
        Arc::new(serde_json::from_value(set).unwrap())
    }

    fn observed(&self) -> Observed {
        let experiment = self.experiment();
        let templates = yaml(
            "{metadata: {name: rates, namespace: ns}, spec: {args: [{name: x, value: none}], metrics: [{name: rate, count: 1}]}}",
        );
        let mut observed = Observed::default();
        observed.templates.namespaced.insert("rates".to_owned(), Arc::new(templates));
        for (template, size) in &self.sets {
            observed.replica_sets.push(self.set(&experiment, template, size));
            if self.twice {
                observed.replica_sets.push(self.set(&experiment, template, size));
            }
        }
        for (name, template) in &self.services {
            let mut metadata = self.owned(template);
            metadata["name"] = json!(name);
            observed.services.push(Arc::new(serde_json::from_value(json!({"metadata": metadata})).unwrap()));
        }
        let given = self.given().map(|(name, phase, _)| (format!("foo-{name}"), phase.to_owned()));
        for (name, phase) in given.chain(self.runs.clone()) {
            let run = json!({
                "metadata": {"name": name}, "status": {"phase": phase},
                "spec": {"args": [{"name": "x", "value": "none"}], "metrics": [{"name": "rate", "count": 1}]},
            });
            observed.analysis_runs.push(Arc::new(serde_json::from_value(run).unwrap()));
        }
        for (object, why) in &self.refused {
            let (kind, name) = object.split_once('/').unwrap();
            let kind = if kind == "Service" { Kind::SERVICE } else { Kind::REPLICA_SET };
            let refusal = if why == "exists" { Refusal::Exists } else { Refusal::Because(why.clone()) };
            observed.refused.insert(ObjectKey::new(kind, "ns", name.to_owned()), refusal);
        }
        observed.experiment = Arc::new(experiment);
        observed
    }
}

/// What can be seen of a pass.
fn view(observed: &Observed, decision: &Decision) -> Value {
    let stored = &observed.experiment.status;
    let status = decision.status.as_ref().unwrap_or(stored);
    let created = decision.actions.iter().filter_map(|action| match action {
        Action::Create { key, object } => Some((key.name.clone(), object.clone())),
        _ => None,
    });
    let annotations = decision.actions.iter().find_map(|action| match action {
        Action::Scale { annotations, .. } => Some(annotations.iter().cloned().collect::<BTreeMap<_, _>>()),
        _ => None,
    });
    let told = |kind: &str| status.conditions.iter().find(|condition| condition.kind == kind);
    let message = [&status.message]
        .into_iter()
        .chain(status.template_statuses.iter().map(|it| &it.message))
        .chain(status.analysis_runs.iter().map(|it| &it.message))
        .find(|text| !text.is_empty());
    let first = status.template_statuses.first();
    json!({
        "actions": decision.actions.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "created": created.collect::<Map<_, _>>(),
        "annotations": annotations,
        "events": decision.events.iter().map(|event| format!("{} {}", event.reason, event.message)).collect::<Vec<_>>(),
        "phase": status.phase,
        "message": message,
        "availableAt": status.available_at,
        "templates": status.template_statuses.iter().map(|it| (it.name.clone(), json!(it.code))).collect::<Map<_, _>>(),
        "analyses": status.analysis_runs.iter()
            .map(|it| (it.name.clone(), json!(it.phase.map_or("", crd::AnalysisPhase::as_str)))).collect::<Map<_, _>>(),
        "serviceName": first.map(|it| &it.service_name),
        "collisions": first.and_then(|it| it.collision_count),
        "progressing": told("Progressing").map(|it| format!("{} {}", it.status, it.reason)),
        "invalid": told("InvalidSpec").map(|it| &it.message),
        "requeue": decision.requeue_after.map(|after| after.as_secs()),
        "patch": decision.status.as_ref().and_then(|new| experiment::status_patch(stored, new)),
    })
}

/// Of events those that are named must be among what was told; of everything else the whole must match.
fn compare(expected: &Value, seen: &Value, at: &str, wrong: &mut Vec<String>) {
    let mut expected = expected.clone();
    let events = expected.as_object_mut().and_then(|fields| fields.remove("events"));
    for wanted in events.iter().filter_map(Value::as_array).flatten() {
        if !seen["events"].as_array().is_some_and(|told| told.contains(wanted)) {
            wrong.push(format!("{at}: {wanted} was not told, but {}", seen["events"]));
        }
    }
    // Texts of actions may have open ends.
    if let Some(Value::Array(wanted)) = expected.as_object_mut().and_then(|fields| fields.remove("actions")) {
        let told = seen["actions"].as_array().cloned().unwrap_or_default();
        if wanted.len() != told.len() {
            wrong.push(format!("{at}.actions: {told:?} instead of {wanted:?}"));
        }
        for (wanted, told) in wanted.iter().zip(&told) {
            matches::compare(wanted, told, &format!("{at}.actions"), wrong);
        }
    }
    matches::compare(&expected, seen, at, wrong);
}

fn carry_out(case: &Case) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut observed = case.observed();
    let passes = if case.then.is_empty() {
        vec![Pass { expect: case.expect.clone(), ..Pass::default() }]
    } else {
        case.then.clone()
    };
    for (index, pass) in passes.iter().enumerate() {
        if !pass.sets.is_empty() {
            let experiment = Arc::clone(&observed.experiment);
            observed.replica_sets =
                pass.sets.iter().map(|(template, size)| case.set(&experiment, template, size)).collect();
        }
        let decision = experiment::reconcile(&observed, now());
        compare(&pass.expect, &view(&observed, &decision), &format!(" pass {}", index + 1), &mut wrong);
        if let Some(status) = decision.status {
            Arc::make_mut(&mut observed.experiment).status = status;
        }
    }
    wrong
}

#[test]
fn experiments_come_go_and_are_judged() {
    let mut table: Value = yaml(TABLE);
    times(&mut table);
    let mut failed = Vec::new();
    for case in table["cases"].as_array().unwrap() {
        let case: Case =
            serde_json::from_value(case.clone()).unwrap_or_else(|error| panic!("{error}: {case}"));
        let wrong = carry_out(&case);
        match (wrong.is_empty(), case.deviates.is_empty()) {
            (false, _) => report(&case.id, "failed", &wrong.join("; ")),
            (true, false) => report(&case.id, "deviates", &case.deviates),
            (true, true) => report(&case.id, "passed", ""),
        }
        failed.extend(wrong.iter().map(|what| format!("{} {}:{what}", case.id, case.part)));
    }
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
}

/// Row X42: limits of successful and unsuccessful ones, and how many of five each are deleted.
#[test]
fn finished_experiments_beyond_the_limits_go() {
    for (good, bad, deleted) in [(1, 0, 9), (5, 0, 5), (0, 1, 9), (0, 0, 10), (4, 4, 2), (10, 10, 0)] {
        let mut cluster = Cluster::new("{replicas: 1, strategy: {canary: {}}}");
        for _ in 0..8 {
            let decision = cluster.decide();
            cluster.carry_out(&decision);
            cluster.settle();
        }
        let limits = json!({"successfulRunHistoryLimit": good, "unsuccessfulRunHistoryLimit": bad});
        cluster.edit(&json!({"spec": {"analysis": limits}}));
        let hash = cluster.sets[0].hash().to_owned();
        let unsuccessful = ["Failed", "Error", "Inconclusive", "Failed", "Failed"];
        for (index, phase) in ["Successful"; 5].into_iter().chain(unsuccessful).enumerate() {
            let experiment = json!({
                "metadata": {"name": format!("e{index}"), "uid": format!("e{index}"), "labels": {crd::names::POD_TEMPLATE_HASH: hash}},
                "status": {"phase": phase},
            });
            cluster.experiments.push(serde_json::from_value(experiment).unwrap());
        }
        let decision = cluster.decide();
        let gone = decision
            .actions
            .iter()
            .filter(|action| matches!(action, Action::Delete { key, .. } if key.kind == Kind::EXPERIMENT));
        let count = gone.count();
        report("X42", if count == deleted { "passed" } else { "failed" }, "");
        assert_eq!(count, deleted, "limits {good}, {bad}");
    }
}
