//! Canaries whose traffic a Gateway API route splits; the stand plays the gateway.

use serde_json::{Value, json};

use crate::harness::{Case, DEMO, Kind, Seen, deadline, rollout, service, tests, text};

tests! {
    weights_go_to_the_route_and_services_to_their_versions,
    a_step_waits_until_the_gateway_follows,
    pods_of_the_old_version_stay_for_the_delay,
    the_delays_limit_brings_the_older_down_at_once,
    pods_of_a_version_that_was_given_up_stay_for_their_own_delay,
    a_scale_of_its_own_goes_before_the_weight,
    with_a_dynamic_stable_scale_the_old_version_shrinks_and_comes_back,
    a_third_version_gets_the_traffic_of_the_second_back_first,
}

/// Services, a route, and version 1 of a Rollout of four pods with these fields of its strategy.
fn deploy(case: &Case<'_>, fields: Value) {
    for name in ["stable", "canary"] {
        case.create(Kind::SERVICE, service(name, DEMO));
    }
    let backend = |name: &str, weight: i64| json!({"name": name, "port": 80, "weight": weight});
    let backends = [backend("stable", 100), backend("canary", 0)];
    case.create(
        Kind::HTTP_ROUTE,
        json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "route"},
            "spec": {"parentRefs": [{"name": "edge"}], "rules": [{"backendRefs": backends}]},
        }),
    );
    let plugin = json!({"httpRoute": "route", "namespace": case.namespace});
    let mut strategy = json!({
        "stableService": "stable", "canaryService": "canary",
        "trafficRouting": {"plugins": {"argoproj-labs/gatewayAPI": plugin}},
    });
    strategy.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    case.deploy(rollout(DEMO, 4, json!({"canary": strategy})));
    case.until("the services are switched and all traffic is the old version's", |seen| {
        ["stable", "canary"].iter().all(|name| !seen.selects(name).is_empty())
            && seen.weights(DEMO) == (0, 100)
    });
}

/// The weights of stable and canary on the route.
fn on_route(seen: &Seen) -> (i64, i64) {
    let backends = &seen.get(Kind::HTTP_ROUTE, "route")["spec"]["rules"][0]["backendRefs"];
    (backends[0]["weight"].as_i64().unwrap_or(1), backends[1]["weight"].as_i64().unwrap_or(1))
}

/// What the canary's weight on the route was, in order.
fn history(case: &Case<'_>) -> Vec<i64> {
    let mut weights = Vec::new();
    case.replay(|seen, entry| {
        if entry.kind == Kind::HTTP_ROUTE && weights.last() != Some(&on_route(seen).1) {
            weights.push(on_route(seen).1);
        }
    });
    weights
}

fn weights_go_to_the_route_and_services_to_their_versions(case: &Case<'_>) {
    deploy(
        case,
        json!({"scaleDownDelaySeconds": 1, "steps": [{"setWeight": 25}, {"pause": {}}, {"setWeight": 50}]}),
    );
    case.release(DEMO, "2");
    let seen = case.until_paused_at(1);
    assert_eq!((on_route(&seen), seen.weights(DEMO)), ((75, 25), (25, 75)));
    assert_eq!((seen.size(DEMO, "1"), seen.size(DEMO, "2")), (4, 1), "the stable version keeps its size");
    assert_eq!(
        (seen.selects("stable"), seen.selects("canary")),
        (seen.hash(DEMO, "1"), seen.hash(DEMO, "2"))
    );
    assert_eq!(seen.status(DEMO)["canary"]["weights"]["verified"], true);
    case.user(&["promote", DEMO]);
    case.until_healthy(DEMO);
    case.until("the old pods are gone and the services are the new version's", |seen| {
        let new = seen.hash(DEMO, "2");
        seen.versions(DEMO) == [("2".to_owned(), 4)]
            && seen.selects("stable") == new
            && seen.selects("canary") == new
    });
    assert_eq!(history(case), [0, 25, 50, 100, 0]);
    case.replay(|seen, entry| {
        if entry.kind == Kind::HTTP_ROUTE {
            let (stable, canary) = on_route(seen);
            assert_eq!(stable + canary, 100);
        }
        // No pod of the old version goes while traffic may reach it.
        let stays = seen.selects("stable") == seen.hash(DEMO, "1") && on_route(seen).1 < 100;
        assert!(
            entry.kind != Kind::REPLICA_SET
                || !stays
                || seen.phase(DEMO).is_empty()
                || seen.size(DEMO, "1") == 4
        );
    });
}

fn a_step_waits_until_the_gateway_follows(case: &Case<'_>) {
    deploy(case, json!({"steps": [{"setWeight": 25}, {"pause": {}}]}));
    let label = |value: Value| json!({"metadata": {"labels": {"e2e/gateway": value}}});
    case.merge(Kind::HTTP_ROUTE, "route", label(json!("stalls")));
    case.release(DEMO, "2");
    case.until("the weight is written", |seen| on_route(seen).1 == 25 && seen.weights(DEMO).0 == 25);
    case.let_pass("2s");
    let seen = case.now();
    assert_eq!(
        (seen.step(DEMO), &seen.status(DEMO)["canary"]["weights"]["verified"]),
        (Some(0), &json!(false))
    );
    case.merge(Kind::HTTP_ROUTE, "route", label(Value::Null));
    let seen = case.until_paused_at(1);
    assert_eq!(seen.status(DEMO)["canary"]["weights"]["verified"], true);
}

fn pods_of_the_old_version_stay_for_the_delay(case: &Case<'_>) {
    deploy(case, json!({"scaleDownDelaySeconds": 4, "steps": [{"setWeight": 50}]}));
    case.release(DEMO, "2");
    case.until("version 2 is stable", |seen| {
        seen.status(DEMO)["stableRS"] == json!(seen.hash(DEMO, "2")) && seen.size(DEMO, "2") == 4
    });
    let seen = case.until("the old pods are gone", |seen| seen.versions(DEMO) == [("2".to_owned(), 4)]);
    assert!(deadline(seen.set(DEMO, "1")).is_null());
    case.stayed("1", &seen.status(DEMO)["duration"]["finishedAt"], 4);
}

fn the_delays_limit_brings_the_older_down_at_once(case: &Case<'_>) {
    deploy(case, json!({"scaleDownDelaySeconds": 600, "scaleDownDelayRevisionLimit": 1}));
    case.release(DEMO, "2");
    case.until("version 1 waits for its end", |seen| deadline(seen.set(DEMO, "1")).is_string());
    case.release(DEMO, "3");
    case.until("only the last old version stays", |seen| {
        (seen.size(DEMO, "1"), seen.size(DEMO, "2"), seen.size(DEMO, "3")) == (0, 4, 4)
            && deadline(seen.set(DEMO, "2")).is_string()
    });
    // Back to a version that still has its pods: they serve, none is started.
    let before = case.now().names_of(DEMO, "2");
    case.user(&["undo", DEMO]);
    let seen = case.until("version 2 is stable again", |seen| {
        seen.status(DEMO)["stableRS"] == json!(seen.hash(DEMO, "2"))
            && seen.selects("stable") == seen.hash(DEMO, "2")
    });
    assert_eq!(seen.names_of(DEMO, "2"), before);
    assert!(deadline(seen.set(DEMO, "2")).is_null());
}

fn pods_of_a_version_that_was_given_up_stay_for_their_own_delay(case: &Case<'_>) {
    deploy(case, json!({"abortScaleDownDelaySeconds": 4, "steps": [{"setWeight": 50}, {"pause": {}}]}));
    case.release(DEMO, "2");
    case.until_paused_at(1);
    case.user(&["abort", DEMO]);
    let seen = case.until("the new pods are gone", |seen| {
        seen.versions(DEMO) == [("1".to_owned(), 4)]
            && seen.phase(DEMO) == "Degraded"
            && on_route(seen) == (100, 0)
    });
    case.stayed("2", &seen.status(DEMO)["abortedAt"], 4);
    let (back, _) = case
        .first("traffic is back", |seen| seen.status(DEMO)["abort"] == true && on_route(seen) == (100, 0));
    assert_eq!(back.size(DEMO, "2"), 2, "pods went before their traffic");
    assert_eq!(seen.selects("canary"), seen.hash(DEMO, "1"));
    assert_eq!(history(case), [0, 50, 0]);
}

fn a_scale_of_its_own_goes_before_the_weight(case: &Case<'_>) {
    let steps = json!([
        {"setCanaryScale": {"replicas": 3}}, {"setWeight": 10}, {"pause": {}},
        {"setCanaryScale": {"matchTrafficWeight": true}}, {"setWeight": 50}, {"pause": {}},
    ]);
    deploy(case, json!({"steps": steps}));
    case.release(DEMO, "2");
    let seen = case.until_paused_at(2);
    assert_eq!((on_route(&seen).1, seen.size(DEMO, "1"), seen.size(DEMO, "2")), (10, 4, 3));
    case.user(&["promote", DEMO]);
    let seen = case.until_paused_at(5);
    assert_eq!((on_route(&seen).1, seen.size(DEMO, "1"), seen.size(DEMO, "2")), (50, 4, 2));
}

/// At every moment the available pods of each version cover its share of the traffic.
fn covered(case: &Case<'_>) {
    case.replay(|seen, entry| {
        if entry.kind != Kind::REPLICA_SET || seen.selects("stable") != seen.hash(DEMO, "1") {
            return;
        }
        let stable = seen.available(DEMO, "1").min(seen.size(DEMO, "1"));
        assert!(stable * 100 >= on_route(seen).0 * 4, "{stable} pods for {:?}", on_route(seen));
    });
}

fn with_a_dynamic_stable_scale_the_old_version_shrinks_and_comes_back(case: &Case<'_>) {
    let steps = json!([{"setWeight": 25}, {"pause": {}}, {"setWeight": 75}, {"pause": {}}]);
    deploy(case, json!({"dynamicStableScale": true, "steps": steps}));
    case.release(DEMO, "2");
    let sizes = |seen: &Seen| (seen.size(DEMO, "1"), seen.size(DEMO, "2"));
    case.until("a quarter is new", |seen| seen.is_paused_at(DEMO, 1) && sizes(seen) == (3, 1));
    case.user(&["promote", DEMO]);
    case.until("three quarters are new", |seen| seen.is_paused_at(DEMO, 3) && sizes(seen) == (1, 3));
    case.user(&["abort", DEMO]);
    case.until("version 1 runs alone", |seen| {
        seen.versions(DEMO) == [("1".to_owned(), 4)]
            && on_route(seen) == (100, 0)
            && seen.phase(DEMO) == "Degraded"
    });
    covered(case);
    let weights = history(case);
    let top = weights.iter().position(|weight| *weight == 75).unwrap();
    assert!(weights[top..].is_sorted_by(|a, b| a > b) && weights[..=top] == [0, 25, 75], "{weights:?}");

    case.user(&["retry", "rollout", DEMO]);
    case.until("it waits again", |seen| seen.is_paused_at(DEMO, 1) && sizes(seen) == (3, 1));
    case.user(&["promote", DEMO, "--full"]);
    case.until("version 2 runs alone", |seen| {
        seen.is_healthy(DEMO) && seen.versions(DEMO) == [("2".to_owned(), 4)] && on_route(seen) == (100, 0)
    });
}

fn a_third_version_gets_the_traffic_of_the_second_back_first(case: &Case<'_>) {
    deploy(case, json!({"scaleDownDelaySeconds": 1, "steps": [{"setWeight": 50}, {"pause": {}}]}));
    case.release(DEMO, "2");
    case.until_paused_at(1);
    case.release(DEMO, "3");
    let seen = case.until("version 3 waits", |seen| seen.is_paused_at(DEMO, 1) && seen.size(DEMO, "2") == 0);
    assert_eq!((seen.size(DEMO, "1"), seen.size(DEMO, "3"), on_route(&seen)), (4, 2, (50, 50)));
    assert_eq!(seen.selects("canary"), seen.hash(DEMO, "3"));
    assert_eq!(history(case), [0, 50, 0, 50]);
    case.replay(|seen, entry| {
        // Whoever the canary's Service selects while it has traffic is there.
        if entry.kind == Kind::REPLICA_SET && on_route(seen).1 > 0 {
            let selected = seen.selects("canary");
            let set = seen
                .sets(DEMO)
                .find(|set| text(&set["metadata"]["labels"]["rollouts-pod-template-hash"]) == selected);
            assert!(
                set.is_some_and(|set| set["spec"]["replicas"].as_i64() > Some(0)),
                "traffic goes nowhere"
            );
        }
    });
}
