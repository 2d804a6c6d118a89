//! Containers that may run as root or write to their image.

use serde_json::Value;

use super::pods;
use crate::bundle::Bundle;
use crate::rule::{Sink, draft};

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    for view in pods::rollouts(bundle) {
        let Some((pointer, container)) = pods::serving(&view) else { continue };
        let pod = view.object.value().pointer("/spec/template/spec/securityContext");
        let own = container.get("securityContext");
        let set = |field: &str| {
            [pod, own]
                .into_iter()
                .flatten()
                .any(|context| context.get(field).is_some_and(|value| !value.is_null()))
        };
        let mut missing = Vec::new();
        if !set("runAsNonRoot") && !set("runAsUser") {
            missing.push("runAsNonRoot: true");
        }
        if own.and_then(|own| own.get("readOnlyRootFilesystem")).and_then(Value::as_bool) != Some(true) {
            missing.push("readOnlyRootFilesystem: true");
        }
        if !missing.is_empty() {
            let message = "the container may run as root or write to its file system: a hole in the new version is a \
                           hole in the node";
            let remedy = format!("set `securityContext` with `{}`", missing.join("`, `"));
            sink.at(view.object, &pointer, draft(message, remedy));
        }
    }
}
