//! Mistakes for which a controller sets the Rollout `Degraded` with `InvalidSpec`.

use crate::bundle::Bundle;
use crate::compat;
use crate::rule::{Sink, draft};

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    for mistake in compat::mistakes(bundle) {
        let Some(object) = bundle.objects.get(mistake.object) else { continue };
        let pointer = pointer(&mistake.field, object.value().pointer("/spec/strategy/blueGreen").is_some());
        let message = format!(
            "{}: {}: the controller marks the Rollout Degraded (InvalidSpec) and does nothing",
            mistake.field, mistake.detail
        );
        sink.at(object, &pointer, draft(message, "change the field as the message says"));
    }
}

/// The JSON pointer of a path; the strategy's name is missing in it (spec cli-lint 3).
pub(super) fn pointer(field: &str, blue_green: bool) -> String {
    let plain = field.replace('[', ".").replace(']', "");
    let mut pointer = String::new();
    let mut segments = plain.split('.').peekable();
    while let Some(segment) = segments.next() {
        pointer.push('/');
        pointer.push_str(segment);
        let next = segments.peek().copied().unwrap_or("strategy");
        if segment == "strategy" && !["canary", "blueGreen", "strategy"].contains(&next) {
            pointer.push_str(if blue_green { "/blueGreen" } else { "/canary" });
        }
    }
    pointer
}

#[cfg(test)]
mod tests {
    use super::pointer;

    #[test]
    fn the_strategy_is_put_into_the_path() {
        assert_eq!(
            pointer("spec.strategy.steps[0].setWeight", false),
            "/spec/strategy/canary/steps/0/setWeight"
        );
        assert_eq!(pointer("spec.strategy.activeService", true), "/spec/strategy/blueGreen/activeService");
        assert_eq!(
            pointer("spec.strategy.canary.canaryService", false),
            "/spec/strategy/canary/canaryService"
        );
    }
}
