//! What users do to a Rollout.

use crd::{AnalysisPhase, Kind, ObjectKey, Rollout};
use jiff::Timestamp;
use serde_json::{Value, json};
use world::{PatchType, Request, Resource};

/// What users do to a Rollout.
#[derive(Clone, Debug, PartialEq)]
pub enum Verb {
    /// Ends the pause, or skips the current step.
    Promote,
    /// Skips everything that is left.
    PromoteFull,
    /// Gives the update up.
    Abort,
    /// Tries it again.
    Retry,
    /// Pauses until `Resume`.
    Pause,
    /// Ends `Pause`.
    Resume,
    /// Asks for new pods of the same version.
    Restart,
    /// Asks for another version.
    SetImage {
        /// Name of the container; `*` is all.
        container: String,
        /// The image.
        image: String,
    },
    /// Asks for another size.
    Scale(i32),
    /// Any change of the Rollout (merge patch).
    Patch(Value),
}

impl Verb {
    /// As it is said in the timeline.
    pub fn said(&self) -> String {
        match self {
            Self::Promote => "promote".to_owned(),
            Self::PromoteFull => "promote --full".to_owned(),
            Self::Abort => "abort".to_owned(),
            Self::Retry => "retry".to_owned(),
            Self::Pause => "pause".to_owned(),
            Self::Resume => "resume".to_owned(),
            Self::Restart => "restart".to_owned(),
            Self::SetImage { container, image } => format!("set image {container}={image}"),
            Self::Scale(size) => format!("scale to {size}"),
            Self::Patch(patch) => format!("patch {patch}"),
        }
    }

    /// The requests that carry it out on `rollout` (spec cli-commands).
    pub fn requests(&self, rollout: &Rollout, now: Timestamp) -> Vec<Request> {
        let spec = |patch: Value| request(rollout, "", json!({"spec": patch}));
        let status = |patch: Value| request(rollout, "status", json!({"status": patch}));
        match self {
            Self::Promote => promote(rollout),
            Self::PromoteFull => vec![status(json!({"promoteFull": true}))],
            Self::Abort => vec![status(json!({"abort": true}))],
            Self::Retry => vec![status(json!({"abort": false}))],
            Self::Pause => vec![spec(json!({"paused": true}))],
            Self::Resume => vec![spec(json!({"paused": false}))],
            Self::Restart => vec![spec(json!({"restartAt": crd::Time::from(now).to_string()}))],
            Self::Scale(size) => vec![spec(json!({"replicas": size}))],
            Self::Patch(patch) => vec![request(rollout, "", patch.clone())],
            Self::SetImage { container, image } => {
                let template = serde_json::to_value(&rollout.spec.template).unwrap_or_default();
                let mut containers = template["spec"]["containers"].clone();
                for one in containers.as_array_mut().into_iter().flatten() {
                    if container == "*" || one["name"] == *container {
                        one["image"] = image.as_str().into();
                    }
                }
                vec![spec(json!({"template": {"spec": {"containers": containers}}}))]
            }
        }
    }
}

/// Ends the pause; where there is none, the step is skipped, and so is one whose analysis is undecided: it would be asked
/// again.
fn promote(rollout: &Rollout) -> Vec<Request> {
    let mut requests = Vec::new();
    if rollout.spec.paused {
        requests.push(request(rollout, "", json!({"spec": {"paused": false}})));
    }
    let status = &rollout.status;
    let judged = status.canary.current_step_analysis_run_status.as_ref().and_then(|run| run.status);
    let paused = !status.pause_conditions.is_empty();
    if paused
        && status.controller_pause
        && judged == Some(AnalysisPhase::Inconclusive)
        && let Some(step) = status.current_step_index
    {
        let patch = json!({"pauseConditions": null, "controllerPause": false, "currentStepIndex": step + 1});
        requests.push(request(rollout, "status", json!({"status": patch})));
    } else if paused {
        requests.push(request(rollout, "status", json!({"status": {"pauseConditions": null}})));
    } else if let Some(step) = status.current_step_index
        && rollout.canary().is_some_and(|canary| (step as usize) < canary.steps.len())
    {
        let patch = json!({"status": {"pauseConditions": null, "currentStepIndex": step + 1}});
        requests.push(request(rollout, "status", patch));
    }
    requests
}

fn request(rollout: &Rollout, subresource: &str, patch: Value) -> Request {
    let meta = &rollout.metadata;
    let ObjectKey { kind, namespace, name } = ObjectKey::new(Kind::ROLLOUT, &*meta.namespace, &*meta.name);
    let resource = Resource::new(&kind.group, &kind.version, &kind.plural, &namespace, &name);
    Request::patch(resource.subresource(subresource), PatchType::Merge, patch)
}
