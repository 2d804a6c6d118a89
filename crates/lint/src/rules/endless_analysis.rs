//! Metrics that are measured for ever while the release waits for them.

use crate::analyses;
use crate::bundle::Bundle;
use crate::finding::Severity;
use crate::rule::{Sink, draft};

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    for view in analyses::metrics(bundle) {
        let Some(metric) = view.metric() else { continue };
        if metric.interval.is_empty() || metric.count.is_some() || metric.consecutive_success_limit.is_some()
        {
            continue;
        }
        let uses = analyses::uses_of(bundle, &view.template);
        let awaited: Vec<_> = uses.iter().filter(|one| one.awaited).collect();
        let (severity, message) = match awaited.first() {
            Some(one) => (
                Severity::Error,
                format!(
                    "the metric `{}` has an `interval` and no `count`, and {} waits for it in a step: it never ends, \
                     and the controller refuses the Rollout for it",
                    metric.name, one.rollout
                ),
            ),
            None if uses.is_empty() => (
                Severity::Warning,
                format!(
                    "the metric `{}` has an `interval` and no `count`: in a step of a Rollout it would never end",
                    metric.name
                ),
            ),
            // Beside the steps it ends with them.
            None => continue,
        };
        let remedy = "set `count`, such as `count: 5`, or use the template as background analysis";
        sink.at(view.template.object, &view.pointer("interval"), draft(message, remedy).severity(severity));
    }
}
