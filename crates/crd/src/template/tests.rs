//! Templates that count as equal, and those that do not.

use serde_json::json;

use super::*;
use crate::{AntiAffinity, PreferredAntiAffinity};

#[allow(clippy::needless_pass_by_value)] // reads better with json! in place
fn container(container: Value) -> PodTemplate {
    template(json!({ "containers": [container] }))
}

fn template(spec: Value) -> PodTemplate {
    PodTemplate { spec: spec.into(), ..PodTemplate::default() }
}

#[track_caller]
fn same(written: Value, stored: Value) {
    let (written, stored) = (template(written), template(stored));
    assert!(written.semantically_equal(&stored), "\n{}\n{}", written.comparable(), stored.comparable());
}

#[test]
fn what_the_server_fills_in_is_no_change() {
    same(
        json!({
            "containers": [{
                "name": "c", "image": "shop", "ports": [{"containerPort": 80}],
                "env": [{"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
                "readinessProbe": {"httpGet": {"port": 80}}, "livenessProbe": {"grpc": {"port": 81}},
                "lifecycle": {"preStop": {"httpGet": {"port": 80}}},
                "resources": {"limits": {"cpu": "2000m"}},
            }],
            "volumes": [
                {"name": "tmp"},
                {"name": "settings", "configMap": {"name": "s"}},
                {"name": "token", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}},
                {"name": "host", "hostPath": {"path": "/x"}},
            ],
            "serviceAccountName": "shop",
            "nodeSelector": {}, "tolerations": null,
        }),
        json!({
            "containers": [{
                "name": "c", "image": "shop", "ports": [{"containerPort": 80, "protocol": "TCP"}],
                "env": [{
                    "name": "POD",
                    "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}},
                }],
                "readinessProbe": {
                    "httpGet": {"port": 80, "path": "/", "scheme": "HTTP"},
                    "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3,
                },
                "livenessProbe": {
                    "grpc": {"port": 81, "service": ""},
                    "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3,
                },
                "lifecycle": {"preStop": {"httpGet": {"port": 80, "path": "/", "scheme": "HTTP"}}},
                "resources": {"limits": {"cpu": "2"}},
                "imagePullPolicy": "Always",
                "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
            }],
            "volumes": [
                {"name": "tmp", "emptyDir": {}},
                {"name": "settings", "configMap": {"name": "s", "defaultMode": 420}},
                {"name": "token", "projected": {
                    "sources": [{"serviceAccountToken": {"path": "t", "expirationSeconds": 3600}}],
                    "defaultMode": 420,
                }},
                {"name": "host", "hostPath": {"path": "/x", "type": ""}},
            ],
            "serviceAccountName": "shop", "serviceAccount": "shop",
            "dnsPolicy": "ClusterFirst", "restartPolicy": "Always", "schedulerName": "default-scheduler",
            "securityContext": {}, "terminationGracePeriodSeconds": 30,
        }),
    );
}

#[test]
fn the_pull_policy_follows_the_tag() {
    for (image, policy) in [
        ("nginx", "Always"),
        ("nginx:latest", "Always"),
        ("registry:5000/nginx", "Always"),
        ("registry:5000/nginx:1.25", "IfNotPresent"),
        ("nginx@sha256:0f", "IfNotPresent"),
        ("nginx:1.25@sha256:0f", "IfNotPresent"),
        ("nginx:latest@sha256:0f", "Always"),
        ("", "IfNotPresent"),
    ] {
        let written = container(json!({"name": "c", "image": image}));
        let stored = container(json!({"name": "c", "image": image, "imagePullPolicy": policy}));
        assert!(written.semantically_equal(&stored), "{image}");
    }
}

#[test]
fn what_a_user_changes_is_a_change() {
    let before = container(json!({"name": "c", "image": "shop:1"}));
    for after in [
        json!({"name": "c", "image": "shop:2"}),
        json!({"name": "c", "image": "shop:1", "imagePullPolicy": "Always"}),
        json!({"name": "c", "image": "shop:1", "resources": {"limits": {"cpu": "1"}}}),
        json!({"name": "c", "image": "shop:1", "newerThanThisProgram": 1}),
    ] {
        assert!(!before.semantically_equal(&container(after.clone())), "{after}");
    }
    let patient = template(json!({"terminationGracePeriodSeconds": 0}));
    assert!(!patient.semantically_equal(&template(json!({}))));
}

#[test]
fn the_hash_label_does_not_count_and_other_labels_do() {
    let labelled = |labels: &[(&str, &str)]| PodTemplate {
        metadata: PodTemplateMeta {
            labels: labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            ..PodTemplateMeta::default()
        },
        spec: PodSpec::default(),
    };
    let hashed = labelled(&[("app", "shop"), (names::POD_TEMPLATE_HASH, "5ffbfbbd64")]);
    assert!(labelled(&[("app", "shop")]).semantically_equal(&hashed));
    assert!(!labelled(&[("app", "cart")]).semantically_equal(&hashed));
}

#[test]
fn an_injected_anti_affinity_can_be_taken_out_again() {
    let preferred = AntiAffinity {
        preferred_during_scheduling_ignored_during_execution: Some(PreferredAntiAffinity { weight: 7 }),
        ..AntiAffinity::default()
    };
    let required = AntiAffinity {
        required_during_scheduling_ignored_during_execution: Some(serde_json::Map::new()),
        ..AntiAffinity::default()
    };
    let own = json!({"affinity": {"podAntiAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "zone"}],
    }}});
    for written in [json!({}), own, json!({"affinity": {"nodeAffinity": {}}}), json!({"affinity": {}})] {
        for wanted in [&preferred, &required] {
            let written = template(written.clone());
            let injected = written.with_anti_affinity(wanted, "abc", "prod");
            assert_ne!(injected, written);
            assert_eq!(injected, injected.with_anti_affinity(wanted, "abc", "prod"));
            let expected =
                if written.spec.value() == json!({"affinity": {}}) { template(json!({})) } else { written };
            assert_eq!(injected.without_injected_anti_affinity(), expected);
        }
    }
}
