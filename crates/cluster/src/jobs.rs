//! The Jobs that AnalysisRuns start.
//!
//! They are read when they are due, one by one: a Job is looked at after the square root of its age, and there are few.
//! A watch says when one has ended before that; what it has become, its run then reads.

mod watched;

use std::sync::Arc;

use async_trait::async_trait;
use kube::api::{DeleteParams, DynamicObject, ListParams, PostParams};
use kube::{Api, Client};
use metric_providers::{JobState, Jobs, JobsError, METRIC_NAME, PodState, Waiting};
use serde_json::Value;

use crate::pods::selector_text;
use crate::reflect::resource;
pub(crate) use watched::Watched;

/// Label of a Job: the uid of its AnalysisRun.
const RUN: &str = "analysisrun.argoproj.io/uid";

/// The Jobs of a cluster.
#[derive(Clone)]
pub(crate) struct ClusterJobs {
    /// Of the cluster in which they run; stops writes without a lease.
    pub(crate) client: Client,
    /// Whether that is another cluster than the AnalysisRuns'.
    pub(crate) elsewhere: bool,
    /// Tells which have ended.
    pub(crate) watched: Arc<Watched>,
}

impl ClusterJobs {
    fn jobs(&self, namespace: &str) -> Api<DynamicObject> {
        jobs(&self.client, Some(namespace))
    }
}

/// The Jobs of a namespace, or of all.
fn jobs(client: &Client, namespace: Option<&str>) -> Api<DynamicObject> {
    let (client, kind) = (client.clone(), resource(&crd::Kind::JOB));
    match namespace {
        Some(namespace) => Api::namespaced_with(client, namespace, &kind),
        None => Api::all_with(client, &kind),
    }
}

#[async_trait]
impl Jobs for ClusterJobs {
    fn elsewhere(&self) -> bool {
        self.elsewhere
    }

    async fn create(&self, job: &Value) -> Result<(), JobsError> {
        let object: DynamicObject =
            serde_json::from_value(job.clone()).map_err(|error| JobsError::Other(error.to_string()))?;
        let namespace = object.metadata.namespace.clone().unwrap_or_default();
        self.watched.ensure(&namespace);
        self.jobs(&namespace).create(&PostParams::default(), &object).await.map(drop).map_err(refused)
    }

    async fn get(&self, namespace: &str, name: &str) -> Result<JobState, JobsError> {
        self.watched.ensure(namespace);
        let known = self.watched.take(namespace, name);
        // What ends from here on is told anew.
        let found = self.jobs(namespace).get(name).await.map(|job| state(&job)).map_err(refused);
        let runs = found.as_ref().is_ok_and(|job| job.ended().is_none());
        if let Some(run) = known.filter(|_| !runs) {
            // Until its end is in the run's status it may have to be looked at again.
            self.watched.put((namespace.to_owned(), name.to_owned()), run);
        }
        found
    }

    async fn pods(&self, job: &JobState) -> Result<Vec<PodState>, JobsError> {
        let pods: Api<DynamicObject> =
            Api::namespaced_with(self.client.clone(), &job.namespace, &resource(&crd::Kind::POD));
        // One that cannot be read selects nothing.
        let selector: crd::LabelSelector = serde_json::from_value(job.selector.clone()).unwrap_or_default();
        let selector = selector_text(&selector);
        if selector.is_empty() {
            return Ok(Vec::new());
        }
        let found = pods.list(&ListParams::default().labels(&selector)).await.map_err(refused)?;
        let mut states: Vec<PodState> = found.items.iter().map(pod).collect();
        states.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(states)
    }

    async fn delete(&self, namespace: &str, name: &str) -> Result<(), JobsError> {
        let deleted = self.jobs(namespace).delete(name, &DeleteParams::foreground()).await;
        deleted.map(drop).map_err(refused)
    }

    async fn of_run(&self, uid: &str) -> Result<Vec<JobState>, JobsError> {
        let wanted = ListParams::default().labels(&format!("{RUN}={uid}"));
        let (mut found, mut refusal) = (Vec::new(), None);
        for scope in self.watched.scopes() {
            match jobs(&self.client, scope.as_deref()).list(&wanted).await {
                Ok(list) => found.extend(list.items.iter().map(state)),
                // One namespace that may not be read keeps nobody from what is in the others.
                Err(error) => refusal = Some(refused(error)),
            }
        }
        match refusal {
            Some(error) if found.is_empty() => Err(error),
            _ => Ok(found),
        }
    }
}

fn refused(error: kube::Error) -> JobsError {
    match error {
        kube::Error::Api(status) if status.is_already_exists() => JobsError::Exists(status.message.clone()),
        kube::Error::Api(status) if status.is_not_found() => JobsError::NotFound,
        kube::Error::Api(status) => JobsError::Other(status.message.clone()),
        other => JobsError::Other(other.to_string()),
    }
}

fn state(job: &DynamicObject) -> JobState {
    let owners = job.metadata.owner_references.iter().flatten();
    let conditions = job.data.pointer("/status/conditions").and_then(Value::as_array);
    let kind = |condition: &Value| condition.get("type").and_then(Value::as_str).map(str::to_owned);
    JobState {
        name: job.metadata.name.clone().unwrap_or_default(),
        namespace: job.metadata.namespace.clone().unwrap_or_default(),
        created: job.metadata.creation_timestamp.as_ref().map(|time| time.0),
        controller_uid: owners.filter(|owner| owner.controller == Some(true)).map(|it| it.uid.clone()).next(),
        metric: job.metadata.annotations.as_ref().and_then(|marks| marks.get(METRIC_NAME)).cloned(),
        conditions: conditions.into_iter().flatten().filter_map(kind).collect(),
        selector: job.data.pointer("/spec/selector").cloned().unwrap_or_default(),
    }
}

fn pod(pod: &DynamicObject) -> PodState {
    let statuses = ["/status/initContainerStatuses", "/status/containerStatuses"];
    let containers = statuses.iter().filter_map(|field| pod.data.pointer(field)?.as_array()).flatten();
    let waiting = |status: &Value| {
        let waiting = status.pointer("/state/waiting")?;
        let text = |value: &Value, field: &str| {
            value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        Some(Waiting {
            container: text(status, "name"),
            reason: text(waiting, "reason"),
            message: text(waiting, "message"),
        })
    };
    PodState {
        name: pod.metadata.name.clone().unwrap_or_default(),
        waiting: containers.filter_map(waiting).collect(),
    }
}
