//! Requests about objects: HTTP into a request to the world, and its answer back.

use std::sync::Arc;

use http::{HeaderMap, Method, Response};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use world::{Body as Payload, PatchType, Request, Resource, Status, Verb};

use crate::answer::Answer;
use crate::body::{self, Body};
use crate::negotiate::{Accept, Content, Form, object_content, patch_type};
use crate::protobuf;
use crate::query::Query;
use crate::shared::Shared;
use crate::watch;
use crate::{events, fields, forms};

/// A request about objects, without its body.
pub(crate) struct Call {
    pub(crate) shared: Arc<Shared>,
    pub(crate) closing: CancellationToken,
    pub(crate) resource: Resource,
    pub(crate) query: Query,
    pub(crate) accept: Accept,
    pub(crate) headers: HeaderMap,
}

/// Answers a request about objects.
pub(crate) async fn answer<B>(call: Call, method: &Method, body: B) -> Result<Response<Body>, Status>
where
    B: http_body::Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let verb = verb(method, &call.resource)?;
    if let (Verb::Get | Verb::List, Some(how)) = (verb, call.query.watch.clone()) {
        return watch::answer(call, &how);
    }
    let mut payload = payload(verb, &call.headers, body).await?;
    let unknown = check_fields(&call, &mut payload)?;
    let (mut resource, mut options) = (call.resource, call.query.options);
    let newer = events::to_core(&mut resource, &mut options, &mut payload);
    let request = Request { verb, resource, options, body: payload };
    let form = call.accept.form;
    let answered = call.shared.with(|world, now| match (verb, form) {
        (Verb::Get | Verb::List, Form::Table) => {
            forms::table(world, &request, now, &call.query.include_object).map(Answer::of)
        }
        _ => world.handle(&request, now).map(|mut response| {
            response.warnings.extend(unknown);
            let mut body = forms::list_items(world, &request, response.body);
            if newer {
                events::from_core(Arc::make_mut(&mut body));
            }
            Answer::of(body).code(response.code).warnings(response.warnings)
        }),
    })?;
    let answered = if form == Form::Metadata { answered.map(forms::metadata) } else { answered };
    let content_type = if call.accept.yaml { "application/yaml" } else { "application/json" };
    Ok(answered.pretty(call.query.pretty).respond(content_type))
}

/// Drops what the kind does not have; the result are warnings about it.
fn check_fields(call: &Call, payload: &mut Option<Payload>) -> Result<Vec<String>, Status> {
    let (resource, validation) = (&call.resource, call.query.options.field_validation.as_str());
    match payload {
        Some(Payload::Object(object)) => fields::check_object(object, validation),
        Some(Payload::Patch(kind, patch)) if matches!(resource.subresource.as_str(), "" | "status") => {
            let of = call.shared.with(|world, _| world.kind(&resource.group, &resource.plural).cloned());
            let Some(of) = of else { return Ok(Vec::new()) };
            let api_version = match resource.group.as_str() {
                "" => resource.version.clone(),
                group => format!("{group}/{}", resource.version),
            };
            fields::check_patch(*kind, patch, (&api_version, &of.kind), validation)
        }
        _ => Ok(Vec::new()),
    }
}

fn verb(method: &Method, resource: &Resource) -> Result<Verb, Status> {
    let one = !resource.name.is_empty();
    match *method {
        Method::GET | Method::HEAD if one => Ok(Verb::Get),
        Method::GET | Method::HEAD => Ok(Verb::List),
        Method::POST if !one || !resource.subresource.is_empty() => Ok(Verb::Create),
        Method::PUT if one => Ok(Verb::Update),
        Method::PATCH if one => Ok(Verb::Patch),
        Method::DELETE if one => Ok(Verb::Delete),
        Method::DELETE => Ok(Verb::DeleteCollection),
        _ => Err(Status::method_not_allowed()),
    }
}

async fn payload<B>(verb: Verb, headers: &HeaderMap, body: B) -> Result<Option<Payload>, Status>
where
    B: http_body::Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    match verb {
        Verb::Get | Verb::List => Ok(None),
        Verb::Patch => {
            let kind = patch_type(headers)?;
            let bytes = body::read(body).await?;
            let patch = if kind == PatchType::Apply { yaml(&bytes) } else { json(&bytes) }?;
            Ok(Some(Payload::Patch(kind, patch)))
        }
        Verb::Create | Verb::Update => {
            Ok(Some(Payload::Object(object(object_content(headers)?, &body::read(body).await?)?)))
        }
        Verb::Delete | Verb::DeleteCollection => {
            let bytes = body::read(body).await?;
            if bytes.is_empty() {
                return Ok(None);
            }
            Ok(Some(Payload::Object(object(object_content(headers)?, &bytes)?)))
        }
    }
}

/// An object in the notation of its media type.
pub(crate) fn object(content: Content, bytes: &[u8]) -> Result<Value, Status> {
    let object = match content {
        Content::Protobuf => protobuf::decode(bytes)?,
        Content::Json => json(bytes)?,
        Content::Yaml => yaml(bytes)?,
    };
    if object.is_object() {
        Ok(object)
    } else {
        Err(Status::bad_request("the body must be one object; it is something else or empty"))
    }
}

fn json(bytes: &[u8]) -> Result<Value, Status> {
    serde_json::from_slice(bytes).map_err(|why| Status::bad_request(format!("the body is not JSON: {why}")))
}

/// YAML, of which JSON is the common case and read faster.
fn yaml(bytes: &[u8]) -> Result<Value, Status> {
    serde_json::from_slice(bytes).or_else(|_| {
        let text = std::str::from_utf8(bytes).map_err(|_| Status::bad_request("the body is not UTF-8"))?;
        crd::yaml::from_str(text).map_err(|why| Status::bad_request(format!("the body is not YAML: {why}")))
    })
}
