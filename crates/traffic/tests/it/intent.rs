//! From a Rollout and its weights to what a router is asked for.

use aviary_traffic::{Intent, ManagedRoutes, unserved};
use crd::{CanaryStep, WeightDestination};
use serde_json::json;

#[test]
fn the_stable_version_has_what_the_others_leave() {
    let experiment = WeightDestination { weight: 5, ..WeightDestination::default() };
    let intent = Intent { canary_weight: 20, additional: vec![experiment], ..Intent::default() };
    assert_eq!(intent.stable_weight(), 75);
    assert_eq!(Intent { canary_weight: 200, max_weight: 1000, ..Intent::default() }.stable_weight(), 800);
    assert_eq!(Intent { canary_weight: 200, ..Intent::default() }.stable_weight(), 0);
}

#[test]
fn a_managed_route_lives_from_its_step_to_the_step_without_a_match() {
    let steps: Vec<CanaryStep> = serde_json::from_value(json!([
        {"setHeaderRoute": {"name": "h", "match": [{"headerName": "a", "headerValue": {"exact": "1"}}]}},
        {"setWeight": 10},
        {"setMirrorRoute": {"name": "m", "match": [{"method": {"exact": "GET"}}], "percentage": 50}},
        {"setHeaderRoute": {"name": "h", "match": [{"headerName": "a", "headerValue": {"exact": "2"}}]}},
        {"setHeaderRoute": {"name": "h"}},
    ]))
    .unwrap();
    let in_force = |done| {
        let routes = ManagedRoutes::in_force(&steps, done);
        let headers: Vec<_> = routes.headers.iter().flat_map(|route| &route.matches).collect();
        let values: Vec<_> =
            headers.iter().map(|header| header.header_value.clone().unwrap().exact).collect();
        (values, routes.mirrors.len())
    };
    let one = |value: &str| vec![value.to_owned()];
    let expected = [(vec![], 0), (one("1"), 0), (one("1"), 0), (one("1"), 1), (one("2"), 1), (vec![], 1)];
    for (done, expected) in expected.into_iter().enumerate() {
        assert_eq!(in_force(done), expected, "after {done} steps");
    }
}

#[test]
fn a_router_that_nobody_serves_is_named() {
    let rollout: crd::Rollout = serde_json::from_value(json!({"spec": {"strategy": {"canary": {"trafficRouting": {
        "istio": {}, "managedRoutes": [{"name": "h"}], "plugins": {"aviary/gateway-api": {}, "acme/mesh": {}},
    }}}}}))
    .unwrap();
    assert_eq!(unserved(&rollout), ["istio", "acme/mesh"]);
    assert_eq!(aviary_traffic::selected(&rollout).len(), 1);
}
