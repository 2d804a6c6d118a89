//! `create`

use serde_json::{Value, json};

use crate::apply::managed;
use crate::store::{self, Store};
use crate::verbs::{Call, admit};
use crate::{Body, Response, Status, meta};

/// Stores a new object.
pub(crate) fn create(call: &mut Call<'_>) -> Result<Response, Status> {
    let Some(Body::Object(body)) = &call.request.body else {
        return Err(Status::bad_request("a create needs an object as its body"));
    };
    create_object(call, body.clone())
}

/// Stores `object` as a new one; also the way in for server-side apply.
pub(crate) fn create_object(call: &mut Call<'_>, mut object: Value) -> Result<Response, Status> {
    admit::check_type(call, &mut object)?;
    place(call, &mut object)?;
    if call.kind.status && !is_definition(call) {
        meta::set(&mut object, &["status"], Value::Null);
    }
    let mut warnings = Vec::new();
    admit::shape(call, &mut object, &mut warnings)?;
    let name = meta::name(&object).to_owned();
    admit::validate(call, None, &object)?;
    let id = call.kind.id(&call.request.resource.namespace, &name);
    if call.store.find(&id).is_some() {
        return Err(Status::already_exists(&call.kind.group, &call.kind.plural, &name));
    }
    namespace_is_open(call, &name)?;
    for gone in ["resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"] {
        meta::set(&mut object, &["metadata", gone], Value::Null);
    }
    store::stamp_new(call.store, &mut object, call.now);
    if call.kind.has_generation() {
        meta::set(&mut object, &["metadata", "generation"], json!(1));
    }
    managed::created(call.request, &call.kind, &mut object, call.now);
    let stored = call.write(&id, object);
    Ok(Response { warnings, ..call.answer(201, stored) })
}

/// Gives the object its name and namespace.
fn place(call: &mut Call<'_>, object: &mut Value) -> Result<(), Status> {
    let resource = &call.request.resource;
    if call.kind.namespaced {
        if resource.namespace.is_empty() {
            return Err(Status::bad_request("an empty namespace may not be set during creation"));
        }
        let given = meta::namespace(object);
        if !given.is_empty() && given != resource.namespace {
            return Err(Status::bad_request(
                "the namespace of the provided object does not match the namespace sent on the request",
            ));
        }
        meta::set(object, &["metadata", "namespace"], resource.namespace.clone().into());
    } else {
        meta::set(object, &["metadata", "namespace"], Value::Null);
    }
    let prefix = meta::text(object, &["metadata", "generateName"]).to_owned();
    if meta::name(object).is_empty() && !prefix.is_empty() {
        let name = generated(call.store, &prefix);
        meta::set(object, &["metadata", "name"], name.into());
    }
    Ok(())
}

/// A name that begins with `prefix`; cut so that a pod's host name still fits.
pub(crate) fn generated(store: &mut Store, prefix: &str) -> String {
    const LONGEST_PREFIX: usize = 58;
    let prefix = prefix.get(..LONGEST_PREFIX).unwrap_or(prefix);
    format!("{prefix}{}", store.suffix())
}

fn namespace_is_open(call: &Call<'_>, name: &str) -> Result<(), Status> {
    if !call.kind.namespaced {
        return Ok(());
    }
    let namespace = &call.request.resource.namespace;
    let live = call.store.get("", "namespaces", "", namespace);
    let live = live.ok_or_else(|| Status::not_found("", "namespaces", namespace))?;
    if !meta::is_deleting(live) {
        return Ok(());
    }
    let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
    let mut refusal = Status::forbidden(&call.kind.group, &call.kind.plural, name, &why);
    refusal.details["causes"] = json!([{
        "reason": "NamespaceTerminating", "message": format!("namespace {namespace} is being terminated"),
        "field": "metadata.namespace",
    }]);
    Err(refusal)
}

fn is_definition(call: &Call<'_>) -> bool {
    crate::kinds::is_definition(&call.id())
}
