//! Everything around the controller: nodes, metric systems, other regions.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rollout::{Question, RegionsAnswer};

use crate::metrics::{MetricsFn, constant};
use crate::traffic::Traffic;

/// What the other regions say, and when.
pub type RegionsFn = Arc<dyn Fn(&Question, Timestamp) -> RegionsAnswer + Send + Sync>;

/// What the region's own checks at a gate say; `None` while they run.
pub type ChecksFn = Arc<dyn Fn(&Question, Timestamp) -> Option<Result<(), String>> + Send + Sync>;

/// Everything around the controller.
#[derive(Clone)]
pub struct Environment {
    /// How pods behave; the first rule that fits decides.
    pub pods: Vec<PodRule>,
    /// What metric systems answer.
    pub metrics: MetricsFn,
    /// What users do: metrics that compare two versions count it.
    pub traffic: Traffic,
    /// What the other regions say.
    pub regions: RegionsFn,
    /// What the region's own checks say.
    pub checks: ChecksFn,
    /// How long a deleted pod takes to end.
    pub ends_after: Duration,
}

/// How the pods with an image behave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodRule {
    /// Part of the image's name; empty fits all.
    pub image: String,
    /// How long after its creation a pod is ready; `None` is never.
    pub ready_after: Option<Duration>,
    /// How long after it became ready a pod fails for good.
    pub dies_after: Option<Duration>,
}

impl Default for PodRule {
    /// Ready after five seconds, and well ever after.
    fn default() -> Self {
        Self { image: String::new(), ready_after: Some(Duration::from_secs(5)), dies_after: None }
    }
}

impl Default for Environment {
    /// Pods are ready after five seconds, every metric reads zero, and all regions agree.
    fn default() -> Self {
        let passed = |_: &Question, _: Timestamp| RegionsAnswer::Passed { summary: "simulated".to_owned() };
        Self {
            pods: Vec::new(),
            metrics: constant(0.0),
            traffic: Traffic::default(),
            regions: Arc::new(passed),
            checks: Arc::new(|_, _| Some(Ok(()))),
            ends_after: Duration::from_secs(2),
        }
    }
}

impl Environment {
    /// The rule for an image.
    pub(crate) fn rule(&self, image: &str) -> PodRule {
        self.pods.iter().find(|rule| image.contains(&rule.image)).cloned().unwrap_or_default()
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").field("pods", &self.pods).finish_non_exhaustive()
    }
}
