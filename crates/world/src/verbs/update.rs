//! `update`: replaces an object, its status or its scale.

use serde_json::Value;

use crate::verbs::{Call, admit, commit, scale};
use crate::{Body, Response, Status, meta};

/// Replaces an object, its status or its scale.
pub(crate) fn update(call: &mut Call<'_>) -> Result<Response, Status> {
    let Some(Body::Object(body)) = &call.request.body else {
        return Err(Status::bad_request("an update needs an object as its body"));
    };
    let mut body = body.clone();
    if call.request.resource.subresource == "scale" {
        return scale::write(call, &body);
    }
    admit::check_type(call, &mut body)?;
    check_name(call, &body)?;
    let live = call.live()?;
    if call.kind.is_custom() && meta::text(&body, &["metadata", "resourceVersion"]).is_empty() {
        let error = crate::status::FieldError {
            field: "metadata.resourceVersion".to_owned(),
            reason: "FieldValueInvalid",
            message: "Invalid value: 0x0: must be specified for an update".to_owned(),
        };
        return Err(Status::invalid(&call.kind.group, &call.kind.kind, meta::name(&live), &[error]));
    }
    commit::commit(call, &live, body, commit::Writer::Update)
}

/// A body may leave its name out only where the URL can fill it in.
fn check_name(call: &Call<'_>, body: &Value) -> Result<(), Status> {
    let (given, url) = (meta::name(body), &call.request.resource.name);
    if given != url {
        return Err(Status::bad_request(format!(
            "the name of the object ({given}) does not match the name on the URL ({url})"
        )));
    }
    let (given, url) = (meta::namespace(body), &call.request.resource.namespace);
    if !given.is_empty() && given != url {
        return Err(Status::bad_request(format!(
            "the namespace of the object ({given}) does not match the namespace on the request ({url})"
        )));
    }
    Ok(())
}
