//! Blue-green releases that the peer left half-way.

use serde_json::{Value, json};

use super::left::{
    AVAILABLE, COMPLETED, HEALTHY, Left, NOT_COMPLETED, NOT_HEALTHY, NOT_PAUSED, PAUSED, STANDS, conditions,
    hash,
};
use crate::harness::{Case, DEMO, Kind, service, tests};

tests! {
    a_preview_that_the_peer_left_is_promoted,
    a_preview_that_the_peer_left_is_given_up,
    a_switch_that_the_peer_left_half_done_is_ended,
}

/// Services that select these versions. They come after their Rollout: those of no Rollout are set free.
fn services(case: &Case<'_>, selected: [&str; 2]) {
    for (name, version) in ["active", "preview"].into_iter().zip(selected) {
        let mut object = service(name, DEMO);
        object["metadata"]["annotations"] = json!({"argo-rollouts.argoproj.io/managed-by-rollouts": DEMO});
        object["spec"]["selector"]["rollouts-pod-template-hash"] = json!(hash(version));
        case.create(Kind::SERVICE, object);
    }
}

fn strategy(fields: &Value) -> Value {
    let mut strategy =
        json!({"activeService": "active", "previewService": "preview", "autoPromotionEnabled": false});
    strategy.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    json!({"blueGreen": strategy})
}

fn selectors(active: &str, preview: &str) -> Value {
    json!({"activeSelector": hash(active), "previewSelector": hash(preview)})
}

/// What the active version alone counts for.
fn active(version: &str) -> String {
    format!("app={DEMO},rollouts-pod-template-hash={}", hash(version))
}

/// T3.10: both versions run, and the second waits for a user.
fn previewed<'c>(case: &'c Case<'c>, instance: &'static str) -> (Left<'c>, crate::harness::Process) {
    let strategy = strategy(&json!({"abortScaleDownDelaySeconds": 1}));
    let mut left = Left::new(case, instance, 2, strategy, "2");
    services(case, ["1", "2"]);
    left.set("1", 2, json!({}));
    left.set("2", 2, json!({}));
    let controller = left.hand_over(json!({
        "currentPodHash": hash("2"), "stableRS": hash("1"), "blueGreen": selectors("1", "2"),
        "controllerPause": true,
        "pauseConditions": [{"reason": "BlueGreenPause", "startTime": "2026-01-31T12:00:00Z"}],
        "phase": "Paused", "message": "BlueGreenPause",
        "readyReplicas": 2, "availableReplicas": 2, "HPAReplicas": 2, "selector": active("1"),
        "conditions": conditions(&[AVAILABLE, NOT_HEALTHY, NOT_COMPLETED, STANDS, PAUSED]),
    }));
    case.let_pass("3s");
    let seen = case.now();
    assert_eq!(
        (seen.phase(DEMO), seen.selects("active"), seen.selects("preview")),
        ("Paused", &*hash("1"), &*hash("2"))
    );
    (left, controller)
}

fn a_preview_that_the_peer_left_is_promoted(case: &Case<'_>) {
    let (left, _controller) = previewed(case, "preview-promoted");
    case.user(&["promote", DEMO]);
    let seen = case.until_healthy(DEMO);
    assert_eq!((seen.selects("active"), seen.selects("preview")), (&*hash("2"), &*hash("2")));
    left.goes_on(4);
}

fn a_preview_that_the_peer_left_is_given_up(case: &Case<'_>) {
    let (left, _controller) = previewed(case, "preview-given-up");
    case.user(&["abort", DEMO]);
    let seen = case.until("its pods are gone", |seen| {
        seen.phase(DEMO) == "Degraded" && seen.versions(DEMO) == [("1".to_owned(), 2)]
    });
    assert_eq!(seen.selects("active"), hash("1"));
    left.goes_on(2);
}

fn a_switch_that_the_peer_left_half_done_is_ended(case: &Case<'_>) {
    // T3.13: switched and promoted, and the old version has no deadline yet.
    let strategy = strategy(&json!({"scaleDownDelaySeconds": 3}));
    let mut left = Left::new(case, "switched", 2, strategy, "2");
    services(case, ["2", "2"]);
    left.set("1", 2, json!({}));
    left.set("2", 2, json!({}));
    let message = format!("ReplicaSet \"{DEMO}-{}\" has successfully progressed.", hash("2"));
    let _controller = left.hand_over(json!({
        "currentPodHash": hash("2"), "stableRS": hash("2"), "blueGreen": selectors("2", "2"), "phase": "Healthy",
        "readyReplicas": 2, "availableReplicas": 2, "HPAReplicas": 2, "selector": active("2"),
        "conditions": conditions(&[
            AVAILABLE, NOT_PAUSED, HEALTHY, ("Progressing", "True", "NewReplicaSetAvailable", &message), COMPLETED,
        ]),
    }));
    let seen = case.until("the old version waits for its end", |seen| {
        seen.set(DEMO, "1")["metadata"]["annotations"]["scale-down-deadline"].is_string()
    });
    assert_eq!(seen.size(DEMO, "1"), 2);
    let seen = case.until("the old pods are gone", |seen| seen.versions(DEMO) == [("2".to_owned(), 2)]);
    assert_eq!((seen.phase(DEMO), seen.selects("active")), ("Healthy", &*hash("2")));
    left.goes_on(2);
}
