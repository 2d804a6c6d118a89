//! What a node reports of a pod: its `status`.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Container, Pod};
use serde_json::{Value, json};

use super::container;

/// What a probe found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Requests may come.
    Ready,
    /// They may not, and why.
    Unready(String),
}

/// The status of one pod, as it stands.
#[derive(Debug)]
pub(super) struct Report {
    containers: Vec<(String, String)>,
    main: String,
    began: String,
    state: State,
    ready: Ready,
}

#[derive(Debug)]
enum State {
    Waiting { reason: &'static str, message: String },
    Running { since: String },
}

#[derive(Debug)]
struct Ready {
    holds: bool,
    since: String,
    message: String,
}

/// The present, to the second, as Kubernetes writes it.
pub(super) fn now() -> String {
    Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

impl Report {
    /// A pod that was taken, and whose containers are being made.
    pub(super) fn new(pod: &Pod) -> Self {
        let name =
            |container: &Container| (container.name.clone(), container.image.clone().unwrap_or_default());
        let began = now();
        Self {
            containers: pod.spec.iter().flat_map(|spec| spec.containers.iter().map(name)).collect(),
            main: container::main(pod).map(|main| main.name.clone()).unwrap_or_default(),
            state: State::Waiting { reason: "ContainerCreating", message: String::new() },
            ready: Ready { holds: false, since: began.clone(), message: String::new() },
            began,
        }
    }

    /// The containers cannot run, and wait.
    pub(super) fn waits(&mut self, reason: &'static str, message: &str) {
        self.state = State::Waiting { reason, message: message.to_owned() };
    }

    /// The containers run.
    pub(super) fn started(&mut self) {
        self.state = State::Running { since: now() };
    }

    /// A probe found something new.
    pub(super) fn ready(&mut self, verdict: Verdict) {
        let (holds, message) = match verdict {
            Verdict::Ready => (true, String::new()),
            Verdict::Unready(why) => (false, format!("Readiness probe failed: {why}")),
        };
        if holds != self.ready.holds {
            self.ready.since = now();
        }
        (self.ready.holds, self.ready.message) = (holds, message);
    }

    /// The pod is going: nothing new is to be sent to it.
    pub(super) fn terminating(&mut self) {
        self.ready(Verdict::Unready("the pod is terminating".to_owned()));
    }

    /// The `status` to write.
    pub(super) fn status(&self) -> Value {
        let runs = matches!(self.state, State::Running { .. });
        let address = if runs { json!("127.0.0.1") } else { Value::Null };
        json!({
            "phase": if runs { "Running" } else { "Pending" },
            "startTime": self.began,
            "hostIP": "127.0.0.1",
            "podIP": address,
            "podIPs": if runs { json!([{"ip": "127.0.0.1"}]) } else { Value::Null },
            "conditions": [
                condition("PodScheduled", true, &self.began, "", ""),
                condition("Initialized", true, &self.began, "", ""),
                self.readiness("ContainersReady"),
                self.readiness("Ready"),
            ],
            "containerStatuses": self.containers.iter().map(|names| self.container(names)).collect::<Vec<_>>(),
        })
    }

    fn readiness(&self, kind: &str) -> Value {
        let (reason, message) = match (self.ready.holds, self.ready.message.as_str()) {
            (true, _) => ("", String::new()),
            (false, "") => ("ContainersNotReady", format!("containers with unready status: [{}]", self.main)),
            (false, why) => ("ContainersNotReady", why.to_owned()),
        };
        condition(kind, self.ready.holds, &self.ready.since, reason, &message)
    }

    /// Only the container that serves is probed; the others are ready when they run.
    fn container(&self, (name, image): &(String, String)) -> Value {
        let (state, runs) = match &self.state {
            State::Waiting { reason, message } => {
                (json!({"waiting": {"reason": reason, "message": message}}), false)
            }
            State::Running { since } => (json!({"running": {"startedAt": since}}), true),
        };
        json!({
            "name": name, "image": image, "imageID": image, "restartCount": 0, "started": runs,
            "ready": runs && (self.ready.holds || *name != self.main), "state": state, "lastState": {},
        })
    }
}

fn condition(kind: &str, holds: bool, since: &str, reason: &str, message: &str) -> Value {
    let text = |text: &str| if text.is_empty() { Value::Null } else { Value::from(text) };
    json!({
        "type": kind, "status": if holds { "True" } else { "False" },
        "lastProbeTime": null, "lastTransitionTime": since, "reason": text(reason), "message": text(message),
    })
}
