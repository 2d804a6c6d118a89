//! The routes, and what every request passes through on its way to them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use http::{HeaderName, HeaderValue, Method, Uri, header};
use tokio::sync::Semaphore;
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

use crate::metrics::{CONTENT_TYPE, Metrics};
use crate::problem::Problem;
use crate::rate::Rate;
use crate::reads::Reads;
use crate::{
    Faults, Flags, IDEMPOTENCY_HEADER, Limits, Store, Tokens, VERSION_HEADER, guard, health, openapi, page,
    ratings, trace,
};

/// `POST`: a new rating. `GET`: those that there are.
pub(crate) const RATINGS: &str = "/v1/items/{id}/ratings";
/// `GET`: what an item's ratings come to.
pub(crate) const RATING: &str = "/v1/items/{id}/rating";
pub(crate) const HEALTHZ: &str = "/healthz";
pub(crate) const READYZ: &str = "/readyz";
const METRICS: &str = "/metrics";

/// Every value that the `route` label can have, besides `unmatched`.
pub(crate) const ROUTES: [&str; 5] = [RATINGS, RATING, HEALTHZ, READYZ, METRICS];

/// What an instance is told besides its store.
pub(crate) struct Settings {
    pub(crate) limits: Limits,
    pub(crate) tokens: Tokens,
    pub(crate) flags: Flags,
    pub(crate) origins: Vec<String>,
    pub(crate) faults: Faults,
    pub(crate) read_cache: Duration,
}

/// What the handlers of one instance share.
pub(crate) struct App {
    pub(crate) version: HeaderValue,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) reads: Reads,
    pub(crate) limits: Limits,
    pub(crate) places: Semaphore,
    pub(crate) rate: Option<Rate>,
    pub(crate) tokens: Tokens,
    pub(crate) flags: Flags,
    origins: Vec<String>,
    pub(crate) faults: Faults,
    pub(crate) metrics: Arc<Metrics>,
    draining: AtomicBool,
}

impl App {
    pub(crate) fn new(version: HeaderValue, store: Arc<dyn Store>, settings: Settings) -> Self {
        let Settings { limits, tokens, flags, origins, faults, read_cache } = settings;
        let metrics = Arc::new(Metrics::new(version.to_str().unwrap_or_default()));
        let places = Semaphore::new(limits.concurrency);
        let rate = limits.rate.map(Rate::new);
        let (reads, draining) = (Reads::new(read_cache), AtomicBool::new(false));
        Self {
            version,
            store,
            reads,
            limits,
            places,
            rate,
            tokens,
            flags,
            origins,
            faults,
            metrics,
            draining,
        }
    }

    /// From now on `/readyz` is 503 and every answer asks its client to connect anew, elsewhere.
    pub(crate) fn begin_drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}

/// Whether the clients' address serves the metrics, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MetricsHere {
    Yes,
    No,
}

/// Every request goes through [`guard::observe`], which lets it on to its handler.
pub(crate) fn router(app: Arc<App>, metrics_here: MetricsHere) -> Router {
    let api = Router::new()
        .route(RATINGS, post(ratings::add).layer(DefaultBodyLimit::max(app.limits.body)).get(page::list))
        .route(RATING, get(ratings::read));
    let inner = match metrics_here {
        MetricsHere::Yes => Router::new().route(METRICS, get(metrics)),
        MetricsHere::No => Router::new(),
    };
    let routes = inner
        .merge(api)
        .route(HEALTHZ, get(health::healthz))
        .route(READYZ, get(health::readyz))
        .merge(openapi::pages())
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed);
    // Each layer costs every request something, so what is not asked for is not there.
    let routes = if app.origins.is_empty() { routes } else { routes.layer(cors(&app.origins)) };
    routes.layer(from_fn_with_state(Arc::clone(&app), guard::observe)).with_state(app)
}

/// Browsers may ask from these origins.
fn cors(origins: &[String]) -> CorsLayer {
    let layer = CorsLayer::new()
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([
            header::CONTENT_TYPE,
            header::AUTHORIZATION,
            HeaderName::from_static(IDEMPOTENCY_HEADER),
        ])
        .expose_headers([HeaderName::from_static(VERSION_HEADER), trace::REQUEST_ID])
        .max_age(Duration::from_secs(600));
    if origins.iter().any(|origin| origin == "*") {
        return layer.allow_origin(Any);
    }
    let known: Vec<HeaderValue> = origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    layer.allow_origin(AllowOrigin::list(known))
}

async fn metrics(State(app): State<Arc<App>>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], app.metrics.encode())
}

async fn not_found(uri: Uri) -> Problem {
    Problem::NotFound(uri.path().to_owned())
}

async fn method_not_allowed(method: Method, uri: Uri) -> Problem {
    Problem::MethodNotAllowed { method: method.to_string(), path: uri.path().to_owned() }
}
