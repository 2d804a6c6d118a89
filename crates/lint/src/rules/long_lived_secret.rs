//! Stored passwords and keys, where the pipeline could prove who it is.

use crate::bundle::Bundle;
use crate::pipeline::Step;
use crate::rule::{Sink, draft};
use serde_json::Value;

const LOGINS: [&str; 2] = ["docker/login-action", "aws-actions/configure-aws-credentials"];
const FIELDS: [&str; 2] = ["password", "aws-secret-access-key"];

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    for workflow in &bundle.workflows {
        for step in workflow.jobs().iter().flat_map(|job| &job.steps) {
            if !step.uses().is_some_and(|uses| LOGINS.iter().any(|login| uses.starts_with(login))) {
                continue;
            }
            for field in FIELDS {
                let Some(secret) = secret(step, field) else { continue };
                let message = format!(
                    "`{field}` is a stored secret ({secret}): it is valid until somebody remembers to change it, for \
                     whoever has read it"
                );
                let remedy = "let the pipeline assume a role by OIDC (`permissions: {id-token: write}`) and push to a \
                              registry that takes it, such as ECR";
                sink.anywhere(step.place(bundle, &format!("with/{field}")), draft(message, remedy));
            }
        }
    }
}

fn secret<'w>(step: &Step<'w>, field: &str) -> Option<&'w str> {
    let text = step.value.pointer(&format!("/with/{field}")).and_then(Value::as_str)?;
    let name = text.split("secrets.").nth(1)?;
    let name = name.split(|c: char| !(c.is_alphanumeric() || c == '_')).next()?;
    // The token that a run gets of GitHub ends with the run.
    (name != "GITHUB_TOKEN").then_some(name)
}
