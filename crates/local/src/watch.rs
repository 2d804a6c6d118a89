//! Objects of one kind, kept up to date, with a bell that rings when something changed.

use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;

use futures::StreamExt;
use kube::runtime::reflector::{Store, store::Writer};
use kube::runtime::{WatchStreamExt, reflector, watcher};
use kube::{Api, Resource};
use serde::de::DeserializeOwned;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What background work belongs to, and when it is to end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tasks {
    pub(crate) tracker: TaskTracker,
    pub(crate) stop: CancellationToken,
}

impl Tasks {
    /// Runs `future` until it ends or the tasks are to stop.
    pub(crate) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.tracker.spawn(async move {
            let _ = stop.run_until_cancelled(future).await;
        });
    }

    /// Tells all of them to stop, and waits until they have.
    pub(crate) async fn end(&self) {
        self.stop.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }
}

/// Follows `api`; `changed` rings after every change and at the end of every new list.
pub(crate) fn follow<K>(api: Api<K>, kind: K::DynamicType, changed: Arc<Notify>, tasks: &Tasks) -> Store<K>
where
    K: Resource + Clone + DeserializeOwned + Debug + Send + Sync + 'static,
    K::DynamicType: Eq + Hash + Clone + Send + Sync,
{
    let writer = Writer::new(kind);
    let store = writer.as_reader();
    let events = reflector(writer, watcher(api, watcher::Config::default())).default_backoff();
    tasks.spawn(events.for_each(move |event| {
        match event {
            Ok(watcher::Event::Init | watcher::Event::InitApply(_)) => {}
            Ok(_) => changed.notify_one(),
            Err(error) => tracing::warn!(%error, kind = std::any::type_name::<K>(), "watching"),
        }
        std::future::ready(())
    }));
    store
}
