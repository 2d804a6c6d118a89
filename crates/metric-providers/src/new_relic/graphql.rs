//! What NerdGraph answers.

use serde::Deserialize;
use serde_json::Value as Json;

use crate::http::{self, Reply};
use crate::{Ctx, Fault, go_json, retry};

/// Classes of errors that may pass.
const PASSING: &[&str] = &["TIMEOUT", "INTERNAL_SERVER_ERROR", "SERVER_ERROR", "TOO_MANY_REQUESTS"];

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    data: Json,
    #[serde(default)]
    errors: Option<Vec<Complaint>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    #[serde(default)]
    message: String,
    #[serde(default)]
    extensions: Extensions,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Extensions {
    error_class: String,
}

/// Whether asking again may help.
pub(super) fn may_pass(answer: &Result<Reply, Fault>) -> bool {
    match answer {
        Err(fault) => retry::is_of_the_way(fault),
        Ok(reply) if matches!(reply.status, 429 | 500 | 502..) => true,
        Ok(reply) => serde_json::from_slice::<Body>(&reply.body).is_ok_and(|body| {
            let mut complaints = body.errors.iter().flatten();
            complaints.any(|complaint| PASSING.contains(&complaint.extensions.error_class.as_str()))
        }),
    }
}

/// The rows that the query gave.
pub(super) fn results(ctx: &Ctx<'_>, reply: &Reply) -> Result<Vec<Json>, Fault> {
    let parsed: Result<Body, _> = serde_json::from_slice(&reply.body);
    let said = |body: &Body| {
        let messages = body.errors.iter().flatten().map(|complaint| complaint.message.as_str());
        messages.collect::<Vec<_>>().join(", ")
    };
    if !(200..300).contains(&reply.status) {
        let said = parsed.map(|body| said(&body)).unwrap_or_default();
        let said = if said.is_empty() { reply.withheld(ctx) } else { http::shortened(&said) };
        return Err(Fault::Answer(format!("{} response returned: {said}", reply.status)));
    }
    let mut body = parsed.map_err(|error| Fault::Answer(go_json::fault(&reply.body, &error)))?;
    if body.errors.as_ref().is_some_and(|errors| !errors.is_empty()) {
        return Err(Fault::Answer(http::shortened(&said(&body))));
    }
    let results = body.data.pointer_mut("/actor/account/nrql/results").map(Json::take);
    match results {
        Some(Json::Array(rows)) => Ok(rows),
        _ => Ok(Vec::new()),
    }
}
