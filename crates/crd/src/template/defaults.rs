//! What Kubernetes fills into a pod template on storing it.
//!
//! Source: the defaulting of core `v1` in Kubernetes 1.34, as far as it concerns PodTemplates. The defaults of Pods
//! (`enableServiceLinks`, requests from limits) are not among them.

use serde_json::{Map, Value, json};

type Object = Map<String, Value>;

/// Fills the defaults into a pod specification and drops what is null or empty there.
pub(super) fn apply(spec: &mut Value) {
    if spec.is_null() {
        *spec = json!({});
    }
    drop_empty(spec);
    let Some(spec) = spec.as_object_mut() else { return };
    spec.remove("serviceAccount");
    fill(spec, &POD);
    for key in ["initContainers", "containers", "ephemeralContainers"] {
        each(spec, key, container);
    }
    each(spec, "volumes", volume);
}

/// Defaults of an object: a key, and JSON text.
type Defaults = [(&'static str, &'static str)];

const POD: [(&str, &str); 5] = [
    ("dnsPolicy", r#""ClusterFirst""#),
    ("restartPolicy", r#""Always""#),
    ("schedulerName", r#""default-scheduler""#),
    ("securityContext", "{}"),
    ("terminationGracePeriodSeconds", "30"),
];
const CONTAINER: [(&str, &str); 2] =
    [("terminationMessagePath", r#""/dev/termination-log""#), ("terminationMessagePolicy", r#""File""#)];
const PROBE: [(&str, &str); 4] =
    [("timeoutSeconds", "1"), ("periodSeconds", "10"), ("successThreshold", "1"), ("failureThreshold", "3")];
const HTTP_GET: [(&str, &str); 2] = [("path", r#""/""#), ("scheme", r#""HTTP""#)];
const FIELD_REF: [(&str, &str); 1] = [("apiVersion", r#""v1""#)];
const MODE: [(&str, &str); 1] = [("defaultMode", "420")];

/// Volume sources with their own defaults.
const SOURCES: [(&str, &Defaults); 9] = [
    ("secret", &MODE),
    ("configMap", &MODE),
    ("downwardAPI", &MODE),
    ("projected", &MODE),
    ("hostPath", &[("type", r#""""#)]),
    ("iscsi", &[("iscsiInterface", r#""default""#)]),
    ("rbd", &[("pool", r#""rbd""#), ("user", r#""admin""#), ("keyring", r#""/etc/ceph/keyring""#)]),
    (
        "azureDisk",
        &[
            ("cachingMode", r#""ReadWrite""#),
            ("kind", r#""Shared""#),
            ("fsType", r#""ext4""#),
            ("readOnly", "false"),
        ],
    ),
    ("scaleIO", &[("storageMode", r#""ThinProvisioned""#), ("fsType", r#""xfs""#)]),
];

fn container(container: &mut Object) {
    fill(container, &CONTAINER);
    let image = container.get("image").and_then(Value::as_str).unwrap_or_default();
    let policy = pull_policy(image);
    set(container, "imagePullPolicy", || json!(policy));
    each(container, "ports", |port| set(port, "protocol", || json!("TCP")));
    each(container, "env", |variable| within(variable, "valueFrom", field_ref));
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        within(container, probe, |probe| {
            fill(probe, &PROBE);
            handler(probe);
            within(probe, "grpc", |grpc| set(grpc, "service", || json!("")));
        });
    }
    within(container, "lifecycle", |lifecycle| {
        within(lifecycle, "postStart", handler);
        within(lifecycle, "preStop", handler);
    });
}

fn handler(handler: &mut Object) {
    within(handler, "httpGet", |request| fill(request, &HTTP_GET));
}

fn field_ref(holder: &mut Object) {
    within(holder, "fieldRef", |reference| fill(reference, &FIELD_REF));
}

fn volume(volume: &mut Object) {
    if volume.keys().all(|key| key == "name") {
        set(volume, "emptyDir", || json!({}));
    }
    for (source, defaults) in SOURCES {
        within(volume, source, |source| fill(source, defaults));
    }
    within(volume, "downwardAPI", |source| each(source, "items", field_ref));
    within(volume, "projected", |projected| {
        each(projected, "sources", |source| {
            within(source, "downwardAPI", |source| each(source, "items", field_ref));
            within(source, "serviceAccountToken", |token| set(token, "expirationSeconds", || json!(3600)));
        });
    });
    within(volume, "ephemeral", |ephemeral| {
        within(ephemeral, "volumeClaimTemplate", |template| {
            within(template, "spec", |claim| set(claim, "volumeMode", || json!("Filesystem")));
        });
    });
    within(volume, "image", |image| {
        let policy = pull_policy(image.get("reference").and_then(Value::as_str).unwrap_or_default());
        set(image, "pullPolicy", || json!(policy));
    });
}

/// `latest`, written or implied, is pulled always.
fn pull_policy(image: &str) -> &'static str {
    let name = image.rsplit('/').next().unwrap_or_default();
    let latest = match (image.split_once('@'), name.split_once(':')) {
        (Some(_), _) => image.contains(":latest@"),
        (None, Some((_, tag))) => tag == "latest",
        (None, None) => !image.is_empty(),
    };
    if latest { "Always" } else { "IfNotPresent" }
}

fn fill(object: &mut Object, defaults: &Defaults) {
    for (key, default) in defaults {
        set(object, key, || serde_json::from_str(default).unwrap_or_default());
    }
}

/// Sets a member that is absent or has the zero value of Go, for which a default stands in as well.
fn set(object: &mut Object, key: &str, default: impl FnOnce() -> Value) {
    let unset = match object.get(key) {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Number(number)) => number.as_i64() == Some(0) && !POINTERS.contains(&key),
        Some(_) => false,
    };
    if unset {
        object.insert(key.to_owned(), default());
    }
}

/// Numbers of which 0 is a value.
const POINTERS: [&str; 3] = ["terminationGracePeriodSeconds", "defaultMode", "expirationSeconds"];

fn within(object: &mut Object, key: &str, change: impl FnOnce(&mut Object)) {
    if let Some(member) = object.get_mut(key).and_then(Value::as_object_mut) {
        change(member);
    }
}

fn each(object: &mut Object, key: &str, change: impl Fn(&mut Object)) {
    let items = object.get_mut(key).and_then(Value::as_array_mut);
    items.into_iter().flatten().filter_map(Value::as_object_mut).for_each(change);
}

/// Drops nulls and empty lists, which mean the same as nothing; empty objects may mean something (`emptyDir: {}`).
fn drop_empty(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(drop_empty);
            members.retain(|_, member| {
                !member.is_null() && member.as_array().is_none_or(|items| !items.is_empty())
            });
        }
        Value::Array(items) => items.iter_mut().for_each(drop_empty),
        _ => {}
    }
}
