//! Weights that nothing looks at before the next one.

use crate::bundle::Bundle;
use crate::rule::{Sink, draft};

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    for view in bundle.rollouts() {
        let Some(canary) = view.rollout.canary() else { continue };
        let mut raised: Option<(usize, i32)> = None;
        for (index, step) in canary.steps.iter().enumerate() {
            let Some(weight) = step.set_weight else {
                let looks = step.pause.is_some()
                    || step.analysis.is_some()
                    || step.experiment.is_some()
                    || step.plugin.is_some();
                raised = raised.filter(|_| !looks);
                continue;
            };
            if let Some((at, earlier)) = raised {
                let message = format!(
                    "`setWeight: {weight}` follows `setWeight: {earlier}` at once: nobody meets {earlier} % for longer \
                     than its pods take to start, and nothing is measured at it"
                );
                let remedy = "put a pause or an analysis between them, or remove the lower weight";
                sink.at(
                    view.object,
                    &format!("/spec/strategy/canary/steps/{at}/setWeight"),
                    draft(message, remedy),
                );
            }
            raised = (weight > 0).then_some((index, weight));
        }
    }
}
