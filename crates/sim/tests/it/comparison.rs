//! Releases that are judged beside stable: every kind of metric, and both kinds of source.

use std::time::Duration;

use aviary_sim::{Ending, Environment, NoFaults, Release, Script, Traffic, constant};
use jiff::Timestamp;
use serde_json::{Value, json};

fn manifests(source: &Value, metric: &Value) -> Vec<Value> {
    let queries = metric["canary"].clone();
    let mut metric = metric.clone();
    if metric["kind"] != "limit" {
        metric["stable"] = queries;
    }
    vec![
        json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"name": "shop"},
               "spec": {"replicas": 4, "selector": {"matchLabels": {"app": "shop"}},
                        "template": {"metadata": {"labels": {"app": "shop"}}, "spec": {"containers": [{"name": "shop", "image": "shop:1"}]}},
                        "strategy": {"canary": {"steps": [{"setWeight": 50}, {"analysis": {"templates": [{"templateName": "beside"}], "args": [{"name": "key", "value": "x"}]}}]}}}}),
        json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisTemplate", "metadata": {"name": "beside"},
               "spec": {"args": [{"name": "key"}, {"name": "password", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}],
                        "metrics": [{"name": "beside", "provider": {"plugin": {"aviary/compare": {"source": source, "maxWait": "30m", "metrics": [metric]}}}}]}}),
    ]
}

/// A release in which the canary's share of bad ones is `bad`, as at stable without one, ends like this.
fn ends(source: &Value, metric: &Value, bad: Option<f64>, ending: Ending) {
    let release = Release {
        namespace: "default".to_owned(),
        name: "shop".to_owned(),
        image: "shop:2".to_owned(),
        deeds: Vec::new(),
        promoted: false,
        bound: Duration::from_secs(86_400),
    };
    let environment = move |began| match bad {
        Some(bad) => {
            let metrics = constant(bad);
            Ok(Environment { metrics, ..Script::default().environment(began, constant(bad))? })
        }
        None => {
            let good = std::sync::Arc::new(|_: &aviary_sim::Asked<'_>| {
                rollout::analysis::Outcome::Verdict(crd::AnalysisPhase::Successful, String::new())
            });
            let traffic = Traffic { rate: 200.0, ..Traffic::default() };
            Ok(Environment { metrics: good, traffic, ..Environment::default() })
        }
    };
    let course =
        release.run(manifests(source, metric), Timestamp::UNIX_EPOCH, environment, NoFaults).unwrap();
    assert_eq!(course.ending, ending, "{metric}, {bad:?}\n{}", course.simulation.timeline());
}

#[test]
fn every_kind_of_metric_passes_what_is_alike_and_fails_what_is_worse() {
    let prometheus = json!({"prometheus": {"address": "http://prometheus:9090"}});
    let datadog = json!({"datadog": {}});
    let proportion = json!({"bad": "a", "total": "b"});
    let metrics = [
        json!({"name": "m", "kind": "proportion", "canary": proportion}),
        json!({"name": "m", "kind": "proportion", "strata": "route", "canary": proportion}),
        json!({"name": "m", "kind": "rate", "canary": {"count": "a", "exposure": "b"}, "passBelow": {"absolute": 0.01}}),
        json!({"name": "m", "kind": "latency", "canary": {"buckets": "a"}}),
        json!({"name": "m", "kind": "latency", "edges": [0.2, 0.5], "canary": {"buckets": "a", "total": "b"}}),
        json!({"name": "m", "kind": "limit", "limit": "1%", "canary": proportion}),
    ];
    for source in [prometheus, datadog] {
        for metric in &metrics {
            ends(&source, metric, None, Ending::Completed);
            ends(&source, metric, Some(0.2), Ending::Aborted);
        }
    }
}

#[test]
fn a_gauge_is_read_as_it_is() {
    let prometheus = json!({"prometheus": {"address": "http://prometheus:9090"}});
    let gauge = json!({"name": "m", "kind": "gauge", "weight": 1, "bounds": [0, 1], "failAbove": {"absolute": 0.1}, "passBelow": {"absolute": 0.2},
                       "canary": {"value": "a"}});
    ends(&prometheus, &gauge, None, Ending::Completed);
    ends(&prometheus, &gauge, Some(1.0), Ending::Aborted);
}
