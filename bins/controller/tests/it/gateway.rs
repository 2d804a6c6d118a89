//! A gateway that follows the worked example's route, without serving anybody.

use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use serde_json::{Deserializer, Value, json};
use xtask::control_plane::ControlPlane;

use crate::cluster::{NAMESPACE, ROLLOUT};

/// Says of every generation of the route that it is followed, and keeps the weights that it showed.
pub(crate) struct Gateway {
    weights: Arc<Mutex<Vec<i64>>>,
    watch: Child,
    thread: Option<JoinHandle<()>>,
}

impl Gateway {
    pub(crate) fn follow(plane: Arc<ControlPlane>) -> Self {
        let words = ["get", "httproute", ROLLOUT, "-n", NAMESPACE, "-o", "json", "--watch"];
        let mut watch = plane.kubectl_command(&words).stdout(Stdio::piped()).spawn().unwrap();
        let routes = Deserializer::from_reader(watch.stdout.take().unwrap()).into_iter::<Value>();
        let weights = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&weights);
        let thread = std::thread::spawn(move || {
            let mut last = None;
            // Cut off in the middle of a route, when the watch is ended.
            for route in routes.map_while(Result::ok) {
                let weight = route["spec"]["rules"][0]["backendRefs"][1]["weight"].as_i64().unwrap();
                if last.replace(weight) != Some(weight) {
                    seen.lock().unwrap().push(weight);
                }
                accept(&plane, &route);
            }
        });
        Self { weights, watch, thread: Some(thread) }
    }

    /// What the canary's weight changed to since the last call, in order; the first time, what it was at first, too.
    pub(crate) fn take_weights(&self) -> Vec<i64> {
        std::mem::take(&mut self.weights.lock().unwrap())
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let ended = self.watch.kill().and_then(|()| self.watch.wait());
        let followed = self.thread.take().map(JoinHandle::join);
        let well = ended.is_ok() && followed.is_none_or(|followed| followed.is_ok());
        assert!(std::thread::panicking() || well, "the gateway panicked");
    }
}

/// Says that this generation of the route is followed, unless it has been said.
fn accept(plane: &ControlPlane, route: &Value) {
    let generation = &route["metadata"]["generation"];
    if route["status"]["parents"][0]["conditions"][0]["observedGeneration"] == *generation {
        return;
    }
    let accepted = json!({
        "type": "Accepted", "status": "True", "reason": "Accepted", "message": "",
        "observedGeneration": generation, "lastTransitionTime": "2026-01-31T12:00:00Z",
    });
    let status = json!({"status": {"parents": [{
        "parentRef": route["spec"]["parentRefs"][0], "controllerName": "example.com/gateway",
        "conditions": [accepted],
    }]}});
    let words =
        ["patch", "httproute", ROLLOUT, "-n", NAMESPACE, "--subresource=status", "--type=merge", "-p"];
    plane.kubectl(&[&words[..], &[&status.to_string()]].concat()).unwrap();
}
