//! A real control plane with the worked example on it, and a gateway that follows its route.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use xtask::control_plane::{ControlPlane, Level};

use crate::metrics::Metrics;

const NAMESPACE: &str = "openclaw";
pub(crate) const ROLLOUT: &str = "openclaw-rating-api";
/// Longest time for anything to happen.
const PATIENCE: Duration = Duration::from_secs(120);

/// A control plane with kwok for kubelets.
pub(crate) struct Cluster {
    plane: Arc<ControlPlane>,
    pub(crate) metrics: Metrics,
    weights: Arc<Mutex<Vec<i64>>>,
    over: Arc<AtomicBool>,
    gateway: Option<JoinHandle<()>>,
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
        let (weights, over) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let gateway = Some(follow_route(Arc::clone(&plane), Arc::clone(&weights), Arc::clone(&over)));
        Some(Self { plane, metrics, weights, over, gateway })
    }

    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.plane.kubeconfig()
    }

    /// Weights of the canary in the order in which the route showed them, since the last call.
    pub(crate) fn take_weights(&self) -> Vec<i64> {
        std::mem::take(&mut self.weights.lock().unwrap())
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
        let end = Instant::now() + PATIENCE;
        loop {
            let rollout = self.rollout();
            if holds(&rollout) {
                return rollout;
            }
            assert!(Instant::now() < end, "in vain: {what}: {:#}", rollout["status"]);
        }
    }

    /// Waits until the newest version runs alone.
    pub(crate) fn until_promoted(&self) -> Value {
        self.until("it is promoted", is_promoted)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        let ended = self.gateway.take().map(JoinHandle::join);
        assert!(std::thread::panicking() || ended.is_none_or(|ended| ended.is_ok()), "the gateway panicked");
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

/// Says of every generation of the route that it is followed, and keeps the weights that it showed.
fn follow_route(
    plane: Arc<ControlPlane>,
    weights: Arc<Mutex<Vec<i64>>>,
    over: Arc<AtomicBool>,
) -> JoinHandle<()> {
    std::thread::spawn(move || {
        while !over.load(Ordering::Relaxed) {
            let route = plane.kubectl(&["get", "httproute", ROLLOUT, "-n", NAMESPACE, "-o", "json"]).unwrap();
            let route: Value = serde_json::from_str(&route).unwrap();
            let weight = route["spec"]["rules"][0]["backendRefs"][1]["weight"].as_i64().unwrap();
            let mut weights = weights.lock().unwrap();
            if weights.last() != Some(&weight) {
                weights.push(weight);
            }
            drop(weights);
            let generation = &route["metadata"]["generation"];
            if route["status"]["parents"][0]["conditions"][0]["observedGeneration"] == *generation {
                continue;
            }
            let accepted = json!({
                "type": "Accepted", "status": "True", "reason": "Accepted", "message": "",
                "observedGeneration": generation, "lastTransitionTime": "2026-01-31T12:00:00Z",
            });
            let status = json!({"status": {"parents": [{
                "parentRef": route["spec"]["parentRefs"][0], "controllerName": "example.com/gateway",
                "conditions": [accepted],
            }]}});
            let words = [
                "patch",
                "httproute",
                ROLLOUT,
                "-n",
                NAMESPACE,
                "--subresource=status",
                "--type=merge",
                "-p",
            ];
            plane.kubectl(&[&words[..], &[&status.to_string()]].concat()).unwrap();
        }
    })
}
