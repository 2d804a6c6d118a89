//! Our controller over the peer's own definitions of the resources.

use serde_json::json;

use xtask::{is_recorded, recorded};

use crate::harness::{Case, DEMO, Stand, Test, canary, tests};

tests! { a_release_goes_through_on_the_peers_definitions }

const DEFINITIONS: &str = "crds";

/// Whether this test was skipped for want of the peer's definitions.
pub(crate) fn are_absent_for(test: Test) -> bool {
    TESTS.iter().any(|own| own.name == test.name) && !is_recorded(DEFINITIONS)
}

fn a_release_goes_through_on_the_peers_definitions(case: &Case<'_>) {
    let test = "a_release_goes_through_on_the_peers_definitions";
    let Some(definitions) = recorded(test, DEFINITIONS) else { return };
    let Some(mut stand) = Stand::start(&case.namespace, &definitions) else { return };
    release(&Case::begin(&stand, test));
    assert_eq!(stand.complaint(), None);
}

fn release(case: &Case<'_>) {
    case.deploy(canary(
        4,
        json!([{"setWeight": 25}, {"pause": {}}, {"setWeight": 50}, {"pause": {"duration": 1}}]),
    ));
    case.release(DEMO, "2");
    case.until_paused_at(1);
    case.user(&["abort", DEMO]);
    case.until("version 1 runs alone", |seen| {
        seen.phase(DEMO) == "Degraded" && seen.versions(DEMO) == [("1".to_owned(), 4)]
    });
    case.user(&["retry", "rollout", DEMO]);
    case.until_paused_at(1);
    case.user(&["promote", DEMO]);
    let seen = case.until_healthy(DEMO);
    assert_eq!(seen.versions(DEMO), [("2".to_owned(), 4)]);
    assert_eq!(seen.status(DEMO)["currentStepIndex"], 4);
}
