//! What `kubectl get pods` says of a pod.

use jiff::Timestamp;
use serde_json::Value;

use super::age;
use crate::meta::{self, items, number, text};

/// Ready containers of all.
pub(super) fn ready(pod: &Value, _now: Timestamp) -> Value {
    let ready = statuses(pod).iter().filter(|status| status["ready"] == true).count();
    format!("{ready}/{}", items(pod, &["spec", "containers"]).len()).into()
}

/// The phase, or the one word that tells more.
pub(super) fn status(pod: &Value, _now: Timestamp) -> Value {
    let mut said = text(pod, &["status", "phase"]).to_owned();
    let reason = text(pod, &["status", "reason"]);
    if !reason.is_empty() {
        reason.clone_into(&mut said);
    }
    for container in statuses(pod).iter().rev() {
        let waiting = text(container, &["state", "waiting", "reason"]);
        let ended = text(container, &["state", "terminated", "reason"]);
        match (waiting, ended, number(container, &["state", "terminated", "exitCode"])) {
            ("", "", Some(code)) => said = format!("ExitCode:{code}"),
            ("", "", None) => {}
            ("", ended, _) => ended.clone_into(&mut said),
            (waiting, ..) => waiting.clone_into(&mut said),
        }
    }
    if meta::is_deleting(pod) {
        "Terminating".clone_into(&mut said);
    }
    said.into()
}

/// How often containers were started again, and when last.
pub(super) fn restarts(pod: &Value, now: Timestamp) -> Value {
    let count: i64 = statuses(pod).iter().filter_map(|one| number(one, &["restartCount"])).sum();
    let ends =
        statuses(pod).iter().filter_map(|one| meta::time(one, &["lastState", "terminated", "finishedAt"]));
    match ends.max() {
        Some(last) if count > 0 => {
            format!("{count} ({} ago)", age::words(now.duration_since(last).as_secs())).into()
        }
        _ => count.to_string().into(),
    }
}

fn statuses(pod: &Value) -> &[Value] {
    items(pod, &["status", "containerStatuses"])
}
