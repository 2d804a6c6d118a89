//! Pods that stop serving before the traffic has left them.

use serde_json::Value;

use super::pods;
use crate::bundle::Bundle;
use crate::rule::{Sink, draft};

/// What Kubernetes gives a pod to end when nothing is written.
const DEFAULT_GRACE: i64 = 30;

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    for view in pods::rollouts(bundle).filter(pods::serves) {
        let Some((pointer, container)) = pods::serving(&view) else { continue };
        let pod = view.object.value().pointer("/spec/template/spec").unwrap_or(&Value::Null);
        let grace = pod.get("terminationGracePeriodSeconds").and_then(Value::as_i64).unwrap_or(DEFAULT_GRACE);
        let Some(before) = container.pointer("/lifecycle/preStop") else {
            let message = "there is no `preStop`: a pod that goes stops accepting before endpoints and load balancers \
                           have heard of it, and their requests fail with 5xx on every step and every scale-down";
            let remedy = "add `lifecycle.preStop.sleep.seconds: 5` (or an exec of `sleep 5`), and a \
                          `terminationGracePeriodSeconds` above that and the longest request together";
            sink.at(view.object, &pointer, draft(message, remedy));
            continue;
        };
        let sleep = before.pointer("/sleep/seconds").and_then(Value::as_i64);
        if let Some(sleep) = sleep.filter(|sleep| *sleep >= grace) {
            let message = format!(
                "`preStop` sleeps {sleep} s of the {grace} s that the pod has to end: it is killed before it finished \
                 its requests"
            );
            let remedy =
                "set `terminationGracePeriodSeconds` above the sleep and the longest request together";
            sink.at(view.object, &format!("{pointer}/lifecycle/preStop"), draft(message, remedy));
        }
    }
}
