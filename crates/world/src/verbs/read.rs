//! `get`

use crate::verbs::{Call, scale};
use crate::{Response, Status};

/// Reads one object, its status or its scale.
pub(crate) fn get(call: &Call<'_>) -> Result<Response, Status> {
    let live = call.live()?;
    match call.request.resource.subresource.as_str() {
        "" => Ok(call.answer(200, live)),
        "status" if call.kind.status => Ok(call.answer(200, live)),
        "scale" => {
            let paths = call.kind.scale.as_ref().ok_or_else(Status::no_such_path)?;
            Ok(Response { code: 200, body: scale::of(&live, paths).into(), warnings: Vec::new() })
        }
        _ => Err(Status::no_such_path()),
    }
}
