//! Whether the process is well, and whether new requests should come here.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::{App, HEALTHZ, READYZ};
use crate::problem::{Details, PROBLEM, Problem};

/// `{"status": "ok", "version": "1.4.0"}`
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`, or `degraded` while a fault switch says so.
    status: &'static str,
    version: String,
}

/// Whether the process is well
#[utoipa::path(
    get,
    path = HEALTHZ,
    responses(
        (status = 200, description = "Well", body = Health),
        (status = 503, description = "Not well", body = Details, content_type = PROBLEM),
    ),
    tag = "health"
)]
// Well until a fault switch says otherwise. A drain is not an illness: it must not get the process killed.
pub(crate) async fn healthz(State(app): State<Arc<App>>) -> Result<Json<Health>, Problem> {
    if app.faults.plan().unhealthy {
        return Err(Problem::Unavailable("a fault switch makes this instance unhealthy"));
    }
    Ok(well(&app))
}

/// Whether new requests should come here
#[utoipa::path(
    get,
    path = READYZ,
    responses(
        (status = 200, description = "Ready", body = Health),
        (status = 503, description = "Draining, not well, or without its store", body = Details, content_type = PROBLEM),
    ),
    tag = "health"
)]
// Ready while well, not draining, and the store answers.
pub(crate) async fn readyz(State(app): State<Arc<App>>) -> Result<Json<Health>, Problem> {
    if app.is_draining() {
        return Err(Problem::Unavailable("this instance is draining; send requests to another one"));
    }
    if app.faults.plan().unhealthy {
        return Err(Problem::Unavailable("a fault switch makes this instance unhealthy"));
    }
    app.store.ping().await.map_err(|error| {
        tracing::warn!(%error, "not ready");
        Problem::Unavailable("the rating store does not answer")
    })?;
    Ok(well(&app))
}

fn well(app: &App) -> Json<Health> {
    let status = if app.faults.plan().degraded { "degraded" } else { "ok" };
    Json(Health { status, version: app.version.to_str().unwrap_or_default().to_owned() })
}
