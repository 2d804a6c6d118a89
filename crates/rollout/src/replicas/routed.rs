//! With traffic routing the pods follow the weight (spec rollout-canary 10.3).

use crd::TrafficWeights;

use super::{Target, share_up};
use crate::plan::Plan;
use crate::weights;

/// The sizes for the weights that are `known`: the stored ones for stable, those just set for the canary.
pub(crate) fn target(plan: &Plan<'_>, known: Option<&TrafficWeights>) -> Target {
    let (replicas, max) = (plan.replicas(), weights::max(plan.strategy));
    let pinned = pinned_replicas(plan);
    // A pinned number of canary pods says nothing about stable, which therefore keeps everything.
    let weight = if pinned.is_some() { 0 } else { weights::driving_replicas(plan) };
    let wanted = pinned.unwrap_or_else(|| share_up(weight, replicas, max));
    if !plan.strategy.dynamic_stable_scale {
        let canary = if pinned.is_some() { wanted } else { at_least_minimum(plan, wanted) };
        return Target { canary, stable: replicas };
    }
    let of_weight = |weight: i32| share_up(weight, replicas, max);
    let mut stable = of_weight(max.saturating_sub(weight));
    let mut canary = wanted;
    if let Some(known) = known {
        stable = stable.max(of_weight(known.stable.weight));
        if plan.stored().abort {
            canary = canary.max(of_weight(known.canary.weight));
        }
    }
    Target { canary: at_least_minimum(plan, canary), stable: at_least_minimum(plan, stable) }
}

/// The number of a `setCanaryScale` in effect, unless everything goes to the new version anyway.
fn pinned_replicas(plan: &Plan<'_>) -> Option<i32> {
    if weights::goes_to_full(plan) {
        return None;
    }
    weights::canary_scale(plan)?.replicas
}

fn at_least_minimum(plan: &Plan<'_>, pods: i32) -> i32 {
    let minimum = plan.strategy.min_pods_per_replica_set.unwrap_or(1).min(plan.replicas());
    if pods <= 0 { 0 } else { pods.max(minimum) }
}

#[cfg(test)]
mod vectors {
    use serde::Deserialize;
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{self, Rows};

    #[derive(Deserialize)]
    struct Row {
        case: String,
        replicas: i32,
        canary: Value,
        #[serde(default)]
        status: Value,
        #[serde(default)]
        weights: Option<(i32, i32)>,
        #[serde(default)]
        new: Option<(i32, i32)>,
        #[serde(default)]
        stable: Option<(i32, i32)>,
        to: (i32, i32),
    }

    #[test]
    fn pods_follow_the_weight() {
        let mut rows = Rows::default();
        let table: Vec<Row> = testing::read(include_str!("../../../../fixtures/rollout/targets.yaml"));
        for row in table {
            let mut rollout = json!({
                "spec": {"replicas": row.replicas, "strategy": {"canary": {"trafficRouting": {}}}},
            });
            let weights = row
                .weights
                .map(|(canary, stable)| json!({"canary": {"weight": canary}, "stable": {"weight": stable}}));
            let more = json!({"spec": {"strategy": {"canary": row.canary}}, "status": {"canary": {"weights": weights}}});
            json_patch::merge(&mut rollout, &more);
            if !row.status.is_null() {
                json_patch::merge(&mut rollout, &json!({"status": row.status}));
            }
            let observed = testing::observed(&rollout, row.stable, row.new);
            let plan = testing::plan(&observed);
            let found = target(&plan, plan.stored().canary.weights.as_ref());
            rows.row(&row.case, (found.canary, found.stable), row.to);
        }
        rows.end();
    }

    #[test]
    fn a_share_of_the_pods_is_rounded_up() {
        let shares = [(0, 0), (20, 2), (25, 3), (33, 4), (99, 10), (100, 10)];
        for (weight, pods) in shares {
            assert_eq!(share_up(weight, 10, 100), pods, "{weight}");
        }
        assert_eq!(share_up(100_000_000, 23, 100_000_000), 23);
    }
}
