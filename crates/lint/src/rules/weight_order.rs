//! Weights that go down from one step to the next.

use crate::bundle::Bundle;
use crate::rule::{Sink, draft};

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    for view in bundle.rollouts() {
        let Some(canary) = view.rollout.canary() else { continue };
        let mut before: Option<i32> = None;
        for (index, step) in canary.steps.iter().enumerate() {
            let Some(weight) = step.set_weight else { continue };
            if let Some(before) = before.filter(|before| *before > weight) {
                let message = format!(
                    "the weight goes down here, from {before} to {weight}: users who had the new version get the old one \
                     again in the middle of a good release"
                );
                let pointer = format!("/spec/strategy/canary/steps/{index}/setWeight");
                sink.at(view.object, &pointer, draft(message, "order the steps by weight"));
            }
            before = Some(weight);
        }
    }
}
