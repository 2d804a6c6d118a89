//! What an instance counts of itself, in its own registry.

use std::borrow::Cow;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Upper bounds in seconds: dense around the 200 ms that the worked example judges by.
const BUCKETS: [f64; 14] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0];

/// The content type of [`Metrics::encode`].
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Requests {
    method: &'static str,
    route: &'static str,
    status: u16,
    /// Of the experiment; empty outside of one. It tells a bad variant from a bad version.
    variant: Cow<'static, str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Durations {
    method: &'static str,
    route: &'static str,
    variant: Cow<'static, str>,
}

/// Counters of one instance. The `version` label is on every one of them.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Requests, Counter>,
    durations: Family<Durations, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
}

impl Metrics {
    pub(crate) fn new(version: &str) -> Self {
        let version = ("version".into(), version.to_owned().into());
        let mut registry = Registry::with_labels([version].into_iter());
        let requests = Family::default();
        let durations: Family<_, _, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(BUCKETS));
        let in_flight = Gauge::default();
        registry.register("http_requests", "Requests that were answered", requests.clone());
        registry.register(
            "http_request_duration_seconds",
            "Time from the request's head to the answer's head",
            durations.clone(),
        );
        registry.register("http_requests_in_flight", "Requests that are being served", in_flight.clone());
        Self { registry, requests, durations, in_flight }
    }

    /// Counts a request in; dropping the guard counts it out, also when its client went away.
    pub(crate) fn begin(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    /// Counts an answer under the variant that it names.
    pub(crate) fn answered(
        &self,
        method: &http::Method,
        route: &'static str,
        answer: &http::response::Parts,
        seconds: f64,
    ) {
        let method = method_label(method);
        let (status, variant) = (answer.status.as_u16(), variant_label(&answer.headers));
        self.durations.get_or_create(&Durations { method, route, variant: variant.clone() }).observe(seconds);
        self.requests.get_or_create(&Requests { method, route, status, variant }).inc();
    }

    pub(crate) fn encode(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// A request that is being served.
#[derive(Debug)]
pub(crate) struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Answers come from our own service; whatever else they hold, the label stays short and plain.
fn variant_label(headers: &http::HeaderMap) -> Cow<'static, str> {
    let Some(variant) = headers.get(crate::VARIANT_HEADER) else { return "".into() };
    let variant = variant.to_str().unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if variant.len() <= 32 && variant.chars().all(plain) { variant.to_owned().into() } else { "other".into() }
}

/// Clients may send any method; labels must not grow with their imagination.
fn method_label(method: &http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}
