//! What is told of an answer that is no value. A status is read by many, and an address may lead to a service whose
//! answers are not for them: so no body is told, but how long it is, and the fields in which a metric system says what
//! is wrong. The body goes into the controller's debug log.

use serde_json::Value as Json;

use super::{Reply, shortened};
use crate::{Ctx, reading};

impl Reply {
    /// In place of the body: how long it is. The log has it, without secrets.
    pub(crate) fn withheld(&self, ctx: &Ctx<'_>) -> String {
        let length = self.body.len();
        if length == 0 {
            return "without a body".to_owned();
        }
        if tracing::enabled!(tracing::Level::DEBUG) {
            // Blanked before it is cut: half a secret is one as well.
            let body = shortened(&reading::blanked(ctx, &String::from_utf8_lossy(&self.body)));
            tracing::debug!(status = self.status, length, ?body, "an answer that is no value");
        }
        format!("with a body of {length} bytes, which is in the controller's debug log")
    }

    /// What the fields of a JSON body say in which the metric system tells what is wrong: texts, and lists
    /// of them. `None` when they say nothing.
    pub(crate) fn said(&self, fields: &[&str]) -> Option<String> {
        let body: Json = serde_json::from_slice(&self.body).ok()?;
        let texts: Vec<&str> = fields.iter().filter_map(|field| body.get(field)).flat_map(texts).collect();
        let said = texts.join(": ");
        (!said.is_empty()).then(|| shortened(&said))
    }

    /// What the body [says](Self::said), or else that it is [withheld](Self::withheld).
    pub(crate) fn said_or_withheld(&self, ctx: &Ctx<'_>, fields: &[&str]) -> String {
        self.said(fields).unwrap_or_else(|| self.withheld(ctx))
    }
}

fn texts(field: &Json) -> Vec<&str> {
    let items = match field {
        Json::Array(items) => items.as_slice(),
        text => std::slice::from_ref(text),
    };
    items.iter().filter_map(Json::as_str).filter(|text| !text.is_empty()).collect()
}

/// Why a body cannot be read. The library quotes what it found, which is a part of the body, where its type is wrong.
pub(crate) fn unread(error: &serde_json::Error) -> String {
    match (error.is_data(), error.line()) {
        (false, _) => error.to_string(),
        (true, 0) => "its JSON is not of the form that is expected".to_owned(),
        (true, line) => {
            format!("its JSON is not of the form that is expected, at line {line} column {}", error.column())
        }
    }
}
