//! What the service says when it cannot do as asked: RFC 9457 problem details, one row per problem.

use std::collections::BTreeMap;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::openapi::{self, Content, Ref, RefOr, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

use crate::StoreError;

/// A request that could not be served. `Display` is the `detail` that the client reads.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    /// The path names no route.
    #[error("there is nothing at {0}; see POST /v1/items/{{id}}/ratings and GET /v1/items/{{id}}/rating")]
    NotFound(String),
    /// The route knows other methods.
    #[error("{method} does not work on {path}; the allow header lists what does")]
    MethodNotAllowed {
        /// As requested.
        method: String,
        /// As requested.
        path: String,
    },
    /// The body, the item or the key cannot be read.
    #[error("{0}")]
    Invalid(String),
    /// The body is larger than the limit.
    #[error("the body is larger than {limit} bytes; a rating needs less than 400")]
    TooLarge {
        /// In bytes.
        limit: usize,
    },
    /// The body is not JSON by its content type.
    #[error("the body must be sent as content-type: application/json")]
    MediaType,
    /// The key was used for another rating.
    #[error(
        "idempotency key {key:?} already stored {stored} stars for this item; use a new key for a new rating"
    )]
    KeyReused {
        /// As sent.
        key: String,
        /// What it stored.
        stored: u8,
    },
    /// A write without a token that is known.
    #[error("a rating needs `authorization: Bearer TOKEN` with a token that is known here")]
    Unauthorized,
    /// The client asks too often.
    #[error("this client sends more than {rate} requests a second; try again after {seconds} s")]
    TooMany {
        /// How many a second are served.
        rate: u32,
        /// When the next one is.
        seconds: u64,
    },
    /// All places are taken.
    #[error("{limit} requests are being served, which is the limit; try again after a moment")]
    Overloaded {
        /// How many at a time.
        limit: usize,
    },
    /// The request took too long.
    #[error(
        "the request was given up after {millis} ms; with an idempotency key it is safe to send it again"
    )]
    Timeout {
        /// How long it was allowed to take.
        millis: u128,
    },
    /// The instance is going away, or its store does not answer.
    #[error("{0}")]
    Unavailable(&'static str),
    /// The store failed; the cause is for the log, not for the client.
    #[error("the rating could not be stored or read; with an idempotency key it is safe to send it again")]
    Store(#[from] StoreError),
    /// The service behind a sidecar does not answer at all.
    #[error("the service behind this proxy does not answer; try again after a moment")]
    NoUpstream,
    /// The service behind a sidecar takes too long.
    #[error("the service behind this proxy did not begin to answer within {millis} ms")]
    UpstreamTimeout {
        /// How long it was allowed to take.
        millis: u128,
    },
    /// A fault switch asked for an error.
    #[error("this error was asked for by a fault switch")]
    Injected,
    /// A bug: a handler panicked.
    #[error("the service failed; the log says where")]
    Panicked,
}

impl Problem {
    /// Status, name of the problem type, title.
    fn row(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::NotFound(_) => (StatusCode::NOT_FOUND, "not-found", "No such resource"),
            Self::MethodNotAllowed { .. } => {
                (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed")
            }
            Self::Invalid(_) => (StatusCode::BAD_REQUEST, "invalid-request", "Invalid request"),
            Self::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", "Body too large"),
            Self::MediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type", "Unsupported media type"),
            Self::KeyReused { .. } => {
                (StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused", "Idempotency key reused")
            }
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "unauthorized", "Unauthorized"),
            Self::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, "too-many-requests", "Too many requests"),
            Self::Overloaded { .. } => (StatusCode::SERVICE_UNAVAILABLE, "overloaded", "Overloaded"),
            Self::Timeout { .. } => (StatusCode::SERVICE_UNAVAILABLE, "timeout", "Timed out"),
            Self::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Unavailable"),
            Self::Store(_) => (StatusCode::INTERNAL_SERVER_ERROR, "store-failed", "Store failed"),
            Self::NoUpstream => (StatusCode::BAD_GATEWAY, "no-upstream", "Bad gateway"),
            Self::UpstreamTimeout { .. } => {
                (StatusCode::GATEWAY_TIMEOUT, "upstream-timeout", "Gateway timeout")
            }
            Self::Injected => (StatusCode::INTERNAL_SERVER_ERROR, "injected-fault", "Injected fault"),
            Self::Panicked => (StatusCode::INTERNAL_SERVER_ERROR, "internal-error", "Internal error"),
        }
    }
}

/// The media type of problems.
pub(crate) const PROBLEM: &str = "application/problem+json";

/// What every route of the API may answer, for its description.
pub(crate) struct Refused;

impl IntoResponses for Refused {
    fn responses() -> BTreeMap<String, RefOr<openapi::Response>> {
        let rows = [
            ("400", "Not a request that can be understood"),
            ("429", "Too many requests of this client; `retry-after` says when to come back"),
            ("500", "The store failed"),
            ("503", "Overloaded, timed out or switched off; `retry-after` says when to come back"),
        ];
        let response = |description| {
            let content = Content::new(Some(Ref::from_schema_name(Details::name())));
            ResponseBuilder::new().description(description).content(PROBLEM, content).build()
        };
        rows.into_iter().map(|(status, text)| (status.to_owned(), response(text).into())).collect()
    }
}

/// A problem (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Details {
    /// A URI of the kind of problem.
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: String,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        if let Self::Store(error) = &self {
            tracing::error!(%error, "rating store");
        }
        let (status, name, title) = self.row();
        let retry_after = match &self {
            Self::TooMany { seconds, .. } => Some(*seconds),
            _ => (status == StatusCode::SERVICE_UNAVAILABLE).then_some(1),
        };
        let kind = format!("https://aviary.dev/problems/{name}");
        let details = Details { kind, title, status: status.as_u16(), detail: self.to_string() };
        let mut response = (status, Json(details)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM));
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
