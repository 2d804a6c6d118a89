//! What hurt users of the public controller, each with the report that tells of it: here it cannot happen.
//!
//! The numbers are those of issues at <https://github.com/argoproj/argo-rollouts/issues>.

use aviary_rollout::{Decision, events};
use crd::RolloutPhase;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::harness::Cluster;

const ROUTING: &str = "canaryService: canary, stableService: stable, \
                       trafficRouting: {plugins: {aviary/gateway-api: {httpRoute: route}}}";

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

/// The first version serves, and the second is under way.
fn released(spec: &str, count: usize) -> Cluster {
    let mut cluster = Cluster::new(spec);
    passes(&mut cluster, 8);
    assert_eq!(cluster.rollout.status.phase, Some(RolloutPhase::Healthy));
    cluster.set_image("demo:v2");
    passes(&mut cluster, count);
    cluster
}

fn routed(replicas: u8, more: &str) -> String {
    format!("{{replicas: {replicas}, strategy: {{canary: {{{ROUTING}, {more}}}}}}}")
}

/// Weight by Service, as the route has it.
fn weight(cluster: &Cluster, service: &str) -> i64 {
    let route = cluster.routes.values().next().expect("a route");
    let backends = route["spec"]["rules"][0]["backendRefs"].as_array().expect("backends");
    let backend = backends.iter().find(|backend| backend["name"] == service).expect("a backend");
    backend["weight"].as_i64().unwrap_or(0)
}

fn verb(cluster: &mut Cluster, patch: &Value) {
    cluster.edit(patch);
    passes(cluster, 3);
}

/// 2507, 1731: the first deploy pointed Services at pods that were not there.
#[test]
fn the_first_deploy_takes_no_service_before_its_pods_are_there() {
    let spec = routed(3, "steps: [{setWeight: 20}]");
    for (spec, service) in
        [(spec.as_str(), "stable"), ("{strategy: {blueGreen: {activeService: active}}}", "active")]
    {
        let mut cluster = Cluster::new(spec);
        cluster.broken.insert("demo:v1".to_owned());
        passes(&mut cluster, 8);
        assert_eq!(cluster.services[service].selected_hash(), "", "{spec}");
        cluster.broken.clear();
        passes(&mut cluster, 3);
        assert_eq!(cluster.services[service].selected_hash(), cluster.sets[0].hash(), "{spec}");
    }
}

/// 1026: the canary Service selected a ReplicaSet without ready pods.
#[test]
fn the_canary_service_waits_for_ready_pods() {
    let mut cluster = released(&routed(4, "steps: [{setWeight: 50}, {pause: {}}]"), 0);
    cluster.broken.insert("demo:v2".to_owned());
    passes(&mut cluster, 8);
    assert_eq!(cluster.services["canary"].selected_hash(), cluster.sets[0].hash());
    assert_eq!(weight(&cluster, "canary"), 0);
}

/// 4424: a full promotion with more pods than `spec.replicas` asked for a weight above 100.
#[test]
fn a_full_promotion_with_pods_too_many_asks_for_no_more_than_everything() {
    let mut cluster =
        released(&routed(6, "dynamicStableScale: true, steps: [{setWeight: 80}, {pause: {}}]"), 12);
    cluster.edit(&json!({"spec": {"replicas": 2}, "status": {"promoteFull": true}}));
    for _ in 0..20 {
        let _ = pass(&mut cluster);
        let (canary, stable) = (weight(&cluster, "canary"), weight(&cluster, "stable"));
        assert!((0..=100).contains(&canary) && canary + stable == 100, "{canary}, {stable}");
    }
    assert!(cluster.rollout.fully_promoted());
}

/// 4841: with `minPodsPerReplicaSet` an aborted canary never went to zero.
#[test]
fn an_aborted_canary_goes_to_zero_whatever_the_least_number_of_pods() {
    let more = "dynamicStableScale: true, minPodsPerReplicaSet: 2, steps: [{setWeight: 40}, {pause: {}}]";
    let mut cluster = released(&routed(5, more), 14);
    assert!(weight(&cluster, "canary") > 0);
    verb(&mut cluster, &json!({"status": {"abort": true}}));
    cluster.now += SignedDuration::from_secs(120);
    passes(&mut cluster, 10);
    assert_eq!((weight(&cluster, "canary"), cluster.sets[1].replicas()), (0, 0));
}

/// 4973: an aborted canary grew again with every change of `spec.replicas`; 3078, 2982: its Service flapped, and the
/// controller was busy a thousand times a minute.
#[test]
fn an_aborted_canary_stays_down_and_the_controller_comes_to_rest() {
    let mut cluster =
        released(&routed(4, "abortScaleDownDelaySeconds: 1, steps: [{setWeight: 50}, {pause: {}}]"), 12);
    verb(&mut cluster, &json!({"status": {"abort": true}}));
    cluster.now += SignedDuration::from_secs(60);
    passes(&mut cluster, 6);
    for replicas in [7, 2, 5] {
        cluster.edit(&json!({"spec": {"replicas": replicas}}));
        for _ in 0..6 {
            let decision = pass(&mut cluster);
            let switched = decision.events.iter().any(|event| event.reason == events::SWITCH_SERVICE);
            assert!(!switched, "{decision:#?}");
            assert_eq!((cluster.sets[1].replicas(), weight(&cluster, "canary")), (0, 0));
        }
        let quiet = pass(&mut cluster);
        assert_eq!((quiet.actions.len(), quiet.status), (0, None));
    }
}

/// 4534: a canary with most of the traffic lost its pods at once when a third version came.
#[test]
fn a_canary_that_is_overtaken_keeps_its_pods_until_its_traffic_is_gone() {
    let mut cluster = released(&routed(4, "steps: [{setWeight: 80}, {pause: {}}]"), 14);
    assert_eq!(weight(&cluster, "canary"), 80);
    let second = cluster.sets[1].hash().to_owned();
    cluster.set_image("demo:v3");
    for _ in 0..20 {
        let decision = cluster.decide();
        for action in &decision.actions {
            cluster.apply(action);
            let served =
                cluster.services["canary"].selected_hash() == second && weight(&cluster, "canary") > 0;
            let pods =
                cluster.sets.iter().find(|set| set.hash() == second).map_or(0, crd::ReplicaSet::replicas);
            assert!(!served || pods >= 4, "{pods} pods for {}%: {action:?}", weight(&cluster, "canary"));
        }
        cluster.carry_out(&Decision { actions: Vec::new(), ..decision });
        cluster.settle();
    }
    assert_eq!(cluster.rollout.status.current_pod_hash, cluster.sets[2].hash());
}

/// 4461: an abort after `promote --full` was ignored.
#[test]
fn an_abort_after_a_full_promotion_is_accepted_and_a_full_promotion_after_an_abort_too() {
    let mut cluster = released(&routed(4, "steps: [{setWeight: 50}, {pause: {}}]"), 12);
    cluster.broken.insert("demo:v2".to_owned());
    cluster.settle();
    verb(&mut cluster, &json!({"status": {"promoteFull": true}}));
    verb(&mut cluster, &json!({"status": {"abort": true}}));
    let status = &cluster.rollout.status;
    assert_eq!(
        (status.abort, status.promote_full, status.phase),
        (true, false, Some(RolloutPhase::Degraded))
    );
    assert_eq!(weight(&cluster, "canary"), 0);
    cluster.broken.clear();
    cluster.settle();
    cluster.edit(&json!({"status": {"promoteFull": true}}));
    passes(&mut cluster, 12);
    assert!(cluster.rollout.fully_promoted() && !cluster.rollout.status.abort);
}

/// 2050, 1415, 2235: the stable version was scaled to nothing in a canary, by an autoscaler's doing.
#[test]
fn an_autoscaler_does_not_take_the_stable_pods_away() {
    for more in [
        "steps: [{setWeight: 10}, {pause: {}}]",
        "dynamicStableScale: true, steps: [{setWeight: 10}, {pause: {}}]",
    ] {
        let mut cluster = released(&routed(20, more), 14);
        for replicas in [5, 110, 40] {
            cluster.edit(&json!({"spec": {"replicas": replicas}}));
            for _ in 0..8 {
                let _ = pass(&mut cluster);
                assert!(
                    cluster.sets[0].replicas() * 100 >= 90 * replicas.min(5),
                    "{more}: {:?}",
                    cluster.sets[0].replicas()
                );
            }
            assert!(
                cluster.sets[0].replicas() * 100 >= 90 * replicas,
                "{more}: {:?}",
                cluster.sets[0].replicas()
            );
        }
    }
}

/// 3825: with a `workloadRef` an autoscaler found no pods.
#[test]
fn an_autoscaler_finds_the_pods_of_a_rollout_that_refers_to_a_workload() {
    let reference = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "demo"});
    let mut cluster = Cluster::new("{replicas: 2, strategy: {canary: {}}}");
    let template = serde_json::to_value(&cluster.rollout.spec.template).expect("JSON");
    cluster.edit(&json!({"spec": {"workloadRef": reference, "template": null, "selector": null}}));
    let key = aviary_rollout::reads(&cluster.rollout).routes.remove(0);
    let deployment = json!({"metadata": {"name": "demo", "generation": 1},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "demo"}}, "template": template}});
    cluster.routes.insert(key, deployment);
    passes(&mut cluster, 6);
    assert_eq!(cluster.rollout.status.phase, Some(RolloutPhase::Healthy));
    assert_eq!(
        (cluster.rollout.status.selector.as_str(), cluster.rollout.status.hpa_replicas),
        ("app=demo", 2)
    );
}

/// 1624, 3988: the deadline of an update struck a Rollout that was at rest.
#[test]
fn the_deadline_strikes_no_rollout_that_is_at_rest() {
    let spec =
        "{replicas: 3, progressDeadlineSeconds: 60, progressDeadlineAbort: true, strategy: {canary: {}}}";
    let mut cluster = Cluster::new(spec);
    passes(&mut cluster, 6);
    cluster.sets[0].status.available_replicas = 1;
    for _ in 0..10 {
        let decision = cluster.decide();
        cluster.carry_out(&decision);
        cluster.now += SignedDuration::from_secs(60);
    }
    assert!(!cluster.rollout.status.abort);
}

/// 995, 1377, 1774, 3110, 4839: a stable version that fails kept the version that mends it from being released.
#[test]
fn a_stable_version_that_fails_does_not_hold_back_the_one_that_mends_it() {
    let steps = "steps: [{setWeight: 20}, {setWeight: 60}, {setWeight: 100}]";
    let pods = format!("{{replicas: 4, strategy: {{canary: {{maxSurge: 1, maxUnavailable: 0, {steps}}}}}}}");
    for spec in [routed(4, steps), routed(4, &format!("dynamicStableScale: true, {steps}")), pods] {
        let mut cluster = released(&spec, 0);
        cluster.broken.insert("demo:v1".to_owned());
        cluster.settle();
        passes(&mut cluster, 60);
        let status = &cluster.rollout.status;
        assert!(cluster.rollout.fully_promoted(), "{spec}: {:?} {}", status.phase, status.message);
    }
}
