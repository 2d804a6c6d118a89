//! Which Jobs have ended that a run still waits for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crd::{AnalysisRunStatus, Measurement};
use futures::StreamExt;
use kube::api::DynamicObject;
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Client};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{RUN, jobs, state};
use crate::cache::{Cache, Name};
use crate::queue::Queue;

/// Annotations of a Job: its AnalysisRun.
const RUN_NAME: &str = "analysisrun.argoproj.io/name";
const RUN_NAMESPACE: &str = "analysisrun.argoproj.io/namespace";

/// Watches the Jobs of AnalysisRuns, from the first one on: most clusters have none.
pub(crate) struct Watched {
    /// Of the cluster in which they run.
    pub(crate) client: Client,
    /// Whether all namespaces may be watched at once.
    pub(crate) everywhere: bool,
    pub(crate) runs: Arc<Queue<Name>>,
    pub(crate) cache: Arc<Cache>,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
    pub(crate) known: Mutex<Known>,
}

#[derive(Default)]
pub(crate) struct Known {
    /// Namespaces that are watched; `None` is all of them.
    begun: BTreeSet<Option<String>>,
    /// Jobs that ended, or went, and whose run does not say so yet, with its name.
    ended: BTreeMap<Name, Name>,
}

impl Watched {
    /// Whether the Job that a measurement waits for has ended.
    pub(crate) fn is_over(self: &Arc<Self>, measurement: &Measurement) -> bool {
        let Some((namespace, name)) = metric_providers::job_of(&measurement.metadata) else { return false };
        // It may have been begun by a controller before this one.
        self.ensure(namespace);
        self.known.lock().ended.contains_key(&(namespace.to_owned(), name.to_owned()))
    }

    /// Where there are Jobs; `None` is everywhere.
    pub(super) fn scopes(&self) -> BTreeSet<Option<String>> {
        if self.everywhere { [None].into() } else { self.known.lock().begun.clone() }
    }

    /// Forgets that a Job has ended; gives its run, if it was known.
    pub(super) fn take(&self, namespace: &str, name: &str) -> Option<Name> {
        self.known.lock().ended.remove(&(namespace.to_owned(), name.to_owned()))
    }

    /// Remembers that a Job has ended.
    pub(super) fn put(&self, job: Name, run: Name) {
        self.known.lock().ended.insert(job, run);
    }

    /// The run says how the measurements ended that its status has; of one that is gone nothing is kept.
    pub(crate) fn settle(&self, run: &Name, status: Option<&AnalysisRunStatus>) {
        let mut known = self.known.lock();
        if known.ended.is_empty() {
            return;
        }
        known.ended.retain(|job, of| of != run || status.is_some_and(|status| waits(status, job)));
    }

    /// Begins to watch the Jobs of a namespace, unless they are watched.
    pub(super) fn ensure(self: &Arc<Self>, namespace: &str) {
        let scope = (!self.everywhere).then(|| namespace.to_owned());
        if !self.known.lock().begun.insert(scope.clone()) {
            return;
        }
        let (jobs, watched) = (jobs(&self.client, scope.as_deref()), Arc::clone(self));
        self.tasks.spawn(async move {
            let stop = watched.stop.clone();
            stop.run_until_cancelled(watched.watch(jobs)).await;
        });
    }

    async fn watch(&self, jobs: Api<DynamicObject>) {
        let mut events = watcher(jobs, watcher::Config::default().labels(RUN)).default_backoff().boxed();
        let mut failing = false;
        while let Some(event) = events.next().await {
            match event {
                Ok(watcher::Event::Apply(job) | watcher::Event::InitApply(job)) => {
                    failing = false;
                    if state(&job).ended().is_some() {
                        self.ended(&job);
                    }
                }
                // One that somebody deleted has ended as well: its run says that it is not there.
                Ok(watcher::Event::Delete(job)) => self.ended(&job),
                Ok(watcher::Event::Init | watcher::Event::InitDone) => {}
                Err(error) => {
                    if !failing {
                        let error = crate::error::innermost(&error);
                        tracing::warn!(%error, "cannot watch Jobs; each is looked at from time to time");
                    }
                    failing = true;
                }
            }
        }
    }

    /// Wakes the run of a Job, if it waits for it.
    fn ended(&self, job: &DynamicObject) {
        let annotation = |name: &str| job.metadata.annotations.as_ref()?.get(name).cloned();
        let (Some(namespace), Some(name)) = (annotation(RUN_NAMESPACE), annotation(RUN_NAME)) else { return };
        let job = (
            job.metadata.namespace.clone().unwrap_or_default(),
            job.metadata.name.clone().unwrap_or_default(),
        );
        let objects = self.cache.read();
        let run = objects.analysis_runs.get(&namespace, &name);
        if run.is_some_and(|run| waits(&run.status, &job)) {
            self.put(job, (namespace.clone(), name.clone()));
            self.runs.add((namespace, name));
        }
    }
}

/// Whether a measurement of the run waits for the Job.
fn waits(status: &AnalysisRunStatus, (namespace, name): &Name) -> bool {
    let measurements = status.metric_results.iter().flat_map(|result| &result.measurements);
    let mut running = measurements.filter(|measurement| measurement.finished_at.is_none());
    running.any(|it| metric_providers::job_of(&it.metadata) == Some((namespace, name)))
}
