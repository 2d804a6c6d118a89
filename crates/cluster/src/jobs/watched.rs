//! Which Jobs have ended that a run still waits for.

use std::collections::BTreeSet;
use std::sync::Arc;

use crd::Measurement;
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
    /// Jobs that ended, or went, and that their run has not looked at since.
    ended: BTreeSet<Name>,
}

impl Watched {
    /// Whether the Job that a measurement waits for has ended.
    pub(crate) fn is_over(self: &Arc<Self>, measurement: &Measurement) -> bool {
        let Some((namespace, name)) = metric_providers::job_of(&measurement.metadata) else { return false };
        // It may have been begun by a controller before this one.
        self.ensure(namespace);
        self.known.lock().ended.contains(&(namespace.to_owned(), name.to_owned()))
    }

    /// Where there are Jobs; `None` is everywhere.
    pub(super) fn scopes(&self) -> BTreeSet<Option<String>> {
        if self.everywhere { [None].into() } else { self.known.lock().begun.clone() }
    }

    /// Its run looks at it.
    pub(super) fn looked(&self, namespace: &str, name: &str) {
        self.known.lock().ended.remove(&(namespace.to_owned(), name.to_owned()));
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
        let waits = run.is_some_and(|run| {
            let results = run.status.metric_results.iter();
            let mut running = results.flat_map(|it| &it.measurements).filter(|it| it.finished_at.is_none());
            running.any(|it| metric_providers::job_of(&it.metadata) == Some((&job.0, &job.1)))
        });
        if waits {
            self.known.lock().ended.insert(job);
            self.runs.add((namespace, name));
        }
    }
}
