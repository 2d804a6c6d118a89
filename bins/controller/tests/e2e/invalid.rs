//! What is wrong is told, nothing is touched, and it may be mended.

use serde_json::json;

use crate::harness::{Case, DEMO, Kind, canary, rollout, service, tests, text};

tests! {
    an_invalid_spec_is_told_and_mended,
    a_service_that_is_missing_is_told_and_found_when_it_comes,
    a_service_of_another_rollout_is_refused,
}

fn an_invalid_spec_is_told_and_mended(case: &Case<'_>) {
    let before = case.deploy(canary(2, json!([{"setWeight": 50}])));
    case.edit(
        DEMO,
        json!([
            {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "example.com/demo:2"},
            {"op": "add", "path": "/spec/strategy/canary/maxSurge", "value": 0},
            {"op": "add", "path": "/spec/strategy/canary/maxUnavailable", "value": 0},
        ]),
    );
    let seen = case.until("it is told", |seen| seen.phase(DEMO) == "Degraded" && seen.is_observed(DEMO));
    let wrong = "spec.strategy.maxSurge: Invalid value: 0: MaxSurge and MaxUnavailable both can not be zero";
    let message = format!("The Rollout \"demo\" is invalid: {wrong}");
    assert_eq!(text(&seen.status(DEMO)["message"]), format!("InvalidSpec: {message}"));
    let condition = seen.condition(DEMO, "InvalidSpec");
    assert_eq!((text(&condition["status"]), text(&condition["message"])), ("True", message.as_str()));
    case.let_pass("1s");
    let seen = case.now();
    assert_eq!((seen.sets(DEMO).count(), seen.names_of(DEMO, "1")), (1, before.names_of(DEMO, "1")));

    case.edit(DEMO, json!([{"op": "replace", "path": "/spec/strategy/canary/maxSurge", "value": 1}]));
    let seen = case.until_healthy(DEMO);
    assert_eq!(seen.versions(DEMO), [("2".to_owned(), 2)]);
    assert!(seen.condition(DEMO, "InvalidSpec").is_null());
}

fn a_service_that_is_missing_is_told_and_found_when_it_comes(case: &Case<'_>) {
    case.create(Kind::ROLLOUT, rollout(DEMO, 1, json!({"canary": {"stableService": "demo"}})));
    let seen = case.until("it is told", |seen| seen.phase(DEMO) == "Degraded");
    let message = text(&seen.status(DEMO)["message"]);
    assert!(message.contains("spec.strategy.canary.stableService: Invalid value: \"demo\": "), "{message}");
    assert!(message.ends_with("service \"demo\" not found"), "{message}");
    assert_eq!(seen.pods(DEMO).count(), 0);
    case.create(Kind::SERVICE, service("demo", DEMO));
    case.until_healthy(DEMO);
    case.until("the service selects the pods", |seen| seen.selects("demo") == seen.hash(DEMO, "1"));
}

fn a_service_of_another_rollout_is_refused(case: &Case<'_>) {
    case.create(Kind::SERVICE, service("shared", DEMO));
    let strategy = json!({"canary": {"stableService": "shared"}});
    case.deploy(rollout(DEMO, 1, strategy.clone()));
    case.until("the service is taken", |seen| !seen.selects("shared").is_empty());
    let mut other = rollout("other", 1, strategy);
    for path in ["/spec/selector/matchLabels", "/spec/template/metadata/labels"] {
        *other.pointer_mut(path).unwrap() = json!({"app": DEMO, "part": "other"});
    }
    case.create(Kind::ROLLOUT, other);
    let seen = case.until("it is refused", |seen| seen.phase("other") == "Degraded");
    let message = text(&seen.status("other")["message"]);
    assert!(message.contains("Service \"shared\" is managed by another Rollout"), "{message}");
    assert_eq!(seen.pods("other").count(), 0);
}
