//! Versions that were replaced keep their pods for a while (spec rollout-reconcile 3.8).

use crd::{ReplicaSet, Time, names};

use super::super::services;
use super::{Countdown, DEFAULT_DELAY, countdown, deadline_in, deadline_text, seconds};
use crate::decision::Reason;
use crate::plan::Plan;
use crate::strategy::Strategy;
use crate::words;

/// How long replaced versions keep their pods.
pub(crate) struct Retirement {
    /// Seconds (default 30).
    pub(crate) delay: Option<i32>,
    /// How many versions may wait at a time (default any number).
    pub(crate) limit: Option<i32>,
    /// The size of one that waits; `None` for the size that it has.
    pub(crate) size_while_waiting: Option<i32>,
}

/// The size that a replaced version should have. Called in the order of revisions, highest first, with one counter.
pub(crate) fn retire<S: Strategy>(
    plan: &mut Plan<'_, S>,
    index: usize,
    retirement: &Retirement,
    waiting: &mut i32,
) -> Option<i32> {
    let limit = retirement.limit.unwrap_or(i32::MAX);
    let set = plan.sets.get(Some(index))?;
    let present = set.replicas();
    match deadline_text(set).map(|text| countdown(text, plan.now)) {
        None if *waiting >= limit => Some(0),
        None => {
            *waiting += 1;
            let delay = retirement.delay.unwrap_or(DEFAULT_DELAY);
            if delay > 0 {
                let deadline = deadline_in(plan, delay);
                plan.annotate_set(index, names::SCALE_DOWN_DEADLINE, Some(&deadline));
                plan.requeue(seconds(delay));
                drains(plan, index, plan.time().plus_seconds(delay.into()));
            }
            Some(present)
        }
        Some(countdown) => {
            *waiting += 1;
            match countdown {
                Countdown::Until(deadline) if *waiting <= limit => {
                    plan.requeue_at(deadline);
                    drains(plan, index, deadline.into());
                    Some(retirement.size_while_waiting.unwrap_or(present))
                }
                _ => Some(0),
            }
        }
    }
}

fn drains<S: Strategy>(plan: &mut Plan<'_, S>, index: usize, deadline: Time) {
    let Some(set) = plan.sets.get(Some(index)) else { return };
    let detail = format!("ReplicaSet {} keeps {}", set.metadata.name, words::pods(set.replicas()));
    plan.give(Reason::new("scale.drain", detail).until(Some(deadline)));
}

/// Whether traffic may still reach the version: by status, by a recorded weight, or by a Service.
pub(crate) fn is_referenced<S: Strategy>(plan: &Plan<'_, S>, set: &ReplicaSet) -> bool {
    let (hash, stored) = (set.hash(), plan.stored());
    let weights = stored.canary.weights.as_ref();
    let recorded = weights.into_iter().flat_map(|weights| {
        [weights.canary.pod_template_hash.as_str(), weights.stable.pod_template_hash.as_str()]
    });
    let services = plan.strategy.services();
    let selected = services.into_iter().map(|service| services::selected_hash(plan, service));
    let selectors = [&stored.blue_green.active_selector, &stored.blue_green.preview_selector];
    let known =
        [&stored.stable_rs, &stored.current_pod_hash].into_iter().chain(selectors).map(String::as_str);
    !hash.is_empty() && known.chain(recorded).chain(selected).any(|used| used == hash)
}

#[cfg(test)]
mod vectors {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;
    use crate::testing::{self, Rows};

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Row {
        case: String,
        canary_service: String,
        stable_service: String,
        referenced: bool,
    }

    #[test]
    fn a_service_that_does_not_exist_refers_to_nothing() {
        let mut rows = Rows::default();
        let table: Vec<Row> = testing::read(include_str!("../../../../../fixtures/rollout/references.yaml"));
        for row in table {
            let canary = json!({
                "canaryService": row.canary_service, "stableService": row.stable_service, "trafficRouting": {},
            });
            let observed = testing::observed(&json!({"spec": {"strategy": {"canary": canary}}}), None, None);
            let former = testing::set("former", (1, 1));
            rows.row(&row.case, is_referenced(&testing::plan(&observed), &former), row.referenced);
        }
        rows.end();
    }
}
