//! What pods carry, where they go, and what a release does when they are not well.

use serde_json::{Value, json};

use crate::harness::{Case, DEMO, Kind, Patch, canary, is_ready, rollout, tests, text, with};

tests! {
    pods_carry_the_metadata_of_their_role,
    a_preferred_anti_affinity_keeps_the_new_version_off_the_old_ones_nodes,
    a_required_anti_affinity_sends_the_new_version_to_another_node,
    a_step_waits_for_slow_pods,
    pods_that_crash_hold_a_release_and_the_old_version_serves,
    a_pod_that_fails_is_replaced_and_the_release_goes_on,
    what_an_unhealthy_old_version_has_left_is_not_taken_away,
}

fn label<'a>(pod: &'a Value, key: &str) -> &'a str {
    text(&pod["metadata"]["labels"][key])
}

fn pods_carry_the_metadata_of_their_role(case: &Case<'_>) {
    let strategy = json!({"canary": {
        "steps": [{"setWeight": 50}, {"pause": {}}],
        "canaryMetadata": {"labels": {"role": "canary"}, "annotations": {"note": "new"}},
        "stableMetadata": {"labels": {"role": "stable"}},
    }});
    let seen = case.deploy(rollout(DEMO, 2, strategy));
    assert!(seen.pods(DEMO).all(|pod| label(pod, "role") == "stable"));
    case.release(DEMO, "2");
    let seen = case.until_paused_at(1);
    let (new, old) = (seen.pods_of(DEMO, "2"), seen.pods_of(DEMO, "1"));
    assert_eq!(
        (new.len(), label(new[0], "role"), old.len(), label(old[0], "role")),
        (1, "canary", 1, "stable")
    );
    assert_eq!(new[0]["metadata"]["annotations"]["note"], "new");
    let name = text(&new[0]["metadata"]["name"]).to_owned();
    case.user(&["promote", DEMO]);
    case.until_healthy(DEMO);
    let seen = case.until("all pods have the role of the stable version", |seen| {
        seen.pods_of(DEMO, "2").len() == 2 && seen.pods(DEMO).all(|pod| label(pod, "role") == "stable")
    });
    assert!(seen.names_of(DEMO, "2").contains(&name), "the pod was replaced");
    assert_eq!(seen.get(Kind::POD, &name)["metadata"]["annotations"].get("note"), None);
}

/// One replica and a surge, with an anti-affinity; version 2 waits at its pause.
fn apart(case: &Case<'_>, anti_affinity: Value) -> Value {
    let strategy = json!({"canary": {
        "maxSurge": 1, "maxUnavailable": 0, "antiAffinity": anti_affinity,
        "steps": [{"setWeight": 50}, {"pause": {}}],
    }});
    let seen = case.deploy(rollout(DEMO, 1, strategy));
    assert_eq!(seen.set(DEMO, "1")["spec"]["template"]["spec"].get("affinity"), None);
    case.release(DEMO, "2");
    let seen = case.until_paused_at(1);
    assert_eq!((seen.size(DEMO, "1"), seen.size(DEMO, "2")), (1, 1));
    let term = json!({
        "labelSelector": {"matchExpressions": [{
            "key": "rollouts-pod-template-hash", "operator": "In", "values": [seen.hash(DEMO, "1")],
        }]},
        "namespaces": [case.namespace],
        "topologyKey": "kubernetes.io/hostname",
    });
    assert_eq!(seen.rollout(DEMO)["spec"]["template"]["spec"].get("affinity"), None);
    let affinity = seen.set(DEMO, "2")["spec"]["template"]["spec"]["affinity"]["podAntiAffinity"].clone();
    json!([affinity, term])
}

fn a_preferred_anti_affinity_keeps_the_new_version_off_the_old_ones_nodes(case: &Case<'_>) {
    let found = apart(case, json!({"preferredDuringSchedulingIgnoredDuringExecution": {"weight": 7}}));
    let term = found[1].clone();
    let expected = json!({"preferredDuringSchedulingIgnoredDuringExecution": [
        {"weight": 7, "podAffinityTerm": term},
    ]});
    assert_eq!(found[0], expected);
}

fn a_required_anti_affinity_sends_the_new_version_to_another_node(case: &Case<'_>) {
    case.add_node("second-node");
    let found = apart(case, json!({"requiredDuringSchedulingIgnoredDuringExecution": {}}));
    let term = found[1].clone();
    assert_eq!(found[0], json!({"requiredDuringSchedulingIgnoredDuringExecution": [term]}));
    let seen = case.now();
    let node = |version: &str| text(&seen.pods_of(DEMO, version)[0]["spec"]["nodeName"]).to_owned();
    assert_ne!(node("1"), node("2"));
}

fn a_step_waits_for_slow_pods(case: &Case<'_>) {
    case.deploy(canary(4, json!([{"setWeight": 50}, {"pause": {}}])));
    case.release_with(DEMO, "2", json!({"aviary.test/ready-after": "2s"}));
    case.until_paused_at(1);
    case.replay(|seen, _| {
        let ready = seen.pods_of(DEMO, "2").iter().filter(|pod| is_ready(pod)).count();
        let waits = seen.status(DEMO)["pauseConditions"].is_array();
        assert!(!waits || ready == 2, "the step was completed with {ready} pods");
    });
}

fn pods_that_crash_hold_a_release_and_the_old_version_serves(case: &Case<'_>) {
    case.deploy(canary(4, json!([{"setWeight": 25}, {"setWeight": 75}, {"pause": {}}])));
    case.release_with(DEMO, "2", json!({"aviary.test/crash": "true"}));
    case.until("the canary's pod crashes", |seen| {
        let pods = seen.pods_of(DEMO, "2");
        pods.len() == 1 && pods[0]["status"]["containerStatuses"][0]["restartCount"] == 3
    });
    case.let_pass("2s");
    let seen = case.now();
    assert_eq!((seen.step(DEMO), seen.size(DEMO, "2"), seen.phase(DEMO)), (Some(0), 1, "Progressing"));
    assert!(seen.ready(DEMO) >= 3, "only {} pods serve", seen.ready(DEMO));
    let tree = case.user(&["get", "rollout", DEMO]);
    assert!(tree.contains("CrashLoopBackOff"), "{tree}");
    case.user(&["abort", DEMO]);
    case.until("version 1 runs alone", |seen| {
        seen.versions(DEMO) == [("1".to_owned(), 4)] && seen.ready(DEMO) == 4
    });
}

/// Plays the kubelet: writes a pod's status.
fn fail(case: &Case<'_>, pod: &str) {
    let status = json!({"status": {
        "phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory.",
        "conditions": [{"type": "Ready", "status": "False"}],
    }});
    case.patch(Kind::POD, &format!("{pod}/status"), Patch::Strategic, &status).unwrap();
}

fn a_pod_that_fails_is_replaced_and_the_release_goes_on(case: &Case<'_>) {
    case.deploy(canary(4, json!([{"setWeight": 50}, {"pause": {}}])));
    case.release(DEMO, "2");
    let seen = case.until_paused_at(1);
    for version in ["1", "2"] {
        fail(case, &seen.names_of(DEMO, version)[0]);
    }
    case.until("both were replaced", |seen| {
        (seen.available(DEMO, "1"), seen.available(DEMO, "2")) == (2, 2)
            && seen.ready(DEMO) == 4
            && seen.pods(DEMO).count() == 6
    });
    case.user(&["promote", DEMO]);
    case.until("version 2 runs alone", |seen| seen.is_healthy(DEMO) && seen.available(DEMO, "2") == 4);
}

fn what_an_unhealthy_old_version_has_left_is_not_taken_away(case: &Case<'_>) {
    let strategy =
        json!({"canary": {"maxSurge": 1, "maxUnavailable": 1, "steps": [{"setWeight": 50}, {"pause": {}}]}});
    let object = rollout(DEMO, 4, strategy);
    let seen = case.deploy(with(object, "/spec/template/metadata/annotations", json!({"round": "1"})));
    // Half of the old version loses its readiness, and the new one never gets any.
    for name in &seen.names_of(DEMO, "1")[..2] {
        case.lose_readiness(name);
    }
    case.until("two are left", |seen| seen.available(DEMO, "1") == 2);
    case.release_with(DEMO, "2", json!({"aviary.test/ready": "never"}));
    case.until("the canary's pods are there", |seen| !seen.pods_of(DEMO, "2").is_empty());
    case.let_pass("2s");
    let seen = case.now();
    assert_eq!((seen.ready(DEMO), seen.available(DEMO, "1")), (2, 2), "{:?}", seen.versions(DEMO));
}
