//! What stands in the way of what a Rollout creates.
//!
//! The name of an AnalysisRun or Experiment is taken by one that is not the Rollout's, and it gets another. For a
//! ReplicaSet it counts by what: the cache holds the ReplicaSets that carry a hash, and a name may be taken by one that
//! carries none: the server says so, and then it is read once, for the next pass to look at.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crd::{Kind, ObjectKey, ReplicaSet};
use kube::api::DynamicObject;
use kube::{Api, Client};
use parking_lot::Mutex;

use crate::cache::Name;
use crate::error::Error;
use crate::reflect::resource;

/// What stands in the way, by Rollout.
#[derive(Debug, Default)]
pub(crate) struct Taken(Mutex<BTreeMap<Name, InTheWay>>);

/// What stands in the way of one Rollout.
#[derive(Debug, Default)]
pub(crate) struct InTheWay {
    /// The ReplicaSet that has the name of the next one.
    pub(crate) set: Option<Arc<ReplicaSet>>,
    /// AnalysisRuns and Experiments that have names which would be given.
    pub(crate) names: BTreeSet<ObjectKey>,
}

impl Taken {
    /// Reads what stands in the way, if `error` says that something does.
    pub(crate) async fn look(&self, client: &Client, rollout: &Name, error: &Error) -> Result<(), Error> {
        let Some(key) = error.taken() else { return Ok(()) };
        if key.kind != Kind::REPLICA_SET {
            self.0.lock().entry(rollout.clone()).or_default().names.insert(key.clone());
            return Ok(());
        }
        let refused = |source| Error::Read { key: Box::new(key.clone()), source: Box::new(source) };
        let api: Api<DynamicObject> =
            Api::namespaced_with(client.clone(), &key.namespace, &resource(&Kind::REPLICA_SET));
        let Some(found) = api.get_opt(&key.name).await.map_err(refused)? else { return Ok(()) };
        let set = serde_json::to_value(found).and_then(serde_json::from_value);
        let set = set.map_err(|error| refused(kube::Error::SerdeError(error)))?;
        self.0.lock().entry(rollout.clone()).or_default().set = Some(Arc::new(set));
        Ok(())
    }

    /// What was read for the pass that comes now. It is looked at once: by the next pass it may be gone.
    pub(crate) fn take(&self, rollout: &Name) -> InTheWay {
        self.0.lock().remove(rollout).unwrap_or_default()
    }
}
