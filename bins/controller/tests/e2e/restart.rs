//! `restartAt`: pods are replaced without a new version, as far as disruption budgets allow.

use serde_json::json;

use crate::harness::{Case, DEMO, Kind, canary, int, tests, text};

tests! { a_restart_waits_for_the_disruption_budget }

fn a_restart_waits_for_the_disruption_budget(case: &Case<'_>) {
    case.deploy(canary(3, json!([])));
    case.create(
        Kind::DISRUPTION_BUDGET,
        json!({
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "demo"},
            "spec": {"maxUnavailable": 0, "selector": {"matchLabels": {"app": DEMO}}},
        }),
    );
    case.until("the budget knows its pods", |seen| {
        let status = &seen.get(Kind::DISRUPTION_BUDGET, "demo")["status"];
        int(&status["expectedPods"]) == 3 && int(&status["currentHealthy"]) == 3
    });
    let before = case.now().names_of(DEMO, "1");
    assert!(case.evict(&before[0]).is_err(), "the budget allows an eviction");
    // A pod is old when it is older by a whole second.
    case.let_pass("1s");
    assert_eq!(case.user(&["restart", DEMO]), "rollout 'demo' restarts in 0s\n");
    case.until("it restarts", |seen| text(&seen.status(DEMO)["message"]) == "rollout is restarting");
    case.let_pass("2s");
    let seen = case.now();
    assert_eq!((seen.names_of(DEMO, "1"), seen.status(DEMO).get("restartedAt")), (before.clone(), None));

    case.merge(Kind::DISRUPTION_BUDGET, "demo", json!({"spec": {"maxUnavailable": 1}}));
    // It asks again within 30 s.
    // The status is told before the last pod that was evicted has been replaced.
    let seen = case.until("it has been restarted", |seen| {
        let (wanted, done) = (&seen.rollout(DEMO)["spec"]["restartAt"], &seen.status(DEMO)["restartedAt"]);
        wanted.is_string() && wanted == done && seen.is_healthy(DEMO) && seen.ready(DEMO) == 3
    });
    let after = seen.names_of(DEMO, "1");
    assert!(after.len() == 3 && after.iter().all(|name| !before.contains(name)), "{before:?}, {after:?}");
    let (mut deployed, mut least) = (false, usize::MAX);
    case.replay(|seen, entry| {
        deployed |= seen.is_healthy(DEMO);
        if deployed && entry.kind == Kind::POD {
            least = least.min(seen.ready(DEMO));
        }
    });
    assert_eq!(least, 2, "one at a time");
}
