//! What a Job's conditions and pods mean, and when it is looked at again.

use crd::AnalysisPhase;
use jiff::{SignedDuration, Timestamp};

use super::{JobState, PodState};
use crate::{Ctx, Verdict, http};

/// Reasons to wait that do not pass by themselves.
const TERMINAL: &[&str] = &["ErrImagePull", "ImagePullBackOff", "InvalidImageName"];

impl JobState {
    /// What has become of it, once it has ended: the last of the conditions that say so. Whether it is true is not looked
    /// at, as in the peer.
    #[must_use]
    pub fn ended(&self) -> Option<AnalysisPhase> {
        self.conditions.iter().rev().find_map(|condition| match condition.as_str() {
            "Complete" => Some(AnalysisPhase::Successful),
            "Failed" => Some(AnalysisPhase::Failed),
            _ => None,
        })
    }
}

/// A pod that will never run says nothing of the metric. The Job stays, for whoever looks for the reason.
pub(super) fn of_pods(pods: &[PodState]) -> Option<Verdict> {
    let waiting = pods.iter().flat_map(|pod| pod.waiting.iter().map(move |waiting| (pod, waiting)));
    let (pod, waiting) =
        waiting.into_iter().find(|(_, waiting)| TERMINAL.contains(&waiting.reason.as_str()))?;
    let (pod, container, reason) = (&pod.name, &waiting.container, &waiting.reason);
    let message = http::shortened(&waiting.message);
    let text = format!("Pod {pod}, container {container} has terminal error ({reason}): {message}\n");
    Some(Verdict::new(AnalysisPhase::Inconclusive, text))
}

/// The longer it has run the longer it is left alone: the root of twice the seconds since it began. Whoever watches it
/// looks sooner when it has ended.
pub(super) fn again(ctx: &Ctx<'_>) -> Timestamp {
    let now = (ctx.clock)();
    let started = ctx.measurement.and_then(|measurement| measurement.started_at);
    let ran =
        started.map_or(0.0, |started| (now - started.timestamp()).total(jiff::Unit::Second).unwrap_or(0.0));
    let wait = SignedDuration::from_secs_f64((2.0 * ran.max(0.0)).sqrt());
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}
