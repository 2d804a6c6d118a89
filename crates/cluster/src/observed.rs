//! What was observed of the objects that a pass may write to: every write carries it as its condition.

use std::collections::BTreeMap;

use crd::{Kind, ObjectKey, ObjectMeta};
use rollout::{Observed, experiment};

/// One object as it was observed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Version {
    /// Which incarnation.
    pub(crate) uid: String,
    /// Which version of it.
    pub(crate) resource_version: String,
}

/// The versions of the observed objects. An object that is not in here was not looked at; a write to it has no condition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Versions(BTreeMap<ObjectKey, Version>);

impl Versions {
    /// The versions of these objects.
    pub(crate) fn of<'a>(objects: impl IntoIterator<Item = (ObjectKey, &'a ObjectMeta)>) -> Self {
        let version = |meta: &ObjectMeta| Version {
            uid: meta.uid.clone(),
            resource_version: meta.resource_version.clone(),
        };
        Self(objects.into_iter().map(|(key, meta)| (key, version(meta))).collect())
    }

    /// Everything that a pass over an Experiment has before it.
    pub(crate) fn of_experiment(observed: &experiment::Observed) -> Self {
        let sets = observed.replica_sets.iter().map(|it| keyed(Kind::REPLICA_SET, &it.metadata));
        let services = observed.services.iter().map(|it| keyed(Kind::SERVICE, &it.metadata));
        let runs = observed.analysis_runs.iter().map(|it| keyed(Kind::ANALYSIS_RUN, &it.metadata));
        Self::of(sets.chain(services).chain(runs))
    }

    /// Everything that a pass over a Rollout has before it.
    pub(crate) fn of_pass(observed: &Observed) -> Self {
        let sets = observed.replica_sets.iter().map(|it| keyed(Kind::REPLICA_SET, &it.metadata));
        let services = observed.services.values().map(|it| keyed(Kind::SERVICE, &it.metadata));
        let runs = observed.analysis_runs.iter().map(|it| keyed(Kind::ANALYSIS_RUN, &it.metadata));
        let experiments = observed.experiments.iter().map(|it| keyed(Kind::EXPERIMENT, &it.metadata));
        let pods = observed.pods.iter().map(|it| keyed(Kind::POD, &it.metadata));
        let rollout = std::iter::once(keyed(Kind::ROLLOUT, &observed.rollout.metadata));
        let mut all =
            Self::of(rollout.chain(sets).chain(services).chain(runs).chain(experiments).chain(pods));
        for (key, object) in &observed.routes {
            let text = |field: &str| {
                object.pointer(field).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
            };
            let version =
                Version { uid: text("/metadata/uid"), resource_version: text("/metadata/resourceVersion") };
            all.0.insert(key.clone(), version);
        }
        all
    }

    /// What was observed of an object.
    pub(crate) fn get(&self, key: &ObjectKey) -> Option<&Version> {
        self.0.get(key)
    }

    /// Our own write left an object at another version.
    pub(crate) fn wrote(&mut self, key: &ObjectKey, resource_version: &str) {
        if let Some(known) = self.0.get_mut(key) {
            resource_version.clone_into(&mut known.resource_version);
        }
    }
}

fn keyed(kind: Kind, meta: &ObjectMeta) -> (ObjectKey, &ObjectMeta) {
    (ObjectKey::new(kind, meta.namespace.as_str(), meta.name.as_str()), meta)
}
