//! Actions become requests: the single place that writes on behalf of a decision.

use crd::{Kind, ObjectKey};
use kube::Client;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams, Preconditions};
use kube::core::Request;
use rollout::{Action, PatchBody};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::lease::Fence;

/// Name under which the server records which fields are ours.
pub(crate) const FIELD_MANAGER: &str = "aviary-controller";

/// Writes for one controller.
#[derive(Clone)]
pub(crate) struct Writer {
    client: Client,
    fence: Fence,
}

/// The proof that every action of a decision held: only with it may the status be written.
#[derive(Debug, Default)]
#[must_use]
pub(crate) struct Applied {
    /// Versions that the writes produced, in order.
    pub(crate) versions: Vec<(ObjectKey, String)>,
}

/// The part of an answer that we look at.
#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    metadata: WrittenMeta,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WrittenMeta {
    resource_version: String,
}

impl Writer {
    pub(crate) fn new(client: Client, fence: Fence) -> Self {
        Self { client, fence }
    }

    /// Carries the actions out in order and stops at the first that fails. What was done until then is in `done`.
    pub(crate) async fn apply(&self, actions: &[Action], done: &mut Applied) -> Result<(), Error> {
        for action in actions {
            let (key, verb, write) = request(action)?;
            if let Some(version) = self.send(key, verb, write).await? {
                done.versions.push((key.clone(), version));
            }
        }
        Ok(())
    }

    /// Writes the status of `key` as a merge patch, on the condition that the object is still at `version`.
    pub(crate) async fn status(
        &self,
        key: &ObjectKey,
        subresource: bool,
        mut patch: Value,
        version: &str,
    ) -> Result<Option<String>, Error> {
        if let Some(fields) = patch.as_object_mut() {
            fields.insert("metadata".to_owned(), json!({"resourceVersion": version}));
        }
        let collection = url(key);
        let (params, patch) = (PatchParams::default(), Patch::Merge(&patch));
        let request = if subresource {
            Request::new(collection).patch_subresource("status", &key.name, &params, &patch)
        } else {
            Request::new(collection).patch(&key.name, &params, &patch)
        };
        self.send(key, "patch the status of", built(key, "patch the status of", request)?).await
    }

    async fn send(
        &self,
        key: &ObjectKey,
        verb: &'static str,
        request: http::Request<Vec<u8>>,
    ) -> Result<Option<String>, Error> {
        if !self.fence.holds() {
            return Err(Error::LeaseLost { key: Box::new(key.clone()) });
        }
        match self.client.request::<Written>(request).await {
            Ok(written) => Ok(Some(written.metadata.resource_version).filter(|version| !version.is_empty())),
            Err(kube::Error::Api(status)) if is_success(verb, &status) => Ok(None),
            Err(source) => Err(Error::Write { verb, key: Box::new(key.clone()), source: Box::new(source) }),
        }
    }
}

/// Answers that are refusals in form and success in substance.
fn is_success(verb: &str, status: &kube::core::Status) -> bool {
    match verb {
        // Gone already, or another incarnation by now.
        "delete" => status.is_not_found() || status.is_conflict(),
        // A disruption budget says: not now. The next pass tries again.
        "evict" => status.is_not_found() || status.code == 429,
        _ => false,
    }
}

type Built<'a> = (&'a ObjectKey, &'static str, http::Request<Vec<u8>>);

fn request(action: &Action) -> Result<Built<'_>, Error> {
    let params = PatchParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PatchParams::default() };
    match action {
        Action::Create { key, object } => {
            let post = PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() };
            let bytes = serde_json::to_vec(object)
                .map_err(|error| unbuilt(key, "create", kube::Error::SerdeError(error)))?;
            Ok((key, "create", built(key, "create", Request::new(url(key)).create(&post, bytes))?))
        }
        Action::Patch { key, patch: PatchBody::Merge(body) } => Ok((
            key,
            "patch",
            built(key, "patch", Request::new(url(key)).patch(&key.name, &params, &Patch::Merge(body)))?,
        )),
        Action::Patch { key, patch: PatchBody::Json(body) } => {
            let patch = serde_json::from_value(body.clone())
                .map_err(|error| unbuilt(key, "patch", kube::Error::SerdeError(error)))?;
            let patch = Patch::<()>::Json(patch);
            Ok((key, "patch", built(key, "patch", Request::new(url(key)).patch(&key.name, &params, &patch))?))
        }
        Action::Scale { key, replicas, annotations } => {
            let body = scale_body(*replicas, annotations);
            Ok((
                key,
                "scale",
                built(key, "scale", Request::new(url(key)).patch(&key.name, &params, &Patch::Merge(&body)))?,
            ))
        }
        Action::Delete { key, uid } => {
            let uid = Some(uid.clone()).filter(|uid| !uid.is_empty());
            let mut delete = DeleteParams::background();
            delete.preconditions = Some(Preconditions { uid, ..Preconditions::default() });
            Ok((key, "delete", built(key, "delete", Request::new(url(key)).delete(&key.name, &delete))?))
        }
        Action::Evict { key } => Ok((key, "evict", evict(key)?)),
    }
}

fn scale_body(replicas: i32, annotations: &[(String, Option<String>)]) -> Value {
    let annotations: Map<String, Value> =
        annotations.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    if annotations.is_empty() {
        json!({"spec": {"replicas": replicas}})
    } else {
        json!({"metadata": {"annotations": annotations}, "spec": {"replicas": replicas}})
    }
}

fn evict(key: &ObjectKey) -> Result<http::Request<Vec<u8>>, Error> {
    let body = json!({
        "apiVersion": "policy/v1", "kind": "Eviction",
        "metadata": {"name": key.name, "namespace": key.namespace},
    });
    let bytes =
        serde_json::to_vec(&body).map_err(|error| unbuilt(key, "evict", kube::Error::SerdeError(error)))?;
    built(
        key,
        "evict",
        Request::new(url(key)).create_subresource("eviction", &key.name, &PostParams::default(), bytes),
    )
}

/// URL of the collection that an object lives in.
pub(crate) fn url(key: &ObjectKey) -> String {
    let Kind { group, version, plural, .. } = &key.kind;
    let root = if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
    match key.namespace.as_str() {
        "" => format!("{root}/{plural}"),
        namespace => format!("{root}/namespaces/{namespace}/{plural}"),
    }
}

fn built(
    key: &ObjectKey,
    verb: &'static str,
    request: Result<http::Request<Vec<u8>>, kube::core::request::Error>,
) -> Result<http::Request<Vec<u8>>, Error> {
    request.map_err(|error| unbuilt(key, verb, kube::Error::BuildRequest(error)))
}

fn unbuilt(key: &ObjectKey, verb: &'static str, source: kube::Error) -> Error {
    Error::Write { verb, key: Box::new(key.clone()), source: Box::new(source) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_is_one_merge_patch_of_size_and_annotations() {
        let key = ObjectKey::new(Kind::REPLICA_SET, "shop", "cart-abc");
        let annotations = vec![("set".to_owned(), Some("1".to_owned())), ("gone".to_owned(), None)];
        let action = Action::Scale { key, replicas: 3, annotations };
        let (_, verb, request) = request(&action).unwrap();
        assert_eq!((verb, request.method().as_str()), ("scale", "PATCH"));
        assert_eq!(request.uri().path(), "/apis/apps/v1/namespaces/shop/replicasets/cart-abc");
        let body: Value = serde_json::from_slice(request.body()).unwrap();
        assert_eq!(
            body,
            json!({"metadata": {"annotations": {"set": "1", "gone": null}}, "spec": {"replicas": 3}})
        );
    }
}
