//! Another number of replicas, by whichever way, in the middle of a release.

use http::Method;
use serde_json::{Value, json};

use crate::harness::{Case, DEMO, Kind, canary, int, tests, text};

tests! {
    replicas_change_in_the_middle_of_a_release,
    the_scale_subresource_scales_and_tells_pods_and_selector,
    an_autoscaler_scales_a_release,
    replicas_may_be_none,
    a_release_without_replicas_is_promoted_and_starts_later,
}

fn paused_at_half(case: &Case<'_>, replicas: i64) {
    case.deploy(canary(replicas, json!([{"setWeight": 50}, {"pause": {}}])));
    case.release(DEMO, "2");
    let seen = case.until_paused_at(1);
    assert_eq!((seen.size(DEMO, "1"), seen.size(DEMO, "2")), (replicas / 2, replicas / 2));
}

fn replicas_change_in_the_middle_of_a_release(case: &Case<'_>) {
    paused_at_half(case, 4);
    for replicas in [8, 6] {
        case.merge(Kind::ROLLOUT, DEMO, json!({"spec": {"replicas": replicas}}));
        case.until(&format!("half of {replicas} are of each version"), |seen| {
            ["1", "2"].iter().all(|version| seen.available(DEMO, version) == replicas / 2)
                && seen.is_paused_at(DEMO, 1)
        });
    }
    case.user(&["promote", DEMO]);
    let seen = case.until_healthy(DEMO);
    assert_eq!(seen.versions(DEMO), [("2".to_owned(), 6)]);
}

/// The scale subresource of the Rollout.
fn scale(case: &Case<'_>, method: Method, body: &Value) -> Value {
    let path = format!("{}/{DEMO}/scale", Kind::ROLLOUT.path(&case.namespace));
    case.send(method, &path, body).unwrap()
}

fn the_scale_subresource_scales_and_tells_pods_and_selector(case: &Case<'_>) {
    paused_at_half(case, 2);
    let mut wanted = scale(case, Method::GET, &Value::Null);
    assert_eq!((int(&wanted["spec"]["replicas"]), int(&wanted["status"]["replicas"])), (2, 2));
    assert_eq!(wanted["status"]["selector"], "app=demo");
    wanted["spec"]["replicas"] = json!(6);
    scale(case, Method::PUT, &wanted);
    case.until("it is scaled", |seen| {
        (seen.available(DEMO, "1"), seen.available(DEMO, "2")) == (3, 3) && seen.is_paused_at(DEMO, 1)
    });
    case.until("the scale tells of it", |seen| seen.status(DEMO)["HPAReplicas"] == 6);
    assert_eq!(int(&scale(case, Method::GET, &Value::Null)["status"]["replicas"]), 6);
}

fn an_autoscaler_scales_a_release(case: &Case<'_>) {
    paused_at_half(case, 2);
    case.create(
        Kind::AUTOSCALER,
        json!({
            "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "demo"},
            "spec": {
                "minReplicas": 6, "maxReplicas": 8,
                "scaleTargetRef": {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": DEMO},
            },
        }),
    );
    case.until("the autoscaler's number is there", |seen| {
        seen.rollout(DEMO)["spec"]["replicas"] == 6
            && (seen.available(DEMO, "1"), seen.available(DEMO, "2")) == (3, 3)
            && seen.is_paused_at(DEMO, 1)
    });
    let seen = case.until("the autoscaler sees it", |seen| {
        seen.get(Kind::AUTOSCALER, "demo")["status"]["currentReplicas"] == 6
    });
    let conditions = seen.get(Kind::AUTOSCALER, "demo")["status"]["conditions"].as_array().unwrap().clone();
    let able = conditions.iter().find(|condition| condition["type"] == "AbleToScale").unwrap();
    assert_eq!(text(&able["status"]), "True", "{able}");
}

fn replicas_may_be_none(case: &Case<'_>) {
    case.deploy(canary(3, json!([])));
    case.merge(Kind::ROLLOUT, DEMO, json!({"spec": {"replicas": 0}}));
    case.until("there are no pods", |seen| {
        seen.all(Kind::POD).next().is_none() && seen.is_healthy(DEMO) && seen.size(DEMO, "1") == 0
    });
    // A status counts what ReplicaSets tell, which is later than the pods.
    case.until("the status tells of none", |seen| int(&seen.status(DEMO)["replicas"]) == 0);
    case.merge(Kind::ROLLOUT, DEMO, json!({"spec": {"replicas": 2}}));
    case.until("they are back", |seen| seen.is_healthy(DEMO) && seen.ready(DEMO) == 2);
}

fn a_release_without_replicas_is_promoted_and_starts_later(case: &Case<'_>) {
    case.deploy(canary(0, json!([{"setWeight": 50}, {"pause": {}}])));
    case.release(DEMO, "2");
    case.until_paused_at(1);
    case.user(&["promote", DEMO]);
    let seen = case.until_healthy(DEMO);
    assert_eq!((seen.versions(DEMO), seen.sets(DEMO).count()), (vec![], 2));
    case.merge(Kind::ROLLOUT, DEMO, json!({"spec": {"replicas": 2}}));
    case.until("version 2 starts", |seen| seen.is_healthy(DEMO) && seen.ready(DEMO) == 2);
    assert_eq!(case.now().versions(DEMO), [("2".to_owned(), 2)]);
}
