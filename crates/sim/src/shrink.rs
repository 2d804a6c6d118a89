//! The smallest schedule that still shows a thing.

use crate::scenario::Scenario;
use crate::script::FaultPlan;

/// Leaves out what a schedule does not need to still be `bad`: deeds of users, faults, readings, steps.
pub fn shrink(schedule: &Scenario, bad: impl Fn(&Scenario) -> bool) -> Scenario {
    let mut smallest = schedule.clone();
    loop {
        let Some(smaller) = candidates(&smallest).into_iter().find(|candidate| bad(candidate)) else {
            return smallest;
        };
        smallest = smaller;
    }
}

/// Every schedule that has one thing less.
fn candidates(schedule: &Scenario) -> Vec<Scenario> {
    let mut found = Vec::new();
    let mut less = |change: &dyn Fn(&mut Scenario)| {
        let mut candidate = schedule.clone();
        change(&mut candidate);
        if candidate != *schedule {
            found.push(candidate);
        }
    };
    less(&|schedule| schedule.faults = None);
    if let Some(FaultPlan { count, .. }) = schedule.faults {
        for fewer in [count / 2, count.saturating_sub(1)] {
            less(&|schedule| {
                if let Some(plan) = &mut schedule.faults {
                    plan.count = fewer;
                }
            });
        }
    }
    for index in 0..schedule.users.len() {
        less(&|schedule| {
            schedule.users.remove(index);
        });
    }
    less(&|schedule| schedule.metrics.clear());
    less(&|schedule| schedule.pods.iter_mut().for_each(|pods| pods.dies_after.clear()));
    let steps = "/spec/strategy/canary/steps";
    let count = |schedule: &Scenario| {
        let steps = schedule.objects.first().and_then(|rollout| rollout.pointer(steps));
        steps.and_then(serde_json::Value::as_array).map_or(0, Vec::len)
    };
    for index in 0..count(schedule) {
        less(&|schedule| {
            let steps = schedule.objects.first_mut().and_then(|rollout| rollout.pointer_mut(steps));
            if let Some(steps) = steps.and_then(serde_json::Value::as_array_mut) {
                steps.remove(index);
            }
        });
    }
    found
}
