//! The typed form of stored objects, read once per change.

use std::collections::BTreeMap;
use std::sync::Arc;

use crd::{AnalysisRun, AnalysisTemplate, Experiment, Pod, ReplicaSet, Rollout, Service};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Typed objects by uid; each is read again only when the stored object is another one.
#[derive(Clone, Debug)]
pub(crate) struct Typed<T>(BTreeMap<String, (Arc<Value>, Arc<T>)>);

impl<T> Default for Typed<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: DeserializeOwned> Typed<T> {
    /// The typed form; `None` for a malformed object, which is nobody's but its author's problem.
    pub(crate) fn read(&mut self, object: &Arc<Value>) -> Option<Arc<T>> {
        let uid = object["metadata"]["uid"].as_str()?;
        if let Some((known, typed)) = self.0.get(uid)
            && Arc::ptr_eq(known, object)
        {
            return Some(typed.clone());
        }
        let typed = Arc::new(T::deserialize(&**object).ok()?);
        self.0.insert(uid.to_owned(), (object.clone(), typed.clone()));
        Some(typed)
    }
}

/// The typed form of everything that a pass looks at.
#[derive(Clone, Debug, Default)]
pub struct View {
    pub(crate) rollouts: Typed<Rollout>,
    pub(crate) replica_sets: Typed<ReplicaSet>,
    pub(crate) services: Typed<Service>,
    pub(crate) analysis_runs: Typed<AnalysisRun>,
    pub(crate) experiments: Typed<Experiment>,
    pub(crate) templates: Typed<AnalysisTemplate>,
    pub(crate) pods: Typed<Pod>,
}
