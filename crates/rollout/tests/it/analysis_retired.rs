//! AnalysisRuns that are not current any more (spec analysis-01 10).

use aviary_rollout::Action;
use crd::{AnalysisRun, Kind};
use serde_json::{Value, json};

use crate::harness::Cluster;

/// A Rollout at rest with these limits, and its stable version's hash.
fn at_rest(successful: i32, unsuccessful: i32) -> (Cluster, String) {
    let limits =
        format!("{{successfulRunHistoryLimit: {successful}, unsuccessfulRunHistoryLimit: {unsuccessful}}}");
    let mut cluster =
        Cluster::new(&format!("{{replicas: 1, analysis: {limits}, strategy: {{canary: {{}}}}}}"));
    for _ in 0..4 {
        let decision = cluster.decide();
        cluster.carry_out(&decision);
        cluster.settle();
    }
    let hash = cluster.sets[0].hash().to_owned();
    (cluster, hash)
}

/// A run that was created so many minutes ago.
fn run(name: &str, phase: &str, hash: &str, age: i64, more: &Value) -> AnalysisRun {
    let created =
        crd::Time::from("2026-01-31T12:00:00Z".parse::<aviary_rollout::Timestamp>().expect("a time"));
    let mut run = json!({
        "metadata": {"name": name, "creationTimestamp": created.plus_seconds(-60 * age),
            "labels": {"rollouts-pod-template-hash": hash}},
        "status": {"phase": phase},
    });
    crate::harness::merge(&mut run, more);
    serde_json::from_value(run).expect("a run")
}

/// The names of the runs that the next pass deletes.
fn deleted(cluster: &Cluster) -> Vec<String> {
    let delete = |action: &Action| match action {
        Action::Delete { key, .. } if key.kind == Kind::ANALYSIS_RUN => Some(key.name.clone()),
        _ => None,
    };
    cluster.decide().actions.iter().filter_map(delete).collect()
}

#[test]
fn of_runs_that_ended_alike_the_newest_are_kept() {
    let table = [
        ((1, 0), 9),
        ((5, 0), 5),
        ((10, 0), 5),
        ((0, 1), 9),
        ((0, 5), 5),
        ((0, 10), 5),
        ((0, 0), 10),
        ((4, 4), 2),
        ((10, 10), 0),
    ];
    for ((good, bad), wanted) in table {
        let (mut cluster, hash) = at_rest(good, bad);
        for age in 0..5 {
            let bad = ["Failed", "Error", "Inconclusive", "Failed", "Failed"][usize::try_from(age).unwrap()];
            cluster.runs.push(run(&format!("good-{age}"), "Successful", &hash, age, &json!({})));
            cluster.runs.push(run(&format!("bad-{age}"), bad, &hash, age, &json!({})));
        }
        let gone = deleted(&cluster);
        assert_eq!(gone.len(), wanted, "({good}, {bad}): {gone:?}");
        // The newest one is the last to go.
        assert_eq!(good > 0, !gone.contains(&"good-0".to_owned()), "({good}, {bad})");
        assert_eq!(good > 4, !gone.contains(&"good-4".to_owned()), "({good}, {bad})");
    }
}

#[test]
fn a_run_of_no_living_revision_goes_and_one_that_is_going_is_left_alone() {
    let (mut cluster, hash) = at_rest(5, 5);
    let none = json!({"metadata": {"labels": {"rollouts-pod-template-hash": null}}});
    let going = json!({"metadata": {"deletionTimestamp": "2026-01-31T12:00:00Z"}});
    cluster.runs = vec![
        run("kept", "Successful", &hash, 1, &json!({})),
        run("measures", "Running", &hash, 2, &json!({"spec": {"terminate": true}})),
        run("without-hash", "Successful", &hash, 3, &none),
        run("of-another", "Running", "elsewhere", 4, &json!({})),
        run("going", "Successful", "elsewhere", 5, &going),
    ];
    assert_eq!(deleted(&cluster), ["without-hash", "of-another"]);
    cluster.sets[0].metadata.deletion_timestamp = Some(crd::Time::from(cluster.now));
    assert!(deleted(&cluster).contains(&"kept".to_owned()), "its ReplicaSet is being deleted");
}

#[test]
fn a_run_that_is_not_current_is_told_to_end_once() {
    let (mut cluster, hash) = at_rest(5, 5);
    cluster.runs = vec![
        run("measures", "Running", &hash, 1, &json!({})),
        run("told", "Running", &hash, 2, &json!({"spec": {"terminate": true}})),
        run("over", "Failed", &hash, 3, &json!({})),
    ];
    let decision = cluster.decide();
    let patched = |action: &Action| match action {
        Action::Patch { key, .. } if key.kind == Kind::ANALYSIS_RUN => Some(key.name.clone()),
        _ => None,
    };
    assert_eq!(decision.actions.iter().filter_map(patched).collect::<Vec<_>>(), ["measures"]);
}
