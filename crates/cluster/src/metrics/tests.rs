//! What is told, under which names, and for how long (spec controller-binary 4 and 12).

use std::collections::{BTreeMap, BTreeSet};

use http::Request;
use rollout::EventType;
use serde_json::{Value, json};

use super::*;
use crate::watches::{Target as _, WATCHES};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/controller/metrics.txt");

/// Metrics over these objects, which need no more than their kind and what matters.
fn metrics(controllers: Controllers, objects: &[Value]) -> Metrics {
    let cache = Arc::new(Cache::default());
    for (version, object) in (1..).zip(objects) {
        let mut object = object.clone();
        object["metadata"]["resourceVersion"] = json!(version.to_string());
        let row = WATCHES.iter().find(|row| row.kind.kind == object["kind"].as_str().unwrap()).unwrap();
        (row.anticipate)(&mut cache.write(), &object.to_string(), 0).unwrap();
    }
    Metrics::new(cache, controllers).unwrap()
}

fn object(kind: &str, name: &str, spec: &Value, status: &Value) -> Value {
    let namespace = if kind == "ClusterAnalysisTemplate" { "" } else { "shop" };
    json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": kind, "spec": spec, "status": status,
        "metadata": {"name": name, "namespace": namespace},
    })
}

fn rollout(strategy: &Value, conditions: &Value) -> Value {
    let status =
        json!({"replicas": 5, "availableReplicas": 3, "updatedReplicas": 2, "conditions": conditions});
    object("Rollout", "cart", &json!({"replicas": 4, "strategy": strategy}), &status)
}

fn condition(kind: &str, reason: &str) -> Value {
    json!([{"type": kind, "status": "True", "reason": reason, "message": ""}])
}

fn name() -> Name {
    ("shop".to_owned(), "cart".to_owned())
}

/// The value of the series that is written like this.
fn value(exposition: &str, series: &str) -> Option<f64> {
    let line = exposition
        .lines()
        .find(|line| line.strip_prefix(series).is_some_and(|rest| rest.starts_with(' ')))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[track_caller]
fn told(metrics: &Metrics, expected: &[(&str, f64)]) {
    let exposition = metrics.exposition().unwrap();
    for (series, number) in expected {
        assert_eq!(value(&exposition, series), Some(*number), "{series} in\n{exposition}");
    }
}

/// Everything that can be told, told once.
fn everything() -> Metrics {
    let run = json!({"metrics": [{"name": "m", "provider": {"web": {}}}], "dryRun": [{"metricName": "m"}]});
    let metrics = metrics(
        Controllers::All,
        &[
            rollout(&json!({"canary": {}}), &json!([])),
            object("Experiment", "e", &json!({}), &json!({"phase": "Running"})),
            object("AnalysisRun", "r", &run, &json!({})),
            object(
                "AnalysisTemplate",
                "t",
                &json!({"metrics": [{"name": "m", "provider": {"web": {}}}]}),
                &json!({}),
            ),
        ],
    );
    let event = Event { kind: EventType::Normal, reason: "RolloutUpdated", message: String::new() };
    metrics.event(&name(), &event);
    metrics.rollout_pass(&name(), Duration::from_millis(1), true);
    metrics.analysis_run_pass(&name(), Duration::from_millis(1), true);
    metrics.experiment_pass(&name(), Duration::from_millis(1), true);
    let patch = Request::patch("/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/cart").body(()).unwrap();
    metrics.request(&Asked::of(&patch), StatusCode::OK);
    metrics.attempt(None, Some(&attempt("Promoted")));
    let queue = Arc::new(Queue::new(metrics.queue("Rollouts")));
    queue.add(name());
    metrics.watch_queue("Rollouts", queue);
    metrics
}

/// 500 seconds, 200 of which somebody was awaited.
fn attempt(status: &str) -> RolloutDuration {
    serde_json::from_value(json!({
        "rolloutStartedAt": "2026-01-31T12:00:00Z", "finishedAt": "2026-01-31T12:08:20Z",
        "totalManualPauseDurationSeconds": 200, "completionStatus": status,
    }))
    .unwrap()
}

/// Name, type and labels of every family.
fn contract(metrics: &Metrics) -> String {
    let mut rows = BTreeMap::new();
    for family in metrics.registry.gather() {
        let labels: BTreeSet<String> = family
            .get_metric()
            .iter()
            .flat_map(|metric| metric.get_label())
            .map(|label| label.name().to_owned())
            .collect();
        let kind = format!("{:?}", family.get_field_type()).to_lowercase();
        rows.insert(family.name().to_owned(), (kind, labels));
    }
    let row = |(name, (kind, labels)): (String, (String, BTreeSet<String>))| {
        format!("{name} {kind} {}", labels.into_iter().collect::<Vec<_>>().join(",")).trim_end().to_owned()
            + "\n"
    };
    rows.into_iter().map(row).collect()
}

#[tokio::test(start_paused = true)]
async fn names_types_and_labels_are_those_in_fixtures() {
    let found = contract(&everything());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(GOLDEN, &found).unwrap();
    }
    assert_eq!(found, std::fs::read_to_string(GOLDEN).unwrap(), "UPDATE=1 cargo test -p aviary-cluster");
}

/// The families of the peer whose subject we have, with their labels.
const PEER: &[(&str, &str)] = &[
    ("rollout_info gauge", "name,namespace,phase,strategy,traffic_router"),
    ("rollout_info_replicas_available gauge", "name,namespace"),
    ("rollout_info_replicas_unavailable gauge", "name,namespace"),
    ("rollout_info_replicas_desired gauge", "name,namespace"),
    ("rollout_info_replicas_updated gauge", "name,namespace"),
    ("rollout_phase gauge", "name,namespace,phase,strategy"),
    ("rollout_reconcile histogram", "name,namespace"),
    ("rollout_reconcile_error counter", "name,namespace"),
    ("rollout_events_total counter", "name,namespace,reason,type"),
    ("rollout_duration_seconds histogram", "status"),
    ("rollout_progression_duration_seconds histogram", "status"),
    ("rollout_manual_pause_duration_seconds histogram", "status"),
    ("experiment_info gauge", "name,namespace,phase"),
    ("experiment_phase gauge", "name,namespace,phase"),
    ("experiment_reconcile histogram", "name,namespace"),
    ("experiment_reconcile_error counter", "name,namespace"),
    ("analysis_run_info gauge", "name,namespace,phase"),
    ("analysis_run_phase gauge", "name,namespace,phase"),
    ("analysis_run_metric_type gauge", "metric,name,namespace,type"),
    ("analysis_run_metric_phase gauge", "dry_run,metric,name,namespace,phase,type"),
    ("analysis_run_reconcile histogram", "name,namespace"),
    ("analysis_run_reconcile_error counter", "name,namespace"),
    ("analysis_template_info gauge", "name,namespace"),
    ("analysis_template_metric_info gauge", "metric,name,namespace,type"),
    ("controller_clientset_k8s_request_total counter", "kind,name,namespace,status_code,verb"),
    ("argo_rollouts_controller_info gauge", "version"),
    ("build_info gauge", "commit,goarch,goversion,version"),
    ("workqueue_adds_total counter", "name"),
    ("workqueue_retries_total counter", "name"),
    ("workqueue_depth gauge", "name"),
    ("workqueue_unfinished_work_seconds gauge", "name"),
    ("workqueue_longest_running_processor_seconds gauge", "name"),
    ("workqueue_queue_duration_seconds histogram", "name"),
    ("workqueue_work_duration_seconds histogram", "name"),
];

#[tokio::test(start_paused = true)]
async fn every_family_of_the_peer_is_told_with_its_type_and_labels() {
    let found = contract(&everything());
    for (family, labels) in PEER {
        let row = format!("{family} {labels}");
        assert!(found.lines().any(|line| line == row), "{row} in\n{found}");
    }
}

#[test]
fn the_phase_of_a_rollout_is_that_of_its_conditions() {
    const SIX: [&str; 6] = ["Completed", "Progressing", "Paused", "Timeout", "Error", "Abort"];
    for (conditions, phase) in [
        (json!([]), "Progressing"),
        (condition("Progressing", "NewReplicaSetAvailable"), "Completed"),
        (condition("Progressing", "RolloutPaused"), "Paused"),
        (condition("Progressing", "ReplicaSetCreateError"), "Error"),
        (condition("Progressing", "ProgressDeadlineExceeded"), "Timeout"),
        (condition("Progressing", "RolloutAborted"), "Abort"),
        (condition("InvalidSpec", "InvalidSpec"), "InvalidSpec"),
    ] {
        let metrics = metrics(Controllers::All, &[rollout(&json!({"canary": {}}), &conditions)]);
        let info = format!(
            r#"rollout_info{{name="cart",namespace="shop",phase="{phase}",strategy="canary",traffic_router=""}}"#
        );
        told(&metrics, &[(&info, 1.0)]);
        for each in SIX {
            let series =
                format!(r#"rollout_phase{{name="cart",namespace="shop",phase="{each}",strategy="canary"}}"#);
            told(&metrics, &[(&series, f64::from(u8::from(each == phase)))]);
        }
    }
}

#[test]
fn strategy_and_router_are_in_the_peers_words() {
    for (strategy, words) in [
        (json!({}), r#"strategy="none",traffic_router="""#),
        (json!({"blueGreen": {"activeService": "a"}}), r#"strategy="blueGreen",traffic_router="""#),
        (json!({"canary": {"trafficRouting": {"smi": {}}}}), r#"strategy="canary",traffic_router="SMI""#),
        (json!({"canary": {"trafficRouting": {"traefik": {}}}}), r#"strategy="canary",traffic_router="""#),
        (
            json!({"canary": {"trafficRouting": {"istio": {}, "alb": {}}}}),
            r#"strategy="canary",traffic_router="Istio""#,
        ),
    ] {
        let metrics = metrics(Controllers::All, &[rollout(&strategy, &json!([]))]);
        told(
            &metrics,
            &[(&format!(r#"rollout_info{{name="cart",namespace="shop",phase="Progressing",{words}}}"#), 1.0)],
        );
    }
}

#[test]
fn replicas_are_those_of_spec_and_status() {
    let metrics = metrics(Controllers::All, &[rollout(&json!({"canary": {}}), &json!([]))]);
    let series = |what: &str| format!(r#"rollout_info_replicas_{what}{{name="cart",namespace="shop"}}"#);
    let expected = [("available", 3.0), ("unavailable", 2.0), ("desired", 4.0), ("updated", 2.0)];
    for (what, number) in expected {
        told(&metrics, &[(&series(what), number)]);
    }
}

#[test]
fn an_experiment_without_a_phase_is_pending_and_failed_has_no_series() {
    let metrics = metrics(Controllers::All, &[object("Experiment", "e", &json!({}), &json!({}))]);
    told(
        &metrics,
        &[
            (r#"experiment_info{name="e",namespace="shop",phase=""}"#, 1.0),
            (r#"experiment_phase{name="e",namespace="shop",phase="Pending"}"#, 1.0),
            (r#"experiment_phase{name="e",namespace="shop",phase="Running"}"#, 0.0),
        ],
    );
    assert!(!metrics.exposition().unwrap().contains("Failed"));
}

#[test]
fn an_analysis_run_is_told_with_its_metrics_as_they_are_stored() {
    let spec = json!({
        "metrics": [
            {"name": "errors", "provider": {"prometheus": {}}},
            {"name": "slow", "provider": {"plugin": {"org/x": {}}}},
            {"name": "odd", "provider": {"new-thing": {}}},
        ],
        "dryRun": [{"metricName": "slo.*"}],
    });
    let status = json!({"metricResults": [{"name": "errors", "phase": "Failed"}]});
    let metrics = metrics(Controllers::Analysis, &[object("AnalysisRun", "r", &spec, &status)]);
    told(
        &metrics,
        &[
            (r#"analysis_run_info{name="r",namespace="shop",phase=""}"#, 1.0),
            (r#"analysis_run_phase{name="r",namespace="shop",phase="Pending"}"#, 1.0),
            (r#"analysis_run_phase{name="r",namespace="shop",phase="Failed"}"#, 0.0),
            (r#"analysis_run_metric_type{metric="slow",name="r",namespace="shop",type="RPCPlugin"}"#, 1.0),
            (
                r#"analysis_run_metric_type{metric="odd",name="r",namespace="shop",type="Unknown Provider"}"#,
                1.0,
            ),
        ],
    );
    let phase = |metric: &str, kind: &str, dry: bool, phase: &str| {
        format!(
            r#"analysis_run_metric_phase{{dry_run="{dry}",metric="{metric}",name="r",namespace="shop",phase="{phase}",type="{kind}"}}"#
        )
    };
    told(
        &metrics,
        &[
            (&phase("errors", "Prometheus", false, "Failed"), 1.0),
            (&phase("errors", "Prometheus", false, "Pending"), 0.0),
            (&phase("slow", "RPCPlugin", true, "Pending"), 1.0),
        ],
    );
    let exposition = metrics.exposition().unwrap();
    assert!(!exposition.contains("rollout_") && !exposition.contains("experiment_"), "analyses alone");
}

#[test]
fn cluster_wide_templates_have_no_namespace() {
    let spec = json!({"metrics": [{"name": "m", "provider": {"web": {}}}]});
    let metrics = metrics(Controllers::All, &[object("ClusterAnalysisTemplate", "t", &spec, &json!({}))]);
    told(
        &metrics,
        &[
            (r#"analysis_template_info{name="t",namespace=""}"#, 1.0),
            (r#"analysis_template_metric_info{metric="m",name="t",namespace="",type="Web"}"#, 1.0),
        ],
    );
}

#[test]
fn a_pass_of_a_millisecond_is_in_the_first_bucket() {
    let metrics = metrics(Controllers::All, &[]);
    metrics.rollout_pass(&name(), Duration::from_millis(1), false);
    told(&metrics, &[(r#"rollout_reconcile_bucket{name="cart",namespace="shop",le="0.01"}"#, 1.0)]);
    assert!(!metrics.exposition().unwrap().contains("rollout_reconcile_error"));
}

#[test]
fn an_attempt_is_counted_once_when_it_has_ended() {
    let metrics = metrics(Controllers::All, &[]);
    let running = RolloutDuration { finished_at: None, completion_status: String::new(), ..attempt("") };
    let ended = attempt("Promoted");
    metrics.attempt(None, Some(&running));
    metrics.attempt(Some(&running), Some(&ended));
    metrics.attempt(Some(&ended), Some(&ended));
    metrics.attempt(Some(&ended), None);
    told(
        &metrics,
        &[
            (r#"rollout_duration_seconds_sum{status="Promoted"}"#, 500.0),
            (r#"rollout_duration_seconds_count{status="Promoted"}"#, 1.0),
            (r#"rollout_progression_duration_seconds_sum{status="Promoted"}"#, 300.0),
            (r#"rollout_manual_pause_duration_seconds_sum{status="Promoted"}"#, 200.0),
        ],
    );
}

#[tokio::test(start_paused = true)]
async fn the_series_of_an_object_that_is_gone_stay_for_65_seconds() {
    let metrics = everything();
    let removed = crd::Rollout::remove(&mut metrics.cache.write(), &Kind::ROLLOUT, &name(), 99);
    assert!(removed.contains(&crate::watches::Task::Forget(Kind::ROLLOUT, name())));
    metrics.forget(&Kind::ROLLOUT, &name());
    tokio::time::advance(Duration::from_secs(64)).await;
    let series = r#"rollout_reconcile_count{name="cart",namespace="shop"}"#;
    told(&metrics, &[(series, 1.0)]);
    assert!(metrics.exposition().unwrap().contains("rollout_events_total{"));
    tokio::time::advance(Duration::from_secs(2)).await;
    let exposition = metrics.exposition().unwrap();
    let left: Vec<&str> = exposition.lines().filter(|line| line.contains("name=\"cart\"")).collect();
    let of_others = |line: &&str| line.starts_with("analysis_run_") || line.starts_with("experiment_");
    assert!(!left.is_empty() && left.iter().all(of_others), "others of the same name are there: {left:#?}");
}

#[tokio::test(start_paused = true)]
async fn an_object_that_came_back_keeps_its_series() {
    let metrics = everything();
    metrics.forget(&Kind::ROLLOUT, &name());
    tokio::time::advance(Duration::from_secs(66)).await;
    told(&metrics, &[(r#"rollout_reconcile_count{name="cart",namespace="shop"}"#, 1.0)]);
}
