//! What the rules about pods share.

use serde_json::Value;

use crate::bundle::{Bundle, RolloutView};

/// Rollouts that describe their pods themselves.
pub(super) fn rollouts(bundle: &Bundle) -> impl Iterator<Item = RolloutView<'_>> {
    bundle.rollouts().filter(|view| view.object.value().pointer("/spec/template/spec").is_some())
}

/// The container that serves: the first with a port, or the first. Its JSON pointer and itself.
pub(super) fn serving<'v>(view: &'v RolloutView<'_>) -> Option<(String, &'v Value)> {
    let containers = view.object.value().pointer("/spec/template/spec/containers")?.as_array()?;
    let has_port = |container: &&Value| container.get("ports").is_some();
    let index = containers.iter().position(|container| has_port(&container)).unwrap_or(0);
    Some((format!("/spec/template/spec/containers/{index}"), containers.get(index)?))
}

/// Whether requests reach the pods: a container has a port.
pub(super) fn serves(view: &RolloutView<'_>) -> bool {
    serving(view).is_some_and(|(_, container)| container.get("ports").is_some())
}
