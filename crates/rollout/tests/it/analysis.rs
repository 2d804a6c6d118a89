//! AnalysisRuns of a canary: created, judged, ended.

use std::sync::Arc;

use aviary_rollout::{Decision, events};
use crd::{AnalysisPhase, RolloutPhase, names};
use serde_json::json;

use crate::harness::{Cluster, yaml};

const STEP: &str = "
replicas: 2
strategy: {canary: {steps: [{setWeight: 50}, {analysis: {templates: [{templateName: errors}],
  args: [{name: hash, valueFrom: {podTemplateHashValue: Latest}}]}}]}}
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
    let mut cluster = Cluster::new(spec);
    let template =
        yaml("{metadata: {name: errors}, spec: {args: [{name: hash}], metrics: [{name: rate, count: 1}]}}");
    cluster.templates.namespaced.insert("errors".to_owned(), Arc::new(template));
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
