//! `GET /v1/items/{id}/ratings`: the ratings of an item, newest first, page by page.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::ItemId;
use crate::app::{App, RATINGS};
use crate::problem::{Problem, Refused};

const DEFAULT: u32 = 50;
const MOST: u32 = 200;

/// Which page is wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// How many ratings the page has at most; 50 if absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A page. `next` is the cursor of the one after it; null on the last.
#[derive(Serialize, ToSchema)]
#[schema(as = Page)]
pub(crate) struct PageBody {
    item: String,
    ratings: Vec<OneBody>,
    #[schema(required)]
    next: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PageRating)]
struct OneBody {
    id: i64,
    #[schema(minimum = 1, maximum = 5)]
    stars: u8,
    created_at: Timestamp,
}

/// The ratings of an item, newest first
#[utoipa::path(
    get,
    path = RATINGS,
    params(("id" = String, Path, description = "The item", example = "lobster"), Wanted),
    responses((status = 200, description = "A page", body = PageBody), Refused),
    tag = "ratings"
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Path(item): Path<String>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<PageBody>, Problem> {
    let item = ItemId::new(item).map_err(|error| Problem::Invalid(error.to_string()))?;
    let Query(wanted) = wanted.map_err(|rejection| Problem::Invalid(rejection.body_text()))?;
    let limit = wanted.limit.unwrap_or(DEFAULT);
    if !(1..=MOST).contains(&limit) {
        return Err(Problem::Invalid(format!("limit is {limit}, and must be from 1 to {MOST}")));
    }
    let before = wanted.cursor.as_deref().map(decode).transpose()?;
    // One more than wanted tells whether there is another page.
    let mut ratings = app.store.page(&item, before, limit + 1).await?;
    let more = ratings.len() > limit as usize;
    ratings.truncate(limit as usize);
    let next = ratings.last().filter(|_| more).map(|last| encode(last.id));
    let ratings =
        ratings.iter().map(|one| OneBody { id: one.id, stars: one.stars.get(), created_at: one.created_at });
    Ok(Json(PageBody { item: item.to_string(), ratings: ratings.collect(), next }))
}

/// A cursor is opaque: clients must not reckon with ids.
fn encode(id: i64) -> String {
    format!("r{id:x}")
}

fn decode(cursor: &str) -> Result<i64, Problem> {
    let id = cursor.strip_prefix('r').and_then(|digits| i64::from_str_radix(digits, 16).ok());
    id.filter(|id| *id > 0).ok_or_else(|| {
        Problem::Invalid(format!("cursor {cursor:?} is none; send `next` of the page before as it is"))
    })
}
