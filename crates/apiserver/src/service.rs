//! The API as a `tower::Service`.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Method, Request, Response};
use tokio_util::sync::CancellationToken;
use world::Status;

use crate::answer::{self, Answer};
use crate::body::Body;
use crate::negotiate::{Accept, Form};
use crate::query::Query;
use crate::route::Route;
use crate::shared::Shared;
use crate::{access, discovery, objects, openapi};

/// The API as a service: always ready, never fails; a refusal is a response.
#[derive(Clone)]
pub struct Service {
    shared: Arc<Shared>,
    /// Ends the watches that began through this service.
    closing: CancellationToken,
}

impl Service {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, closing: CancellationToken::new() }
    }

    /// The same, whose watches end when `closing` is cancelled.
    pub(crate) fn closing(self, closing: CancellationToken) -> Self {
        Self { closing, ..self }
    }
}

impl<B> tower::Service<Request<B>> for Service
where
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let Self { shared, closing } = self.clone();
        let answered = AssertUnwindSafe(serve(shared, closing, request)).catch_unwind();
        async {
            Ok(match answered.await {
                Ok(Ok(response)) => response,
                Ok(Err(refusal)) => answer::refusal(&refusal),
                Err(_) => answer::refusal(&Status::new(
                    500,
                    "InternalError",
                    "Internal error occurred: the server failed while it answered; the details are on its stderr",
                )),
            })
        }
        .boxed()
    }
}

async fn serve<B>(
    shared: Arc<Shared>,
    closing: CancellationToken,
    request: Request<B>,
) -> Result<Response<Body>, Status>
where
    B: http_body::Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (head, body) = request.into_parts();
    let route = Route::parse(head.uri.path()).ok_or_else(Status::no_such_path)?;
    let accept = Accept::parse(&head.headers);
    let query = Query::parse(head.uri.query().unwrap_or_default(), &head.headers)?;
    if let Route::Objects(resource) = route {
        let call = objects::Call { shared, closing, resource, query, accept: accept?, headers: head.headers };
        return if access::is_review(&call.resource) {
            access::review(&call, &head.method, body).await
        } else {
            objects::answer(call, &head.method, body).await
        };
    }
    if !matches!(head.method, Method::GET | Method::HEAD) {
        return Err(Status::method_not_allowed());
    }
    about_the_server(&shared, &route, &accept, &head.headers, query.pretty)
}

/// Everything that is not about objects.
fn about_the_server(
    shared: &Shared,
    route: &Route,
    accept: &Result<Accept, Status>,
    headers: &http::HeaderMap,
    pretty: bool,
) -> Result<Response<Body>, Status> {
    let aggregated = matches!(accept, Ok(Accept { form: Form::Discovery, .. }));
    let answer = match route {
        Route::Health => return Ok(answer::text("ok")),
        Route::Version => Answer::of(discovery::version()),
        Route::OpenApiV2 => return Ok(openapi::v2(headers)),
        Route::OpenApiV3 => Answer::of(shared.with(|world, _| openapi::index(world))),
        Route::OpenApiV3Group(group, version) => {
            let document = shared.with(|world, _| openapi::document(world, group, version));
            Answer::of(document.ok_or_else(Status::no_such_path)?)
        }
        Route::Core if aggregated => Answer::of(shared.with(|world, _| discovery::aggregated_core(world))),
        Route::Groups if aggregated => {
            Answer::of(shared.with(|world, _| discovery::aggregated_groups(world)))
        }
        Route::Core => Answer::of(discovery::core_versions()),
        Route::Groups => Answer::of(shared.with(|world, _| discovery::groups(world))),
        Route::Group(name) => {
            let group = shared.with(|world, _| discovery::group(world, name));
            Answer::of(group.ok_or_else(Status::no_such_path)?)
        }
        Route::Resources(group, version) => {
            let resources = shared.with(|world, _| discovery::resources(world, group, version));
            Answer::of(resources.ok_or_else(Status::no_such_path)?)
        }
        Route::Index | Route::Objects(_) => Answer::of(shared.with(|world, _| discovery::paths(world))),
    };
    let content_type = if aggregated && matches!(route, Route::Core | Route::Groups) {
        discovery::AGGREGATED
    } else {
        "application/json"
    };
    Ok(answer.pretty(pretty).respond(content_type))
}
