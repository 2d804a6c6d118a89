//! The split in status, and the event that tells of it.

use crd::{TrafficWeights, WeightDestination};
use traffic::Intent;

use crate::events;
use crate::plan::Plan;

/// Records the intended split; `verified` says whether it was seen.
pub(super) fn weights(plan: &mut Plan<'_>, intent: &Intent, verified: Option<bool>) {
    // After the promotion there is one version; which Service carries it needs no verification.
    let verified = verified.filter(|_| plan.sets.stable.is_some() && !plan.rollout.fully_promoted());
    let recorded = TrafficWeights {
        canary: destination(intent.canary_weight, &plan.strategy.canary_service, &intent.canary_hash),
        stable: destination(intent.stable_weight(), &plan.strategy.stable_service, &intent.stable_hash),
        additional: intent.additional.clone(),
        verified,
    };
    let before = plan.stored().canary.weights.as_ref();
    if !before.is_some_and(|before| same_split(before, &recorded)) {
        let message = format!("Traffic weight updated {}", details(before, &recorded));
        plan.tell(events::normal(events::TRAFFIC_WEIGHT_UPDATED, message));
    }
    plan.status.canary.weights = Some(recorded);
}

fn destination(weight: i32, service: &str, hash: &str) -> WeightDestination {
    WeightDestination { weight, service_name: service.to_owned(), pod_template_hash: hash.to_owned() }
}

fn same_split(one: &TrafficWeights, other: &TrafficWeights) -> bool {
    one.canary == other.canary && one.stable == other.stable && one.additional == other.additional
}

fn details(before: Option<&TrafficWeights>, now: &TrafficWeights) -> String {
    match before {
        None => format!("to {}", now.canary.weight),
        Some(before) if before.canary.weight != now.canary.weight => {
            format!("from {} to {}", before.canary.weight, now.canary.weight)
        }
        Some(_) => String::new(),
    }
}
