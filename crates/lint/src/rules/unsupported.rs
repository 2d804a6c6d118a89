//! What Argo Rollouts carries out and this version of Aviary does not, and configurations of our own steps that cannot
//! be read.

use crate::bundle::Bundle;
use crate::finding::Severity;
use crate::rule::{Sink, draft};
use crate::rules::invalid_spec::pointer;

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    for view in bundle.rollouts() {
        for problem in rollout::unsupported(&view.rollout) {
            let pointer = pointer(&problem.field, view.rollout.blue_green().is_some());
            let ours = problem.detail.starts_with("Invalid value");
            let (severity, remedy) = if ours {
                (Severity::Error, "change the configuration of the step as the message says")
            } else {
                (Severity::Info, "nothing, as long as Argo Rollouts runs this Rollout")
            };
            let message = format!("the Aviary controller refuses this: {}", problem.detail);
            sink.at(view.object, &pointer, draft(message, remedy).severity(severity));
        }
    }
}
