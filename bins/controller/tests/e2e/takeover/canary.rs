//! Canaries that the peer left half-way.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::left::{
    AVAILABLE, COMPLETED, HEALTHY, Left, NOT_COMPLETED, NOT_HEALTHY, NOT_PAUSED, PAUSED, STANDS, conditions,
    hash, steps_hash,
};
use crate::harness::{Case, DEMO, Kind, Seen, service, tests, text};
use crate::metrics::Metrics;

tests! {
    a_release_that_the_peer_left_at_a_pause_is_promoted,
    a_release_that_the_peer_gave_up_is_retried,
    a_release_that_the_peer_left_while_it_scaled_goes_on,
    a_routed_release_that_the_peer_left_at_a_pause_is_promoted,
    the_peers_scale_down_deadline_is_kept,
    what_the_peer_left_healthy_is_not_written,
    a_first_deploy_that_the_peer_had_only_begun_is_ended,
    an_analysis_that_the_peer_began_is_not_begun_again,
}

fn progressing(
    reason: &'static str,
    message: &'static str,
) -> (&'static str, &'static str, &'static str, &'static str) {
    ("Progressing", "True", reason, message)
}

fn basic(steps: &Value) -> Value {
    json!({"canary": {"steps": steps}})
}

fn trace_1() -> Value {
    json!([{"setWeight": 20}, {"pause": {}}, {"setWeight": 60}])
}

fn waits() -> Value {
    json!([{"reason": "CanaryPauseStep", "startTime": "2026-01-31T12:00:00Z"}])
}

fn a_release_that_the_peer_left_at_a_pause_is_promoted(case: &Case<'_>) {
    let steps = trace_1();
    let mut left = Left::new(case, "left-at-a-pause", 5, basic(&steps), "2");
    left.set("1", 4, json!({}));
    left.set("2", 1, json!({}));
    // T1.13
    let _controller = left.hand_over(json!({
        "currentPodHash": hash("2"), "stableRS": hash("1"), "currentStepIndex": 1, "currentStepHash": steps_hash(&steps),
        "controllerPause": true, "pauseConditions": waits(), "phase": "Paused", "message": "CanaryPauseStep",
        "conditions": conditions(&[NOT_HEALTHY, NOT_COMPLETED, AVAILABLE, STANDS, PAUSED]),
    }));
    case.let_pass("3s");
    let seen = case.now();
    assert_eq!((seen.phase(DEMO), seen.size(DEMO, "1"), seen.size(DEMO, "2")), ("Paused", 4, 1));
    case.user(&["promote", DEMO]);
    let seen = case.until_healthy(DEMO);
    assert_eq!(seen.versions(DEMO), [("2".to_owned(), 5)]);
    assert_eq!(seen.status(DEMO)["stableRS"], json!(hash("2")));
    // 25 % of 5, rounded down, may be unavailable.
    left.goes_on(4);
}

fn a_release_that_the_peer_gave_up_is_retried(case: &Case<'_>) {
    let steps = json!([{"setWeight": 40}, {"pause": {}}]);
    let mut left = Left::new(case, "given-up", 5, basic(&steps), "2");
    left.set("1", 5, json!({}));
    left.set("2", 0, json!({}));
    // T4.17
    let message = "Rollout aborted update to revision 2";
    let _controller = left.hand_over(json!({
        "currentPodHash": hash("2"), "stableRS": hash("1"), "currentStepIndex": 0, "currentStepHash": steps_hash(&steps),
        "abort": true, "abortedAt": "2026-01-31T12:00:00Z",
        "phase": "Degraded", "message": format!("RolloutAborted: {message}"),
        "conditions": conditions(&[
            NOT_HEALTHY, NOT_COMPLETED, AVAILABLE, PAUSED, ("Progressing", "False", "RolloutAborted", message),
        ]),
    }));
    case.let_pass("3s");
    let seen = case.now();
    assert_eq!((seen.phase(DEMO), seen.size(DEMO, "1"), seen.size(DEMO, "2")), ("Degraded", 5, 0));
    case.user(&["retry", "rollout", DEMO]);
    let seen = case.until_paused_at(1);
    assert_eq!((seen.size(DEMO, "1"), seen.size(DEMO, "2")), (3, 2));
    case.user(&["promote", DEMO]);
    case.until_healthy(DEMO);
    left.goes_on(4);
}

fn a_release_that_the_peer_left_while_it_scaled_goes_on(case: &Case<'_>) {
    let steps = trace_1();
    let mut left = Left::new(case, "scaling", 5, basic(&steps), "2");
    left.set("1", 3, json!({}));
    left.set("2", 1, json!({}));
    // T1.17
    let _controller = left.hand_over(json!({
        "currentPodHash": hash("2"), "stableRS": hash("1"), "currentStepIndex": 2, "currentStepHash": steps_hash(&steps),
        "phase": "Progressing", "message": "more replicas need to be updated",
        "conditions": conditions(&[
            NOT_HEALTHY, NOT_COMPLETED, AVAILABLE, NOT_PAUSED, progressing("ReplicaSetUpdated", "progressing"),
        ]),
    }));
    let seen = case.until_healthy(DEMO);
    assert_eq!(seen.versions(DEMO), [("2".to_owned(), 5)]);
    left.goes_on(4);
}

/// Services that select these versions, and a route with the canary's weight. They come after their Rollout: Services
/// of no Rollout are set free.
fn route(case: &Case<'_>, selected: [&str; 2], weight: i64) {
    for (name, version) in ["stable", "canary"].into_iter().zip(selected) {
        let mut object = service(name, DEMO);
        object["metadata"]["annotations"] = json!({"argo-rollouts.argoproj.io/managed-by-rollouts": DEMO});
        object["spec"]["selector"]["rollouts-pod-template-hash"] = json!(hash(version));
        case.create(Kind::SERVICE, object);
    }
    let backend = |name: &str, weight: i64| json!({"name": name, "port": 80, "weight": weight});
    let backends = [backend("stable", 100 - weight), backend("canary", weight)];
    case.create(
        Kind::HTTP_ROUTE,
        json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "route"},
            "spec": {"parentRefs": [{"name": "edge"}], "rules": [{"backendRefs": backends}]},
        }),
    );
}

fn routed(case: &Case<'_>, steps: &Value) -> Value {
    let plugin = json!({"httpRoute": "route", "namespace": case.namespace});
    json!({"canary": {
        "stableService": "stable", "canaryService": "canary", "steps": steps,
        "trafficRouting": {"plugins": {"argoproj-labs/gatewayAPI": plugin}},
    }})
}

fn weights(canary: &str, stable: &str, weight: i64) -> Value {
    json!({"weights": {
        "canary": {"weight": weight, "serviceName": "canary", "podTemplateHash": hash(canary)},
        "stable": {"weight": 100 - weight, "serviceName": "stable", "podTemplateHash": hash(stable)},
        "verified": true,
    }})
}

fn on_route(seen: &Seen) -> i64 {
    seen.get(Kind::HTTP_ROUTE, "route")["spec"]["rules"][0]["backendRefs"][1]["weight"].as_i64().unwrap_or(1)
}

fn a_routed_release_that_the_peer_left_at_a_pause_is_promoted(case: &Case<'_>) {
    let steps = json!([{"setWeight": 20}, {"pause": {}}]);
    assert_eq!(steps_hash(&steps), "54649b9f5c", "vector S4");
    let mut left = Left::new(case, "routed-pause", 5, routed(case, &steps), "2");
    route(case, ["1", "2"], 20);
    left.set("1", 5, json!({}));
    left.set("2", 1, json!({}));
    // T2.12
    let _controller = left.hand_over(json!({
        "currentPodHash": hash("2"), "stableRS": hash("1"), "currentStepIndex": 1, "currentStepHash": steps_hash(&steps),
        "controllerPause": true, "pauseConditions": waits(), "phase": "Paused", "message": "CanaryPauseStep",
        "canary": weights("2", "1", 20),
        "conditions": conditions(&[AVAILABLE, NOT_HEALTHY, NOT_COMPLETED, STANDS, PAUSED]),
    }));
    case.let_pass("3s");
    let seen = case.now();
    assert_eq!((seen.phase(DEMO), on_route(&seen), seen.size(DEMO, "2")), ("Paused", 20, 1));
    case.user(&["promote", DEMO]);
    case.until("all traffic is version 2's", |seen| {
        seen.is_healthy(DEMO) && seen.selects("stable") == hash("2") && on_route(seen) == 0
    });
    let mut history = Vec::new();
    case.replay(|seen, entry| {
        if entry.kind == Kind::HTTP_ROUTE && history.last() != Some(&on_route(seen)) {
            history.push(on_route(seen));
        }
    });
    assert_eq!(history, [20, 100, 0]);
    left.goes_on(5);
}

fn the_peers_scale_down_deadline_is_kept(case: &Case<'_>) {
    let steps = json!([{"setWeight": 20}, {"pause": {}}]);
    let mut left = Left::new(case, "deadline", 2, routed(case, &steps), "2");
    route(case, ["2", "2"], 0);
    let in_five_seconds = case.in_seconds(5);
    left.set("1", 2, json!({"scale-down-deadline": in_five_seconds}));
    left.set("2", 2, json!({}));
    // T2.27
    let _controller = left.hand_over(json!({
        "currentPodHash": hash("2"), "stableRS": hash("2"), "currentStepIndex": 2, "currentStepHash": steps_hash(&steps),
        "phase": "Healthy", "canary": weights("2", "2", 0),
        "conditions": conditions(&[AVAILABLE, NOT_HEALTHY, NOT_PAUSED, progressing("ReplicaSetUpdated", "progressing"), COMPLETED]),
    }));
    let seen = case.until("the old pods are gone", |seen| seen.versions(DEMO) == [("2".to_owned(), 2)]);
    assert!(case.in_seconds(0) >= in_five_seconds, "they went before {in_five_seconds}");
    assert_eq!(seen.set(DEMO, "1")["metadata"]["annotations"].get("scale-down-deadline"), None);
    case.until("it is healthy at last", |seen| seen.condition(DEMO, "Healthy")["status"] == "True");
    left.goes_on(2);
}

fn versions(seen: &Seen) -> BTreeMap<String, String> {
    let kinds = [Kind::ROLLOUT, Kind::REPLICA_SET, Kind::POD];
    let objects = kinds.into_iter().flat_map(|kind| seen.all(kind));
    let of =
        |object: &Value| ["name", "resourceVersion"].map(|key| text(&object["metadata"][key]).to_owned());
    objects.map(of).map(|[name, version]| (name, version)).collect()
}

fn what_the_peer_left_healthy_is_not_written(case: &Case<'_>) {
    let steps = trace_1();
    let mut left = Left::new(case, "healthy", 3, basic(&steps), "2");
    left.set("1", 0, json!({}));
    left.set("2", 3, json!({}));
    let name = format!("{DEMO}-{}", hash("2"));
    let message = format!("ReplicaSet \"{name}\" has successfully progressed.");
    // T1.24
    let controller = left.hand_over(json!({
        "currentPodHash": hash("2"), "stableRS": hash("2"), "currentStepIndex": 3, "currentStepHash": steps_hash(&steps),
        "phase": "Healthy",
        "conditions": conditions(&[
            NOT_PAUSED, AVAILABLE, COMPLETED, HEALTHY, ("Progressing", "True", "NewReplicaSetAvailable", &message),
        ]),
    }));
    let before = versions(&case.now());
    case.let_pass("4s");
    assert_eq!(versions(&case.now()), before);
    // It was there, and looked: a release begins at once.
    case.release(DEMO, "3");
    case.until_paused_at(1);
    drop(controller);
}

fn a_first_deploy_that_the_peer_had_only_begun_is_ended(case: &Case<'_>) {
    let mut left = Left::new(case, "first", 2, basic(&trace_1()), "1");
    left.set("1", 0, json!({}));
    // T1.1
    let message = format!("Created new replica set \"{DEMO}-{}\"", hash("1"));
    let _controller = left.hand_over(json!({
        "conditions": conditions(&[("Progressing", "True", "NewReplicaSetCreated", &message)]),
    }));
    let seen = case.until_healthy(DEMO);
    assert_eq!((seen.versions(DEMO), seen.step(DEMO)), (vec![("1".to_owned(), 2)], Some(3)));
    left.goes_on(0);
}

fn an_analysis_that_the_peer_began_is_not_begun_again(case: &Case<'_>) {
    let metrics = Metrics::start();
    let provider = json!({"prometheus": {"address": metrics.address(), "query": "errors"}});
    let metric = json!({"name": "errors", "interval": "1s", "count": 5, "successCondition": "result[0] < 0.1", "provider": provider});
    case.create(
        Kind::ANALYSIS_TEMPLATE,
        json!({
            "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisTemplate",
            "metadata": {"name": "errors", "labels": {"argo-rollouts.argoproj.io/controller-instance-id": "analysis"}},
            "spec": {"metrics": [metric]},
        }),
    );
    let steps = json!([{"setWeight": 50}, {"analysis": {"templates": [{"templateName": "errors"}]}}]);
    let mut left = Left::new(case, "analysis", 2, basic(&steps), "2");
    left.set("1", 1, json!({}));
    left.set("2", 1, json!({}));
    let name = format!("{DEMO}-{}-2-1", hash("2"));
    let labels = json!({
        "app": DEMO, "rollouts-pod-template-hash": hash("2"), "rollout-type": "Step", "step-index": "1",
        "argo-rollouts.argoproj.io/controller-instance-id": "analysis",
    });
    let measured = json!({
        "phase": "Successful", "value": "[0]", "startedAt": case.in_seconds(-1), "finishedAt": case.in_seconds(-1),
    });
    let result = json!({"name": "errors", "phase": "Running", "count": 1, "successful": 1, "measurements": [measured]});
    left.owned(
        Kind::ANALYSIS_RUN,
        json!({
            "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun",
            "metadata": {"name": name, "labels": labels, "annotations": {"rollout.argoproj.io/revision": "2"}},
            "spec": {"metrics": [metric]},
            "status": {
                "phase": "Running", "startedAt": case.in_seconds(-1), "metricResults": [result],
                "runSummary": {"count": 1}, "dryRunSummary": {},
            },
        }),
    );
    let run = json!({"name": name, "status": "Running"});
    let _controller = left.hand_over(json!({
        "currentPodHash": hash("2"), "stableRS": hash("1"), "currentStepIndex": 1, "currentStepHash": steps_hash(&steps),
        "phase": "Progressing", "message": "more replicas need to be updated",
        "canary": {"currentStepAnalysisRunStatus": run},
        "conditions": conditions(&[NOT_HEALTHY, NOT_COMPLETED, AVAILABLE, progressing("ReplicaSetUpdated", "progressing")]),
    }));
    let seen = case.until_healthy(DEMO);
    let runs: Vec<&Value> = seen.all(Kind::ANALYSIS_RUN).collect();
    assert_eq!((runs.len(), text(&runs[0]["metadata"]["name"])), (1, name.as_str()));
    let result = &runs[0]["status"]["metricResults"][0];
    assert_eq!((&result["successful"], &result["phase"]), (&json!(5), &json!("Successful")));
    assert_eq!(result["measurements"][0]["value"], "[0]", "the peer's measurement is kept");
    left.goes_on(2);
}
