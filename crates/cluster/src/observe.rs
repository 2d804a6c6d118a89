//! What a pass over one Rollout would look at now, read once by somebody who only asks.

use std::collections::BTreeSet;
use std::sync::Arc;

use crd::{AnalysisTemplateRef, Beacon, Kind, ObjectKey, Rollout};
use kube::api::{DynamicObject, ListParams};
use kube::{Api, Client};
use rollout::{Observed, Reads, Settings};

use crate::cache::Objects;
use crate::error::Error;
use crate::gather;
use crate::pods::pods;
use crate::reflect::resource;
use crate::seen::Untyped;
use crate::watches::{self, Others, Target as _};

/// Reads what the next pass over the Rollout `name` looks at; `None` when there is no such Rollout.
///
/// Nothing is written. What only the controller knows is not in it: its settings, apart from the region that a beacon
/// tells, and the answers to its questions (see [`rollout::recalled`]).
pub async fn observe(client: &Client, namespace: &str, name: &str) -> Result<Option<Observed>, Error> {
    let reader = Reader { client, namespace };
    let mut objects = Objects::default();
    reader.one(&ObjectKey::new(Kind::ROLLOUT, namespace, name), &mut objects).await?;
    let Some(rollout) = objects.rollouts.get(namespace, name).cloned() else { return Ok(None) };
    let reads = rollout::reads(&rollout);
    for kind in [Kind::REPLICA_SET, Kind::ANALYSIS_RUN, Kind::EXPERIMENT] {
        reader.all(&kind, &mut objects).await?;
    }
    for key in watches::read_keys(namespace, &reads) {
        reader.one(&key, &mut objects).await?;
    }
    reader.nested_templates(&reads, &mut objects).await?;
    let mut observed = gather::gather(&objects, &rollout, &reads, &Arc::default());
    observed.settings = Arc::new(settings(&observed, &rollout));
    if reads.pods {
        let resolved = rollout::with_workload(&rollout, &observed.routes);
        observed.pods = pods(client, &resolved).await?;
    }
    Ok(Some(observed))
}

/// As far as the controller has told them.
fn settings(observed: &Observed, rollout: &Rollout) -> Settings {
    let mut beacons = observed.routes.values().filter_map(|object| {
        serde_json::from_str::<Beacon>(object.get("data")?.get(Beacon::KEY)?.as_str()?).ok()
    });
    let region = beacons.next().map(|beacon| beacon.region).unwrap_or_default();
    let instance_id = rollout.metadata.label(crd::names::INSTANCE_ID).to_owned();
    Settings { region, instance_id, ..Settings::default() }
}

struct Reader<'a> {
    client: &'a Client,
    namespace: &'a str,
}

impl Reader<'_> {
    /// Reads one object into the cache. One that is not there, or of a kind that is not, is simply not in it.
    async fn one(&self, key: &ObjectKey, objects: &mut Objects) -> Result<(), Error> {
        let api = self.api(&key.kind, &key.namespace);
        match api.get_opt(&key.name).await {
            Ok(Some(object)) => put(&key.kind, object, objects),
            Ok(None) => Ok(()),
            Err(source) => Err(refused(key, source)),
        }
    }

    /// Reads every object of a kind in the namespace into the cache.
    async fn all(&self, kind: &Kind, objects: &mut Objects) -> Result<(), Error> {
        match self.api(kind, self.namespace).list(&ListParams::default()).await {
            Ok(list) => list.items.into_iter().try_for_each(|object| put(kind, object, objects)),
            Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
            // Experiments only matter when they are cleaned up: whoever may not see them sees enough.
            Err(kube::Error::Api(status)) if status.is_forbidden() && *kind == Kind::EXPERIMENT => Ok(()),
            Err(source) => Err(refused(&ObjectKey::new(kind.clone(), self.namespace, "(all)"), source)),
        }
    }

    /// Reads the templates that the ones already read refer to, and so on.
    async fn nested_templates(&self, reads: &Reads, objects: &mut Objects) -> Result<(), Error> {
        let mut seen: BTreeSet<AnalysisTemplateRef> = BTreeSet::new();
        let mut wanted = reads.templates.clone();
        while let Some(reference) = wanted.pop() {
            if !seen.insert(reference.clone()) {
                continue;
            }
            if gather::template(objects, self.namespace, &reference).is_none() {
                self.one(&watches::template_key(self.namespace, &reference), objects).await?;
            }
            let found = gather::template(objects, self.namespace, &reference);
            wanted.extend(found.into_iter().flat_map(|template| template.spec.templates.iter().cloned()));
        }
        Ok(())
    }

    fn api(&self, kind: &Kind, namespace: &str) -> Api<DynamicObject> {
        match namespace {
            "" => Api::all_with(self.client.clone(), &resource(kind)),
            namespace => Api::namespaced_with(self.client.clone(), namespace, &resource(kind)),
        }
    }
}

/// Into the store of its kind, as a watch would.
fn put(kind: &Kind, mut object: DynamicObject, objects: &mut Objects) -> Result<(), Error> {
    object.metadata.managed_fields = None;
    let meta = &object.metadata;
    let key = ObjectKey::new(
        kind.clone(),
        meta.namespace.clone().unwrap_or_default(),
        meta.name.clone().unwrap_or_default(),
    );
    let malformed =
        |error| Error::Read { key: Box::new(key.clone()), source: Box::new(kube::Error::SerdeError(error)) };
    let value = serde_json::to_value(object).map_err(malformed)?;
    match watches::WATCHES.iter().find(|row| row.kind == *kind) {
        Some(row) => (row.anticipate)(objects, &value.to_string(), 0).map(drop).map_err(malformed),
        None => {
            let _nobody_to_wake = Others::put(objects, kind, Arc::new(Untyped(value)));
            Ok(())
        }
    }
}

fn refused(key: &ObjectKey, source: kube::Error) -> Error {
    Error::Read { key: Box::new(key.clone()), source: Box::new(source) }
}
