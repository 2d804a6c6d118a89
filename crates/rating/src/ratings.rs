//! Giving a rating, and reading what the ratings come to.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::{App, RATING, RATINGS};
use crate::problem::{Details, PROBLEM, Problem, Refused};
use crate::{
    Added, Distribution, Evaluation, IDEMPOTENCY_HEADER, ItemId, NewRating, REPLAYED_HEADER, Reason, Stars,
    USER_HEADER, VARIANT_HEADER,
};

/// Body of `POST /v1/items/{id}/ratings`.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NewRating)]
pub(crate) struct NewRatingBody {
    #[schema(minimum = 1, maximum = 5, example = 5)]
    stars: i64,
    /// The same as the header of that name, for clients that cannot set headers.
    #[schema(min_length = 1, max_length = 255)]
    idempotency_key: Option<String>,
}

/// Answer to it: 201 when the rating is new, 200 when the same key had stored it before.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Rating)]
pub(crate) struct RatingBody {
    id: i64,
    item: String,
    #[schema(minimum = 1, maximum = 5)]
    stars: u8,
    created_at: Timestamp,
}

/// Answer to `GET /v1/items/{id}/rating`. `mean` is null when nobody rated the item.
#[derive(Serialize, ToSchema)]
#[schema(as = Summary)]
pub(crate) struct SummaryBody {
    item: String,
    count: u64,
    #[schema(required, minimum = 1, maximum = 5)]
    mean: Option<f64>,
    distribution: Distribution,
}

/// Give an item stars
///
/// Stored durably before it is answered. With an idempotency key the same rating may be sent again.
#[utoipa::path(
    post,
    path = RATINGS,
    params(
        ("id" = String, Path, description = "The item: 1 to 128 letters, digits, `-`, `_`, `.`", example = "lobster"),
        ("idempotency-key" = Option<String>, Header, description = "1 to 255 visible ASCII characters"),
    ),
    request_body = NewRatingBody,
    responses(
        (status = 201, description = "Stored", body = RatingBody),
        (status = 200, description = "Stored before, under the same key", body = RatingBody),
        Refused,
        (status = 401, description = "No token that is known here", body = Details, content_type = PROBLEM),
        (status = 413, description = "Body too large", body = Details, content_type = PROBLEM),
        (status = 415, description = "Not JSON", body = Details, content_type = PROBLEM),
        (status = 422, description = "The key was used for other stars", body = Details, content_type = PROBLEM),
    ),
    security((), ("token" = [])),
    tag = "ratings"
)]
pub(crate) async fn add(
    State(app): State<Arc<App>>,
    Path(item): Path<String>,
    headers: HeaderMap,
    body: Result<Json<NewRatingBody>, JsonRejection>,
) -> Result<Response, Problem> {
    if !app.tokens.admit(&headers) {
        return Err(Problem::Unauthorized);
    }
    if !app.flags.boolean("writes", true, None).value {
        return Err(Problem::Unavailable("ratings are switched off for the moment; reading goes on"));
    }
    let item = item_id(item)?;
    let Json(body) = body.map_err(|rejection| rejected(&rejection, app.limits.body))?;
    let stars = Stars::new(body.stars).map_err(|error| Problem::Invalid(error.to_string()))?;
    let key = key(&headers, body.idempotency_key)?;
    let _old = app.reads.outdated(&item);
    let added = app.store.add(&item, NewRating { stars, key: key.clone(), created_at: now() }).await?;
    answer(&item, &added, stars, key)
}

/// What an item's ratings come to
#[utoipa::path(
    get,
    path = RATING,
    params(
        ("id" = String, Path, description = "The item", example = "lobster"),
        ("x-user-id" = Option<String>, Header, description = "Who asks: decides the variant of an experiment"),
        ("if-none-match" = Option<String>, Header, description = "`etag` of an earlier answer"),
    ),
    responses(
        (status = 200, description = "Count, mean and distribution", body = SummaryBody),
        (status = 304, description = "As it was"),
        Refused,
    ),
    tag = "ratings"
)]
pub(crate) async fn read(
    State(app): State<Arc<App>>,
    Path(item): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let item = item_id(item)?;
    let summary = app.reads.summary(&item, &*app.store).await?;
    let user = headers.get(USER_HEADER).and_then(|value| value.to_str().ok());
    let rounded = app.flags.boolean("rounded-mean", false, user);
    let ready = if rounded.value { &summary.rounded } else { &summary.exact };
    let mut response = if known(&headers, &ready.tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], ready.body.clone())
            .into_response()
    };
    let control = if assigned(&rounded) { FOR_ONE_USER } else { CACHE_CONTROL };
    let answer = response.headers_mut();
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static(control));
    if let Some(variant) = rounded.variant.filter(|_| rounded.reason != Reason::Static)
        && let Ok(variant) = HeaderValue::try_from(variant)
    {
        answer.insert(HeaderName::from_static(VARIANT_HEADER), variant);
        answer.insert(header::VARY, HeaderValue::from_static(USER_HEADER));
    }
    answer.insert(header::ETAG, ready.tag.clone());
    Ok(response)
}

/// The body of an answer to readers.
pub(crate) fn summary_body(item: &ItemId, distribution: &Distribution, mean: Option<f64>) -> Vec<u8> {
    let body = SummaryBody {
        item: item.to_string(),
        count: distribution.count(),
        mean,
        distribution: *distribution,
    };
    // Numbers and a plain name are always JSON.
    serde_json::to_vec(&body).unwrap_or_default()
}

/// An edge may keep an answer for five seconds, and show it for half a minute while it asks for the next.
const CACHE_CONTROL: &str = "public, max-age=5, stale-while-revalidate=30";

/// What an experiment says to one user is no answer to another one.
const FOR_ONE_USER: &str = "private, max-age=5";

fn assigned(evaluation: &Evaluation<bool>) -> bool {
    evaluation.reason == Reason::Split
}

/// Whether the client has this answer already (RFC 9110 13.1.2).
fn known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let lists = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = lists.flat_map(|list| list.split(',')).map(|one| one.trim().trim_start_matches("W/"));
    tags.any(|one| one.as_bytes() == tag.as_bytes() || one == "*")
}

fn answer(item: &ItemId, added: &Added, asked: Stars, key: Option<String>) -> Result<Response, Problem> {
    let rating = added.rating();
    if rating.stars != asked {
        let key = key.unwrap_or_default();
        return Err(Problem::KeyReused { key, stored: rating.stars.get() });
    }
    let (status, replayed) = match added {
        Added::Stored(_) => (StatusCode::CREATED, "false"),
        Added::Known(_) => (StatusCode::OK, "true"),
    };
    let body = RatingBody {
        id: rating.id,
        item: item.to_string(),
        stars: rating.stars.get(),
        created_at: rating.created_at,
    };
    let mut response = (status, Json(body)).into_response();
    let replayed = HeaderValue::from_static(replayed);
    response.headers_mut().insert(HeaderName::from_static(REPLAYED_HEADER), replayed);
    Ok(response)
}

fn item_id(text: String) -> Result<ItemId, Problem> {
    ItemId::new(text).map_err(|error| Problem::Invalid(error.to_string()))
}

/// The key from the header or the body; naming two different ones is a mistake.
fn key(headers: &HeaderMap, body: Option<String>) -> Result<Option<String>, Problem> {
    let invalid = |what: &str| Problem::Invalid(format!("the idempotency key {what}"));
    let header = headers
        .get(IDEMPOTENCY_HEADER)
        // The draft standard quotes the key, most clients do not.
        .map(|value| value.to_str().map(|text| text.trim_matches('"').to_owned()))
        .transpose()
        .map_err(|_| invalid("must be ASCII"))?;
    let key = match (header, body) {
        (Some(header), Some(body)) if header != body => {
            return Err(invalid("in the header differs from the one in the body; send one of them"));
        }
        (header, body) => header.or(body),
    };
    let valid =
        |key: &String| (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    if key.as_ref().is_some_and(|key| !valid(key)) {
        return Err(invalid("must have 1 to 255 visible ASCII characters"));
    }
    Ok(key)
}

fn rejected(rejection: &JsonRejection, limit: usize) -> Problem {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::TooLarge { limit },
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::MediaType,
        _ => Problem::Invalid(format!("{}; a rating is {{\"stars\": 1..5}}", rejection.body_text())),
    }
}

/// To the millisecond, as it is stored: the answer to a repeated request must be the same.
fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}
