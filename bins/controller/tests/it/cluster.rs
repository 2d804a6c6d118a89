//! A real control plane with the worked example on it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use xtask::control_plane::{ControlPlane, Level};

use crate::gateway::Gateway;
use crate::metrics::Metrics;

pub(crate) const NAMESPACE: &str = "openclaw";
pub(crate) const ROLLOUT: &str = "openclaw-rating-api";
/// Longest time for anything to happen.
const PATIENCE: Duration = Duration::from_secs(120);

/// A control plane with kwok for kubelets.
pub(crate) struct Cluster {
    plane: Arc<ControlPlane>,
    pub(crate) metrics: Metrics,
    gateway: Gateway,
}

impl Cluster {
    /// One with the manifests applied; `None`, and said so, where the programs are absent.
    pub(crate) fn start(test: &str) -> Option<Self> {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
        let definitions =
            ["fixtures/crds", "crates/local/src/region/gateway-api.yaml"].map(|path| root.join(path));
        let plane = Arc::new(ControlPlane::for_test(test, Level::Pods, &definitions)?);
        let metrics = Metrics::start();
        let objects = manifests(&root.join("fixtures/openclaw"), &metrics.address());
        let file = plane.kubeconfig().with_file_name("objects.json");
        for object in objects {
            std::fs::write(&file, object.to_string()).unwrap();
            plane.kubectl(&["apply", "--server-side", "-f", &file.display().to_string()]).unwrap();
        }
        let gateway = Gateway::follow(Arc::clone(&plane));
        Some(Self { plane, metrics, gateway })
    }

    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.plane.kubeconfig()
    }

    /// Weights of the canary in the order in which the route showed them, since the last call.
    pub(crate) fn take_weights(&self) -> Vec<i64> {
        self.gateway.take_weights()
    }

    fn get(&self, what: &[&str]) -> Value {
        let words = [&["get", "-n", NAMESPACE, "-o", "json"], what].concat();
        serde_json::from_str(&self.plane.kubectl(&words).unwrap()).unwrap()
    }

    pub(crate) fn rollout(&self) -> Value {
        self.get(&["rollout", ROLLOUT])
    }

    /// Objects of a kind.
    pub(crate) fn list(&self, kind: &str) -> Vec<Value> {
        self.get(&[kind])["items"].as_array().unwrap().clone()
    }

    pub(crate) fn set_image(&self, tag: &str) {
        let image = format!("openclaw/rating-api:{tag}");
        let containers = ["0", "1"].map(|index| format!("/spec/template/spec/containers/{index}/image"));
        let patch = json!(containers.map(|path| json!({"op": "replace", "path": path, "value": image})));
        let words = ["patch", "rollout", ROLLOUT, "-n", NAMESPACE, "--type=json", "-p"];
        self.plane.kubectl(&[&words[..], &[&patch.to_string()]].concat()).unwrap();
    }

    /// Waits until `holds` is true of the Rollout.
    pub(crate) fn until(&self, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        until(what, || self.rollout(), holds)
    }

    /// Waits until the newest version runs alone.
    pub(crate) fn until_promoted(&self) -> Value {
        self.until("it is promoted", is_promoted)
    }
}

/// Looks until `holds` is true of what it sees.
pub(crate) fn until<T: std::fmt::Debug>(
    what: &str,
    mut look: impl FnMut() -> T,
    holds: impl Fn(&T) -> bool,
) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        let seen = look();
        if holds(&seen) {
            return seen;
        }
        assert!(Instant::now() < end, "in vain: {what}: {seen:#?}");
    }
}

/// Whether the newest version is the stable one, observed and healthy.
pub(crate) fn is_promoted(rollout: &Value) -> bool {
    let status = &rollout["status"];
    status["phase"] == "Healthy"
        && status["stableRS"] == status["currentPodHash"]
        && status["observedGeneration"].as_str() == Some(&rollout["metadata"]["generation"].to_string())
}

/// The worked example for one region, with pauses of two seconds and readings a second apart.
fn manifests(folder: &Path, prometheus: &str) -> Vec<Value> {
    let files = [
        "local/namespace",
        "local/secret",
        "rendered/services",
        "rendered/httproute",
        "rendered/analysistemplates",
        "rendered/poddisruptionbudget",
        "rendered/networkpolicy",
        "rendered/rollout",
    ];
    let mut objects: Vec<Value> = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(folder.join(format!("{file}.yaml"))).unwrap();
        objects.extend(crd::yaml::from_documents::<Value>(&text).unwrap());
    }
    for object in &mut objects {
        for metric in object.pointer_mut("/spec/metrics").and_then(Value::as_array_mut).into_iter().flatten()
        {
            metric["interval"] = json!("1s");
            metric["provider"]["prometheus"]["address"] = json!(prometheus);
        }
        let Some(canary) = object.pointer_mut("/spec/strategy/canary") else { continue };
        canary["scaleDownDelaySeconds"] = json!(2);
        canary["abortScaleDownDelaySeconds"] = json!(2);
        for step in canary["steps"].as_array_mut().unwrap() {
            if step.get("pause").is_some() {
                step["pause"]["duration"] = json!("2s");
            }
            // No endpoint of a kwok pod answers.
            if let Some(config) = step.pointer_mut("/plugin/config").and_then(Value::as_object_mut) {
                config.insert("regions".to_owned(), json!(["us-east-1"]));
                config.insert("checks".to_owned(), json!([]));
                config.insert("interval".to_owned(), json!("1s"));
            }
        }
    }
    objects
}
