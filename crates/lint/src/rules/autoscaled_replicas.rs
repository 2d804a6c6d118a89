//! Rollouts that an autoscaler scales and a manifest scales too.

use crate::bundle::Bundle;
use crate::rule::{Sink, draft};
use serde_json::Value;

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    for scaler in bundle.of_kind("autoscaling", "HorizontalPodAutoscaler") {
        let text =
            |pointer: &str| scaler.value().pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (kind, name) = (text("/spec/scaleTargetRef/kind"), text("/spec/scaleTargetRef/name"));
        let rollouts: Vec<_> = bundle.rollouts().collect();
        let Some(view) = rollouts.iter().find(|view| view.object.name == name && view.object.beside(scaler))
        else {
            continue;
        };
        if kind != "Rollout" {
            let message = format!(
                "the autoscaler scales a {kind} called {name}, but the workload of that name is a Rollout: nothing is \
                 scaled"
            );
            let remedy = "set `scaleTargetRef` to `apiVersion: argoproj.io/v1alpha1`, `kind: Rollout`";
            sink.at(scaler, "/spec/scaleTargetRef/kind", draft(message, remedy));
        } else if view.object.value().pointer("/spec/replicas").is_some() {
            let message = "an autoscaler sets the number of replicas, and so does this field: every apply throws away \
                           what the autoscaler has decided";
            let remedy = "remove `spec.replicas`";
            sink.at(view.object, "/spec/replicas", draft(message, remedy));
        }
    }
}
