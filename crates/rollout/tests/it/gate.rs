//! The region gate: a step that holds a region until the others have reached it.

use aviary_rollout::{Answer, Decision, Question, RegionsAnswer};
use crd::{Beacon, BeaconPhase, PluginPhase, RolloutPhase};
use jiff::SignedDuration;
use serde_json::json;

use crate::harness::Cluster;

const SPEC: &str = "
replicas: 2
strategy: {canary: {steps: [
  {setWeight: 50},
  {plugin: {name: aviary/region-gate, config: {group: shop, regions: [a, b], timeout: 1m, onPartition: abort}}},
  {setWeight: 75}]}}
";

fn cluster_of(spec: &str) -> Cluster {
    let mut cluster = Cluster::new(spec);
    "a".clone_into(&mut cluster.settings.region);
    run(&mut cluster, 6);
    cluster.set_image("demo:v2");
    cluster
}

fn step(cluster: &mut Cluster) -> Decision {
    let decision = cluster.decide();
    cluster.carry_out(&decision);
    cluster.settle();
    decision
}

fn run(cluster: &mut Cluster, passes: usize) {
    for _ in 0..passes {
        let _ = step(cluster);
    }
}

fn cluster() -> Cluster {
    cluster_of(SPEC)
}

fn at_gate() -> (Cluster, Question) {
    at_gate_of(SPEC)
}

fn at_gate_of(spec: &str) -> (Cluster, Question) {
    let mut cluster = cluster_of(spec);
    for _ in 0..12 {
        let decision = step(&mut cluster);
        let asked = decision.questions.into_iter().next();
        if let Some(question @ Question::RegionsReached { step: 1, gate: 1, .. }) = asked {
            return (cluster, question);
        }
    }
    panic!("the gate is never reached: {:?}", cluster.rollout.status);
}

fn answer(question: &Question, answer: RegionsAnswer) -> Vec<Answer> {
    vec![Answer::Regions { question: question.clone(), local: Some(Ok(())), answer }]
}

fn beacon(cluster: &Cluster) -> Beacon {
    let config_map = cluster.routes.values().find(|object| object["kind"] == "ConfigMap").expect("a beacon");
    serde_json::from_str(config_map["data"][Beacon::KEY].as_str().expect("text")).expect("a beacon")
}

fn summary() -> String {
    "b has reached the step".to_owned()
}

#[test]
fn a_gate_holds_until_every_region_has_reached_the_step() {
    let (mut cluster, question) = at_gate();
    cluster.answers = answer(&question, RegionsAnswer::Waiting { summary: "b is at step 0".to_owned() });
    run(&mut cluster, 5);
    let status = &cluster.rollout.status;
    assert_eq!(status.current_step_index, Some(1));
    assert_eq!(status.canary.step_plugin_statuses[0].message, "b is at step 0");
    assert!(beacon(&cluster).verified, "the own checks hold");

    cluster.answers = answer(&question, RegionsAnswer::Passed { summary: summary() });
    run(&mut cluster, 1);
    let status = &cluster.rollout.status;
    assert_eq!(status.current_step_index, Some(2));
    assert_eq!(status.canary.step_plugin_statuses[0].phase, Some(PluginPhase::Successful));
    run(&mut cluster, 12);
    assert_eq!(cluster.rollout.status.phase, Some(RolloutPhase::Healthy));
    assert_eq!(beacon(&cluster).phase, BeaconPhase::Promoted);
}

/// At the gate, with something more in its configuration.
fn at_gate_with(more: &str) -> (Cluster, Question) {
    let spec = SPEC.replace("timeout: 1m, onPartition: abort", more);
    at_gate_of(&spec)
}

fn gate_phase(cluster: &Cluster) -> Option<PluginPhase> {
    cluster.rollout.status.canary.step_plugin_statuses[0].phase
}

#[test]
fn a_gate_soaks_for_as_long_as_the_regions_stay_there() {
    let (mut cluster, question) = at_gate_with("soak: 2m");
    cluster.answers = answer(&question, RegionsAnswer::Passed { summary: summary() });
    run(&mut cluster, 1);
    assert_eq!(gate_phase(&cluster), Some(PluginPhase::Running));
    let said = cluster.rollout.status.canary.step_plugin_statuses[0].message.clone();
    assert!(said.starts_with("b has reached the step; soaks until "), "{said}");

    // A peer that falls back begins the time anew.
    cluster.now += SignedDuration::from_secs(100);
    cluster.answers = answer(&question, RegionsAnswer::Waiting { summary: "b is at step 0".to_owned() });
    run(&mut cluster, 1);
    cluster.answers = answer(&question, RegionsAnswer::Passed { summary: summary() });
    run(&mut cluster, 1);
    cluster.now += SignedDuration::from_secs(100);
    run(&mut cluster, 1);
    assert_eq!(gate_phase(&cluster), Some(PluginPhase::Running));
    cluster.now += SignedDuration::from_secs(21);
    run(&mut cluster, 1);
    assert_eq!(gate_phase(&cluster), Some(PluginPhase::Successful));
}

#[test]
fn a_partition_is_gone_past_only_if_that_is_asked_for_and_only_after_the_timeout() {
    let silent = || RegionsAnswer::Partitioned { summary: "region b cannot be reached".to_owned() };
    let (mut cluster, question) = at_gate_with("timeout: 1m, onPartition: proceed");
    cluster.answers = answer(&question, silent());
    run(&mut cluster, 2);
    assert_eq!(gate_phase(&cluster), Some(PluginPhase::Running));
    cluster.now += SignedDuration::from_secs(61);
    // A region that answers and is not there yet is waited for, however late it is.
    cluster.answers = answer(&question, RegionsAnswer::Waiting { summary: "b is at step 0".to_owned() });
    run(&mut cluster, 1);
    assert_eq!(gate_phase(&cluster), Some(PluginPhase::Running));
    cluster.answers = answer(&question, silent());
    run(&mut cluster, 1);
    let gate = &cluster.rollout.status.canary.step_plugin_statuses[0];
    assert_eq!(gate.phase, Some(PluginPhase::Successful));
    assert_eq!(gate.message, "went on without an answer: region b cannot be reached");
}

#[test]
fn an_answer_to_another_question_opens_no_gate() {
    let (mut cluster, question) = at_gate();
    let Question::RegionsReached { step: at, gate, canary_hash, config, .. } = question else { panic!() };
    let stale =
        Question::RegionsReached { release: "demo:v1".to_owned(), step: at, gate, canary_hash, config };
    cluster.answers = answer(&stale, RegionsAnswer::Passed { summary: summary() });
    run(&mut cluster, 3);
    assert_eq!(cluster.rollout.status.current_step_index, Some(1));
}

#[test]
fn a_failed_peer_brings_this_region_back_before_it_reaches_the_gate() {
    let mut cluster = cluster();
    let question = (0..9).find_map(|_| step(&mut cluster).questions.into_iter().next()).expect("asked early");
    assert!(matches!(question, Question::RegionsReached { step: 0, gate: 1, .. }));
    cluster.answers = answer(&question, RegionsAnswer::Failed { summary: "b gave up: errors".to_owned() });
    run(&mut cluster, 1);
    let status = &cluster.rollout.status;
    assert!(status.abort);
    assert_eq!(
        status.message,
        "RolloutAborted: Rollout aborted update to revision 2: Step Plugin 2 (aviary/region-gate) failed: b gave \
         up: errors"
    );
    let told = beacon(&cluster);
    assert_eq!((told.phase, told.release.as_str()), (BeaconPhase::Aborted, "demo:v2"));
    cluster.edit(&json!({"status": {"abort": false}}));
    cluster.answers.clear();
    run(&mut cluster, 4);
    assert_eq!(beacon(&cluster).phase, BeaconPhase::Aborted, "the mark sticks to the release");
}

#[test]
fn a_partition_is_held_until_the_timeout_and_then_treated_as_configured() {
    let (mut cluster, question) = at_gate();
    let silent = RegionsAnswer::Partitioned { summary: "b is silent".to_owned() };
    cluster.answers = answer(&question, silent);
    run(&mut cluster, 5);
    assert!(!cluster.rollout.status.abort);
    cluster.now += SignedDuration::from_mins(2);
    run(&mut cluster, 1);
    assert!(cluster.rollout.status.abort);
    assert!(cluster.rollout.status.message.ends_with("failed: not passed in time: b is silent"));
}

#[test]
fn the_beacon_is_renewed_only_at_half_of_its_life() {
    let (mut cluster, question) = at_gate();
    cluster.answers = answer(&question, RegionsAnswer::Waiting { summary: "b is late".to_owned() });
    run(&mut cluster, 3);
    let before = beacon(&cluster);
    run(&mut cluster, 3);
    assert_eq!(beacon(&cluster), before);
    cluster.now += SignedDuration::from_secs(30);
    run(&mut cluster, 1);
    let after = beacon(&cluster);
    assert!(after.expires > before.expires);
    assert_eq!(after.sequence, before.sequence);
}
