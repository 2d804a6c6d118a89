//! Kubernetes' own controllers stand still: a status counts pods that are gone.

use serde_json::json;

use crate::blue_green::{always_served, deploy, served, until_paused};
use crate::harness::{Case, DEMO, Kind, Stand, definitions, tests};

tests! { users_are_not_sent_to_pods_that_went_unnoticed }

/// What counts the pods of ReplicaSets.
const CONTROLLERS: &str = "kube-controller-manager";

fn users_are_not_sent_to_pods_that_went_unnoticed(case: &Case<'_>) {
    // Its own control plane: the others' controllers must not stand still.
    let Some(mut stand) = Stand::start(&case.namespace, &definitions()) else { return };
    second_attempt(&Case::begin(&stand, "users_are_not_sent_to_pods_that_went_unnoticed"));
    assert_eq!(stand.complaint(), None);
}

fn second_attempt(case: &Case<'_>) {
    deploy(case, 2, json!({"autoPromotionEnabled": false, "abortScaleDownDelaySeconds": 1}));
    case.release(DEMO, "2");
    until_paused(case, "2");
    case.stand.plane.freeze(CONTROLLERS).unwrap();
    case.user(&["abort", DEMO]);
    let seen = case.until("version 2 is scaled down", |seen| seen.size(DEMO, "2") == 0);
    // What it does last before it stands still: it takes the pods away, and has not said so.
    let pods = seen.names_of(DEMO, "2");
    assert_eq!(pods.len(), 2, "it does not stand still");
    for pod in pods {
        case.delete(Kind::POD, &pod, "Background");
    }
    case.until("its pods are gone", |seen| seen.pods_of(DEMO, "2").is_empty());
    case.user(&["retry", "rollout", DEMO]);
    case.user(&["promote", DEMO, "--full"]);
    case.until("version 2 is scaled up", |seen| seen.size(DEMO, "2") == 2);
    case.let_pass("2s");
    let seen = case.now();
    assert_eq!((seen.available(DEMO, "2"), seen.pods_of(DEMO, "2").len()), (2, 0));
    assert_eq!(seen.selects("active"), seen.hash(DEMO, "1"));
    case.stand.plane.thaw(CONTROLLERS).unwrap();
    case.until_healthy(DEMO);
    assert_eq!(served(case), ["1", "2"]);
    always_served(case, 2);
}
