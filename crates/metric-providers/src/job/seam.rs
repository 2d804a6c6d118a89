//! What this crate needs of a cluster to run Jobs.

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value as Json;

/// The annotation of a Job that says which metric it measures.
pub const METRIC_NAME: &str = "analysisrun.argoproj.io/metric-name";

/// The Jobs of a cluster; whoever runs measurements adapts its own to this.
#[async_trait]
pub trait Jobs: Send + Sync {
    /// Whether they run in another cluster than the AnalysisRuns, which then cannot own them.
    fn elsewhere(&self) -> bool;

    /// Creates a `batch/v1` Job, written in full.
    async fn create(&self, job: &Json) -> Result<(), JobsError>;

    /// A Job, from the cache where there is one.
    async fn get(&self, namespace: &str, name: &str) -> Result<JobState, JobsError>;

    /// The pods of a Job, by its selector, in the order of their names.
    async fn pods(&self, job: &JobState) -> Result<Vec<PodState>, JobsError>;

    /// Deletes a Job with foreground propagation: it is gone when its pods are.
    async fn delete(&self, namespace: &str, name: &str) -> Result<(), JobsError>;

    /// All Jobs, in every namespace, whose label `analysisrun.argoproj.io/uid` is the given one.
    async fn of_run(&self, uid: &str) -> Result<Vec<JobState>, JobsError>;
}

/// What is looked at of a Job.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobState {
    /// `metadata.name`
    pub name: String,
    /// `metadata.namespace`
    pub namespace: String,
    /// `metadata.creationTimestamp`
    pub created: Option<Timestamp>,
    /// The uid of its controller owner.
    pub controller_uid: Option<String>,
    /// The metric that it measures: its annotation [`METRIC_NAME`].
    pub metric: Option<String>,
    /// The types of `status.conditions`, in order; their status is not looked at.
    pub conditions: Vec<String>,
    /// `spec.selector`, as it is.
    pub selector: Json,
}

/// What is looked at of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodState {
    /// `metadata.name`
    pub name: String,
    /// The init containers, then the containers, that wait.
    pub waiting: Vec<Waiting>,
}

/// A container that waits: `state.waiting` of its status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Name of the container.
    pub container: String,
    /// Why, in one word.
    pub reason: String,
    /// Why.
    pub message: String,
}

/// Why the cluster did not do it. The texts are the API server's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JobsError {
    /// There is one of that name.
    #[error("{0}")]
    Exists(String),
    /// There is none.
    #[error("not found")]
    NotFound,
    /// Anything else.
    #[error("{0}")]
    Other(String),
}
