//! The region's Prometheus, as analyses ask it: `/api/v1/query`, `/api/v1/query_range`, `/-/ready`; and
//! `/targets`, by which another Prometheus finds the pods (`http_sd_configs`).

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Query, RawForm, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::{StatusCode, Uri};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value as Json_, json};
use tokio::net::TcpListener;

use crate::promql::{Error, Labels, QueryResult, Series, Storage, Value, query};
use crate::targets::Targets;
use crate::watch::Tasks;

/// How many moments one range query may ask for, as Prometheus has it.
const MOMENTS: i64 = 11_000;

/// What a query may say.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    query: String,
    time: Option<String>,
    start: Option<String>,
    end: Option<String>,
    step: Option<String>,
}

/// Why a query has no answer.
enum Refused {
    Query(Error),
    Parameter(&'static str, String),
}

/// Serves queries over `storage`, and what is scraped into it, on a loopback port; 0 takes a free one.
pub(crate) async fn start(
    storage: Arc<Storage>,
    targets: Targets,
    port: u16,
    tasks: &Tasks,
) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let address = listener.local_addr()?;
    let app = Router::new()
        .route("/-/ready", get(|| async { "Prometheus Server is Ready.\n" }))
        .route("/-/healthy", get(|| async { "Prometheus Server is Healthy.\n" }))
        .route("/api/v1/query", get(instant).post(instant_form))
        .route("/api/v1/query_range", get(range).post(range_form))
        .route("/targets", get(async move || Json(targets.for_discovery())))
        .with_state(storage);
    let stop = tasks.stop.clone();
    tasks.tracker.spawn(async move {
        let serving =
            axum::serve(listener, app).with_graceful_shutdown(async move { stop.cancelled().await });
        if let Err(error) = serving.await {
            tracing::warn!(%error, "the query endpoint stopped");
        }
    });
    Ok(address)
}

async fn instant(State(storage): State<Arc<Storage>>, Query(asked): Query<Asked>) -> Response {
    answer(at_once(&storage, &asked))
}

async fn instant_form(State(storage): State<Arc<Storage>>, RawForm(body): RawForm) -> Response {
    answer(form(&body).and_then(|asked| at_once(&storage, &asked)))
}

async fn range(State(storage): State<Arc<Storage>>, Query(asked): Query<Asked>) -> Response {
    answer(over_time(&storage, &asked))
}

async fn range_form(State(storage): State<Arc<Storage>>, RawForm(body): RawForm) -> Response {
    answer(form(&body).and_then(|asked| over_time(&storage, &asked)))
}

/// A form is a query string in the body.
fn form(body: &[u8]) -> Result<Asked, Refused> {
    let refused = |error: String| Refused::Parameter("body", error);
    let uri = format!("/?{}", String::from_utf8_lossy(body)).parse::<Uri>();
    let uri = uri.map_err(|error| refused(error.to_string()))?;
    Query::try_from_uri(&uri).map(|Query(asked)| asked).map_err(|error| refused(error.to_string()))
}

fn at_once(storage: &Storage, asked: &Asked) -> Result<Json_, Refused> {
    let at = moment("time", asked.time.as_deref())?.unwrap_or_else(|| Timestamp::now().as_millisecond());
    query(storage, &asked.query, at).map(|result| result.to_json()).map_err(Refused::Query)
}

/// A range query is an instant query at every step.
fn over_time(storage: &Storage, asked: &Asked) -> Result<Json_, Refused> {
    let required = |name, text: &Option<String>| {
        moment(name, text.as_deref())?.ok_or_else(|| Refused::Parameter(name, "is missing".to_owned()))
    };
    let (start, end) = (required("start", &asked.start)?, required("end", &asked.end)?);
    let step = step(asked.step.as_deref().unwrap_or_default())?;
    if end < start || (end - start) / step >= MOMENTS {
        return Err(Refused::Parameter("end", format!("must lie within {MOMENTS} steps after start")));
    }
    let mut series: BTreeMap<Labels, Vec<(i64, f64)>> = BTreeMap::new();
    for at in (0..).map(|index| start + index * step).take_while(|at| *at <= end) {
        match query(storage, &asked.query, at).map_err(Refused::Query)?.value {
            Value::Scalar(value) => series.entry(Labels::default()).or_default().push((at, value)),
            Value::Vector(samples) => {
                for sample in samples {
                    series.entry(sample.labels).or_default().push((at, sample.value));
                }
            }
            other => {
                return Err(Refused::Parameter(
                    "query",
                    format!("gives a {}, which has no range", other.kind()),
                ));
            }
        }
    }
    let series = series.into_iter().map(|(labels, samples)| Series { labels, samples }).collect();
    Ok(QueryResult { at: end, value: Value::Matrix(series) }.to_json())
}

/// Seconds since the epoch, or RFC 3339; in milliseconds.
fn moment(name: &'static str, text: Option<&str>) -> Result<Option<i64>, Refused> {
    let Some(text) = text else { return Ok(None) };
    let seconds =
        text.parse::<f64>().ok().filter(|seconds| seconds.is_finite()).map(|s| (s * 1000.0).round() as i64);
    let read = seconds.or_else(|| Some(text.parse::<Timestamp>().ok()?.as_millisecond()));
    read.map(Some).ok_or_else(|| Refused::Parameter(name, format!("{text:?} is no time")))
}

/// Seconds, or a duration such as `15s`; in milliseconds.
fn step(text: &str) -> Result<i64, Refused> {
    let seconds = text.parse::<f64>().ok().map(|seconds| (seconds * 1000.0) as i64);
    let duration = || i64::try_from(crd::duration::parse(text).ok()?.as_millis()).ok();
    let step = seconds.or_else(duration).filter(|step| *step > 0);
    step.ok_or_else(|| Refused::Parameter("step", format!("{text:?} is no duration above zero")))
}

fn answer(result: Result<Json_, Refused>) -> Response {
    match result {
        Ok(body) => Json(body).into_response(),
        Err(Refused::Query(error)) => {
            let status = StatusCode::from_u16(error.http_status()).unwrap_or(StatusCode::BAD_REQUEST);
            (status, Json(error.to_json())).into_response()
        }
        Err(Refused::Parameter(name, why)) => {
            let error = format!("invalid parameter \"{name}\": {why}");
            let body = json!({"status": "error", "errorType": "bad_data", "error": error});
            (StatusCode::BAD_REQUEST, Json(body)).into_response()
        }
    }
}
