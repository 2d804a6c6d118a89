//! The rows of the specification as tables (fixtures/rollout/cases), carried out through the public interface.
//!
//! Every case says its outcome in a line that `cargo xtask test vectors` counts.

mod given;
pub(crate) mod ids;
pub(crate) mod matches;
mod roles;
pub(crate) mod tokens;
mod view;

use std::fs;
use std::path::PathBuf;

use aviary_rollout::{Action, Decision};
use serde_json::{Value, json};

use crate::harness::Cluster;
use given::{Case, Pass, Router};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/rollout/cases")
}

fn fixture(name: &str) -> String {
    let path = folder().join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Says how a case ended.
pub(crate) fn report(id: &str, outcome: &str, reason: &str) {
    println!("VECTOR {id} {outcome} {}", reason.replace('\n', " "));
}

/// Carries every case of a table out.
fn check(table: &str) {
    let mut wrong = Vec::new();
    for case in given::read(&fixture(table)) {
        let found = if case.not_served.is_empty() { carry_out(&case) } else { is_refused(&case) };
        let outcome = if !found.is_empty() {
            ("failed", found.join("; "))
        } else if !case.not_served.is_empty() {
            ("not-served", case.not_served.clone())
        } else if !case.deviates.is_empty() {
            ("deviates", case.deviates.clone())
        } else {
            ("passed", String::new())
        };
        report(&case.id, outcome.0, &outcome.1);
        wrong.extend(found.iter().map(|what| format!("{}{what}", case.name())));
    }
    assert!(wrong.is_empty(), "{table}:\n{}", wrong.join("\n"));
}

/// What is not served must be refused, not carried out in part.
fn is_refused(case: &Case) -> Vec<String> {
    let refused = !case.has_situation() || !aviary_rollout::unsupported(&case.cluster().rollout).is_empty();
    if refused { Vec::new() } else { vec![": it is served by now".to_owned()] }
}

fn carry_out(case: &Case) -> Vec<String> {
    let mut cluster = case.cluster();
    let mut wrong = Vec::new();
    for (index, pass) in case.passes().iter().enumerate() {
        given::before(&mut cluster, pass);
        let before = cluster.clone();
        let decision = decide(&mut cluster, case);
        finish(&mut cluster, &decision, case);
        let seen = view::of(&before, &cluster, &decision);
        let at = if case.passes().len() > 1 { format!(" pass {}", index + 1) } else { String::new() };
        matches::compare(&expected(pass, &before), &seen, &at, &mut wrong);
    }
    wrong
}

/// Sizes stay, no ReplicaSet comes or goes, and the Rollout is valid, unless the case says otherwise.
fn expected(pass: &Pass, before: &Cluster) -> Value {
    assert!(pass.expect.is_object(), "a case without an expectation");
    let mut expected = json!({"created": [], "deleted": [], "conditions": {}});
    let message = pass.expect.pointer("/status/message").and_then(Value::as_str).unwrap_or_default();
    if pass.expect.pointer("/conditions/InvalidSpec").is_none() && !message.starts_with("InvalidSpec") {
        expected["conditions"]["InvalidSpec"] = Value::Null;
    }
    if pass.expect.get("sizes") != Some(&json!("*")) {
        let deleted = pass.expect.get("deleted").and_then(Value::as_array).cloned().unwrap_or_default();
        let kept = before.sets.iter().filter(|set| !deleted.contains(&json!(view::version(set))));
        expected["sizes"] = kept.map(|set| (view::version(set), json!(set.replicas()))).collect();
    }
    for (key, value) in pass.expect.as_object().into_iter().flatten() {
        match (expected.get_mut(key), value) {
            (Some(Value::Object(fields)), Value::Object(changes)) => fields.extend(changes.clone()),
            _ => expected[key] = value.clone(),
        }
    }
    expected
}

fn decide(cluster: &mut Cluster, case: &Case) -> Decision {
    if case.router == Router::Missing { cluster.decide() } else { cluster.decide_with_instant_router() }
}

fn finish(cluster: &mut Cluster, decision: &Decision, case: &Case) {
    let mut carried_out = decision.clone();
    if case.evictions_refused {
        carried_out.actions.retain(|action| !matches!(action, Action::Evict { .. }));
    }
    cluster.carry_out(&carried_out);
}

macro_rules! tables {
    ($($test:ident: $table:literal,)*) => { $(#[test] fn $test() { check($table); })* };
}

tables! {
    d_weights_follow_the_step_and_the_pods: "d-traffic.yaml",
    e_a_step_waits_for_its_pods: "e-counts.yaml",
    f_an_update_is_promoted_or_goes_back: "f-promotion.yaml",
    f_a_blue_green_update_is_promoted_or_goes_back: "f-bluegreen.yaml",
    g_an_update_from_its_first_pass_to_its_end: "g-flows.yaml",
    g_aborts_changes_in_the_middle_and_former_versions: "g-changes.yaml",
    h_blue_green: "h-bluegreen.yaml",
    j_conditions: "j-conditions.yaml",
    j_conditions_of_blue_green: "j-bluegreen.yaml",
    k_old_pods_are_evicted: "k-restart.yaml",
    l_bookkeeping_of_replica_sets: "l-replicasets.yaml",
    m_names_rollbacks_and_weights: "m-misc.yaml",
    m_a_deployment_hands_its_pods_over: "m-workload.yaml",
    n_oddities: "n-oddities.yaml",
    x_the_step_of_a_rollout: "../../analysis/cases/x-steps.yaml",
}
