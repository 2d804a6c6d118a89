//! What we wrote last, so that we never act on data older than our own writes (I6).

use std::collections::BTreeMap;
use std::time::Duration;

use crd::{Kind, ObjectKey};
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::cache::{Name, Objects};

/// How long a write may stay unseen before the cache is believed again: the object may have been deleted, or changed
/// back, in between, and then the version that we wait for never comes.
const PATIENCE: Duration = Duration::from_secs(10);

/// The versions that our writes produced and that the cache has not shown yet, by Rollout.
#[derive(Debug, Default)]
pub(crate) struct Writes(Mutex<BTreeMap<Name, BTreeMap<ObjectKey, Pending>>>);

#[derive(Clone, Copy, Debug)]
struct Pending {
    version: u64,
    since: Instant,
}

impl Writes {
    /// Remembers that a write for `rollout` left `key` at `version`.
    pub(crate) fn record(&self, rollout: &Name, key: &ObjectKey, version: &str) {
        // Pods are in no cache: a pass that needs them reads them.
        if key.kind == Kind::POD {
            return;
        }
        // Versions are opaque by contract and ordered numbers in fact; one that is not a number cannot be waited for.
        let Ok(version) = version.parse() else { return };
        let pending = Pending { version, since: Instant::now() };
        self.0.lock().entry(rollout.clone()).or_default().insert(key.clone(), pending);
    }

    /// Nothing is waited for any more: the Rollout is gone.
    pub(crate) fn forget(&self, rollout: &Name) {
        self.0.lock().remove(rollout);
    }

    /// Whether the cache shows every write for `rollout`.
    pub(crate) fn seen(&self, rollout: &Name, objects: &Objects) -> bool {
        let mut all = self.0.lock();
        let Some(pending) = all.get_mut(rollout) else { return true };
        pending.retain(|key, write| {
            let shown = cached_version(objects, key).is_some_and(|version| version >= write.version);
            !shown && write.since.elapsed() < PATIENCE
        });
        let seen = pending.is_empty();
        if seen {
            all.remove(rollout);
        }
        seen
    }
}

fn cached_version(objects: &Objects, key: &ObjectKey) -> Option<u64> {
    let (namespace, name) = (key.namespace.as_str(), key.name.as_str());
    let version = |meta: &crd::ObjectMeta| meta.resource_version.parse().ok();
    match &key.kind {
        kind if *kind == Kind::ROLLOUT => version(&objects.rollouts.get(namespace, name)?.metadata),
        kind if *kind == Kind::REPLICA_SET => version(&objects.replica_sets.get(namespace, name)?.metadata),
        kind if *kind == Kind::SERVICE => version(&objects.services.get(namespace, name)?.metadata),
        kind if *kind == Kind::ANALYSIS_RUN => version(&objects.analysis_runs.get(namespace, name)?.metadata),
        kind if *kind == Kind::EXPERIMENT => version(&objects.experiments.get(namespace, name)?.metadata),
        _ => objects.others.get(key)?.pointer("/metadata/resourceVersion")?.as_str()?.parse().ok(),
    }
}
