//! Answers as HTTP.

use std::sync::Arc;

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WARNING};
use http::{Response, StatusCode};
use serde_json::Value;
use world::Status;

use crate::body::Body;

/// An answer that is known as a whole.
pub(crate) struct Answer {
    code: u16,
    body: Arc<Value>,
    warnings: Vec<String>,
    pretty: bool,
}

impl Answer {
    /// 200 and a document.
    pub(crate) fn of(body: impl Into<Arc<Value>>) -> Self {
        Self { code: 200, body: body.into(), warnings: Vec::new(), pretty: false }
    }

    pub(crate) fn code(self, code: u16) -> Self {
        Self { code, ..self }
    }

    pub(crate) fn warnings(self, warnings: Vec<String>) -> Self {
        Self { warnings, ..self }
    }

    /// The same answer with another document.
    pub(crate) fn map(self, change: impl FnOnce(&Value) -> Value) -> Self {
        let body = change(&self.body).into();
        Self { body, ..self }
    }

    pub(crate) fn pretty(self, pretty: bool) -> Self {
        Self { pretty, ..self }
    }

    /// The answer as JSON under its media type; as YAML when that is the media type.
    pub(crate) fn respond(self, content_type: &'static str) -> Response<Body> {
        let bytes = if content_type == "application/yaml" {
            serde_yaml::to_string(&*self.body).unwrap_or_default().into_bytes()
        } else if self.pretty {
            serde_json::to_vec_pretty(&*self.body).unwrap_or_default()
        } else {
            serde_json::to_vec(&*self.body).unwrap_or_default()
        };
        let mut response = respond(self.code, content_type, Body::whole(bytes));
        for warning in &self.warnings {
            // 299 is "miscellaneous, persistent"; the agent's name is left out as the real server leaves it out.
            let text = warning.replace('\\', "\\\\").replace('"', "\\\"").replace(['\r', '\n'], " ");
            if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{text}\"")) {
                response.headers_mut().append(WARNING, value);
            }
        }
        response
    }
}

/// A refusal as the `Status` object of the API.
pub(crate) fn refusal(status: &Status) -> Response<Body> {
    let mut response = Answer::of(status.to_object()).code(status.code).respond("application/json");
    if let Some(seconds) = status.details["retryAfterSeconds"].as_u64() {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response
}

/// A short text, as the health checks answer.
pub(crate) fn text(text: &'static str) -> Response<Body> {
    respond(200, "text/plain; charset=utf-8", Body::whole(text))
}

/// A response with a body of a media type.
pub(crate) fn respond(code: u16, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    response
}
