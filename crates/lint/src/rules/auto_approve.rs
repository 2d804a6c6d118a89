//! Infrastructure that changes without anybody having seen how.

use crate::bundle::Bundle;
use crate::rule::{Sink, draft};

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    for workflow in &bundle.workflows {
        for job in workflow.jobs() {
            for (step, command) in job.commands() {
                let applies = command.runs(&["terraform", "apply"]) || command.runs(&["tofu", "apply"]);
                let unseen = command.words.iter().any(|word| word.trim_start_matches('-') == "auto-approve");
                let planned =
                    command.words.last().is_some_and(|word| !word.starts_with('-') && word != "apply");
                if applies && unseen && !planned && job.value.get("environment").is_none() {
                    let message = "this applies whatever the plan says, also when it replaces a cluster, and nobody has \
                                   seen it";
                    let remedy =
                        "apply a plan that was saved and reviewed, in a job with a protected `environment`";
                    sink.anywhere(step.line(bundle, command.line), draft(message, remedy));
                }
            }
        }
    }
}
