//! RFC 6902: a list of operations, all or none.

use serde_json::Value;

use crate::Status;

/// Changes `target` as `patch` says; 400 when that is no JSON patch, 422 when an operation does not hold.
pub(crate) fn apply(target: &mut Value, patch: &Value) -> Result<(), Status> {
    let patch: json_patch::Patch = serde_json::from_value(patch.clone())
        .map_err(|why| Status::bad_request(format!("error decoding patch: {why}")))?;
    json_patch::patch(target, &patch).map_err(|why| Status::bad_patch(&why.to_string()))
}
