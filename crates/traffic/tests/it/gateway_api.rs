//! The Gateway API router (spec traffic-5 section 3, traffic-7 P7 to P9).

use std::collections::BTreeMap;
use std::sync::Arc;

use aviary_traffic::{Edit, GatewayApi, Intent, Invalid, Live, ManagedRoutes, Router};
use crd::{Kind, ObjectKey, Rollout};
use proptest::prelude::*;
use serde_json::{Value, json};

#[allow(clippy::needless_pass_by_value)] // reads better with json! in place
fn rollout(config: Value) -> Rollout {
    serde_json::from_value(json!({
        "metadata": {"name": "shop", "namespace": "prod"},
        "spec": {"strategy": {"canary": {"trafficRouting": {
            "managedRoutes": [{"name": "to-canary"}],
            "plugins": {"argoproj-labs/gatewayAPI": config},
        }}}},
    }))
    .unwrap()
}

fn key() -> ObjectKey {
    ObjectKey::new(Kind::HTTP_ROUTE, "prod", "shop")
}

fn live(route: &Value) -> Live {
    Live { objects: BTreeMap::from([(key(), Arc::new(route.clone()))]) }
}

fn intent(canary_weight: i32) -> Intent {
    Intent {
        canary_weight,
        canary_service: "canary".to_owned(),
        stable_service: "stable".to_owned(),
        ..Intent::default()
    }
}

/// `stable` and `canary` with these weights, and a backend of somebody else.
fn split(stable: i32, canary: i32) -> Value {
    json!({
        "matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
        "backendRefs": [
            {"name": "stable", "port": 80, "weight": stable, "filters": [{"type": "Unheard-of"}]},
            {"name": "canary", "port": 80, "weight": canary},
            {"name": "extra", "port": 80, "weight": 7},
        ],
        "timeouts": {"request": "1s"},
    })
}

fn route(rules: &[Value]) -> Value {
    json!({"metadata": {"resourceVersion": "1"}, "spec": {"hostnames": ["shop"], "rules": rules}})
}

fn unlabelled() -> Rollout {
    rollout(json!({"httpRoute": "shop", "disableInProgressLabel": true}))
}

fn edits(rollout: &Rollout, route: &Value, intent: &Intent) -> Result<Vec<Edit>, Invalid> {
    GatewayApi.edits(rollout, &live(route), intent)
}

fn apply(object: &mut Value, patch: Value) -> Result<(), json_patch::PatchError> {
    let patch: json_patch::Patch = serde_json::from_value(patch).unwrap();
    json_patch::patch(object, &patch)
}

/// What the server stores when it gets the edits.
#[track_caller]
fn applied(rollout: &Rollout, route: &Value, intent: &Intent) -> Value {
    let mut object = route.clone();
    for edit in edits(rollout, route, intent).unwrap() {
        assert_eq!(edit.key, key());
        apply(&mut object, edit.patch).unwrap();
    }
    object
}

#[test]
fn only_the_weights_of_our_services_change() {
    let mut expected = route(&[split(70, 30)]);
    expected["metadata"]["labels"] = json!({"rollouts.argoproj.io/gatewayapi-canary": "in-progress"});
    let rollout = rollout(json!({"httpRoute": "shop"}));
    assert_eq!(applied(&rollout, &route(&[split(100, 0)]), &intent(30)), expected);
    assert_eq!(applied(&rollout, &expected, &intent(30)), expected);
    expected["metadata"]["labels"] = json!({});
    expected["spec"]["rules"] = json!([split(100, 0)]);
    assert_eq!(applied(&rollout, &route(&[split(70, 30)]), &intent(0))["spec"], expected["spec"]);
}

#[test]
fn the_patch_names_what_it_replaces() {
    let patch = edits(&unlabelled(), &route(&[split(100, 0)]), &intent(30)).unwrap().remove(0).patch;
    let (stable, canary) = (&split(100, 0)["backendRefs"][0], &split(100, 0)["backendRefs"][1]);
    assert_eq!(
        patch,
        json!([
            {"op": "test", "path": "/spec/rules/0/backendRefs/0", "value": stable},
            {"op": "add", "path": "/spec/rules/0/backendRefs/0/weight", "value": 70},
            {"op": "test", "path": "/spec/rules/0/backendRefs/1", "value": canary},
            {"op": "add", "path": "/spec/rules/0/backendRefs/1/weight", "value": 30},
        ])
    );
    let mut changed = route(&[split(90, 10)]);
    apply(&mut changed, patch).unwrap_err();
}

#[test]
fn every_rule_with_both_services_is_split_and_no_other() {
    let only = |name: &str| json!({"backendRefs": [{"name": name, "port": 80}]});
    let before = route(&[split(100, 0), only("stable"), split(100, 0), only("canary"), only("elsewhere")]);
    let after = route(&[split(0, 100), only("stable"), split(0, 100), only("canary"), only("elsewhere")]);
    assert_eq!(applied(&unlabelled(), &before, &intent(100)), after);
}

#[test]
fn weights_add_up_to_the_maximum_of_the_rollout() {
    let intent = Intent { max_weight: 1000, ..intent(15) };
    assert_eq!(applied(&unlabelled(), &route(&[split(1, 1)]), &intent), route(&[split(985, 15)]));
}

#[test]
fn experiments_take_their_share_from_stable_and_leave_again() {
    let additional = vec![crd::WeightDestination {
        weight: 5,
        service_name: "probe".to_owned(),
        ..crd::WeightDestination::default()
    }];
    let during = Intent { additional: additional.clone(), ..intent(20) };
    let mut rollout = unlabelled();
    let with = applied(&rollout, &route(&[split(100, 0)]), &during);
    let mut expected = split(75, 20);
    let probe = json!({"name": "probe", "port": 80, "weight": 5});
    expected["backendRefs"].as_array_mut().unwrap().push(probe);
    assert_eq!(with, route(&[expected]));
    let weights = crd::TrafficWeights { additional, ..crd::TrafficWeights::default() };
    rollout.status.canary.weights = Some(weights);
    assert_eq!(applied(&rollout, &with, &intent(20)), route(&[split(80, 20)]));
}

#[test]
fn routes_are_found_by_every_way_to_name_them() {
    let keys = |config: Value| GatewayApi.reads(&rollout(config));
    let route = |kind: &str, name: &str| {
        let kind = GatewayApi.kinds().iter().find(|known| known.kind == kind).unwrap().clone();
        ObjectKey::new(kind, "prod", name)
    };
    assert_eq!(
        keys(
            json!({"httpRoutes": [{"name": "a"}, {"name": "b"}], "httpRoute": "c", "grpcRoute": "d", "tcpRoutes": [{"name": "e"}]})
        ),
        [
            route("HTTPRoute", "a"),
            route("HTTPRoute", "b"),
            route("HTTPRoute", "c"),
            route("GRPCRoute", "d"),
            route("TCPRoute", "e"),
        ]
    );
    assert_eq!(
        keys(json!({"httpRoute": "a", "namespace": "edge"})),
        [ObjectKey::new(Kind::HTTP_ROUTE, "edge", "a")]
    );
    let ours: Rollout = serde_json::from_value(json!({
        "metadata": {"namespace": "prod"},
        "spec": {"strategy": {"canary": {"trafficRouting": {"plugins": {"aviary/gateway-api": {"httpRoute": "shop"}}}}}},
    }))
    .unwrap();
    assert_eq!(GatewayApi.reads(&ours), [key()]);
}

#[test]
fn only_the_named_rule_is_split() {
    let named = |name: &str, stable, canary| {
        let mut rule = split(stable, canary);
        rule["name"] = json!(name);
        rule
    };
    let rollout =
        rollout(json!({"httpRoute": "shop", "httpRouteRuleName": "api", "disableInProgressLabel": true}));
    let before = route(&[named("web", 100, 0), named("api", 100, 0)]);
    assert_eq!(applied(&rollout, &before, &intent(10)), route(&[named("web", 100, 0), named("api", 90, 10)]));
}

#[test]
fn errors_name_object_field_value_and_remedy() {
    let message = |config: Value, rules: &[Value]| {
        edits(&rollout(config), &route(rules), &intent(10)).unwrap_err().to_string()
    };
    let plugin = "Rollout prod/shop: spec.strategy.canary.trafficRouting.plugins[argoproj-labs/gatewayAPI]";
    for (config, rules, expected) in [
        (
            json!({"httpRoute": "gone"}),
            vec![],
            format!("{plugin}.httpRoute: HTTPRoute prod/gone does not exist; create the route, or correct its name"),
        ),
        (
            json!({}),
            vec![],
            format!(
                "{plugin}: no route is named; set httpRoute, grpcRoute, tcpRoute or tlsRoute, or a list of them such as httpRoutes"
            ),
        ),
        (
            json!({"httpRoute": "shop"}),
            vec![json!({"backendRefs": [{"name": "stable"}]})],
            r#"HTTPRoute prod/shop: spec.rules: no rule refers to both "canary" and "stable"; name the Rollout's canary and stable Service in the backendRefs of one rule"#.to_owned(),
        ),
        (
            json!({"httpRouteSelector": {"matchLabels": {"a": "b"}}}),
            vec![],
            format!(
                r#"{plugin}.httpRouteSelector: {{"matchLabels":{{"a":"b"}}}} would find routes by label, which is not supported; name the routes in httpRoutes"#
            ),
        ),
        (
            json!({"httpRoute": 5}),
            vec![],
            format!(
                "{plugin}.httpRoute: 5 cannot be read: invalid type: integer `5`, expected a string; correct the value"
            ),
        ),
    ] {
        assert_eq!(message(config, &rules), expected);
    }
}

#[test]
fn a_weight_is_real_once_the_route_carries_it_and_every_parent_accepts_this_generation() {
    let rollout = unlabelled();
    let condition = |kind: &str, status: &str, generation: i64| json!({"type": kind, "status": status, "observedGeneration": generation});
    let accepted = condition("Accepted", "True", 3);
    let verified = |stable, canary, parents: Value| {
        let mut route = route(&[split(stable, canary)]);
        route["metadata"]["generation"] = json!(3);
        route["status"]["parents"] = parents;
        GatewayApi.verified(&rollout, &live(&route), &intent(30))
    };
    for (stable, canary, parents, expected) in [
        (70, 30, Value::Null, true),
        (100, 0, Value::Null, false),
        (70, 30, json!([{"conditions": [accepted]}]), true),
        (70, 30, json!([{"conditions": [accepted, condition("ResolvedRefs", "True", 3)]}]), true),
        (70, 30, json!([{"conditions": [condition("Accepted", "True", 2)]}]), false),
        (70, 30, json!([{"conditions": [condition("Accepted", "False", 3)]}]), false),
        (70, 30, json!([{"conditions": [accepted, condition("ResolvedRefs", "False", 3)]}]), false),
        (70, 30, json!([{"conditions": [accepted]}, {"conditions": []}]), false),
        (100, 0, json!([{"conditions": [accepted]}]), false),
    ] {
        assert_eq!(verified(stable, canary, parents.clone()), Some(expected), "{stable}/{canary} {parents}");
    }
    assert_eq!(GatewayApi.verified(&rollout, &Live::default(), &intent(30)), Some(false));
}

fn with_managed(canary_weight: i32, routes: Value) -> Intent {
    let steps: Vec<crd::CanaryStep> = serde_json::from_value(routes).unwrap();
    Intent { managed_routes: ManagedRoutes::in_force(&steps, steps.len()), ..intent(canary_weight) }
}

fn header_step() -> Value {
    json!([{"setHeaderRoute": {"name": "to-canary", "match": [{"headerName": "X-Version", "headerValue": {"exact": "v2"}}]}}])
}

#[test]
fn a_header_route_sends_matching_requests_to_the_canary() {
    let with =
        applied(&unlabelled(), &route(&[split(100, 0), split(100, 0)]), &with_managed(0, header_step()));
    let managed = |name: &str| {
        json!({
            "name": name,
            "matches": [{
                "path": {"type": "PathPrefix", "value": "/"},
                "headers": [{"name": "X-Version", "type": "Exact", "value": "v2"}],
            }],
            "backendRefs": [{"group": "", "kind": "Service", "name": "canary", "port": 80}],
        })
    };
    let expected = route(&[split(100, 0), split(100, 0), managed("to-canary"), managed("to-canary-1")]);
    assert_eq!(with, expected);
    assert_eq!(applied(&unlabelled(), &with, &intent(0)), route(&[split(100, 0), split(100, 0)]));
}

#[test]
fn a_mirror_route_copies_matching_requests_and_keeps_the_split() {
    let step = json!([{"setMirrorRoute": {"name": "to-canary", "percentage": 35, "match": [
        {"method": {"exact": "GET"}, "path": {"prefix": "/api"}, "headers": {"b": {"prefix": "x"}}},
    ]}}]);
    let with = applied(&unlabelled(), &route(&[split(100, 0)]), &with_managed(10, step));
    assert_eq!(
        with["spec"]["rules"][1],
        json!({
            "name": "to-canary",
            "matches": [{
                "path": {"type": "PathPrefix", "value": "/api"},
                "method": "GET",
                "headers": [{"name": "b", "type": "RegularExpression", "value": "x.*"}],
            }],
            "filters": [{"type": "RequestMirror", "requestMirror": {
                "backendRef": {"group": "", "kind": "Service", "name": "canary", "port": 80},
                "percent": 35,
            }}],
            "backendRefs": split(90, 10)["backendRefs"],
        })
    );
}

#[test]
fn defaults_that_the_server_fills_in_are_no_reason_to_write_again() {
    let intent = with_managed(0, header_step());
    let mut stored = applied(
        &unlabelled(),
        &route(&[json!({"backendRefs": [
            {"name": "stable", "port": 80, "weight": 100}, {"name": "canary", "port": 80, "weight": 0},
        ]})]),
        &intent,
    );
    for rule in stored["spec"]["rules"].as_array_mut().unwrap() {
        rule["matches"] = rule.get("matches").cloned().unwrap_or_else(|| json!([{}]));
        rule["matches"][0]["path"] = json!({"type": "PathPrefix", "value": "/"});
        for backend in rule["backendRefs"].as_array_mut().unwrap() {
            backend["group"] = json!("");
            backend["kind"] = json!("Service");
            backend["weight"] = backend.get("weight").cloned().unwrap_or(json!(1));
        }
    }
    assert_eq!(edits(&unlabelled(), &stored, &intent), Ok(vec![]));
    assert_eq!(GatewayApi.verified(&unlabelled(), &live(&stored), &intent), Some(true));
}

#[test]
fn a_users_rule_is_never_taken_for_a_managed_one() {
    let users = json!({"name": "to-canary-please", "backendRefs": [{"name": "canary", "port": 80}]});
    let before = route(&[split(100, 0), users]);
    assert_eq!(applied(&unlabelled(), &before, &intent(0)), before);
}

proptest! {
    #[test]
    fn edits_reach_the_intent_in_one_pass_and_then_rest(
        stable in 0..1000i32, canary in 0..1000i32, wanted in 0..=100i32, rules in 1..4usize,
    ) {
        let before = route(&vec![split(stable, canary); rules]);
        let intent = intent(wanted);
        let after = applied(&unlabelled(), &before, &intent);
        prop_assert_eq!(&after, &route(&vec![split(100 - wanted, wanted); rules]));
        prop_assert_eq!(edits(&unlabelled(), &after, &intent), Ok(vec![]));
        prop_assert_eq!(GatewayApi.verified(&unlabelled(), &live(&after), &intent), Some(true));
    }
}
