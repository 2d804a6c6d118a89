//! What is right, and not carried out by this version: refused, so that nobody waits for it.

use crd::Rollout;

use super::{Found, Problem, quoted};
use crate::steps::STEPS;

pub(super) fn check(rollout: &Rollout, found: &mut Found) {
    let steps = rollout.canary().map(|canary| canary.steps.as_slice()).unwrap_or_default();
    for (index, step) in steps.iter().enumerate() {
        for kind in STEPS.iter().filter(|kind| kind.selected(step)) {
            kind.unsupported(step, &format!("spec.strategy.steps[{index}]"), found);
        }
    }
    // A router that nobody serves would let traffic stay where it is while the steps go on.
    let served = || traffic::ROUTERS.iter().flat_map(|router| router.serves()).map(|name| quoted(name));
    for name in traffic::unserved(rollout) {
        let served = served().collect::<Vec<_>>().join(", ");
        found.push(Problem::unsupported("spec.strategy.trafficRouting", &quoted(name), &served));
    }
}
