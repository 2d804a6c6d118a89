//! Pods in one word, as kubectl sums them up (spec cli-get-tree 3.4).

use jiff::Timestamp;
use serde_json::Value as Json;

use crate::json::Read as _;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PodInfo {
    pub(crate) name: String,
    pub(crate) created: Option<Timestamp>,
    pub(crate) status: String,
    /// `ready/containers`.
    pub(crate) ready: String,
    pub(crate) restarts: i64,
    pub(crate) node: String,
}

pub(crate) fn of(pod: &Json) -> PodInfo {
    let phase =
        [pod.text("/status/reason"), pod.text("/status/phase")].into_iter().find(|text| !text.is_empty());
    let mut sum = Sum { status: phase.unwrap_or_default().to_owned(), restarts: 0, ready: 0 };
    if !sum.initialising(pod) {
        sum.running(pod);
    }
    if pod.has("/metadata/deletionTimestamp") {
        let lost = pod.text("/status/reason") == "NodeLost";
        if lost { "Unknown" } else { "Terminating" }.clone_into(&mut sum.status);
    }
    PodInfo {
        name: pod.name().to_owned(),
        created: pod.time("/metadata/creationTimestamp"),
        status: sum.status,
        ready: format!("{}/{}", sum.ready, pod.list("/spec/containers").len()),
        restarts: sum.restarts,
        node: pod.text("/spec/nodeName").to_owned(),
    }
}

struct Sum {
    status: String,
    restarts: i64,
    ready: usize,
}

impl Sum {
    /// Whether an init container holds the pod back; then `status` says how.
    fn initialising(&mut self, pod: &Json) -> bool {
        let wanted = pod.list("/spec/initContainers");
        for (index, container) in pod.list("/status/initContainerStatuses").iter().enumerate() {
            self.restarts += container.count("/restartCount");
            if container.has("/state/terminated") && container.count("/state/terminated/exitCode") == 0 {
                continue;
            }
            let always = wanted.iter().any(|spec| {
                spec.text("/name") == container.text("/name") && spec.text("/restartPolicy") == "Always"
            });
            if always && container.flag("/started") {
                if container.flag("/ready") {
                    continue;
                }
                return true;
            }
            let waiting = container.text("/state/waiting/reason");
            self.status = if container.has("/state/terminated") {
                format!("Init:{}", ended(container))
            } else if !waiting.is_empty() && waiting != "PodInitializing" {
                format!("Init:{waiting}")
            } else {
                format!("Init:{index}/{}", wanted.len())
            };
            return true;
        }
        false
    }

    /// From last to first, so that the first container's trouble has the last word.
    fn running(&mut self, pod: &Json) {
        self.restarts = 0;
        let mut any_runs = false;
        for container in pod.list("/status/containerStatuses").iter().rev() {
            self.restarts += container.count("/restartCount");
            if !container.text("/state/waiting/reason").is_empty() {
                container.text("/state/waiting/reason").clone_into(&mut self.status);
            } else if container.has("/state/terminated") {
                self.status = ended(container);
            } else if container.flag("/ready") && container.has("/state/running") {
                any_runs = true;
                self.ready += 1;
            }
        }
        if self.status == "Completed" && any_runs {
            "Running".clone_into(&mut self.status);
        }
    }
}

/// How a container ended: in one word, else by signal or exit code.
fn ended(container: &Json) -> String {
    let state = container.pointer("/state/terminated").unwrap_or(&Json::Null);
    match (state.text("/reason"), state.count("/signal")) {
        ("", 0) => format!("ExitCode:{}", state.count("/exitCode")),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.to_owned(),
    }
}
