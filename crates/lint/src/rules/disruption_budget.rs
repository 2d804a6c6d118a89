//! Releases without a PodDisruptionBudget, or with one that lets no pod go.

use crd::LabelSelector;
use serde::Deserialize;
use serde_json::Value;

use crate::bundle::Bundle;
use crate::rule::{Sink, draft};

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    for view in bundle.rollouts() {
        let labels = &view.rollout.spec.template.metadata.labels;
        let replicas = view.rollout.spec.replicas.unwrap_or(1);
        if labels.is_empty() || replicas < 2 {
            continue;
        }
        let selects = |selector: Option<&Value>| {
            let selector = selector.and_then(|selector| LabelSelector::deserialize(selector).ok());
            selector.is_some_and(|selector| selector.matches(labels))
        };
        let mut budgets = bundle.of_kind("policy", "PodDisruptionBudget");
        let budget = budgets
            .find(|budget| budget.beside(view.object) && selects(budget.value().pointer("/spec/selector")));
        let Some(budget) = budget else {
            let message = format!(
                "no PodDisruptionBudget covers its pods: draining a node may take all {replicas} at once, also in the \
                 middle of a release, when the weights count on them"
            );
            let remedy = "add a PodDisruptionBudget that selects the pods, with `maxUnavailable: 1`";
            sink.at(view.object, "/metadata/name", draft(message, remedy));
            continue;
        };
        let number = |field: &str| budget.value().pointer(&format!("/spec/{field}")).and_then(Value::as_i64);
        if number("maxUnavailable") == Some(0) || number("minAvailable") >= Some(i64::from(replicas)) {
            let message = "this budget lets no pod go: a node with one of them cannot be drained";
            sink.at(budget, "/spec", draft(message, "allow at least one, with `maxUnavailable: 1`"));
        }
    }
}
