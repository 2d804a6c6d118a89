//! Pauses that only a person ends.

use crate::bundle::Bundle;
use crate::rule::{Sink, draft};

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    for view in bundle.rollouts() {
        let Some(canary) = view.rollout.canary() else { continue };
        for (index, step) in canary.steps.iter().enumerate() {
            if step.pause.as_ref().is_some_and(|pause| pause.duration.is_none()) {
                let message = "this pause has no duration: the release stays here until somebody promotes it";
                let remedy = "leave it if that is meant; otherwise set `duration`";
                let pointer = format!("/spec/strategy/canary/steps/{index}/pause");
                sink.at(view.object, &pointer, draft(message, remedy));
            }
        }
    }
}
