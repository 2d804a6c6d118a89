//! Jobs that use what nobody has brought: the repository, credentials, a tool.

use super::release_pipeline::rollouts_verb;
use crate::bundle::Bundle;
use crate::pipeline::{Job, Step};
use crate::rule::{Sink, draft};
use crate::scan::Command;

/// What a command needs.
struct Need {
    needs: fn(&Command) -> bool,
    /// Whether the job has it before.
    met: fn(&Job<'_>) -> bool,
    consequence: &'static str,
    remedy: &'static str,
}

const NEEDS: [Need; 4] = [
    Need {
        needs: |command| command.words.iter().any(|word| word.starts_with("./") && word.len() > 2),
        met: |job| job.uses("actions/checkout") || job.uses("actions/download-artifact"),
        consequence: "the job reads a file of the repository and has not checked it out: it fails here",
        remedy: "begin the job with `actions/checkout`",
    },
    Need {
        needs: |command| command.runs(&["aws"]),
        met: |job| job.uses("aws-actions/configure-aws-credentials") || has_key(job),
        consequence: "the job calls AWS and has no credentials: it fails here",
        remedy: "add `aws-actions/configure-aws-credentials` with `role-to-assume`, and `permissions: {id-token: write}`",
    },
    Need {
        needs: |command| command.runs(&["helm"]),
        // The hosted runners bring a helm of their own; whoever pins nothing else may rely on it.
        met: |job| job.uses("azure/setup-helm") || !job.uses("azure/setup-kubectl"),
        consequence: "the job pins its kubectl and takes whatever helm the runner has: what it renders changes with the \
                      runner's image",
        remedy: "add `azure/setup-helm` with a `version`",
    },
    Need {
        needs: |command| rollouts_verb(command).is_some() && command.plain().first() == Some(&"kubectl"),
        met: |job| {
            let installs =
                |words: &str| words.contains("kubectl-argo-rollouts") || words.contains("kubectl-aviary");
            job.commands().iter().any(|(_, command)| installs(&command.words.join(" ")))
        },
        consequence: "the job calls a kubectl plugin that no step has installed: it fails here",
        remedy: "install the plugin in a step before, at a pinned version and checked by its sum",
    },
];

fn has_key(job: &Job<'_>) -> bool {
    let places = [job.value.get("env"), job.workflow.document.value.get("env")];
    places.into_iter().flatten().any(|env| env.get("AWS_ACCESS_KEY_ID").is_some())
}

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    for workflow in &bundle.workflows {
        for job in workflow.jobs() {
            for need in NEEDS.iter().filter(|need| !(need.met)(&job)) {
                let commands = job.commands();
                let first: Option<&(&Step<'_>, Command)> =
                    commands.iter().find(|(_, command)| (need.needs)(command));
                if let Some((step, command)) = first {
                    sink.anywhere(step.line(bundle, command.line), draft(need.consequence, need.remedy));
                }
            }
        }
    }
}
