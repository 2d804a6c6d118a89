//! Actions become requests: the single place that writes on behalf of a decision.

use std::sync::Arc;

use crd::{Kind, ObjectKey, ObjectMeta};
use kube::Client;
use kube::api::{DeleteParams, GetParams, Patch, PatchParams, PostParams, Preconditions};
use kube::core::Request;
use rollout::{Action, PatchBody};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::cache::Cache;
use crate::error::Error;
use crate::observed::{Version, Versions};
use crate::requests::Fenced;
use crate::watches::{Answered, Task, WATCHES, Watch};

/// Name under which the server records which fields are ours.
pub(crate) const FIELD_MANAGER: &str = "aviary-controller";

/// Writes for one controller. Its client stops writes without a lease.
#[derive(Clone)]
pub(crate) struct Writer {
    client: Client,
    cache: Arc<Cache>,
}

/// The proof that every action of a decision held: only with it may the status be written.
#[derive(Debug, Default)]
#[must_use]
pub(crate) struct Applied {
    /// Versions that the writes produced, in order.
    pub(crate) versions: Vec<(ObjectKey, String)>,
    /// What is to be worked on because of them.
    pub(crate) tasks: Vec<Task>,
}

/// The part of the answer about a kind without a row in the table of watches that we look at.
#[derive(Default, Deserialize)]
struct Written {
    #[serde(default)]
    metadata: WrittenMeta,
}

/// The part of an object by which it is told whose it is.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Found {
    metadata: ObjectMeta,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WrittenMeta {
    resource_version: String,
}

impl Writer {
    /// `client` is one that a fence stands before.
    pub(crate) fn new(client: Client, cache: Arc<Cache>) -> Self {
        Self { client, cache }
    }

    /// For reading what a write has run into.
    pub(crate) fn client(&self) -> Client {
        self.client.clone()
    }

    /// Carries the actions out in order and stops at the first that fails. What was done until then is in `done`. Objects
    /// are written on the condition that they are still what was observed.
    pub(crate) async fn apply(
        &self,
        actions: &[Action],
        mut observed: Versions,
        done: &mut Applied,
    ) -> Result<(), Error> {
        for action in actions {
            let (key, verb, write) = request(action, &observed)?;
            let Answered { version, tasks } = self.send(key, verb, write).await?;
            if !version.is_empty() {
                observed.wrote(key, &version);
                done.versions.push((key.clone(), version));
            }
            done.tasks.extend(tasks);
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
    ) -> Result<Answered, Error> {
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

    /// Reads `key` from the API server and takes it into the cache, if `owner` controls it; `None` if it does not. An
    /// object whose creation was not answered has its name already, before the watch shows it.
    pub(crate) async fn adopt(&self, key: &ObjectKey, owner: &ObjectMeta) -> Result<Option<Answered>, Error> {
        let unread = |source| Error::Read { key: Box::new(key.clone()), source: Box::new(source) };
        let row = WATCHES.iter().find(|row| row.kind == key.kind);
        let lists = row.map_or(0, |row| (row.lists)(&self.cache.read()));
        let request = Request::new(url(key)).get(&key.name, &GetParams::default());
        let request = request.map_err(|error| unread(kube::Error::BuildRequest(error)))?;
        let text = self.client.request_text(request).await.map_err(unread)?;
        let found: Found =
            serde_json::from_str(&text).map_err(|error| unread(kube::Error::SerdeError(error)))?;
        let owned = found.metadata.controller().is_some_and(|by| by.uid == owner.uid);
        Ok(owned.then(|| self.take(row, &text, lists)))
    }

    async fn send(
        &self,
        key: &ObjectKey,
        verb: &'static str,
        request: http::Request<Vec<u8>>,
    ) -> Result<Answered, Error> {
        let row = WATCHES.iter().find(|row| row.kind == key.kind && verb != "delete");
        let lists = row.map_or(0, |row| (row.lists)(&self.cache.read()));
        match self.client.request_text(request).await {
            Ok(text) => Ok(self.take(row, &text, lists)),
            Err(kube::Error::Api(status)) if is_success(verb, &status) => Ok(Answered::default()),
            Err(kube::Error::Service(error)) if error.is::<Fenced>() => {
                Err(Error::LeaseLost { key: Box::new(key.clone()) })
            }
            Err(source) => Err(Error::Write { verb, key: Box::new(key.clone()), source: Box::new(source) }),
        }
    }

    /// Takes the answer into the cache, so that the next pass need not wait for the watch. One that cannot be read is
    /// left to the watch.
    fn take(&self, row: Option<&Watch>, text: &str, lists: u64) -> Answered {
        let taken = row.and_then(|row| (row.anticipate)(&mut self.cache.write(), text, lists).ok());
        taken.unwrap_or_else(|| {
            let written: Written = serde_json::from_str(text).unwrap_or_default();
            Answered { version: written.metadata.resource_version, tasks: vec![] }
        })
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

fn request<'a>(action: &'a Action, observed: &Versions) -> Result<Built<'a>, Error> {
    let params = PatchParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PatchParams::default() };
    match action {
        Action::Create { key, object } => {
            let post = PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() };
            let bytes = serde_json::to_vec(object)
                .map_err(|error| unbuilt(key, "create", kube::Error::SerdeError(error)))?;
            Ok((key, "create", built(key, "create", Request::new(url(key)).create(&post, bytes))?))
        }
        Action::Patch { key, patch: PatchBody::Merge(body) } => {
            let body = on_condition(body.clone(), observed.get(key));
            let request = Request::new(url(key)).patch(&key.name, &params, &Patch::Merge(body));
            Ok((key, "patch", built(key, "patch", request)?))
        }
        // These say themselves what they replace.
        Action::Patch { key, patch: PatchBody::Json(body) } => {
            let patch = serde_json::from_value(body.clone())
                .map_err(|error| unbuilt(key, "patch", kube::Error::SerdeError(error)))?;
            let patch = Patch::<()>::Json(patch);
            Ok((key, "patch", built(key, "patch", Request::new(url(key)).patch(&key.name, &params, &patch))?))
        }
        Action::Scale { key, replicas, annotations } => {
            let body = on_condition(scale_body(*replicas, annotations), observed.get(key));
            let request = Request::new(url(key)).patch(&key.name, &params, &Patch::Merge(body));
            Ok((key, "scale", built(key, "scale", request)?))
        }
        Action::Delete { key, uid } => {
            let uid = Some(uid.clone()).filter(|uid| !uid.is_empty());
            let mut delete = DeleteParams::background();
            delete.preconditions = Some(Preconditions { uid, ..Preconditions::default() });
            Ok((key, "delete", built(key, "delete", Request::new(url(key)).delete(&key.name, &delete))?))
        }
        Action::Evict { key } => Ok((key, "evict", evict(key, observed.get(key))?)),
    }
}

/// A merge patch that is refused when the object is no longer what was observed.
fn on_condition(mut body: Value, observed: Option<&Version>) -> Value {
    let version = observed.map(|version| version.resource_version.as_str()).filter(|text| !text.is_empty());
    if let (Some(version), Some(fields)) = (version, body.as_object_mut()) {
        let meta = fields.entry("metadata").or_insert_with(|| json!({}));
        if let Some(meta) = meta.as_object_mut() {
            meta.insert("resourceVersion".to_owned(), version.into());
        }
    }
    body
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

fn evict(key: &ObjectKey, observed: Option<&Version>) -> Result<http::Request<Vec<u8>>, Error> {
    let mut body = json!({
        "apiVersion": "policy/v1", "kind": "Eviction",
        "metadata": {"name": key.name, "namespace": key.namespace},
    });
    let uid = observed.map(|version| version.uid.as_str()).filter(|uid| !uid.is_empty());
    if let (Some(uid), Some(fields)) = (uid, body.as_object_mut()) {
        fields.insert("deleteOptions".to_owned(), json!({"preconditions": {"uid": uid}}));
    }
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

    fn set() -> ObjectKey {
        ObjectKey::new(Kind::REPLICA_SET, "shop", "cart-abc")
    }

    fn seen(key: ObjectKey) -> Versions {
        let meta = crd::ObjectMeta {
            uid: "u".to_owned(),
            resource_version: "7".to_owned(),
            ..crd::ObjectMeta::default()
        };
        Versions::of([(key, &meta)])
    }

    fn body(action: &Action, observed: &Versions) -> Value {
        serde_json::from_slice(request(action, observed).unwrap().2.body()).unwrap()
    }

    #[test]
    fn what_is_gone_already_is_deleted_and_no_other_refusal_is_a_success() {
        let told = |verb: &str, code: u16, reason: &str| {
            is_success(verb, &kube::core::Status::failure("", reason).with_code(code).boxed())
        };
        assert!(told("delete", 404, "NotFound"), "it is gone (AR-L8)");
        assert!(told("delete", 409, "Conflict"), "another one has its name by now");
        assert!(!told("delete", 403, "Forbidden") && !told("delete", 500, "InternalError"));
        assert!(told("evict", 404, "NotFound") && told("evict", 429, "TooManyRequests"));
        assert!(!told("evict", 403, "Forbidden"));
        for verb in ["create", "patch", "scale", "patch the status of"] {
            assert!(!told(verb, 404, "NotFound") && !told(verb, 409, "Conflict"), "{verb}");
        }
    }

    #[test]
    fn a_scale_is_one_merge_patch_of_size_and_annotations() {
        let annotations = vec![("set".to_owned(), Some("1".to_owned())), ("gone".to_owned(), None)];
        let action = Action::Scale { key: set(), replicas: 3, annotations };
        let versions = Versions::default();
        let (_, verb, request) = request(&action, &versions).unwrap();
        assert_eq!((verb, request.method().as_str()), ("scale", "PATCH"));
        assert_eq!(request.uri().path(), "/apis/apps/v1/namespaces/shop/replicasets/cart-abc");
        let body: Value = serde_json::from_slice(request.body()).unwrap();
        assert_eq!(
            body,
            json!({"metadata": {"annotations": {"set": "1", "gone": null}}, "spec": {"replicas": 3}})
        );
    }

    #[test]
    fn what_was_observed_is_the_condition_of_a_write_and_our_own_write_moves_it_on() {
        let scale = Action::Scale { key: set(), replicas: 3, annotations: vec![] };
        let mut versions = seen(set());
        let expected =
            |version: &str| json!({"metadata": {"resourceVersion": version}, "spec": {"replicas": 3}});
        assert_eq!(body(&scale, &versions), expected("7"));
        versions.wrote(&set(), "9");
        assert_eq!(body(&scale, &versions), expected("9"));
        let annotate = json!({"metadata": {"annotations": {"a": "b"}}});
        let patch = Action::Patch { key: set(), patch: PatchBody::Merge(annotate) };
        let expected = json!({"metadata": {"annotations": {"a": "b"}, "resourceVersion": "9"}});
        assert_eq!(body(&patch, &versions), expected);
        let pod = ObjectKey::new(Kind::POD, "shop", "cart-abc-x");
        let evict = Action::Evict { key: pod.clone() };
        assert_eq!(body(&evict, &seen(pod))["deleteOptions"]["preconditions"]["uid"], "u");
        assert!(body(&evict, &versions).get("deleteOptions").is_none(), "it was not looked at");
    }
}
