//! Whether the update is promoted, and what status says of Services and pods (spec rollout-bluegreen 8).

use crd::{BlueGreen, ReplicaSet};

use super::{active_set, analysis, is_judged, pause};
use crate::phases::services::selected_hash;
use crate::plan::Plan;
use crate::sets;
use crate::{rollback, status};

/// Decides about the promotion and writes what the Services select and who serves.
pub(crate) fn judge(plan: &mut Plan<'_, BlueGreen>) {
    // A failure found in this pass wins over a wish to go on: nobody has seen it yet.
    if (plan.stored().promote_full || rollback::inside_window(plan)) && plan.pauses.abort.is_none() {
        plan.pauses.clear = true;
        plan.pauses.take_back_abort = true;
    }
    let strategy = plan.strategy;
    plan.status.blue_green.preview_selector = selected_hash(plan, &strategy.preview_service).to_owned();
    plan.status.blue_green.active_selector = selected_hash(plan, &strategy.active_service).to_owned();
    match promotion_reason(plan) {
        Some(reason) => status::promote(plan, reason),
        None => plan.status.blue_green.scale_up_preview_check_point = may_grow(plan),
    }
    let counts = counts(plan);
    plan.status.hpa_replicas = counts.pods;
    plan.status.available_replicas = counts.available;
    plan.status.ready_replicas = counts.ready;
    if let Some(selector) = counts.selector {
        plan.status.selector = selector;
    }
}

fn promotion_reason(plan: &Plan<'_, BlueGreen>) -> Option<&'static str> {
    let active = &plan.status.blue_green.active_selector;
    if plan.stable_set().is_none() || active.is_empty() {
        return Some("Initial deploy");
    }
    if *active != plan.status.current_pod_hash {
        return None;
    }
    if plan.stored().promote_full {
        Some("Full promotion requested")
    } else if rollback::is_fast(plan) {
        Some(if rollback::inside_window(plan) { "Rollback within window" } else { "Fast rollback" })
    } else {
        let awaited = plan.strategy.post_promotion_analysis.is_some() && !analysis::after_is_successful(plan);
        (!plan.aborted() && !awaited).then_some("Completed blue-green update")
    }
}

/// Whether a preview of few pods may grow to full size; once it may, it may until the promotion.
fn may_grow(plan: &Plan<'_, BlueGreen>) -> bool {
    let Some(few) = plan.strategy.preview_replica_count.filter(|_| !plan.reset) else { return false };
    plan.stored().blue_green.scale_up_preview_check_point
        || (is_judged(plan) && pause::is_over(plan) && plan.new_set().map_or(0, sets::counted) == few)
}

/// Pods that serve users: those of the active version, or all while there is none.
pub(crate) struct Counts {
    pub(crate) pods: i32,
    pub(crate) available: i32,
    ready: i32,
    /// What selects them, when it is one version.
    selector: Option<String>,
}

pub(crate) fn counts(plan: &Plan<'_, BlueGreen>) -> Counts {
    let active = active_set(plan, &plan.status);
    let sum = |count: fn(&ReplicaSet) -> i32| match active {
        Some(set) => count(set),
        None => plan.sets.all.iter().map(|set| count(set)).fold(0, i32::saturating_add),
    };
    Counts {
        pods: sum(|set| set.status.replicas),
        available: sum(|set| set.status.available_replicas),
        ready: sum(|set| set.status.ready_replicas),
        selector: active.map(|set| status::selector_text(&set.spec.selector)),
    }
}
