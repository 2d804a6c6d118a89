//! An invalid Rollout becomes a condition, and nothing else is touched.

use serde_json::{Value, json};

use crate::harness::{Cluster, yaml};

/// Each row: a patch of a valid spec, and the message (spec rollout-fields 2.5).
const CASES: &[(&str, &str)] = &[
    (
        "{strategy: null}",
        "spec.strategy.strategy: Required value: Rollout has missing field '.spec.strategy.canary or .spec.strategy.blueGreen'",
    ),
    ("{selector: null}", "spec.selector: Required value: Rollout has missing field '.spec.selector'"),
    ("{replicas: -1}", "spec.replicas: Invalid value: -1: must be greater than or equal to 0"),
    (
        "{selector: {matchLabels: {app: other}}}",
        "spec.template.metadata.labels: Invalid value: {\"app\":\"demo\"}: `selector` does not match template `labels`",
    ),
    ("{template: {spec: {containers: []}}}", "spec.template.spec.containers: Required value"),
    (
        "{template: {spec: {restartPolicy: Never}}}",
        "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\"",
    ),
    (
        "{minReadySeconds: 600}",
        "spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds",
    ),
    (
        "{strategy: {canary: {maxSurge: 0, maxUnavailable: 0}}}",
        "spec.strategy.maxSurge: Invalid value: 0: MaxSurge and MaxUnavailable both can not be zero",
    ),
    (
        "{strategy: {canary: {scaleDownDelaySeconds: 10}}}",
        "spec.strategy.scaleDownDelaySeconds: Invalid value: 10: Canary scaleDownDelaySeconds can only be used with traffic routing",
    ),
    (
        "{strategy: {canary: {dynamicStableScale: true}}}",
        "spec.strategy.dynamicStableScale: Invalid value: true: Canary dynamicStableScale can only be used with traffic routing",
    ),
    (
        "{strategy: {canary: {steps: [{setWeight: 101}]}}}",
        "spec.strategy.steps[0].setWeight: Invalid value: 101: SetWeight needs to be between 0 and 100",
    ),
    (
        "{strategy: {canary: {steps: [{pause: {duration: 1d}}]}}}",
        "spec.strategy.steps[0].pause.duration: Invalid value: -1: Duration needs to be greater than 0",
    ),
    (
        "{strategy: {canary: {steps: [{setCanaryScale: {replicas: 1}}]}}}",
        "spec.strategy.trafficRouting: Required value: SetCanaryScale requires TrafficRouting to be set",
    ),
    (
        "{strategy: {canary: {stableService: gone}}}",
        "spec.strategy.canary.stableService: Invalid value: \"gone\": service \"gone\" not found",
    ),
    (
        "{strategy: {canary: {steps: [{analysis: {templates: [{templateName: gone}]}}]}}}",
        "spec.strategy.canary.steps[0].analysis.templates: Invalid value: \"gone\": AnalysisTemplate 'gone' not found",
    ),
    (
        "{strategy: {canary: {steps: [{plugin: {name: other/thing}}]}}}",
        "spec.strategy.steps[0].plugin.name: Unsupported value: \"other/thing\": supported values: \"aviary/region-gate\"",
    ),
    (
        "{strategy: {canary: null, blueGreen: {activeService: a}}}",
        "spec.strategy.blueGreen.activeService: Invalid value: \"a\": service \"a\" not found",
    ),
];

#[test]
fn the_first_mistake_is_told_and_nothing_is_touched() {
    for (patch, message) in CASES {
        let mut cluster = Cluster::new("{replicas: 1, strategy: {canary: {}}}");
        cluster.edit(&json!({ "spec": yaml::<Value>(patch) }));
        let decision = cluster.decide();
        let told = format!("InvalidSpec: The Rollout \"demo\" is invalid: {message}");
        assert_eq!(decision.status.map(|status| status.message), Some(told));
        assert!(decision.actions.is_empty() && decision.requeue_after.is_some(), "{patch}");
    }
}

#[test]
fn an_invalid_spec_is_told_once() {
    let mut cluster = Cluster::new("{replicas: -1, strategy: {canary: {}}}");
    let decision = cluster.decide();
    cluster.carry_out(&decision);
    assert_eq!(cluster.decide().status, None);
}
