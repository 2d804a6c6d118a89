//! Health checks in a pipeline that meet the canary only by chance.

use crd::Rollout;

use crate::bundle::Bundle;
use crate::rule::{Sink, draft};
use crate::scan::Command;

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    let Some(weight) = first_weight(bundle) else { return };
    for workflow in &bundle.workflows {
        for job in workflow.jobs() {
            for (step, command) in job.commands() {
                if !command.runs(&["curl"]) && !command.runs(&["wget"]) || downloads(&command) {
                    continue;
                }
                let text = step.expanded(&command.words.join(" "));
                let public =
                    text.split_whitespace().find(|word| word.starts_with("http") && word.contains("://"));
                let pinned = text.contains("-H ") || text.contains("--header") || text.contains("canary");
                let Some(address) = public.filter(|_| !pinned) else { continue };
                let message = format!(
                    "this asks {address} once, through the public route: with the canary at {weight} % it meets the \
                     canary in {weight} of 100 runs, and verifies the old version in the others"
                );
                let remedy = "ask the canary itself: its own Service, or a header that the route sends to it \
                              (`setHeaderRoute`); a gate step or `aviary verify` does so in every region";
                sink.anywhere(step.line(bundle, command.line), draft(message, remedy));
            }
        }
    }
}

/// Whether the answer is kept in a file: then it is a download, and no check.
fn downloads(command: &Command) -> bool {
    let file = command.flag("--output").or(command.flag("-o")).or(command.flag("-O"));
    file.is_some_and(|file| file != "/dev/null")
}

/// The lowest share of the traffic that a canary in the bundle really gets, in percent.
fn first_weight(bundle: &Bundle) -> Option<i32> {
    let rollouts: Vec<_> = bundle.rollouts().collect();
    let shares = rollouts.iter().flat_map(|view| {
        let steps = view.rollout.canary().map(|canary| canary.steps.as_slice()).unwrap_or_default();
        let weights =
            steps.iter().filter_map(|step| step.set_weight).filter(|weight| (1..100).contains(weight));
        weights.map(|weight| share(&view.rollout, weight))
    });
    shares.min()
}

/// Without a router the share of the pods is the share of the traffic.
fn share(rollout: &Rollout, weight: i32) -> i32 {
    let routed = rollout.canary().is_some_and(|canary| canary.traffic_routing.is_some());
    match rollout::pods_without_router(rollout, weight).filter(|_| !routed) {
        Some((new, old)) => new * 100 / (new + old).max(1),
        None => weight,
    }
}
