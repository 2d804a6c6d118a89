//! Services that no Rollout refers to any more: what Rollouts put into them is taken out (spec rollout-reconcile 1).

use std::sync::Arc;

use crd::{Kind, ObjectKey, Rollout, Service, names};
use kube::api::{DynamicObject, ListParams};
use kube::{Api, Client};
use rollout::{Action, PatchBody};
use serde_json::json;

use crate::apply::{Applied, Writer};
use crate::cache::{Cache, Name};
use crate::error::Error;
use crate::observed::Versions;
use crate::queue::{Outcome, Queue};
use crate::reflect::resource;

/// Everything that one look at a Service needs.
pub(crate) struct Services {
    pub(crate) client: Client,
    pub(crate) cache: Arc<Cache>,
    pub(crate) writer: Writer,
    pub(crate) rollouts: Arc<Queue<Name>>,
}

impl Services {
    /// One look at a Service that selects a version.
    pub(crate) async fn work(&self, name: &Name) -> Outcome {
        let (namespace, service) = name;
        match self.release(name).await {
            Ok(()) => Outcome::Done,
            Err(error) if error.is_conflict() => Outcome::Failed,
            Err(error) => {
                tracing::warn!(%namespace, %service, category = error.category(), %error, "cannot release a Service");
                Outcome::Failed
            }
        }
    }

    async fn release(&self, name: &Name) -> Result<(), Error> {
        let Some(service) = self.abandoned(name) else { return Ok(()) };
        let key = ObjectKey::new(Kind::SERVICE, name.0.as_str(), name.1.as_str());
        // Rollouts of other controllers are not in our cache, and no doubt may cost a Service its pods.
        if self.is_referred_to(name).await? {
            return Ok(());
        }
        tracing::info!(
            namespace = %name.0, service = %name.1, hash = service.selected_hash(),
            "no Rollout refers to this Service any more; it selects all versions again"
        );
        let patch = json!({
            "metadata": {"annotations": {names::MANAGED_BY: null}},
            "spec": {"selector": {names::POD_TEMPLATE_HASH: null}},
        });
        let versions = Versions::of([(key.clone(), &service.metadata)]);
        let action = Action::Patch { key, patch: PatchBody::Merge(patch) };
        self.writer.apply(&[action], versions, &mut Applied::default()).await
    }

    /// The Service, if it selects a version and no Rollout in the cache refers to it. Those that do are looked at.
    fn abandoned(&self, name: &Name) -> Option<Arc<Service>> {
        let objects = self.cache.read();
        let service = objects.services.get(&name.0, &name.1).filter(|service| service.selects_hash())?;
        let key = ObjectKey::new(Kind::SERVICE, name.0.as_str(), name.1.as_str());
        let mut readers = objects.readers.of(&key).peekable();
        if readers.peek().is_some() {
            readers.for_each(|rollout| self.rollouts.add(rollout.clone()));
            return None;
        }
        Some(Arc::clone(service))
    }

    /// Whether any Rollout of the namespace refers to the Service, whichever controller looks after it. One that cannot be
    /// read may.
    async fn is_referred_to(&self, (namespace, service): &Name) -> Result<bool, Error> {
        let rollouts: Api<DynamicObject> =
            Api::namespaced_with(self.client.clone(), namespace, &resource(&Kind::ROLLOUT));
        let list = rollouts.list(&ListParams::default()).await.map_err(|source| Error::Read {
            key: Box::new(ObjectKey::new(Kind::ROLLOUT, namespace.as_str(), "*")),
            source: Box::new(source),
        })?;
        let refers = |rollout: DynamicObject| {
            let rollout = serde_json::to_value(rollout).and_then(serde_json::from_value::<Rollout>);
            rollout.map_or(true, |rollout| rollout::reads(&rollout).services.contains(service))
        };
        Ok(list.items.into_iter().any(refers))
    }
}
