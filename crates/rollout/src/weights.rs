//! Which weight a canary should have (spec rollout-canary 5.3, 7.2, 10.1).

use crd::{Canary, CanaryStep, SetCanaryScale};

use crate::plan::Plan;
use crate::replicas::share_up;
use crate::sets;

/// 100 %, unless `maxTrafficWeight` says otherwise.
pub(crate) const MAX: i32 = 100;

/// What 100 % is.
pub(crate) fn max(canary: &Canary) -> i32 {
    canary.traffic_routing.as_ref().and_then(|routing| routing.max_traffic_weight).unwrap_or(MAX).max(1)
}

/// The weight of the current or nearest earlier `setWeight`; everything when all steps are done, nothing when aborted.
pub(crate) fn current(plan: &Plan<'_>) -> i32 {
    if plan.stored().abort {
        return 0;
    }
    match plan.current_step() {
        None => max(plan.strategy),
        Some((index, _)) => up_to(plan, index).unwrap_or(0),
    }
}

/// The nearest `setWeight` strictly before the current step.
pub(crate) fn before_current(plan: &Plan<'_>) -> i32 {
    let index = plan.stored().current_step_index.unwrap_or(0);
    up_to(plan, index.saturating_sub(1)).unwrap_or(0)
}

fn up_to(plan: &Plan<'_>, index: i32) -> Option<i32> {
    backwards(plan, index).find_map(|step| step.set_weight)
}

/// The steps from `index` to the first one.
fn backwards<'a>(plan: &Plan<'a>, index: i32) -> impl Iterator<Item = &'a CanaryStep> {
    let count = usize::try_from(index.saturating_add(1)).unwrap_or(0);
    plan.steps().iter().take(count).rev()
}

/// Whether nothing but the new version is wanted, whatever the steps say.
pub(crate) fn goes_to_full(plan: &Plan<'_>) -> bool {
    plan.stored().promote_full || plan.stored().stable_rs.is_empty() || plan.rollout.fully_promoted()
}

/// The `setCanaryScale` in effect: the nearest at or before the current step (traffic routing only).
pub(crate) fn canary_scale<'a>(plan: &Plan<'a>) -> Option<&'a SetCanaryScale> {
    let keeps_on_abort = plan.strategy.abort_scale_down_delay_seconds == Some(0);
    if !plan.traffic_routed() || (plan.stored().abort && !keeps_on_abort) {
        return None;
    }
    let (index, _) = plan.current_step()?;
    let scale = backwards(plan, index).find_map(|step| step.set_canary_scale.as_ref())?;
    (!scale.match_traffic_weight).then_some(scale)
}

/// The weight that sizes follow.
pub(crate) fn driving_replicas(plan: &Plan<'_>) -> i32 {
    if goes_to_full(plan) {
        return max(plan.strategy);
    }
    if let Some(weight) = canary_scale(plan).and_then(|scale| scale.weight) {
        return weight.max(0);
    }
    if drains_step_by_step(plan) { drain_step(plan) } else { current(plan) }
}

/// Whether an abort takes the traffic back as stable grows again.
fn drains_step_by_step(plan: &Plan<'_>) -> bool {
    plan.stored().abort
        && plan.strategy.dynamic_stable_scale
        && plan.sets.stable.is_some()
        && plan.sets.new.is_some()
}

/// The next lower weight on the way back: that of the last step which needs fewer canary pods than there are.
fn drain_step(plan: &Plan<'_>) -> i32 {
    let replicas = plan.replicas();
    let missing = replicas.saturating_sub(sets::available(plan.stable_set()));
    let pods = match plan.strategy.abort_scale_down_delay_seconds {
        Some(seconds) if seconds != 0 => missing,
        _ => missing.max(sets::available(plan.new_set())),
    };
    let mut weights = plan.steps().iter().rev().filter_map(|step| step.set_weight);
    let max = max(plan.strategy);
    weights.find(|weight| share_up(*weight, replicas, max) < pods).unwrap_or(0)
}

/// The weight while an update is taken back: nothing at once, or step by step as a dynamically scaled stable version
/// recovers. It never rises (I5).
pub(crate) fn going_back(plan: &Plan<'_>) -> i32 {
    let replicas = plan.replicas();
    let (Some(stable), Some(_)) = (plan.stable_set(), plan.new_set()) else { return 0 };
    if !plan.strategy.dynamic_stable_scale || replicas <= 0 {
        return 0;
    }
    let max = max(plan.strategy);
    let carried = crate::replicas::share_down(max, sets::sure(stable), replicas);
    let needed = max.saturating_sub(carried).max(0);
    let goal = if drains_step_by_step(plan) { drain_step(plan) } else { current(plan) };
    let Some(stored) = plan.stored().canary.weights.as_ref().map(|weights| weights.canary.weight) else {
        return needed.max(goal).min(max);
    };
    if goal <= 0 {
        needed.min(stored)
    } else if carried < max.saturating_sub(goal) {
        stored
    } else {
        goal.min(stored)
    }
}

#[cfg(test)]
mod vectors {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;
    use crate::testing::{self, Rows};

    #[derive(Deserialize)]
    struct Row {
        case: String,
        delay: Option<i32>,
        stable: i32,
        weight: i32,
    }

    #[test]
    fn an_abort_goes_back_to_the_last_step_that_needs_fewer_pods() {
        let mut rows = Rows::default();
        let table: Vec<Row> = testing::read(include_str!("../../../fixtures/rollout/drain.yaml"));
        for row in table {
            let canary = json!({
                "steps": [{"setWeight": 10}, {"setWeight": 50}], "trafficRouting": {}, "dynamicStableScale": true,
                "abortScaleDownDelaySeconds": row.delay,
            });
            let spec = json!({"replicas": 10, "strategy": {"canary": canary}});
            let observed = testing::observed(
                &json!({"spec": spec, "status": {"abort": true}}),
                Some((row.stable, row.stable)),
                Some((5, 5)),
            );
            rows.row(&row.case, driving_replicas(&testing::plan(&observed)), row.weight);
        }
        rows.end();
    }
}
