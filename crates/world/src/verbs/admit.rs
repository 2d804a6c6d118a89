//! What happens to every object on its way in: type line, pruning, defaults, validation.

use serde_json::Value;

use crate::kinds::{self, api_version};
use crate::status::FieldError;
use crate::verbs::Call;
use crate::{Status, defaults, meta, validate};

/// Checks the type line, or fills it in, and turns it into that of the stored version.
pub(crate) fn check_type(call: &Call<'_>, object: &mut Value) -> Result<(), Status> {
    if !object.is_object() {
        return Err(Status::bad_request(
            "couldn't get version/kind; json parse error: the body is not an object",
        ));
    }
    let (kind, resource) = (&call.kind, &call.request.resource);
    let asked = api_version(&resource.group, &resource.version);
    let given = meta::text(object, &["apiVersion"]);
    if !given.is_empty() && given != asked && given != kind.api_version() {
        return Err(Status::bad_request(format!(
            "the API version in the data ({given}) does not match the expected API version ({asked})"
        )));
    }
    let given = meta::text(object, &["kind"]);
    if !given.is_empty() && given != &*kind.kind {
        let (wanted, version) = (&kind.kind, &resource.version);
        return Err(Status::bad_request(format!(
            "{given} in version {version:?} cannot be handled as a {wanted}: no kind {given:?} is registered for it here"
        )));
    }
    if given.is_empty() {
        object["kind"] = (&*kind.kind).into();
    }
    object["apiVersion"] = kind.api_version().into();
    Ok(())
}

/// Brings the object into the form in which it is stored.
pub(crate) fn shape(call: &Call<'_>, object: &mut Value, warnings: &mut Vec<String>) -> Result<(), Status> {
    drop_empty_metadata(object);
    let Some(version) = call.kind.custom.get(&call.request.resource.version) else {
        defaults::apply(&call.kind, object);
        if kinds::is_definition(&call.id()) && object.get("status").is_none() {
            kinds::establish(object, &meta::stamp(call.now));
        }
        return Ok(());
    };
    let unknown = version.schema.prune(object);
    let unknown: Vec<String> = unknown.iter().map(|path| format!("unknown field {path:?}")).collect();
    if !unknown.is_empty() {
        match call.request.options.field_validation.as_str() {
            "Ignore" => {}
            "Strict" => {
                let (kind, version) = (&call.kind.kind, &call.request.resource.version);
                return Err(Status::bad_request(format!(
                    "{kind} in version {version:?} cannot be handled as a {kind}: strict decoding error: {}",
                    unknown.join(", ")
                )));
            }
            _ => warnings.extend(unknown),
        }
    }
    version.schema.fill(object);
    Ok(())
}

/// Go leaves empty maps and lists of the metadata out; so an object that was never labelled equals one that was
/// unlabelled.
fn drop_empty_metadata(object: &mut Value) {
    if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
        metadata.retain(|_, value| match value {
            Value::Null => false,
            Value::Object(map) => !map.is_empty(),
            Value::Array(items) => !items.is_empty(),
            Value::String(text) => !text.is_empty(),
            _ => true,
        });
    }
}

/// Refuses what the kind does not allow; `old` is the form that `object` replaces.
pub(crate) fn validate(call: &Call<'_>, old: Option<&Value>, object: &Value) -> Result<(), Status> {
    let mut errors: Vec<FieldError> = validate::metadata(&call.kind, object);
    match call.kind.custom.get(&call.request.resource.version) {
        Some(version) => errors.extend(version.schema.check(object)),
        None => errors.extend(validate::built_in(&call.kind, old, object)),
    }
    if errors.is_empty() {
        return Ok(());
    }
    Err(Status::invalid(&call.kind.group, &call.kind.kind, meta::name(object), &errors))
}
