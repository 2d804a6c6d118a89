//! Metrics that are measured and judged by nothing.

use crate::analyses;
use crate::bundle::Bundle;
use crate::rule::{Sink, draft};
use plan::condition;

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    for view in analyses::metrics(bundle) {
        let Some(metric) = view.metric() else { continue };
        // A job and a Kayenta judgement say themselves whether they were successful.
        let judges_itself = ["job", "kayenta", "plugin"].contains(&condition::provider(metric));
        if judges_itself || !metric.success_condition.is_empty() || !metric.failure_condition.is_empty() {
            continue;
        }
        let message = format!(
            "the metric `{}` has neither `successCondition` nor `failureCondition`: whatever is read counts as success",
            metric.name
        );
        sink.at(
            view.template.object,
            &view.pointer(""),
            draft(
                message,
                "set `successCondition`, and `failureCondition` if there is something between them",
            ),
        );
    }
}
