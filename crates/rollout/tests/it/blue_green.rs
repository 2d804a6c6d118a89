//! Blue-green where the traces do not reach: verdicts before and after the switch, aborts, pauses, the small preview.

use std::sync::Arc;

use aviary_rollout::{Decision, events};
use crd::{AnalysisPhase, AnalysisRun, RolloutPhase, names};
use jiff::SignedDuration;
use serde_json::json;

use crate::harness::{Cluster, yaml};

const AUTOMATIC: &str =
    "{replicas: 2, strategy: {blueGreen: {activeService: active, previewService: preview}}}";
const JUDGED_BEFORE: &str = "
replicas: 2
strategy: {blueGreen: {activeService: active, previewService: preview,
  prePromotionAnalysis: {templates: [{templateName: errors}]}}}
";
const JUDGED_AFTER: &str = "
replicas: 2
strategy: {blueGreen: {activeService: active, previewService: preview,
  postPromotionAnalysis: {templates: [{templateName: errors}]}}}
";

fn pass(cluster: &mut Cluster) -> Decision {
    let decision = cluster.decide();
    cluster.carry_out(&decision);
    cluster.settle();
    decision
}

fn passes(cluster: &mut Cluster, count: usize) {
    for _ in 0..count {
        let _ = pass(cluster);
    }
}

/// The first version serves, the second was released and its pods are there.
fn released(spec: &str) -> Cluster {
    let mut cluster = Cluster::new(spec);
    let template = yaml("{metadata: {name: errors}, spec: {metrics: [{name: rate, count: 1}]}}");
    cluster.templates.namespaced.insert("errors".to_owned(), Arc::new(template));
    passes(&mut cluster, 5);
    assert_eq!(cluster.rollout.status.phase, Some(RolloutPhase::Healthy));
    cluster.set_image("demo:v2");
    passes(&mut cluster, 4);
    cluster
}

fn active(cluster: &Cluster) -> String {
    version(cluster, cluster.services["active"].selected_hash())
}

fn version(cluster: &Cluster, hash: &str) -> String {
    let set = cluster.sets.iter().find(|set| set.hash() == hash).expect("a ReplicaSet of that hash");
    set.spec.template.images().next().expect("an image")
}

fn sizes(cluster: &Cluster) -> Vec<i32> {
    cluster.sets.iter().map(crd::ReplicaSet::replicas).collect()
}

fn end_run(cluster: &mut Cluster, phase: AnalysisPhase) -> &AnalysisRun {
    let run = cluster.runs.last_mut().expect("a run");
    run.status.phase = Some(phase);
    "rate was 7".clone_into(&mut run.status.message);
    run
}

/// The pods of the newest version fail, and their ReplicaSet says so.
fn break_newest(cluster: &mut Cluster) {
    cluster.broken.insert("demo:v2".to_owned());
    cluster.settle();
}

#[test]
fn users_are_switched_once_the_analysis_before_it_is_successful() {
    let mut cluster = released(JUDGED_BEFORE);
    let run = cluster.runs[0].clone();
    assert!(run.metadata.name.ends_with("-2-pre"), "{}", run.metadata.name);
    assert_eq!(run.metadata.label(names::ROLLOUT_TYPE), "PrePromotion");
    passes(&mut cluster, 3);
    assert_eq!(active(&cluster), "demo:v1");
    end_run(&mut cluster, AnalysisPhase::Successful);
    passes(&mut cluster, 2);
    assert_eq!(active(&cluster), "demo:v2");
    assert_eq!(cluster.rollout.status.phase, Some(RolloutPhase::Healthy));
    let known =
        cluster.rollout.status.blue_green.pre_promotion_analysis_run_status.as_ref().expect("recorded");
    assert_eq!(known.status, Some(AnalysisPhase::Successful));
}

#[test]
fn users_never_meet_a_version_that_the_analysis_before_the_switch_refused() {
    let mut cluster = released(JUDGED_BEFORE);
    end_run(&mut cluster, AnalysisPhase::Failed);
    passes(&mut cluster, 3);
    assert_eq!(active(&cluster), "demo:v1");
    assert_eq!(
        cluster.rollout.status.message,
        "RolloutAborted: Rollout aborted update to revision 2: Blue/green pre-promotion analysis phase \
         error/failed: rate was 7"
    );
    cluster.now += SignedDuration::from_secs(60);
    passes(&mut cluster, 2);
    assert_eq!(sizes(&cluster), [2, 0]);
}

#[test]
fn users_are_brought_back_when_the_analysis_after_the_switch_fails() {
    let mut cluster = released(JUDGED_AFTER);
    passes(&mut cluster, 2);
    assert_eq!(active(&cluster), "demo:v2");
    assert!(end_run(&mut cluster, AnalysisPhase::Failed).metadata.name.ends_with("-2-post"));
    // The old pods are all there until the verdict.
    assert_eq!(sizes(&cluster), [2, 2]);
    passes(&mut cluster, 2);
    assert_eq!(active(&cluster), "demo:v1");
    assert_eq!(cluster.rollout.status.phase, Some(RolloutPhase::Degraded));
}

#[test]
fn the_update_is_promoted_when_the_analysis_after_the_switch_is_successful() {
    let mut cluster = released(JUDGED_AFTER);
    passes(&mut cluster, 2);
    assert_eq!(cluster.rollout.status.message, "waiting for analysis to complete");
    end_run(&mut cluster, AnalysisPhase::Successful);
    let told: Vec<&str> = pass(&mut cluster).events.iter().map(|event| event.reason).collect();
    assert!(told.contains(&events::ROLLOUT_COMPLETED), "{told:?}");
    assert!(cluster.rollout.fully_promoted());
}

/// The public controller looks at the new version first and leaves users there.
#[test]
fn an_abort_brings_users_back_although_the_new_pods_fail() {
    let mut cluster = released(JUDGED_AFTER);
    passes(&mut cluster, 1);
    assert_eq!(active(&cluster), "demo:v2");
    break_newest(&mut cluster);
    cluster.edit(&json!({"status": {"abort": true}}));
    passes(&mut cluster, 2);
    assert_eq!(active(&cluster), "demo:v1");
}

#[test]
fn an_abort_waits_for_a_stable_version_that_can_take_the_requests() {
    let mut cluster = released(JUDGED_AFTER);
    passes(&mut cluster, 1);
    cluster.broken.insert("demo:v1".to_owned());
    cluster.settle();
    cluster.edit(&json!({"status": {"abort": true}}));
    passes(&mut cluster, 3);
    assert_eq!((&*active(&cluster), sizes(&cluster)), ("demo:v2", vec![2, 2]));
    cluster.broken.clear();
    passes(&mut cluster, 3);
    assert_eq!(active(&cluster), "demo:v1");
}

#[test]
fn an_aborted_version_keeps_its_pods_while_users_are_held_there_by_a_pause() {
    let mut cluster = released(JUDGED_AFTER);
    passes(&mut cluster, 1);
    cluster.edit(&json!({"spec": {"paused": true}}));
    passes(&mut cluster, 2);
    cluster.edit(&json!({"status": {"abort": true}}));
    passes(&mut cluster, 3);
    cluster.now += SignedDuration::from_secs(120);
    passes(&mut cluster, 3);
    assert_eq!((&*active(&cluster), sizes(&cluster)), ("demo:v2", vec![2, 2]));
    cluster.edit(&json!({"spec": {"paused": false}}));
    passes(&mut cluster, 3);
    assert_eq!(active(&cluster), "demo:v1");
    cluster.now += SignedDuration::from_secs(120);
    passes(&mut cluster, 2);
    assert_eq!(sizes(&cluster), [2, 0]);
}

#[test]
fn the_countdown_ends_by_the_clock_and_a_full_promotion_does_not_wait_for_it() {
    let spec = "{replicas: 2, strategy: {blueGreen: {activeService: active, autoPromotionSeconds: 60}}}";
    for full in [false, true] {
        let mut cluster = released(spec);
        assert_eq!(cluster.rollout.status.phase, Some(RolloutPhase::Paused));
        // The first pass of a pause tells of it in the conditions.
        passes(&mut cluster, 1);
        let asked = pass(&mut cluster).requeue_after.expect("a wake-up");
        assert!(asked.as_secs() <= 60, "{asked:?}");
        if full {
            cluster.edit(&json!({"status": {"promoteFull": true}}));
        } else {
            cluster.now += SignedDuration::from_secs(61);
        }
        passes(&mut cluster, 2);
        assert_eq!((&*active(&cluster), cluster.rollout.fully_promoted()), ("demo:v2", true), "full: {full}");
    }
}

#[test]
fn old_pods_go_when_their_delay_is_over_and_follow_the_size_until_then() {
    let mut cluster = released(AUTOMATIC);
    passes(&mut cluster, 2);
    assert!(cluster.sets[0].metadata.annotation(names::SCALE_DOWN_DEADLINE).is_some());
    cluster.edit(&json!({"spec": {"replicas": 3}}));
    passes(&mut cluster, 3);
    assert_eq!(sizes(&cluster), [3, 3]);
    cluster.now += SignedDuration::from_secs(31);
    passes(&mut cluster, 1);
    assert_eq!(sizes(&cluster), [0, 3]);
}

#[test]
fn a_pause_by_a_user_holds_the_switch_and_not_the_sizes() {
    let mut cluster = released(
        "{replicas: 2, strategy: {blueGreen: {activeService: active, autoPromotionEnabled: false}}}",
    );
    cluster.edit(&json!({"spec": {"paused": true, "replicas": 3}, "status": {"pauseConditions": null}}));
    passes(&mut cluster, 5);
    assert_eq!((&*active(&cluster), sizes(&cluster)), ("demo:v1", vec![3, 3]));
    assert_eq!(cluster.rollout.status.message, "manually paused");
}
