//! Pods that count as ready before they are.

use super::pods;
use crate::bundle::Bundle;
use crate::rule::{Sink, draft};

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    for view in pods::rollouts(bundle).filter(pods::serves) {
        let Some((pointer, container)) = pods::serving(&view) else { continue };
        if container.get("readinessProbe").is_none_or(serde_json::Value::is_null) {
            let message = "there is no `readinessProbe`: a pod gets its share of the traffic as soon as its process \
                           runs, and a broken version counts as available";
            sink.at(
                view.object,
                &pointer,
                draft(message, "add a `readinessProbe` that asks whether it can serve"),
            );
        }
    }
}
