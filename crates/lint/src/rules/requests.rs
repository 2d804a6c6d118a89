//! Containers that ask for no resources.

use super::pods;
use crate::bundle::Bundle;
use crate::rule::{Sink, draft};

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    for view in pods::rollouts(bundle) {
        let Some((pointer, container)) = pods::serving(&view) else { continue };
        let requests = container.pointer("/resources/requests");
        let limits = container.pointer("/resources/limits");
        if requests.is_none() && limits.is_none() {
            let message = "no resources are requested: the canary may be squeezed onto a full node, and its latency \
                           is judged there";
            sink.at(view.object, &pointer, draft(message, "set `resources.requests` for cpu and memory"));
        }
    }
}
