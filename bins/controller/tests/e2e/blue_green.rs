//! Blue-green releases: two versions side by side, and one Service that is switched.

mod given_up;
mod judged;
mod switched;

use serde_json::{Value, json};

use crate::harness::{Case, DEMO, Kind, Seen, Test, rollout, service};

/// The tests by file.
pub(crate) const TESTS: &[&[Test]] = &[given_up::TESTS, judged::TESTS, switched::TESTS];

/// Both Services, and version 1 of a Rollout with these fields of its strategy.
pub(crate) fn deploy(case: &Case<'_>, replicas: i64, fields: Value) -> Seen {
    for name in ["active", "preview"] {
        case.create(Kind::SERVICE, service(name, DEMO));
    }
    let mut strategy = json!({"activeService": "active", "previewService": "preview"});
    strategy.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    case.deploy(rollout(DEMO, replicas, json!({"blueGreen": strategy})));
    case.until("the Services select version 1", |seen| select(seen, "1", "1"))
}

/// Whether the active and the preview Service select these versions.
fn select(seen: &Seen, active: &str, preview: &str) -> bool {
    !seen.set(DEMO, active).is_null()
        && (seen.selects("active"), seen.selects("preview"))
            == (seen.hash(DEMO, active), seen.hash(DEMO, preview))
}

/// Waits until the new version is there and waits for a user.
pub(crate) fn until_paused(case: &Case<'_>, version: &str) -> Seen {
    case.until(&format!("version {version} waits"), |seen| {
        seen.phase(DEMO) == "Paused"
            && seen.is_observed(DEMO)
            && seen.selects("preview") == seen.hash(DEMO, version)
            && seen.available(DEMO, version) == seen.size(DEMO, version)
            && seen.size(DEMO, version) > 0
    })
}

/// The versions that the active Service selected, in order.
pub(crate) fn served(case: &Case<'_>) -> Vec<String> {
    let mut served: Vec<String> = Vec::new();
    case.replay(|seen, entry| {
        let active = seen.selects("active");
        if entry.kind != Kind::SERVICE || active.is_empty() {
            return;
        }
        let version = ["3", "2", "1"].into_iter().find(|version| seen.hash(DEMO, version) == active);
        let version = version.unwrap_or_default().to_owned();
        if served.last() != Some(&version) {
            served.push(version);
        }
    });
    served
}

/// At every moment what the active Service selects has at least so many ready pods.
pub(crate) fn always_served(case: &Case<'_>, least: usize) {
    case.replay(|seen, _| {
        let active = seen.selects("active");
        let ready = seen
            .pods(DEMO)
            .filter(|pod| crate::harness::hash_of(pod) == active && crate::harness::is_ready(pod));
        assert!(active.is_empty() || ready.count() >= least, "users met fewer than {least} pods");
    });
}
