//! `patch`, in its four forms.

use serde_json::Value;

use crate::patch::{json, merge, strategic};
use crate::verbs::{Call, admit, commit, create, scale};
use crate::{Body, PatchType, Response, Status, apply, meta};

/// Changes parts of an object, of its status or of its scale.
pub(crate) fn patch(call: &mut Call<'_>) -> Result<Response, Status> {
    let Some(Body::Patch(form, patch)) = &call.request.body else {
        return Err(Status::bad_request("a patch needs a patch as its body"));
    };
    match (form, call.request.resource.subresource.as_str()) {
        (PatchType::Apply, "") => apply_object(call, patch.clone()),
        (PatchType::Apply, "status") => apply_to(call, patch.clone()),
        (form, "scale") => {
            let paths = call.kind.scale.as_ref().ok_or_else(Status::no_such_path)?;
            let mut now = scale::of(&*call.live()?, paths);
            patched(call, *form, &mut now, patch)?;
            scale::write(call, &now)
        }
        (form, "" | "status") => {
            let live = call.live()?;
            let mut new = Value::clone(&live);
            patched(call, *form, &mut new, patch)?;
            identity(call, &live, &new)?;
            admit::check_type(call, &mut new)?;
            commit::commit(call, &live, new, commit::Writer::Update)
        }
        _ => Err(Status::no_such_path()),
    }
}

fn patched(call: &Call<'_>, form: PatchType, target: &mut Value, patch: &Value) -> Result<(), Status> {
    match form {
        PatchType::Json => json::apply(target, patch),
        PatchType::Merge => {
            merge::apply(target, patch);
            Ok(())
        }
        PatchType::Strategic if call.kind.is_custom() => Err(Status::unsupported_media(
            "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
        )),
        PatchType::Strategic => strategic::apply(&call.kind.kind, target, patch),
        PatchType::Apply => Err(Status::bad_request("a scale is not applied, it is patched or updated")),
    }
}

/// A patch may not rename.
fn identity(call: &Call<'_>, live: &Value, new: &Value) -> Result<(), Status> {
    for (field, old, new) in [
        ("metadata.name", meta::name(live), meta::name(new)),
        ("metadata.namespace", meta::namespace(live), meta::namespace(new)),
    ] {
        if !new.is_empty() && old != new {
            let error = crate::status::FieldError::invalid(field, &new.into(), "field is immutable");
            return Err(Status::invalid(&call.kind.group, &call.kind.kind, meta::name(live), &[error]));
        }
    }
    Ok(())
}

/// Server-side apply: creates the object when there is none.
fn apply_object(call: &mut Call<'_>, mut config: Value) -> Result<Response, Status> {
    if call.live().is_ok() {
        return apply_to(call, config);
    }
    admit::check_type(call, &mut config)?;
    apply::check(call.request, &config)?;
    meta::default(&mut config, &["metadata", "name"], call.request.resource.name.as_str());
    create::create_object(call, config)
}

fn apply_to(call: &mut Call<'_>, mut config: Value) -> Result<Response, Status> {
    let live = call.live()?;
    admit::check_type(call, &mut config)?;
    apply::check(call.request, &config)?;
    let new = apply::apply(call.request, &call.kind, &live, &config, call.now)?;
    commit::commit(call, &live, new, commit::Writer::Apply)
}
