//! AnalysisRuns of a canary: created, judged, ended.

use std::sync::Arc;

use aviary_rollout::analysis::ACCEPT_NO_SUCCESS;
use aviary_rollout::{Action, Decision, events};
use crd::{AnalysisPhase, RolloutPhase, names};
use serde_json::json;

use crate::harness::{Cluster, yaml};

const STEP: &str = "
replicas: 2
strategy: {canary: {steps: [{setWeight: 50}, {analysis: {templates: [{templateName: errors}],
  args: [{name: hash, valueFrom: {podTemplateHashValue: Latest}}]}}]}}
";
const EXTRA: &str = "
replicas: 2
selector: {matchLabels: {app: demo, tier: selector}}
template: {metadata: {labels: {app: demo, tier: selector}}}
strategy: {canary: {steps: [{setWeight: 50}, {analysis: {templates: [{templateName: errors, clusterScope: true}],
  args: [{name: hash, value: x}], analysisRunMetadata: {
    labels: {rollout-type: mine, tier: metadata, own: label}, annotations: {own: annotation}}}}]}}
";
const BACKGROUND: &str = "
replicas: 2
strategy: {canary: {analysis: {templates: [{templateName: errors}], args: [{name: hash, value: x}]},
  steps: [{setWeight: 50}, {pause: {}}]}}
";

fn step(cluster: &mut Cluster) -> Decision {
    let decision = cluster.decide();
    cluster.carry_out(&decision);
    cluster.settle();
    decision
}

fn until_run(spec: &str) -> Cluster {
    until_first_run(with_template(spec))
}

fn with_template(spec: &str) -> Cluster {
    let mut cluster = Cluster::new(spec);
    let template =
        yaml("{metadata: {name: errors}, spec: {args: [{name: hash}], metrics: [{name: rate, count: 1}]}}");
    cluster.templates.namespaced.insert("errors".to_owned(), Arc::new(template));
    cluster.templates.cluster.clone_from(&cluster.templates.namespaced);
    cluster
}

fn until_first_run(mut cluster: Cluster) -> Cluster {
    for pass in 0..30 {
        if pass == 8 {
            cluster.set_image("demo:v2");
        }
        let _ = step(&mut cluster);
        if !cluster.runs.is_empty() {
            return cluster;
        }
    }
    panic!("no run: {:?}", cluster.rollout.status);
}

fn ends(cluster: &mut Cluster, phase: AnalysisPhase) {
    cluster.runs[0].status.phase = Some(phase);
    "rate was 7".clone_into(&mut cluster.runs[0].status.message);
}

#[test]
fn a_step_run_carries_its_role_and_the_hash_it_judges() {
    let cluster = until_run(STEP);
    let (run, new) = (&cluster.runs[0], &cluster.sets[1]);
    assert_eq!(run.metadata.name, format!("demo-{}-2-1", new.hash()));
    let label = |key| run.metadata.label(key);
    assert_eq!((label(names::ROLLOUT_TYPE), label(names::STEP_INDEX)), ("Step", "1"));
    assert_eq!(run.spec.args[0].value.as_deref(), Some(new.hash()));
    assert_eq!(
        cluster.rollout.status.canary.current_step_analysis_run_status.as_ref().map(|run| &run.name),
        Some(&run.metadata.name)
    );
}

#[test]
fn a_successful_step_run_completes_the_step() {
    let mut cluster = until_run(STEP);
    ends(&mut cluster, AnalysisPhase::Successful);
    let decision = step(&mut cluster);
    let told: Vec<&str> = decision.events.iter().map(|event| event.reason).collect();
    assert_eq!(told, ["AnalysisRunSuccessful", events::ROLLOUT_STEP_COMPLETED]);
    assert_eq!(cluster.rollout.status.current_step_index, Some(2));
}

#[test]
fn a_failed_background_run_brings_the_update_back() {
    let mut cluster = until_run(BACKGROUND);
    ends(&mut cluster, AnalysisPhase::Failed);
    let _ = step(&mut cluster);
    let status = &cluster.rollout.status;
    assert!(status.abort);
    assert_eq!(
        status.message,
        "RolloutAborted: Rollout aborted update to revision 2: Background analysis phase error/failed: rate was 7"
    );
}

#[test]
fn no_background_run_begins_while_the_status_knows_of_no_new_version() {
    let mut cluster = with_template(BACKGROUND);
    for pass in 0..30 {
        if pass == 8 {
            cluster.set_image("demo:v2");
        }
        let mut unknown = cluster.clone();
        unknown.edit(&json!({"status": {"currentPodHash": null}}));
        let _ = step(&mut unknown);
        assert!(unknown.runs.is_empty(), "{:?}", unknown.rollout.status);
        let _ = step(&mut cluster);
        if !cluster.runs.is_empty() {
            return;
        }
    }
    panic!("no run: {:?}", cluster.rollout.status);
}

#[test]
fn an_undecided_run_asks_a_person_and_going_on_measures_again() {
    let mut cluster = until_run(STEP);
    ends(&mut cluster, AnalysisPhase::Inconclusive);
    for _ in 0..3 {
        let _ = step(&mut cluster);
    }
    assert_eq!(cluster.rollout.status.phase, Some(RolloutPhase::Paused));
    assert_eq!(cluster.rollout.status.message, "InconclusiveAnalysisRun");
    cluster.edit(&json!({"status": {"pauseConditions": null}}));
    for _ in 0..3 {
        let _ = step(&mut cluster);
    }
    assert_eq!(cluster.runs.len(), 2);
    assert!(cluster.runs[1].metadata.name.ends_with("-2-1.1"));
}

#[test]
fn an_abort_ends_every_run() {
    let mut cluster = until_run(BACKGROUND);
    cluster.edit(&json!({"status": {"abort": true}}));
    let _ = step(&mut cluster);
    assert!(cluster.runs[0].spec.terminate);
}

#[test]
fn labels_and_annotations_are_the_controllers_then_those_asked_for_then_those_of_the_selector() {
    let mut cluster = with_template(EXTRA);
    cluster.edit(&json!({"metadata": {"labels": {names::INSTANCE_ID: "here"},
        "annotations": {ACCEPT_NO_SUCCESS: "true"}}}));
    let cluster = until_first_run(cluster);
    let (metadata, hash) = (&cluster.runs[0].metadata, cluster.sets[1].hash());
    let labels = json!({names::POD_TEMPLATE_HASH: hash, names::ROLLOUT_TYPE: "mine", names::STEP_INDEX: "1",
        names::INSTANCE_ID: "here", "own": "label", "app": "demo", "tier": "selector"});
    assert_eq!(serde_json::to_value(&metadata.labels).unwrap(), labels);
    let annotations = json!({names::REVISION: "2", ACCEPT_NO_SUCCESS: "true", "own": "annotation"});
    assert_eq!(serde_json::to_value(&metadata.annotations).unwrap(), annotations);
    assert_eq!(metadata.namespace, "ns", "that of the Rollout, also for a cluster-wide template");
    let owner = metadata.controller().unwrap();
    assert_eq!((owner.kind.as_str(), owner.uid.as_str()), ("Rollout", "rollout-uid"));
    assert_eq!(serde_json::to_value(owner).unwrap()["blockOwnerDeletion"], json!(true));
}

#[test]
fn the_background_run_has_the_name_of_its_revision_and_its_type() {
    let cluster = until_run(BACKGROUND);
    let (run, new) = (&cluster.runs[0], &cluster.sets[1]);
    assert_eq!(run.metadata.name, format!("demo-{}-2", new.hash()));
    assert_eq!(run.metadata.label(names::ROLLOUT_TYPE), "Background");
    assert!(!run.metadata.annotations.contains_key(ACCEPT_NO_SUCCESS));
}

/// The name of the run that the pass creates after `change` was made to the one that was there, forgotten by status.
fn created_after(change: fn(&mut Cluster)) -> Option<String> {
    let mut cluster = until_run(STEP);
    cluster.rollout.status.canary.current_step_analysis_run_status = None;
    change(&mut cluster);
    let created = |action: &Action| match action {
        Action::Create { key, .. } => Some(key.name.replace(cluster.sets[1].hash(), "hash")),
        _ => None,
    };
    cluster.decide().actions.iter().find_map(created)
}

#[test]
fn an_equal_run_that_still_measures_is_taken_over_and_any_other_leaves_the_name_to_itself() {
    assert_eq!(created_after(|_| {}), None);
    let next = Some("demo-hash-2-1.1".to_owned());
    assert_eq!(created_after(|cluster| ends(cluster, AnalysisPhase::Failed)), next);
    assert_eq!(created_after(|cluster| cluster.runs[0].spec.metrics[0].count = Some(2.into())), next);
    assert_eq!(
        created_after(|cluster| cluster.runs[0].spec.terminate = true),
        None,
        "it is no part of what is equal"
    );
    let others = |cluster: &mut Cluster| {
        let run = cluster.runs.remove(0);
        for suffix in ["", ".1"] {
            let name = format!("{}{suffix}", run.metadata.name);
            cluster.taken.insert(crd::ObjectKey::new(crd::Kind::ANALYSIS_RUN, "ns", name));
        }
    };
    assert_eq!(
        created_after(others),
        Some("demo-hash-2-1.2".to_owned()),
        "names that somebody else's runs have"
    );
}

#[test]
fn a_field_that_leads_nowhere_is_told_and_no_run_begins() {
    let spec = STEP.replace("podTemplateHashValue: Latest", "fieldRef: {fieldPath: spec.nowhere}");
    let mut cluster = with_template(&spec);
    let mut told = Vec::new();
    for pass in 0..14 {
        if pass == 8 {
            cluster.set_image("demo:v2");
        }
        told.extend(step(&mut cluster).events.into_iter().map(|event| event.message));
    }
    let why = "Reconciliation failed with error: invalid path spec.nowhere in rollout";
    assert!(told.contains(&why.to_owned()), "{told:?}");
    assert!(cluster.runs.is_empty());
}
