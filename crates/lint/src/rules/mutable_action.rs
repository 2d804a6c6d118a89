//! Actions that somebody else can change under the same name.

use crate::bundle::Bundle;
use crate::rule::{Sink, draft};

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    for workflow in &bundle.workflows {
        for step in workflow.jobs().iter().flat_map(|job| &job.steps) {
            let Some((action, version)) = step.uses().and_then(|uses| uses.split_once('@')) else { continue };
            let is_commit = version.len() == 40 && version.chars().all(|c| c.is_ascii_hexdigit());
            if is_commit || action.starts_with("./") {
                continue;
            }
            let message = format!(
                "`{action}@{version}` is a tag: whoever can move it runs their code with this job's secrets"
            );
            let remedy = format!("pin it to a commit: `{action}@<40 hex digits> # {version}`");
            sink.anywhere(step.place(bundle, "uses"), draft(message, remedy));
        }
    }
}
