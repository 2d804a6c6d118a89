//! The API described for programs (OpenAPI 3.1), and a page to try it.

use axum::Router;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_swagger_ui::SwaggerUi;

use crate::problem::Details;
use crate::{health, page, ratings};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "OpenClaw Rating API",
        description = "Give an item one to five stars, and read what others gave. Every answer carries `x-version` \
                       and `x-request-id`; every error is a problem as RFC 9457 has it.",
    ),
    paths(ratings::add, page::list, ratings::read, health::healthz, health::readyz),
    components(schemas(Details)),
    modifiers(&Token),
    tags((name = "ratings", description = "Ratings of items"), (name = "health", description = "For probes"))
)]
struct Api;

struct Token;

impl Modify for Token {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
        let token = token.description(Some("Needed for writes where the service was given tokens")).build();
        let components = api.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(token));
    }
}

/// The API's description, as `/openapi.json` serves it.
///
/// ```
/// let api = aviary_rating::document();
/// assert_eq!(api["openapi"], "3.1.0");
/// ```
pub fn document() -> serde_json::Value {
    serde_json::to_value(Api::openapi()).unwrap_or_default()
}

/// `/openapi.json` and `/docs/`; the page and its scripts are in the binary, so it works without the internet.
pub(crate) fn pages<S: Clone + Send + Sync + 'static>() -> Router<S> {
    SwaggerUi::new("/docs").url("/openapi.json", Api::openapi()).into()
}
