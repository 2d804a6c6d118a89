//! Weights that the number of pods cannot give.

use crd::Rollout;
use serde_json::Value;

use crate::bundle::{Bundle, RolloutView};
use crate::finding::Severity;
use crate::rule::{Sink, draft};

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    for view in bundle.rollouts() {
        let Some(canary) = view.rollout.canary() else { continue };
        if canary.traffic_routing.is_some() {
            continue;
        }
        let replicas = replicas(bundle, &view);
        let sized = sized(&view, replicas);
        for (index, step) in canary.steps.iter().enumerate() {
            let Some(weight) = step.set_weight.filter(|weight| (1..100).contains(weight)) else { continue };
            let Some((new, old)) = rollout::pods_without_router(&sized, weight) else { continue };
            let real = f64::from(new) * 100.0 / f64::from((new + old).max(1));
            let ratio = real / f64::from(weight);
            if (real - f64::from(weight)).abs() < 1.0 {
                continue;
            }
            let severity = if (0.67..=1.5).contains(&ratio) { Severity::Warning } else { Severity::Error };
            let message = format!(
                "with {replicas} replicas and no router, `setWeight: {weight}` sends {} % ({new} of {} pods)",
                percent(real),
                new + old
            );
            let remedy = match replicas_for(weight) {
                Some(needed) if needed > replicas => format!(
                    "set `trafficRouting`, which splits requests instead of pods, or run at least {needed} replicas"
                ),
                _ => "set `trafficRouting`, which splits requests instead of pods".to_owned(),
            };
            let pointer = format!("/spec/strategy/canary/steps/{index}/setWeight");
            sink.at(view.object, &pointer, draft(message, remedy).severity(severity));
        }
    }
}

/// How many pods there are at least: where an autoscaler decides, the fewest that it may choose.
fn replicas(bundle: &Bundle, view: &RolloutView<'_>) -> i32 {
    let mut scalers = bundle.of_kind("autoscaling", "HorizontalPodAutoscaler").filter(|scaler| {
        let text = |field: &str| scaler.value().pointer(&format!("/spec/scaleTargetRef/{field}"));
        let is = |field, wanted: &str| text(field).and_then(Value::as_str) == Some(wanted);
        is("kind", "Rollout") && is("name", &view.object.name) && scaler.beside(view.object)
    });
    let least =
        scalers.next().map(|scaler| scaler.value().pointer("/spec/minReplicas").and_then(Value::as_i64));
    let least = least.map(|least| i32::try_from(least.unwrap_or(1)).unwrap_or(1));
    least.or(view.rollout.spec.replicas).unwrap_or(1)
}

fn sized(view: &RolloutView<'_>, replicas: i32) -> Rollout {
    let mut rollout = view.rollout.clone();
    rollout.spec.replicas = Some(replicas);
    rollout
}

/// The fewest pods of which a whole number is this share.
fn replicas_for(weight: i32) -> Option<i32> {
    (1..=100).find(|replicas| (replicas * weight) % 100 == 0)
}

pub(super) fn percent(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}
